"""GenerateDataKeyPair and its variant without plaintext."""

import base64

import pytest
from Crypto.PublicKey import MLKEM
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.operations.key_kinds import ENCRYPTING_RSA, SIGNING_RSA, kinds_without
from tests.operations.refusals import (
    INVALID_CIPHERTEXT,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
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
OTHER_USAGES = kinds_without("ENCRYPT_DECRYPT")

# pair spec -> the class of the private key, and its size or curve
SPECS = {
    "RSA_2048": (rsa.RSAPrivateKey, 2048),
    "RSA_3072": (rsa.RSAPrivateKey, 3072),
    "RSA_4096": (rsa.RSAPrivateKey, 4096),
    "ECC_NIST_P256": (ec.EllipticCurvePrivateKey, "secp256r1"),
    "ECC_NIST_P384": (ec.EllipticCurvePrivateKey, "secp384r1"),
    "ECC_NIST_P521": (ec.EllipticCurvePrivateKey, "secp521r1"),
    "ECC_SECG_P256K1": (ec.EllipticCurvePrivateKey, "secp256k1"),
    "ECC_NIST_EDWARDS25519": (ed25519.Ed25519PrivateKey, None),
}

with_and_without_plaintext = pytest.mark.parametrize(
    ("operation", "name"),
    [
        pytest.param("generate_data_key_pair", "GenerateDataKeyPair", id="GenerateDataKeyPair"),
        pytest.param(
            "generate_data_key_pair_without_plaintext",
            "GenerateDataKeyPairWithoutPlaintext",
            id="WithoutPlaintext",
        ),
    ],
)


def describe(private_key):
    """Return what `SPECS` tells of a private key."""
    match private_key:
        case rsa.RSAPrivateKey():
            return rsa.RSAPrivateKey, private_key.key_size
        case ec.EllipticCurvePrivateKey():
            return ec.EllipticCurvePrivateKey, private_key.curve.name
        case _:
            return ed25519.Ed25519PrivateKey, None


class TestAnswer:
    """The members of the answers, and that their keys fit each other."""

    @pytest.mark.sweep(5)
    @pytest.mark.parametrize("spec", SPECS)
    def test_with_plaintext(self, kms, spec):
        """
        The private key is PKCS#8, the public one its SPKI, the blob decrypts to the same PKCS#8.

        wire-facts D12; rules DK-7, DK-8, DK-9.
        """
        key = kms.create_key()["KeyMetadata"]
        answer = members(kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec=spec))
        pkcs8, spki = answer.pop("PrivateKeyPlaintext"), answer.pop("PublicKey")
        blob = answer.pop("PrivateKeyCiphertextBlob")
        private_key = serialization.load_der_private_key(pkcs8, password=None)

        assert {
            "KeyId": key["Arn"],
            "KeyPairSpec": spec,
            "KeyMaterialId": key["CurrentKeyMaterialId"],
        } == answer
        assert SPECS[spec] == describe(private_key)
        assert spki == private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert pkcs8 == private_key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        assert pkcs8 == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    @pytest.mark.parametrize("spec", SPECS)
    def test_without_plaintext(self, kms, spec):
        """The same without PrivateKeyPlaintext (wire-facts D13)."""
        key = kms.create_key()["KeyMetadata"]
        answer = members(
            kms.generate_data_key_pair_without_plaintext(KeyId=key["KeyId"], KeyPairSpec=spec)
        )
        blob, spki = answer.pop("PrivateKeyCiphertextBlob"), answer.pop("PublicKey")
        pkcs8 = kms.decrypt(CiphertextBlob=blob)["Plaintext"]
        private_key = serialization.load_der_private_key(
            pkcs8, password=None, unsafe_skip_rsa_key_validation=True
        )

        assert {
            "KeyId": key["Arn"],
            "KeyPairSpec": spec,
            "KeyMaterialId": key["CurrentKeyMaterialId"],
        } == answer
        assert spki == private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @pytest.mark.parametrize(
        ("spec", "length"), [("ML_KEM_512", 822), ("ML_KEM_768", 1206), ("ML_KEM_1024", 1590)]
    )
    @with_and_without_plaintext
    def test_ml_kem(self, kms, operation, name, spec, length):
        """
        An ML-KEM pair's private key is PKCS#8 in the seed form, 86 bytes long for every spec.

        `pycryptodome` reads it, which has all three; so it does the public key.
        """
        answer = getattr(kms, operation)(KeyId=create_key(kms), KeyPairSpec=spec)
        decrypted = kms.decrypt(CiphertextBlob=answer["PrivateKeyCiphertextBlob"])["Plaintext"]
        private_key = MLKEM.import_key(decrypted)

        assert answer.get("PrivateKeyPlaintext", decrypted) == decrypted
        assert 86 == len(decrypted)
        assert private_key.seed == decrypted[-64:]
        assert length == len(answer["PublicKey"])
        assert private_key.public_key() == MLKEM.import_key(answer["PublicKey"])

    @with_and_without_plaintext
    def test_sm2_in_china(self, kms_mock, operation, name):
        """In a China Region there are SM2 pairs too; others do not know their PKCS#8 (DK-9)."""
        china = kms_mock.client(region_name="cn-north-1")
        answer = getattr(china, operation)(KeyId=create_key(china), KeyPairSpec="SM2")
        blob = answer["PrivateKeyCiphertextBlob"]

        decrypted = china.decrypt(CiphertextBlob=blob)["Plaintext"]

        assert answer.get("PrivateKeyPlaintext", decrypted) == decrypted
        assert 91 == len(answer["PublicKey"])

    @with_and_without_plaintext
    def test_context(self, kms, operation, name):
        """The private key's blob is a data key's, bound to its context (rules DK-3)."""
        blob = getattr(kms, operation)(
            KeyId=create_key(kms),
            KeyPairSpec="ECC_NIST_EDWARDS25519",
            EncryptionContext={"a": "1"},
        )["PrivateKeyCiphertextBlob"]

        decrypted = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"})

        assert 48 == len(decrypted["Plaintext"])
        assert b"AQIDAH" == base64.b64encode(blob)[:6]
        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=blob)

    @pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"])
    def test_never_twice(self, kms, spec):
        """No two pairs are the same."""
        key_arn = create_key(kms)

        pairs = [kms.generate_data_key_pair(KeyId=key_arn, KeyPairSpec=spec) for _ in range(4)]

        assert 4 == len({pair["PublicKey"] for pair in pairs})


