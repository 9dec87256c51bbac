"""Signatures: every algorithm of every key spec, and that whatever was touched is refused."""

import hashlib
import itertools

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.operations.signing_schemes import (
    ECDSA_ALGORITHMS,
    ED25519,
    ED25519PH,
    SCHEMES,
    each,
)
from tests.vocabulary import create_key, refusal

INVALID_SIGNATURE = ("KMSInvalidSignatureException", "")
MESSAGE = b"attack at dawn"

# One scheme of each algorithm; the damage done to a signature does not depend on the key's size.
ONE_OF_EACH = {
    scheme.algorithm: scheme for scheme in reversed(SCHEMES) if scheme.message_type == "RAW"
}


@pytest.mark.sweep(7)
@each(SCHEMES)
def test_verify_what_was_signed(kms, scheme):
    """Verify accepts what Sign made, of every spec, algorithm and message type (rules SIG-18)."""
    request = scheme.request(kms, scheme.create_key(kms), MESSAGE)
    signature = kms.sign(**request)["Signature"]

    verified = kms.verify(Signature=signature, **request)

    assert verified["SignatureValid"] is True


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda signature: signature[:-1], id="truncated"),
        pytest.param(lambda signature: signature + b"\0", id="appended"),
        pytest.param(lambda signature: b"\0" + signature, id="prepended"),
        pytest.param(lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]), id="last bit"),
        pytest.param(lambda signature: bytes(len(signature)), id="zero"),
        pytest.param(lambda signature: b"\xff" * len(signature), id="ones"),
        pytest.param(lambda signature: b"\0", id="one byte"),
        pytest.param(lambda signature: bytes(6144), id="longest"),
    ],
)
@each(ONE_OF_EACH.values())
def test_verify_a_damaged_signature(kms, scheme, damage):
    """
    A wrong or malformed signature is refused without a message, never answered with False.

    wire-facts W5; rules SIG-18, SIG-20.
    """
    request = scheme.request(kms, scheme.create_key(kms), MESSAGE)
    signature = kms.sign(**request)["Signature"]

    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=damage(signature), **request)


@pytest.mark.parametrize("algorithm", ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"])
def test_verify_without_a_leading_zero(kms, algorithm):
    """
    An RSA signature is as long as the modulus, leading zeros included (rules SIG-20).

    RFC 8017, 8.1.2 and 8.2.2; OpenSSL does without them under PSS.
    """
    chosen = {
        "KeyId": create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
        "SigningAlgorithm": algorithm,
    }
    request, signature = next(
        (request, signature)
        for request in ({"Message": b"%d" % number, **chosen} for number in itertools.count())
        if not (signature := kms.sign(**request)["Signature"])[0]
    )

    assert kms.verify(Signature=signature, **request)["SignatureValid"] is True
    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=signature[1:], **request)


@pytest.mark.sweep(5)
@each(SCHEMES)
def test_verify_another_message_or_key(kms, scheme):
    """A signature holds for its message under its key only (rules SIG-19)."""
    key_arn = scheme.create_key(kms)
    request = scheme.request(kms, key_arn, MESSAGE)
    signature = kms.sign(**request)["Signature"]
    other_message = scheme.request(kms, key_arn, MESSAGE + b".")
    other_key = {**request, "KeyId": scheme.create_key(kms)}

    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=signature, **other_message)
    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=signature, **other_key)


@pytest.mark.parametrize(
    ("algorithm", "other"),
    [
        ("RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384"),
        ("RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_512"),
        ("RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"),
        ("RSASSA_PKCS1_V1_5_SHA_512", "RSASSA_PSS_SHA_512"),
    ],
)
def test_verify_with_another_algorithm(kms, algorithm, other):
    """A signature holds for its algorithm only (rules SIG-19)."""
    key_arn = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    signature = kms.sign(KeyId=key_arn, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]

    assert INVALID_SIGNATURE == refusal(
        kms.verify, KeyId=key_arn, Message=MESSAGE, SigningAlgorithm=other, Signature=signature
    )


