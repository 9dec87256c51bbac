"""An attested environment: a key pair, documents that vouch for it, and what only it can open."""

from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pytest_kmsmock._kms.crypto.nitro import documents, recipient
from pytest_kmsmock._kms.crypto.pool import generate_rsa


class AttestedEnvironment:
    """What a Nitro enclave is to KMS."""

    def __init__(self, bits: int) -> None:
        self._private_key = generate_rsa(bits)
        self._public_key = self._private_key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    def attest(
        self,
        *,
        timestamp: int,
        pcrs: Mapping[int, bytes],
        user_data: bytes | None,
        nonce: bytes | None,
    ) -> bytes:
        """Return an attestation document with the public key; see `documents.mint()`."""
        return documents.mint(
            _signer(),
            public_key=self._public_key,
            timestamp=timestamp,
            pcrs=pcrs,
            user_data=user_data,
            nonce=nonce,
        )

    def private_key_pem(self) -> bytes:
        """Return the private key, PKCS#8 in PEM without a password."""
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def open(self, ciphertext: bytes) -> bytes:
        """
        Decrypt a CiphertextForRecipient.

        Raises:
            MalformedCiphertext, DecryptionFailed: As `recipient.unseal()`.
        """
        return recipient.unseal(self._private_key, ciphertext)


@cache
def _signer() -> documents.Signer:
    return documents.make_signer()
