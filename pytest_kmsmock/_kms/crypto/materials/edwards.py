"""Ed25519 over messages and Ed25519ph over what KMS calls digests."""

from hashlib import sha512

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pytest_kmsmock._kms.crypto import ed25519ph
from pytest_kmsmock._kms.crypto.algorithms import RAW, check_message
from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.materials.key_pair import KeyPairMaterial
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec

_SEED_LENGTH = 32


class EdwardsMaterial(KeyPairMaterial[Ed25519PrivateKey]):
    """
    An Ed25519 key pair.

    A DIGEST is the message of Ed25519ph, so its 64 bytes are hashed again (wire-facts G18).
    """

    __slots__ = ()

    @classmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        seed = source.token_bytes(_SEED_LENGTH)
        return cls(spec, lambda: Ed25519PrivateKey.from_private_bytes(seed), source)

    @classmethod
    def check(cls, spec: KeySpec, key: object) -> Ed25519PrivateKey:
        if not isinstance(key, Ed25519PrivateKey):
            raise BadMaterial(f"{spec.name} material is an Ed25519 key")
        return key

    @classmethod
    def from_seed(cls, spec: KeySpec, raw: bytes) -> Ed25519PrivateKey | None:
        return Ed25519PrivateKey.from_private_bytes(raw) if len(raw) == _SEED_LENGTH else None

    def sign(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        check_message(algorithm, message, message_type)
        pair = self._pair()
        if message_type == RAW:
            return pair.sign(message)
        public = pair.public_key().public_bytes_raw()
        digest = sha512(message).digest()
        return ed25519ph.sign_digest(pair.private_bytes_raw(), public, digest)

    def verify(self, algorithm: str, message: bytes, message_type: str, signature: bytes) -> bool:
        check_message(algorithm, message, message_type)
        public = self._pair().public_key()
        if message_type != RAW:
            digest = sha512(message).digest()
            return ed25519ph.verify_digest(public.public_bytes_raw(), signature, digest)
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True
