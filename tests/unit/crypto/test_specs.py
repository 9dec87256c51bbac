"""The key spec table against the service model and the guide's numbers."""

import pytest

from pytest_kmsmock._kms.crypto.algorithms import ENCRYPTION, MACS, SIGNING, digest_length
from pytest_kmsmock._kms.crypto.specs import SPECS, Kind
from tests.conformance.service_model import MODEL


def enum(shape):
    return set(MODEL.shape_for(shape).enum)


def test_specs_names():
    """Every key spec of the model has a row, and no other."""

    assert enum("KeySpec") == set(SPECS)


def test_specs_legacy_names():
    """The rows with a legacy name are the model's CustomerMasterKeySpec."""
    found = {spec.name for spec in SPECS.values() if spec.has_legacy_name}

    assert enum("CustomerMasterKeySpec") == found


def test_specs_data_key_pairs():
    """The rows offered as data key pairs are the model's DataKeyPairSpec."""
    found = {spec.name for spec in SPECS.values() if spec.is_data_key_pair}

    assert enum("DataKeyPairSpec") == found


@pytest.mark.parametrize(
    ("shape", "table"),
    [
        ("SigningAlgorithmSpec", SIGNING),
        ("EncryptionAlgorithmSpec", ENCRYPTION),
        ("MacAlgorithmSpec", MACS),
    ],
    ids=["signing", "encryption", "mac"],
)
def test_algorithms_names(shape, table):
    """Every algorithm of the model has a row, and no other."""

    assert enum(shape) == set(table)


RSA_SIGNING = (
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
)
OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
ED25519 = ("ED25519_SHA_512", "ED25519_PH_SHA_512")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SYMMETRIC_DEFAULT", {"ENCRYPT_DECRYPT": ("SYMMETRIC_DEFAULT",)}),
        ("HMAC_224", {"GENERATE_VERIFY_MAC": ("HMAC_SHA_224",)}),
        ("HMAC_256", {"GENERATE_VERIFY_MAC": ("HMAC_SHA_256",)}),
        ("HMAC_384", {"GENERATE_VERIFY_MAC": ("HMAC_SHA_384",)}),
        ("HMAC_512", {"GENERATE_VERIFY_MAC": ("HMAC_SHA_512",)}),
        ("RSA_2048", {"ENCRYPT_DECRYPT": OAEP, "SIGN_VERIFY": RSA_SIGNING}),
        ("RSA_3072", {"ENCRYPT_DECRYPT": OAEP, "SIGN_VERIFY": RSA_SIGNING}),
        ("RSA_4096", {"ENCRYPT_DECRYPT": OAEP, "SIGN_VERIFY": RSA_SIGNING}),
        ("ECC_NIST_P256", {"SIGN_VERIFY": ("ECDSA_SHA_256",), "KEY_AGREEMENT": ("ECDH",)}),
        ("ECC_NIST_P384", {"SIGN_VERIFY": ("ECDSA_SHA_384",), "KEY_AGREEMENT": ("ECDH",)}),
        ("ECC_NIST_P521", {"SIGN_VERIFY": ("ECDSA_SHA_512",), "KEY_AGREEMENT": ("ECDH",)}),
        ("ECC_SECG_P256K1", {"SIGN_VERIFY": ("ECDSA_SHA_256",)}),
        ("ECC_NIST_EDWARDS25519", {"SIGN_VERIFY": ED25519}),
        ("ML_DSA_44", {"SIGN_VERIFY": ("ML_DSA_SHAKE_256",)}),
        ("ML_DSA_65", {"SIGN_VERIFY": ("ML_DSA_SHAKE_256",)}),
        ("ML_DSA_87", {"SIGN_VERIFY": ("ML_DSA_SHAKE_256",)}),
        ("ML_KEM_512", {"ENCAPSULATE_DECAPSULATE": ("ML_KEM",)}),
        ("ML_KEM_768", {"ENCAPSULATE_DECAPSULATE": ("ML_KEM",)}),
        ("ML_KEM_1024", {"ENCAPSULATE_DECAPSULATE": ("ML_KEM",)}),
        (
            "SM2",
            {
                "ENCRYPT_DECRYPT": ("SM2PKE",),
                "SIGN_VERIFY": ("SM2DSA",),
                "KEY_AGREEMENT": ("ECDH",),
            },
        ),
    ],
)
def test_specs_usages_and_algorithms(name, expected):
    """A spec has these usages and algorithms, in AWS's order (wire-facts C8, C9, C10, C11, C12)."""
    spec = SPECS[name]
    found = {usage: spec.algorithms(usage) for usage in spec.usages}

    assert expected == found
    assert list(expected) == list(found)


