"""The condition keys of attested environments."""

import base64

import pytest

from pytest_kmsmock import NitroEnclave
from tests.access.cases import allow, case, outcome

ENCLAVE = NitroEnclave()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kms:RecipientAttestation:PCR0", "allowed"),
        ("kms:RecipientAttestation:ImageSha384", "allowed"),
        ("kms:RecipientAttestation:PCR31", "implicit identity"),
        ("kms:RecipientAttestation:PCRx", "implicit identity"),
        ("kms:RecipientAttestation:NitroTPMPCR0", "implicit identity"),
    ],
)
def test_attestation(name, expected):
    """The measurements of a document that holds are condition keys, others are absent (AZ142)."""
    document = base64.b64encode(ENCLAVE.attestation_document()).decode()
    recipient = {
        "AttestationDocument": document,
        "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
    }
    asked = case(
        "GenerateDataKey",
        allow("kms:*", Condition={"Null": {name: "false"}}),
        Recipient=recipient,
    )

    assert expected == outcome(asked)


def test_document_that_does_not_hold():
    """A document that does not hold measures nothing (AZ142)."""
    recipient = {
        "AttestationDocument": base64.b64encode(b"none").decode(),
        "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
    }
    asked = case(
        "GenerateDataKey",
        allow("kms:*", Condition={"Null": {"kms:RecipientAttestation:PCR0": "true"}}),
        Recipient=recipient,
    )

    assert "allowed" == outcome(asked)
