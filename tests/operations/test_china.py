"""The cryptography of the China Regions: SM2 keys, and symmetric keys with SM4."""

import hashlib

import pytest

from tests.operations.importer import import_material
from tests.operations.refusals import (
    CONTEXT_WITH_RSA,
    INVALID_CIPHERTEXT,
    invalid,
    wrong_algorithm,
)
from tests.vocabulary import create_key, members, refusal

MESSAGE = b"attack at dawn"
INVALID_SIGNATURE = ("KMSInvalidSignatureException", "")


@pytest.fixture
def china(kms_mock):
    return kms_mock.client(region_name="cn-north-1")


def create_sm2(china, usage, **more):
    return create_key(china, KeySpec="SM2", KeyUsage=usage, **more)


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

    def test_encrypt_without_an_algorithm(self, china):
        """The algorithm has to be named, as with RSA (wire-facts E6, rules ENC-2)."""
        assert wrong_algorithm("SYMMETRIC_DEFAULT", "SM2") == refusal(
            china.encrypt, KeyId=create_sm2(china, "ENCRYPT_DECRYPT"), Plaintext=MESSAGE
        )

    @pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
    def test_encrypt_with_an_algorithm_of_rsa(self, china, algorithm):
        """SM2 keys have SM2PKE alone (wire-facts E7)."""
        assert wrong_algorithm(algorithm, "SM2") == refusal(
            china.encrypt,
            KeyId=create_sm2(china, "ENCRYPT_DECRYPT"),
            Plaintext=MESSAGE,
            EncryptionAlgorithm=algorithm,
        )

    def test_encrypt_with_a_context(self, china):
        """An encryption context is for symmetric keys alone (wire-facts E11, rules ENC-9)."""
        assert CONTEXT_WITH_RSA == refusal(
            china.encrypt,
            KeyId=create_sm2(china, "ENCRYPT_DECRYPT"),
            Plaintext=MESSAGE,
            EncryptionAlgorithm="SM2PKE",
            EncryptionContext={"a": "b"},
        )

    def test_re_encrypt(self, china):
        """ReEncrypt goes from SM4 to SM2 and back (rules ENC-20)."""
        symmetric, pair = create_key(china), create_sm2(china, "ENCRYPT_DECRYPT")
        blob = china.encrypt(KeyId=symmetric, Plaintext=MESSAGE)["CiphertextBlob"]

        blob = china.re_encrypt(
            CiphertextBlob=blob,
            DestinationKeyId=pair,
            DestinationEncryptionAlgorithm="SM2PKE",
        )["CiphertextBlob"]
        back = china.re_encrypt(
            CiphertextBlob=blob,
            SourceKeyId=pair,
            SourceEncryptionAlgorithm="SM2PKE",
            DestinationKeyId=symmetric,
        )["CiphertextBlob"]

        assert MESSAGE == china.decrypt(CiphertextBlob=back)["Plaintext"]

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

    def test_material(self, china, kms, kms_mock):
        """The material has 128 bits in China, and 256 elsewhere."""
        here, elsewhere = create_key(china), create_key(kms)

        assert (16, 32) == (len(material(kms_mock, here)), len(material(kms_mock, elsewhere)))

    def test_rotation(self, china, kms_mock):
        """A rotated key has another 128 bits, and knows the first ones."""
        key_arn = create_key(china)
        first = material(kms_mock, key_arn)
        blob = china.encrypt(KeyId=key_arn, Plaintext=MESSAGE)["CiphertextBlob"]

        china.rotate_key_on_demand(KeyId=key_arn)
        china.list_keys()

        assert 16 == len(material(kms_mock, key_arn))
        assert first != material(kms_mock, key_arn)
        assert MESSAGE == china.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_imported_material(self, china):
        """Imported material of 16 bytes opens what it has closed, after it was away (IMP-7)."""
        key_arn = create_key(china, Origin="EXTERNAL")
        import_material(china, key_arn, bytes(range(16)))
        blob = china.encrypt(KeyId=key_arn, Plaintext=MESSAGE)["CiphertextBlob"]
        china.delete_imported_key_material(KeyId=key_arn)

        import_material(china, key_arn, bytes(range(16)))

        assert MESSAGE == china.decrypt(CiphertextBlob=blob)["Plaintext"]


class TestElsewhere:
    """No other Region knows SM2 (wire-facts C17)."""

    @pytest.fixture(params=["us-east-1", "eu-central-1", "ap-east-1", "us-gov-west-1"])
    def elsewhere(self, request, kms_mock):
        return kms_mock.client(request.param)

    @pytest.mark.parametrize("usage", ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"])
    @pytest.mark.parametrize("member", ["KeySpec", "CustomerMasterKeySpec"])
    def test_key(self, elsewhere, usage, member):
        """There are no SM2 keys (wire-facts C17)."""
        assert (
            "UnsupportedOperationException",
            "KeySpec SM2 is not supported in this Region",
        ) == refusal(elsewhere.create_key, KeyUsage=usage, **{member: "SM2"})

    def test_data_key_pair(self, elsewhere):
        """There are no SM2 data key pairs (rules DK-9; text assumed, after wire-facts C17)."""
        assert (
            "UnsupportedOperationException",
            "KeyPairSpec SM2 is not supported in this Region",
        ) == refusal(
            elsewhere.generate_data_key_pair, KeyId=create_key(elsewhere), KeyPairSpec="SM2"
        )

    def test_wrapping(self, elsewhere):
        """No material is wrapped with SM2PKE (rules IMP-2; text assumed, after C17)."""
        assert (
            "UnsupportedOperationException",
            "WrappingKeySpec SM2 is not supported in this Region",
        ) == refusal(
            elsewhere.get_parameters_for_import,
            KeyId=create_key(elsewhere, Origin="EXTERNAL"),
            WrappingAlgorithm="SM2PKE",
            WrappingKeySpec="SM2",
        )


@pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
def test_rsa_aes_key_wrap(china, spec, algorithm):
    """RSA_AES_KEY_WRAP, which those keys have elsewhere, is missing (IMP-3; text as M4)."""
    key_arn = create_key(china, KeySpec=spec, KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")

    assert invalid(
        f"Wrapping algorithm {algorithm} and wrapping key spec RSA_2048 cannot be used to import a"
        f" {spec} key."
    ) == refusal(
        china.get_parameters_for_import,
        KeyId=key_arn,
        WrappingAlgorithm=algorithm,
        WrappingKeySpec="RSA_2048",
    )


def material(kms_mock, key_arn):
    """Reach for the key material, which no request shows."""
    _, _, _, region, account, _ = key_arn.split(":")
    keys = kms_mock._service.world.account(account).region(region).keys
    return keys[key_arn.rpartition("/")[2]].material.private_key()
