"""CreateKey: each kind of key, and what cannot be made."""

import re
from typing import Any, Final

import pytest

from tests.vocabulary import ACCOUNT, REGION, harmless_refusal, members

RSA_ENCRYPTION: Final = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
RSA_SIGNING: Final = [
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
]
ED25519: Final = ["ED25519_SHA_512", "ED25519_PH_SHA_512"]
ML_DSA: Final = ["ML_DSA_SHAKE_256"]

# KeySpec, KeyUsage -> the member of KeyMetadata that lists algorithms, and its value.
PAIRS: Final[dict[tuple[str, str], tuple[str, list[str]]]] = {
    ("RSA_2048", "ENCRYPT_DECRYPT"): ("EncryptionAlgorithms", RSA_ENCRYPTION),
    ("RSA_3072", "ENCRYPT_DECRYPT"): ("EncryptionAlgorithms", RSA_ENCRYPTION),
    ("RSA_4096", "ENCRYPT_DECRYPT"): ("EncryptionAlgorithms", RSA_ENCRYPTION),
    ("RSA_2048", "SIGN_VERIFY"): ("SigningAlgorithms", RSA_SIGNING),
    ("RSA_3072", "SIGN_VERIFY"): ("SigningAlgorithms", RSA_SIGNING),
    ("RSA_4096", "SIGN_VERIFY"): ("SigningAlgorithms", RSA_SIGNING),
    ("ECC_NIST_P256", "SIGN_VERIFY"): ("SigningAlgorithms", ["ECDSA_SHA_256"]),
    ("ECC_NIST_P384", "SIGN_VERIFY"): ("SigningAlgorithms", ["ECDSA_SHA_384"]),
    ("ECC_NIST_P521", "SIGN_VERIFY"): ("SigningAlgorithms", ["ECDSA_SHA_512"]),
    ("ECC_SECG_P256K1", "SIGN_VERIFY"): ("SigningAlgorithms", ["ECDSA_SHA_256"]),
    ("ECC_NIST_P256", "KEY_AGREEMENT"): ("KeyAgreementAlgorithms", ["ECDH"]),
    ("ECC_NIST_P384", "KEY_AGREEMENT"): ("KeyAgreementAlgorithms", ["ECDH"]),
    ("ECC_NIST_P521", "KEY_AGREEMENT"): ("KeyAgreementAlgorithms", ["ECDH"]),
    ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"): ("SigningAlgorithms", ED25519),
    ("ML_DSA_44", "SIGN_VERIFY"): ("SigningAlgorithms", ML_DSA),
    ("ML_DSA_65", "SIGN_VERIFY"): ("SigningAlgorithms", ML_DSA),
    ("ML_DSA_87", "SIGN_VERIFY"): ("SigningAlgorithms", ML_DSA),
    ("ML_KEM_512", "ENCAPSULATE_DECAPSULATE"): ("EncapsulationAlgorithms", ["ML_KEM"]),
    ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"): ("EncapsulationAlgorithms", ["ML_KEM"]),
    ("ML_KEM_1024", "ENCAPSULATE_DECAPSULATE"): ("EncapsulationAlgorithms", ["ML_KEM"]),
    ("HMAC_224", "GENERATE_VERIFY_MAC"): ("MacAlgorithms", ["HMAC_SHA_224"]),
    ("HMAC_256", "GENERATE_VERIFY_MAC"): ("MacAlgorithms", ["HMAC_SHA_256"]),
    ("HMAC_384", "GENERATE_VERIFY_MAC"): ("MacAlgorithms", ["HMAC_SHA_384"]),
    ("HMAC_512", "GENERATE_VERIFY_MAC"): ("MacAlgorithms", ["HMAC_SHA_512"]),
}
# The deprecated member's enum stops before these (rules KEY-14; assumed).
WITHOUT_LEGACY_NAME: Final = (
    "ECC_NIST_EDWARDS25519",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
)

INCOMPATIBLE: Final = [
    ("RSA_2048", "KEY_AGREEMENT"),
    ("RSA_2048", "GENERATE_VERIFY_MAC"),
    ("SYMMETRIC_DEFAULT", "SIGN_VERIFY"),
    ("SYMMETRIC_DEFAULT", "GENERATE_VERIFY_MAC"),
    ("ECC_NIST_P256", "ENCRYPT_DECRYPT"),
    ("ECC_SECG_P256K1", "KEY_AGREEMENT"),
    ("ECC_NIST_EDWARDS25519", "KEY_AGREEMENT"),
    ("ML_DSA_65", "ENCRYPT_DECRYPT"),
    ("ML_KEM_512", "SIGN_VERIFY"),
    ("ML_KEM_1024", "KEY_AGREEMENT"),
    ("RSA_2048", "ENCAPSULATE_DECAPSULATE"),
    ("HMAC_256", "ENCRYPT_DECRYPT"),
    ("HMAC_512", "SIGN_VERIFY"),
]

