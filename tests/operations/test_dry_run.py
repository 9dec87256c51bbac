"""DryRun: the answer is always a refusal, and it tells what the call would have come to."""

import pytest
from botocore import xform_name
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.operations.key_kinds import (
    AGREEING_P256,
    ENCAPSULATING_512,
    ENCRYPTING_RSA,
    HMAC_256,
    SIGNING_P256,
    SIGNING_RSA,
)
from tests.operations.refusals import (
    INCORRECT_KEY,
    INVALID_CIPHERTEXT,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    hidden_ciphertext,
    invalid,
    violation,
    wrong_algorithm,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED
from tests.vocabulary import create_key, members, refusal

WOULD_SUCCEED = (
    "DryRunOperationException",
    "The request would have succeeded, but the DryRun option is set.",
)
IGNORE_CIPHERTEXT = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
PEER = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)


def prepare_encrypt(kms):
    return {"KeyId": create_key(kms), "Plaintext": b"hi"}


def prepare_decrypt(kms):
    return {"CiphertextBlob": kms.encrypt(**prepare_encrypt(kms))["CiphertextBlob"]}


def prepare_re_encrypt(kms):
    return {**prepare_decrypt(kms), "DestinationKeyId": create_key(kms)}


def prepare_data_key(kms):
    return {"KeyId": create_key(kms), "KeySpec": "AES_256"}


def prepare_data_key_pair(kms):
    return {"KeyId": create_key(kms), "KeyPairSpec": "ECC_NIST_P256"}


def prepare_sign(kms):
    return {
        "KeyId": create_key(kms, **SIGNING_P256),
        "Message": b"hi",
        "SigningAlgorithm": "ECDSA_SHA_256",
    }


def prepare_verify(kms):
    request = prepare_sign(kms)
    return {**request, "Signature": kms.sign(**request)["Signature"]}


def prepare_generate_mac(kms):
    return {
        "KeyId": create_key(kms, **HMAC_256),
        "Message": b"hi",
        "MacAlgorithm": "HMAC_SHA_256",
    }


def prepare_verify_mac(kms):
    request = prepare_generate_mac(kms)
    return {**request, "Mac": kms.generate_mac(**request)["Mac"]}


def prepare_derive_shared_secret(kms):
    return {
        "KeyId": create_key(kms, **AGREEING_P256),
        "KeyAgreementAlgorithm": "ECDH",
        "PublicKey": PEER,
    }


def prepare_encapsulate(kms):
    return {"KeyId": create_key(kms, **ENCAPSULATING_512), "EncapsulationAlgorithm": "ML_KEM"}


def prepare_decapsulate(kms):
    return {**prepare_encapsulate(kms), "SharedSecretCiphertextBlob": bytes(768)}


# operation -> what makes a request that succeeds
REQUESTS = {
    "Encrypt": prepare_encrypt,
    "Decrypt": prepare_decrypt,
    "ReEncrypt": prepare_re_encrypt,
    "GenerateDataKey": prepare_data_key,
    "GenerateDataKeyWithoutPlaintext": prepare_data_key,
    "GenerateDataKeyPair": prepare_data_key_pair,
    "GenerateDataKeyPairWithoutPlaintext": prepare_data_key_pair,
    "Sign": prepare_sign,
    "Verify": prepare_verify,
    "GenerateMac": prepare_generate_mac,
    "VerifyMac": prepare_verify_mac,
    "DeriveSharedSecret": prepare_derive_shared_secret,
    "Encapsulate": prepare_encapsulate,
    "Decapsulate": prepare_decapsulate,
}
GRANT_OPERATIONS = {"CreateGrant", "RetireGrant", "RevokeGrant"}

every_operation = pytest.mark.parametrize(("operation", "prepare"), REQUESTS.items(), ids=REQUESTS)


def method(kms, operation):
    return getattr(kms, xform_name(operation))


def test_no_operation_is_forgotten(kms):
    """These operations, and those on grants, are all that have the option (rules DRY-1)."""
    service = kms.meta.service_model
    having = {
        name
        for name in service.operation_names
        if "DryRun" in service.operation_model(name).input_shape.members
    }

    assert having == REQUESTS.keys() | GRANT_OPERATIONS


@every_operation
def test_dry_run_of_what_would_succeed(kms, operation, prepare):
    """A dry run never succeeds; where the call would have, it says so (wire-facts W20, DRY-2)."""
    request = prepare(kms)

    assert WOULD_SUCCEED == refusal(method(kms, operation), DryRun=True, **request)


