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
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, REGION, create_key

# Of what was never seen there is no message (wire-facts V27).
MALFORMED: Final = malformed("")

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
    """A policy is a JSON object (rules POL-11; without a message, wire-facts V27)."""
    assert MALFORMED == refused(kms, method, text)


NO_PRINCIPAL: Final = malformed("Policy contains a statement with no principal.")
PRINCIPALS: Final = malformed("Policy contains a statement with one or more invalid principals.")

NOT_POLICIES: Final = {
    "no elements": {},
    "unknown version": policy(ALLOWED, Version="2012-10-18"),
    "version of another type": policy(ALLOWED, Version=["2012-10-17"]),
    "null for version": policy(ALLOWED, Version=None),
    "id of another type": policy(ALLOWED, Id=1),
    "null for id": policy(ALLOWED, Id=None),
    "unknown element": policy(ALLOWED, Statements=[]),
    "element in another case": policy(ALLOWED, version="x"),
    "no statement": {"Version": "2012-10-17"},
    "empty statement list": policy(),
    "statement of another type": {"Version": "2012-10-17", "Statement": "Allow"},
    "null for statements": {"Version": "2012-10-17", "Statement": None},
    "list of other things": policy(ALLOWED, "Allow"),
    "list of lists": policy([ALLOWED]),
    "unknown element of a statement": but(Actions="x"),
    "sid of another type": but(Sid=1),
    "no effect": without("Effect"),
    "unknown effect": but(Effect="allow"),
    "effect of another type": but(Effect=["Allow"]),
    "principal and not principal": but(NotPrincipal={"AWS": ROOT}),
    "null for principal": but(Principal=None),
    "action and not action": but(NotAction="kms:Encrypt"),
    "null for action": but(Action=None),
    "action of another type": but(Action={"kms": "*"}),
    "action among others of another type": but(Action=["kms:*", 1]),
    "resource and not resource": but(NotResource="x"),
    "resource of another type": but(Resource=1),
    "deep resource": but(Resource=[[["*"]]]),
    "null for condition": but(Condition=None),
    "condition of another type": but(Condition=[]),
    "condition without operator": but(Condition={"aws:SourceIp": "10.0.0.1"}),
    "unknown operator": but(Condition={"StringIs": {"aws:username": "x"}}),
    "operator in another case": but(Condition={"stringequals": {"a": "x"}}),
    "operator without keys": but(Condition={"StringEquals": "x"}),
    "operator with a list": but(Condition={"StringEquals": ["x"]}),
    "condition with an object": but(Condition={"StringEquals": {"a": {}}}),
    "condition with null": but(Condition={"StringEquals": {"a": None}}),
    "condition with null in a list": but(Condition={"StringEquals": {"a": [None]}}),
    "condition with a list in a list": but(Condition={"StringEquals": {"a": [["x"]]}}),
}


@pytest.mark.sweep(5)
@BOTH
@pytest.mark.parametrize("document", NOT_POLICIES.values(), ids=NOT_POLICIES.keys())
def test_malformed_policy(kms, method, document):
    """What IAM's grammar does not allow is refused (wire-facts V27; rules POL-5, POL-11)."""
    assert MALFORMED == refused(kms, method, json.dumps(document))


NOBODY: Final = {
    "no element": {},
    "no kind": {"Principal": {}},
    "an empty list": {"Principal": {"AWS": []}},
    "two empty lists": {"Principal": {"AWS": [], "Service": []}},
    "nobody excepted": {"NotPrincipal": {"AWS": []}},
}


@BOTH
@pytest.mark.parametrize("element", NOBODY.values(), ids=NOBODY.keys())
def test_statement_without_a_principal(kms, method, element):
    """A statement that names nobody has no principal (wire-facts V3, V30)."""
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **element}

    assert NO_PRINCIPAL == refused(kms, method, json.dumps(policy(ALLOWED, statement)))


def test_condition_with_an_endless_number(kms):
    """A number that none of ours can hold is refused."""
    text = json.dumps(but(Condition={"NumericEquals": {"a": 1}})).replace("1}", "1e999}")

    assert MALFORMED == refused(kms, "put_key_policy", text)


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
            "ForAnyValue:StringLikeIfExists": {"kms:RequestAlias": "alias/*"},
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
    put(kms, method, document, BypassPolicyLockoutSafetyCheck=True)


