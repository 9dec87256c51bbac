"""Attestation documents: minted, read and verified; their CBOR against botocore's."""

from datetime import datetime, timedelta, timezone

import botocore.parsers
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto.errors import BadDocument
from pytest_kmsmock._kms.crypto.nitro import cbor, documents

PCRS = {0: b"\1" * 48, 1: bytes(48), 31: b"\x1f" * 48}
SIGNER = documents.make_signer()
ROOT, LEAF = SIGNER.certificates
SPKI = SIGNER.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def minted(**changes):
    members = {
        "public_key": b"spki",
        "timestamp": 1700000000000,
        "pcrs": PCRS,
        "user_data": b"user",
        "nonce": b"once",
        **changes,
    }
    return documents.mint(SIGNER, **members)


EXPECTED = documents.AttestationDocument(
    module_id="i-0123456789abcdef0-enc0123456789abcdef",
    timestamp=1700000000000,
    certificate=LEAF,
    cabundle=(ROOT,),
    pcrs=PCRS,
    nitrotpm_pcrs={},
    public_key=b"spki",
    user_data=b"user",
    nonce=b"once",
)


def test_parse():
    """A document says what it was minted with."""

    assert documents.parse(minted()) == EXPECTED


def test_parse_nitro_tpm():
    """A NitroTPM document names its registers differently."""
    found = documents.parse(minted(pcrs={}, nitrotpm_pcrs={4: bytes(48)}))

    assert (found.pcrs, found.nitrotpm_pcrs) == ({}, {4: bytes(48)})


def test_parse_without_optional_members():
    """Public key, user data and nonce may be missing or null."""
    found = documents.parse(minted(public_key=None, user_data=None, nonce=None))

    assert (found.public_key, found.user_data, found.nonce) == (None, None, None)


def test_parse_tagged():
    """The tag of COSE_Sign1, which real documents leave out, does no harm."""

    assert documents.parse(b"\xd2" + minted()) == EXPECTED


def test_verify():
    """A minted document verifies, up to its root and on any day."""
    day = datetime(2031, 5, 5, tzinfo=timezone.utc)

    assert documents.verify(minted()) == EXPECTED
    assert documents.verify(minted(), root=ROOT, at=day) == EXPECTED


def test_mint_is_es384():
    """The signature is ES384 over COSE's Sig_structure under the leaf certificate's key."""
    protected, unprotected, payload, signature = cbor.loads(minted())
    signed = cbor.dumps(["Signature1", protected, b"", payload])
    r, s = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
    key = x509.load_der_x509_certificate(LEAF).public_key()

    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA384()))
    assert (protected, unprotected) == (bytes.fromhex("a1013822"), {})


def changed(**members):
    """Mint a document and change its payload behind the signature's back."""
    protected, unprotected, payload, signature = cbor.loads(minted())
    return cbor.dumps(
        [protected, unprotected, cbor.dumps({**cbor.loads(payload), **members}), signature]
    )


def cose(**parts):
    names = ("protected", "unprotected", "payload", "signature")
    document = dict(zip(names, cbor.loads(minted()), strict=True))
    return cbor.dumps(list({**document, **parts}.values()))


def issued_by(key, issuer, *, subject="x", public_key=None, days=1):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    start = datetime(2030, 1, 1, tzinfo=timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public_key or key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, hashes.SHA384())
    )
    return certificate.public_bytes(Encoding.DER)


def test_verify_a_certificate_that_cryptography_warns_of(recwarn):
    """A negative serial number, which no authority gives, is refused without a warning."""
    plain = issued_by(SIGNER.key, x509.load_der_x509_certificate(ROOT).subject)
    negative = plain.replace(b"\x02\x01\x01", b"\x02\x01\xff", 1)  # the serial number, 1

    with pytest.raises(BadDocument, match=r"^a certificate cannot be read: "):
        documents.verify(changed(certificate=negative))

    assert negative != plain
    assert [] == recwarn.list


