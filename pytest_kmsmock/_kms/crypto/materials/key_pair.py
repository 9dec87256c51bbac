"""
Key pairs that `cryptography` holds: made on demand, read from and written as PKCS#8.
"""

from abc import abstractmethod
from collections.abc import Callable
from copy import copy
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.errors import BadMaterial, InvalidPublicKey, MalformedDer
from pytest_kmsmock._kms.crypto.materials.contract import Material, OnDemand
from pytest_kmsmock._kms.crypto.randomness import SYSTEM, RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec


class _PublicKey(Protocol):
    def public_bytes(self, encoding: Encoding, shape: PublicFormat, /) -> bytes: ...


class _PrivateKey(Protocol):
    def public_key(self) -> _PublicKey: ...

    def private_bytes(
        self, encoding: Encoding, shape: PrivateFormat, encryption: NoEncryption, /
    ) -> bytes: ...


K = TypeVar("K", bound=_PrivateKey)


class KeyPairMaterial(Material, Generic[K]):
    """A key pair of one of the types of `cryptography`; *source* is asked if it is a seeded one."""

    __slots__ = ("_pair", "_source")

    def __init__(self, spec: KeySpec, make: Callable[[], K], source: RandomSource = SYSTEM) -> None:
        super().__init__(spec)
        self._pair = OnDemand(make)
        self._source = source

    def drawing_from(self, source: RandomSource) -> "Material":
        if source is self._source:
            return self
        twin = copy(self)  # with the same pair, made or not
        twin._source = source
        return twin

    @classmethod
    def load(cls, spec: KeySpec, raw: bytes, *, source: RandomSource, china: bool) -> Material:
        if not _is_pkcs8(raw):
            raise BadMaterial("not a DER PKCS#8 private key")
        return cls._hold(spec, _load(raw), source)

    @classmethod
    def adopt(cls, spec: KeySpec, key: object, *, source: RandomSource, china: bool) -> Material:
        if isinstance(key, bytes):
            key = cls.from_seed(spec, key) or _load(key)
        return cls._hold(spec, key, source)

    @classmethod
    def _hold(cls, spec: KeySpec, key: object, source: RandomSource) -> Material:
        checked = cls.check(spec, key)
        return cls(spec, lambda: checked, source)

    @classmethod
    @abstractmethod
    def check(cls, spec: KeySpec, key: object) -> K:
        """
        Give *key* if it is a sound one of the spec.

        Raises:
            BadMaterial: it is not.
        """

    @classmethod
    def from_seed(cls, spec: KeySpec, raw: bytes) -> K | None:
        """
        Make the key that has this raw seed or scalar; None if *raw* is not as long as one.

        Raises:
            BadMaterial: it is as long as one, but out of range.
        """
        return None

    def public_key(self) -> bytes:
        public = self._pair().public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def private_key(self) -> bytes:
        return self._pair().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_public_key(spki: bytes) -> object:
    """
    Read a DER SubjectPublicKeyInfo of any kind that a KMS key has.

    Raises:
        InvalidPublicKey: it is none, or `cryptography` cannot use it.
    """
    try:
        (body,) = der.read(spki, der.SEQUENCE)
        algorithm, bits = der.read(body, der.SEQUENCE, der.BIT_STRING)
        if not _is_known(algorithm):
            raise InvalidPublicKey("not a key of a kind that KMS has")
        if algorithm.startswith(_EC) and bits[1:2] not in _POINT_FORMS:
            raise InvalidPublicKey("not a point in a form that certificates have (RFC 5480, 2.2)")
        return load_der_public_key(spki)
    except (MalformedDer, ValueError, UnsupportedAlgorithm) as error:
        raise InvalidPublicKey(f"not a usable SubjectPublicKeyInfo: {error}") from None


# RSA, elliptic curves, Ed25519, ML-DSA: the OIDs of KMS's kinds, but for SM2 and ML-KEM, which have
# readers of their own.
_KNOWN = frozenset(
    (der.OBJECT_IDENTIFIER, bytes.fromhex(oid))
    for oid in (
        "2a864886f70d010101",
        "2a8648ce3d0201",
        "2b6570",
        "608648016503040311",
        "608648016503040312",
        "608648016503040313",
    )
)


_EC = bytes.fromhex("06072a8648ce3d0201")
# How many bytes a private scalar has, for each curve of KMS's that is named by its OID.
_SCALAR_LENGTHS = MappingProxyType(
    {
        bytes.fromhex("06082a8648ce3d030107"): 32,  # P-256
        bytes.fromhex("06052b81040022"): 48,  # P-384
        bytes.fromhex("06052b81040023"): 66,  # P-521
        bytes.fromhex("06052b8104000a"): 32,  # secp256k1
    }
)
# Compressed, of either sign, and uncompressed; OpenSSL would take X9.62's hybrid forms, too.
_POINT_FORMS = (b"\2", b"\3", b"\4")


def _is_known(algorithm: bytes) -> bool:
    # Of others, such as Diffie-Hellman over finite fields, `cryptography` warns when it reads them:
    # in a test suite often an error, and never one of its author's.
    return any(element in _KNOWN for element in der.elements(algorithm)[:1])


def _is_pkcs8(raw: bytes) -> bool:
    # `cryptography` would take PKCS#1 and SEC 1 keys too; KMS wants PKCS#8 only. Elliptic curves
    # must be named, not spelled out: then the parameters are an OID.
    try:
        (body,) = der.read(raw, der.SEQUENCE)
        match der.elements(body):
            case [(der.INTEGER, _), (der.SEQUENCE, algorithm), (der.OCTET_STRING, _), *_]:
                is_named = all(tag != der.SEQUENCE for tag, _ in der.elements(algorithm))
                return is_named and _is_known(algorithm)
            case _:
                return False
    except MalformedDer:
        return False


def _load(encoded: bytes) -> object:
    # The validation that is skipped costs as much as making a new RSA key; `RsaMaterial.check`
    # does its own. InternalError is what a short Ed25519 key makes `cryptography` raise.
    try:
        _check_form(encoded)
        return load_der_private_key(encoded, None, unsafe_skip_rsa_key_validation=True)
    except (MalformedDer, ValueError, TypeError, UnsupportedAlgorithm, InternalError) as error:
        raise BadMaterial(f"not a usable private key: {error}") from None


def _check_form(encoded: bytes) -> None:
    # Older versions of `cryptography` take elliptic keys of a broken form, and panic at some.
    match der.elements(der.read(encoded, der.SEQUENCE)[0]):
        case [(der.INTEGER, version), (der.SEQUENCE, algorithm), (der.OCTET_STRING, inner), *_] if (
            algorithm.startswith(_EC)
        ):
            if version != b"\0":
                raise MalformedDer("no such version of PKCS#8")
            _check_sec1(inner, algorithm.removeprefix(_EC))
        case [(der.INTEGER, _), (der.OCTET_STRING, _), *_]:
            _check_sec1(encoded, b"")


def _check_sec1(encoded: bytes, curve: bytes) -> None:
    match der.elements(der.read(encoded, der.SEQUENCE)[0]):
        case [(der.INTEGER, b"\1"), (der.OCTET_STRING, scalar), *optional]:
            named = dict(optional).get(0xA0, curve)
        case _:
            raise MalformedDer("not an ECPrivateKey (RFC 5915)")
    if named != (curve or named):
        raise MalformedDer("two curves")
    if len(scalar) != _SCALAR_LENGTHS.get(named, len(scalar)):
        raise MalformedDer("a private scalar of another length than the curve's")
