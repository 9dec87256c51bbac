"""DeriveSharedSecret: what it answers, what it refuses, and which check comes first."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from tests.operations.key_kinds import AGREEING_P256, SIGNING_P256, kinds_without
from tests.operations.refusals import (
    AT_LEAST_ONE,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    invalid,
    one_of,
    violation,
    wrong_usage,
)
from tests.operations.unusable_keys import UNUSABLE
from tests.unit.crypto.vectors import folder_of
from tests.vocabulary import create_key, members, refusal

CURVES = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
}
SECRET_LENGTHS = {"ECC_NIST_P256": 32, "ECC_NIST_P384": 48, "ECC_NIST_P521": 66}
BAD_PUBLIC_KEY = invalid("")
OTHER_USAGES = kinds_without("KEY_AGREEMENT")


def spki_of(private_key):
    return private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


PEER = spki_of(ec.generate_private_key(ec.SECP256R1()))
# X9.62 has this form, which repeats the sign of y; certificates don't.
HYBRID = bytes([6 + PEER[-1] % 2])


def derive(kms, key_id, public_key):
    return kms.derive_shared_secret(
        KeyId=key_id, KeyAgreementAlgorithm="ECDH", PublicKey=public_key
    )


class TestAnswer:
    """The members of the answer, and the secret."""

    @pytest.mark.parametrize("named_by", ["ARN", "id", "alias"])
    def test_members(self, kms, named_by):
        """The key's ARN and origin are answered (wire-facts G38, rules DSS-4)."""
        key_arn = create_key(kms, **AGREEING_P256)
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        key_id = {"ARN": key_arn, "id": key_arn[-36:], "alias": "alias/app"}[named_by]

        answer = members(derive(kms, key_id, PEER))

        assert {
            "KeyId": key_arn,
            "KeyAgreementAlgorithm": "ECDH",
            "KeyOrigin": "AWS_KMS",
            "SharedSecret": answer["SharedSecret"],
        } == answer

    @pytest.mark.parametrize("spec", CURVES)
    def test_against_a_local_key(self, kms, spec):
        """The secret is the raw x coordinate that the peer computes (wire-facts G38, DSS-3)."""
        key_arn = create_key(kms, KeySpec=spec, KeyUsage="KEY_AGREEMENT")
        local = ec.generate_private_key(CURVES[spec])
        public_key = load_der_public_key(kms.get_public_key(KeyId=key_arn)["PublicKey"])

        secret = derive(kms, key_arn, spki_of(local))["SharedSecret"]

        assert local.exchange(ec.ECDH(), public_key) == secret
        assert SECRET_LENGTHS[spec] == len(secret)

    @pytest.mark.parametrize("spec", CURVES)
    def test_between_two_keys(self, kms, spec):
        """Two KMS keys come to the same secret with each other's public key (rules DSS-5)."""
        pair = [create_key(kms, KeySpec=spec, KeyUsage="KEY_AGREEMENT") for _ in range(2)]
        public_keys = [kms.get_public_key(KeyId=key_arn)["PublicKey"] for key_arn in pair]

        secrets = {
            derive(kms, key_arn, public_key)["SharedSecret"]
            for key_arn, public_key in zip(pair, reversed(public_keys), strict=True)
        }

        assert 1 == len(secrets)


