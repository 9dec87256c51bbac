"""CiphertextForRecipient: KMS's exact bytes, opened by openssl and by ourselves."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto.errors import (
    DecryptionFailed,
    InvalidPublicKey,
    MalformedCiphertext,
)
from pytest_kmsmock._kms.crypto.materials.making import generate
from pytest_kmsmock._kms.crypto.nitro import recipient
from pytest_kmsmock._kms.crypto.pool import POOL
from pytest_kmsmock._kms.crypto.randomness import SYSTEM
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.openssl import needs_openssl


@pytest.fixture(scope="module")
def key():
    key = POOL.lease(2048)
    yield key
    POOL.give_back([key])


@pytest.fixture(scope="module")
def public_key(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_encode():
    """The shape is that of a real answer, byte for byte."""
    found = recipient.encode(b"I" * 32, b"K" * 256, b"V" * 16, b"C" * 48)
    expected = (
        "3080"
        "06092a864886f70d010703"  # envelopedData
        "a080"
        "3080"
        "020102"  # version 2
        "3182016b"
        "30820167"
        "020102"  # version 2
        "8020"
        + "49"
        * 32  # subjectKeyIdentifier
        + "303c"
        "06092a864886f70d010107"  # rsaesOaep
        "302f"
        "a00f300d06096086480165030402010500"  # SHA-256
        "a11c301a06092a864886f70d010108300d06096086480165030402010500"  # MGF1 with SHA-256
        "04820100" + "4b" * 256 + "3080"
        "06092a864886f70d010701"  # data
        "301d"
        "060960864801650304012a"  # aes256-CBC
        "0410" + "56" * 16 + "a080"
        "0430" + "43" * 48 + "0000" * 5
    )

    assert found.hex() == expected


@pytest.mark.parametrize(("size", "expected"), [(16, 477), (32, 493)])
def test_seal_size(public_key, size, expected):
    """An answer for an RSA_2048 recipient has the size that was seen (wire-facts E37)."""

    assert len(recipient.seal(public_key, bytes(size), source=SYSTEM)) == expected


def test_seal_names_the_recipient(public_key):
    """The subject key identifier is the SHA-256 of the public key."""
    sealed = recipient.seal(public_key, b"secret", source=SYSTEM)

    assert sha256(public_key).digest() in sealed


@settings(max_examples=50, deadline=None)
@given(plaintext=st.binary(max_size=100))
def test_unseal(key, public_key, plaintext):
    """The recipient gets back what was sealed."""

    assert recipient.unseal(key, recipient.seal(public_key, plaintext, source=SYSTEM)) == plaintext


@pytest.mark.sweep(7)
@needs_openssl
@pytest.mark.parametrize("size", [1, 15, 16, 32, 1024, 6144])
@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_openssl(openssl, source, leases, bits, size):
    """The openssl program opens an answer for a recipient of any size."""
    material = generate(SPECS[f"RSA_{bits}"], source=source, leases=leases)
    plaintext = source.token_bytes(size)
    openssl.write("key.der", material.private_key())
    openssl("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
    openssl.write("sealed", recipient.seal(material.public_key(), plaintext, source=source))
    found = openssl(
        "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "sealed", "-inkey", "key.pem"
    )

    assert found == plaintext


def test_seal_for_another_kind_of_key(source, leases):
    """A recipient whose public key is not RSA is refused."""
    other = generate(SPECS["ECC_NIST_P384"], source=source, leases=leases)

    with pytest.raises(InvalidPublicKey, match=r"^a recipient's public key must be RSA$"):
        recipient.seal(other.public_key(), b"secret", source=source)


def test_unseal_with_another_key(source, leases, public_key):
    """Another key does not open an answer."""
    other = generate(SPECS["RSA_2048"], source=source, leases=leases)
    sealed = recipient.seal(public_key, b"secret", source=source)

    with pytest.raises(DecryptionFailed):
        recipient.unseal(load_der_private_key(other.private_key(), None), sealed)


def test_unseal_damaged_content(key, public_key):
    """An answer whose padding was damaged is refused."""
    damaged = bytearray(recipient.seal(public_key, bytes(16), source=SYSTEM))
    # The block before the last is what the padding, 16 bytes of 16, is XORed with: none is 0.
    damaged[-27] ^= 16

    with pytest.raises(DecryptionFailed):
        recipient.unseal(key, bytes(damaged))


@pytest.mark.parametrize(
    "damage",
    [
        lambda sealed: b"",
        lambda sealed: sealed[:-1],
        lambda sealed: sealed + b"\0",
        lambda sealed: b"\x31" + sealed[1:],
        lambda sealed: sealed[:12] + b"\x04" + sealed[13:],
        lambda sealed: sealed.replace(bytes.fromhex("0609608648016503040201"), b"\5\0" * 5 + b"\5"),
        lambda sealed: sealed.replace(bytes.fromhex("012a"), bytes.fromhex("012e")),
        lambda sealed: sealed[:18],
        lambda sealed: sealed[:18] + b"\x31\x02\x30\0" + sealed[-60:],
    ],
    ids=[
        "empty",
        "truncated",
        "trailing",
        "another tag",
        "another inner tag",
        "another hash",
        "another cipher",
        "no recipient",
        "empty recipient",
    ],
)
def test_unseal_malformed(key, public_key, damage):
    """What does not have KMS's shape to the last byte is refused."""
    sealed = recipient.seal(public_key, b"secret", source=SYSTEM)

    with pytest.raises(MalformedCiphertext):
        recipient.unseal(key, damage(sealed))
