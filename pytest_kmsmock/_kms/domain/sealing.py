"""Symmetric ciphertext under a KMS key: sealing and unsealing with the right material."""

from collections.abc import Mapping

from pytest_kmsmock._kms.crypto.envelope import Envelope, seal, unseal
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.domain.keys import Key


def seal_under(
    key: Key,
    plaintext: bytes,
    encryption_context: Mapping[str, str] | None,
    *,
    data_key: bool,
    source: RandomSource,
) -> tuple[bytes, bytes]:
    """Return the ciphertext of *plaintext* and the id of the material, the current one of *key*."""
    version = key.family.current
    if version is None or version.material_id is None:
        raise LookupError(f"{key.arn} has no symmetric material")
    blob = seal(
        key.material.private_key(),
        version.material_id,
        plaintext,
        encryption_context,
        data_key=data_key,
        source=source,
    )
    return blob, version.material_id


def unseal_under(
    key: Key, envelope: Envelope, encryption_context: Mapping[str, str] | None
) -> bytes:
    """
    Return the plaintext, with whichever material of *key* the ciphertext names.

    Raises:
        DecryptionFailed: For another encryption context, a damaged ciphertext, or a material that
            this key does not have.
    """
    for version in key.family.versions:
        if version.material_id == envelope.material_id:
            material = key.material_of(version)
            if material is not None:
                return unseal(envelope, material.private_key(), encryption_context)
    raise DecryptionFailed
