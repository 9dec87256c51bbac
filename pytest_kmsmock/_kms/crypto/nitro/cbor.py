"""The part of CBOR (RFC 8949) that attestation documents use: definite lengths, no floats."""

from collections.abc import Mapping

from pytest_kmsmock._kms.crypto.errors import BadDocument

_DEEPEST = 16
_SIMPLE: Mapping[int, bool | None] = {20: False, 21: True, 22: None}


def loads(data: bytes) -> object:
    """
    Decode one item: None, bool, int, bytes, str, list or dict; tags are dropped.

    Raises:
        BadDocument: it is no such item, or something comes after it.
    """
    value, rest = _item(memoryview(data), 0)
    if rest:
        raise BadDocument("trailing CBOR")
    return value


def dumps(value: object) -> bytes:
    """
    Encode one item.

    Raises:
        TypeError: a value of another type than `loads` gives.
    """
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            encoded = value.encode()
            return _head(3, len(encoded)) + encoded
        case list() | tuple():
            return _head(4, len(value)) + b"".join(map(dumps, value))
        case Mapping():
            pairs = (dumps(key) + dumps(item) for key, item in value.items())
            return _head(5, len(value)) + b"".join(pairs)
        case _:
            raise TypeError(f"no CBOR for {type(value).__name__}")


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    for info, size in ((24, 1), (25, 2), (26, 4)):
        if number < 1 << 8 * size:
            return bytes((major << 5 | info,)) + number.to_bytes(size, "big")
    return bytes((major << 5 | 27,)) + number.to_bytes(8, "big")


def _item(data: memoryview, depth: int) -> tuple[object, memoryview]:
    if not data or depth > _DEEPEST:
        raise BadDocument("truncated or too deep CBOR")
    major, info = data[0] >> 5, data[0] & 31
    if major == 7:
        if info not in _SIMPLE:
            raise BadDocument("unsupported CBOR value")
        return _SIMPLE[info], data[1:]
    number, data = _number(info, data[1:])
    match major:
        case 0:
            return number, data
        case 1:
            return -1 - number, data
        case 2:
            return _take(data, number)
        case 3:
            encoded, data = _take(data, number)
            try:
                return encoded.decode(), data
            except UnicodeDecodeError:
                raise BadDocument("bad CBOR text") from None
        case 4:
            return _items(data, number, depth)
        case 5:
            return _pairs(data, number, depth)
        case _:
            # A tag. COSE_Sign1 has number 18; the Nitro Secure Module leaves it out.
            return _item(data, depth + 1)


def _number(info: int, data: memoryview) -> tuple[int, memoryview]:
    if info < 24:
        return info, data
    if info > 27:
        raise BadDocument("indefinite CBOR length")
    encoded, data = _take(data, 1 << info - 24)
    return int.from_bytes(encoded, "big"), data


def _take(data: memoryview, size: int) -> tuple[bytes, memoryview]:
    if len(data) < size:
        raise BadDocument("truncated CBOR")
    return bytes(data[:size]), data[size:]


def _items(data: memoryview, count: int, depth: int) -> tuple[list[object], memoryview]:
    items = []
    for _ in range(count):
        item, data = _item(data, depth + 1)
        items.append(item)
    return items, data


def _pairs(data: memoryview, count: int, depth: int) -> tuple[dict[object, object], memoryview]:
    pairs = {}
    for _ in range(count):
        key, data = _item(data, depth + 1)
        if type(key) not in (int, str, bytes):
            raise BadDocument("bad CBOR map key")
        pairs[key], data = _item(data, depth + 1)
    return pairs, data
