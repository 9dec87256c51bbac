"""The symmetric CiphertextBlob: AWS's shape, and nothing but the right key and context opens it."""

from base64 import b64encode
from hashlib import sha256

import pytest
from Crypto.Cipher import AES
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto.china import sm34
from pytest_kmsmock._kms.crypto.envelope import Envelope, canonical_context, parse, seal, unseal
from pytest_kmsmock._kms.crypto.errors import CryptoError, DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.randomness import SystemRandomness

KEY = bytes(range(32))
SM4_KEY = bytes(range(16))
ID = bytes(range(100, 132))
CONTEXT = {"tenant": "7", "purpose": "test"}

contexts = st.dictionaries(st.text(), st.text(), max_size=4)
lookalikes = st.dictionaries(st.text("ab", max_size=2), st.text("ab", max_size=2), max_size=2)
materials = st.sampled_from([KEY, SM4_KEY])


class Counting:
    """A source whose bytes count up, so that a whole blob can be compared."""

    def token_bytes(self, n):
        return bytes(range(n))


def blob(plaintext=b"hi", context=None, *, material=KEY, data_key=False):
    source = SystemRandomness()
    return seal(material, ID, plaintext, context, data_key=data_key, source=source)


@pytest.mark.parametrize(
    ("data_key", "beginning"), [(False, b"AQICAH"), (True, b"AQIDAH")], ids=["Encrypt", "data key"]
)
def test_seal_beginning(data_key, beginning):
    """A blob tells in base64 whether Encrypt or a data key operation made it (wire-facts E34)."""
    found = b64encode(blob(data_key=data_key))

    assert found[:6] == beginning


def test_seal_whole_shape():
    """A blob over 32 bytes has AWS's 184 bytes, field by field (wire-facts E34)."""
    found = seal(KEY, ID, bytes(32), None, data_key=True, source=Counting())
    header = (
        "0102030078"
        + ID.hex()
        + "01"
        + bytes(range(16)).hex()
        + "0000007e"  # what follows, in bytes
        + "307c"
        + "06092a864886f70d010706"  # encryptedData
        + "a06f306d020100"
        + "3068"
        + "06092a864886f70d010701"  # data
        + "301e"
        + "060960864801650304012e"  # aes256-GCM
        + "3011040c"
        + bytes(range(16, 28)).hex()
        + "020110"
        + "803b"
    )

    assert found.hex()[: len(header)] == header
    assert len(found) == 184


@pytest.mark.parametrize("size", [1, 32, 35])
def test_seal_overhead(size):
    """A blob is 152 bytes longer than a short plaintext (wire-facts E34)."""

    assert len(blob(bytes(size))) == size + 152


def test_seal_longest():
    """A blob over the longest plaintext fits into a Decrypt request."""

    assert len(blob(bytes(4096))) <= 6144


def test_seal_twice():
    """The same plaintext never gives the same blob (rules ENC-5)."""

    assert blob() != blob()


@pytest.mark.parametrize("material", [KEY, SM4_KEY], ids=["AES", "SM4"])
def test_unseal_every_length(material):
    """A blob over any length of plaintext opens."""
    sizes = [*range(1, 300), 511, 512, 513, 1024, 4095, 4096]
    found = [
        unseal(parse(blob(bytes(size), CONTEXT, material=material)), material, CONTEXT)
        for size in sizes
    ]

    assert found == [bytes(size) for size in sizes]


@settings(deadline=None)
@given(plaintext=st.binary(min_size=1, max_size=4096), context=contexts, material=materials)
def test_unseal_round_trip(plaintext, context, material):
    """Whatever was sealed comes back under the same key and context."""
    envelope = parse(blob(plaintext, context, material=material))

    assert unseal(envelope, material, dict(reversed(context.items()))) == plaintext
    assert envelope.material_id == ID


@settings(deadline=None)
@given(first=lookalikes, second=lookalikes)
def test_canonical_context_is_injective(first, second):
    """Two encryption contexts have the same encoding only if they are equal (rules ENC-7)."""
    same_bytes = canonical_context(first) == canonical_context(second)

    assert same_bytes == (first == second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"ab": "c"}, {"a": "bc"}),
        ({"a": "b", "c": "d"}, {"a": "d", "c": "b"}),
        ({"a": "b"}, {"A": "b"}),
        ({"a": "b"}, {"a": "b", "": ""}),
        ({"é": ""}, {"e\u0301": ""}),
        ({"": ""}, {}),
    ],
    ids=["boundary", "pairing", "case", "additional", "normalisation", "empty strings"],
)
def test_canonical_context_tells_apart(first, second):
    """Contexts that look alike are not the same."""

    assert canonical_context(first) != canonical_context(second)


