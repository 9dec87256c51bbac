"""Conditions: the operators of policies, and whether what a request has satisfies them."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from pytest_kmsmock._kms.access.all_keys import is_many
from pytest_kmsmock._kms.access.patterns import Template, matches

# Beyond these, access that asks for a key's aliases is denied (AZ131).
MOST_ALIASES: Final = 50


class Values(Protocol):
    """The condition keys of a request: whoever asks gets what the key has, or None."""

    def get(self, key: str, /) -> tuple[str, ...] | None:
        """Return the values of *key*, which is in lower case; None where it is absent."""

    @property
    def encryption_context(self) -> Mapping[str, str]:
        """The pairs that come with what is asked."""


# What one value of a policy asks of one value of a request.
Test: TypeAlias = Callable[[str], bool]
# Makes that out of the policy's value. None where it could never be true, as of a variable without
# a value, or of text where a number belongs.
Maker: TypeAlias = Callable[[Template, Values], Test | None]


def _equals(wanted: Template, values: Values) -> Test | None:
    text = wanted.text(values)
    return None if text is None else text.__eq__


def _equals_ignoring_case(wanted: Template, values: Values) -> Test | None:
    text = wanted.text(values)
    if text is None:
        return None
    folded = text.lower()
    return lambda value: value.lower() == folded


def _like(wanted: Template, values: Values) -> Test | None:
    pattern = wanted.pattern(values)
    if pattern is None:
        return None
    return lambda value: matches(pattern, value)


def _arn_like(wanted: Template, values: Values) -> Test | None:
    pattern = wanted.pattern(values)
    if pattern is None:
        return None
    # Segment by segment, of which the last one is the rest (AZ117).
    segments = split_arn(pattern)

    def is_like(value: str) -> bool:
        parts = split_arn(value)
        return len(parts) == len(segments) == 6 and all(map(matches, segments, parts))

    return is_like


def split_arn(text: Sequence[Any]) -> list[Any]:
    """Split an ARN, or the pattern of one, into its six segments."""
    if isinstance(text, str):
        return text.split(":", 5)
    segments: list[list[Any]] = [[]]
    for character in text:
        if character == ":" and len(segments) < 6:
            segments.append([])
        else:
            segments[-1].append(character)
    return segments


def _is_true(wanted: Template, _: Values) -> Test | None:
    folded = wanted.raw.lower()
    return lambda value: value.lower() == folded


def _binary(wanted: Template, _: Values) -> Test | None:
    try:
        raw = b64decode(wanted.raw, validate=True)
    except (binascii.Error, ValueError):
        return None

    def is_same(value: str) -> bool:
        try:
            return b64decode(value, validate=True) == raw
        except (binascii.Error, ValueError):
            return False

    return is_same


def _in_network(wanted: Template, _: Values) -> Test | None:
    import ipaddress  # noqa: PLC0415 - few policies name addresses

    try:
        network = ipaddress.ip_network(wanted.raw, strict=False)
    except ValueError:
        return None

    def is_in(value: str) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return is_in


def _compare(read: Callable[[str], Any | None], is_so: Callable[[Any, Any], bool]) -> Maker:
    def make(wanted: Template, _: Values) -> Test | None:
        limit = read(wanted.raw)
        if limit is None:
            return None

        def holds(value: str) -> bool:
            found = read(value)
            return found is not None and is_so(found, limit)

        return holds

    return make


def read_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)


def read_date(text: str) -> Decimal | None:
    """Return the seconds since 1970 of an ISO 8601 date, or of such seconds (AZ118)."""
    match = _DATE.fullmatch(text)
    if match is None or text.isdecimal():
        # Four digits alone are a year to ISO 8601, and seconds to everybody else.
        return read_number(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=timezone.utc,
        )
    except ValueError:
        return None
    seconds = Decimal(int(moment.timestamp()))
    if fraction:
        seconds += Decimal(f"0.{fraction}")
    if zone not in (None, "Z"):
        digits = zone.replace(":", "")
        offset = (int(digits[1:3]) * 60 + int(digits[3:5])) * 60
        seconds -= offset if digits[0] == "+" else -offset
    return seconds


_RELATIONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "Equals": lambda found, limit: bool(found == limit),
    "LessThan": lambda found, limit: bool(found < limit),
    "LessThanEquals": lambda found, limit: bool(found <= limit),
    "GreaterThan": lambda found, limit: bool(found > limit),
    "GreaterThanEquals": lambda found, limit: bool(found >= limit),
}


class Operator(NamedTuple):
    """One condition operator; a negated one asks that no value of the policy be met (AZ111)."""

    name: str
    make: Maker
    is_negated: bool = False
    takes_variables: bool = False


def _operators() -> dict[str, Operator]:
    kinds: list[tuple[str, str, Maker, bool]] = [
        ("StringEquals", "StringNotEquals", _equals, True),
        (
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            _equals_ignoring_case,
            True,
        ),
        ("StringLike", "StringNotLike", _like, True),
        ("ArnEquals", "ArnNotEquals", _arn_like, True),
        ("ArnLike", "ArnNotLike", _arn_like, True),
        ("IpAddress", "NotIpAddress", _in_network, False),
        ("Bool", "", _is_true, False),
        ("BinaryEquals", "", _binary, False),
    ]
    for kind, read in (("Numeric", read_number), ("Date", read_date)):
        for relation, is_so in _RELATIONS.items():
            negation = f"{kind}NotEquals" if relation == "Equals" else ""
            kinds.append((kind + relation, negation, _compare(read, is_so), False))
    found = {}
    for name, negation, make, takes_variables in kinds:
        found[name] = Operator(name=name, make=make, takes_variables=takes_variables)
        if negation:
            found[negation] = Operator(
                name=negation, make=make, is_negated=True, takes_variables=takes_variables
            )
    return found


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
OPERATORS: Final = _operators()
NULL: Final = "Null"
FOR_ALL: Final = "ForAllValues"
FOR_ANY: Final = "ForAnyValue"

FORM: Final = re.compile(
    r"(?:(?P<set>ForAllValues|ForAnyValue):)?(?P<name>[A-Za-z]+?)(?P<exists>IfExists)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """
    One condition key under one operator: all of a statement's conditions must hold (AZ111).

    *key* is as the policy writes it. *is_void* says that the kind of policy can't ask for the key,
    which then counts as absent (AZ130).
    """

    operator: str  # the whole of it: "ForAnyValue:StringLikeIfExists"
    set_of: str | None
    base: Operator | None  # None: Null
    if_exists: bool
    key: str
    name: str  # the key in lower case
    wanted: tuple[Template, ...]
    is_many: bool = False
    is_void: bool = False
    # What comes of it where a key has more aliases than access goes by: denial (AZ131).
    overflows_to: bool = False
    # Made once where no variable is in them.
    _tests: tuple[Test, ...] | None = field(default=None, repr=False, compare=False)

    def found(self, values: Values) -> tuple[str, ...] | None:
        return None if self.is_void else values.get(self.name)

    def holds(self, values: Values) -> bool:
        found = None if self.is_void else values.get(self.name)
        if self.base is None:
            return any(wanted.raw.lower() == str(found is None).lower() for wanted in self.wanted)
        if found is None:  # AZ112
            if self.if_exists:
                return True
            if self.set_of is not None:
                return self.set_of == FOR_ALL
            return self.base.is_negated
        if self.is_overflowing(found):
            return self.overflows_to
        tests = self._tests
        if tests is None:
            tests = make_tests(self.base, self.wanted, values)
        if self.set_of is None:
            if self.is_many:
                return False  # AZ124
            return self._passes(found[0], tests)
        passing = (self._passes(value, tests) for value in found)
        return all(passing) if self.set_of == FOR_ALL else any(passing)

    def is_overflowing(self, found: tuple[str, ...]) -> bool:
        return len(found) > MOST_ALIASES and self.name == "kms:resourcealiases"

    def _passes(self, value: str, tests: Iterable[Test]) -> bool:
        is_negated = self.base is not None and self.base.is_negated
        for test in tests:
            if test(value):
                return not is_negated
        return is_negated


def make_tests(operator: Operator, wanted: Iterable[Template], values: Values) -> tuple[Test, ...]:
    made = (operator.make(template, values) for template in wanted)
    return tuple(test for test in made if test is not None)


class Nothing:
    """A request without condition keys: enough for values that have no variables."""

    encryption_context: Mapping[str, str] = MappingProxyType({})

    def get(self, key: str, /) -> tuple[str, ...] | None:
        return None


def read_condition(
    operator: str,
    key: str,
    wanted: Any,
    *,
    has_variables: bool,
    is_void: bool = False,
    overflows_to: bool = False,
) -> Condition:
    """
    Make a condition of one operator, one key and its value or values.

    Raises:
        ValueError: For an operator that there is not.
    """
    form = FORM.fullmatch(operator)
    name = "" if form is None else form["name"]
    base = OPERATORS.get(name)
    if form is None or (base is None and name != NULL):
        raise ValueError(f"{operator} is no condition operator")
    listed = wanted if isinstance(wanted, list) else [wanted]
    with_variables = has_variables and base is not None and base.takes_variables
    templates = tuple(
        Template(write_value(value), has_variables=with_variables) for value in listed
    )
    tests = None
    if base is not None and not any(template.is_variable for template in templates):
        tests = make_tests(base, templates, Nothing())
    return Condition(
        operator=operator,
        set_of=form["set"],
        base=base,
        if_exists=form["exists"] is not None,
        key=key,
        name=key.lower(),
        is_many=is_many(key.lower()),
        wanted=templates,
        is_void=is_void,
        overflows_to=overflows_to,
        _tests=tests,
    )


def write_value(value: Any) -> str:
    """Write a value of a policy as text: JSON's true is "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)
