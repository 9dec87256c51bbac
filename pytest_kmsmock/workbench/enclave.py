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
    An enclave, with a key pair and attestation documents, which decrypts answers for `Recipient`.

        enclave = NitroEnclave()
        answer = kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient())
        plaintext = enclave.open(answer["CiphertextForRecipient"])

    The documents are signed by a certificate authority of this package, which only mocks trust.

    Args:
        pcrs: The platform configuration registers (PCRs) in the documents, 48 bytes each.
        key_size: The size of the RSA key pair, in bits.

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
        """Return a new attestation document (COSE_Sign1) with the enclave's public key."""
        return self._environment.attest(
            timestamp=int(Clock().now().timestamp() * 1000),
            pcrs=self.pcrs,
            user_data=user_data,
            nonce=nonce,
        )

    def recipient(self) -> "RecipientInfoTypeDef":
        """Return the request member Recipient, with a new attestation document."""
        return {
            "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
            "AttestationDocument": self.attestation_document(),
        }

    def private_key_pem(self) -> bytes:
        """Return the enclave's private key as PEM-encoded PKCS#8, for other tools."""
        return self._environment.private_key_pem()

    @explained
    def open(self, ciphertext_for_recipient: bytes) -> bytes:
        """
        Decrypt the CiphertextForRecipient of a response.

        Raises:
            ValueError: If it is damaged, or for another enclave.
        """
        try:
            return self._environment.open(ciphertext_for_recipient)
        except (DecryptionFailed, MalformedCiphertext) as error:
            raise ValueError(f"this enclave can't open it: {error}") from None
