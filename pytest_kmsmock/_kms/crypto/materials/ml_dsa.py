"""ML-DSA (FIPS 204): pure, hedged, with an empty context, over messages or over a given mu."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pytest_kmsmock._kms.crypto.algorithms import RAW, check_message
from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.materials.key_pair import KeyPairMaterial
from pytest_kmsmock._kms.crypto.materials.libraries import older_than
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import (
        MLDSA44PrivateKey,
        MLDSA65PrivateKey,
        MLDSA87PrivateKey,
    )

    MLDSA44PrivateKey.from_seed_bytes(bytes(32))
except (ModuleNotFoundError, UnsupportedAlgorithm):
    # Of this module's making: each import says so anew, and nothing else depends on it.
    raise older_than("48", "ML-DSA") from None

MLDSAPrivateKey: TypeAlias = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey

_PARAMETER_SETS: Mapping[str, type[MLDSAPrivateKey]] = MappingProxyType(
    {
        "ML-DSA-44": MLDSA44PrivateKey,
        "ML-DSA-65": MLDSA65PrivateKey,
        "ML-DSA-87": MLDSA87PrivateKey,
    }
)
_SEED_LENGTH = 32


class MLDSAMaterial(KeyPairMaterial[MLDSAPrivateKey]):
    """An ML-DSA key pair, kept as its seed."""

    __slots__ = ()

    @classmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        make, seed = _parameter_set(spec).from_seed_bytes, source.token_bytes(_SEED_LENGTH)
        return cls(spec, lambda: make(seed), source)

    @classmethod
    def check(cls, spec: KeySpec, key: object) -> MLDSAPrivateKey:
        if not isinstance(key, _parameter_set(spec)):
            raise BadMaterial(f"{spec.name} material is an {spec.parameter_set} key")
        return key

    @classmethod
    def from_seed(cls, spec: KeySpec, raw: bytes) -> MLDSAPrivateKey | None:
        return _parameter_set(spec).from_seed_bytes(raw) if len(raw) == _SEED_LENGTH else None

    def sign(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        check_message(algorithm, message, message_type)
        pair = self._pair()
        if message_type == RAW:
            return pair.sign(message)
        _require(pair, "sign_mu")
        return pair.sign_mu(message)

    def verify(self, algorithm: str, message: bytes, message_type: str, signature: bytes) -> bool:
        check_message(algorithm, message, message_type)
        public = self._pair().public_key()
        try:
            if message_type == RAW:
                public.verify(signature, message)
            else:
                _require(public, "verify_mu")
                public.verify_mu(signature, message)
        except InvalidSignature:
            return False
        return True


def _parameter_set(spec: KeySpec) -> type[MLDSAPrivateKey]:
    return _PARAMETER_SETS[str(spec.parameter_set)]


def _require(key: object, method: str) -> None:
    if not hasattr(key, method):
        raise older_than("49", "MessageType EXTERNAL_MU")
