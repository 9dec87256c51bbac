"""
The CiphertextBlob of a symmetric key, in AWS's shape (wire-facts E34).

It is 152 bytes longer than a short plaintext::

    01 02 02 00 78      what made it: Encrypt (02), or a data key operation (03)
    32 bytes            AWS's "key fingerprint": here the key material id, which finds the key
    01, 16 bytes        the salt of the one-time key
    4 bytes             the length of the rest: PKCS #7 EncryptedData in DER, with AES-256-GCM,
                        a nonce, and the sealed octets: 11 inner bytes, plaintext, 16-byte tag

Whatever stands before the sealed octets is authenticated, and so is the encryption context. What
fingerprint, salt and inner bytes are for is assumed: AWS documents none of it. Assumed too: the
China Regions use the same shape, with SM4-GCM inside.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pytest_kmsmock._kms.crypto.der import OCTET_STRING, SEQUENCE, integer, tlv
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.lazily import lazily

_BY_ENCRYPT = bytes.fromhex("0102020078")
_BY_DATA_KEY = bytes.fromhex("0102030078")
_INNER = bytes(11)

_ID_END = 5 + 32
_SALT_START = _ID_END + 1
_FRAME_START = _SALT_START + 16
_NONCE_LENGTH = 12
_TAG_LENGTH = 16  # of AES-GCM and SM4-GCM alike
_LEAST_SEALED = len(_INNER) + _TAG_LENGTH
_SM4_KEY_LENGTH = 16

_DATA_OID = bytes.fromhex("06092a864886f70d010701")
_ENCRYPTED_DATA_OID = bytes.fromhex("06092a864886f70d010706")
_AES256_GCM_OID = bytes.fromhex("060960864801650304012e")


class Envelope(NamedTuple):
    """
    A blob taken apart, not yet opened.

    *material_id* names key and material; *header* is what stands before *sealed*. A named tuple,
    since every call makes one and a frozen dataclass costs four times as much.
    """

    material_id: bytes
    salt: bytes
    nonce: bytes
    header: bytes
    sealed: bytes


def seal(
    material: bytes,
    material_id: bytes,
    plaintext: bytes,
    context: Mapping[str, str] | None,
    *,
    data_key: bool,
    source: RandomSource,
) -> bytes:
    """
    Encrypt *plaintext* and bind it to the encryption context.

    *material* has 32 bytes, or 16 in the China Regions; *material_id* has 32. *data_key* tells
    what asks: a data key operation, or Encrypt.
    """
    drawn = source.token_bytes(16 + _NONCE_LENGTH)
    salt, nonce = drawn[:16], drawn[16:]
    before, after = _frame(_LEAST_SEALED + len(plaintext))
    maker = _BY_DATA_KEY if data_key else _BY_ENCRYPT
    header = b"".join((maker, material_id, b"\1", salt, before, nonce, after))
    key, inner = _one_time_key(material, salt), _INNER + plaintext
    associated = header + canonical_context(context)
    if len(key) == _SM4_KEY_LENGTH:
        return header + _sm4_gcm().seal(key, nonce, inner, associated)
    return header + AESGCM(key).encrypt(nonce, inner, associated)


@lru_cache(maxsize=256)
def parse(blob: bytes) -> Envelope:
    """
    Take a blob apart; a Decrypt asks twice, to find the key and to open the blob.

    Raises:
        MalformedCiphertext: it does not have the one shape, to the last byte.
    """
    frame = _frame_within(len(blob) - _FRAME_START)
    if frame is None or not blob.startswith((_BY_ENCRYPT, _BY_DATA_KEY)):
        raise MalformedCiphertext
    before, after = frame
    nonce_start = _FRAME_START + len(before)
    nonce_end = nonce_start + _NONCE_LENGTH
    sealed_start = nonce_end + len(after)
    if (
        blob[_ID_END] != 1
        or blob[_FRAME_START:nonce_start] != before
        or blob[nonce_end:sealed_start] != after
    ):
        raise MalformedCiphertext
    return Envelope(
        material_id=blob[5:_ID_END],
        salt=blob[_SALT_START:_FRAME_START],
        nonce=blob[nonce_start:nonce_end],
        header=blob[:sealed_start],
        sealed=blob[sealed_start:],
    )


def unseal(envelope: Envelope, material: bytes, context: Mapping[str, str] | None) -> bytes:
    """
    Decrypt what `seal` made.

    Raises:
        DecryptionFailed: other material, another context, or a damaged blob.
    """
    key = _one_time_key(material, envelope.salt)
    associated = envelope.header + canonical_context(context)
    if len(key) == _SM4_KEY_LENGTH:
        inner = _sm4_gcm().unseal(key, envelope.nonce, envelope.sealed, associated)
    else:
        try:
            inner = AESGCM(key).decrypt(envelope.nonce, envelope.sealed, associated)
        except InvalidTag:
            raise DecryptionFailed("the tag does not match") from None
    return inner[len(_INNER) :]


def canonical_context(context: Mapping[str, str] | None) -> bytes:
    """
    Encode an encryption context, so that equal ones and no others give equal bytes.

    Order does not matter, case does; absent and empty are the same (rules ENC-7, ENC-8). JSON may
    bring lone surrogates, hence `surrogatepass`.
    """
    if not context:
        return b""
    parts: list[bytes] = []
    for pair in sorted(context.items()):
        for text in pair:
            encoded = text.encode("utf-8", "surrogatepass")
            parts += (len(encoded).to_bytes(4, "big"), encoded)
    return b"".join(parts)


def _one_time_key(material: bytes, salt: bytes) -> bytes:
    # AWS derives one from the backing key and a nonce too (rules ENC-6). As both parts have a fixed
    # length, their hash will do; HMAC would double the cost of a call.
    return sha256(material + salt).digest()[: len(material)]


class _Cipher(Protocol):
    """What the module of SM4 offers to this one."""

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, associated: bytes, /) -> bytes: ...

    def unseal(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes, /) -> bytes: ...


@cache
def _sm4_gcm() -> _Cipher:
    with lazily():
        from pytest_kmsmock._kms.crypto.china import sm34  # noqa: PLC0415 - for the China Regions only

    return sm34


@lru_cache(maxsize=1024)
def _frame(sealed_length: int) -> tuple[bytes, bytes]:
    """Give what stands between salt and nonce, and between nonce and sealed octets."""
    sealed = tlv(0x80, bytes(sealed_length))
    after = integer(_TAG_LENGTH) + sealed[:-sealed_length]
    parameters = tlv(SEQUENCE, tlv(OCTET_STRING, bytes(_NONCE_LENGTH)), integer(_TAG_LENGTH))
    content = tlv(SEQUENCE, _DATA_OID, tlv(SEQUENCE, _AES256_GCM_OID, parameters), sealed)
    data = tlv(0xA0, tlv(SEQUENCE, integer(0), content))
    whole = tlv(SEQUENCE, _ENCRYPTED_DATA_OID, data)
    nonce_start = len(whole) - sealed_length - len(after) - _NONCE_LENGTH
    return len(whole).to_bytes(4, "big") + whole[:nonce_start], after


@lru_cache(maxsize=1024)
def _frame_within(length: int) -> tuple[bytes, bytes] | None:
    """Give the frame of the sealed octets that take up *length* bytes with it, if any do."""
    shortest = _NONCE_LENGTH + sum(map(len, _frame(_LEAST_SEALED)))
    # Each of the five lengths around the sealed octets takes at most two bytes more.
    for sealed_length in range(length - shortest, length - shortest - 11, -1):
        if sealed_length < _LEAST_SEALED:
            return None
        frame = _frame(sealed_length)
        if _NONCE_LENGTH + sum(map(len, frame)) + sealed_length == length:
            return frame
    return None