@every_operation
def test_dry_run_false(kms, operation, prepare):
    """DryRun false is as good as none (rules DRY-4)."""
    request = prepare(kms)

    answer = method(kms, operation)(DryRun=False, **request)

    assert 200 == answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("operation", "prepare"),
    [
        pytest.param(operation, prepare, id=operation)
        for operation, prepare in REQUESTS.items()
        if operation not in ("Decrypt", "ReEncrypt", "Verify", "VerifyMac")
    ],
)
def test_dry_run_leaves_no_trace(kms, operation, prepare):
    """A dry run is no use of the key (rules DRY-4, USE-3)."""
    request = prepare(kms)
    refusal(method(kms, operation), DryRun=True, **request)

    assert {} == kms.get_key_last_usage(KeyId=request["KeyId"])["KeyLastUsage"]


class TestWouldFail:
    """Where the call would have failed, a dry run fails with the same error (rules DRY-2)."""

    @every_operation
    def test_disabled_key(self, kms, operation, prepare):
        """Every operation refuses a disabled key (wire-facts S1)."""
        request = prepare(kms)
        blob = {"CiphertextBlob": request.get("CiphertextBlob")}
        key_arn = request.get("KeyId") or kms.decrypt(**blob)["KeyId"]
        kms.disable_key(KeyId=key_arn)

        assert DISABLED.refusal(key_arn) == refusal(method(kms, operation), DryRun=True, **request)

    @pytest.mark.parametrize(
        ("operation", "prepare"),
        [
            pytest.param(operation, prepare, id=operation)
            for operation, prepare in REQUESTS.items()
            if operation not in ("Decrypt", "ReEncrypt")
        ],
    )
    def test_unknown_key(self, kms, operation, prepare):
        """Every operation refuses a key that is not there (wire-facts I1)."""
        request = {**prepare(kms), "KeyId": UNKNOWN_KEY}

        assert UNKNOWN_KEY_REFUSAL == refusal(method(kms, operation), DryRun=True, **request)

    def test_shape(self, kms):
        """So does a request of the wrong shape (wire-facts W17)."""
        assert violation("Value at 'plaintext'", at_most(4096)) == refusal(
            kms.encrypt, KeyId=create_key(kms), Plaintext=bytes(4097), DryRun=True
        )

    def test_usage(self, kms):
        """So does a key of another usage (wire-facts E8)."""
        key_arn = create_key(kms, **SIGNING_RSA)

        assert wrong_usage(key_arn, "SIGN_VERIFY", "Encrypt") == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"hi", DryRun=True
        )

    def test_algorithm(self, kms):
        """So does an algorithm of another spec (wire-facts G11)."""
        request = {**prepare_sign(kms), "SigningAlgorithm": "ECDSA_SHA_384"}

        assert wrong_algorithm("ECDSA_SHA_384", "ECC_NIST_P256") == refusal(
            kms.sign, DryRun=True, **request
        )

    def test_digest_length(self, kms):
        """So does a digest of the wrong length (wire-facts G12)."""
        request = {**prepare_sign(kms), "MessageType": "DIGEST"}

        assert invalid("Digest is invalid length for algorithm ECDSA_SHA_256.") == refusal(
            kms.sign, DryRun=True, **request
        )

    def test_length_of_a_data_key(self, kms):
        """So does a data key without a length (wire-facts D5)."""
        assert invalid("Please specify either number of bytes or key spec.") == refusal(
            kms.generate_data_key, KeyId=create_key(kms), DryRun=True
        )

    def test_pair_spec(self, kms):
        """So does a pair spec that the Region lacks (assumed, after wire-facts C17)."""
        request = {**prepare_data_key_pair(kms), "KeyPairSpec": "SM2"}

        assert (
            "UnsupportedOperationException",
            "KeyPairSpec SM2 is not supported in this Region",
        ) == refusal(kms.generate_data_key_pair, DryRun=True, **request)

    @pytest.mark.parametrize(
        ("operation", "prepare"),
        [
            pytest.param("Decrypt", prepare_decrypt, id="Decrypt"),
            pytest.param("ReEncrypt", prepare_re_encrypt, id="ReEncrypt"),
        ],
    )
    def test_ciphertext(self, kms, operation, prepare):
        """So does a ciphertext that does not open (wire-facts E14)."""
        request = prepare(kms)
        request["CiphertextBlob"] += b"\0"

        assert INVALID_CIPHERTEXT == refusal(method(kms, operation), DryRun=True, **request)

    def test_incorrect_key(self, kms):
        """So does another key than the ciphertext's (wire-facts E17)."""
        assert INCORRECT_KEY == refusal(
            kms.decrypt, KeyId=create_key(kms), DryRun=True, **prepare_decrypt(kms)
        )

    def test_hidden_ciphertext(self, kms, kms_mock):
        """So does the ciphertext of a key that is not here (wire-facts E26)."""
        elsewhere = kms_mock.client(region_name="eu-west-1")

        assert hidden_ciphertext("Decrypt") == refusal(
            elsewhere.decrypt, DryRun=True, **prepare_decrypt(kms)
        )

    def test_signature(self, kms):
        """So does a signature that does not match (wire-facts W5)."""
        request = {**prepare_verify(kms), "Message": b"ho"}

        assert ("KMSInvalidSignatureException", "") == refusal(kms.verify, DryRun=True, **request)

    def test_mac(self, kms):
        """So does a MAC that does not match (wire-facts G31)."""
        request = {**prepare_verify_mac(kms), "Message": b"ho"}

        assert ("KMSInvalidMacException", "") == refusal(kms.verify_mac, DryRun=True, **request)

    def test_public_key(self, kms):
        """So does a public key that is none (wire-facts G41)."""
        request = {**prepare_derive_shared_secret(kms), "PublicKey": b"InvalidPublicKey"}

        assert invalid("") == refusal(kms.derive_shared_secret, DryRun=True, **request)

    def test_shared_secret_ciphertext(self, kms):
        """So does a blob that has the wrong length (that it comes first is assumed)."""
        request = {**prepare_decapsulate(kms), "SharedSecretCiphertextBlob": bytes(767)}

        assert INVALID_CIPHERTEXT == refusal(kms.decapsulate, DryRun=True, **request)


