"""Sign and Verify: what they answer, what they refuse, and which check comes first."""

import hashlib

import pytest

from tests.operations.key_kinds import (
    AGREEING_P256,
    ENCRYPTING_RSA,
    HMAC_256,
    SIGNING_ED25519,
    SIGNING_ML_DSA,
    SIGNING_P256,
    SIGNING_RSA,
    kinds_without,
)
from tests.operations.refusals import (
    AT_LEAST_ONE,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    invalid,
    one_of,
    violation,
    wrong_algorithm,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED, UNUSABLE
from tests.vocabulary import create_key, members, refusal

SIGNING_ALGORITHMS = (  # AWS's order, not the model's (wire-facts G3)
    "[RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256,"
    " RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384,"
    " ECDSA_SHA_512, ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256]"
)
RSA_ALGORITHMS = [
    f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)
]
DIGEST_LENGTHS = {
    **{("RSA_2048", algorithm): int(algorithm[-3:]) // 8 for algorithm in RSA_ALGORITHMS},
    ("ECC_NIST_P256", "ECDSA_SHA_256"): 32,
    ("ECC_NIST_P384", "ECDSA_SHA_384"): 48,
    ("ECC_NIST_P521", "ECDSA_SHA_512"): 64,
    ("ECC_SECG_P256K1", "ECDSA_SHA_256"): 32,
    ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512"): 64,
}
WRONG_DIGESTS = [
    pytest.param(spec, algorithm, length, id=f"{spec}-{algorithm}-{length}")
    for (spec, algorithm), right in DIGEST_LENGTHS.items()
    for length in (20, 31, 32, 33, 48, 64)
    if length != right
]
OTHER_USAGES = kinds_without("SIGN_VERIFY")

sign_or_verify = pytest.mark.parametrize(
    ("operation", "data"),
    [
        pytest.param("sign", {}, id="Sign"),
        pytest.param("verify", {"Signature": bytes(64)}, id="Verify"),
    ],
)
unusable = pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)


class TestAnswer:
    """The members of both answers."""

    @pytest.mark.parametrize("named_by", ["ARN", "id", "alias"])
    def test_members(self, kms, named_by):
        """
        The key's ARN is answered, however the key was named (wire-facts G1, G2; rules SIG-17,
        SIG-18).
        """
        key_arn = create_key(kms, **SIGNING_P256)
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        chosen = {
            "KeyId": {"ARN": key_arn, "id": key_arn[-36:], "alias": "alias/app"}[named_by],
            "SigningAlgorithm": "ECDSA_SHA_256",
            "Message": b"hi",
        }
        signed = members(kms.sign(**chosen))

        verified = members(kms.verify(Signature=signed.pop("Signature"), **chosen))

        assert {"KeyId": key_arn, "SigningAlgorithm": "ECDSA_SHA_256"} == signed
        assert {**signed, "SignatureValid": True} == verified


