"""Which documents are policies at all, and whom they may name."""

import json
from typing import Final

import pytest

from tests.operations.key_policies import (
    ALLOWED,
    BOTH,
    IAM,
    ROOT,
    but,
    malformed,
    policy,
    put,
    refused,
    without,
)
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, REGION

NO_JSON: Final = malformed("The policy is not a valid JSON document.")

TEXTS: Final = {
    "a word": "allow",
    "nothing but a space": " ",
    "cut short": '{"Version": "2012-10-17"',
    "two documents": "{} {}",
    "a comma too many": '{"Version": "2012-10-17",}',
    "single quotes": "{'Version': '2012-10-17'}",
    "NaN": '{"Version": NaN}',
    "Infinity": '{"Version": -Infinity}',
    "a list": "[]",
    "a string": '"2012-10-17"',
    "a number": "1",
    "null": "null",
    "deeper than one can read": "[" * 30_000,
    "a number longer than one can read": "9" * 10_000,
}


@BOTH
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_policy_that_is_no_json_object(kms, method, text):
    """A policy is a JSON object (rules POL-11; the text is assumed)."""
    assert NO_JSON == refused(kms, method, text)


VERSION: Final = malformed("The policy contains an invalid version.")
STATEMENT: Final = malformed("The policy must contain at least one statement.")
EFFECT: Final = malformed("Policy contains a statement with an invalid effect.")
NO_PRINCIPAL: Final = malformed("Policy contains a statement with no principal.")
PRINCIPALS: Final = malformed("Policy contains a statement with one or more invalid principals.")
ACTION: Final = malformed("Policy contains a statement with an invalid action.")
RESOURCE: Final = malformed("Policy contains a statement with an invalid resource.")
CONDITION: Final = malformed("Policy contains a statement with an invalid condition.")

MALFORMED: Final = {
    "no elements": ({}, VERSION),
    "no version": ({"Statement": [ALLOWED]}, VERSION),
    "unknown version": (policy(ALLOWED, Version="2012-10-18"), VERSION),
    "version of another type": (policy(ALLOWED, Version=["2012-10-17"]), VERSION),
    "no version but null": (policy(ALLOWED, Version=None), VERSION),
    "id of another type": (policy(ALLOWED, Id=1), malformed("The policy contains an invalid id.")),
    "no id but null": (policy(ALLOWED, Id=None), malformed("The policy contains an invalid id.")),
    "unknown element": (policy(ALLOWED, Statements=[]), malformed("Unknown field Statements")),
    "element in another case": (policy(ALLOWED, version="x"), malformed("Unknown field version")),
    "no statement": ({"Version": "2012-10-17"}, STATEMENT),
    "empty statement list": (policy(), STATEMENT),
    "statement of another type": ({"Version": "2012-10-17", "Statement": "Allow"}, STATEMENT),
    "null for statements": ({"Version": "2012-10-17", "Statement": None}, STATEMENT),
    "list of other things": (policy(ALLOWED, "Allow"), STATEMENT),
    "list of lists": (policy([ALLOWED]), STATEMENT),
    "unknown element of a statement": (but(Actions="x"), malformed("Unknown field Actions")),
    "sid of another type": (
        but(Sid=1),
        malformed("Policy contains a statement with an invalid id."),
    ),
    "no effect": (without("Effect"), EFFECT),
    "unknown effect": (but(Effect="allow"), EFFECT),
    "effect of another type": (but(Effect=["Allow"]), EFFECT),
    "no principal": (without("Principal"), NO_PRINCIPAL),
    "principal and not principal": (
        but(NotPrincipal={"AWS": ROOT}),
        malformed("Policy contains a statement with more than one principal element."),
    ),
    "null for principal": (
        but(Principal=None),
        malformed("Policy contains a statement with an invalid principal."),
    ),
    "action and not action": (
        but(NotAction="kms:Encrypt"),
        malformed("Policy contains a statement with more than one action element."),
    ),
    "null for action": (but(Action=None), ACTION),
    "action of another type": (but(Action={"kms": "*"}), ACTION),
    "action among others of another type": (but(Action=["kms:*", 1]), ACTION),
    "resource and not resource": (
        but(NotResource="x"),
        malformed("Policy contains a statement with more than one resource element."),
    ),
    "resource of another type": (but(Resource=1), RESOURCE),
    "deep resource": (but(Resource=[[["*"]]]), RESOURCE),
    "null for condition": (but(Condition=None), CONDITION),
    "condition of another type": (but(Condition=[]), CONDITION),
    "condition without operator": (but(Condition={"aws:SourceIp": "10.0.0.1"}), CONDITION),
    "unknown operator": (but(Condition={"StringIs": {"aws:username": "x"}}), CONDITION),
    "operator in another case": (but(Condition={"stringequals": {"a": "x"}}), CONDITION),
    "operator without keys": (but(Condition={"StringEquals": "x"}), CONDITION),
    "operator with a list": (but(Condition={"StringEquals": ["x"]}), CONDITION),
    "condition with an object": (but(Condition={"StringEquals": {"a": {}}}), CONDITION),
    "condition with null": (but(Condition={"StringEquals": {"a": None}}), CONDITION),
    "condition with null in a list": (but(Condition={"StringEquals": {"a": [None]}}), CONDITION),
    "condition with a list in a list": (but(Condition={"StringEquals": {"a": [["x"]]}}), CONDITION),
}


