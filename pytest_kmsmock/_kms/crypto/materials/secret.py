"""Secret keys: the raw material of symmetric encryption keys and of HMAC keys."""

import hmac

from pytest_kmsmock._kms.crypto.algorithms import MACS
from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec


class SymmetricMaterial(Material):
    """A symmetric encryption key. The ciphertext envelope uses it, so it can only be shown."""

    __slots__ = ("_key",)

    def __init__(self, spec: KeySpec, key: bytes) -> None:
        super().__init__(spec)
        self._key = key

    @classmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        return cls(spec, source.token_bytes(spec.generated_length(china)))

    @classmethod
    def load(cls, spec: KeySpec, raw: bytes, *, source: RandomSource, china: bool) -> Material:
        lengths = spec.import_lengths(china)
        if len(raw) not in lengths:
            wanted = " to ".join(dict.fromkeys((str(lengths[0]), str(lengths[-1]))))
            raise BadMaterial(f"{spec.name} material has {wanted} bytes, not {len(raw)}")
        return cls(spec, bytes(raw))

    @classmethod
    def adopt(cls, spec: KeySpec, key: object, *, source: RandomSource, china: bool) -> Material:
        if not isinstance(key, bytes):
            raise BadMaterial(f"{spec.name} material is bytes")
        return cls.load(spec, key, source=source, china=china)

    def private_key(self) -> bytes:
        return self._key


class HmacMaterial(SymmetricMaterial):
    """An HMAC key."""

    __slots__ = ()

    def mac(self, algorithm: str, message: bytes) -> bytes:
        return hmac.digest(self._key, message, MACS[algorithm])