class TestMessageTypes:
    """The message type says what was done already; the signature is the same."""

    @each(scheme for scheme in SCHEMES if scheme.message_type == "DIGEST")
    def test_message_against_its_digest(self, kms, scheme):
        """A message's signature holds for its digest and the reverse, but for Ed25519 (SIG-19)."""
        key_arn = scheme.create_key(kms)
        of_digest = scheme.request(kms, key_arn, MESSAGE)
        of_message = {**of_digest, "MessageType": "RAW", "Message": MESSAGE}
        if scheme is ED25519PH:
            of_message["SigningAlgorithm"] = ED25519.algorithm
        signatures = [kms.sign(**request)["Signature"] for request in (of_digest, of_message)]
        exchanged = zip(reversed(signatures), (of_digest, of_message), strict=True)

        answers = [verdict(kms, signature, request) for signature, request in exchanged]

        assert [scheme is not ED25519PH] * 2 == answers

    @each(scheme for scheme in SCHEMES if scheme.message_type == "EXTERNAL_MU")
    def test_message_against_its_mu(self, kms, scheme):
        """A message's signature holds for its mu and the reverse (wire-facts G20, rules SIG-8)."""
        of_mu = scheme.request(kms, scheme.create_key(kms), MESSAGE)
        of_message = {**of_mu, "MessageType": "RAW", "Message": MESSAGE}
        signatures = [kms.sign(**request)["Signature"] for request in (of_mu, of_message)]
        exchanged = zip(reversed(signatures), (of_mu, of_message), strict=True)

        answers = [verdict(kms, signature, request) for signature, request in exchanged]

        assert [True, True] == answers

    def test_digest_sent_as_a_message(self, kms):
        """A digest sent as RAW is hashed again: a valid signature, of another thing (SIG-4)."""
        chosen = {
            "KeyId": create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
            "SigningAlgorithm": "ECDSA_SHA_256",
        }
        hashed = hashlib.sha256(MESSAGE).digest()
        signature = kms.sign(Message=hashed, **chosen)["Signature"]

        assert verdict(kms, signature, {"Message": hashed, "MessageType": "RAW", **chosen})
        assert not verdict(kms, signature, {"Message": hashed, "MessageType": "DIGEST", **chosen})
        assert not verdict(kms, signature, {"Message": MESSAGE, **chosen})


def verdict(kms, signature, request):
    """Tell whether Verify accepts; whatever else it could answer is raised."""
    try:
        return kms.verify(Signature=signature, **request)["SignatureValid"]
    except kms.exceptions.KMSInvalidSignatureException:
        return False


class TestForm:
    """How long signatures are, how they are encoded, and whether they repeat."""

    @pytest.mark.parametrize(
        ("spec", "algorithm", "length"),
        [
            ("RSA_2048", "RSASSA_PSS_SHA_256", 256),
            ("RSA_3072", "RSASSA_PKCS1_V1_5_SHA_384", 384),
            ("RSA_4096", "RSASSA_PSS_SHA_512", 512),
            ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", 64),
            ("ML_DSA_44", "ML_DSA_SHAKE_256", 2420),
            ("ML_DSA_65", "ML_DSA_SHAKE_256", 3309),
            ("ML_DSA_87", "ML_DSA_SHAKE_256", 4627),
        ],
    )
    def test_length(self, kms, spec, algorithm, length):
        """Signatures of all but ECDSA have one length (wire-facts G23)."""
        key_arn = create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        signature = kms.sign(KeyId=key_arn, Message=MESSAGE, SigningAlgorithm=algorithm)

        assert length == len(signature["Signature"])

    def test_length_of_ed25519ph(self, kms):
        """So have those of Ed25519ph (wire-facts G23)."""
        assert 64 == len(ED25519PH.sign(kms, ED25519PH.create_key(kms), MESSAGE))

    @pytest.mark.parametrize(("spec", "algorithm"), ECDSA_ALGORITHMS.items())
    def test_ecdsa(self, kms, spec, algorithm):
        """An ECDSA signature is a DER SEQUENCE of r and s (wire-facts G22, rules SIG-13)."""
        longest = {"256": 72, "384": 104, "521": 139, "6K1": 72}[spec[-3:]]
        key_arn = create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        signature = kms.sign(KeyId=key_arn, Message=MESSAGE, SigningAlgorithm=algorithm)

        assert longest - 8 <= len(signature["Signature"]) <= longest
        assert all(number > 0 for number in decode_dss_signature(signature["Signature"]))

    def test_high_s(self, kms):
        """The s of secp256k1 is not made low (wire-facts G22); 64 low ones by chance: 2**-64."""
        order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        chosen = {
            "KeyId": create_key(kms, KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY"),
            "SigningAlgorithm": "ECDSA_SHA_256",
            "Message": MESSAGE,
        }

        signatures = [kms.sign(**chosen)["Signature"] for _ in range(64)]

        assert any(decode_dss_signature(signature)[1] > order // 2 for signature in signatures)

    @pytest.mark.parametrize(
        ("scheme", "repeats"),
        [
            pytest.param(scheme, "PKCS1" in name or "ED25519" in name, id=name)
            for name, scheme in {**ONE_OF_EACH, ED25519PH.algorithm: ED25519PH}.items()
        ],
    )
    def test_repetition(self, kms, scheme, repeats):
        """
        PKCS #1 v1.5 and Ed25519 are deterministic, the others are not.

        rules SIG-9 (ML-DSA is hedged), SIG-12, SIG-14.
        """
        key_arn = scheme.create_key(kms)

        signatures = {scheme.sign(kms, key_arn, MESSAGE) for _ in range(2)}

        assert (1 if repeats else 2) == len(signatures)


def test_no_algorithm_is_forgotten(kms):
    """The schemes above are those of all specs that sign, but SM2's in China."""
    offered = {
        (spec, algorithm)
        for spec in kms.meta.service_model.shape_for("KeySpec").enum
        for algorithm in signing_algorithms(kms, spec)
    }

    assert offered == {(scheme.spec, scheme.algorithm) for scheme in SCHEMES}


def signing_algorithms(kms, spec):
    """Return what KMS offers for a signing key of *spec*, nothing if there can be none."""
    try:
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    except ClientError:
        return []
    return key["KeyMetadata"]["SigningAlgorithms"]
