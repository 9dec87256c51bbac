"""Ed25519 and Ed25519ph against RFC 8032, Wycheproof and another implementation."""

import hashlib

import pytest
from Crypto.Hash import SHA512
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto import ed25519ph
from pytest_kmsmock._kms.crypto.materials.edwards import EdwardsMaterial
from pytest_kmsmock._kms.crypto.materials.making import generate, load_private_key
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.vectors import PublicOnly, folder_of, wycheproof

SPEC = SPECS["ECC_NIST_EDWARDS25519"]
PURE, PREHASHED = "ED25519_SHA_512", "ED25519_PH_SHA_512"
L = 2**252 + 27742317777372353535851937790883648493


def test_sign():
    """Ed25519 signatures are those of the 1024 cases of its authors, byte for byte."""
    path = folder_of("cryptography_vectors") / "asymmetric" / "Ed25519" / "sign.input"
    lines = path.read_text().split()
    wrong = []
    for number, line in enumerate(lines):
        seed_and_public, public, message, signed = map(bytes.fromhex, line.split(":")[:4])
        material = load_private_key(SPEC, seed_and_public[:32])
        found = material.sign(PURE, message, "RAW")
        is_valid = material.verify(PURE, message, "RAW", found)
        if (material.public_key()[-32:], found + message, is_valid) != (public, signed, True):
            wrong.append(number)

    assert wrong == []
    assert len(lines) == 1024


def test_verify():
    """
    Wycheproof's Ed25519 signatures get its verdict.

    Those under keys of small and mixed order, which it calls acceptable, are accepted: OpenSSL
    verifies without the cofactor. What KMS does there is not known; assumed.
    """
    wrong = []
    for case in wycheproof("Signature/ed25519_test"):
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case.group["publicKey"]["pk"]))
        material = EdwardsMaterial(SPEC, lambda public=public: PublicOnly(public))
        found = material.verify(PURE, case.octets("msg"), "RAW", case.octets("sig"))
        if found != (case.result != "invalid"):
            wrong.append(case.number)

    assert wrong == []


def test_sign_digest_of_rfc_8032():
    """Ed25519ph signs "abc" as RFC 8032 section 7.3 does."""
    seed = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    public = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
    digest = hashlib.sha512(b"abc").digest()
    expected = bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )

    assert ed25519ph.sign_digest(seed, public, digest) == expected
    assert ed25519ph.verify_digest(public, expected, digest)


@settings(max_examples=30, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=80))
def test_prehashed_with_another_implementation(seed, message):
    """KMS's digest is the message of Ed25519ph, so it is hashed again (wire-facts G18)."""
    digest = hashlib.sha512(message).digest()
    material = load_private_key(SPEC, seed)
    key = ECC.construct(curve="Ed25519", seed=seed)
    expected = eddsa.new(key, "rfc8032").sign(SHA512.new(digest))
    found = material.sign(PREHASHED, digest, "DIGEST")

    assert found == expected
    assert material.verify(PREHASHED, digest, "DIGEST", expected)


def test_prehashed_is_not_hashed_once(source, leases):
    """A signature over the digest itself as PH(M) is refused (wire-facts G18)."""
    material = generate(SPEC, source=source, leases=leases)
    seed, public = material.private_key()[-32:], material.public_key()[-32:]
    digest = hashlib.sha512(b"message").digest()
    signature = ed25519ph.sign_digest(seed, public, digest)

    assert not material.verify(PREHASHED, digest, "DIGEST", signature)


def test_prehashed_is_not_pure(source, leases):
    """Neither algorithm accepts a signature of the other over the same bytes."""
    material = generate(SPEC, source=source, leases=leases)
    digest = hashlib.sha512(b"message").digest()
    prehashed = material.sign(PREHASHED, digest, "DIGEST")
    pure = material.sign(PURE, digest, "RAW")

    assert not material.verify(PURE, digest, "RAW", prehashed)
    assert not material.verify(PREHASHED, digest, "DIGEST", pure)


SEED = bytes(range(32))
PUBLIC = load_private_key(SPEC, SEED).public_key()[-32:]
DIGEST = hashlib.sha512(b"message").digest()
SIGNATURE = ed25519ph.sign_digest(SEED, PUBLIC, DIGEST)


@settings(max_examples=30, deadline=None)
@given(bit=st.integers(0, 64 * 8 - 1))
def test_verify_digest_flipped_bit(bit):
    """A signature with one bit flipped is refused."""
    damaged = (int.from_bytes(SIGNATURE, "big") ^ 1 << bit).to_bytes(64, "big")

    assert not ed25519ph.verify_digest(PUBLIC, damaged, DIGEST)


@pytest.mark.parametrize(
    ("public", "signature", "digest"),
    [
        (PUBLIC, SIGNATURE[:-1], DIGEST),
        (PUBLIC, SIGNATURE + b"\0", DIGEST),
        (PUBLIC, b"", DIGEST),
        (PUBLIC, SIGNATURE, DIGEST[:-1]),
        (PUBLIC, SIGNATURE, bytes(64)),
        (
            PUBLIC,
            SIGNATURE[:32] + (int.from_bytes(SIGNATURE[32:], "little") + L).to_bytes(32, "little"),
            DIGEST,
        ),
        ((2).to_bytes(32, "little"), SIGNATURE, DIGEST),
        ((2**255 - 1).to_bytes(32, "little"), SIGNATURE, DIGEST),
        ((1 | 1 << 255).to_bytes(32, "little"), SIGNATURE, DIGEST),
    ],
    ids=[
        "short signature",
        "long signature",
        "no signature",
        "short digest",
        "another digest",
        "malleable s",
        "key off the curve",
        "key out of range",
        "key of x = -0",
    ],
)
def test_verify_digest_malformed(public, signature, digest):
    """A malformed signature, digest or key is refused."""

    assert not ed25519ph.verify_digest(public, signature, digest)


def test_sign_digest_of_another_length():
    """Only a SHA-512 digest can be signed."""

    with pytest.raises(ValueError, match=r"^Ed25519ph signs a 64-byte SHA-512 digest$"):
        ed25519ph.sign_digest(SEED, PUBLIC, bytes(32))


def test_context():
    """A context is part of what is signed, as another implementation has it."""
    key = ECC.construct(curve="Ed25519", seed=SEED)
    expected = eddsa.new(key, "rfc8032", b"context").sign(SHA512.new(b"message"))
    found = ed25519ph.sign_digest(SEED, PUBLIC, DIGEST, b"context")

    assert found == expected
    assert ed25519ph.verify_digest(PUBLIC, found, DIGEST, b"context")
    assert not ed25519ph.verify_digest(PUBLIC, found, DIGEST)
