"""The cryptography of the China Regions: SM2 keys, and symmetric keys with SM4."""

import hashlib

import pytest

from tests.operations.refusals import INVALID_CIPHERTEXT, invalid
from tests.vocabulary import create_key, members, refusal

MESSAGE = b"attack at dawn"
INVALID_SIGNATURE = ("KMSInvalidSignatureException", "")


@pytest.fixture
def china(kms_mock):
    return kms_mock.client(region_name="cn-north-1")


def create_sm2(china, usage):
    return create_key(china, KeySpec="SM2", KeyUsage=usage)


class TestSM2:
    """SM2 keys, which only China has, in their three usages."""

    @pytest.mark.parametrize("length", [1, 32, 1024])
    def test_encrypt(self, china, length):
        """SM2PKE takes up to 1024 bytes and gives an ASN.1 structure (rules ENC-24)."""
        chosen = {
            "KeyId": create_sm2(china, "ENCRYPT_DECRYPT"),
            "EncryptionAlgorithm": "SM2PKE",
        }
        blob = china.encrypt(Plaintext=bytes(length), **chosen)["CiphertextBlob"]

        assert {**chosen, "Plaintext": bytes(length)} == members(
            china.decrypt(CiphertextBlob=blob, **chosen)
        )
        assert 0x30 == blob[0]
        assert INVALID_CIPHERTEXT == refusal(
            china.decrypt, CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), **chosen
        )

    def test_encrypt_too_much(self, china):
        """One byte more is refused as with RSA (rules ENC-4; the text is that of E9)."""
        assert invalid(
            "Algorithm SM2PKE and key spec SM2 cannot encrypt data larger than 1024 bytes."
        ) == refusal(
            china.encrypt,
            KeyId=create_sm2(china, "ENCRYPT_DECRYPT"),
            Plaintext=bytes(1025),
            EncryptionAlgorithm="SM2PKE",
        )

    @pytest.mark.parametrize(
        ("message_type", "message"),
        [
            pytest.param("RAW", MESSAGE, id="RAW"),
            pytest.param("DIGEST", hashlib.sha256(MESSAGE).digest(), id="DIGEST"),
        ],
    )
    def test_sign(self, china, message_type, message):
        """SM2DSA signs a message or 32 bytes of digest, in DER (rules SIG-3, SIG-13, SIG-15)."""
        chosen = {
            "KeyId": create_sm2(china, "SIGN_VERIFY"),
            "SigningAlgorithm": "SM2DSA",
            "MessageType": message_type,
        }
        signature = china.sign(Message=message, **chosen)["Signature"]

        assert china.verify(Message=message, Signature=signature, **chosen)["SignatureValid"]
        assert INVALID_SIGNATURE == refusal(
            china.verify, Message=bytes(len(message)), Signature=signature, **chosen
        )
        assert INVALID_SIGNATURE == refusal(
            china.verify, Message=message, Signature=signature[:-1], **chosen
        )

    def test_sign_a_digest_of_another_length(self, china):
        """SM3's digests have 32 bytes (wire-facts G12, rules SIG-3)."""
        assert invalid("Digest is invalid length for algorithm SM2DSA.") == refusal(
            china.sign,
            KeyId=create_sm2(china, "SIGN_VERIFY"),
            Message=bytes(31),
            MessageType="DIGEST",
            SigningAlgorithm="SM2DSA",
        )

    def test_derive_shared_secret(self, china):
        """Two SM2 keys agree on 32 bytes (rules DSS-3, DSS-5)."""
        pair = [create_sm2(china, "KEY_AGREEMENT") for _ in range(2)]
        public_keys = [china.get_public_key(KeyId=key_arn)["PublicKey"] for key_arn in pair]

        secrets = {
            china.derive_shared_secret(
                KeyId=key_arn, KeyAgreementAlgorithm="ECDH", PublicKey=public_key
            )["SharedSecret"]
            for key_arn, public_key in zip(pair, reversed(public_keys), strict=True)
        }

        assert [32] == [len(secret) for secret in secrets]

    def test_derive_shared_secret_with_another_curve(self, china):
        """A public key of P-256 is none of SM2's (rules DSS-2; assumed, after wire-facts G41)."""
        other = create_key(china, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")

        assert invalid("") == refusal(
            china.derive_shared_secret,
            KeyId=create_sm2(china, "KEY_AGREEMENT"),
            KeyAgreementAlgorithm="ECDH",
            PublicKey=china.get_public_key(KeyId=other)["PublicKey"],
        )


class TestSymmetric:
    """Symmetric keys are called the same there, but hold 128 bits for SM4."""

    def test_round_trip(self, china):
        """A ciphertext has the shape of elsewhere (assumed), and is bound to its context."""
        chosen = {"EncryptionContext": {"a": "1"}}
        blob = china.encrypt(KeyId=create_key(china), Plaintext=MESSAGE, **chosen)

        decrypted = china.decrypt(CiphertextBlob=blob["CiphertextBlob"], **chosen)

        assert MESSAGE == decrypted["Plaintext"]
        assert len(MESSAGE) + 152 == len(blob["CiphertextBlob"])
        assert INVALID_CIPHERTEXT == refusal(china.decrypt, CiphertextBlob=blob["CiphertextBlob"])

    @pytest.mark.parametrize(("spec", "length"), [("AES_128", 16), ("AES_256", 32)])
    def test_data_key(self, china, spec, length):
        """Data keys are AES's there too."""
        data_key = china.generate_data_key(KeyId=create_key(china), KeySpec=spec)

        decrypted = china.decrypt(CiphertextBlob=data_key["CiphertextBlob"])

        assert data_key["Plaintext"] == decrypted["Plaintext"]
        assert length == len(data_key["Plaintext"])
