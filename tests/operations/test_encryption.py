"""Encrypt and Decrypt: what they answer, what they refuse, and which check comes first."""

import pytest

from tests.operations.key_kinds import ENCRYPTING_RSA, SIGNING_RSA, kinds_without
from tests.operations.refusals import (
    AT_LEAST_ONE,
    CONTEXT_WITH_RSA,
    ENCRYPTION_ALGORITHMS,
    INCORRECT_KEY,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    one_of,
    violation,
    wrong_algorithm,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED, PENDING_DELETION, PENDING_IMPORT, UNUSABLE
from tests.vocabulary import create_key, members, refusal

SHA_1, SHA_256 = OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
OTHER_USAGES = kinds_without("ENCRYPT_DECRYPT")

encrypt_or_decrypt = pytest.mark.parametrize(
    ("operation", "data"),
    [
        pytest.param("encrypt", {"Plaintext": b"hi"}, id="Encrypt"),
        # As long as an RSA ciphertext, so that nothing is wrong but what the test says.
        pytest.param("decrypt", {"CiphertextBlob": b"\1" * 256}, id="Decrypt"),
    ],
)
unusable = pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)


def encrypt(kms, key_id, **more):
    return kms.encrypt(KeyId=key_id, Plaintext=b"attack at dawn", **more)["CiphertextBlob"]


def name_key(kms, key_arn, kind):
    """Return the key's identifier of this *kind*, which may be an alias made for it."""
    kms.create_alias(AliasName="alias/named", TargetKeyId=key_arn)
    return {
        "id": key_arn.rpartition("/")[2],
        "ARN": key_arn,
        "alias": "alias/named",
        "alias ARN": "arn:aws:kms:us-east-1:123456789012:alias/named",
    }[kind]