def test_verify_of_another_root():
    """A document of another root than the trusted one is refused."""
    other = documents.make_signer().certificates[0]

    with pytest.raises(BadDocument, match=r"^the certificates lead to another root$"):
        documents.verify(minted(), root=other)


def test_verify_another_issuer():
    """A leaf that the certificate above it did not issue is refused."""
    other = documents.make_signer().certificates[0]
    signer = documents.Signer(key=SIGNER.key, certificates=(other, LEAF))
    document = documents.mint(signer, public_key=None, timestamp=1)

    with pytest.raises(BadDocument, match=r"^a certificate was not issued by the one above it$"):
        documents.verify(document)


@pytest.mark.parametrize(("day", "is_valid"), [(0, False), (1, True), (2, True), (3, False)])
def test_verify_at(day, is_valid):
    """Certificates must be valid at the given time, if one is given."""
    root = x509.load_der_x509_certificate(ROOT)
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self")])
    own = issued_by(key, name, subject="self", days=1)
    signer = documents.Signer(key=key, certificates=(own,))
    document = documents.mint(signer, public_key=None, timestamp=1)
    at = datetime(2029, 12, 31, tzinfo=timezone.utc) + timedelta(days=day)

    assert root.subject != name
    assert documents.verify(document).certificate == own
    if is_valid:
        assert documents.verify(document, at=at).certificate == own
    else:
        with pytest.raises(BadDocument, match=r"^a certificate is not valid at this time$"):
            documents.verify(document, at=at)


def leaf_of_another_kind():
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    issuer = x509.load_der_x509_certificate(ROOT).subject
    return issued_by(SIGNER.key, issuer, public_key=key)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (changed(timestamp=1), "the signature does not match"),
        (changed(public_key=b"mine"), "the signature does not match"),
        (cose(signature=bytes(96)), "the signature does not match"),
        (cose(signature=b"\xff" * 96), "the signature does not match"),
        (cose(signature=bytes(95)), "not signed with ES384"),
        (cose(protected=cbor.dumps({1: -7})), "not signed with ES384"),
        (cose(protected=cbor.dumps([])), "not signed with ES384"),
        (cose(protected=b""), "truncated or too deep CBOR"),
        (changed(certificate=leaf_of_another_kind()), "not signed with ES384"),
        (
            changed(certificate=LEAF.replace(SPKI[-97:], b"\4" + bytes(96))),
            "the leaf's public key cannot be read: Invalid key",
        ),
    ],
    ids=[
        "another timestamp",
        "another public key",
        "zero signature",
        "signature out of range",
        "short signature",
        "ES256",
        "no header map",
        "no header",
        "leaf of another kind",
        "leaf key off the curve",
    ],
)
def test_verify_refused(document, reason):
    """A document whose signature does not hold is refused, though it can be read."""
    documents.parse(document)

    with pytest.raises(BadDocument) as caught:
        documents.verify(document)

    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "certificate",
    [b"x", LEAF.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020166"), 1)],
    ids=["garbage", "version"],
)
def test_verify_unreadable_certificate(certificate):
    """A document whose certificate is none is refused."""

    with pytest.raises(BadDocument, match=r"^a certificate cannot be read: "):
        documents.verify(changed(certificate=certificate))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "truncated or too deep CBOR"),
        (b"AAAA", "trailing CBOR"),
        (minted()[:-1], "truncated CBOR"),
        (minted() + b"\0", "trailing CBOR"),
        (cbor.dumps({}), "not a COSE_Sign1"),
        (cbor.dumps([b"", {}, b""]), "not a COSE_Sign1"),
        (cose(signature="text"), "not a COSE_Sign1"),
        (cose(payload=cbor.dumps([])), "not an attestation document"),
        (changed(module_id=b"bytes"), "not an attestation document"),
        (changed(digest="SHA256"), "not an attestation document"),
        (changed(timestamp="now"), "not an attestation document"),
        (changed(certificate=None), "not an attestation document"),
        (changed(cabundle=["text"]), "not an attestation document"),
        (changed(pcrs=[]), "the PCRs are no map"),
        (changed(pcrs={"0": b""}), "the PCRs are no map of numbers to bytes"),
        (changed(pcrs={0: "text"}), "the PCRs are no map of numbers to bytes"),
        (changed(nonce="text"), "an optional member is not bytes"),
    ],
    ids=[
        "empty",
        "garbage",
        "truncated",
        "trailing",
        "map",
        "three parts",
        "text for bytes",
        "payload no map",
        "module_id",
        "digest",
        "timestamp",
        "certificate",
        "cabundle",
        "pcrs no map",
        "pcrs index",
        "pcrs value",
        "nonce",
    ],
)
def test_parse_refused(document, reason):
    """What is no attestation document is refused."""

    with pytest.raises(BadDocument) as caught:
        documents.parse(document)

    assert str(caught.value) == reason


