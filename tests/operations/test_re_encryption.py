"""ReEncrypt: from one key, algorithm or encryption context to another, unseen by the caller."""

import base64

import pytest

from tests.operations.key_kinds import ENCRYPTING_RSA, kinds_without
from tests.operations.refusals import (
    AT_LEAST_ONE,
    CONTEXT_WITH_RSA,
    ENCRYPTION_ALGORITHMS,
    INCORRECT_KEY,
    INVALID_CIPHERTEXT,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    hidden_ciphertext,
    invalid,
    one_of,
    violation,
    wrong_algorithm,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED, PENDING_DELETION, UNUSABLE
from tests.vocabulary import create_key, members, refusal

SHA_1, SHA_256 = "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"
OTHER_USAGES = kinds_without("ENCRYPT_DECRYPT")


def encrypt(kms, key_arn, **more):
    return kms.encrypt(KeyId=key_arn, Plaintext=b"attack at dawn", **more)["CiphertextBlob"]


class TestAnswer:
    """The members, and that the new ciphertext holds the old plaintext."""

    def test_symmetric_to_symmetric(self, kms):
        """Both keys and both materials are named (wire-facts E3, rules ENC-21)."""
        source, destination = (kms.create_key()["KeyMetadata"] for _ in range(2))
        answer = members(
            kms.re_encrypt(
                CiphertextBlob=encrypt(kms, source["Arn"]), DestinationKeyId=destination["KeyId"]
            )
        )

        decrypted = kms.decrypt(CiphertextBlob=answer.pop("CiphertextBlob"))

        assert {
            "SourceKeyId": source["Arn"],
            "KeyId": destination["Arn"],
            "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "SourceKeyMaterialId": source["CurrentKeyMaterialId"],
            "DestinationKeyMaterialId": destination["CurrentKeyMaterialId"],
        } == answer
        assert (destination["Arn"], b"attack at dawn") == (
            decrypted["KeyId"],
            decrypted["Plaintext"],
        )

    def test_symmetric_to_rsa(self, kms):
        """An asymmetric destination has no material id (rules ENC-20, ENC-21)."""
        source = kms.create_key()["KeyMetadata"]
        destination = create_key(kms, **ENCRYPTING_RSA)
        answer = members(
            kms.re_encrypt(
                CiphertextBlob=encrypt(kms, source["Arn"]),
                DestinationKeyId=destination,
                DestinationEncryptionAlgorithm=SHA_256,
            )
        )

        decrypted = kms.decrypt(
            KeyId=destination,
            CiphertextBlob=answer.pop("CiphertextBlob"),
            EncryptionAlgorithm=SHA_256,
        )

        assert {
            "SourceKeyId": source["Arn"],
            "KeyId": destination,
            "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationEncryptionAlgorithm": SHA_256,
            "SourceKeyMaterialId": source["CurrentKeyMaterialId"],
        } == answer
        assert b"attack at dawn" == decrypted["Plaintext"]

    def test_rsa_to_symmetric(self, kms):
        """An asymmetric source must be named, and has no material id (rules ENC-19, ENC-21)."""
        source = create_key(kms, **ENCRYPTING_RSA)
        destination = kms.create_key()["KeyMetadata"]
        answer = members(
            kms.re_encrypt(
                CiphertextBlob=encrypt(kms, source, EncryptionAlgorithm=SHA_1),
                SourceKeyId=source,
                SourceEncryptionAlgorithm=SHA_1,
                DestinationKeyId=destination["Arn"],
                DestinationEncryptionContext={"a": "1"},
            )
        )

        decrypted = kms.decrypt(
            CiphertextBlob=answer.pop("CiphertextBlob"), EncryptionContext={"a": "1"}
        )

        assert {
            "SourceKeyId": source,
            "KeyId": destination["Arn"],
            "SourceEncryptionAlgorithm": SHA_1,
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "DestinationKeyMaterialId": destination["CurrentKeyMaterialId"],
        } == answer
        assert b"attack at dawn" == decrypted["Plaintext"]

    def test_aliases(self, kms):
        """Both keys may be named by an alias, and are answered by their ARN (rules ID-2)."""
        key_arn = create_key(kms)
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        answer = kms.re_encrypt(
            CiphertextBlob=encrypt(kms, key_arn),
            SourceKeyId="alias/app",
            DestinationKeyId="alias/app",
        )

        assert (key_arn, key_arn) == (answer["SourceKeyId"], answer["KeyId"])

    def test_only_the_context(self, kms):
        """The same key may get the same plaintext with another context (rules ENC-20)."""
        key_arn = create_key(kms)
        old, new = {"a": "1"}, {"a": "2"}
        blob = kms.re_encrypt(
            CiphertextBlob=encrypt(kms, key_arn, EncryptionContext=old),
            SourceEncryptionContext=old,
            DestinationKeyId=key_arn,
            DestinationEncryptionContext=new,
        )["CiphertextBlob"]

        decrypted = kms.decrypt(CiphertextBlob=blob, EncryptionContext=new)

        assert b"attack at dawn" == decrypted["Plaintext"]
        assert INVALID_CIPHERTEXT == refusal(
            kms.decrypt, CiphertextBlob=blob, EncryptionContext=old
        )

    def test_data_key(self, kms):
        """A data key's ciphertext is taken too; the new one looks like Encrypt's (rules DK-3)."""
        data_key = kms.generate_data_key(KeyId=create_key(kms), KeySpec="AES_256")
        blob = kms.re_encrypt(
            CiphertextBlob=data_key["CiphertextBlob"], DestinationKeyId=create_key(kms)
        )["CiphertextBlob"]

        assert data_key["Plaintext"] == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
        assert b"AQICAH" == base64.b64encode(blob)[:6]


class TestCiphertext:
    """What the source side refuses, as Decrypt does."""

    def test_other_context(self, kms):
        """Another context than the ciphertext's is refused (wire-facts E14)."""
        key_arn = create_key(kms)
        blob = encrypt(kms, key_arn, EncryptionContext={"a": "1"})

        assert INVALID_CIPHERTEXT == refusal(
            kms.re_encrypt,
            CiphertextBlob=blob,
            SourceEncryptionContext={"a": "2"},
            DestinationKeyId=key_arn,
            DestinationEncryptionContext={"a": "1"},
        )

    def test_damaged_blob(self, kms):
        """A ciphertext that was touched is refused (wire-facts E14)."""
        key_arn = create_key(kms)
        blob = encrypt(kms, key_arn) + b"\0"

        assert INVALID_CIPHERTEXT == refusal(
            kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=key_arn
        )

    def test_incorrect_source_key(self, kms):
        """A source key that did not make the ciphertext is refused (wire-facts E28)."""
        key_arn, other = (create_key(kms) for _ in range(2))

        assert INCORRECT_KEY == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, key_arn),
            SourceKeyId=other,
            DestinationKeyId=other,
        )

    def test_blob_of_another_region(self, kms, kms_mock):
        """The ciphertext of a key that is not here is refused as a hidden one (wire-facts E26)."""
        elsewhere = kms_mock.client(region_name="eu-west-1")

        assert hidden_ciphertext("ReEncryptFrom") == refusal(
            elsewhere.re_encrypt,
            CiphertextBlob=encrypt(kms, create_key(kms)),
            DestinationKeyId=create_key(elsewhere),
        )

    def test_rsa_without_a_source_key_id(self, kms):
        """An asymmetric ciphertext names no key; text after Decrypt's, E20 (rules ENC-19)."""
        assert invalid("SourceKeyId must not be null") == refusal(
            kms.re_encrypt,
            CiphertextBlob=bytes(256),
            SourceEncryptionAlgorithm=SHA_1,
            DestinationKeyId=create_key(kms),
        )

    def test_rsa_with_a_context(self, kms):
        """Neither side bears a context with an RSA key (wire-facts E11, rules ENC-9)."""
        rsa, symmetric = create_key(kms, **ENCRYPTING_RSA), create_key(kms)

        assert CONTEXT_WITH_RSA == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, rsa, EncryptionAlgorithm=SHA_1),
            SourceKeyId=rsa,
            SourceEncryptionAlgorithm=SHA_1,
            SourceEncryptionContext={"a": "1"},
            DestinationKeyId=symmetric,
        )
        assert CONTEXT_WITH_RSA == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, symmetric),
            DestinationKeyId=rsa,
            DestinationEncryptionAlgorithm=SHA_1,
            DestinationEncryptionContext={"a": "1"},
        )

    def test_plaintext_too_long_for_rsa(self, kms):
        """What the destination cannot hold is refused as Encrypt does (wire-facts E9)."""
        blob = kms.encrypt(KeyId=create_key(kms), Plaintext=bytes(191))["CiphertextBlob"]

        assert invalid(
            "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than"
            " 190 bytes."
        ) == refusal(
            kms.re_encrypt,
            CiphertextBlob=blob,
            DestinationKeyId=create_key(kms, **ENCRYPTING_RSA),
            DestinationEncryptionAlgorithm=SHA_256,
        )


