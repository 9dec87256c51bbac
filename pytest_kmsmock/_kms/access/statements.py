"""The statements of a key policy: refusing what is malformed."""

import json
import math
import re
from collections.abc import Mapping
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


def check_statements(document: Mapping[str, Any]) -> None:
    """
    Check a key policy that `read_document()` has parsed (rules POL-5, POL-11).

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
    for statement in statements:
        _check_statement(statement)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_unknown(element: Mapping[str, Any], known: frozenset[str]) -> None:
    if not element.keys() <= known:
        raise malformed_policy()


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise malformed_policy()
    _refuse_unknown(statement, _STATEMENT_ELEMENTS)
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny") or not isinstance(statement.get("Sid", ""), str):
        raise malformed_policy()
    element = _choose(statement, "Principal")
    _check_principals({} if element is None else element)
    for name in ("Action", "Resource"):
        named = _choose(statement, name)
        # Accepted without these two, and then of no effect (rules POL-6).
        _check_strings([] if named is None else named)
    _check_condition(statement.get("Condition", {}))


def _choose(statement: Mapping[str, Any], element: str) -> Any:
    """Return what an element or its `Not…` form says, if the statement has either."""
    if element in statement and f"Not{element}" in statement:
        raise malformed_policy()
    chosen = f"Not{element}" if f"Not{element}" in statement else element
    if chosen in statement and statement[chosen] is None:
        raise malformed_policy()
    return statement.get(chosen)


def _check_strings(element: Any) -> None:
    values = element if isinstance(element, list) else [element]
    if not all(isinstance(value, str) for value in values):
        raise malformed_policy()


def _check_principals(element: Any) -> None:
    refusal = malformed_policy("Policy contains a statement with one or more invalid principals.")
    if element == "*":
        return
    if not isinstance(element, dict) or not element.keys() <= _PRINCIPALS.keys():
        raise refusal
    names_somebody = False
    for kind, named in element.items():
        values = named if isinstance(named, list) else [named]
        for value in values:
            if not isinstance(value, str) or not _PRINCIPALS[kind].fullmatch(value):
                raise refusal
        names_somebody = names_somebody or bool(values)
    if not names_somebody:  # no element at all, or one that names nobody
        raise malformed_policy("Policy contains a statement with no principal.")


def _check_condition(condition: Any) -> None:
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


def _is_condition_value(value: Any) -> bool:
    match value:
        case str() | int():  # bool, too
            return True
        case float():
            return math.isfinite(value)
    return False