@BOTH
@pytest.mark.parametrize(("document", "expected"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_policy(kms, method, document, expected):
    """What IAM's grammar does not allow is refused (rules POL-5, POL-11; the texts are assumed)."""
    assert expected == refused(kms, method, json.dumps(document))


def test_condition_with_an_endless_number(kms):
    """A number that none of ours can hold is refused."""
    text = json.dumps(but(Condition={"NumericEquals": {"a": 1}})).replace("1}", "1e999}")

    assert CONDITION == refused(kms, "put_key_policy", text)


WELL_FORMED: Final = {
    "old version": policy(ALLOWED, Version="2008-10-17"),
    "id and sids": policy({**ALLOWED, "Sid": "One sid, with blanks"}, Id="id"),
    "one statement without a list": {"Version": "2012-10-17", "Statement": ALLOWED},
    # rules POL-6, wire-facts P11
    "statement without action": policy(ALLOWED, *without("Action")["Statement"]),
    "statement without resource": policy(ALLOWED, *without("Resource")["Statement"]),
    "lists": but(Action=["kms:*"], Resource=["*"], Principal={"AWS": [ROOT]}),
    "not action": without("Action", NotAction=["kms:Encrypt"]),
    "not resource": without("Resource", NotResource="arn:aws:kms:*:*:key/other"),
    "empty condition": but(Condition={}),
    "conditions": but(
        Condition={
            "StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": ["a", "b"]},
            "ForAnyValue:StringLikeIfExists": {"kms:ResourceAliases": "alias/*"},
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]},
            "NumericLessThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": 7},
            "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            "Bool": {"kms:GrantIsForAWSResource": True},
            "ArnLike": {"aws:PrincipalArn": f"{IAM}:role/*"},
            "NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]},
            "BinaryEquals": {"a": "QQ=="},
            "Null": {"kms:EncryptionContext:a": "false"},
        }
    ),
}


@BOTH
@pytest.mark.parametrize("document", WELL_FORMED.values(), ids=WELL_FORMED.keys())
def test_well_formed_policy(kms, method, document):
    """What IAM's grammar allows is accepted (wire-facts P11; rules POL-5, POL-6)."""
    put(kms, method, document)


@BOTH
@pytest.mark.parametrize(
    "name", ["kms:EncryptionContext:app", "aws:RequestTag/app", "KMS:ENCRYPTIONCONTEXT:app"]
)
@pytest.mark.parametrize(
    "operator", ["ForAllValues:StringEquals", "ForAllValues:StringLikeIfExists"]
)
def test_set_operator_on_a_key_of_one_value(kms, method, operator, name):
    """ForAllValues would match where the pair is missing (POL-15; the text's end is assumed)."""
    assert malformed(
        "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued"
        " condition key matches requests without the specified encryption context or tag or with an"
        " unspecified encryption context or tag. To fix, remove ForAllValues."
    ) == refused(kms, method, json.dumps(but(Condition={operator: {name: ["x"]}})))


