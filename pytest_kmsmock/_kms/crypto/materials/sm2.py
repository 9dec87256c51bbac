"""SM2 key pairs, for the China Regions: SM2PKE, SM2DSA and ECDH."""

from collections.abc import Callable
from copy import copy

from pytest_kmsmock._kms.crypto.algorithms import RAW, check_message
from pytest_kmsmock._kms.crypto.china import sm2
from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.contract import Material, OnDemand
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.seeded import is_reproducible
from pytest_kmsmock._kms.crypto.specs import KeySpec


class SM2Material(Material):
    """An SM2 key pair. Every signature and encryption draws from *source*."""

    __slots__ = ("_pair", "_source")

    def __init__(
        self, spec: KeySpec, make: Callable[[], sm2.PrivateKey], source: RandomSource
    ) -> None:
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
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        if is_reproducible(source):
            # Drawn now, so that the order of first uses does not matter.
            pair = sm2.PrivateKey.generate(source)
            return cls(spec, lambda: pair, source)
        return cls(spec, lambda: sm2.PrivateKey.generate(source), source)

    @classmethod
    def load(cls, spec: KeySpec, raw: bytes, *, source: RandomSource, china: bool) -> Material:
        key = sm2.PrivateKey.from_pkcs8(raw)
        return cls(spec, lambda: key, source)

    @classmethod
    def adopt(cls, spec: KeySpec, key: object, *, source: RandomSource, china: bool) -> Material:
        if not isinstance(key, bytes):
            raise BadMaterial(f"{spec.name} material is PEM, DER or a raw scalar of 32 bytes")
        adopted = _read(key)
        return cls(spec, lambda: adopted, source)

    def encrypt(self, algorithm: str, plaintext: bytes) -> bytes:
        if not 0 < len(plaintext) <= self.spec.max_plaintext(algorithm):
            raise ValueError("the plaintext is empty or too long")
        return self._pair().public.encrypt(plaintext, self._source)

    def decrypt(self, algorithm: str, ciphertext: bytes) -> bytes:
        return self._pair().decrypt(ciphertext)

    def sign(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        return self._pair().sign_digest(self._e(algorithm, message, message_type), self._source)

    def verify(self, algorithm: str, message: bytes, message_type: str, signature: bytes) -> bool:
        e = self._e(algorithm, message, message_type)
        return self._pair().public.verify_digest(signature, e)

    def derive(self, peer_spki: bytes) -> bytes:
        return self._pair().agree(sm2.PublicKey.from_spki(peer_spki))

    def public_key(self) -> bytes:
        return self._pair().public.spki()

    def private_key(self) -> bytes:
        return self._pair().pkcs8()

    def _e(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        # A DIGEST is e itself, so its maker may have used any distinguishing id.
        check_message(algorithm, message, message_type)
        return self._pair().public.digest(message) if message_type == RAW else message


def _read(encoded: bytes) -> sm2.PrivateKey:
    if len(encoded) == 32:
        return sm2.PrivateKey(int.from_bytes(encoded, "big"))
    try:
        return sm2.PrivateKey.from_pkcs8(encoded)
    except BadMaterial as error:
        try:
            return sm2.PrivateKey.from_sec1(encoded)
        except BadMaterial:
            raise error from None
