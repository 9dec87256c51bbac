"""The statements of a policy document: reading them, and refusing what is malformed."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pytest_kmsmock._kms.errors import malformed_policy

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_ELEMENTS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)

# Accounts, roots, users, roles, assumed-role and federated sessions (rules POL-8). Refused are
# groups, names with a wildcard, and the unique ids that IAM puts in place of whoever was deleted:
# those do not exist any more (wire-facts P6).
_AWS_PRINCIPAL: Final = re.compile(
    r"\*|\d{12}"
    r"|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[\w+=,.@/-]+)"
    r"|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role/[\w+=,.@-]+/|federated-user/)[\w+=,.@-]+",
    re.ASCII,
)
_SERVICE: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_PRINCIPALS: Final[Mapping[str, re.Pattern[str]]] = {
    "AWS": _AWS_PRINCIPAL,
    "Service": _SERVICE,
    "Federated": re.compile(r"\S+"),
}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_OPERATOR: Final = re.compile(
    r"(?P<set>ForAllValues:|ForAnyValue:)?"
    r"(?:String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)"
    r"|(?:Numeric|Date)(?:(?:Not)?Equals|(?:LessThan|GreaterThan)(?:Equals)?)"
    r"|Arn(?:Not)?(?:Equals|Like)|(?:Not)?IpAddress|Bool|BinaryEquals|Null)"
    r"(?:IfExists)?"
)
# What has one value only, so that ForAllValues would match its absence (rules POL-15).
_SINGLE_VALUED: Final = ("kms:encryptioncontext:", "aws:requesttag/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    One statement of a policy.

    *principals* are those of type AWS, *services* all others. *actions* and *resources* are empty
    where the element is missing.
    """

    allows: bool
    principals: tuple[str, ...]
    services: tuple[str, ...]
    is_not_principal: bool
    actions: tuple[str, ...]
    is_not_action: bool
    resources: tuple[str, ...]
    is_not_resource: bool
    condition: Mapping[str, Any]

    def covers(self, action: str, key_arn: str) -> bool:
        """Tell whether IAM's `kms:<action>` on the key is meant (rules AUTH-13, POL-6, POL-7)."""
        full_name = f"kms:{action}".lower()
        is_action = any(matches(pattern.lower(), full_name) for pattern in self.actions)
        is_resource = any(matches(pattern, key_arn) for pattern in self.resources)
        return is_action is not self.is_not_action and is_resource is not self.is_not_resource