class TestIgnoreCiphertext:
    """DryRunModifiers [IGNORE_CIPHERTEXT] asks for permissions alone (rules DRY-5)."""

    @pytest.mark.parametrize("kind", [{}, ENCRYPTING_RSA], ids=["symmetric", "RSA"])
    def test_decrypt(self, kms, kind):
        """No ciphertext is needed, nor an algorithm that fits it."""
        assert WOULD_SUCCEED == refusal(
            kms.decrypt, KeyId=create_key(kms, **kind), **IGNORE_CIPHERTEXT
        )

    def test_decrypt_a_ciphertext_that_does_not_open(self, kms):
        """A ciphertext that is given is not looked at."""
        assert WOULD_SUCCEED == refusal(
            kms.decrypt, KeyId=create_key(kms), CiphertextBlob=b"AAAA", **IGNORE_CIPHERTEXT
        )

    def test_re_encrypt(self, kms):
        """Both keys are needed, but no ciphertext."""
        assert WOULD_SUCCEED == refusal(
            kms.re_encrypt,
            SourceKeyId=create_key(kms),
            DestinationKeyId=create_key(kms),
            **IGNORE_CIPHERTEXT,
        )

    def test_decrypt_without_a_key_id(self, kms):
        """Decrypt needs the key then (the text is assumed, after wire-facts E20)."""
        assert invalid("KeyId must not be null") == refusal(kms.decrypt, **IGNORE_CIPHERTEXT)

    def test_re_encrypt_without_a_source_key_id(self, kms):
        """So does ReEncrypt (the text is assumed, after wire-facts E20)."""
        assert invalid("SourceKeyId must not be null") == refusal(
            kms.re_encrypt, DestinationKeyId=create_key(kms), **IGNORE_CIPHERTEXT
        )

    def test_disabled_key(self, kms):
        """The key's usage and state still count (assumed)."""
        key_arn = DISABLED.create(kms)

        assert DISABLED.refusal(key_arn) == refusal(kms.decrypt, KeyId=key_arn, **IGNORE_CIPHERTEXT)

    def test_usage_of_the_destination(self, kms):
        """So do those of the destination (assumed)."""
        destination = create_key(kms, **SIGNING_RSA)

        assert wrong_usage(destination, "SIGN_VERIFY", "ReEncryptTo") == refusal(
            kms.re_encrypt,
            SourceKeyId=create_key(kms),
            DestinationKeyId=destination,
            **IGNORE_CIPHERTEXT,
        )

    @pytest.mark.parametrize("dry_run", [{}, {"DryRun": False}], ids=["absent", "false"])
    def test_no_dry_run(self, kms, dry_run):
        """Modifiers of what is no dry run are refused (rules DRY-6; the text is assumed)."""
        request = {**prepare_decrypt(kms), **dry_run}

        assert invalid("DryRunModifiers can only be used when DryRun is true.") == refusal(
            kms.decrypt, DryRunModifiers=["IGNORE_CIPHERTEXT"], **request
        )

    def test_no_modifiers(self, kms):
        """An empty list of them is none."""
        request = prepare_decrypt(kms)

        assert members(kms.decrypt(**request)) == members(
            kms.decrypt(DryRunModifiers=[], **request)
        )

    def test_no_ciphertext_in_a_plain_dry_run(self, kms):
        """Without the modifier a dry run needs the ciphertext (wire-facts E21)."""
        assert violation("Value null at 'ciphertextBlob'", NOT_NULL) == refusal(
            kms.decrypt, KeyId=create_key(kms), DryRun=True
        )
