"""
Randomness that repeats itself, for snapshot tests: never for anything that must stay secret.

Whatever a library draws for itself would not repeat, so RSA keys, OAEP and PSS are made here when
the source is a seeded one. ML-DSA signatures still differ: `cryptography` always hedges them.
"""

import math
from functools import cache
from hashlib import sha256, shake_256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import Hash, HashAlgorithm

from pytest_kmsmock._kms.crypto.randomness import RandomSource

_EXPONENT: Final = 65537


class SeededRandomness:
    """A source that gives the same bytes for the same *seed*, call by call."""

    __slots__ = ("_calls", "_key")

    def __init__(self, seed: int | str | bytes) -> None:
        self._key = sha256(repr(seed).encode()).digest()
        self._calls = 0

    def token_bytes(self, n: int, /) -> bytes:
        self._calls += 1
        return shake_256(self._key + self._calls.to_bytes(8, "big")).digest(n)


def is_reproducible(source: RandomSource) -> bool:
    return isinstance(source, SeededRandomness)


@cache
def make_rsa(bits: int, seed: bytes) -> rsa.RSAPrivateKey:
    """
    Make the RSA key pair of *seed*.

    Slow (seconds at 4096 bits), hence kept for the rest of the process.
    """
    source = SeededRandomness(seed)
    p = _prime(bits // 2, source)
    while (q := _prime(bits // 2, source)) == p:
        pass
    d = pow(_EXPONENT, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def sign_pss(
    key: rsa.RSAPrivateKey, algorithm: HashAlgorithm, digest: bytes, source: RandomSource
) -> bytes:
    """Sign *digest* by RSASSA-PSS with a salt from *source* (RFC 8017, 8.1.1 and 9.1.1)."""
    em_bits = key.key_size - 1
    em_length = (em_bits + 7) // 8
    salt = source.token_bytes(len(digest))
    h = hash_of(algorithm, bytes(8) + digest + salt)
    block = b"\1" + salt
    db = bytes(em_length - len(h) - len(block) - 1) + block
    masked = bytearray(_xor(db, _mgf1(algorithm, h, len(db))))
    masked[0] &= 0xFF >> (8 * em_length - em_bits)
    encoded = int.from_bytes(bytes(masked) + h + b"\xbc", "big")
    numbers = key.private_numbers()
    signature = pow(encoded, numbers.d, numbers.public_numbers.n)
    return signature.to_bytes((key.key_size + 7) // 8, "big")


def encrypt_oaep(
    key: rsa.RSAPublicKey, algorithm: HashAlgorithm, plaintext: bytes, source: RandomSource
) -> bytes:
    """Encrypt by RSAES-OAEP with a seed from *source* and no label (RFC 8017, 7.1.1)."""
    length = (key.key_size + 7) // 8
    label = hash_of(algorithm, b"")
    db = label + bytes(length - len(plaintext) - 2 * len(label) - 2) + b"\1" + plaintext
    seed = source.token_bytes(len(label))
    masked_db = _xor(db, _mgf1(algorithm, seed, len(db)))
    masked_seed = _xor(seed, _mgf1(algorithm, masked_db, len(seed)))
    encoded = int.from_bytes(masked_seed + masked_db, "big")
    numbers = key.public_numbers()
    return pow(encoded, numbers.e, numbers.n).to_bytes(length, "big")


def hash_of(algorithm: HashAlgorithm, data: bytes) -> bytes:
    digest = Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _mgf1(algorithm: HashAlgorithm, seed: bytes, length: int) -> bytes:
    blocks = -(-length // algorithm.digest_size)
    mask = b"".join(hash_of(algorithm, seed + i.to_bytes(4, "big")) for i in range(blocks))
    return mask[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _prime(bits: int, source: RandomSource) -> int:
    # The two top bits are set, so that two primes make a modulus of exactly twice the bits. A
    # Fermat test to four bases is enough for numbers that nobody chose to fool it.
    while True:
        candidate = int.from_bytes(source.token_bytes(bits // 8), "big")
        candidate |= (3 << (bits - 2)) | 1
        if (
            math.gcd(candidate, _small_primes()) == 1
            and (candidate - 1) % _EXPONENT
            and all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7))
        ):
            return candidate


@cache
def _small_primes() -> int:
    """Return the product of the odd primes below 2,000: most candidates share one with it."""
    return math.prod(n for n in range(3, 2000, 2) if all(n % d for d in range(3, n, 2)))
