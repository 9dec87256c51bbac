"""The signing, encryption and MAC algorithms of KMS, a row each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

RAW = "RAW"
DIGEST = "DIGEST"
EXTERNAL_MU = "EXTERNAL_MU"

SYMMETRIC_DEFAULT = "SYMMETRIC_DEFAULT"
SM2PKE = "SM2PKE"
ECDH = "ECDH"


class SigningAlgorithm(NamedTuple):
    """
    A row of the signing table.

    *digest_length* counts the bytes of a message that is not RAW: a digest, or ML-DSA's mu.
    """

    name: str
    hash: hashes.HashAlgorithm
    digest_length: int | None
    message_types: tuple[str, ...] = (RAW, DIGEST)

    def hash_for(self, message_type: str) -> hashes.HashAlgorithm | Prehashed:
        """Return how `cryptography` hashes a message of this type; a digest is hashed already."""
        return self.hash if message_type == RAW else Prehashed(self.hash)


class EncryptionAlgorithm(NamedTuple):
    """A row of the encryption table; *max_plaintext* takes the key's bits and gives bytes."""

    name: str
    max_plaintext: Callable[[int], int]


_HASHES: tuple[hashes.HashAlgorithm, ...] = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())


def over_hashes(family: str) -> tuple[SigningAlgorithm, ...]:
    return tuple(
        SigningAlgorithm(
            name=f"{family}_SHA_{algorithm.digest_size * 8}",
            hash=algorithm,
            digest_length=algorithm.digest_size,
        )
        for algorithm in _HASHES
    )


SIGNING: Mapping[str, SigningAlgorithm] = MappingProxyType(
    {
        row.name: row
        for row in (
            *over_hashes("RSASSA_PKCS1_V1_5"),
            *over_hashes("RSASSA_PSS"),
            *over_hashes("ECDSA"),
            SigningAlgorithm(
                name="ED25519_SHA_512",
                hash=hashes.SHA512(),
                digest_length=None,
                message_types=(RAW,),
            ),
            SigningAlgorithm(
                name="ED25519_PH_SHA_512",
                hash=hashes.SHA512(),
                digest_length=64,
                message_types=(DIGEST,),
            ),
            SigningAlgorithm(
                name="ML_DSA_SHAKE_256",
                hash=hashes.SHAKE256(64),
                digest_length=64,
                message_types=(RAW, EXTERNAL_MU),
            ),
            SigningAlgorithm(name="SM2DSA", hash=hashes.SM3(), digest_length=32),
        )
    }
)


def _oaep_limit(algorithm: hashes.HashAlgorithm) -> Callable[[int], int]:
    # RFC 8017 7.1.1
    return lambda bits: bits // 8 - 2 * algorithm.digest_size - 2


ENCRYPTION: Mapping[str, EncryptionAlgorithm] = MappingProxyType(
    {
        row.name: row
        for row in (
            EncryptionAlgorithm(name=SYMMETRIC_DEFAULT, max_plaintext=lambda bits: 4096),
            EncryptionAlgorithm(name="RSAES_OAEP_SHA_1", max_plaintext=_oaep_limit(hashes.SHA1())),
            EncryptionAlgorithm(
                name="RSAES_OAEP_SHA_256", max_plaintext=_oaep_limit(hashes.SHA256())
            ),
            EncryptionAlgorithm(name=SM2PKE, max_plaintext=lambda bits: 1024),
        )
    }
)


# MAC algorithm -> hashlib's name of its hash
MACS: Mapping[str, str] = MappingProxyType(
    {
        "HMAC_SHA_224": "sha224",
        "HMAC_SHA_256": "sha256",
        "HMAC_SHA_384": "sha384",
        "HMAC_SHA_512": "sha512",
    }
)


def digest_length(algorithm: str) -> int | None:
    """
    Count the bytes that a DIGEST or EXTERNAL_MU message of this signing algorithm has.

    None means that the algorithm takes RAW messages only.
    """
    return SIGNING[algorithm].digest_length


def message_types(algorithm: str) -> tuple[str, ...]:
    """List the message types that this signing algorithm takes."""
    return SIGNING[algorithm].message_types


def check_message(algorithm: str, message: bytes, message_type: str) -> SigningAlgorithm:
    """
    Give the algorithm's row if it takes such a message.

    Raises:
        ValueError: it does not take the message type, or a digest of this length.
    """
    row = SIGNING[algorithm]
    if message_type not in row.message_types:
        raise ValueError(f"{algorithm} takes no {message_type} message")
    if message_type != RAW and len(message) != row.digest_length:
        raise ValueError(f"{algorithm} takes {row.digest_length} bytes of {message_type}")
    return row
