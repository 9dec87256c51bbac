"""SM3 and SM4-GCM: the library's and the pure ones against the standards and each other."""

import hashlib
import os

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto.china import sm34
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed
from tests.unit.crypto.vectors import nist


@pytest.mark.parametrize("digest", [sm34.sm3, sm34.pure_sm3], ids=["library", "pure"])
def test_sm3_of_the_standard(digest):
    """Digests are those of GB/T 32905 and its collected test cases."""
    wrong = []
    records = nist("hashes/SM3/oscca.txt")
    for number, record in enumerate(records):
        message = bytes.fromhex(record["msg"])[: int(record["len"]) // 8]
        if digest(message).hex() != record["md"]:
            wrong.append(number)

    assert wrong == []
    assert len(records) > 5


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_sm3_without_a_library(message):
    """The pure digest is the library's, whatever the length."""

    assert sm34.pure_sm3(message) == sm34.sm3(message)


@pytest.mark.parametrize("source", ["hashlib", "cryptography", "pure"])
def test_sm3_from_each_source(monkeypatch, source):
    """Each place that SM3 can come from gives the same digest."""
    monkeypatch.setattr(sm34, "_sm3_source", lambda: source)
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    assert sm34.sm3(b"abc").hex() == expected


def lack(*arguments):
    raise UnsupportedAlgorithm("gone")


def lack_sm3(name):
    raise ValueError(f"unsupported hash type {name}")


def test_sm3_source_without_hashlib(monkeypatch):
    """Where hashlib has no SM3, `cryptography` is asked."""
    monkeypatch.setattr(hashlib, "new", lack_sm3)

    assert sm34._sm3_source.__wrapped__() == "cryptography"


def test_sm3_source_without_any(monkeypatch):
    """Where neither library has SM3, it is computed without them."""
    monkeypatch.setattr(hashlib, "new", lack_sm3)
    monkeypatch.setattr(sm34.hashes, "Hash", lack)

    assert sm34._sm3_source.__wrapped__() == "pure"


def test_sm4_gcm_without_a_library(monkeypatch):
    """A `cryptography` that refuses SM4 is found out."""
    monkeypatch.setattr(sm34, "Cipher", lack)

    assert not sm34._has_sm4_gcm.__wrapped__()


PAIRS = [(sm34.seal, sm34.unseal), (sm34.pure_seal, sm34.pure_unseal)]


@pytest.mark.parametrize(("seal", "unseal"), PAIRS, ids=["library", "pure"])
def test_sm4_gcm_of_rfc_8998(seal, unseal):
    """SM4-GCM gives RFC 8998's ciphertext and tag."""
    (record,) = nist("ciphers/SM4/rfc8998.txt")
    names = ("key", "iv", "aad", "tag", "plaintext", "ciphertext")
    key, nonce, associated, tag, plaintext, ciphertext = (
        bytes.fromhex(record[name]) for name in names
    )

    assert seal(key, nonce, plaintext, associated) == ciphertext + tag
    assert unseal(key, nonce, ciphertext + tag, associated) == plaintext


@settings(max_examples=40, deadline=None)
@given(
    key=st.binary(min_size=16, max_size=16),
    nonce=st.binary(min_size=12, max_size=12),
    plaintext=st.binary(max_size=70),
    associated=st.binary(max_size=40),
)
def test_sm4_gcm_pure_is_the_library(key, nonce, plaintext, associated):
    """The pure cipher seals as the library does, and opens what the library sealed."""
    sealed = sm34.seal(key, nonce, plaintext, associated)

    assert sm34.pure_seal(key, nonce, plaintext, associated) == sealed
    assert sm34.pure_unseal(key, nonce, sealed, associated) == plaintext


@pytest.mark.parametrize("has_library", [True, False], ids=["library", "pure"])
def test_unseal_damaged(monkeypatch, has_library):
    """A damaged ciphertext, tag or associated text is refused, with and without a library."""
    monkeypatch.setattr(sm34, "_has_sm4_gcm", lambda: has_library)
    key, nonce = bytes(16), bytes(12)
    sealed = sm34.seal(key, nonce, b"plaintext", b"associated")
    damaged = [
        (bytes((sealed[0] ^ 1,)) + sealed[1:], b"associated"),
        (sealed[:-1] + bytes((sealed[-1] ^ 1,)), b"associated"),
        (sealed, b"Associated"),
    ]

    assert sm34.unseal(key, nonce, sealed, b"associated") == b"plaintext"
    for octets, associated in damaged:
        with pytest.raises(DecryptionFailed, match=r"^the tag does not match$"):
            sm34.unseal(key, nonce, octets, associated)


@pytest.mark.slow
def test_sm4_gcm_pure_is_the_library_for_long_texts():
    """The pure cipher is the library's up to the longest plaintext that KMS takes."""
    for size in range(0, 4097, 128):
        key, nonce, plaintext = os.urandom(16), os.urandom(12), os.urandom(size)
        sealed = sm34.seal(key, nonce, plaintext, b"")

        assert sm34.pure_seal(key, nonce, plaintext, b"") == sealed
