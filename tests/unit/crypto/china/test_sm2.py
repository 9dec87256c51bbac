"""SM2 against GB/T 32918.5, two independent implementations, and malformed input."""

import secrets

import gmalg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.china import sm2, sm2_curve
from pytest_kmsmock._kms.crypto.errors import BadMaterial, DecryptionFailed, InvalidPublicKey
from pytest_kmsmock._kms.crypto.materials.making import generate, load, load_private_key
from pytest_kmsmock._kms.crypto.randomness import SYSTEM
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.openssl import needs_openssl

SPEC = SPECS["SM2"]

# GB/T 32918.5-2017, annexes A and C.
D = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
X = 0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
Y = 0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
E = 0xF0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
X1 = 0x04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73
Y1 = 0xE858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0
C2 = bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA")
C3 = bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766")

KEY = sm2.PrivateKey(D)
OTHER = sm2.PrivateKey(12345)


class Fixed:
    """A source that hands out one number, so that the standard's nonce can be used."""

    def token_bytes(self, n):
        return K.to_bytes(n, "big")


class Queue:
    """A source that hands out the numbers it was given, one after the other."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def token_bytes(self, n):
        return self.numbers.pop(0).to_bytes(n, "big")


def signature(r, s):
    return der.tlv(der.SEQUENCE, der.integer(r), der.integer(s))


def ciphertext(x, y, c3, c2):
    parts = der.tlv(der.OCTET_STRING, c3), der.tlv(der.OCTET_STRING, c2)
    return der.tlv(der.SEQUENCE, der.integer(x), der.integer(y), *parts)


def test_standard_public_key():
    """The standard's private key has its public key."""

    assert (KEY.public.x, KEY.public.y) == (X, Y)


def test_standard_signature():
    """With the standard's nonce, digest and signature of "message digest" are the standard's."""
    e = KEY.public.digest(b"message digest")

    assert int.from_bytes(e, "big") == E
    assert KEY.sign_digest(e, Fixed()) == signature(R, S)
    assert KEY.public.verify_digest(signature(R, S), e)


def test_standard_ciphertext():
    """With the standard's nonce, the ciphertext of "encryption standard" is the standard's."""
    expected = ciphertext(X1, Y1, C3, C2)

    assert KEY.public.encrypt(b"encryption standard", Fixed()) == expected
    assert KEY.decrypt(expected) == b"encryption standard"


octets = st.integers(1, sm2_curve.N - 2)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(scalar=octets, message=st.binary(max_size=100))
def test_sign_with_another_implementation(scalar, message):
    """Another implementation verifies our signatures and makes ours (rules SIG-15)."""
    key = sm2.PrivateKey(scalar)
    theirs = gmalg.SM2(scalar.to_bytes(32, "big"), sm2.DEFAULT_ID, key.public.point())
    e = key.public.digest(message)
    (body,) = der.read(key.sign_digest(e, SYSTEM), der.SEQUENCE)
    r, s = (der.unsigned(part) for part in der.read(body, der.INTEGER, der.INTEGER))
    their_r, their_s = (int.from_bytes(part, "big") for part in theirs.sign(message))

    assert theirs.verify(message, r.to_bytes(32, "big"), s.to_bytes(32, "big"))
    assert key.public.verify_digest(signature(their_r, their_s), e)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(scalar=octets, plaintext=st.binary(min_size=1, max_size=200))
def test_encrypt_with_another_implementation(scalar, plaintext):
    """Another implementation opens our ciphertexts and makes ours (rules ENC-24)."""
    key = sm2.PrivateKey(scalar)
    theirs = gmalg.SM2(scalar.to_bytes(32, "big"), pk=key.public.point())
    (body,) = der.read(key.public.encrypt(plaintext, SYSTEM), der.SEQUENCE)
    x, y, c3, c2 = der.read(body, der.INTEGER, der.INTEGER, der.OCTET_STRING, der.OCTET_STRING)
    point = b"".join(der.unsigned(part).to_bytes(32, "big") for part in (x, y))
    made = theirs.encrypt(plaintext)
    x, y = (int.from_bytes(made[start : start + 32], "big") for start in (1, 33))

    assert theirs.decrypt(b"\4" + point + c3 + c2) == plaintext
    assert key.decrypt(ciphertext(x, y, made[65:97], made[97:])) == plaintext


@settings(max_examples=10, deadline=None)
@given(scalar=octets, other=octets)
def test_agree(scalar, other):
    """Both sides agree on the x coordinate that another implementation's arithmetic gives."""
    ours, theirs = sm2.PrivateKey(scalar), sm2.PrivateKey(other)
    product = gmalg.SM2(pk=ours.public.point()).generate_pk(
        (scalar * other % sm2_curve.N).to_bytes(32, "big")
    )

    assert ours.agree(theirs.public) == theirs.agree(ours.public) == product[1:33]