class TestRequestShape:
    """Violations of the model, which are found before the key is looked up (wire-facts W19)."""

    @sign_or_verify
    def test_algorithm(self, kms, operation, data):
        """The algorithms are printed in AWS's order (wire-facts G3)."""
        call = getattr(kms, operation)

        assert violation("Value 'FOO' at 'signingAlgorithm'", one_of(SIGNING_ALGORITHMS)) == (
            refusal(call, KeyId=UNKNOWN_KEY, Message=b"hi", SigningAlgorithm="FOO", **data)
        )

    @sign_or_verify
    def test_algorithm_of_other_operations(self, kms, operation, data):
        """An algorithm for encryption is no value of the enum (wire-facts V26)."""
        call = getattr(kms, operation)
        refused = one_of(SIGNING_ALGORITHMS)

        assert violation("Value 'RSAES_OAEP_SHA_256' at 'signingAlgorithm'", refused) == refusal(
            call,
            KeyId=create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
            Message=b"hi",
            SigningAlgorithm="RSAES_OAEP_SHA_256",
            **data,
        )

    @pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ML_DSA_44"])
    @sign_or_verify
    def test_symmetric_default(self, kms, operation, data, spec):
        """SYMMETRIC_DEFAULT, which the model lacks, is known to the service (wire-facts V26)."""
        call = getattr(kms, operation)

        assert wrong_algorithm("SYMMETRIC_DEFAULT", spec) == refusal(
            call,
            KeyId=create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY"),
            Message=b"hi",
            SigningAlgorithm="SYMMETRIC_DEFAULT",
            **data,
        )

    @sign_or_verify
    def test_no_algorithm(self, unchecked_kms, operation, data):
        """The algorithm is required (wire-facts G6)."""
        call = getattr(unchecked_kms, operation)

        assert violation("Value null at 'signingAlgorithm'", NOT_NULL) == refusal(
            call, KeyId=UNKNOWN_KEY, Message=b"hi", **data
        )

    @sign_or_verify
    def test_message_type(self, kms, operation, data):
        """There are three message types (wire-facts G7)."""
        call = getattr(kms, operation)

        assert violation(
            "Value 'FOO' at 'messageType'", one_of("[RAW, DIGEST, EXTERNAL_MU]")
        ) == refusal(
            call,
            KeyId=UNKNOWN_KEY,
            Message=b"hi",
            MessageType="FOO",
            SigningAlgorithm="ECDSA_SHA_256",
            **data,
        )

    @pytest.mark.parametrize(
        ("message", "constraint"),
        [
            pytest.param({"Message": b""}, AT_LEAST_ONE, id="empty"),
            pytest.param({"Message": bytes(4097)}, at_most(4096), id="4097 bytes"),
            pytest.param({}, NOT_NULL, id="missing"),
        ],
    )
    @sign_or_verify
    def test_message(self, unchecked_kms, operation, data, message, constraint):
        """A message is never printed, not even a missing one (wire-facts G8, W15, W17)."""
        call = getattr(unchecked_kms, operation)

        assert violation("Value at 'message'", constraint) == refusal(
            call, KeyId=UNKNOWN_KEY, SigningAlgorithm="ECDSA_SHA_256", **message, **data
        )

    @pytest.mark.parametrize(
        ("signature", "subject", "constraint"),
        [
            pytest.param({"Signature": b""}, "Value", AT_LEAST_ONE, id="empty"),
            pytest.param({"Signature": bytes(6145)}, "Value", at_most(6144), id="6145 bytes"),
            pytest.param({}, "Value null", NOT_NULL, id="missing"),
        ],
    )
    def test_signature(self, unchecked_kms, signature, subject, constraint):
        """A signature has 1 to 6144 bytes (wire-facts G9, W16, W17)."""
        assert violation(f"{subject} at 'signature'", constraint) == refusal(
            unchecked_kms.verify,
            KeyId=UNKNOWN_KEY,
            Message=b"hi",
            SigningAlgorithm="ECDSA_SHA_256",
            **signature,
        )


