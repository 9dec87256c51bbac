"""DER is written minimally and read strictly."""

import pytest
from Crypto.Util.asn1 import DerInteger, DerOctetString
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.errors import MalformedDer


@settings(deadline=None)
@given(st.integers(0, 1 << 300))
def test_integer_with_another_implementation(number):
    """An INTEGER is written as another implementation writes it, and read back."""
    encoded = der.integer(number)
    (content,) = der.read(encoded, der.INTEGER)

    assert encoded == DerInteger(number).encode()
    assert der.unsigned(content) == number


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_tlv_with_another_implementation(size):
    """A length is written as another implementation writes it, and read back."""
    encoded = der.tlv(der.OCTET_STRING, bytes(size))

    assert encoded == DerOctetString(bytes(size)).encode()
    assert der.read(encoded, der.OCTET_STRING) == [bytes(size)]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_read_several(contents):
    """Consecutive elements are split where they were joined."""
    joined = b"".join(der.tlv(der.OCTET_STRING, content) for content in contents)

    assert der.read(joined, *[der.OCTET_STRING] * len(contents)) == contents


def test_indefinite():
    """An indefinite length is written with its end."""

    assert der.indefinite(der.SEQUENCE, b"ab", b"c") == b"\x30\x80abc\0\0"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x30", "truncated header"),
        (b"\x30\x01", "truncated content"),
        (b"\x30\x80\0\0", "bad length"),
        (b"\x30\x81\x01a", "bad length"),
        (b"\x30\x82\0\x80" + bytes(128), "bad length"),
        (b"\x30\x85" + bytes(4) + b"\x80" + bytes(128), "bad length"),
        (b"\x30\x82\1", "bad length"),
        (b"\x04\0", "unexpected elements"),
        (b"\x30\0\x30\0", "unexpected elements"),
        (b"", "unexpected elements"),
    ],
    ids=[
        "no length",
        "no content",
        "indefinite",
        "long form for a short length",
        "leading zero",
        "five octets",
        "length cut short",
        "another tag",
        "one too many",
        "nothing",
    ],
)
def test_read_malformed(data, reason):
    """What is not strict DER with the wanted tags is refused."""

    with pytest.raises(MalformedDer) as caught:
        der.read(data, der.SEQUENCE)

    assert str(caught.value) == reason


@pytest.mark.parametrize("content", [b"", b"\x80", b"\0\1"], ids=["empty", "negative", "padded"])
def test_unsigned_malformed(content):
    """An INTEGER that is empty, negative or not minimal is refused."""

    with pytest.raises(MalformedDer, match=r"^bad integer$"):
        der.unsigned(content)