@needs_openssl
def test_openssl_keys(openssl):
    """Our PKCS#8 and SPKI are the program's, byte for byte, and its keys load."""
    openssl.write("key.der", KEY.pkcs8())
    openssl("pkey", "-inform", "DER", "-in", "key.der", "-check", "-noout")
    openssl("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-in", "key.der", "-out", "k.pem")
    again = openssl("pkcs8", "-topk8", "-nocrypt", "-in", "k.pem", "-outform", "DER")
    public = openssl("pkey", "-in", "k.pem", "-pubout", "-outform", "DER")
    openssl("ecparam", "-name", "SM2", "-genkey", "-out", "theirs.pem")
    theirs = load_private_key(SPEC, openssl.read("theirs.pem"))
    their_public = openssl("pkey", "-in", "theirs.pem", "-pubout", "-outform", "DER")

    assert again == KEY.pkcs8()
    assert public == KEY.public.spki()
    assert theirs.public_key() == their_public


DISTINGUISHING_ID = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")


@needs_openssl
@pytest.mark.parametrize("size", [1, 31, 64, 1000])
def test_openssl_signatures(openssl, size):
    """The program verifies our signatures and makes ours, over RAW and DIGEST (rules SIG-15)."""
    message = secrets.token_bytes(size)
    material = load(SPEC, KEY.pkcs8())
    e = KEY.public.digest(message)
    openssl.write("key.der", KEY.pkcs8())
    openssl.write("message", message)
    openssl.write("e", e)
    openssl.write("raw.sig", material.sign("SM2DSA", message, "RAW"))
    openssl.write("digest.sig", material.sign("SM2DSA", e, "DIGEST"))
    verify = ("pkeyutl", "-verify", "-keyform", "DER", "-inkey", "key.der")
    sign = ("pkeyutl", "-sign", "-keyform", "DER", "-inkey", "key.der")

    openssl(*verify, *DISTINGUISHING_ID, "-in", "message", "-sigfile", "raw.sig")
    openssl(*verify, "-in", "e", "-sigfile", "digest.sig")
    theirs = openssl(*sign, *DISTINGUISHING_ID, "-in", "message")
    assert material.verify("SM2DSA", message, "RAW", theirs)
    assert material.verify("SM2DSA", e, "DIGEST", openssl(*sign, "-in", "e"))


@needs_openssl
@pytest.mark.parametrize("size", [1, 2, 31, 32, 33, 255, 256, 1024])
def test_openssl_ciphertexts(openssl, size):
    """The program opens our SM2PKE ciphertexts and makes ours, up to 1024 bytes."""
    plaintext = secrets.token_bytes(size)
    material = load(SPEC, KEY.pkcs8())
    openssl.write("key.der", KEY.pkcs8())
    openssl.write("plaintext", plaintext)
    openssl.write("ciphertext", material.encrypt("SM2PKE", plaintext))
    key = ("-keyform", "DER", "-inkey", "key.der")
    theirs = openssl("pkeyutl", "-encrypt", *key, "-in", "plaintext")

    assert openssl("pkeyutl", "-decrypt", *key, "-in", "ciphertext") == plaintext
    assert material.decrypt("SM2PKE", theirs) == plaintext


def test_sign_raw_is_digest_of_the_default_id(source, leases):
    """A signature over the message verifies over its digest, and the reverse (rules SIG-19)."""
    material = generate(SPEC, source=source, leases=leases, china=True)
    e = sm2.PublicKey.from_spki(material.public_key()).digest(b"message")
    raw = material.sign("SM2DSA", b"message", "RAW")
    digest = material.sign("SM2DSA", e, "DIGEST")

    assert material.verify("SM2DSA", e, "DIGEST", raw)
    assert material.verify("SM2DSA", b"message", "RAW", digest)
    assert not material.verify("SM2DSA", b"Message", "RAW", digest)


def test_sign_with_another_id(source, leases):
    """A DIGEST may be made with another distinguishing id, which RAW does not know."""
    material = generate(SPEC, source=source, leases=leases, china=True)
    e = sm2.PublicKey.from_spki(material.public_key()).digest(b"message", b"another")
    signed = material.sign("SM2DSA", e, "DIGEST")

    assert material.verify("SM2DSA", e, "DIGEST", signed)
    assert not material.verify("SM2DSA", b"message", "RAW", signed)


@pytest.mark.parametrize("size", [0, 1025])
def test_encrypt_of_another_size(source, leases, size):
    """Nothing, and more than 1024 bytes, cannot be encrypted."""
    material = generate(SPEC, source=source, leases=leases)

    with pytest.raises(ValueError, match=r"^the plaintext is empty or too long$"):
        material.encrypt("SM2PKE", bytes(size))


