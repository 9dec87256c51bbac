"""ML-KEM key pairs: of `cryptography` where it has them, else of our own FIPS 203."""

from collections.abc import Mapping
from copy import copy
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm

from pytest_kmsmock._kms.crypto import ml_kem
from pytest_kmsmock._kms.crypto.errors import BadMaterial, DecryptionFailed
from pytest_kmsmock._kms.crypto.materials.contract import Material, OnDemand
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.seeded import is_reproducible
from pytest_kmsmock._kms.crypto.specs import KeySpec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mlkem import (
        MLKEM768PrivateKey,
        MLKEM1024PrivateKey,
    )

    LibraryKey: TypeAlias = MLKEM768PrivateKey | MLKEM1024PrivateKey


class MLKEMMaterial(Material):
    """An ML-KEM key pair, kept as its seed. With a seeded *source* encapsulation repeats itself."""

    __slots__ = ("_library_pair", "_pair", "_parameters", "_seed", "_source")

    def __init__(self, spec: KeySpec, seed: bytes, source: RandomSource) -> None:
        super().__init__(spec)
        self._seed = seed
        self._source = source
        self._parameters = _parameters_of(spec)
        self._pair = OnDemand(lambda: ml_kem.PrivateKey(self._parameters, seed))
        self._library_pair = OnDemand(lambda: _library_pair(self._parameters, seed))

    def drawing_from(self, source: RandomSource) -> "Material":
        if source is self._source:
            return self
        twin = copy(self)  # with the same pair, made or not
        twin._source = source
        return twin

    @classmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        return cls(spec, source.token_bytes(ml_kem.SEED_LENGTH), source)

    @classmethod
    def load(cls, spec: KeySpec, raw: bytes, *, source: RandomSource, china: bool) -> Material:
        return cls(spec, ml_kem.PrivateKey.from_pkcs8(_parameters_of(spec), raw).seed, source)

    @classmethod
    def adopt(cls, spec: KeySpec, key: object, *, source: RandomSource, china: bool) -> Material:
        library = library_keys().get(str(spec.parameter_set))
        if library is not None and isinstance(key, library):
            return cls(spec, key.private_bytes_raw(), source)
        if not isinstance(key, bytes):
            raise BadMaterial(f"{spec.name} material is an {spec.parameter_set} key")
        if len(key) == ml_kem.SEED_LENGTH:
            return cls(spec, key, source)
        return cls.load(spec, key, source=source, china=china)

    def encapsulate(self) -> tuple[bytes, bytes]:
        pair = None if is_reproducible(self._source) else self._library_pair()
        if pair is None:
            return self._pair().public.encapsulate(self._source)
        return pair.public_key().encapsulate()

    def decapsulate(self, ciphertext: bytes) -> bytes:
        if len(ciphertext) != self._parameters.ciphertext_length:
            raise DecryptionFailed(f"not as long as an {self._parameters.name} ciphertext")
        return (self._library_pair() or self._pair()).decapsulate(ciphertext)

    def public_key(self) -> bytes:
        pair = self._library_pair()
        if pair is None:
            return self._pair().public.spki()
        return ml_kem.spki(self._parameters, pair.public_key().public_bytes_raw())

    def private_key(self) -> bytes:
        return ml_kem.pkcs8(self._parameters, self._seed)


@cache
def library_keys() -> "Mapping[str, type[LibraryKey]]":
    """
    Tell which parameter sets `cryptography` has, and its classes.

    No release has all three; before 48 none has any, nor does one that was built upon an OpenSSL
    before 3.5.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - new in 47
            mlkem,
        )

        mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes(ml_kem.SEED_LENGTH))
    except (ImportError, UnsupportedAlgorithm):
        return MappingProxyType({})
    return MappingProxyType(
        {"ML-KEM-768": mlkem.MLKEM768PrivateKey, "ML-KEM-1024": mlkem.MLKEM1024PrivateKey}
    )


def _parameters_of(spec: KeySpec) -> ml_kem.ParameterSet:
    return ml_kem.PARAMETER_SETS[str(spec.parameter_set)]


def _library_pair(parameters: ml_kem.ParameterSet, seed: bytes) -> "LibraryKey | None":
    library = library_keys().get(parameters.name)
    return None if library is None else library.from_seed_bytes(seed)