def test_parse_without_registers():
    """A document without any PCRs member is refused."""
    protected, unprotected, payload, signature = cbor.loads(minted())
    members = {name: value for name, value in cbor.loads(payload).items() if name != "pcrs"}
    document = cbor.dumps([protected, unprotected, cbor.dumps(members), signature])

    with pytest.raises(BadDocument, match=r"^not an attestation document$"):
        documents.parse(document)


INTACT = minted()


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(deadline=None)
@given(st.data())
def test_verify_damaged(data):
    """However a document is damaged, it is refused or says what it said."""
    start = data.draw(st.integers(0, len(INTACT)))
    end = data.draw(st.integers(start, min(start + 8, len(INTACT))))
    damaged = INTACT[:start] + data.draw(st.binary(max_size=8)) + INTACT[end:]
    try:
        found = documents.verify(damaged)
    except BadDocument:
        found = None

    assert found in (None, EXPECTED)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.binary(max_size=300)
    | st.text(max_size=30),
    # The other implementation leaves out members that are null.
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.text(max_size=5), inner.filter(lambda value: value is not None))
    ),
    max_leaves=20,
)


@pytest.mark.skipif(
    not hasattr(botocore.parsers, "RpcV2CBORParser"), reason="botocore < 1.40 reads no CBOR"
)
@settings(deadline=None, max_examples=30)
@given(values)
def test_cbor_with_another_implementation(value):
    """Another implementation reads what we write, and we read it back."""
    encoded = cbor.dumps(value)
    parser = botocore.parsers.RpcV2CBORParser()
    stream = parser.get_peekable_stream_from_bytes(encoded)

    assert parser.parse_data_item(stream) == value
    assert cbor.loads(encoded) == value


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65536, "1a00010000"),
        (1 << 32, "1b0000000100000000"),
        (-1, "20"),
        (-35, "3822"),
    ],
)
def test_cbor_integers(number, expected):
    """Integers are written as short as RFC 8949 has them."""

    assert cbor.dumps(number).hex() == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("5f4100ff", "indefinite CBOR length"),
        ("f97e00", "unsupported CBOR value"),
        ("f7", "unsupported CBOR value"),
        ("61ff", "bad CBOR text"),
        ("a18000", "bad CBOR map key"),
        ("a1f500", "bad CBOR map key"),
        ("19", "truncated CBOR"),
        ("8200", "truncated or too deep CBOR"),
        ("81" * 20 + "00", "truncated or too deep CBOR"),
        ("9bffffffffffffffff", "truncated or too deep CBOR"),
    ],
)
def test_cbor_refused(data, reason):
    """CBOR that attestation documents do not use is refused."""

    with pytest.raises(BadDocument) as caught:
        cbor.loads(bytes.fromhex(data))

    assert str(caught.value) == reason


def test_cbor_of_another_type():
    """A value that has no place in a document cannot be written."""

    with pytest.raises(TypeError, match=r"^no CBOR for float$"):
        cbor.dumps(1.5)
