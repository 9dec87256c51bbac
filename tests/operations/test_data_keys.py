"""GenerateDataKey, its variant without plaintext, and GenerateRandom."""

import base64

import pytest

from tests.operations.key_kinds import ENCRYPTING_RSA, SIGNING_RSA, kinds_without
from tests.operations.refusals import (
    INVALID_CIPHERTEXT,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    invalid,
    one_of,
    violation,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED, UNUSABLE
from tests.vocabulary import create_key, members, refusal

ASYMMETRIC = (
    "InvalidKeyUsageException",
    "You cannot generate a data key with an asymmetric CMK",
)
# AWS prints the specs of KMS keys here, not those of data keys (wire-facts D3).
KEY_SPECS = (
    "[RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1,"
    " ECC_NIST_EDWARDS25519, SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, SM2,"
    " ML_DSA_44, ML_DSA_65, ML_DSA_87, ML_KEM_512, ML_KEM_768, ML_KEM_1024]"
)
NO_LENGTH = invalid("Please specify either number of bytes or key spec.")
OTHER_USAGES = kinds_without("ENCRYPT_DECRYPT")

with_and_without_plaintext = pytest.mark.parametrize(
    ("operation", "name"),
    [
        pytest.param("generate_data_key", "GenerateDataKey", id="GenerateDataKey"),
        pytest.param(
            "generate_data_key_without_plaintext",
            "GenerateDataKeyWithoutPlaintext",
            id="WithoutPlaintext",
        ),
    ],
)
out_of_range = pytest.mark.parametrize(
    ("length", "constraint"),
    [
        pytest.param(0, "Member must have value greater than or equal to 1", id="0"),
        pytest.param(1025, "Member must have value less than or equal to 1024", id="1025"),
    ],
)


class TestAnswer:
    """The members of the answers, and what their bytes are."""

    @pytest.mark.parametrize("alias", [False, True], ids=["ARN", "alias"])
    def test_with_plaintext(self, kms, alias):
        """The key's ARN and its material are named (wire-facts D1, rules DK-4)."""
        key = kms.create_key()["KeyMetadata"]
        kms.create_alias(AliasName="alias/app", TargetKeyId=key["KeyId"])
        answer = members(
            kms.generate_data_key(KeyId="alias/app" if alias else key["Arn"], KeySpec="AES_256")
        )
        blob, plaintext = answer.pop("CiphertextBlob"), answer.pop("Plaintext")

        assert {"KeyId": key["Arn"], "KeyMaterialId": key["CurrentKeyMaterialId"]} == answer
        assert plaintext == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_without_plaintext(self, kms):
        """The same without Plaintext (wire-facts D2, rules DK-4)."""
        key = kms.create_key()["KeyMetadata"]
        answer = members(
            kms.generate_data_key_without_plaintext(KeyId=key["Arn"], KeySpec="AES_256")
        )
        blob = answer.pop("CiphertextBlob")

        assert {"KeyId": key["Arn"], "KeyMaterialId": key["CurrentKeyMaterialId"]} == answer
        assert 32 == len(kms.decrypt(CiphertextBlob=blob)["Plaintext"])

    @pytest.mark.parametrize(
        ("wanted", "length"),
        [
            pytest.param({"KeySpec": "AES_128"}, 16, id="AES_128"),
            pytest.param({"KeySpec": "AES_256"}, 32, id="AES_256"),
            pytest.param({"NumberOfBytes": 7}, 7, id="7 bytes"),
        ],
    )
    @with_and_without_plaintext
    def test_length(self, kms, operation, name, wanted, length):
        """Spec or number say how many bytes the key has (wire-facts D11)."""
        answer = getattr(kms, operation)(KeyId=create_key(kms), **wanted)

        decrypted = kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"]

        assert length == len(decrypted)
        assert answer.get("Plaintext", decrypted) == decrypted

    @pytest.mark.slow
    def test_every_length(self, kms):
        """All lengths from 1 to 1024 come true (rules DK-1)."""
        key_arn = create_key(kms)
        lengths = range(1, 1025)

        data_keys = [kms.generate_data_key(KeyId=key_arn, NumberOfBytes=n) for n in lengths]

        assert list(lengths) == [len(data_key["Plaintext"]) for data_key in data_keys]

    def test_never_twice(self, kms):
        """No two data keys are the same."""
        key_arn = create_key(kms)

        data_keys = [kms.generate_data_key(KeyId=key_arn, KeySpec="AES_128") for _ in range(20)]

        assert 20 == len({data_key["Plaintext"] for data_key in data_keys})

    @with_and_without_plaintext
    def test_shape_of_the_blob(self, kms, operation, name):
        """The blob of a 32-byte key has 184 bytes and begins AQIDAH (wire-facts E34)."""
        answer = getattr(kms, operation)(KeyId=create_key(kms), KeySpec="AES_256")

        assert 184 == len(answer["CiphertextBlob"])
        assert b"AQIDAH" == base64.b64encode(answer["CiphertextBlob"])[:6]

    @with_and_without_plaintext
    def test_context(self, kms, operation, name):
        """The blob is bound to the encryption context, as Encrypt's (rules DK-3)."""
        blob = getattr(kms, operation)(
            KeyId=create_key(kms), KeySpec="AES_128", EncryptionContext={"a": "1", "b": "2"}
        )["CiphertextBlob"]

        decrypted = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"b": "2", "a": "1"})

        assert 16 == len(decrypted["Plaintext"])
        assert INVALID_CIPHERTEXT == refusal(
            kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "1"}
        )
        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=blob)


