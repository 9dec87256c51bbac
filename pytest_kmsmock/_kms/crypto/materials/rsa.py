"""RSA: OAEP encryption, PKCS #1 v1.5 and PSS signatures."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import OAEP, PSS

from pytest_kmsmock._kms.crypto.algorithms import RAW, check_message
from pytest_kmsmock._kms.crypto.errors import BadMaterial, DecryptionFailed
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.materials.key_pair import KeyPairMaterial
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.rsa_padding import RSA_PADDING
from pytest_kmsmock._kms.crypto.seeded import (
    encrypt_oaep,
    hash_of,
    is_reproducible,
    make_rsa,
    sign_pss,
)
from pytest_kmsmock._kms.crypto.specs import KeySpec


class RsaMaterial(KeyPairMaterial[rsa.RSAPrivateKey]):
    """An RSA key pair, leased at first use."""

    __slots__ = ()

    @classmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        if is_reproducible(source):
            seed = source.token_bytes(32)
            return cls(spec, lambda: make_rsa(spec.bits, seed), source)
        return cls(spec, lambda: leases.rsa(spec.bits), source)

    @classmethod
    def check(cls, spec: KeySpec, key: object) -> rsa.RSAPrivateKey:
        if not isinstance(key, rsa.RSAPrivateKey):
            raise BadMaterial(f"{spec.name} material is an RSA key")
        if key.key_size != spec.bits:
            raise BadMaterial(f"{spec.name} material has {spec.bits} bits, not {key.key_size}")
        if not _is_sound(key.private_numbers()):
            raise BadMaterial("the numbers of the RSA key contradict each other")
        return key

    def encrypt(self, algorithm: str, plaintext: bytes) -> bytes:
        padding, public = RSA_PADDING[algorithm], self._pair().public_key()
        if is_reproducible(self._source) and isinstance(padding, OAEP):
            return encrypt_oaep(public, padding.algorithm, plaintext, self._source)
        return public.encrypt(plaintext, padding)

    def decrypt(self, algorithm: str, ciphertext: bytes) -> bytes:
        try:
            return self._pair().decrypt(ciphertext, RSA_PADDING[algorithm])
        except ValueError as error:
            raise DecryptionFailed(str(error)) from None

    def sign(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        row = check_message(algorithm, message, message_type)
        padding = RSA_PADDING[algorithm]
        if is_reproducible(self._source) and isinstance(padding, PSS):
            digest = hash_of(row.hash, message) if message_type == RAW else message
            return sign_pss(self._pair(), row.hash, digest, self._source)
        return self._pair().sign(message, padding, row.hash_for(message_type))

    def verify(self, algorithm: str, message: bytes, message_type: str, signature: bytes) -> bool:
        row = check_message(algorithm, message, message_type)
        if len(signature) * 8 != self.spec.bits:
            return False  # RFC 8017, 8.1.2; OpenSSL's PSS would do without leading zeros
        public = self._pair().public_key()
        try:
            public.verify(signature, message, RSA_PADDING[algorithm], row.hash_for(message_type))
        except InvalidSignature:
            return False
        return True


def _is_sound(numbers: rsa.RSAPrivateNumbers) -> bool:
    # Refuses what OpenSSL's own check would, save composite factors, at a thousandth of the cost.
    p, q, d = numbers.p, numbers.q, numbers.d
    e, n = numbers.public_numbers.e, numbers.public_numbers.n
    # OpenSSL reads keys with greater exponents, and then refuses to use them.
    if e >= n or (n.bit_length() > 3072 and e.bit_length() > 64):
        return False
    return (
        p > 2
        and q > 2
        and p * q == n
        and e > 2
        and e % 2 == 1
        and d * e % (p - 1) == 1
        and d * e % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and numbers.iqmp * q % p == 1
    )