class TestRequestShape:
    """Violations of the model, which are found before any key is looked up (wire-facts W19)."""

    @pytest.mark.parametrize(
        ("blob", "subject", "constraint"),
        [
            pytest.param({"CiphertextBlob": b""}, "Value", AT_LEAST_ONE, id="empty"),
            pytest.param({"CiphertextBlob": bytes(6145)}, "Value", at_most(6144), id="6145 bytes"),
            pytest.param({}, "Value null", NOT_NULL, id="missing"),
        ],
    )
    def test_ciphertext(self, unchecked_kms, blob, subject, constraint):
        """The ciphertext has 1 to 6144 bytes (wire-facts E21, E22, W16, W17)."""
        assert violation(f"{subject} at 'ciphertextBlob'", constraint) == refusal(
            unchecked_kms.re_encrypt, DestinationKeyId=UNKNOWN_KEY, **blob
        )

    def test_destination_key_id(self, unchecked_kms):
        """The destination key must be named (wire-facts I20)."""
        assert violation("Value null at 'destinationKeyId'", NOT_NULL) == refusal(
            unchecked_kms.re_encrypt, CiphertextBlob=b"AAAA"
        )

    @pytest.mark.parametrize("side", ["source", "destination"])
    def test_algorithm(self, kms, side):
        """Both enums are printed in AWS's order (wire-facts E4)."""
        assert violation(
            f"Value 'FOO' at '{side}EncryptionAlgorithm'", one_of(ENCRYPTION_ALGORITHMS)
        ) == refusal(
            kms.re_encrypt,
            CiphertextBlob=b"AAAA",
            DestinationKeyId=UNKNOWN_KEY,
            **{f"{side.capitalize()}EncryptionAlgorithm": "FOO"},
        )


