"""Wrapped key material: what a caller of ImportKeyMaterial sends, and KMS takes apart."""

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import rsa

from pytest_kmsmock._kms.crypto.algorithms import SM2PKE
from pytest_kmsmock._kms.crypto.china import sm2
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, InvalidPublicKey
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.materials.key_pair import load_public_key
from pytest_kmsmock._kms.crypto.randomness import SYSTEM, RandomSource
from pytest_kmsmock._kms.crypto.rsa_padding import RSA_PADDING

_AES_KEY_LENGTH = 32

# What the wrapping key itself encrypts with: the material, or the AES key that wraps it.
_DIRECT: Mapping[str, str] = MappingProxyType(
    {
        "RSAES_OAEP_SHA_1": "RSAES_OAEP_SHA_1",
        "RSAES_OAEP_SHA_256": "RSAES_OAEP_SHA_256",
        SM2PKE: SM2PKE,
    }
)
_BY_AES_KEY: Mapping[str, str] = MappingProxyType(
    {
        "RSA_AES_KEY_WRAP_SHA_1": "RSAES_OAEP_SHA_1",
        "RSA_AES_KEY_WRAP_SHA_256": "RSAES_OAEP_SHA_256",
    }
)


def unwrap(wrapping_key: Material, algorithm: str, wrapped: bytes) -> bytes:
    """
    Take key material out of its wrapping.

    RSA_AES_KEY_WRAP is an OAEP-encrypted AES-256 key followed by the material in AES key wrap with
    padding, RFC 5649 (rules IMP-5).

    Raises:
        DecryptionFailed: it was not made for this key and algorithm.
        ValueError: the algorithm is none of the five that KMS supports.
    """
    if algorithm in _DIRECT:
        return wrapping_key.decrypt(_DIRECT[algorithm], wrapped)
    encryption = _encryption_of_aes_key(algorithm)
    key_length = wrapping_key.spec.bits // 8
    aes_key = wrapping_key.decrypt(encryption, wrapped[:key_length])
    if len(aes_key) != _AES_KEY_LENGTH:
        raise DecryptionFailed("the wrapping AES key does not have 256 bits")
    try:
        return keywrap.aes_key_unwrap_with_padding(aes_key, wrapped[key_length:])
    except keywrap.InvalidUnwrap as error:
        raise DecryptionFailed(f"AES key unwrap failed: {error}") from None


def wrap(
    public_key: bytes, algorithm: str, material: bytes, *, source: RandomSource = SYSTEM
) -> bytes:
    """
    Wrap key material, as a caller of ImportKeyMaterial does.

    Args:
        public_key: DER SPKI, as GetParametersForImport returns it.

    Raises:
        InvalidPublicKey: it is no key for this algorithm.
        ValueError: the material is too long for it, or KMS does not support the algorithm.
    """
    if algorithm == SM2PKE:
        return sm2.PublicKey.from_spki(public_key).encrypt(material, source)
    key = load_public_key(public_key)
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidPublicKey(f"{algorithm} needs an RSA public key")
    if algorithm in _DIRECT:
        return key.encrypt(material, RSA_PADDING[_DIRECT[algorithm]])
    padding = RSA_PADDING[_encryption_of_aes_key(algorithm)]
    aes_key = source.token_bytes(_AES_KEY_LENGTH)
    return key.encrypt(aes_key, padding) + keywrap.aes_key_wrap_with_padding(aes_key, material)


def _encryption_of_aes_key(algorithm: str) -> str:
    try:
        return _BY_AES_KEY[algorithm]
    except KeyError:
        raise ValueError(f"KMS does not support the wrapping algorithm {algorithm}") from None