class TestAnswer:
    """The members of both answers."""

    @pytest.mark.parametrize("kind", ["id", "ARN", "alias", "alias ARN"])
    def test_symmetric(self, kms, kind):
        """
        The key's ARN is answered, however the key was named.

        wire-facts E1, E2, E36, I24; rules ENC-1, ENC-16.
        """
        key = kms.create_key()["KeyMetadata"]
        key_id = name_key(kms, key["Arn"], kind)
        encrypted = members(kms.encrypt(KeyId=key_id, Plaintext=b"attack at dawn"))
        blob = encrypted.pop("CiphertextBlob")

        decrypted = members(kms.decrypt(KeyId=key_id, CiphertextBlob=blob))

        assert {"KeyId": key["Arn"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"} == encrypted
        assert {
            "KeyId": key["Arn"],
            "Plaintext": b"attack at dawn",
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "KeyMaterialId": key["CurrentKeyMaterialId"],
        } == decrypted

    @pytest.mark.parametrize("algorithm", OAEP)
    def test_rsa(self, kms, algorithm):
        """An RSA ciphertext is as long as the modulus; it has no material id (wire-facts E12)."""
        chosen = {"KeyId": create_key(kms, **ENCRYPTING_RSA), "EncryptionAlgorithm": algorithm}
        encrypted = members(kms.encrypt(Plaintext=b"hi", **chosen))
        blob = encrypted.pop("CiphertextBlob")

        decrypted = members(kms.decrypt(CiphertextBlob=blob, **chosen))

        assert 256 == len(blob)
        assert chosen == encrypted
        assert {**chosen, "Plaintext": b"hi"} == decrypted

    def test_decrypt_without_a_key_id(self, kms):
        """A symmetric ciphertext names its key, among others (rules ENC-11)."""
        _, key_arn, _ = (create_key(kms) for _ in range(3))

        decrypted = kms.decrypt(CiphertextBlob=encrypt(kms, key_arn))

        assert (key_arn, b"attack at dawn") == (decrypted["KeyId"], decrypted["Plaintext"])


class TestRequestShape:
    """Violations of the model, which are found before the key is looked up."""

    @pytest.mark.parametrize(
        ("plaintext", "constraint"),
        [
            pytest.param({"Plaintext": b""}, AT_LEAST_ONE, id="empty"),
            pytest.param({"Plaintext": bytes(4097)}, at_most(4096), id="4097 bytes"),
            pytest.param({}, NOT_NULL, id="missing"),
        ],
    )
    def test_plaintext(self, unchecked_kms, plaintext, constraint):
        """A plaintext is never printed, not even a missing one (wire-facts E5, W15, W17, W19)."""
        assert violation("Value at 'plaintext'", constraint) == refusal(
            unchecked_kms.encrypt, KeyId=UNKNOWN_KEY, **plaintext
        )

    @pytest.mark.parametrize(
        ("blob", "subject", "constraint"),
        [
            pytest.param({"CiphertextBlob": b""}, "Value", AT_LEAST_ONE, id="empty"),
            pytest.param({"CiphertextBlob": bytes(6145)}, "Value", at_most(6144), id="6145 bytes"),
            pytest.param({}, "Value null", NOT_NULL, id="missing"),
        ],
    )
    def test_ciphertext(self, unchecked_kms, blob, subject, constraint):
        """Decrypt takes 1 to 6144 bytes (wire-facts E21, E22, W16, W17, W19)."""
        assert violation(f"{subject} at 'ciphertextBlob'", constraint) == refusal(
            unchecked_kms.decrypt, KeyId=UNKNOWN_KEY, **blob
        )

    @encrypt_or_decrypt
    def test_algorithm(self, kms, operation, data):
        """The enum is printed in AWS's order, before the key is looked up (wire-facts E4, W19)."""
        call = getattr(kms, operation)

        assert violation(
            "Value 'FOO' at 'encryptionAlgorithm'", one_of(ENCRYPTION_ALGORITHMS)
        ) == refusal(call, KeyId=UNKNOWN_KEY, EncryptionAlgorithm="FOO", **data)

    def test_two_violations(self, kms):
        """All violations are listed in one refusal (wire-facts W13)."""
        assert (
            "ValidationException",
            "2 validation errors detected: Value at 'plaintext' failed to satisfy constraint:"
            " Member must have length less than or equal to 4096; Value 'FOO' at"
            " 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value"
            " set: [RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT]",
        ) == refusal(
            kms.encrypt, KeyId=UNKNOWN_KEY, Plaintext=bytes(4097), EncryptionAlgorithm="FOO"
        )


class TestKey:
    """What the key must be: there, of the usage, in a state, of a spec with the algorithm."""

    @encrypt_or_decrypt
    def test_unknown(self, kms, operation, data):
        """A key that does not exist is named by its ARN (wire-facts I1)."""
        call = getattr(kms, operation)

        assert UNKNOWN_KEY_REFUSAL == refusal(
            call, KeyId=UNKNOWN_KEY, EncryptionAlgorithm=SHA_1, **data
        )

    @encrypt_or_decrypt
    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    def test_usage(self, kms, operation, data, kind):
        """A key of another usage neither encrypts nor decrypts (wire-facts E8)."""
        key_arn = create_key(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, kind["KeyUsage"], operation.capitalize()) == refusal(
            call, KeyId=key_arn, EncryptionAlgorithm=SHA_1, **data
        )

    @unusable
    def test_encrypt_in_a_state(self, kms, state):
        """A key that is not enabled does not encrypt (wire-facts S1, S2, S3)."""
        key_arn = state.create(kms)

        assert state.refusal(key_arn) == refusal(kms.encrypt, KeyId=key_arn, Plaintext=b"hi")

    @encrypt_or_decrypt
    @unusable
    def test_rsa_in_a_state(self, kms, operation, data, state):
        """An RSA key that is not enabled neither encrypts nor decrypts (wire-facts S1, S2)."""
        key_arn = state.create(kms, **ENCRYPTING_RSA)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(
            call, KeyId=key_arn, EncryptionAlgorithm=SHA_1, **data
        )

    @pytest.mark.parametrize(
        "state", [DISABLED, PENDING_DELETION], ids=["disabled", "pending deletion"]
    )
    def test_decrypt_in_a_state(self, kms, state):
        """A ciphertext is refused as its key is (wire-facts E24)."""
        key_arn = create_key(kms)
        blob = encrypt(kms, key_arn)
        state.enter(kms, key_arn)

        assert state.refusal(key_arn) == refusal(kms.decrypt, CiphertextBlob=blob)

    def test_decrypt_once_enabled_again(self, kms):
        """A ciphertext outlasts the time when its key is disabled."""
        key_arn = create_key(kms)
        blob = encrypt(kms, key_arn)
        kms.disable_key(KeyId=key_arn)
        kms.enable_key(KeyId=key_arn)

        assert b"attack at dawn" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    @encrypt_or_decrypt
    def test_algorithm_of_another_spec(self, kms, operation, data):
        """An algorithm that the key spec lacks is refused (wire-facts E7, rules ENC-3)."""
        call = getattr(kms, operation)

        assert wrong_algorithm(SHA_256, "SYMMETRIC_DEFAULT") == refusal(
            call, KeyId=create_key(kms), EncryptionAlgorithm=SHA_256, **data
        )

    def test_encrypt_under_rsa_without_an_algorithm(self, kms):
        """The default algorithm is the symmetric one, which RSA lacks (wire-facts E6, ENC-2)."""
        key_arn = create_key(kms, **ENCRYPTING_RSA)

        assert wrong_algorithm("SYMMETRIC_DEFAULT", "RSA_2048") == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"hi"
        )

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param({}, id="symmetric"),
            pytest.param(ENCRYPTING_RSA, id="RSA encryption"),
            pytest.param(PENDING_IMPORT.members, id="pending import"),
            *(pytest.param(kind, id=name) for name, kind in OTHER_USAGES.items()),
        ],
    )
    def test_incorrect_key(self, kms, other):
        """
        Decrypt under another key than the ciphertext's is refused (wire-facts E17).

        Whatever else is wrong with that key: its usage and state come later.
        """
        blob = encrypt(kms, create_key(kms))

        assert INCORRECT_KEY == refusal(
            kms.decrypt, KeyId=create_key(kms, **other), CiphertextBlob=blob
        )


