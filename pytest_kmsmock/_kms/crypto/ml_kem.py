"""
ML-KEM (FIPS 203): keys from seeds, encapsulation, decapsulation, and the DER of RFC 9935.

No release of `cryptography` has ML-KEM-512, and some of its builds have none of the sets. Not
constant time, and secrets live in Python integers: a test double, not a vault.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Final

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.errors import (
    BadMaterial,
    DecryptionFailed,
    InvalidPublicKey,
    MalformedDer,
)
from pytest_kmsmock._kms.crypto.ml_kem_ring import (
    N,
    Polynomial,
    Q,
    Transformed,
    compress,
    decompress,
    inner_product,
    minus,
    pack,
    plus,
    sort_places,
    transform,
    transform_back,
    unpack,
    unpack_12,
    unsort_places,
)
from pytest_kmsmock._kms.crypto.randomness import RandomSource

SEED_LENGTH: Final = 64  # bytes: d, from which the key pair grows, and z, for implicit rejection
_ETA_2: Final = 2
_SEED: Final = 0x80  # [0] IMPLICIT OCTET STRING, in RFC 9935's private keys


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """A column of FIPS 203's table 2; *oid* is the algorithm's identifier, in DER (RFC 9935)."""

    name: str
    k: int
    eta_1: int
    du: int
    dv: int
    oid: bytes

    @property
    def public_length(self) -> int:
        """The bytes of an encapsulation key."""
        return 384 * self.k + 32

    @property
    def ciphertext_length(self) -> int:
        return 32 * (self.du * self.k + self.dv)


def _parameter_set(name: str, *, k: int, eta_1: int, du: int, dv: int) -> ParameterSet:
    oid = der.tlv(der.OBJECT_IDENTIFIER, bytes.fromhex("6086480165030404"), bytes([k - 1]))
    return ParameterSet(name=name, k=k, eta_1=eta_1, du=du, dv=dv, oid=oid)


PARAMETER_SETS: Final[Mapping[str, ParameterSet]] = MappingProxyType(
    {
        row.name: row
        for row in (
            _parameter_set("ML-KEM-512", k=2, eta_1=3, du=10, dv=4),
            _parameter_set("ML-KEM-768", k=3, eta_1=2, du=10, dv=4),
            _parameter_set("ML-KEM-1024", k=4, eta_1=2, du=11, dv=5),
        )
    }
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An encapsulation key: its *encoded* bytes, and what they stand for."""

    parameters: ParameterSet
    encoded: bytes
    _t: list[Transformed] = field(repr=False)
    _matrix: list[list[Transformed]] = field(repr=False)

    @classmethod
    def read(cls, parameters: ParameterSet, encoded: bytes) -> "PublicKey":
        """
        Read an encapsulation key.

        Raises:
            InvalidPublicKey: its length or a coefficient is none that a key has (section 7.2).
        """
        if len(encoded) != parameters.public_length:
            raise InvalidPublicKey(f"not as long as an {parameters.name} public key")
        coefficients = unpack_12(encoded[:-32])
        if max(coefficients) >= Q:
            raise InvalidPublicKey("a coefficient is out of range")
        t = [
            sort_places(coefficients[start : start + N]) for start in range(0, len(coefficients), N)
        ]
        return cls(parameters, encoded, t, _sample_matrix(encoded[-32:], parameters.k))

    def encapsulate(self, source: RandomSource) -> tuple[bytes, bytes]:
        """Make a shared secret of 32 bytes, and the ciphertext that tells it (algorithm 20)."""
        message = source.token_bytes(32)
        secret, coins = self.derive(message)
        return secret, self.encrypt(message, coins)

    def derive(self, message: bytes) -> tuple[bytes, bytes]:
        """Give the secret that *message* stands for, and the coins that encrypt it."""
        return _g(message + hashlib.sha3_256(self.encoded).digest())

    def encrypt(self, message: bytes, coins: bytes) -> bytes:
        """Encrypt the 32 bytes of *message* (algorithm 14)."""
        parameters, k = self.parameters, self.parameters.k
        y = [transform(f) for f in _sample_noise(coins, range(k), parameters.eta_1)]
        *e_1, e_2 = _sample_noise(coins, range(k, 2 * k + 1), _ETA_2)
        columns = zip(*self._matrix, strict=True)
        u = [
            plus(transform_back(inner_product(column, y)), e)
            for column, e in zip(columns, e_1, strict=True)
        ]
        noisy = plus(transform_back(inner_product(self._t, y)), e_2)
        v = plus(noisy, decompress(unpack(message, 1), 1))
        parts = [pack(compress(f, parameters.du), parameters.du) for f in u]
        return b"".join(parts) + pack(compress(v, parameters.dv), parameters.dv)

    def spki(self) -> bytes:
        """Write the DER SubjectPublicKeyInfo."""
        return spki(self.parameters, self.encoded)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """
    A key pair, grown from the 64 bytes of its *seed* (algorithms 13 and 16).

    Raises:
        BadMaterial: the seed has another length.
    """

    parameters: ParameterSet
    seed: bytes = field(repr=False)
    public: PublicKey = field(init=False)
    _s: list[Transformed] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_LENGTH:
            raise BadMaterial(f"a seed has {SEED_LENGTH} bytes")
        k, eta = self.parameters.k, self.parameters.eta_1
        rho, sigma = _g(self.seed[:32] + bytes([k]))
        matrix = _sample_matrix(rho, k)
        s = [transform(f) for f in _sample_noise(sigma, range(k), eta)]
        e = [transform(f) for f in _sample_noise(sigma, range(k, 2 * k), eta)]
        t = [plus(inner_product(row, s), f) for row, f in zip(matrix, e, strict=True)]
        public = PublicKey(self.parameters, _pack_vector(t) + rho, t, matrix)
        object.__setattr__(self, "public", public)
        object.__setattr__(self, "_s", s)

    @classmethod
    def from_pkcs8(cls, parameters: ParameterSet, encoded: bytes) -> "PrivateKey":
        """
        Read a DER PKCS#8 private key that has its seed (RFC 9935); attributes are ignored.

        Raises:
            BadMaterial: it is none, is of another parameter set, has no seed, or has an expanded
                key that is not its seed's.
        """
        try:
            (body,) = der.read(encoded, der.SEQUENCE)
            match der.elements(body):
                case [
                    (der.INTEGER, b"\0"),
                    (der.SEQUENCE, algorithm),
                    (der.OCTET_STRING, inner),
                    *attributes,
                ] if [tag for tag, _ in attributes] in ([], [0xA0]):
                    pass
                case _:
                    raise MalformedDer("unexpected elements")
            seed, expanded = _read_choice(inner) if algorithm == parameters.oid else (None, None)
        except MalformedDer as error:
            raise BadMaterial(f"not a PKCS#8 private key: {error}") from None
        if algorithm != parameters.oid:
            raise BadMaterial(f"not an {parameters.name} private key")
        if seed is None:
            raise BadMaterial(f"an {parameters.name} private key without its seed")
        key = cls(parameters, seed)
        if expanded not in (None, key.expanded()):
            raise BadMaterial("the expanded key is not that of the seed")
        return key

    def pkcs8(self) -> bytes:
        """Write the DER PKCS#8 private key in its seed form: 86 bytes for every set."""
        return pkcs8(self.parameters, self.seed)

    def expanded(self) -> bytes:
        """Give the decapsulation key as FIPS 203 has it, which holds the public key as well."""
        encoded = self.public.encoded
        return _pack_vector(self._s) + encoded + hashlib.sha3_256(encoded).digest() + self.seed[32:]

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """
        Give the shared secret of 32 bytes (algorithm 21).

        Of what was not encapsulated for this key it is one that looks random, the same each time:
        implicit rejection.

        Raises:
            DecryptionFailed: *ciphertext* has the length of none.
        """
        if len(ciphertext) != self.parameters.ciphertext_length:
            raise DecryptionFailed(f"not as long as an {self.parameters.name} ciphertext")
        message = self._decrypt(ciphertext)
        secret, coins = self.public.derive(message)
        if hmac.compare_digest(self.public.encrypt(message, coins), ciphertext):
            return secret
        return hashlib.shake_256(self.seed[32:] + ciphertext).digest(32)

    def _decrypt(self, ciphertext: bytes) -> bytes:
        # algorithm 15
        du, dv = self.parameters.du, self.parameters.dv
        step = 32 * du
        end = step * self.parameters.k
        u = [
            transform(decompress(unpack(ciphertext[start : start + step], du), du))
            for start in range(0, end, step)
        ]
        v = decompress(unpack(ciphertext[end:], dv), dv)
        noisy = minus(v, transform_back(inner_product(self._s, u)))
        return pack(compress(noisy, 1), 1)