def test_encrypt_again_if_the_stream_is_zero():
    """A nonce whose key stream is all zeros, which would show the plaintext, is not used."""
    nonce = next(
        k for k in range(1, 10000) if sm2._key_stream(shared_octets(k, KEY.public), 1) == b"\0"
    )
    sealed = KEY.public.encrypt(b"x", Queue(nonce, K))

    assert sealed == KEY.public.encrypt(b"x", Queue(K))
    assert KEY.decrypt(sealed) == b"x"


def shared_octets(k, public):
    x, y = sm2_curve.affine(sm2_curve.multiply(k, public.x, public.y))
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def test_sign_again_if_r_is_zero():
    """A nonce that makes r zero is not used."""
    e = (-sm2_curve.affine(sm2_curve.multiply_base(7))[0] % sm2_curve.N).to_bytes(32, "big")

    assert KEY.sign_digest(e, Queue(7, K)) == KEY.sign_digest(e, Queue(K))


INTACT = ciphertext(X1, Y1, C3, C2)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"0" * 10,
        INTACT[:-1],
        INTACT + b"\0",
        ciphertext(X1 + 1, Y1, C3, C2),
        ciphertext(X1 + sm2_curve.P, Y1, C3, C2),
        ciphertext(X1, Y1, bytes(32), C2),
        ciphertext(X1, Y1, C3, C2[:-1]),
        ciphertext(X1, Y1, C3, bytes((C2[0] ^ 1,)) + C2[1:]),
        ciphertext(OTHER.public.x, OTHER.public.y, C3, C2),
    ],
    ids=[
        "empty",
        "garbage",
        "truncated",
        "trailing",
        "off the curve",
        "out of range",
        "another digest",
        "cut short",
        "flipped bit",
        "another point",
    ],
)
def test_decrypt_damaged(damaged):
    """What is no ciphertext of the key does not open."""

    with pytest.raises(DecryptionFailed):
        KEY.decrypt(damaged)


@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_decrypt_flipped_bit(data):
    """A ciphertext with any one bit flipped does not open."""
    bit = data.draw(st.integers(0, len(INTACT) * 8 - 1))
    damaged = (int.from_bytes(INTACT, "big") ^ 1 << bit).to_bytes(len(INTACT), "big")

    with pytest.raises(DecryptionFailed):
        KEY.decrypt(damaged)


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        signature(R, S)[:-1],
        signature(R, S) + b"\0",
        signature(0, S),
        signature(R, 0),
        signature(sm2_curve.N, S),
        signature(R, sm2_curve.N),
        signature(R + sm2_curve.N, S),
        signature(R, sm2_curve.N - R),
        signature(S, R),
        R.to_bytes(32, "big") + S.to_bytes(32, "big"),
        der.tlv(der.SEQUENCE, der.integer(R), der.integer(S), der.integer(1)),
        der.tlv(der.SEQUENCE, der.tlv(2, R.to_bytes(32, "big")), der.integer(S)),
        der.tlv(der.SEQUENCE, der.tlv(2, bytes(2) + R.to_bytes(32, "big")), der.integer(S)),
    ],
    ids=[
        "empty",
        "truncated",
        "trailing",
        "r=0",
        "s=0",
        "r=n",
        "s=n",
        "r>n",
        "r+s=n",
        "swapped",
        "raw",
        "three numbers",
        "negative",
        "not minimal",
    ],
)
def test_verify_malformed(malformed):
    """What is no signature over the digest does not verify (rules SIG-20)."""

    assert not KEY.public.verify_digest(malformed, E.to_bytes(32, "big"))


def test_verify_point_at_infinity():
    """A signature whose check leads to the point at infinity does not verify."""
    # s*G + (r + s)*Q is infinite if s + (r + s)*d = 0: pick r, solve for s.
    r = 5
    s = -r * D * pow(1 + D, -1, sm2_curve.N) % sm2_curve.N

    assert not KEY.public.verify_digest(signature(r, s), (r).to_bytes(32, "big"))


def private(*parts, algorithm=None, version=0, inner=None, attributes=b""):
    algorithm = sm2._ALGORITHM if algorithm is None else algorithm
    inner = der.tlv(der.SEQUENCE, *parts) if inner is None else inner
    return der.tlv(
        der.SEQUENCE,
        der.integer(version),
        der.tlv(der.SEQUENCE, algorithm),
        der.tlv(der.OCTET_STRING, inner),
        attributes,
    )


ONE = der.integer(1)
SCALAR = der.tlv(der.OCTET_STRING, D.to_bytes(32, "big"))
POINT = der.tlv(0xA1, der.tlv(der.BIT_STRING, b"\0", KEY.public.point()))
OTHER_POINT = der.tlv(0xA1, der.tlv(der.BIT_STRING, b"\0", OTHER.public.point()))
CURVE = der.tlv(0xA0, sm2._SM2_OID)
P256 = bytes.fromhex("06082a8648ce3d030107")


