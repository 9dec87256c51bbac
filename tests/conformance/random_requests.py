"""Requests that nobody would send: strategies for bodies of every degree of brokenness."""

import json
import operator
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from botocore.model import OperationModel, Shape, StructureShape
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

# Shape -> values of that shape which mean something to the KMS that gets the request.
Properties: TypeAlias = Mapping[str, Sequence[Any]]

# Shapes that take each other's values: what is opaque to a caller is easily mixed up.
OPAQUE: Final = {
    "AttestationDocumentType",
    "CiphertextType",
    "PlaintextType",
    "PublicKeyType",
}


PLAIN: Final = "abz019AZ:/_-.+=,@*"

# By name, so that a report of a failure stays short.
BROKEN_BODIES: Final = {
    "nothing": b"",
    "a space": b" ",
    "null": b"null",
    "a list": b"[]",
    "a string": b'"text"',
    "half": b"{",
    "two": b"{}{}",
    "with a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": b"\xff\xfe{\x00}\x00",
    "not a number": b'{"KeyId": NaN}',
    "infinity": b'{"KeyId": 1e999}',
    "a member twice": b'{"KeyId": "a", "KeyId": "b"}',
    "half a surrogate pair": b'{"KeyId": "\\ud800"}',
    "a null character": b'{"KeyId": "\\u0000"}',
    "open brackets": b'{"Policy": ' + b"[" * 100_000,
    "brackets": b'{"KeyId": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a long number": b'{"Limit": 1' + b"0" * 5_000 + b"}",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """One of the `BROKEN_BODIES`."""

    name: str


@dataclass(frozen=True, slots=True)
class Damage:
    """What becomes of a value on its way."""

    kind: str
    place: int

    def do(self, value: Any) -> Any:
        if not self.kind or not value or not isinstance(value, str | bytes):
            return value
        place = self.place % len(value)
        match self.kind:
            case "cut":
                return value[:place]
            case "extended":
                return value + value[:place]
            case "upper case" if isinstance(value, str):
                return value.upper()
        # A bit of a byte, or a character by one that fits most patterns.
        changed = "0" if isinstance(value, str) else bytes([value[place] ^ 1 << self.place % 8])
        return value[:place] + changed + value[place + 1 :]


@dataclass(frozen=True, slots=True)
class Known:
    """A value that means something where it is sent: a strategy knows its place, not itself."""

    shape: str
    number: int
    damage: Damage

    def find(self, properties: Properties) -> Any:
        values = properties.get(self.shape, properties["Any"])
        return self.damage.do(values[self.number % len(values)])


@dataclass(frozen=True, slots=True)
class Changed:
    """The minimal request of an operation, with one of its values damaged and others replaced."""

    number: int
    damage: Damage
    replaced: Mapping[str, Any]

    def apply(self, minimal: Mapping[str, Any]) -> dict[str, Any]:
        names = sorted(minimal)
        damaged = names[self.number % len(names)] if names else None
        request = {
            name: self.damage.do(value) if name == damaged else value
            for name, value in minimal.items()
        }
        return {**request, **self.replaced}


DAMAGES: Final = st.builds(
    Damage,
    st.sampled_from(("", "cut", "extended", "changed", "upper case")),
    st.integers(0, 10_000),
)


NO_DAMAGE: Final = st.just(Damage("", 0))


def known(shape: str) -> SearchStrategy[Known]:
    return st.builds(
        Known, st.just(shape), st.integers(0, 1000), st.one_of(*[NO_DAMAGE] * 4, DAMAGES)
    )


def encode(drawn: Any, minimal: Mapping[str, Any], properties: Properties) -> bytes:
    """Write what `bodies_of` drew as a body."""
    match drawn:
        case bytes():
            return drawn
        case Broken():
            return BROKEN_BODIES[drawn.name]

    def default(value: Any) -> Any:
        found = value.find(properties) if isinstance(value, Known) else value
        return b64encode(found).decode() if isinstance(found, bytes) else found

    request = drawn.apply(minimal) if isinstance(drawn, Changed) else drawn
    return json.dumps(request, default=default).encode()


def inside(shape: Shape) -> SearchStrategy[Any]:
    """Draw values of a shape within its constraints, or nearly so."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 1000)
    match shape.type_name:
        case "structure":
            return members_of(shape)
        case "list":
            return st.lists(inside(shape.member), min_size=least, max_size=least + 2)
        case "map":
            return st.dictionaries(st.text(max_size=5), inside(shape.value), max_size=2)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(least, most)
        case "timestamp":
            return st.floats(1.7e9, 2.5e9) | st.just("2030-06-01T00:00:00Z")
        case "blob":
            opaque = known("CiphertextType") if shape.name in OPAQUE else known(shape.name)
            return known(shape.name) | opaque | st.binary(min_size=least, max_size=least + 70)
    if shape.enum:
        return st.sampled_from(shape.enum)
    return (
        known(shape.name) | known(shape.name) | st.text(PLAIN, min_size=least, max_size=least + 30)
    )


def beyond(shape: Shape) -> SearchStrategy[Any]:
    """Draw values of a shape's type, with no thought of its constraints."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 10_000)
    match shape.type_name:
        case "structure":
            return st.dictionaries(
                st.sampled_from(sorted(shape.members)), st.none() | st.text(max_size=3)
            )
        case "list":
            several = st.integers(0, 300)
            elements = st.none() | inside(shape.member) | beyond(shape.member)
            return st.builds(lambda item, number: [item] * number, elements, several)
        case "map":
            return st.dictionaries(st.text(), st.none() | st.text(), max_size=12)
        case "boolean":
            return st.none()
        case "integer":
            return st.sampled_from((least - 1, most + 1)) | st.integers(-(2**40), 2**40)
        case "timestamp":
            return st.floats() | st.integers() | st.text(max_size=25)
        case "blob":
            return st.sampled_from((b"", bytes(most), bytes(most + 1)))
    return st.text(max_size=30) | st.sampled_from(("", "FOO", "x" * most, "x" * (most + 1)))


def members_of(shape: StructureShape) -> SearchStrategy[dict[str, Any]]:
    """Draw a structure that has what it must have, and little else."""
    required = {name: inside(shape.members[name]) for name in shape.required_members}
    optional = {name: inside(shape.members[name]) for name in shape.members if name not in required}
    some = st.lists(st.sampled_from(sorted(optional)), max_size=3) if optional else st.just([])
    return some.flatmap(
        lambda names: st.fixed_dictionaries(required | {name: optional[name] for name in names})
    )


def json_for(shape: StructureShape) -> SearchStrategy[Any]:
    """Draw JSON that has the names of a request's members, and any value in any place."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    anything = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
    names = st.sampled_from(sorted(shape.members)) if shape.members else st.text()
    return st.dictionaries(names | st.text(max_size=5), anything) | anything


def bodies_of(operation: OperationModel) -> SearchStrategy[Any]:
    """Draw requests to an operation, for `encode()`: the closer to a valid one, the likelier."""
    shape = operation.input_shape
    shaped = members_of(shape)
    nothing: SearchStrategy[dict[str, Any]] = st.just({})
    damaged = st.builds(Changed, st.integers(0, 10), DAMAGES, nothing)
    changed, broken = nothing, nothing
    if shape.members:
        name = st.sampled_from(sorted(shape.members))
        changed = name.flatmap(
            lambda name: st.fixed_dictionaries({name: inside(shape.members[name])})
        )
        broken = name.flatmap(
            lambda name: st.fixed_dictionaries({name: st.none() | beyond(shape.members[name])})
        )
    return st.one_of(
        damaged,
        damaged,
        st.builds(Changed, st.integers(0, 10), DAMAGES, changed),
        st.builds(Changed, st.just(0), NO_DAMAGE, changed),
        st.builds(Changed, st.just(0), NO_DAMAGE, st.builds(operator.or_, changed, changed)),
        st.builds(Changed, st.just(0), NO_DAMAGE, broken),
        shaped,
        shaped,
        st.builds(operator.or_, shaped, broken),
        json_for(shape),
        st.binary(max_size=50) | st.builds(Broken, st.sampled_from(sorted(BROKEN_BODIES))),
    )
