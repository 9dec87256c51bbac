"""ECDSA and ECDH against Wycheproof, NIST and another implementation, as KMS uses them."""

import hashlib
from base64 import b64decode
from collections import Counter

import cryptography
import pytest
from Crypto.Hash import SHA256, SHA384, SHA512
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.errors import BadMaterial, InvalidPublicKey
from pytest_kmsmock._kms.crypto.materials.elliptic import EllipticMaterial
from pytest_kmsmock._kms.crypto.materials.making import generate, load, load_private_key
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.vectors import PublicOnly, folder_of, in_steps, nist, wycheproof

CURVES = [
    ("ECC_NIST_P256", "secp256r1", 256),
    ("ECC_NIST_P384", "secp384r1", 384),
    ("ECC_NIST_P521", "secp521r1", 512),
    ("ECC_SECG_P256K1", "secp256k1", 256),
]
HASHES = {256: SHA256, 384: SHA384, 512: SHA512}


@in_steps
@pytest.mark.parametrize(("name", "curve", "bits"), CURVES)
def test_verify(name, curve, bits, step):
    """Wycheproof's ECDSA signatures get its verdict, as RAW and as DIGEST (wire-facts G22)."""
    cases = wycheproof(f"Signature/ecdsa_{curve}_sha{bits}_test")[::step]
    wrong = []
    for case in cases:
        public = load_der_public_key(case.octets("publicKeyDer"))
        material = EllipticMaterial(SPECS[name], lambda public=public: PublicOnly(public))
        message, signature = case.octets("msg"), case.octets("sig")
        digest = hashlib.new(f"sha{bits}", message).digest()
        found = {
            material.verify(f"ECDSA_SHA_{bits}", message, "RAW", signature),
            material.verify(f"ECDSA_SHA_{bits}", digest, "DIGEST", signature),
        }
        if found != {case.result == "valid"}:
            wrong.append(case.number)

    assert wrong == []
    assert {case.result for case in cases} == {"valid", "invalid"}


@pytest.mark.parametrize(("name", "curve", "bits"), CURVES[:3])
def test_sign_with_another_implementation(source, leases, name, curve, bits):
    """Another implementation verifies our signatures and makes ours, in DER."""
    material = generate(SPECS[name], source=source, leases=leases)
    signer = DSS.new(ECC.import_key(material.private_key()), "fips-186-3", encoding="der")
    hashed = HASHES[bits].new(b"message")
    algorithm = f"ECDSA_SHA_{bits}"

    signer.verify(hashed, material.sign(algorithm, b"message", "RAW"))
    signer.verify(hashed, material.sign(algorithm, hashed.digest(), "DIGEST"))
    assert material.verify(algorithm, b"message", "RAW", signer.sign(hashed))
    assert material.verify(algorithm, hashed.digest(), "DIGEST", signer.sign(hashed))


CURVE_OIDS = {
    "secp256r1": "06082a8648ce3d030107",
    "secp384r1": "06052b81040022",
    "secp521r1": "06052b81040023",
}


def spki(curve, point):
    algorithm = bytes.fromhex("06072a8648ce3d0201" + CURVE_OIDS[curve])
    bits = der.tlv(der.BIT_STRING, b"\0", point)
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, algorithm), bits)


@pytest.mark.sweep(5)
@in_steps
@pytest.mark.parametrize(("name", "curve", "bits"), CURVES)
def test_derive(name, curve, bits, step):
    """
    Wycheproof's public keys give its secret or are refused.

    Those that it calls acceptable do either, but never give another secret.
    """
    spec = SPECS[name]
    wrong, agreed = [], 0
    for case in wycheproof(f"Protocol/ecdh_{curve}_test")[::step]:
        scalar = int(case.test["private"], 16).to_bytes((spec.bits + 7) // 8, "big")
        secret = case.octets("shared")
        expected = {"valid": {secret}, "invalid": {None}, "acceptable": {secret, None}}
        try:
            found = load_private_key(spec, scalar).derive(case.octets("public"))
        except InvalidPublicKey:
            found = None
        agreed += found is not None
        if found not in expected[case.result]:
            wrong.append(case.number)

    assert wrong == []
    assert agreed > 300 // step


@pytest.mark.parametrize("role", ["init", "resp"])
def test_derive_of_nist(role):
    """NIST's static key agreements give its secrets, and peers off the curve are refused."""
    sections = {"EC - SHA256": CURVES[0], "ED - SHA384": CURVES[1], "EE - SHA512": CURVES[2]}
    path = f"asymmetric/ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_{role}.fax"
    wrong, seen = [], Counter()
    for record in nist(path):
        result = record.get("result", "")
        is_good, is_off_curve = result.startswith("P"), "CAVS's Static public key" in result
        if record["section"] not in sections or not (is_good or is_off_curve):
            continue
        spec, curve = SPECS[sections[record["section"]][0]], sections[record["section"]][1]
        size = (spec.bits + 7) // 8
        scalar, x, y = (
            int(record[name], 16).to_bytes(size, "big") for name in ("dsiut", "qscavsx", "qscavsy")
        )
        try:
            found = load_private_key(spec, scalar).derive(spki(curve, b"\4" + x + y))
        except InvalidPublicKey:
            found = None
        expected = int(record["z"], 16).to_bytes(size, "big") if is_good else None
        seen[record["section"], is_good] += 1
        if found != expected:
            wrong.append((record["section"], record["count"]))

    assert wrong == []
    assert seen == {(section, good): 18 if good else 4 for section in sections for good in (1, 0)}


def test_derive_of_another_kind(source, leases):
    """A public key that is not on an elliptic curve is refused."""
    spec = SPECS["ECC_NIST_P256"]
    material = generate(spec, source=source, leases=leases)
    peer = generate(SPECS["ECC_NIST_EDWARDS25519"], source=source, leases=leases)

    with pytest.raises(InvalidPublicKey, match=r"^not a public key on the curve secp256r1$"):
        material.derive(peer.public_key())


needs_explicit_curves = pytest.mark.skipif(
    int(cryptography.__version__.partition(".")[0]) < 45,
    reason="cryptography < 45 reads no curve that is spelled out",
)


def explicit(kind, curve):
    folder = folder_of("cryptography_vectors") / "asymmetric" / "EC"
    return (folder / f"{curve}{kind}-explicit-no-seed.pem").read_bytes()


@needs_explicit_curves
def test_derive_with_an_explicit_curve(source, leases):
    """A public key whose curve is spelled out, not named, is taken if the curve is the key's."""
    pem = explicit("-pub", "secp256r1")
    encoded = b64decode(b"".join(pem.splitlines()[1:-1]))
    material = generate(SPECS["ECC_NIST_P256"], source=source, leases=leases)

    assert len(material.derive(encoded)) == 32


@needs_explicit_curves
def test_load_with_an_explicit_curve():
    """A private key whose curve is spelled out is refused on import, though a test may give it."""
    spec, pem = SPECS["ECC_NIST_P256"], explicit("", "secp256r1")
    encoded = b64decode(b"".join(pem.splitlines()[1:-1]))

    assert len(load_private_key(spec, pem).public_key()) == 91
    with pytest.raises(BadMaterial, match=r"^not a DER PKCS#8 private key$"):
        load(spec, encoded)
