"""Symmetric ciphertext under a KMS key: sealing and unsealing with the right material."""

from collections.abc import Mapping
from typing import Final

from pytest_kmsmock._kms.crypto.envelope import parse, seal, unseal
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.domain.key_stores.links import ProxyLink
from pytest_kmsmock._kms.domain.keys import Key

# A ciphertext of an external key store: this, the id of KMS's own material, this, and what the
# external key manager made of the ciphertext that KMS had made (rules ENC-17; the layout is ours).
_EXTERNAL_HEAD: Final = bytes.fromhex("0102020078")
_EXTERNAL_MARK: Final = b"\2"
_ID_START: Final = len(_EXTERNAL_HEAD)
_ID_END: Final = _ID_START + 32
_TOKEN_START: Final = _ID_END + len(_EXTERNAL_MARK)


def seal_under(
    key: Key,
    plaintext: bytes,
    encryption_context: Mapping[str, str] | None,
    *,
    data_key: bool,
    source: RandomSource,
) -> tuple[bytes, bytes | None]:
    """
    Return the ciphertext of *plaintext* and the id of the material, the current one of *key*.

    The id is None for a key in a custom key store, whose material has none to show (KEY-17).

    Raises:
        KmsError: KMSInvalidStateException, when the key's custom key store fails.
    """
    version = key.family.current
    if version is None or version.material_id is None:
        raise LookupError(f"{key.arn} has no symmetric material")
    material_id = version.material_id
    blob = seal(
        key.material.private_key(),
        material_id,
        plaintext,
        encryption_context,
        data_key=data_key,
        source=source,
    )
    if key.key_store is None:
        return blob, material_id
    link = key.key_store.link
    blob = link.protect(key, blob, encryption_context)
    if isinstance(link, ProxyLink):
        blob = b"".join((_EXTERNAL_HEAD, material_id, _EXTERNAL_MARK, blob))
    return blob, None


def unseal_under(
    key: Key, blob: bytes, encryption_context: Mapping[str, str] | None
) -> tuple[bytes, bytes | None]:
    """
    Return the plaintext and the id of the material that *blob* names, as `seal_under()` does.

    Raises:
        DecryptionFailed: For another encryption context, a damaged ciphertext, or a material that
            this key does not have.
        KmsError: As `seal_under()`.
    """
    if key.key_store is not None:
        token = blob[_TOKEN_START:] if is_external(blob) else blob
        blob = key.key_store.link.unprotect(key, token, encryption_context)
    try:
        envelope = parse(blob)
    except MalformedCiphertext:
        raise DecryptionFailed from None
    for version in key.family.versions:
        if version.material_id == envelope.material_id:
            material = key.material_of(version)
            if material is not None:
                plaintext = unseal(envelope, material.private_key(), encryption_context)
                return plaintext, envelope.material_id if key.key_store is None else None
    raise DecryptionFailed


def material_id_in(blob: bytes) -> bytes:
    """
    Return the id of the material that *blob* names.

    Raises:
        MalformedCiphertext: If it is no ciphertext of a symmetric key.
    """
    return blob[_ID_START:_ID_END] if is_external(blob) else parse(blob).material_id


def is_external(blob: bytes) -> bool:
    return blob.startswith(_EXTERNAL_HEAD) and blob[_ID_END:_TOKEN_START] == _EXTERNAL_MARK