class TestOrder:
    """Each check against the next one, both violated (wire-facts E33)."""

    def test_shape_before_key(self, kms):
        """A long plaintext is refused before an unknown key (wire-facts W19)."""
        assert violation("Value at 'plaintext'", at_most(4096)) == refusal(
            kms.encrypt, KeyId=UNKNOWN_KEY, Plaintext=bytes(4097)
        )

    @encrypt_or_decrypt
    @unusable
    def test_usage_before_state(self, kms, operation, data, state):
        """A key of another usage is refused before its state (wire-facts S5)."""
        key_arn = state.create(kms, **SIGNING_RSA)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, "SIGN_VERIFY", operation.capitalize()) == refusal(
            call, KeyId=key_arn, EncryptionAlgorithm=SHA_1, **data
        )

    @unusable
    def test_state_before_algorithm(self, kms, state):
        """The state is refused before an algorithm of another spec (wire-facts S4)."""
        key_arn = state.create(kms, **ENCRYPTING_RSA)

        assert state.refusal(key_arn) == refusal(kms.encrypt, KeyId=key_arn, Plaintext=b"hi")

    def test_algorithm_before_context(self, kms):
        """An algorithm of another spec is refused before the encryption context."""
        key_arn = create_key(kms, **ENCRYPTING_RSA)

        assert wrong_algorithm("SYMMETRIC_DEFAULT", "RSA_2048") == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"hi", EncryptionContext={"a": "1"}
        )

    def test_context_before_size(self, kms):
        """An encryption context is refused before a plaintext that is too long for RSA."""
        assert CONTEXT_WITH_RSA == refusal(
            kms.encrypt,
            KeyId=create_key(kms, **ENCRYPTING_RSA),
            Plaintext=bytes(4096),
            EncryptionAlgorithm=SHA_1,
            EncryptionContext={"a": "1"},
        )

    @pytest.mark.parametrize(
        "state", [DISABLED, PENDING_DELETION], ids=["disabled", "pending deletion"]
    )
    def test_incorrect_key_before_state(self, kms, state):
        """The key must be the ciphertext's before its state matters (wire-facts E17)."""
        blob = encrypt(kms, create_key(kms))
        other = state.create(kms)

        assert INCORRECT_KEY == refusal(kms.decrypt, KeyId=other, CiphertextBlob=blob)

    def test_state_before_damage(self, kms):
        """A disabled key is refused before a ciphertext of its own that does not open."""
        key_arn = create_key(kms)
        blob = encrypt(kms, key_arn, EncryptionContext={"a": "1"})
        kms.disable_key(KeyId=key_arn)

        assert DISABLED.refusal(key_arn) == refusal(kms.decrypt, CiphertextBlob=blob)
