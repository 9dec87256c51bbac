"""A store of tenants' secrets, each under a data key of its own (envelope encryption)."""

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from types_boto3_kms.client import KMSClient

NONCE_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """What may lie in a database: the data key as KMS sealed it, and the secret under it."""

    sealed_key: bytes
    nonce: bytes
    ciphertext: bytes


class SecretStore:
    def __init__(self, kms: "KMSClient", key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id
        self._sealed: dict[tuple[str, str], SealedSecret] = {}

    def put(self, tenant: str, name: str, secret: bytes) -> None:
        data_key = self._kms.generate_data_key(
            KeyId=self._key_id,
            KeySpec="AES_256",
            EncryptionContext={"tenant": tenant, "name": name},
        )
        nonce = os.urandom(NONCE_LENGTH)
        self._sealed[tenant, name] = SealedSecret(
            sealed_key=data_key["CiphertextBlob"],
            nonce=nonce,
            ciphertext=AESGCM(data_key["Plaintext"]).encrypt(nonce, secret, None),
        )

    def get(self, tenant: str, name: str) -> bytes:
        return self._open(self._sealed[tenant, name], tenant, name)

    def copy(self, *, from_tenant: str, to_tenant: str, name: str) -> None:
        """Copy the sealed secret as it is: KMS will not open it for the other tenant."""
        self._sealed[to_tenant, name] = self._sealed[from_tenant, name]

    def move_to_key(self, key_id: str) -> None:
        """Seal every data key under another KMS key; the secrets themselves stay untouched."""
        for (tenant, name), sealed in self._sealed.items():
            context = {"tenant": tenant, "name": name}
            moved = self._kms.re_encrypt(
                CiphertextBlob=sealed.sealed_key,
                SourceEncryptionContext=context,
                DestinationKeyId=key_id,
                DestinationEncryptionContext=context,
            )
            self._sealed[tenant, name] = replace(sealed, sealed_key=moved["CiphertextBlob"])
        self._key_id = key_id

    def _open(self, sealed: SealedSecret, tenant: str, name: str) -> bytes:
        opened = self._kms.decrypt(
            CiphertextBlob=sealed.sealed_key,
            EncryptionContext={"tenant": tenant, "name": name},
        )
        return AESGCM(opened["Plaintext"]).decrypt(sealed.nonce, sealed.ciphertext, None)