def read_document(text: str) -> dict[str, Any]:
    """
    Parse the text of a policy.

    Raises:
        KmsError: MalformedPolicyDocumentException.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise malformed_policy("The policy is not a valid JSON document.")
    return document


def read_statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """
    Read a parsed policy document (rules POL-5, POL-11).

    Raises:
        KmsError: MalformedPolicyDocumentException; only its text about principals was recorded
            (wire-facts P6), the others are assumed.
    """
    _refuse_unknown(document, _ELEMENTS)
    if document.get("Version") not in _VERSIONS:
        raise malformed_policy("The policy contains an invalid version.")
    if not isinstance(document.get("Id", ""), str):
        raise malformed_policy("The policy contains an invalid id.")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise malformed_policy("The policy must contain at least one statement.")
    return tuple(_read_statement(statement) for statement in statements)


def matches(pattern: str, text: str) -> bool:
    """
    Match *text* against IAM's wildcards: `*` for any characters, `?` for one.

    It goes back to the last `*` only, for no pattern shall take longer than its length times that
    of the text.
    """
    place = start = 0
    star = -1
    while start < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, start
            place += 1
        elif place < len(pattern) and pattern[place] in (text[start], "?"):
            place += 1
            start += 1
        elif star >= 0:
            mark += 1
            place, start = star + 1, mark
        else:
            return False
    return not pattern[place:].strip("*")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_unknown(element: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := element.keys() - known:
        raise malformed_policy(f"Unknown field {min(unknown)}")


def _read_statement(statement: Any) -> Statement:
    if not isinstance(statement, dict):
        raise malformed_policy("The policy must contain at least one statement.")
    _refuse_unknown(statement, _STATEMENT_ELEMENTS)
    if not isinstance(statement.get("Sid", ""), str):
        raise malformed_policy("Policy contains a statement with an invalid id.")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise malformed_policy("Policy contains a statement with an invalid effect.")
    is_not_principal, element = _choose(statement, "Principal", "principal")
    if element is None:
        raise malformed_policy("Policy contains a statement with no principal.")
    principals, services = _read_principals(element)
    is_not_action, actions = _choose(statement, "Action", "action")
    is_not_resource, resources = _choose(statement, "Resource", "resource")
    return Statement(
        allows=statement["Effect"] == "Allow",
        principals=principals,
        services=services,
        is_not_principal=is_not_principal,
        # Accepted without these two, and then of no effect (rules POL-6).
        actions=_strings([] if actions is None else actions, "action"),
        is_not_action=is_not_action,
        resources=_strings([] if resources is None else resources, "resource"),
        is_not_resource=is_not_resource,
        condition=_read_condition(statement.get("Condition", {})),
    )


def _choose(statement: Mapping[str, Any], element: str, noun: str) -> tuple[bool, Any]:
    """Return whether it is the `Not…` form that the statement has, and what it says, if either."""
    if element in statement and f"Not{element}" in statement:
        raise malformed_policy(f"Policy contains a statement with more than one {noun} element.")
    is_not = f"Not{element}" in statement
    chosen = f"Not{element}" if is_not else element
    if chosen in statement and statement[chosen] is None:
        raise malformed_policy(f"Policy contains a statement with an invalid {noun}.")
    return is_not, statement.get(chosen)


def _strings(element: Any, noun: str) -> tuple[str, ...]:
    values = element if isinstance(element, list) else [element]
    if not all(isinstance(value, str) for value in values):
        raise malformed_policy(f"Policy contains a statement with an invalid {noun}.")
    return tuple(values)


def _read_principals(element: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the principals of type AWS, and all others."""
    refusal = malformed_policy("Policy contains a statement with one or more invalid principals.")
    if element == "*":
        return ("*",), ()
    if not isinstance(element, dict) or not element or not element.keys() <= _PRINCIPALS.keys():
        raise refusal
    found: dict[str, list[str]] = {}
    for kind, named in element.items():
        values = named if isinstance(named, list) else [named]
        if not values:
            raise refusal
        for value in values:
            if not isinstance(value, str) or not _PRINCIPALS[kind].fullmatch(value):
                raise refusal
        found[kind] = values
    return tuple(found.pop("AWS", ())), tuple(name for names in found.values() for name in names)


def _read_condition(condition: Any) -> Mapping[str, Any]:
    refusal = malformed_policy("Policy contains a statement with an invalid condition.")
    if not isinstance(condition, dict):
        raise refusal
    for operator, block in condition.items():
        form = _OPERATOR.fullmatch(operator)
        if form is None or not isinstance(block, dict):
            raise refusal
        for name, wanted in block.items():
            values = wanted if isinstance(wanted, list) else [wanted]
            if not all(_is_condition_value(value) for value in values):
                raise refusal
            if form["set"] == "ForAllValues:" and name.lower().startswith(_SINGLE_VALUED):
                raise malformed_policy(
                    "OverlyPermissiveCondition: Using the ForAllValues set operator with a"
                    " single-valued condition key matches requests without the specified"
                    " encryption context or tag or with an unspecified encryption context or tag."
                    " To fix, remove ForAllValues."
                )
    return condition


def _is_condition_value(value: Any) -> bool:
    match value:
        case str() | int():  # bool, too
            return True
        case float():
            return math.isfinite(value)
    return False