class TestPublicKey:
    """What is no public key on the same curve is refused with an empty message."""

    @pytest.mark.parametrize(
        "public_key",
        [
            pytest.param(b"InvalidPublicKey", id="no DER"),
            pytest.param(b"\0", id="one byte"),
            pytest.param(PEER[:-1], id="truncated"),
            pytest.param(PEER + b"\0", id="appended"),
            pytest.param(PEER[26:], id="bare point"),
            pytest.param(PEER[:-1] + bytes([PEER[-1] ^ 1]), id="off the curve"),
            pytest.param(PEER[:26] + b"\0", id="point at infinity"),
            pytest.param(PEER[:26] + HYBRID + PEER[27:], id="hybrid point"),
            pytest.param(bytes(8192), id="longest"),
        ],
    )
    def test_malformed(self, kms, public_key):
        """Bytes that are no SPKI of a point (wire-facts G41)."""
        assert BAD_PUBLIC_KEY == refusal(
            kms.derive_shared_secret,
            KeyId=create_key(kms, **AGREEING_P256),
            KeyAgreementAlgorithm="ECDH",
            PublicKey=public_key,
        )

    @pytest.mark.parametrize(
        "private_key",
        [
            pytest.param(ec.generate_private_key(ec.SECP384R1()), id="P384"),
            pytest.param(ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
            pytest.param(x25519.X25519PrivateKey.generate(), id="X25519"),
            pytest.param(ed25519.Ed25519PrivateKey.generate(), id="Ed25519"),
        ],
    )
    def test_another_curve(self, kms, private_key):
        """A key on another curve is refused alike (rules DSS-2; assumed, after G41)."""
        assert BAD_PUBLIC_KEY == refusal(
            kms.derive_shared_secret,
            KeyId=create_key(kms, **AGREEING_P256),
            KeyAgreementAlgorithm="ECDH",
            PublicKey=spki_of(private_key),
        )

    @pytest.mark.parametrize("name", ["dhpub.der", "dhpub_rfc5114_2.der"])
    def test_diffie_hellman(self, kms, name):
        """So is one over a finite field, without a warning of deprecated cryptography."""
        vectors = folder_of("cryptography_vectors") / "asymmetric" / "DH"

        assert BAD_PUBLIC_KEY == refusal(
            kms.derive_shared_secret,
            KeyId=create_key(kms, **AGREEING_P256),
            KeyAgreementAlgorithm="ECDH",
            PublicKey=(vectors / name).read_bytes(),
        )

    def test_another_kind(self, kms):
        """So is an RSA key."""
        key_arn = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")

        assert BAD_PUBLIC_KEY == refusal(
            kms.derive_shared_secret,
            KeyId=create_key(kms, **AGREEING_P256),
            KeyAgreementAlgorithm="ECDH",
            PublicKey=kms.get_public_key(KeyId=key_arn)["PublicKey"],
        )


class TestRequestShape:
    """Violations of the model, which are found before the key is looked up (wire-facts W19)."""

    def test_algorithm(self, kms):
        """There is one algorithm (wire-facts G40, rules DSS-1)."""
        assert violation("Value 'INVALID' at 'keyAgreementAlgorithm'", one_of("[ECDH]")) == (
            refusal(
                kms.derive_shared_secret,
                KeyId=UNKNOWN_KEY,
                KeyAgreementAlgorithm="INVALID",
                PublicKey=PEER,
            )
        )

    def test_no_algorithm(self, unchecked_kms):
        """It is required (wire-facts W14)."""
        assert violation("Value null at 'keyAgreementAlgorithm'", NOT_NULL) == refusal(
            unchecked_kms.derive_shared_secret, KeyId=UNKNOWN_KEY, PublicKey=PEER
        )

    @pytest.mark.parametrize(
        ("public_key", "subject", "constraint"),
        [
            pytest.param({"PublicKey": b""}, "Value", AT_LEAST_ONE, id="empty"),
            pytest.param({"PublicKey": bytes(8193)}, "Value", at_most(8192), id="8193 bytes"),
            pytest.param({}, "Value null", NOT_NULL, id="missing"),
        ],
    )
    def test_public_key(self, unchecked_kms, public_key, subject, constraint):
        """A public key has 1 to 8192 bytes (wire-facts W16, W17)."""
        assert violation(f"{subject} at 'publicKey'", constraint) == refusal(
            unchecked_kms.derive_shared_secret,
            KeyId=UNKNOWN_KEY,
            KeyAgreementAlgorithm="ECDH",
            **public_key,
        )


class TestKey:
    """What the key must be: there, for agreement, in a state."""

    def test_unknown(self, kms):
        """A key that does not exist is named by its ARN (wire-facts I1)."""
        assert UNKNOWN_KEY_REFUSAL == refusal(
            kms.derive_shared_secret,
            KeyId=UNKNOWN_KEY,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=PEER,
        )

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    def test_usage(self, kms, kind):
        """A key of another usage is refused, on the same curve too (wire-facts G39, DSS-1)."""
        key_arn = create_key(kms, **kind)

        assert wrong_usage(key_arn, kind["KeyUsage"], "DeriveSharedSecret") == refusal(
            kms.derive_shared_secret,
            KeyId=key_arn,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=PEER,
        )

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    def test_state(self, kms, state):
        """A key that is not enabled is refused (the key-state table, as S1 to S3)."""
        key_arn = state.create(kms, **AGREEING_P256)

        assert state.refusal(key_arn) == refusal(
            kms.derive_shared_secret,
            KeyId=key_arn,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=PEER,
        )


class TestOrder:
    """Each check against the next one, both violated."""

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    def test_usage_before_state(self, kms, state):
        """A key of another usage is refused before its state (wire-facts S5)."""
        key_arn = state.create(kms, **SIGNING_P256)

        assert wrong_usage(key_arn, "SIGN_VERIFY", "DeriveSharedSecret") == refusal(
            kms.derive_shared_secret,
            KeyId=key_arn,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=PEER,
        )

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    def test_state_before_public_key(self, kms, state):
        """The state is refused before a malformed public key (as S4)."""
        key_arn = state.create(kms, **AGREEING_P256)

        assert state.refusal(key_arn) == refusal(
            kms.derive_shared_secret,
            KeyId=key_arn,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=b"InvalidPublicKey",
        )
