"""
The polynomials of ML-KEM (FIPS 203): their ring, its number-theoretic transform, their bytes.

A polynomial is a list of 256 integers, its coefficients. What `transform` makes of one is a list
of as many, in which the even places of FIPS 203 come first and the odd ones after them: so every
step of a transform, and of a product, works on two halves of 128.
"""

from collections.abc import Iterable
from operator import add, sub
from typing import Final, TypeAlias

Polynomial: TypeAlias = list[int]
Transformed: TypeAlias = list[int]

Q: Final = 3329
N: Final = 256
_HALF: Final = N // 2
_ROOT: Final = 17  # a primitive 256th root of unity modulo Q
_HALF_INVERSE: Final = pow(_HALF, -1, Q)


def _reversed_bits(i: int) -> int:
    return int(f"{i:07b}"[::-1], 2)


_ZETAS: Final = [pow(_ROOT, _reversed_bits(i), Q) for i in range(_HALF)]
_GAMMAS: Final = [pow(_ROOT, 2 * _reversed_bits(i) + 1, Q) for i in range(_HALF)]

# A step of the transform that has n blocks takes n of the zetas, in turn: the coefficients of the
# blocks lie interleaved. The steps back take the same in their other order.
_STEPS: Final = [_ZETAS[n : 2 * n] * (_HALF // n) for n in (1, 2, 4, 8, 16, 32, 64)]
_STEPS_BACK: Final = [_ZETAS[n : 2 * n][::-1] * (_HALF // n) for n in (64, 32, 16, 8, 4, 2, 1)]


def transform(f: Polynomial) -> Transformed:
    """Transform (algorithm 9); as each step interleaves its halves, the places end up sorted."""
    for zetas in _STEPS:
        low = f[:_HALF]
        high = [zeta * x % Q for zeta, x in zip(zetas, f[_HALF:], strict=True)]
        f = [0] * N
        f[::2], f[1::2] = map(add, low, high), map(sub, low, high)
    return [x % Q for x in f]


def transform_back(f: Transformed) -> Polynomial:
    """Undo `transform` (algorithm 10)."""
    for zetas in _STEPS_BACK:
        low, high = f[::2], f[1::2]
        f = [*map(add, low, high)]
        f += [zeta * x % Q for zeta, x in zip(zetas, map(sub, high, low), strict=True)]
    return [x * _HALF_INVERSE % Q for x in f]


def inner_product(a: Iterable[Transformed], b: Iterable[Transformed]) -> Transformed:
    """Add up the products of two vectors' elements (algorithms 11 and 12)."""
    constant = linear = square = [0] * _HALF
    for f, g in zip(a, b, strict=True):
        f0, f1, g0, g1 = f[:_HALF], f[_HALF:], g[:_HALF], g[_HALF:]
        constant = [s + x * y for s, x, y in zip(constant, f0, g0, strict=True)]
        square = [s + x * y for s, x, y in zip(square, f1, g1, strict=True)]
        linear = [s + u * y + v * x for s, u, v, x, y in zip(linear, f0, f1, g0, g1, strict=True)]
    even = [(s + t % Q * gamma) % Q for s, t, gamma in zip(constant, square, _GAMMAS, strict=True)]
    return even + [s % Q for s in linear]


def plus(f: list[int], g: list[int]) -> list[int]:
    return [(x + y) % Q for x, y in zip(f, g, strict=True)]


def minus(f: list[int], g: list[int]) -> list[int]:
    return [(x - y) % Q for x, y in zip(f, g, strict=True)]


def compress(f: Polynomial, d: int) -> list[int]:
    """Round each coefficient to *d* bits (equation 4.7)."""
    mask = (1 << d) - 1
    return [((x << d) + Q // 2) // Q & mask for x in f]


def decompress(f: list[int], d: int) -> Polynomial:
    """Give the coefficients that numbers of *d* bits stand for (equation 4.8)."""
    half = 1 << (d - 1)
    return [(x * Q + half) >> d for x in f]


def pack(numbers: list[int], d: int) -> bytes:
    """Write 256 numbers of *d* bits, the low bits first (algorithm 5)."""
    packed = 0
    for number in reversed(numbers):
        packed = packed << d | number
    return packed.to_bytes(N * d // 8, "little")


def unpack(data: bytes, d: int) -> list[int]:
    """Read numbers of *d* bits (algorithm 6, without its reduction modulo Q)."""
    packed, mask = int.from_bytes(data, "little"), (1 << d) - 1
    return [packed >> place & mask for place in range(0, 8 * len(data), d)]


def unpack_12(data: bytes) -> list[int]:
    """Read numbers of 12 bits, two in three bytes: most of what there is to read is this."""
    triples = zip(data[::3], data[1::3], data[2::3], strict=True)
    return [x for a, b, c in triples for x in (a | (b & 15) << 8, b >> 4 | c << 4)]


def sort_places(numbers: list[int]) -> Transformed:
    """Bring what was read in FIPS 203's order into that of a `Transformed`."""
    return numbers[::2] + numbers[1::2]


def unsort_places(f: Transformed) -> list[int]:
    """Bring a `Transformed` into FIPS 203's order, to write it."""
    numbers = [0] * N
    numbers[::2], numbers[1::2] = f[:_HALF], f[_HALF:]
    return numbers
