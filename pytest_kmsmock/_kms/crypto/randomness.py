"""Where this package's random bytes come from."""

import os
from typing import Protocol


class RandomSource(Protocol):
    """Whatever hands out random bytes; what a library draws for itself does not pass here."""

    def token_bytes(self, n: int, /) -> bytes: ...


class SystemRandomness:
    """The operating system's random bytes."""

    __slots__ = ()

    def token_bytes(self, n: int, /) -> bytes:
        return os.urandom(n)


SYSTEM: RandomSource = SystemRandomness()


def random_below(limit: int, source: RandomSource) -> int:
    """Draw a number from 1 to *limit* - 1, each equally likely."""
    size = (limit.bit_length() + 7) // 8
    excess = size * 8 - limit.bit_length()
    while True:
        number = int.from_bytes(source.token_bytes(size), "big") >> excess
        if 0 < number < limit:
            return number
