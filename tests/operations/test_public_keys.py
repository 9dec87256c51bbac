"""GetPublicKey."""

import pytest

from tests.operations.key_kinds import (
    AGREEING_P256,
    ENCRYPTING_RSA,
    HMAC_256,
    SIGNING_P256,
    SYMMETRIC,
)
from tests.operations.refusals import NOT_NULL, UNKNOWN_KEY, UNKNOWN_KEY_REFUSAL, violation
from tests.operations.unusable_keys import DISABLED, PENDING_DELETION, PENDING_IMPORT
from tests.vocabulary import create_key, members, refusal

OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
RSA_SIGNING = [
    f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)
]
UNSUPPORTED = ("UnsupportedOperationException", "")


@pytest.mark.parametrize("named_by", ["ARN", "id", "alias"])
@pytest.mark.parametrize(
    ("spec", "usage", "algorithms"),
    [
        pytest.param(spec, usage, algorithms, id=f"{spec}-{usage}")
        for spec, usage, algorithms in [
            ("RSA_2048", "ENCRYPT_DECRYPT", {"EncryptionAlgorithms": OAEP}),
            ("RSA_2048", "SIGN_VERIFY", {"SigningAlgorithms": RSA_SIGNING}),
            ("ECC_NIST_P384", "SIGN_VERIFY", {"SigningAlgorithms": ["ECDSA_SHA_384"]}),
            ("ECC_NIST_P384", "KEY_AGREEMENT", {"KeyAgreementAlgorithms": ["ECDH"]}),
            ("ECC_SECG_P256K1", "SIGN_VERIFY", {"SigningAlgorithms": ["ECDSA_SHA_256"]}),
        ]
    ],
)
def test_get_public_key_answer(kms, spec, usage, algorithms, named_by):
    """The one list of algorithms is that of the key's usage (wire-facts G26, rules PUB-1)."""
    key_arn = create_key(kms, KeySpec=spec, KeyUsage=usage)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    key_id = {"ARN": key_arn, "id": key_arn[-36:], "alias": "alias/app"}[named_by]

    answer = members(kms.get_public_key(KeyId=key_id))

    assert {
        "KeyId": key_arn,
        "KeySpec": spec,
        "CustomerMasterKeySpec": spec,
        "KeyUsage": usage,
        **algorithms,
    } == {name: value for name, value in answer.items() if name != "PublicKey"}


@pytest.mark.parametrize(
    ("spec", "usage", "algorithms"),
    [
        pytest.param(
            "ECC_NIST_EDWARDS25519",
            "SIGN_VERIFY",
            {"SigningAlgorithms": ["ED25519_SHA_512", "ED25519_PH_SHA_512"]},
            id="Ed25519",
        ),
        pytest.param(
            "ML_DSA_65", "SIGN_VERIFY", {"SigningAlgorithms": ["ML_DSA_SHAKE_256"]}, id="ML-DSA"
        ),
        pytest.param(
            "ML_KEM_768",
            "ENCAPSULATE_DECAPSULATE",
            {"EncapsulationAlgorithms": ["ML_KEM"]},
            id="ML-KEM",
        ),
    ],
)
def test_get_public_key_of_a_young_spec(kms, spec, usage, algorithms):
    """CustomerMasterKeySpec is left out where its enum lacks the spec (rules KEY-14, assumed)."""
    key_arn = create_key(kms, KeySpec=spec, KeyUsage=usage)

    answer = members(kms.get_public_key(KeyId=key_arn))

    assert {
        "KeyId": key_arn,
        "KeySpec": spec,
        "KeyUsage": usage,
        **algorithms,
    } == {name: value for name, value in answer.items() if name != "PublicKey"}