class TestKey:
    """What the key must be: there, of the usage, in a state, of a spec with the algorithm."""

    @sign_or_verify
    def test_unknown(self, kms, operation, data):
        """A key that does not exist is named by its ARN (wire-facts I1)."""
        call = getattr(kms, operation)

        assert UNKNOWN_KEY_REFUSAL == refusal(
            call, KeyId=UNKNOWN_KEY, Message=b"hi", SigningAlgorithm="ECDSA_SHA_256", **data
        )

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    @sign_or_verify
    def test_usage(self, kms, operation, data, kind):
        """A key of another usage is refused, even if the algorithm mismatches (wire-facts G10)."""
        key_arn = create_key(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, kind["KeyUsage"], operation.capitalize()) == refusal(
            call, KeyId=key_arn, Message=b"hi", SigningAlgorithm="ED25519_SHA_512", **data
        )

    @unusable
    @sign_or_verify
    def test_state(self, kms, operation, data, state):
        """A key that is not enabled neither signs nor verifies (wire-facts S1, S2)."""
        key_arn = state.create(kms, **SIGNING_P256)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(
            call, KeyId=key_arn, Message=b"hi", SigningAlgorithm="ECDSA_SHA_256", **data
        )

    @pytest.mark.parametrize(
        ("kind", "algorithm"),
        [
            pytest.param(SIGNING_P256, "ECDSA_SHA_384", id="other size"),
            pytest.param(SIGNING_P256, "RSASSA_PSS_SHA_256", id="RSA on ECC"),
            pytest.param(SIGNING_RSA, "ECDSA_SHA_256", id="ECDSA on RSA"),
            pytest.param(SIGNING_ED25519, "ECDSA_SHA_512", id="ECDSA on Ed25519"),
            pytest.param(SIGNING_ML_DSA, "ED25519_SHA_512", id="Ed25519 on ML-DSA"),
            pytest.param(SIGNING_P256, "SM2DSA", id="SM2"),
        ],
    )
    @sign_or_verify
    def test_algorithm(self, kms, operation, data, kind, algorithm):
        """An algorithm that the key spec lacks is refused (wire-facts G11, rules SIG-16)."""
        key_arn = create_key(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_algorithm(algorithm, kind["KeySpec"]) == refusal(
            call, KeyId=key_arn, Message=b"hi", SigningAlgorithm=algorithm, **data
        )


class TestMessage:
    """The message must be what its type says, and of a type that the algorithm takes."""

    @pytest.mark.parametrize("length", [1, 4095, 4096])
    def test_size(self, kms, length):
        """1 to 4096 bytes are signed (wire-facts G8, rules SIG-1)."""
        chosen = {
            "KeyId": create_key(kms, **SIGNING_P256),
            "SigningAlgorithm": "ECDSA_SHA_256",
            "Message": bytes(length),
        }
        signature = kms.sign(**chosen)["Signature"]

        assert kms.verify(Signature=signature, **chosen)["SignatureValid"]

    @pytest.mark.sweep(7)
    @pytest.mark.parametrize(("spec", "algorithm", "length"), WRONG_DIGESTS)
    @sign_or_verify
    def test_digest_length(self, kms, operation, data, spec, algorithm, length):
        """A digest is as long as the algorithm's hash (wire-facts G12, rules SIG-3)."""
        call = getattr(kms, operation)

        assert invalid(f"Digest is invalid length for algorithm {algorithm}.") == refusal(
            call,
            KeyId=create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY"),
            SigningAlgorithm=algorithm,
            MessageType="DIGEST",
            Message=bytes(length),
            **data,
        )

    @pytest.mark.parametrize(
        ("kind", "algorithm", "message_type", "what"),
        [
            pytest.param(
                SIGNING_ED25519,
                "ED25519_SHA_512",
                "DIGEST",
                "algorithm ED25519_SHA_512",
                id="Ed25519 of a digest, G15",
            ),
            pytest.param(
                SIGNING_ED25519,
                "ED25519_PH_SHA_512",
                "RAW",
                "algorithm ED25519_PH_SHA_512",
                id="Ed25519ph of a message, G16",
            ),
            pytest.param(
                SIGNING_ML_DSA,
                "ML_DSA_SHAKE_256",
                "DIGEST",
                "key spec ML_DSA_44",
                id="ML-DSA of a digest, G19",
            ),
            pytest.param(
                SIGNING_RSA,
                "RSASSA_PSS_SHA_512",
                "EXTERNAL_MU",
                "algorithm RSASSA_PSS_SHA_512",
                id="RSA of a mu, assumed",
            ),
            pytest.param(
                SIGNING_P256,
                "ECDSA_SHA_256",
                "EXTERNAL_MU",
                "algorithm ECDSA_SHA_256",
                id="ECDSA of a mu, assumed",
            ),
            pytest.param(
                SIGNING_ED25519,
                "ED25519_SHA_512",
                "EXTERNAL_MU",
                "algorithm ED25519_SHA_512",
                id="Ed25519 of a mu, assumed",
            ),
        ],
    )
    @sign_or_verify
    def test_type(self, kms, operation, data, kind, algorithm, message_type, what):
        """
        A type that the algorithm does not take is refused; for ML-DSA the key spec is named.

        wire-facts G15, G16, G19; rules SIG-5, SIG-6, SIG-10.
        """
        call = getattr(kms, operation)

        assert invalid(f"Message type {message_type} is incompatible with {what}.") == refusal(
            call,
            KeyId=create_key(kms, **kind),
            SigningAlgorithm=algorithm,
            MessageType=message_type,
            Message=bytes(64),
            **data,
        )

    def test_ed25519ph_without_a_type(self, kms):
        """RAW is the default, which Ed25519ph does not take (rules SIG-2, SIG-10)."""
        assert invalid("Message type RAW is incompatible with algorithm ED25519_PH_SHA_512.") == (
            refusal(
                kms.sign,
                KeyId=create_key(kms, **SIGNING_ED25519),
                SigningAlgorithm="ED25519_PH_SHA_512",
                Message=bytes(64),
            )
        )

    @pytest.mark.parametrize("length", [32, 63, 65])
    @sign_or_verify
    def test_mu_length(self, kms, operation, data, length):
        """A mu has 64 bytes (rules SIG-5; the text is assumed, after G12)."""
        call = getattr(kms, operation)

        assert invalid("External mu is invalid length for algorithm ML_DSA_SHAKE_256.") == (
            refusal(
                call,
                KeyId=create_key(kms, **SIGNING_ML_DSA),
                SigningAlgorithm="ML_DSA_SHAKE_256",
                MessageType="EXTERNAL_MU",
                Message=bytes(length),
                **data,
            )
        )


class TestOrder:
    """Each check against the next one, both violated (wire-facts G42)."""

    @sign_or_verify
    def test_shape_before_key(self, kms, operation, data):
        """A long message is refused before an unknown key (wire-facts W19)."""
        call = getattr(kms, operation)

        assert violation("Value at 'message'", at_most(4096)) == refusal(
            call,
            KeyId=UNKNOWN_KEY,
            Message=bytes(4097),
            SigningAlgorithm="ECDSA_SHA_256",
            **data,
        )

    @pytest.mark.parametrize(
        "kind", [HMAC_256, ENCRYPTING_RSA, AGREEING_P256], ids=["HMAC", "RSA", "agreement"]
    )
    @unusable
    @sign_or_verify
    def test_usage_before_state(self, kms, operation, data, state, kind):
        """A key of another usage is refused before its state (wire-facts S5)."""
        key_arn = state.create(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, kind["KeyUsage"], operation.capitalize()) == refusal(
            call, KeyId=key_arn, Message=b"hi", SigningAlgorithm="ECDSA_SHA_256", **data
        )

    @unusable
    @sign_or_verify
    def test_state_before_algorithm(self, kms, operation, data, state):
        """The state is refused before an algorithm of another spec (wire-facts S4)."""
        key_arn = state.create(kms, **SIGNING_P256)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(
            call, KeyId=key_arn, Message=b"hi", SigningAlgorithm="ECDSA_SHA_384", **data
        )

    @sign_or_verify
    def test_algorithm_before_digest_length(self, kms, operation, data):
        """An algorithm of another spec is refused before a digest of the wrong length."""
        call = getattr(kms, operation)

        assert wrong_algorithm("ECDSA_SHA_384", "ECC_NIST_P256") == refusal(
            call,
            KeyId=create_key(kms, **SIGNING_P256),
            Message=b"hi",
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_384",
            **data,
        )

    @sign_or_verify
    def test_algorithm_before_message_type(self, kms, operation, data):
        """An algorithm of another spec is refused before a type that it does not take."""
        call = getattr(kms, operation)

        assert wrong_algorithm("ED25519_SHA_512", "ML_DSA_44") == refusal(
            call,
            KeyId=create_key(kms, **SIGNING_ML_DSA),
            Message=bytes(64),
            MessageType="DIGEST",
            SigningAlgorithm="ED25519_SHA_512",
            **data,
        )

    def test_state_before_signature(self, kms):
        """A disabled key is refused before a wrong signature."""
        key_arn = DISABLED.create(kms, **SIGNING_P256)

        assert DISABLED.refusal(key_arn) == refusal(
            kms.verify,
            KeyId=key_arn,
            Message=hashlib.sha256(b"hi").digest(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
            Signature=b"\0",
        )
