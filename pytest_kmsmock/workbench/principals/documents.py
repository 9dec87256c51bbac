"""The policies that a test gives: mappings or JSON text, and what is wrong with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pytest_kmsmock._kms.access import forms
from pytest_kmsmock._kms.domain.principals import Document
from pytest_kmsmock.workbench.warned import KmsPolicyWarning, warn

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.documents import PolicyKind

PolicyDocument: TypeAlias = Mapping[str, Any] | str
Levels: TypeAlias = tuple[tuple[Document, ...], ...]

VERSION: Final = "2012-10-17"


def read_document(given: object, kind: "PolicyKind", arn: str | None = None) -> Document:
    """
    Read a policy, and warn of what it names that there is not.

    Raises:
        TypeError: Unless it is a mapping or a string.
        ValueError: For a malformed one, with the statement and the reason.
    """
    document, problems = forms.read_document(given, kind, arn)  # type: ignore[arg-type]  # it looks
    for problem in problems:
        warn(problem, KmsPolicyWarning)
    return document


def read_documents(given: object, kind: "PolicyKind") -> tuple[Document, ...]:
    """
    Read a list of policies, or a single one.

    Raises:
        TypeError, ValueError: See `read_document`.
    """
    return tuple([read_document(one, kind) for one in as_list(given, kind)])


def as_list(given: object, kind: "PolicyKind") -> Iterable[object]:
    if isinstance(given, (Mapping, str)):
        return (given,)
    if not isinstance(given, Iterable):
        raise TypeError(f"{given!r} is no {kind} policy, nor a list of them")
    return tuple(given)


def read_levels(given: object, kind: "PolicyKind") -> Levels:
    """
    Read control policies: those of one level, or a list of them for each level from the root down.

    Raises:
        TypeError, ValueError: See `read_document`.
    """
    items = tuple(as_list(given, kind))
    if not items:
        return ()
    if all(isinstance(item, (Mapping, str)) for item in items):
        return (read_documents(items, kind),)
    return tuple([read_documents(item, kind) for item in items])


def add_levels(present: Levels, given: Levels, name: str) -> Levels:
    """
    Add policies to the last level, or be the first to say which levels there are.

    Raises:
        ValueError: For several levels where there are some already.
    """
    if not present or not given:
        return present or given
    if len(given) > 1:
        raise ValueError(
            f"the account already has levels: later {name} are added to the last one, so give"
            " them without levels"
        )
    return (*present[:-1], add_new(present[-1], given[0]))


def add_new(present: Sequence[Document], given: Iterable[Document]) -> tuple[Document, ...]:
    """Add documents that are not there yet: what is asked for again is there once."""
    return (*present, *[one for one in given if one not in present])


def make_statement(
    effect: str, actions: tuple[object, ...], resource: object, condition: object
) -> dict[str, Any]:
    """
    Make a policy of one statement out of the arguments of `allow()` and `deny()`.

    Raises:
        TypeError: If there is no action, or something that is no text.
    """
    if not actions:
        raise TypeError(f"no action is given: name some, as in {effect.lower()}('kms:Decrypt')")
    resources = [resource]
    if isinstance(resource, Iterable) and not isinstance(resource, str):
        resources = list(resource)
    statement: dict[str, Any] = {
        "Effect": effect,
        "Action": list(actions),
        "Resource": [getattr(one, "arn", one) for one in resources],
    }
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": VERSION, "Statement": [statement]}