def spki(parameters: ParameterSet, encoded: bytes) -> bytes:
    """Write an encapsulation key as DER SubjectPublicKeyInfo."""
    algorithm = der.tlv(der.SEQUENCE, parameters.oid)
    return der.tlv(der.SEQUENCE, algorithm, der.tlv(der.BIT_STRING, b"\0", encoded))


def pkcs8(parameters: ParameterSet, seed: bytes) -> bytes:
    """Write a seed as DER PKCS#8 private key."""
    algorithm = der.tlv(der.SEQUENCE, parameters.oid)
    inner = der.tlv(der.OCTET_STRING, der.tlv(_SEED, seed))
    return der.tlv(der.SEQUENCE, der.integer(0), algorithm, inner)


def _read_choice(encoded: bytes) -> tuple[bytes | None, bytes | None]:
    # RFC 9935: the seed, the expanded key, or a sequence of both.
    match der.elements(encoded):
        case [(0x80, seed)]:
            return seed, None
        case [(der.OCTET_STRING, expanded)]:
            return None, expanded
        case [(der.SEQUENCE, both)]:
            seed, expanded = der.read(both, der.OCTET_STRING, der.OCTET_STRING)
            return seed, expanded
    raise MalformedDer("neither a seed nor an expanded key")


def _g(data: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha3_512(data).digest()
    return digest[:32], digest[32:]


def _pack_vector(vector: list[Transformed]) -> bytes:
    return b"".join(pack(unsort_places(f), 12) for f in vector)


def _sample_matrix(rho: bytes, k: int) -> list[list[Transformed]]:
    return [
        [_sample_uniform(rho + bytes((column, row))) for column in range(k)] for row in range(k)
    ]


def _sample_uniform(seed: bytes) -> Transformed:
    # algorithm 7, which draws until it has enough; three blocks mostly have
    xof = hashlib.shake_128(seed)
    length = 3 * xof.block_size
    while True:
        drawn = [x for x in unpack_12(xof.digest(length)) if x < Q]
        if len(drawn) >= N:
            return sort_places(drawn[:N])
        length += xof.block_size


def _sample_noise(seed: bytes, counters: range, eta: int) -> list[Polynomial]:
    return [
        _sample_binomial(hashlib.shake_256(seed + bytes([i])).digest(64 * eta), eta)
        for i in counters
    ]


def _sample_binomial(data: bytes, eta: int) -> Polynomial:
    # algorithm 8: a coefficient from 2 * eta bits, hence two from a byte or four from three
    if eta == _ETA_2:
        return list(chain.from_iterable(map(_differences(eta, 2).__getitem__, data)))
    return list(chain.from_iterable(map(_differences(eta, 2).__getitem__, unpack_12(data))))


@cache
def _differences(eta: int, count: int) -> list[tuple[int, ...]]:
    """Tell the *count* coefficients of 2 * *eta* bits each that a number stands for, for each."""
    low = (1 << eta) - 1

    def difference(bits: int) -> int:
        return (bits & low).bit_count() - (bits >> eta & low).bit_count()

    return [
        tuple(difference(number >> 2 * eta * i) for i in range(count))
        for number in range(1 << 2 * eta * count)
    ]
