"""
CiphertextForRecipient: the CMS EnvelopedData that KMS sends to a Nitro enclave.

The shape is that of real answers, byte for byte: BER with indefinite lengths outside, which strict
DER parsers refuse; one KeyTransRecipientInfo, version 2, whose subject key identifier is the
SHA-256 of the public key; RSAES-OAEP with SHA-256; AES-256-CBC with the content in a constructed
[0] around one OCTET STRING.
"""

from hashlib import sha256

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pytest_kmsmock._kms.crypto.der import (
    OCTET_STRING,
    SEQUENCE,
    SET,
    elements,
    indefinite,
    integer,
    read,
    split,
    tlv,
)
from pytest_kmsmock._kms.crypto.errors import (
    DecryptionFailed,
    InvalidPublicKey,
    MalformedCiphertext,
    MalformedDer,
)
from pytest_kmsmock._kms.crypto.materials.key_pair import load_public_key
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.rsa_padding import RSA_PADDING
from pytest_kmsmock._kms.crypto.seeded import encrypt_oaep, is_reproducible

_ENVELOPED_DATA = bytes.fromhex("06092a864886f70d010703")
_DATA = bytes.fromhex("06092a864886f70d010701")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_SHA256 = tlv(SEQUENCE, bytes.fromhex("0609608648016503040201"), b"\5\0")
_MGF1 = tlv(SEQUENCE, bytes.fromhex("06092a864886f70d010108"), _SHA256)
_OAEP_PARAMETERS = tlv(SEQUENCE, tlv(0xA0, _SHA256), tlv(0xA1, _MGF1))
_OAEP = tlv(SEQUENCE, bytes.fromhex("06092a864886f70d010107"), _OAEP_PARAMETERS)
_VERSION = integer(2)
_PADDING = RSA_PADDING["RSAES_OAEP_SHA_256"]

_BEFORE_RECIPIENTS = b"\x30\x80" + _ENVELOPED_DATA + b"\xa0\x80\x30\x80" + _VERSION
_BEFORE_ALGORITHM = b"\x30\x80" + _DATA
_BEFORE_CONTENT = b"\xa0\x80"


def seal(public_key: bytes, plaintext: bytes, *, source: RandomSource) -> bytes:
    """
    Encrypt for the owner of a DER SPKI, the one in the attestation document.

    Raises:
        InvalidPublicKey: it is not an RSA key.
    """
    public = load_public_key(public_key)
    if not isinstance(public, rsa.RSAPublicKey):
        raise InvalidPublicKey("a recipient's public key must be RSA")
    key, iv = source.token_bytes(32), source.token_bytes(16)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(plaintext) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    content = encryptor.update(padded) + encryptor.finalize()
    if is_reproducible(source):
        encrypted_key = encrypt_oaep(public, hashes.SHA256(), key, source)
    else:
        encrypted_key = public.encrypt(key, _PADDING)
    return encode(sha256(public_key).digest(), encrypted_key, iv, content)


def encode(key_identifier: bytes, encrypted_key: bytes, iv: bytes, content: bytes) -> bytes:
    """Lay out the parts in KMS's shape."""
    recipient = tlv(
        SEQUENCE, _VERSION, tlv(0x80, key_identifier), _OAEP, tlv(OCTET_STRING, encrypted_key)
    )
    algorithm = tlv(SEQUENCE, _AES256_CBC, tlv(OCTET_STRING, iv))
    encrypted = indefinite(0xA0, tlv(OCTET_STRING, content))
    info = indefinite(SEQUENCE, _DATA, algorithm, encrypted)
    enveloped = indefinite(SEQUENCE, _VERSION, tlv(SET, recipient), info)
    return indefinite(SEQUENCE, _ENVELOPED_DATA, indefinite(0xA0, enveloped))


def unseal(private_key: rsa.RSAPrivateKey, ciphertext: bytes) -> bytes:
    """
    Decrypt what `seal` made, as the code in the enclave would.

    Raises:
        MalformedCiphertext: it does not have KMS's shape, to the last byte.
        DecryptionFailed: it was made for another key, or is damaged.
    """
    encrypted_key, iv, content = _decode(ciphertext)
    try:
        key = private_key.decrypt(encrypted_key, _PADDING)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        padded = decryptor.update(content) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise DecryptionFailed(str(error)) from None


def _decode(ciphertext: bytes) -> tuple[bytes, bytes, bytes]:
    # Every element of indefinite length is the last of its parent, so all their ends stand last;
    # what is skipped unread here, encoding the parts again compares.
    try:
        _, recipients, rest = split(ciphertext[len(_BEFORE_RECIPIENTS) :])
        (recipient,) = read(recipients, SEQUENCE)
        _, (_, identifier), _, (_, encrypted_key) = elements(recipient)
        _, algorithm, rest = split(rest[len(_BEFORE_ALGORITHM) :])
        _, (_, iv) = elements(algorithm)
        _, content, _ = split(rest[len(_BEFORE_CONTENT) :])
    except (MalformedDer, ValueError):
        raise MalformedCiphertext from None
    if encode(identifier, encrypted_key, iv, content) != ciphertext:
        raise MalformedCiphertext
    return encrypted_key, iv, content
