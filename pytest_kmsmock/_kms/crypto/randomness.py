"""Where this package's random bytes come from."""

import os
from collections.abc import Callable
from hashlib import shake_256
from io import BytesIO
from typing import Final, Protocol, TypeVar

T = TypeVar("T")


class RandomSource(Protocol):
    """Whatever hands out random bytes; what a library draws for itself does not pass here."""

    def token_bytes(self, n: int, /) -> bytes: ...


_STOCK: Final = 4096  # bytes
_URANDOM: Final = os.urandom


class SystemRandomness:
    """
    The operating system's random bytes, a stock of them at a time.

    Asking the system gives up the GIL, at which other threads take over: in every call, twice.
    """

    __slots__ = ()
    _stock = BytesIO()

    def token_bytes(self, n: int, /) -> bytes:
        if os.urandom is not _URANDOM or n > _STOCK:
            return os.urandom(n)  # a test has replaced it: its bytes are asked for, and not kept
        # To read is one step under the GIL: no two threads are given the same bytes.
        drawn = SystemRandomness._stock.read(n)
        if len(drawn) == n:
            return drawn
        SystemRandomness._stock = BytesIO(os.urandom(_STOCK))
        return os.urandom(n)

    def __deepcopy__(self, memo: object) -> "SystemRandomness":
        return self  # a copied KMS draws from the same system

    @classmethod
    def forget(cls) -> None:
        """Draw anew, so that two processes do not go on with the same bytes after a fork."""
        cls._stock = BytesIO()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=SystemRandomness.forget)

SYSTEM: RandomSource = SystemRandomness()


# Draws: more than a source that is random, or seeded, ever needs.
_PATIENCE: Final = 100


class Varied:
    """Other bytes at each draw, made of a source that may always have the same ones."""

    def __init__(self, source: RandomSource) -> None:
        self._source = source
        self._drawn = 0

    def token_bytes(self, n: int) -> bytes:
        self._drawn += 1
        return shake_256(self._drawn.to_bytes(8, "big") + self._source.token_bytes(n)).digest(n)


def draw_until(
    draw: Callable[[RandomSource], T], is_good: Callable[[T], bool], source: RandomSource
) -> T:
    """Draw from *source* until *is_good*, which ends even where a test's `os.urandom` is fixed."""
    for _ in range(_PATIENCE):
        if is_good(drawn := draw(source)):
            return drawn
    varied = Varied(source)
    while not is_good(drawn := draw(varied)):
        pass
    return drawn


def random_below(limit: int, source: RandomSource) -> int:
    """Draw a number from 1 to *limit* - 1, each equally likely."""
    size = (limit.bit_length() + 7) // 8
    excess = size * 8 - limit.bit_length()

    def draw(drawn_from: RandomSource) -> int:
        return int.from_bytes(drawn_from.token_bytes(size), "big") >> excess

    return draw_until(draw, lambda number: 0 < number < limit, source)