GOOD_PRINCIPALS: Final = {
    "everybody": "*",
    "everybody of AWS": {"AWS": "*"},
    "account": {"AWS": ACCOUNT},
    "root": {"AWS": ROOT},
    "other account": {"AWS": [OTHER_ACCOUNT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]},
    "user": {"AWS": f"{IAM}:user/alice"},
    "user with a path": {"AWS": f"{IAM}:user/a/b/alice+x=y,z.@-_"},
    "role": {"AWS": f"{IAM}:role/app"},
    "service-linked role": {
        "AWS": f"{IAM}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    },
    "assumed role": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session@example.com"},
    "federated user": {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
    "China": {"AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"},
    "service": {"Service": "logs.us-east-1.amazonaws.com"},
    "services": {"Service": ["s3.amazonaws.com", "delivery.logs.amazonaws.com"]},
    "identity provider": {"Federated": "cognito-identity.amazonaws.com"},
    "both kinds": {"AWS": ROOT, "Service": "cloudtrail.amazonaws.com"},
}


@BOTH
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
@pytest.mark.parametrize("principal", GOOD_PRINCIPALS.values(), ids=GOOD_PRINCIPALS.keys())
def test_valid_principals(kms, method, principal, element):
    """These can be principals (rules POL-8)."""
    statement = {"Effect": "Allow", element: principal, "Action": "kms:Decrypt", "Resource": "*"}

    put(kms, method, policy(ALLOWED, statement))


BAD_PRINCIPALS: Final = {
    "group": {"AWS": f"{IAM}:group/admins"},
    "group among others": {"AWS": [ROOT, f"{IAM}:group/admins"]},
    "group beside a service": {"Service": "s3.amazonaws.com", "AWS": f"{IAM}:group/admins"},
    "deleted user": {"AWS": "AIDACKCEVSQ6C2EXAMPLE"},
    "deleted role": {"AWS": "AROACKCEVSQ6C2EXAMPLE"},
    "roles by wildcard": {"AWS": f"{IAM}:role/*"},
    "users by wildcard": {"AWS": f"{IAM}:user/a*"},
    "role without a name": {"AWS": f"{IAM}:role/"},
    "assumed role without a session": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app"},
    "account of 11 digits": {"AWS": "12345678901"},
    "account in an ARN of 13 digits": {"AWS": f"arn:aws:iam::{ACCOUNT}0:root"},
    "account in other digits": {"AWS": "١٢٣٤٥٦٧٨٩٠١٢"},
    "account as a number": {"AWS": 123456789012},
    "key": {"AWS": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/x"},
    "root in capitals": {"AWS": f"{IAM}:ROOT"},
    "with a line feed": {"AWS": f"{ROOT}\n"},
    "any word": {"AWS": "alice"},
    "empty": {"AWS": ""},
    "word alone": ROOT,
    "list alone": [ROOT],
    "list of everybody": ["*"],
    "no kind": {},
    "nobody": {"AWS": []},
    "nobody beside somebody": {"AWS": ROOT, "Service": []},
    "null": {"AWS": None},
    "null among others": {"AWS": [ROOT, None]},
    "list in a list": {"AWS": [[ROOT]]},
    "kind in another case": {"aws": ROOT},
    "unknown kind": {"Group": "admins"},
    "canonical user": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7c"},
    "service without a dot": {"Service": "s3"},
    "service by wildcard": {"Service": "*"},
    "service with a blank": {"Service": "s3 .amazonaws.com"},
    "number": 1,
    "true": True,
}


@BOTH
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
@pytest.mark.parametrize("principal", BAD_PRINCIPALS.values(), ids=BAD_PRINCIPALS.keys())
def test_invalid_principals(kms, method, principal, element):
    """These cannot be principals (wire-facts P6; rules POL-8, POL-9, ERR-18)."""
    statement = {"Effect": "Allow", element: principal, "Action": "kms:Decrypt", "Resource": "*"}

    assert PRINCIPALS == refused(kms, method, json.dumps(policy(ALLOWED, statement)))
