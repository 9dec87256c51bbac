"""From JSON to Python and back, by the shapes of the service model."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeAlias, TypeVar

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import clients, model
from pytest_kmsmock._kms.wire.model import Shape

Convert: TypeAlias = Callable[[Any], Any]
Value = TypeVar("Value")


class UnmodeledMember(TypeError):
    """An answer of ours that the service model does not allow: a bug of this package."""


def decode(operation_name: str, body: bytes) -> dict[str, Any]:
    """
    Read a request: base64 as bytes, timestamps as aware datetimes in UTC.

    Members that are null or unknown to the model are left out (rules WIRE-13). A null inside a
    list or a map stays, as None: validation refuses it.

    Raises:
        KmsError: SerializationException, if *body* is no JSON or a value has the wrong JSON type.
    """
    request: dict[str, Any] = _decoder(operation_name)(_parse(body) if body else {})
    return request


def encode(operation_name: str, response: dict[str, Any]) -> bytes:
    """
    Write a response as JSON; nothing at all for an operation without output (wire-facts W8).

    Members that are None are left out. Timestamps are cut to milliseconds (wire-facts W10).

    Raises:
        UnmodeledMember: If the model has no such member, or not of that type.
    """
    members = _encoder(operation_name)(response)
    if model.operation(operation_name).output is None:
        return b""
    return _write_json(members).encode()


def to_client(operation_name: str, response: dict[str, Any]) -> dict[str, Any]:
    """
    Return what botocore's parser makes of `encode()`'s bytes, without the detour over JSON.

    Raises:
        UnmodeledMember: As `encode()` does.
    """
    return to_client_measured(operation_name, response)[0]


def to_client_measured(operation_name: str, response: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """
    Return what `to_client()` does, and the length of the body that the client never sees.

    Raises:
        UnmodeledMember: As `encode()` does.
    """
    return _client_encoder(operation_name)(response)


def _parse(body: bytes) -> Any:
    try:
        text = body.decode()
        if text.startswith("{"):
            # As all clients write it: no need to search for white space around it.
            parsed, end = _JSON.raw_decode(text)
            if end != len(text):
                parsed = _JSON.decode(text)
        else:
            parsed = _JSON.decode(text)
        if "\\u" in text:
            # An escape can smuggle in half of a surrogate pair, which nobody could encode later.
            _write_json(parsed).encode()
    except ValueError:
        # Without a message, as other JSON services of AWS answer (assumed).
        raise KmsError("SerializationException") from None
    except RecursionError:
        if not is_deep(text):
            raise  # the caller has left no room on the stack
        raise KmsError("SerializationException") from None
    return parsed


def is_deep(text: str) -> bool:
    """Tell whether JSON is nested so deeply that reading it may be what fills the stack."""
    return text.count("[") + text.count("{") > _DEEP


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_JSON: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_write_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@cache
def _decoder(operation_name: str) -> Convert:
    return _decoder_of(model.operation(operation_name).input)


def _decoder_of(shape: Shape) -> Convert:
    return _DECODERS[shape.type](shape)


def _structure_decoder(shape: Shape) -> Convert:
    decoders = {name: _decoder_of(member) for name, member in shape.members.items()}

    def decode_structure(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _unconvertible(value, "a Structure")
        decoded = {}
        for name, item in value.items():
            if item is not None and (decode_member := decoders.get(name)) is not None:
                decoded[name] = decode_member(item)
        return decoded

    return decode_structure


def _list_decoder(shape: Shape) -> Convert:
    decode_element = _decoder_of(shape.parts["member"])

    def decode_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _unconvertible(value, "a List")
        return [None if item is None else decode_element(item) for item in value]

    return decode_list


def _map_decoder(shape: Shape) -> Convert:
    decode_value = _decoder_of(shape.parts["value"])

    def decode_map(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _unconvertible(value, "a Map")
        return {name: None if item is None else decode_value(item) for name, item in value.items()}

    return decode_map


def _decode_string(value: Any) -> str:
    if type(value) is not str:
        raise _unconvertible(value, "a String")
    return value


def _decode_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise _unconvertible(value, "a Boolean")
    return value


def _decode_integer(value: Any) -> int:
    number = int(value) if type(value) is float and value.is_integer() else value
    if type(number) is not int or not -(2**31) <= number < 2**31:
        raise _unconvertible(value, "an Integer")
    return number


def _decode_blob(value: Any) -> bytes:
    if type(value) is not str:
        raise _unconvertible(value, "a Blob")
    try:
        return b64decode(value, validate=True)
    except ValueError:
        raise _unconvertible(value, "a Blob") from None


def _decode_timestamp(value: Any) -> datetime:
    try:
        if type(value) is str:
            return _in_milliseconds(_parse_iso_8601(value))
        if type(value) in (int, float):
            return _in_milliseconds(_EPOCH + timedelta(seconds=value))
    except (ValueError, OverflowError):
        pass
    raise _unconvertible(value, "milliseconds since epoch")


def _parse_iso_8601(text: str) -> datetime:
    match = _ISO_8601.fullmatch(text)
    if match is None:
        raise ValueError(text)
    # In the one form that Python 3.10 reads.
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    zone = "+00:00" if match["zone"] == "Z" else match["zone"]
    return datetime.fromisoformat(f"{match['seconds']}.{fraction}{zone}").astimezone(timezone.utc)


def _in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_ISO_8601: Final = re.compile(
    r"(?P<seconds>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.(?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
_DEEP: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND: Final = timedelta(milliseconds=1)

_DECODERS: Final[Mapping[str, Callable[[Shape], Convert]]] = MappingProxyType(
    {
        "structure": _structure_decoder,
        "list": _list_decoder,
        "map": _map_decoder,
        "string": lambda _: _decode_string,
        "boolean": lambda _: _decode_boolean,
        "integer": lambda _: _decode_integer,
        "blob": lambda _: _decode_blob,
        "timestamp": lambda _: _decode_timestamp,
    }
)


def _unconvertible(value: Any, wanted: str) -> KmsError:
    """Word it as front ends of AWS do, one token and one type (assumed: never recorded of KMS)."""
    match value:
        case dict():
            message = "Start of structure or map found where not expected."
        case list():
            message = "Start of list found where not expected."
        case _:
            message = f"{_token(value)} can not be converted to {wanted}"
    return KmsError("SerializationException", message)


def _token(value: Any) -> str:
    match value:
        case None:
            return "NULL_VALUE"
        case bool():
            return "TRUE_VALUE" if value else "FALSE_VALUE"
        case str():
            return "STRING_VALUE"
        case _:
            return "NUMBER_VALUE"


@cache
def _encoder(operation_name: str) -> Convert:
    return _encoder_of(_output_of(operation_name))


def _output_of(operation_name: str) -> Shape:
    output = model.operation(operation_name).output
    return Shape(name=operation_name, type="structure") if output is None else output


def _encoder_of(shape: Shape) -> Convert:
    return _ENCODERS[shape.type](shape)


def _structure_encoder(shape: Shape) -> Convert:
    # In the model's order, as botocore's parser has it.
    encoders = [(name, _encoder_of(member)) for name, member in shape.members.items()]
    known = frozenset(shape.members)

    def encode_structure(value: Any) -> dict[str, Any]:
        if not known.issuperset(_expect(dict, value)):
            raise _unknown_members(shape, value)
        encoded = {}
        name = ""
        try:
            for name, encode_member in encoders:
                if (item := value.get(name)) is not None:
                    encoded[name] = encode_member(item)
        except UnmodeledMember as wrong:
            raise UnmodeledMember(f"{shape.name}.{name}: {wrong}") from None
        return encoded

    return encode_structure


def _unknown_members(shape: Shape, value: dict[str, Any]) -> UnmodeledMember:
    unknown = ", ".join(sorted(value.keys() - shape.members.keys()))
    return UnmodeledMember(f"{shape.name} has no {unknown}")


def _list_encoder(shape: Shape) -> Convert:
    encode_element = _encoder_of(shape.parts["member"])
    return lambda value: [encode_element(item) for item in _expect(list, value)]


def _map_encoder(shape: Shape) -> Convert:
    encode_key, encode_value = _encoder_of(shape.parts["key"]), _encoder_of(shape.parts["value"])
    return lambda value: {
        encode_key(name): encode_value(item) for name, item in _expect(dict, value).items()
    }


def _expect(kind: type[Value], value: Any) -> Value:
    if type(value) is not kind:
        raise UnmodeledMember(f"{type(value).__name__} instead of {kind.__name__}")
    return value


def _epoch_seconds(value: Any) -> float:
    # isinstance, for freezegun's datetimes are of a subclass.
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise UnmodeledMember(f"{value!r} instead of an aware datetime")
    return (value - _EPOCH) // _MILLISECOND / 1000


def _base64(value: Any) -> str:
    return b64encode(_expect(bytes, value)).decode()


_ENCODERS: Final[Mapping[str, Callable[[Shape], Convert]]] = MappingProxyType(
    {
        "structure": _structure_encoder,
        "list": _list_encoder,
        "map": _map_encoder,
        "string": lambda _: partial(_expect, str),
        "boolean": lambda _: partial(_expect, bool),
        "integer": lambda _: partial(_expect, int),
        "blob": lambda _: _base64,
        "timestamp": lambda _: _epoch_seconds,
    }
)


# --- what a client gets, with the bytes that JSON would take ----------------------------------
#
# In one go, for to write JSON in order to count it, or to walk an answer again, costs as much more.

Measured: TypeAlias = Callable[[Any], tuple[Any, int]]


@cache
def _client_encoder(operation_name: str) -> Measured:
    encode = _measured(_output_of(operation_name))
    has_body = model.operation(operation_name).output is not None
    return encode if has_body else lambda response: (encode(response)[0], 0)


def _measured(shape: Shape) -> Measured:
    return _MEASURED[shape.type](shape)


def _measured_structure(shape: Shape) -> Measured:
    encoders = [
        (name, len(f'"{name}":,'), _PLAIN.get(member.type), _measured(member))
        for name, member in shape.members.items()
    ]
    known = frozenset(shape.members)

    def encode_structure(value: Any) -> tuple[dict[str, Any], int]:
        if not known.issuperset(_expect(dict, value)):
            raise _unknown_members(shape, value)
        encoded = {}
        size = len("{}")
        strings = ""  # most members are: measured in one go
        name = ""
        try:
            for name, size_of_name, plain_type, encode_member in encoders:
                if (item := value.get(name)) is not None:
                    size += size_of_name
                    kind = type(item)
                    if kind is not plain_type:
                        encoded[name], size_of_item = encode_member(item)
                        size += size_of_item
                    else:
                        encoded[name] = item
                        if kind is str:
                            strings += _quote(item)
                        else:
                            size += _size_in_base64(item)
        except UnmodeledMember as wrong:
            raise UnmodeledMember(f"{shape.name}.{name}: {wrong}") from None
        if not encoded:
            return encoded, size
        size += len(strings if strings.isascii() else strings.encode())
        return encoded, size - 1  # without a comma at the end

    return encode_structure


def _measured_list(shape: Shape) -> Measured:
    encode_element = _measured(shape.parts["member"])

    def encode_list(value: Any) -> tuple[list[Any], int]:
        encoded = []
        size = len("[]")
        for item in _expect(list, value):
            element, size_of_element = encode_element(item)
            encoded.append(element)
            size += size_of_element + 1
        return encoded, size - 1 if encoded else size

    return encode_list


def _measured_map(shape: Shape) -> Measured:
    encode_key, encode_value = _measured(shape.parts["key"]), _measured(shape.parts["value"])

    def encode_map(value: Any) -> tuple[dict[str, Any], int]:
        encoded = {}
        size = len("{}")
        for name, item in _expect(dict, value).items():
            key, size_of_key = encode_key(name)
            encoded[key], size_of_value = encode_value(item)
            size += size_of_key + size_of_value + len(":,")
        return encoded, size - 1 if encoded else size

    return encode_map


def _measured_string(value: Any) -> tuple[str, int]:
    return value, len(_quote(_expect(str, value)).encode())


def _measured_boolean(value: Any) -> tuple[bool, int]:
    return value, len("true" if _expect(bool, value) else "false")


def _measured_integer(value: Any) -> tuple[int, int]:
    return value, len(str(_expect(int, value)))


def _measured_blob(value: Any) -> tuple[bytes, int]:
    return value, _size_in_base64(_expect(bytes, value))


def _size_in_base64(value: bytes) -> int:
    return len('""') + 4 * ((len(value) + 2) // 3)


def _measured_timestamp(value: Any) -> tuple[datetime, int]:
    seconds = _epoch_seconds(value)
    return clients.timestamp(seconds), len(repr(seconds))


# What a client gets as it is, and whose size takes no function of its own.
_PLAIN: Final[Mapping[str, type]] = MappingProxyType({"string": str, "blob": bytes})
_quote: Final = json.encoder.encode_basestring  # with ensure_ascii=False

_MEASURED: Final[Mapping[str, Callable[[Shape], Measured]]] = MappingProxyType(
    {
        "structure": _measured_structure,
        "list": _measured_list,
        "map": _measured_map,
        "string": lambda _: _measured_string,
        "boolean": lambda _: _measured_boolean,
        "integer": lambda _: _measured_integer,
        "blob": lambda _: _measured_blob,
        "timestamp": lambda _: _measured_timestamp,
    }
)