KEY_SPECS: Final = (
    "[RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1,"
    " ECC_NIST_EDWARDS25519, SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, SM2,"
    " ML_DSA_44, ML_DSA_65, ML_DSA_87, ML_KEM_512, ML_KEM_768, ML_KEM_1024]"
)


def ids(pairs: Any) -> list[str]:
    return [" ".join(pair) for pair in pairs]


def common_members(kms_mock: Any, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what every new key of *kms_mock*, whose clock stands, shows of itself."""
    key_id = metadata["KeyId"]
    return {
        "AWSAccountId": ACCOUNT,
        "KeyId": key_id,
        "Arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}",
        "CreationDate": kms_mock.clock.now(),
        "Enabled": True,
        "Description": "",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "MultiRegion": False,
    }


def symmetric_members(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what a symmetric key that has material shows besides."""
    material_id = metadata["CurrentKeyMaterialId"]
    assert re.fullmatch("[0-9a-f]{64}", material_id)
    return {
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "CurrentKeyMaterialId": material_id,
    }


def test_create_key(kms, kms_mock):
    """
    A key is symmetric and enabled by default.

    wire-facts C1, C2, C3, C4; rules KEY-1, KEY-9, KEY-11.
    """
    kms_mock.clock.freeze()

    answered = members(kms.create_key())

    metadata = answered["KeyMetadata"]
    assert {
        "KeyMetadata": {**common_members(kms_mock, metadata), **symmetric_members(metadata)}
    } == answered


@pytest.mark.parametrize(("pair", "algorithms"), PAIRS.items(), ids=ids(PAIRS))
def test_create_key_of_each_spec_and_usage(kms, kms_mock, pair, algorithms):
    """
    A key lists the algorithms of its usage alone, in AWS's order.

    wire-facts C5, C8, C9, C10, C11, C12, C18; rules KEY-13, KEY-14, KEY-17.
    """
    spec, usage = pair
    member, values = algorithms
    kms_mock.clock.freeze()

    metadata = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]

    expected = {
        **common_members(kms_mock, metadata),
        "KeySpec": spec,
        "KeyUsage": usage,
        member: values,
    }
    if spec not in WITHOUT_LEGACY_NAME:
        expected["CustomerMasterKeySpec"] = spec
    assert expected == metadata
    assert metadata == kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]


@pytest.mark.parametrize("usage", ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"])
def test_create_sm2_key_in_china(kms_mock, usage):
    """The Regions in China have SM2 keys, for three usages."""
    kms = kms_mock.client("cn-north-1")
    algorithms = {
        "ENCRYPT_DECRYPT": {"EncryptionAlgorithms": ["SM2PKE"]},
        "SIGN_VERIFY": {"SigningAlgorithms": ["SM2DSA"]},
        "KEY_AGREEMENT": {"KeyAgreementAlgorithms": ["ECDH"]},
    }

    metadata = kms.create_key(KeySpec="SM2", KeyUsage=usage)["KeyMetadata"]

    assert {"KeySpec": "SM2", "KeyUsage": usage, **algorithms[usage]} == {
        name: metadata[name]
        for name in metadata
        if name in ("KeySpec", "KeyUsage") or name.endswith("Algorithms")
    }


def test_create_sm2_key_outside_china(kms):
    """No other Region has SM2 keys (wire-facts C17, V5; rules KEY-8)."""
    assert (
        "UnsupportedOperationException",
        "KeySpec SM2 is not supported in this Region",
    ) == harmless_refusal(kms.create_key, KeySpec="SM2", KeyUsage="SIGN_VERIFY")


def test_create_external_key(kms, kms_mock):
    """A key for imported material waits for it (wire-facts C6; rules KEY-4, KEY-12, KEY-16)."""
    kms_mock.clock.freeze()

    metadata = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]

    assert {
        **common_members(kms_mock, metadata),
        "Enabled": False,
        "KeyState": "PendingImport",
        "Origin": "EXTERNAL",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
    } == metadata


