"""The form of documents that a test gives: what is refused, and what is worth a warning."""

import json
from typing import Any, Final

import pytest

from pytest_kmsmock._kms.access.forms import read_document
from tests.access.cases import allow, document, to

GOOD: Final = allow("kms:Decrypt")


def but(**elements: Any) -> dict[str, Any]:
    return document({**GOOD, **elements})


def lacking(element: str, **others: Any) -> dict[str, Any]:
    return document({name: value for name, value in GOOD.items() if name != element} | others)


REFUSED: Final[dict[str, tuple[Any, str]]] = {
    "no JSON": ("{", "the policy is not JSON: "),
    "no object": ("[]", "a policy is a JSON object"),
    "an unknown element": (
        {**document(GOOD), "Statements": []},
        "a policy has no 'Statements': did you mean Statement?",
    ),
    "another Version": (
        {**document(GOOD), "Version": "2012"},
        "Version is 2012-10-17 or 2008-10-17, not '2012'",
    ),
    "no statement": ({}, "a policy has a Statement, one or a list of them"),
    "a statement that is a string": (
        {"Statement": ["x"]},
        "statement 1: it is not a JSON object",
    ),
    "an unknown element of a statement": (
        but(Sid="A", Actions="x"),
        "statement 1 (A): a statement has no 'Actions': did you mean Action?",
    ),
    "Sid": (but(Sid=1), "statement 1: Sid is not a string"),
    "Effect": (but(Effect="allow"), "statement 1: Effect is Allow or Deny, not 'allow'"),
    "no action": (lacking("Action"), "statement 1: it has neither Action nor NotAction"),
    "both": (but(NotAction="kms:*"), "statement 1: it has both Action and NotAction"),
    "an action without a service": (
        but(Action="Decrypt"),
        "statement 1: 'Decrypt' is not an action, such as kms:Decrypt or kms:*",
    ),
    "an action that is a number": (
        but(Action=[1]),
        "statement 1: Action is a string or a list of strings",
    ),
    "a resource that is none": (
        but(Resource="alias/app"),
        "statement 1: 'alias/app' is not a resource: an ARN, a pattern of one, or *",
    ),
    "a principal": (
        but(Principal="*"),
        "statement 1: a policy of this kind (identity) has no Principal",
    ),
    "Condition": (but(Condition=[]), "statement 1: Condition is not a JSON object"),
    "an operator": (
        but(Condition={"StringEqual": {"a": "b"}}),
        "statement 1: there is no condition operator StringEqual: did you mean StringEquals?",
    ),
    "no condition keys": (
        but(Condition={"Bool": {}}),
        "statement 1: Bool has no condition keys",
    ),
    "a value": (
        but(Condition={"Bool": {"a": None}}),
        "statement 1: Bool a has a value that is not a string",
    ),
    "not to be written": (but(Sid="A", Resource=object()), "the policy can't be written as JSON"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_document(given, message):
    """A document of a form that can't be is refused with the statement and the reason."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is looked at
        read_document(given, "identity")

    assert str(refused.value).startswith(message)


ENDPOINTS: Final = {
    "both": ({"Principal": "*", "NotPrincipal": "*"}, "it has both Principal and NotPrincipal"),
    "a name": ({"Principal": "alice"}, "Principal is * or an object such as"),
    "a kind": ({"Principal": {"User": "a"}}, "Principal has no 'User'"),
    "a number": ({"Principal": {"AWS": [1]}}, "Principal has a name that is not a string"),
}


@pytest.mark.parametrize(("elements", "message"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_refused_principal(elements, message):
    """Where a policy names principals, their form is looked at."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is looked at
        read_document(but(**elements), "endpoint")

    assert str(refused.value).startswith(f"statement 1: {message}")


def test_no_document():
    """What is neither a mapping nor text is no document."""
    with pytest.raises(TypeError) as refused:
        read_document(7, "identity")  # type: ignore[arg-type]

    assert "a policy is a mapping or JSON text, not int" == str(refused.value)


def test_document():
    """A good document is kept as it is given, or written as JSON, with the ARN of its policy."""
    text = json.dumps(document(GOOD))
    arn = "arn:aws:iam::123456789012:policy/reads"
    mapped, warnings = read_document(document(GOOD), "session", arn)

    assert (text, arn, ()) == (mapped.text, mapped.arn, warnings)
    assert text == read_document(text, "session")[0].text
    assert () == read_document(document(to("*")), "endpoint")[1]
    assert () == read_document(document(to({"AWS": ["*"]})), "resource control")[1]


def test_unknown_names():
    """Actions of KMS and condition keys that there are not are worth a warning, others' are not."""
    condition = {
        "StringEquals": {"kms:CallerAcount": "x", "aws:PrincipalOrgId": "x", "s3:any": "x"}
    }
    _, warnings = read_document(
        document(allow("kms:Decript", "kms:Enc*", "s3:Any", "*", Sid="A", Condition=condition)),
        "identity",
    )

    assert (
        "statement 1 (A): there is no action kms:Decript; the nearest is kms:Decrypt",
        "statement 1 (A): there is no condition key kms:CallerAcount; the nearest is"
        " kms:CallerAccount",
    ) == warnings
