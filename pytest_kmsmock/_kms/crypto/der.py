"""Tag-length-value encoding: writing DER (and BER's indefinite lengths), reading strict DER."""

from pytest_kmsmock._kms.crypto.errors import MalformedDer

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode an element of definite length around *parts*."""
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def indefinite(tag: int, *parts: bytes) -> bytes:
    """Encode an element of indefinite length: BER, which DER forbids."""
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def integer(number: int) -> bytes:
    """Encode an INTEGER that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def split(data: bytes) -> tuple[int, bytes, bytes]:
    """
    Split off the first element: its tag, its content, and what comes after it.

    Raises:
        MalformedDer: its length is indefinite, not minimal, or more than there is.
    """
    if len(data) < 2:
        raise MalformedDer("truncated header")
    tag, size, start = data[0], data[1], 2
    if size >= 128:
        octets = size & 0x7F
        start += octets
        size = int.from_bytes(data[2:start], "big")
        if not 1 <= octets <= 4 or len(data) < start or size < 128 or data[2] == 0:
            raise MalformedDer("bad length")
    end = start + size
    if end > len(data):
        raise MalformedDer("truncated content")
    return tag, data[start:end], data[end:]


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """
    Split consecutive elements into tags and contents.

    Raises:
        MalformedDer: see `split`.
    """
    found = []
    while data:
        tag, content, data = split(data)
        found.append((tag, content))
    return found


def read(data: bytes, *tags: int) -> list[bytes]:
    """
    Give the contents of the elements in *data*, which must have exactly these tags.

    Raises:
        MalformedDer: also for an element too many.
    """
    found = elements(data)
    if [tag for tag, _ in found] != list(tags):
        raise MalformedDer("unexpected elements")
    return [content for _, content in found]


def unsigned(content: bytes) -> int:
    """
    Read the content of an INTEGER that is not negative.

    Raises:
        MalformedDer: it is empty, negative or not minimal.
    """
    if not content or content[0] & 0x80:
        raise MalformedDer("bad integer")
    if len(content) > 1 and content[0] == 0 and not content[1] & 0x80:
        raise MalformedDer("bad integer")
    return int.from_bytes(content, "big")
