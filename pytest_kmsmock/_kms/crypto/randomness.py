"""Where this package's random bytes come from."""

import os
from io import BytesIO
from typing import Final, Protocol


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


def random_below(limit: int, source: RandomSource) -> int:
    """Draw a number from 1 to *limit* - 1, each equally likely."""
    size = (limit.bit_length() + 7) // 8
    excess = size * 8 - limit.bit_length()
    while True:
        number = int.from_bytes(source.token_bytes(size), "big") >> excess
        if 0 < number < limit:
            return number
