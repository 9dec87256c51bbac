"""From JSON to Python and back, by the shapes of the service model."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias, TypeVar

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
    parsed: dict[str, Any] = _client_encoder(operation_name)(response)
    return parsed


def measure(operation_name: str, members: dict[str, Any]) -> int:
    """Count the bytes that `encode()` makes of what `to_client()` has made *members* of."""
    if model.operation(operation_name).output is None:
        return 0
    return _size_of_map(members)


def _parse(body: bytes) -> Any:
    try:
        text = body.decode()
        parsed = _read_json(text)
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


def _read_json(text: str) -> Any:
    if text.startswith("{"):
        # As all clients write it: no need to search for white space around it.
        parsed, end = _JSON.raw_decode(text)
        if end == len(text):
            return parsed
    return _JSON.decode(text)


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


class Target(NamedTuple):
    """Whom an answer is written for: which classes stay as they are, and what becomes of others."""

    kept: Mapping[str, type]
    convert: Mapping[str, Convert]


@cache
def _encoder(operation_name: str) -> Convert:
    return _output_encoder(operation_name, _TO_JSON)


@cache
def _client_encoder(operation_name: str) -> Convert:
    return _output_encoder(operation_name, _TO_CLIENT)


def _output_encoder(operation_name: str, target: Target) -> Convert:
    output = model.operation(operation_name).output
    nothing = Shape(name=operation_name, type="structure")
    return _encoder_of(nothing if output is None else output, target)


def _encoder_of(shape: Shape, target: Target) -> Convert:
    if (container := _CONTAINER_ENCODERS.get(shape.type)) is not None:
        return container(shape, target)
    if (kept := target.kept.get(shape.type)) is not None:
        return partial(_expect, kept)
    return target.convert[shape.type]


def _structure_encoder(shape: Shape, target: Target) -> Convert:
    # In the model's order, as botocore's parser has it.
    encoders = [
        (name, target.kept.get(member.type), _encoder_of(member, target))
        for name, member in shape.members.items()
    ]
    known = frozenset(shape.members)

    def encode_structure(value: Any) -> dict[str, Any]:
        if not known.issuperset(_expect(dict, value)):
            unknown = ", ".join(sorted(value.keys() - known))
            raise UnmodeledMember(f"{shape.name} has no {unknown}")
        encoded = {}
        name = ""
        try:
            for name, kept, encode_member in encoders:
                if (item := value.get(name)) is not None:
                    encoded[name] = item if type(item) is kept else encode_member(item)
        except UnmodeledMember as wrong:
            raise UnmodeledMember(f"{shape.name}.{name}: {wrong}") from None
        return encoded

    return encode_structure


def _list_encoder(shape: Shape, target: Target) -> Convert:
    encode_element = _encoder_of(shape.parts["member"], target)
    return lambda value: [encode_element(item) for item in _expect(list, value)]


def _map_encoder(shape: Shape, target: Target) -> Convert:
    encode_key = _encoder_of(shape.parts["key"], target)
    encode_value = _encoder_of(shape.parts["value"], target)
    return lambda value: {
        encode_key(name): encode_value(item) for name, item in _expect(dict, value).items()
    }


_CONTAINER_ENCODERS: Final = MappingProxyType(
    {"structure": _structure_encoder, "list": _list_encoder, "map": _map_encoder}
)


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


_TO_JSON: Final = Target(
    kept=MappingProxyType({"string": str, "boolean": bool, "integer": int}),
    convert=MappingProxyType({"blob": _base64, "timestamp": _epoch_seconds}),
)
_TO_CLIENT: Final = Target(
    kept=MappingProxyType({**_TO_JSON.kept, "blob": bytes}),
    convert=MappingProxyType({"timestamp": lambda value: clients.timestamp(_epoch_seconds(value))}),
)


# --- how long JSON would be -------------------------------------------------------------------

_quote: Final = json.encoder.encode_basestring  # with ensure_ascii=False


def _size_of_string(value: str) -> int:
    return len(_quote(value).encode())


# For what comes again and again: names, ids, ARNs, states.
_size_of_word: Final = lru_cache(maxsize=1024)(_size_of_string)
_LONGEST_WORD: Final = 128


def _size_of_timestamp(value: Any) -> int:
    return len(repr(_epoch_seconds(value)))


def _size_of_list(value: list[Any]) -> int:
    return (
        1
        + max(len(value), 1)
        + sum(_SIZES.get(type(one), _size_of_timestamp)(one) for one in value)
    )


def _size_of_map(value: dict[str, Any]) -> int:
    size = 1 + max(2 * len(value), 1)
    for name, item in value.items():
        if type(item) is str and len(item) <= _LONGEST_WORD:
            size += _size_of_word(name) + _size_of_word(item)
        else:
            size += _size_of_word(name) + _SIZES.get(type(item), _size_of_timestamp)(item)
    return size


_SIZES: Final[Mapping[type, Callable[[Any], int]]] = {
    str: _size_of_string,
    bytes: lambda value: 2 + 4 * ((len(value) + 2) // 3),
    bool: lambda value: 4 if value else 5,
    int: lambda value: len(str(value)),
    list: _size_of_list,
    dict: _size_of_map,
}