@pytest.mark.parametrize(
    "raw",
    [
        private(ONE, SCALAR, POINT),
        private(ONE, SCALAR),
        private(ONE, SCALAR, CURVE),
        private(ONE, SCALAR, CURVE, POINT),
        private(ONE, SCALAR, POINT, attributes=der.tlv(0xA0)),
    ],
    ids=["point", "bare", "curve", "curve and point", "attributes"],
)
def test_load(raw):
    """Every form of PKCS#8 is taken and becomes OpenSSL's."""

    assert load(SPEC, raw).private_key() == KEY.pkcs8()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not a PKCS#8 private key: unexpected elements"),
        (D.to_bytes(32, "big"), "not a PKCS#8 private key: truncated content"),
        (KEY.pkcs8() + b"\0", "not a PKCS#8 private key: truncated header"),
        (KEY.pkcs8()[:-1], "not a PKCS#8 private key: truncated content"),
        (
            der.tlv(der.SEQUENCE, ONE, SCALAR, CURVE, POINT),
            "not a PKCS#8 private key: unexpected elements",
        ),
        (
            private(ONE, SCALAR, POINT, version=1),
            "not a PKCS#8 private key: unexpected elements",
        ),
        (private(ONE, SCALAR, algorithm=sm2._EC_PUBLIC_KEY_OID + P256), "not an SM2 private key"),
        (private(ONE, SCALAR, der.tlv(0xA0, P256)), "not an SM2 private key"),
        (
            private(ONE, SCALAR, OTHER_POINT),
            "the public key is not that of the private key",
        ),
        (private(inner=b"\0"), "not an ECPrivateKey: truncated header"),
        (private(ONE), "not an ECPrivateKey: unexpected elements"),
        (private(der.integer(2), SCALAR), "not an ECPrivateKey: unexpected elements"),
        (private(ONE, SCALAR, POINT, CURVE), "not an ECPrivateKey: unexpected elements"),
        (
            private(ONE, der.tlv(der.OCTET_STRING, bytes(31))),
            "not an ECPrivateKey: unexpected elements",
        ),
        (
            private(ONE, der.tlv(der.OCTET_STRING, bytes(32))),
            "the private scalar is out of range",
        ),
        (
            private(ONE, der.tlv(der.OCTET_STRING, (sm2_curve.N - 1).to_bytes(32, "big"))),
            "the private scalar is out of range",
        ),
    ],
)
def test_load_refused(raw, reason):
    """Import refuses other formats, other curves and keys that contradict themselves."""

    with pytest.raises(BadMaterial) as caught:
        load(SPEC, raw)

    assert str(caught.value) == reason


SPKI = KEY.public.spki()


@pytest.mark.parametrize(
    ("spki", "reason"),
    [
        (b"", "not a SubjectPublicKeyInfo: unexpected elements"),
        (SPKI[:-1], "not a SubjectPublicKeyInfo: truncated content"),
        (SPKI + b"\0", "not a SubjectPublicKeyInfo: truncated header"),
        (SPKI.replace(sm2._SM2_OID, P256), "not an uncompressed SM2 public key"),
        (SPKI.replace(b"\0\4", b"\0\2"), "not an uncompressed SM2 public key"),
        (SPKI[:-1] + bytes((SPKI[-1] ^ 1,)), "the point is not on the SM2 curve"),
    ],
    ids=["empty", "truncated", "trailing", "another curve", "compressed", "off the curve"],
)
def test_derive_refused(spki, reason):
    """A peer's key that is no SPKI, of another curve or off the curve is refused."""

    with pytest.raises(InvalidPublicKey) as caught:
        load(SPEC, KEY.pkcs8()).derive(spki)

    assert str(caught.value) == reason


def test_curve_arithmetic():
    """Opposite, equal and infinite points add up, and the order annihilates."""
    point = (*sm2_curve.G, 1)
    opposite = (sm2_curve.G[0], sm2_curve.P - sm2_curve.G[1], 1)
    twice = sm2_curve.affine(sm2_curve.add(point, point))

    assert sm2_curve.add(point, opposite)[2] == 0
    assert sm2_curve.add(point, sm2_curve.INFINITY) == point
    assert sm2_curve.add(sm2_curve.INFINITY, point) == point
    assert twice == sm2_curve.affine(sm2_curve.multiply_base(2))
    assert twice == sm2_curve.affine(sm2_curve.multiply(2, *sm2_curve.G))
    assert sm2_curve.multiply_base(sm2_curve.N)[2] == 0
    assert sm2_curve.multiply(sm2_curve.N, *sm2_curve.G)[2] == 0