@pytest.mark.parametrize(
    ("spec", "length"),
    [
        ("RSA_2048", 294),
        ("RSA_3072", 422),
        ("RSA_4096", 550),
        ("ECC_NIST_P256", 91),
        ("ECC_NIST_P384", 120),
        ("ECC_NIST_P521", 158),
        ("ECC_SECG_P256K1", 88),
        ("ECC_NIST_EDWARDS25519", 44),
        ("ML_DSA_44", 1334),
        ("ML_DSA_65", 1974),
        ("ML_DSA_87", 2614),
    ],
)
def test_get_public_key_length(kms, spec, length):
    """The DER SPKI has the one length of its spec, and stays the same (wire-facts G24, G25)."""
    key_arn = create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    first, second = (kms.get_public_key(KeyId=key_arn)["PublicKey"] for _ in range(2))

    assert length == len(first)
    assert first == second


@pytest.mark.parametrize("kind", [SYMMETRIC, HMAC_256], ids=["symmetric", "HMAC"])
def test_get_public_key_of_a_secret_key(kms, kind):
    """A key that is not asymmetric has none (wire-facts G27, W5; rules PUB-2)."""
    assert UNSUPPORTED == refusal(kms.get_public_key, KeyId=create_key(kms, **kind))


@pytest.mark.parametrize(
    "kind", [SIGNING_P256, ENCRYPTING_RSA, AGREEING_P256], ids=["ECDSA", "RSA", "agreement"]
)
def test_get_public_key_of_a_disabled_key(kms, kind):
    """A disabled key still shows its public key (wire-facts S7, X6; rules PUB-3)."""
    key_arn = create_key(kms, **kind)
    before = kms.get_public_key(KeyId=key_arn)["PublicKey"]
    DISABLED.enter(kms, key_arn)

    assert before == kms.get_public_key(KeyId=key_arn)["PublicKey"]


@pytest.mark.parametrize(
    "state", [PENDING_DELETION, PENDING_IMPORT], ids=["pending deletion", "pending import"]
)
def test_get_public_key_in_a_state(kms, state):
    """A key on its way out or without material shows none (the key-state table; PUB-4)."""
    key_arn = state.create(kms, **SIGNING_P256)

    assert state.refusal(key_arn) == refusal(kms.get_public_key, KeyId=key_arn)


@pytest.mark.parametrize(
    "members",
    [{}, {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, {"Origin": "EXTERNAL"}],
    ids=["symmetric", "HMAC", "imported"],
)
def test_get_public_key_of_a_key_that_has_none_and_is_pending_deletion(kms, members):
    """A key's state comes before its having no public key (wire-facts V24)."""
    key_arn = create_key(kms, **members)
    kms.schedule_key_deletion(KeyId=key_arn)

    assert ("KMSInvalidStateException", f"{key_arn} is pending deletion.") == refusal(
        kms.get_public_key, KeyId=key_arn
    )


def test_get_public_key_of_a_symmetric_key_pending_import(kms):
    """So it does for a key whose material is to come (wire-facts V24)."""
    key_arn = create_key(kms, Origin="EXTERNAL")

    assert ("KMSInvalidStateException", f"{key_arn} is pending import.") == refusal(
        kms.get_public_key, KeyId=key_arn
    )


def test_get_public_key_of_an_unknown_key(kms):
    """A key that does not exist is named by its ARN (wire-facts I1)."""
    assert UNKNOWN_KEY_REFUSAL == refusal(kms.get_public_key, KeyId=UNKNOWN_KEY)


def test_get_public_key_without_a_key_id(unchecked_kms):
    """The key must be named (wire-facts I19)."""
    assert violation("Value null at 'keyId'", NOT_NULL) == refusal(unchecked_kms.get_public_key)


def test_get_public_key_with_an_empty_key_id(unchecked_kms):
    """An empty KeyId violates two constraints (wire-facts I21)."""
    assert (
        "ValidationException",
        "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member"
        " must have length greater than or equal to 1; Value '' at 'keyId' failed to satisfy"
        " constraint: Member must satisfy regular expression pattern: ^\\p{ASCII}+$",
    ) == refusal(unchecked_kms.get_public_key, KeyId="")