class TestKeys:
    """What the two keys must be."""

    def test_unknown_destination(self, kms):
        """A destination key that does not exist is named by its ARN (wire-facts I1)."""
        assert UNKNOWN_KEY_REFUSAL == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, create_key(kms)),
            DestinationKeyId=UNKNOWN_KEY,
        )

    def test_unknown_source(self, kms):
        """So is a source key (wire-facts I1)."""
        key_arn = create_key(kms)

        assert UNKNOWN_KEY_REFUSAL == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, key_arn),
            SourceKeyId=UNKNOWN_KEY,
            DestinationKeyId=key_arn,
        )

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    def test_usage_of_the_destination(self, kms, kind):
        """A destination of another usage is refused, for ReEncryptTo (wire-facts E29)."""
        destination = create_key(kms, **kind)

        assert wrong_usage(destination, kind["KeyUsage"], "ReEncryptTo") == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, create_key(kms)),
            DestinationKeyId=destination,
        )

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    def test_usage_of_the_source(self, kms, kind):
        """So is a source, where an RSA algorithm makes it the key that counts."""
        source = create_key(kms, **kind)

        assert wrong_usage(source, kind["KeyUsage"], "ReEncryptFrom") == refusal(
            kms.re_encrypt,
            CiphertextBlob=bytes(256),
            SourceKeyId=source,
            SourceEncryptionAlgorithm=SHA_1,
            DestinationKeyId=create_key(kms),
        )

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    def test_destination_in_a_state(self, kms, state):
        """A destination that is not enabled is refused (wire-facts S1, S2, S3)."""
        destination = state.create(kms)

        assert state.refusal(destination) == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, create_key(kms)),
            DestinationKeyId=destination,
        )

    @pytest.mark.parametrize(
        "state", [DISABLED, PENDING_DELETION], ids=["disabled", "pending deletion"]
    )
    def test_source_in_a_state(self, kms, state):
        """So is a source (wire-facts E24)."""
        source = create_key(kms)
        blob = encrypt(kms, source)
        state.enter(kms, source)

        assert state.refusal(source) == refusal(
            kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=create_key(kms)
        )

    def test_algorithm_of_another_spec(self, kms):
        """Each algorithm must be one of its key's (wire-facts E6, E7)."""
        rsa, symmetric = create_key(kms, **ENCRYPTING_RSA), create_key(kms)
        blob = encrypt(kms, symmetric)

        assert wrong_algorithm("SYMMETRIC_DEFAULT", "RSA_2048") == refusal(
            kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=rsa
        )
        assert wrong_algorithm(SHA_1, "SYMMETRIC_DEFAULT") == refusal(
            kms.re_encrypt,
            CiphertextBlob=blob,
            SourceKeyId=symmetric,
            SourceEncryptionAlgorithm=SHA_1,
            DestinationKeyId=symmetric,
        )


class TestOrder:
    """Two violations at once, as Encrypt and Decrypt have them."""

    def test_usage_before_state(self, kms):
        """A destination of another usage is refused before its state (wire-facts S5)."""
        destination = DISABLED.create(kms, **OTHER_USAGES["HMAC"])

        assert wrong_usage(destination, "GENERATE_VERIFY_MAC", "ReEncryptTo") == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, create_key(kms)),
            DestinationKeyId=destination,
        )

    def test_state_before_algorithm(self, kms):
        """The destination's state is refused before its algorithm (wire-facts S4)."""
        destination = DISABLED.create(kms, **ENCRYPTING_RSA)

        assert DISABLED.refusal(destination) == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, create_key(kms)),
            DestinationKeyId=destination,
        )

    def test_incorrect_key_before_state(self, kms):
        """The source must be the ciphertext's before its state matters (wire-facts E17, E28)."""
        key_arn = create_key(kms)

        assert INCORRECT_KEY == refusal(
            kms.re_encrypt,
            CiphertextBlob=encrypt(kms, key_arn),
            SourceKeyId=DISABLED.create(kms),
            DestinationKeyId=key_arn,
        )
