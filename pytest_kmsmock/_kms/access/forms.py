"""The form of the documents that a test gives: what can't be, and what was hardly meant."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pytest_kmsmock._kms.access.all_keys import KEYS, KINDS_OF_KEYS, find_key
from pytest_kmsmock._kms.access.conditions import FORM, NULL, OPERATORS
from pytest_kmsmock._kms.access.documents import WITH_PRINCIPALS, PolicyKind, listed
from pytest_kmsmock._kms.access.patterns import matches
from pytest_kmsmock._kms.domain.principals import Document
from pytest_kmsmock._kms.wire.model import operation_names

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
_KINDS_OF_PRINCIPALS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
# `*`, or a service and an action of it.
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+", re.ASCII)
# Permissions that are not named as an operation.
_OTHER_ACTIONS: Final = ("ReEncryptFrom", "ReEncryptTo", "SynchronizeMultiRegionKey")


def read_document(
    given: str | Mapping[str, Any], kind: PolicyKind, arn: str | None = None
) -> tuple[Document, tuple[str, ...]]:
    """
    Read a policy that a test gives, as a mapping or as JSON.

    Returns:
        The document, and what is worth a warning: names of KMS and IAM that there are not.

    Raises:
        TypeError: For what is neither.
        ValueError: For a form that can't be, with the statement and the reason.
    """
    if isinstance(given, str):
        try:
            document = json.loads(given)
        except ValueError as error:
            raise ValueError(f"the policy is not JSON: {error}") from None
        text = given
    elif isinstance(given, Mapping):
        document, text = given, _write(given)
    else:
        raise TypeError(f"a policy is a mapping or JSON text, not {type(given).__name__}")
    statements = read_statements(document)
    warnings: list[str] = []
    for number, statement in enumerate(statements, 1):
        place = f"statement {number}"
        if isinstance(statement, Mapping) and isinstance(sid := statement.get("Sid"), str) and sid:
            place += f" ({sid})"
        try:
            check_statement(statement, kind)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        warnings += (f"{place}: {text}" for text in find_unknown_names(statement))
    return Document(text, arn), tuple(warnings)


def find_mistake(given: str, kind: PolicyKind) -> str | None:
    """Say what is wrong with the form of a policy; None if nothing is found."""
    try:
        read_document(given, kind)
    except ValueError as error:
        return str(error)
    except RecursionError:  # nested too deep to be looked at
        return None
    return None


def _write(document: Mapping[str, Any]) -> str:
    try:
        return json.dumps(document, default=dict)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the policy can't be written as JSON: {error}") from None


def read_statements(document: Any) -> list[Any]:
    """
    Return the statements of a parsed document.

    Raises:
        ValueError: Unless it has any, and nothing that does not belong there.
    """
    if not isinstance(document, Mapping):
        raise ValueError("a policy is a JSON object")
    refuse_unknown(document, _ELEMENTS, "a policy")
    if "Version" in document and document["Version"] not in _VERSIONS:
        raise ValueError(f"Version is {' or '.join(_VERSIONS)}, not {document['Version']!r}")
    statements = document.get("Statement")
    found = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(found, list | tuple) or not found:
        raise ValueError("a policy has a Statement, one or a list of them")
    return list(found)


def check_statement(statement: Any, kind: PolicyKind) -> None:
    """
    Raises:
        ValueError: For a statement that a policy of *kind* can't have.
    """
    if not isinstance(statement, Mapping):
        raise ValueError("it is not a JSON object")
    refuse_unknown(statement, _STATEMENT_ELEMENTS, "a statement")
    if not isinstance(statement.get("Sid", ""), str):
        raise ValueError("Sid is not a string")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"Effect is Allow or Deny, not {statement.get('Effect')!r}")
    for action in choose(statement, "Action"):
        if not _ACTION.fullmatch(action):
            raise ValueError(f"{action!r} is not an action, such as kms:Decrypt or kms:*")
    for resource in choose(statement, "Resource"):
        if resource != "*" and not resource.startswith(("arn:", "*", "${")):
            raise ValueError(f"{resource!r} is not a resource: an ARN, a pattern of one, or *")
    check_principal(statement, kind)
    check_condition(statement.get("Condition", {}))


def check_principal(statement: Mapping[str, Any], kind: PolicyKind) -> None:
    named = [name for name in ("Principal", "NotPrincipal") if name in statement]
    if not named:
        return
    if kind not in WITH_PRINCIPALS:
        raise ValueError(f"a policy of this kind ({kind}) has no {named[0]}")
    if len(named) > 1:
        raise ValueError("it has both Principal and NotPrincipal")
    element = statement[named[0]]
    if element == "*":
        return
    if not isinstance(element, Mapping) or not element:
        raise ValueError(f"{named[0]} is * or an object such as {{'AWS': …}}, not {element!r}")
    refuse_unknown(element, _KINDS_OF_PRINCIPALS, named[0])
    for names in element.values():
        if not all(isinstance(name, str) for name in listed(names)):
            raise ValueError(f"{named[0]} has a name that is not a string")


def check_condition(condition: Any) -> None:
    """
    Raises:
        ValueError: For an operator that there is not, or values that can't be.
    """
    if not isinstance(condition, Mapping):
        raise ValueError("Condition is not a JSON object")
    for operator, block in condition.items():
        form = FORM.fullmatch(operator)
        if form is None or form["name"] not in (*OPERATORS, NULL):
            near = difflib.get_close_matches(operator, [*OPERATORS, NULL], n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            raise ValueError(f"there is no condition operator {operator}{hint}")
        if not isinstance(block, Mapping) or not block:
            raise ValueError(f"{operator} has no condition keys")
        for key, wanted in block.items():
            if not all(isinstance(value, str | int | float) for value in listed(wanted)):
                raise ValueError(f"{operator} {key} has a value that is not a string")


def choose(statement: Mapping[str, Any], element: str) -> Iterable[str]:
    """
    Return the names in an element or in its Not form.

    Raises:
        ValueError: Unless there is exactly one of them, and of strings.
    """
    named = [name for name in (element, f"Not{element}") if name in statement]
    if len(named) != 1:
        both = "both {0} and Not{0}" if named else "neither {0} nor Not{0}"
        raise ValueError(f"it has {both.format(element)}")
    names = list(listed(statement[named[0]]))
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{named[0]} is a string or a list of strings")
    return names


def refuse_unknown(element: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    for name in element:
        if name not in known:
            near = difflib.get_close_matches(str(name), list(known), n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            raise ValueError(f"{what} has no {name!r}{hint}")


def find_unknown_actions(actions: Iterable[str]) -> Iterator[str]:
    """Say which actions of KMS there are not, with the nearest names."""
    all_names = [name for name in operation_names() if name != "ReEncrypt"]
    all_names += [name for name in _OTHER_ACTIONS if name not in all_names]
    for action in actions:
        service, _, name = action.partition(":")
        if service.lower() != "kms":
            continue
        if not any(matches(name.lower(), known.lower()) for known in all_names):
            near = difflib.get_close_matches(name, all_names, n=1)
            hint = f"; the nearest is kms:{near[0]}" if near else ""
            yield f"there is no action {action}{hint}"


def find_unknown_names(statement: Mapping[str, Any]) -> Iterator[str]:
    """Say which actions of KMS and which condition keys there are not, with the nearest names."""
    yield from find_unknown_actions(listed(statement.get("Action", statement.get("NotAction", ()))))
    names = [key.name for key in (*KEYS.values(), *KINDS_OF_KEYS)]
    for block in statement.get("Condition", {}).values():
        for key in block:
            if key.lower().startswith(("kms:", "aws:")) and find_key(key.lower()) is None:
                near = difflib.get_close_matches(key, names, n=1)
                hint = f"; the nearest is {near[0]}" if near else ""
                yield f"there is no condition key {key}{hint}"