class TestRequestShape:
    """Violations of the model, which are found before the key is looked up (wire-facts W19)."""

    @pytest.mark.parametrize("spec", ["FOO", "RSA_2048"])
    @with_and_without_plaintext
    def test_key_spec(self, kms, operation, name, spec):
        """A spec is refused though the text lists it: it lists KMS keys' (wire-facts D3)."""
        call = getattr(kms, operation)

        assert violation(f"Value '{spec}' at 'keySpec'", one_of(KEY_SPECS)) == refusal(
            call, KeyId=UNKNOWN_KEY, KeySpec=spec
        )

    @out_of_range
    @with_and_without_plaintext
    def test_number_of_bytes(self, unchecked_kms, operation, name, length, constraint):
        """A data key has 1 to 1024 bytes (wire-facts D4)."""
        call = getattr(unchecked_kms, operation)

        assert violation(f"Value '{length}' at 'numberOfBytes'", constraint) == refusal(
            call, KeyId=UNKNOWN_KEY, NumberOfBytes=length
        )


class TestLength:
    """Exactly one of KeySpec and NumberOfBytes is wanted."""

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param({}, id="neither"),
            pytest.param({"KeySpec": "AES_256", "NumberOfBytes": 32}, id="both"),
        ],
    )
    @with_and_without_plaintext
    def test_neither_or_both(self, kms, operation, name, given):
        """Neither or both are refused (wire-facts D5, rules DK-1, DK-2)."""
        call = getattr(kms, operation)

        assert NO_LENGTH == refusal(call, KeyId=create_key(kms), **given)

    @pytest.mark.parametrize(
        "given",
        [
            pytest.param({}, id="neither"),
            pytest.param({"KeySpec": "AES_256", "NumberOfBytes": 32}, id="both"),
        ],
    )
    @with_and_without_plaintext
    def test_before_usage_and_state(self, kms, operation, name, given):
        """They are refused before a key of another usage or in another state (wire-facts V25)."""
        signing = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        disabled = create_key(kms)
        kms.disable_key(KeyId=disabled)
        call = getattr(kms, operation)

        assert NO_LENGTH == refusal(call, KeyId=signing, **given)
        assert NO_LENGTH == refusal(call, KeyId=disabled, **given)

    @with_and_without_plaintext
    def test_unknown_key_first(self, kms, operation, name):
        """An unknown key is refused before a missing length (wire-facts D7)."""
        assert UNKNOWN_KEY_REFUSAL == refusal(getattr(kms, operation), KeyId=UNKNOWN_KEY)


class TestKey:
    """What the key must be: symmetric, for encryption, enabled."""

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    @with_and_without_plaintext
    def test_usage(self, kms, operation, name, kind):
        """A key of another usage is refused, for the operation's own name (wire-facts D10)."""
        key_arn = create_key(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, kind["KeyUsage"], name) == refusal(
            call, KeyId=key_arn, KeySpec="AES_256"
        )

    @with_and_without_plaintext
    def test_asymmetric(self, kms, operation, name):
        """An RSA key encrypts, but no data keys (wire-facts D8, rules DK-5)."""
        key_arn = create_key(kms, **ENCRYPTING_RSA)
        call = getattr(kms, operation)

        assert ASYMMETRIC == refusal(call, KeyId=key_arn, KeySpec="AES_256")

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    @with_and_without_plaintext
    def test_state(self, kms, operation, name, state):
        """A key that is not enabled protects no data keys (wire-facts S1, S2, S3)."""
        key_arn = state.create(kms)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(call, KeyId=key_arn, KeySpec="AES_256")

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    @with_and_without_plaintext
    def test_usage_before_state(self, kms, operation, name, state):
        """A key of another usage is refused before its state (wire-facts S5)."""
        key_arn = state.create(kms, **SIGNING_RSA)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, "SIGN_VERIFY", name) == refusal(
            call, KeyId=key_arn, KeySpec="AES_256"
        )

    @with_and_without_plaintext
    def test_state_before_spec(self, kms, operation, name):
        """The state is refused before a spec that protects no data keys (wire-facts S4)."""
        key_arn = DISABLED.create(kms, **ENCRYPTING_RSA)
        call = getattr(kms, operation)

        assert DISABLED.refusal(key_arn) == refusal(call, KeyId=key_arn, KeySpec="AES_256")


class TestGenerateRandom:
    """Random bytes, which need no key."""

    @pytest.mark.parametrize("length", [1, 12, 44, 91, 1024])
    def test_length(self, kms, length):
        """So many bytes come as were asked for (wire-facts D18)."""
        answer = members(kms.generate_random(NumberOfBytes=length))

        assert ["Plaintext"] == list(answer)
        assert length == len(answer["Plaintext"])

    def test_never_twice(self, kms):
        """Random bytes do not repeat."""
        assert 20 == len({kms.generate_random(NumberOfBytes=16)["Plaintext"] for _ in range(20)})

    def test_no_length(self, kms):
        """The length is required, although the model does not say so (wire-facts D16, DK-12)."""
        assert invalid("NumberOfBytes is required.") == refusal(kms.generate_random)

    @out_of_range
    def test_length_out_of_range(self, unchecked_kms, length, constraint):
        """1 to 1024 bytes are generated (wire-facts D17)."""
        assert violation(f"Value '{length}' at 'numberOfBytes'", constraint) == refusal(
            unchecked_kms.generate_random, NumberOfBytes=length
        )
