"""Every key spec as AWS's table of key specs has it: usages, algorithms, sizes, wrappings."""

import csv
import re
from typing import Any, Final

import pytest

from pytest_kmsmock import KmsMock
from tests.conformance.service_model import MODEL
from tests.conformance.stage import Stage
from tests.conformance.tables import DATA
from tests.libraries import signs_external_mu
from tests.vocabulary import create_key, refusal

with (DATA / "key-specs.csv").open(encoding="utf-8", newline="") as file:
    ROWS: Final = {row["key_spec"]: row for row in csv.DictReader(file)}

# usage -> column of its algorithms, member of KeyMetadata
ALGORITHMS: Final = {
    "ENCRYPT_DECRYPT": ("encryption_algorithms", "EncryptionAlgorithms"),
    "SIGN_VERIFY": ("signing_algorithms", "SigningAlgorithms"),
    "GENERATE_VERIFY_MAC": ("mac_algorithms", "MacAlgorithms"),
    "KEY_AGREEMENT": ("key_agreement_algorithms", "KeyAgreementAlgorithms"),
    "ENCAPSULATE_DECAPSULATE": ("encapsulation_algorithms", "EncapsulationAlgorithms"),
}
WRAPPINGS: Final = (
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSA_AES_KEY_WRAP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256",
    "SM2PKE",
)


def listed(spec: str, column: str) -> list[str]:
    """Read the words of a cell, without what stands in brackets behind them."""
    cell = ROWS[spec][column]
    return [] if cell == "-" else re.sub(r" \([^)]*\)", "", cell).split("; ")


def numbered(spec: str, column: str) -> dict[str, int]:
    """Read the numbers of a cell, by the word in brackets behind each; "" where there is none."""
    found = re.findall(r"(\d+)(?: \((\w+)\))?(?:; |$)", ROWS[spec][column])
    return {name: int(number) for number, name in found}


def region_of(spec: str) -> str:
    return "cn-north-1" if ROWS[spec]["regions"] == "China only" else "us-east-1"


def pairs(column: str) -> list[Any]:
    """Return every spec with every word of one of its cells, to parametrise with."""
    return [
        pytest.param(spec, word, id=f"{spec}-{word}")
        for spec in ROWS
        for word in listed(spec, column)
    ]


@pytest.fixture
def stage(request: pytest.FixtureRequest, kms_mock: KmsMock) -> Stage:
    """See KMS in a Region that has the test's key spec."""
    spec = request.node.callspec.params["spec"]
    return Stage(mock=kms_mock, region=region_of(spec), elsewhere=("cn-northwest-1",))


def test_rows() -> None:
    """The table has a row for each key spec of the model."""
    assert {*MODEL.shape_for("KeySpec").enum} == {*ROWS}


@pytest.mark.sweep(7)
@pytest.mark.parametrize("usage", ALGORITHMS)
@pytest.mark.parametrize("spec", ROWS)
def test_usage(stage: Stage, spec: str, usage: str) -> None:
    """A key is made for the usages of its spec only, and shows their algorithms in AWS's order."""
    members = {"KeySpec": spec, "KeyUsage": usage}
    if usage not in listed(spec, "key_usages"):
        message = f"KeyUsage {usage} is not compatible with KeySpec {spec}"

        assert ("ValidationException", message) == refusal(stage.kms.create_key, **members)
        return

    metadata = stage.kms.create_key(**members)["KeyMetadata"]

    column, member = ALGORITHMS[usage]
    assert {member: listed(spec, column)} == {
        name: metadata[name] for _, name in ALGORITHMS.values() if name in metadata
    }


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("spec", "algorithm"), pairs("encryption_algorithms"))
def test_sizes_of_encryption(stage: Stage, spec: str, algorithm: str) -> None:
    """As much is encrypted as fits the algorithm and not a byte more (wire-facts E5, E9)."""
    limits = numbered(spec, "max_plaintext_bytes")
    most = limits.get(algorithm, limits.get("", 0))
    key = create_key(stage.kms, KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")
    request = {"KeyId": key, "EncryptionAlgorithm": algorithm}
    if spec == "SYMMETRIC_DEFAULT":
        message = (
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint:"
            " Member must have length less than or equal to 4096"
        )
    else:
        message = (
            f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most}"
            " bytes."
        )

    blob = stage.kms.encrypt(Plaintext=bytes(most), **request)["CiphertextBlob"]

    if (length := ROWS[spec]["ciphertext_bytes"]).isdigit():
        assert int(length) == len(blob)
    assert bytes(most) == stage.kms.decrypt(CiphertextBlob=blob, **request)["Plaintext"]
    assert ("ValidationException", message) == refusal(
        stage.kms.encrypt, Plaintext=bytes(most + 1), **request
    )


