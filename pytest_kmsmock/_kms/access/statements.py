"""The statements of a policy document: reading them, and refusing what is malformed."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pytest_kmsmock._kms.errors import malformed_policy
from pytest_kmsmock._kms.wire.codec import is_deep

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
# What a policy without Version is read as; AWS adds one, nobody tells which (wire-facts V18).
DEFAULT_VERSION: Final = "2008-10-17"
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
# What only identity policies may ask for: the key's own tags and aliases (wire-facts V19).
_NOT_IN_KEY_POLICIES: Final = re.compile(
    r"(?:aws|kms):resourcetag/.*|kms:resourcealiases", re.IGNORECASE | re.DOTALL
)


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
    Parse the text of a policy; one without Version gets the one that it is read as.

    Raises:
        KmsError: MalformedPolicyDocumentException.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except ValueError:
        document = None
    except RecursionError:
        if not is_deep(text):
            raise  # the caller has left no room on the stack
        document = None
    if not isinstance(document, dict):
        raise malformed_policy()
    return document if "Version" in document else {"Version": DEFAULT_VERSION, **document}


def read_statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """
    Read a key policy that `read_document()` has parsed (rules POL-5, POL-11).

    Raises:
        KmsError: MalformedPolicyDocumentException; what was recorded of its texts is about
            principals (wire-facts P6, V3, V30) and condition keys (V19; rules POL-15).
    """
    _refuse_unknown(document, _ELEMENTS)
    if document["Version"] not in _VERSIONS or not isinstance(document.get("Id", ""), str):
        raise malformed_policy()
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise malformed_policy()
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
    if not element.keys() <= known:
        raise malformed_policy()


def _read_statement(statement: Any) -> Statement:
    if not isinstance(statement, dict):
        raise malformed_policy()
    _refuse_unknown(statement, _STATEMENT_ELEMENTS)
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny") or not isinstance(statement.get("Sid", ""), str):
        raise malformed_policy()
    is_not_principal, element = _choose(statement, "Principal")
    principals, services = _read_principals({} if element is None else element)
    is_not_action, actions = _choose(statement, "Action")
    is_not_resource, resources = _choose(statement, "Resource")
    return Statement(
        allows=effect == "Allow",
        principals=principals,
        services=services,
        is_not_principal=is_not_principal,
        # Accepted without these two, and then of no effect (rules POL-6).
        actions=_strings([] if actions is None else actions),
        is_not_action=is_not_action,
        resources=_strings([] if resources is None else resources),
        is_not_resource=is_not_resource,
        condition=_read_condition(statement.get("Condition", {})),
    )


def _choose(statement: Mapping[str, Any], element: str) -> tuple[bool, Any]:
    """Return whether it is the `Not…` form that the statement has, and what it says, if either."""
    if element in statement and f"Not{element}" in statement:
        raise malformed_policy()
    is_not = f"Not{element}" in statement
    chosen = f"Not{element}" if is_not else element
    if chosen in statement and statement[chosen] is None:
        raise malformed_policy()
    return is_not, statement.get(chosen)


def _strings(element: Any) -> tuple[str, ...]:
    values = element if isinstance(element, list) else [element]
    if not all(isinstance(value, str) for value in values):
        raise malformed_policy()
    return tuple(values)


def _read_principals(element: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the principals of type AWS, and all others."""
    refusal = malformed_policy("Policy contains a statement with one or more invalid principals.")
    if element == "*":
        return ("*",), ()
    if not isinstance(element, dict) or not element.keys() <= _PRINCIPALS.keys():
        raise refusal
    found: dict[str, list[str]] = {}
    for kind, named in element.items():
        values = named if isinstance(named, list) else [named]
        for value in values:
            if not isinstance(value, str) or not _PRINCIPALS[kind].fullmatch(value):
                raise refusal
        found[kind] = values
    if not any(found.values()):  # no element at all, or one that names nobody
        raise malformed_policy("Policy contains a statement with no principal.")
    return tuple(found.pop("AWS", ())), tuple(name for names in found.values() for name in names)


def _read_condition(condition: Any) -> Mapping[str, Any]:
    if not isinstance(condition, dict):
        raise malformed_policy()
    for operator, block in condition.items():
        form = _OPERATOR.fullmatch(operator)
        if form is None or not isinstance(block, dict):
            raise malformed_policy()
        for name, wanted in block.items():
            values = wanted if isinstance(wanted, list) else [wanted]
            if not all(_is_condition_value(value) for value in values):
                raise malformed_policy()
            if _NOT_IN_KEY_POLICIES.fullmatch(name):
                # It was seen once: whether it always names all three is not known (assumed).
                raise malformed_policy(
                    "These condition keys are not permitted in a key policy: aws:ResourceTag,"
                    " kms:ResourceTag, kms:ResourceAliases"
                )
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
