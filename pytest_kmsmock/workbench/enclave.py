"""A stand-in for a Nitro enclave, since no test has one at hand."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.nitro.attested import AttestedEnvironment
from pytest_kmsmock._kms.domain.clock import Clock
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock.stubs import RecipientInfoTypeDef


class NitroEnclave:
    """
    An enclave: it has a key pair, shows so in attestation documents, and opens KMS's answers to it.

        enclave = NitroEnclave()
        answer = kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient())
        plaintext = enclave.open(answer["CiphertextForRecipient"])

    A certificate authority of our own signs the documents: mocks trust it, AWS would not.

    Args:
        pcrs: The platform configuration registers in the documents, 48 bytes each.
        key_size: Bits of the RSA key pair.

    .. versionadded:: 0.1.0
    """

    @explained
    def __init__(self, *, pcrs: Mapping[int, bytes] | None = None, key_size: int = 2048) -> None:
        self.pcrs = {index: bytes(48) for index in range(3)} if pcrs is None else dict(pcrs)
        self._environment = AttestedEnvironment(key_size)

    @explained
    def attestation_document(
        self, *, user_data: bytes | None = None, nonce: bytes | None = None
    ) -> bytes:
        """Return a fresh attestation document (COSE_Sign1) with the enclave's public key."""
        return self._environment.attest(
            timestamp=int(Clock().now().timestamp() * 1000),
            pcrs=self.pcrs,
            user_data=user_data,
            nonce=nonce,
        )

    def recipient(self) -> "RecipientInfoTypeDef":
        """Return the request member Recipient, with a fresh document."""
        return {
            "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
            "AttestationDocument": self.attestation_document(),
        }

    def private_key_pem(self) -> bytes:
        """Return the enclave's private key, PKCS#8 in PEM, for tools that open its answers."""
        return self._environment.private_key_pem()

    @explained
    def open(self, ciphertext_for_recipient: bytes) -> bytes:
        """
        Return the plaintext in a response's CiphertextForRecipient.

        Raises:
            ValueError: If it is damaged, or was made for another enclave.
        """
        try:
            return self._environment.open(ciphertext_for_recipient)
        except (DecryptionFailed, MalformedCiphertext) as error:
            raise ValueError(f"this enclave can't open it: {error}") from None