VERSIONS: Final = {"a list": [ALLOWED], "one statement": ALLOWED}


@pytest.mark.parametrize("statements", VERSIONS.values(), ids=VERSIONS.keys())
@pytest.mark.parametrize("method", ["create_key", "put_key_policy", "replicate_key"])
def test_policy_without_version(kms, kms_mock, method, statements):
    """AWS adds the version that a policy lacks (wire-facts V18; that it is this one is assumed)."""
    kms_of_key, text = kms, json.dumps({"Statement": statements, "Id": "mine"})
    if method == "create_key":
        key_id = create_key(kms, Policy=text)
    else:
        key_id = create_key(kms, MultiRegion=True)
        others = {"ReplicaRegion": "eu-west-1"} if method == "replicate_key" else {}
        getattr(kms, method)(KeyId=key_id, Policy=text, **others)
    if method == "replicate_key":
        kms_of_key, key_id = kms_mock.client("eu-west-1"), key_id.rpartition("/")[2]

    answered = json.loads(kms_of_key.get_key_policy(KeyId=key_id)["Policy"])

    assert [
        ("Version", "2008-10-17"),
        ("Statement", statements),
        ("Id", "mine"),
    ] == list(answered.items())


NOT_PERMITTED: Final = malformed(
    "These condition keys are not permitted in a key policy: aws:ResourceTag, kms:ResourceTag,"
    " kms:ResourceAliases"
)


@BOTH
@pytest.mark.parametrize(
    ("operator", "name"),
    [
        ("StringEquals", "aws:ResourceTag/team"),
        ("StringLike", "kms:ResourceTag/team"),
        ("Null", "AWS:RESOURCETAG/Team"),
        ("ForAnyValue:StringEquals", "kms:ResourceAliases"),
        ("ForAllValues:StringEqualsIfExists", "KMS:resourcealiases"),
    ],
)
def test_condition_on_the_key_itself(kms, method, operator, name):
    """A key policy cannot ask for the key's tags and aliases (wire-facts V19)."""
    document = policy(ALLOWED, {**ALLOWED, "Condition": {operator: {name: "x"}}})

    assert NOT_PERMITTED == refused(kms, method, json.dumps(document))


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:RequestTag/team",
        "aws:PrincipalTag/team",
        "aws:TagKeys",
        "kms:RequestAlias",
        "kms:KeySpec",
        "kms:ResourceAliasesToo",
    ],
)
def test_other_condition_keys(kms, method, name):
    """Those three alone are not permitted, whatever another is called (wire-facts V19)."""
    put(kms, method, policy(ALLOWED, {**ALLOWED, "Condition": {"StringEquals": {name: "x"}}}))


@BOTH
@pytest.mark.parametrize(
    "name", ["kms:EncryptionContext:app", "aws:RequestTag/app", "KMS:ENCRYPTIONCONTEXT:app"]
)
@pytest.mark.parametrize(
    "operator", ["ForAllValues:StringEquals", "ForAllValues:StringLikeIfExists"]
)
def test_set_operator_on_a_key_of_one_value(kms, method, operator, name):
    """ForAllValues would match where the pair is missing (AZ125, POL-15; end assumed)."""
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
    "somebody beside nobody": {"AWS": ROOT, "Service": []},  # assumed
    "both kinds": {"AWS": ROOT, "Service": "cloudtrail.amazonaws.com"},
}


@pytest.mark.sweep(5)
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


@pytest.mark.sweep(7)
@BOTH
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
@pytest.mark.parametrize("principal", BAD_PRINCIPALS.values(), ids=BAD_PRINCIPALS.keys())
def test_invalid_principals(kms, method, principal, element):
    """These cannot be principals (wire-facts P6; rules POL-8, POL-9, ERR-18)."""
    statement = {"Effect": "Allow", element: principal, "Action": "kms:Decrypt", "Resource": "*"}

    assert PRINCIPALS == refused(kms, method, json.dumps(policy(ALLOWED, statement)))