class TestKeyPairSpec:
    """Which pairs there are."""

    @pytest.mark.parametrize("spec", ["FOO", "ML_DSA_44", "SYMMETRIC_DEFAULT"])
    @with_and_without_plaintext
    def test_unknown(self, kms, operation, name, spec):
        """
        Another spec is refused before the key is looked up (wire-facts D15, W19).

        The code was measured; that the text lists the model's values in their order is assumed.
        """
        assert violation(
            f"Value '{spec}' at 'keyPairSpec'",
            one_of(
                "[RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521,"
                " ECC_SECG_P256K1, SM2, ECC_NIST_EDWARDS25519, ML_KEM_512, ML_KEM_768, ML_KEM_1024]"
            ),
        ) == refusal(getattr(kms, operation), KeyId=UNKNOWN_KEY, KeyPairSpec=spec)

    @with_and_without_plaintext
    def test_missing(self, unchecked_kms, operation, name):
        """The spec is required (wire-facts W14)."""
        call = getattr(unchecked_kms, operation)

        assert violation("Value null at 'keyPairSpec'", NOT_NULL) == refusal(
            call, KeyId=UNKNOWN_KEY
        )

    @with_and_without_plaintext
    def test_sm2_outside_china(self, kms, operation, name):
        """SM2 is not to be had elsewhere (rules DK-9; the text is assumed, after C17)."""
        assert (
            "UnsupportedOperationException",
            "KeyPairSpec SM2 is not supported in this Region",
        ) == refusal(getattr(kms, operation), KeyId=create_key(kms), KeyPairSpec="SM2")

    @pytest.mark.parametrize("spec", ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"])
    @with_and_without_plaintext
    def test_ml_kem_in_china(self, kms_mock, operation, name, spec):
        """ML-KEM is not to be had there (the text is assumed, after C17)."""
        china = kms_mock.client("cn-north-1")

        assert (
            "UnsupportedOperationException",
            f"KeyPairSpec {spec} is not supported in this Region",
        ) == refusal(getattr(china, operation), KeyId=create_key(china), KeyPairSpec=spec)


class TestKey:
    """What the key must be: symmetric, for encryption, enabled."""

    @with_and_without_plaintext
    def test_unknown(self, kms, operation, name):
        """A key that does not exist is named by its ARN (wire-facts I1)."""
        call = getattr(kms, operation)

        assert UNKNOWN_KEY_REFUSAL == refusal(call, KeyId=UNKNOWN_KEY, KeyPairSpec="ECC_NIST_P256")

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    @with_and_without_plaintext
    def test_usage(self, kms, operation, name, kind):
        """A key of another usage is refused, for the operation's own name (as D10)."""
        key_arn = create_key(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, kind["KeyUsage"], name) == refusal(
            call, KeyId=key_arn, KeyPairSpec="ECC_NIST_P256"
        )

    @with_and_without_plaintext
    def test_asymmetric(self, kms, operation, name):
        """An RSA key protects no pairs (rules DK-5; the text is assumed to be that of D8)."""
        key_arn = create_key(kms, **ENCRYPTING_RSA)
        call = getattr(kms, operation)

        assert ASYMMETRIC == refusal(call, KeyId=key_arn, KeyPairSpec="ECC_NIST_P256")

    @pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)
    @with_and_without_plaintext
    def test_state(self, kms, operation, name, state):
        """A key that is not enabled protects no pairs (the key-state table, as S1 to S3)."""
        key_arn = state.create(kms)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(call, KeyId=key_arn, KeyPairSpec="ECC_NIST_P256")

    @with_and_without_plaintext
    def test_usage_before_state(self, kms, operation, name):
        """A key of another usage is refused before its state (wire-facts S5)."""
        key_arn = DISABLED.create(kms, **SIGNING_RSA)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, "SIGN_VERIFY", name) == refusal(
            call, KeyId=key_arn, KeyPairSpec="ECC_NIST_P256"
        )

    @with_and_without_plaintext
    def test_state_before_pair_spec(self, kms, operation, name):
        """The state is refused before a pair spec that the Region lacks (wire-facts S4)."""
        key_arn = DISABLED.create(kms)
        call = getattr(kms, operation)

        assert DISABLED.refusal(key_arn) == refusal(call, KeyId=key_arn, KeyPairSpec="SM2")
