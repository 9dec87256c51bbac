"""Recipient: answers that only a Nitro enclave can read."""

import pytest

from pytest_kmsmock import NitroEnclave
from tests.unit.crypto.openssl import PROGRAM, OpenSSL
from tests.vocabulary import create_key, refusal

INVALID = ("ValidationException", "The attestation document is not valid.")


@pytest.fixture(scope="module")
def enclave():
    return NitroEnclave()


@pytest.fixture
def key(kms):
    return create_key(kms)


def test_decrypt_for_a_recipient(kms, key, enclave):
    """Decrypt answers the enclave: no plaintext, no material id (wire-facts E37, REC-2)."""
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]

    answer = kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient())
    opened = enclave.open(answer["CiphertextForRecipient"])

    assert b"secret" == opened
    assert {"CiphertextForRecipient", "EncryptionAlgorithm", "KeyId", "ResponseMetadata"} == set(
        answer
    )


@pytest.mark.parametrize("plaintext", [b"x", b"0" * 15, b"0" * 16, b"0" * 4096], ids=len)
def test_ciphertext_for_recipient_opens_for_any_length(kms, key, enclave, plaintext):
    """Padding is right for every length."""
    blob = kms.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
    answer = kms.decrypt(CiphertextBlob=blob, Recipient=enclave.recipient())

    assert plaintext == enclave.open(answer["CiphertextForRecipient"])


def test_generate_data_key_for_a_recipient(kms, key, enclave):
    """The enclave gets the data key that the ciphertext blob holds (rules REC-2, REC-4)."""
    answer = kms.generate_data_key(KeyId=key, KeySpec="AES_256", Recipient=enclave.recipient())

    assert {"CiphertextBlob", "CiphertextForRecipient", "KeyId", "ResponseMetadata"} == set(answer)
    assert kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"] == enclave.open(
        answer["CiphertextForRecipient"]
    )


def test_generate_data_key_pair_for_a_recipient(kms, key, enclave):
    """The enclave gets the private key; the rest is as usual (rules REC-4)."""
    answer = kms.generate_data_key_pair(
        KeyId=key, KeyPairSpec="ECC_NIST_P256", Recipient=enclave.recipient()
    )
    private_key = kms.decrypt(CiphertextBlob=answer["PrivateKeyCiphertextBlob"])["Plaintext"]

    assert private_key == enclave.open(answer["CiphertextForRecipient"])
    assert "PrivateKeyPlaintext" not in answer
    assert "PublicKey" in answer


def test_generate_random_for_a_recipient(kms, enclave):
    """Random bytes go to the enclave alone (rules REC-1)."""
    answer = kms.generate_random(NumberOfBytes=33, Recipient=enclave.recipient())

    assert 33 == len(enclave.open(answer["CiphertextForRecipient"]))
    assert "Plaintext" not in answer


def test_derive_shared_secret_for_a_recipient(kms, enclave):
    """The enclave gets the same secret that anybody else would (rules REC-1)."""
    ours = create_key(kms, KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT")
    theirs = create_key(kms, KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT")
    request = {
        "KeyId": ours,
        "KeyAgreementAlgorithm": "ECDH",
        "PublicKey": kms.get_public_key(KeyId=theirs)["PublicKey"],
    }
    plain = kms.derive_shared_secret(**request)["SharedSecret"]

    answer = kms.derive_shared_secret(**request, Recipient=enclave.recipient())

    assert plain == enclave.open(answer["CiphertextForRecipient"])
    assert "SharedSecret" not in answer


@pytest.mark.skipif(PROGRAM is None, reason="needs the openssl program")
def test_ciphertext_for_recipient_opens_in_openssl(kms, tmp_path):
    """OpenSSL reads the CMS structure that KMS sends (rules REC-3)."""
    enclave = NitroEnclave()
    openssl = OpenSSL(tmp_path)
    openssl.write("key.pem", enclave.private_key_pem())
    answer = kms.generate_random(NumberOfBytes=100, Recipient=enclave.recipient())
    openssl.write("sealed", answer["CiphertextForRecipient"])

    opened = openssl("cms", "-decrypt", "-inform", "DER", "-inkey", "key.pem", "-in", "sealed")

    assert enclave.open(answer["CiphertextForRecipient"]) == opened


def test_attestation_document_that_was_changed(kms, enclave):
    """A changed document is refused (rules REC-5)."""
    document = bytearray(enclave.attestation_document())
    document[-1] ^= 1

    assert INVALID == refusal(
        kms.generate_random, NumberOfBytes=1, Recipient={"AttestationDocument": bytes(document)}
    )


@pytest.mark.parametrize(
    "document", [b"x", b"\x84", b"\xd2\x84" + bytes(50), b"\x80" * 3000], ids=len
)
def test_attestation_document_that_is_none(kms, document):
    """Bytes that are no document are refused, whatever they are (rules REC-5)."""
    assert INVALID == refusal(
        kms.generate_random, NumberOfBytes=1, Recipient={"AttestationDocument": document}
    )


def test_recipient_without_a_document(kms):
    """A recipient shows a document."""
    assert (
        "ValidationException",
        "The Recipient parameter must have an attestation document.",
    ) == refusal(
        kms.generate_random,
        NumberOfBytes=1,
        Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
    )


def test_open_what_is_meant_for_another_enclave(kms, enclave):
    """What KMS seals for one enclave another can't open."""
    answer = kms.generate_random(NumberOfBytes=1, Recipient=NitroEnclave().recipient())

    with pytest.raises(ValueError, match="this enclave can't open it"):
        enclave.open(answer["CiphertextForRecipient"])


def test_decrypt_for_a_recipient_dry_run(kms, key, enclave):
    """A dry run checks the document too, and answers as any dry run (rules DRY-2)."""
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]

    assert INVALID == refusal(
        kms.decrypt, CiphertextBlob=blob, DryRun=True, Recipient={"AttestationDocument": b"x"}
    )
    assert (
        "DryRunOperationException"
        == refusal(kms.decrypt, CiphertextBlob=blob, DryRun=True, Recipient=enclave.recipient())[0]
    )