def test_specs_algorithms_of_another_usage():
    """A spec has no algorithms for a usage that it does not have."""

    assert SPECS["RSA_2048"].algorithms("KEY_AGREEMENT") == ()


@pytest.mark.parametrize(
    ("name", "algorithm", "expected"),
    [
        ("SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT", 4096),
        ("RSA_2048", "RSAES_OAEP_SHA_1", 214),
        ("RSA_2048", "RSAES_OAEP_SHA_256", 190),
        ("RSA_3072", "RSAES_OAEP_SHA_1", 342),
        ("RSA_3072", "RSAES_OAEP_SHA_256", 318),
        ("RSA_4096", "RSAES_OAEP_SHA_1", 470),
        ("RSA_4096", "RSAES_OAEP_SHA_256", 446),
        ("SM2", "SM2PKE", 1024),
    ],
)
def test_specs_max_plaintext(name, algorithm, expected):
    """Encrypt takes this many bytes (wire-facts E5, E9)."""

    assert SPECS[name].max_plaintext(algorithm) == expected


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("RSASSA_PSS_SHA_256", 32),
        ("RSASSA_PKCS1_V1_5_SHA_384", 48),
        ("ECDSA_SHA_512", 64),
        ("ED25519_SHA_512", None),
        ("ED25519_PH_SHA_512", 64),
        ("ML_DSA_SHAKE_256", 64),
        ("SM2DSA", 32),
    ],
)
def test_digest_length(algorithm, expected):
    """A message that is not RAW has the length of the algorithm's digest (wire-facts G12)."""

    assert digest_length(algorithm) == expected


def test_specs_rotation():
    """Only symmetric encryption keys rotate."""
    found = [spec.name for spec in SPECS.values() if spec.rotates]

    assert found == ["SYMMETRIC_DEFAULT"]


def test_specs_china():
    """SM2 is for the China Regions only (wire-facts C17), ML-KEM for all but those."""
    only_there = [name for name, spec in SPECS.items() if not spec.is_offered(china=False)]
    only_elsewhere = [name for name, spec in SPECS.items() if not spec.is_offered(china=True)]

    assert only_there == ["SM2"]
    assert only_elsewhere == ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"]


def test_specs_importable():
    """Everything but ML-DSA and ML-KEM can be imported (rules IMP-31; the latter assumed)."""
    found = {spec.kind for spec in SPECS.values() if not spec.importable}

    assert found == {Kind.ML_DSA, Kind.ML_KEM}


@pytest.mark.parametrize(
    ("name", "china", "expected"),
    [
        ("SYMMETRIC_DEFAULT", False, range(32, 33)),
        ("SYMMETRIC_DEFAULT", True, range(16, 17)),
        ("HMAC_224", False, range(28, 129)),
        ("HMAC_256", True, range(32, 129)),
        ("HMAC_384", False, range(48, 129)),
        ("HMAC_512", False, range(64, 129)),
    ],
)
def test_specs_import_lengths(name, china, expected):
    """Raw material may be imported in these lengths (rules SRC-11)."""

    assert SPECS[name].import_lengths(china) == expected
    assert SPECS[name].generated_length(china) == expected[0]


def test_specs_length_of_a_key_pair():
    """A key pair has no length of raw material."""

    with pytest.raises(TypeError, match=r"^RSA_2048 material is a key pair$"):
        SPECS["RSA_2048"].generated_length(china=False)