def prehashed(spec: str, algorithm: str) -> dict[str, int]:
    """Return the message types besides RAW that an algorithm takes, with their lengths."""
    lengths = numbered(spec, "digest_bytes")
    if "EXTERNAL_MU" in lengths:
        return lengths
    for name, length in lengths.items():
        if algorithm.endswith(name) or name == "SM3":
            return {"DIGEST": length}
    return {}


@pytest.mark.parametrize(("spec", "algorithm"), pairs("signing_algorithms"))
def test_signing(stage: Stage, spec: str, algorithm: str) -> None:
    """Message types, lengths of digests and of signatures are the table's (wire-facts G12, G23)."""
    key = create_key(stage.kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    request = {"KeyId": key, "SigningAlgorithm": algorithm}
    lengths = prehashed(spec, algorithm)
    messages = {name: bytes(length) for name, length in lengths.items()}
    if not signs_external_mu:
        messages.pop("EXTERNAL_MU", None)
    if algorithm != "ED25519_PH_SHA_512":
        messages["RAW"] = bytes(4096)
    size = ROWS[spec]["signature_or_mac_bytes"]

    signatures = [
        stage.kms.sign(Message=message, MessageType=name, **request)["Signature"]
        for name, message in messages.items()
    ]

    if size.startswith("DER, at most "):
        most = int(size.removeprefix("DER, at most "))
        assert all(most - 8 <= len(signature) <= most for signature in signatures)
    else:
        assert {int(size)} == {len(signature) for signature in signatures}
    for name, length in lengths.items():
        what = "Digest" if name == "DIGEST" else "External mu"
        assert (
            "ValidationException",
            f"{what} is invalid length for algorithm {algorithm}.",
        ) == refusal(stage.kms.sign, Message=bytes(length - 1), MessageType=name, **request)
    for name in {"RAW", "DIGEST", "EXTERNAL_MU"} - messages.keys() - lengths.keys():
        what = f"key spec {spec}" if spec.startswith("ML_DSA") else f"algorithm {algorithm}"
        assert (
            "ValidationException",
            f"Message type {name} is incompatible with {what}.",
        ) == refusal(stage.kms.sign, Message=bytes(64), MessageType=name, **request)


@pytest.mark.parametrize(("spec", "algorithm"), pairs("mac_algorithms"))
def test_size_of_mac(stage: Stage, spec: str, algorithm: str) -> None:
    """A MAC is as long as the hash of its key (rules MAC-2)."""
    key = create_key(stage.kms, KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC")

    mac = stage.kms.generate_mac(KeyId=key, MacAlgorithm=algorithm, Message=b"m")["Mac"]

    assert [str(len(mac))] == listed(spec, "signature_or_mac_bytes")


@pytest.mark.parametrize(("spec", "algorithm"), pairs("key_agreement_algorithms"))
def test_size_of_shared_secret(stage: Stage, spec: str, algorithm: str) -> None:
    """A shared secret is the x coordinate, as long as the curve's (rules DSS-3)."""
    members = {"KeySpec": spec, "KeyUsage": "KEY_AGREEMENT"}
    ours, theirs = create_key(stage.kms, **members), create_key(stage.kms, **members)
    public_key = stage.kms.get_public_key(KeyId=theirs)["PublicKey"]

    secret = stage.kms.derive_shared_secret(
        KeyId=ours, KeyAgreementAlgorithm=algorithm, PublicKey=public_key
    )["SharedSecret"]

    assert [str(len(secret))] == listed(spec, "shared_secret_bytes")


@pytest.mark.parametrize(("spec", "algorithm"), pairs("encapsulation_algorithms"))
def test_sizes_of_encapsulation(stage: Stage, spec: str, algorithm: str) -> None:
    """Ciphertext and shared secret of an encapsulation have the table's sizes."""
    key = create_key(stage.kms, KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE")
    request = {"KeyId": key, "EncapsulationAlgorithm": algorithm}
    size = int(ROWS[spec]["ciphertext_bytes"])

    made = stage.kms.encapsulate(**request)

    assert size == len(made["SharedSecretCiphertextBlob"])
    assert [str(len(made["SharedSecret"]))] == listed(spec, "shared_secret_bytes")
    for wrong in (size - 1, size + 1):
        assert ("InvalidCiphertextException", "") == refusal(
            stage.kms.decapsulate, SharedSecretCiphertextBlob=bytes(wrong), **request
        )


@pytest.mark.parametrize(
    "spec", [spec for spec in ROWS if "all but China" in ROWS[spec]["regions"]]
)
def test_spec_that_china_lacks(stage: Stage, spec: str) -> None:
    """China's Regions have neither keys nor data key pairs of such a spec (the text is assumed)."""
    china = stage.mock.client("cn-north-1")

    assert (
        "UnsupportedOperationException",
        f"KeySpec {spec} is not supported in this Region",
    ) == refusal(china.create_key, KeySpec=spec, KeyUsage=listed(spec, "key_usages")[0])
    assert (
        "UnsupportedOperationException",
        f"KeyPairSpec {spec} is not supported in this Region",
    ) == refusal(china.generate_data_key_pair, KeyId=create_key(china), KeyPairSpec=spec)


@pytest.mark.parametrize(
    "spec", [spec for spec in ROWS if ROWS[spec]["public_key_der_bytes"] != "-"]
)
def test_size_of_public_key(stage: Stage, spec: str) -> None:
    """A public key is a DER SubjectPublicKeyInfo of the table's size (wire-facts G24, G25)."""
    key = create_key(stage.kms, KeySpec=spec, KeyUsage=listed(spec, "key_usages")[0])

    public_key = stage.kms.get_public_key(KeyId=key)["PublicKey"]

    assert int(listed(spec, "public_key_der_bytes")[0]) == len(public_key)


@pytest.mark.parametrize("spec", ROWS)
def test_data_key_pair(stage: Stage, spec: str) -> None:
    """Data key pairs are made of the specs that have them, no others (rules DK-9)."""
    request = {"KeyId": create_key(stage.kms), "KeyPairSpec": spec}
    if ROWS[spec]["data_key_pair_spec"].startswith("yes"):
        pair = stage.kms.generate_data_key_pair_without_plaintext(**request)

        assert int(listed(spec, "public_key_der_bytes")[0]) == len(pair["PublicKey"])
    else:
        code, _ = refusal(stage.kms.generate_data_key_pair_without_plaintext, **request)

        assert "ValidationException" == code


@pytest.mark.parametrize("spec", ROWS)
def test_multi_region(stage: Stage, spec: str) -> None:
    """A key of any spec may be multi-Region (rules MR-2)."""
    usage = listed(spec, "key_usages")[0]

    made = stage.kms.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=True)

    assert ROWS[spec]["multi_region"].startswith("yes") is made["KeyMetadata"]["MultiRegion"]


@pytest.mark.parametrize("spec", ROWS)
def test_rotation(stage: Stage, spec: str) -> None:
    """Keys rotate by themselves if their spec does, and on demand alike (wire-facts O8)."""
    key = create_key(stage.kms, KeySpec=spec, KeyUsage=listed(spec, "key_usages")[0])
    calls = {
        "automatic_rotation": stage.kms.enable_key_rotation,
        "on_demand_rotation": stage.kms.rotate_key_on_demand,
    }
    for column, call in calls.items():
        if ROWS[spec][column].startswith("yes"):
            assert 200 == call(KeyId=key)["ResponseMetadata"]["HTTPStatusCode"]
        else:
            assert ("UnsupportedOperationException", "") == refusal(call, KeyId=key)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("spec", [spec for spec in ROWS if "EXTERNAL" in ROWS[spec]["origins"]])
def test_import_wrapping(stage: Stage, spec: str, wrapping: str) -> None:
    """Material of a spec is wrapped in the table's ways only (wire-facts M4, rules IMP-3)."""
    cell = ROWS[spec]["import_wrapping_algorithms"]
    wrapping_spec = "SM2" if wrapping == "SM2PKE" else "RSA_3072"
    needs_china = f"{wrapping} (China)" in cell or wrapping == "SM2PKE"
    kms = stage.mock.client("cn-north-1") if needs_china else stage.kms
    key = create_key(kms, KeySpec=spec, KeyUsage=listed(spec, "key_usages")[0], Origin="EXTERNAL")
    request = {"KeyId": key, "WrappingAlgorithm": wrapping, "WrappingKeySpec": wrapping_spec}
    if wrapping in listed(spec, "import_wrapping_algorithms"):
        assert 200 == kms.get_parameters_for_import(**request)["ResponseMetadata"]["HTTPStatusCode"]
    else:
        assert (
            "ValidationException",
            f"Wrapping algorithm {wrapping} and wrapping key spec {wrapping_spec} cannot be used"
            f" to import a {spec} key.",
        ) == refusal(kms.get_parameters_for_import, **request)


@pytest.mark.parametrize("spec", [spec for spec in ROWS if "EXTERNAL" not in ROWS[spec]["origins"]])
def test_spec_that_is_never_imported(stage: Stage, spec: str) -> None:
    """A spec without the origin EXTERNAL is refused with it (rules IMP-31; the text is assumed)."""
    message = f"KeySpec {spec} is not supported for Origin EXTERNAL"

    assert ("UnsupportedOperationException", message) == refusal(
        stage.kms.create_key,
        KeySpec=spec,
        KeyUsage=listed(spec, "key_usages")[0],
        Origin="EXTERNAL",
    )