def test_canonical_context_absent():
    """An absent and an empty context are the same (rules ENC-8)."""

    assert canonical_context(None) == canonical_context({}) == b""


def test_canonical_context_surrogate():
    """A context with a lone surrogate, which JSON can bring, has an encoding too."""
    expected = bytes.fromhex("00000001" + "61" + "00000003" + "eda080")

    assert canonical_context({"a": "\ud800"}) == expected


@pytest.mark.parametrize("context", [None, {"tenant": "7"}, {**CONTEXT, "more": ""}])
def test_unseal_with_another_context(context):
    """A wrong, missing or additional context does not open a blob (rules ENC-10)."""
    envelope = parse(blob(context=CONTEXT))

    with pytest.raises(DecryptionFailed):
        unseal(envelope, KEY, context)


@pytest.mark.parametrize(
    ("material", "other"), [(KEY, bytes(32)), (SM4_KEY, bytes(16)), (KEY, SM4_KEY)]
)
def test_unseal_with_another_key(material, other):
    """Other material does not open a blob."""
    envelope = parse(blob(material=material))

    with pytest.raises(DecryptionFailed):
        unseal(envelope, other, None)


@pytest.mark.parametrize("material", [KEY, SM4_KEY], ids=["AES", "SM4"])
def test_unseal_every_flipped_bit(material):
    """A blob with any one bit flipped is refused, wherever the bit is."""
    intact = blob(b"x" * 5, CONTEXT, material=material)
    opened = []
    for bit in range(len(intact) * 8):
        damaged = bytearray(intact)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            opened.append((bit, unseal(parse(bytes(damaged)), material, CONTEXT)))
        except CryptoError:
            continue

    assert opened == []


@settings(deadline=None)
@given(data=st.data(), plaintext=st.binary(min_size=1, max_size=400), material=materials)
def test_unseal_any_damage(data, plaintext, material):
    """A blob with a slice of it replaced is refused, unless the slice was the same."""
    intact = blob(plaintext, material=material)
    start = data.draw(st.integers(0, len(intact)))
    end = data.draw(st.integers(start, len(intact)))
    damaged = intact[:start] + data.draw(st.binary(max_size=20)) + intact[end:]
    try:
        found = unseal(parse(damaged), material, None)
    except CryptoError:
        found = None

    assert found == (plaintext if damaged == intact else None)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_parse_garbage(garbage):
    """Bytes that are no blob are refused (wire-facts E14)."""

    with pytest.raises(MalformedCiphertext):
        parse(garbage)


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_parse_trailing_bytes(size):
    """A blob with bytes appended is refused (wire-facts E14)."""
    intact = blob(bytes(size))

    for extra in range(1, 12):
        with pytest.raises(MalformedCiphertext):
            parse(intact + bytes(extra))


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_parse_truncated(size):
    """A blob cut short is refused, wherever it was cut (wire-facts E14)."""
    intact = blob(bytes(size))

    for end in [*range(200), *range(len(intact) - 20, len(intact))]:
        with pytest.raises(MalformedCiphertext):
            parse(intact[: min(end, len(intact) - 1)])


def test_parse_fields():
    """A parsed blob gives its fields as they stand in the bytes."""
    found = seal(KEY, ID, b"hi", None, data_key=False, source=Counting())
    expected = Envelope(
        material_id=ID,
        salt=bytes(range(16)),
        nonce=bytes(range(16, 28)),
        header=found[:-29],
        sealed=found[-29:],
    )

    assert parse(found) == expected


def test_seal_with_another_implementation():
    """The octets are sealed with AES-256-GCM over everything before them and the context."""
    envelope = parse(blob(b"hi", CONTEXT))
    key = sha256(KEY + envelope.salt).digest()
    cipher = AES.new(key, AES.MODE_GCM, nonce=envelope.nonce)
    cipher.update(envelope.header + canonical_context(CONTEXT))

    assert cipher.decrypt_and_verify(envelope.sealed[:-16], envelope.sealed[-16:]) == (
        bytes(11) + b"hi"
    )


def test_seal_in_china_without_a_library():
    """In the China Regions they are sealed with SM4-GCM, as the pure cipher has it."""
    envelope = parse(blob(b"hi", CONTEXT, material=SM4_KEY))
    key = sha256(SM4_KEY + envelope.salt).digest()[:16]
    associated = envelope.header + canonical_context(CONTEXT)

    assert sm34.pure_unseal(key, envelope.nonce, envelope.sealed, associated) == bytes(11) + b"hi"