@pytest.mark.parametrize(
    ("pair", "algorithms"),
    [item for item in PAIRS.items() if item[0][0] not in WITHOUT_LEGACY_NAME],
    ids=[" ".join(pair) for pair in PAIRS if pair[0] not in WITHOUT_LEGACY_NAME],
)
def test_create_external_key_of_each_spec_and_usage(kms, kms_mock, pair, algorithms):
    """
    Such a key lists its algorithms while it waits, and never a material id.

    wire-facts C5, M16, M18; rules KEY-5.
    """
    spec, usage = pair
    member, values = algorithms
    kms_mock.clock.freeze()

    metadata = kms.create_key(KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")["KeyMetadata"]

    assert {
        **common_members(kms_mock, metadata),
        "Enabled": False,
        "KeyState": "PendingImport",
        "Origin": "EXTERNAL",
        "KeySpec": spec,
        "CustomerMasterKeySpec": spec,
        "KeyUsage": usage,
        member: values,
    } == metadata


def test_create_external_ed25519_key(kms):
    """Ed25519 keys can be imported, too (rules KEY-5)."""
    metadata = kms.create_key(
        KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY", Origin="EXTERNAL"
    )["KeyMetadata"]

    assert "PendingImport" == metadata["KeyState"]


@pytest.mark.parametrize(
    ("spec", "usage"), [pair for pair in PAIRS if pair[0].startswith("ML_")], ids=" ".join
)
def test_create_external_lattice_key(kms, spec, usage):
    """
    ML-DSA keys cannot be imported, nor can ML-KEM keys.

    wire-facts V29, its code assumed; rules KEY-5; all of ML-KEM assumed.
    """
    assert (
        "UnsupportedOperationException",
        f"KeySpec {spec} is not supported for Origin EXTERNAL",
    ) == harmless_refusal(kms.create_key, KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")


def test_create_multi_region_key(kms, kms_mock):
    """A multi-Region key is the primary one of its kind (wire-facts Z1; rules KEY-19, MR-1)."""
    kms_mock.clock.freeze()

    metadata = kms.create_key(MultiRegion=True)["KeyMetadata"]

    assert {
        **common_members(kms_mock, metadata),
        **symmetric_members(metadata),
        "MultiRegion": True,
        "MultiRegionConfiguration": {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": metadata["Arn"], "Region": REGION},
            "ReplicaKeys": [],
        },
    } == metadata


@pytest.mark.parametrize("spec", sorted({spec for spec, _ in PAIRS}))
def test_create_key_without_usage(kms, spec):
    """Every key but a symmetric one needs its usage said (wire-facts C13; rules KEY-2)."""
    assert (
        "ValidationException",
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
    ) == harmless_refusal(kms.create_key, KeySpec=spec)


@pytest.mark.parametrize(("spec", "usage"), INCOMPATIBLE, ids=ids(INCOMPATIBLE))
def test_create_key_of_incompatible_usage(kms, spec, usage):
    """A usage that the spec does not have is refused (wire-facts C16, V6, X1; rules KEY-2)."""
    assert (
        "ValidationException",
        f"KeyUsage {usage} is not compatible with KeySpec {spec}",
    ) == harmless_refusal(kms.create_key, KeySpec=spec, KeyUsage=usage)


@pytest.mark.parametrize("spec", ["HMAC_random", "hmac_256", "AES_256"])
def test_create_key_of_unknown_spec(kms, spec):
    """An unknown spec is answered with all known ones (wire-facts C14, in the order of D3, X13)."""
    assert (
        "ValidationException",
        f"1 validation error detected: Value '{spec}' at 'keySpec' failed to satisfy constraint:"
        f" Member must satisfy enum value set: {KEY_SPECS}",
    ) == harmless_refusal(kms.create_key, KeySpec=spec)


def test_create_key_with_two_violations(kms):
    """Everything that is wrong with the shape is said at once (wire-facts W13; ERR-1, ERR-2)."""
    code, message = harmless_refusal(kms.create_key, KeySpec="AES_256", Description="x" * 8193)

    first, second = message.split("; ")
    assert "ValidationException" == code
    assert (
        f"2 validation errors detected: Value '{'x' * 8193}' at 'description' failed to satisfy"
        " constraint: Member must have length less than or equal to 8192"
    ) == first
    assert (
        "Value 'AES_256' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value"
        f" set: {KEY_SPECS}"
    ) == second


@pytest.mark.parametrize(
    ("spec", "usage"), [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("RSA_2048", "SIGN_VERIFY")]
)
def test_create_key_by_the_deprecated_member(kms, spec, usage):
    """CustomerMasterKeySpec does what KeySpec does (rules KEY-3)."""
    metadata = kms.create_key(CustomerMasterKeySpec=spec, KeyUsage=usage)["KeyMetadata"]

    assert (spec, spec) == (metadata["KeySpec"], metadata["CustomerMasterKeySpec"])


def test_create_key_by_both_members(kms):
    """KeySpec and CustomerMasterKeySpec exclude each other, even if equal (wire-facts C19)."""
    assert (
        "ValidationException",
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request."
        " CustomerMasterKeySpec is deprecated.",
    ) == harmless_refusal(
        kms.create_key,
        KeySpec="RSA_2048",
        CustomerMasterKeySpec="RSA_2048",
        KeyUsage="SIGN_VERIFY",
    )
