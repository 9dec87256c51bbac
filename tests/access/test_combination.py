"""How policies of all kinds add up, in one account and across accounts."""

from typing import Any, Final

import pytest

from tests.access.cases import (
    ALL,
    DELEGATED,
    FEDERATED,
    FEDERATING,
    IAM,
    KEY,
    LOCKED,
    OTHER,
    OTHER_ROLE,
    OTHER_ROOT,
    OTHER_SESSION,
    OWN,
    PRIMARY,
    REGION,
    RELATED,
    REPLICA,
    ROLE,
    ROOT,
    SECOND_KEY,
    SERVICE,
    SESSION,
    USER,
    against,
    allow,
    case,
    deny,
    grant,
    key,
    outcome,
    to,
)

NO_KMS: Final = allow("s3:*")
FULL: Final = allow("*")
LINKED: Final = {
    "arn": f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForX/s",
    "role_arn": f"{IAM}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
}
AS_LINKED: Final = key(to(LINKED["role_arn"]))
IN: Final = key(DELEGATED, to(OTHER_ROOT))
NOT_ONLY: Final = {"NotPrincipal": {"AWS": [USER, ROOT]}}
MANAGED: Final = key(
    to(
        "*",
        "kms:Encrypt",
        Condition={
            "StringEquals": {
                "kms:CallerAccount": OWN,
                "kms:ViaService": "s3.us-west-2.amazonaws.com",
            }
        },
    ),
    to(ROOT, "kms:Describe*"),
    manager="AWS",
)
ALIAS: Final = f"arn:aws:kms:{REGION}:{OWN}:alias/app"
TAGS: Final = [{"TagKey": "a", "TagValue": "b"}]


def without(element: str, statement: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != element} | others


def both(*statements: dict[str, Any]) -> dict[str, Any]:
    """UpdatePrimaryRegion by a user with these statements."""
    return case(
        "UpdatePrimaryRegion",
        *statements,
        on=key(arn=PRIMARY, multi_region=True),
        also_on=key(arn=REPLICA, multi_region=True, multi_region_key_type="REPLICA"),
        KeyId=RELATED,
        PrimaryRegion="us-east-1",
    )


def update_alias(*statements: dict[str, Any]) -> dict[str, Any]:
    return case(
        "UpdateAlias",
        *statements,
        on=key(aliases=["alias/app"]),
        also_on=key(arn=SECOND_KEY),
        AliasName="alias/app",
        TargetKeyId=SECOND_KEY,
    )


def replicate(*statements: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return case(
        "ReplicateKey",
        *statements,
        on=key(arn=PRIMARY, multi_region=True),
        ReplicaRegion="us-east-1",
        **parameters,
    )


OUTCOMES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "AZ8 a resource control policy allows by itself": (
        case("Encrypt", ALL, resource_control=[against("*", "s3:*")]),
        "allowed",
    ),
    "AZ50 a Deny anywhere ends it": (
        case("Encrypt", deny("kms:Encrypt"), on=key(to(USER))),
        "explicit identity",
    ),
    "AZ51 by the key policy": (case("Encrypt", on=key(to(USER))), "allowed"),
    "AZ51 by a grant": (
        case("Encrypt", on=key(LOCKED), grants=(grant(USER, "Encrypt"),)),
        "allowed",
    ),
    "AZ51 by delegation and identity policy": (case("Encrypt", ALL), "allowed"),
    "AZ51 identity policy without delegation": (
        case("Encrypt", ALL, on=key(LOCKED)),
        "implicit resource",
    ),
    "AZ52 delegation alone": (case("Encrypt"), "implicit identity"),
    "AZ52 delegation under a condition": (
        case(
            "Encrypt",
            ALL,
            on=key(to(OWN, Condition={"StringEquals": {"kms:ViaService": "x"}})),
        ),
        "implicit resource",
    ),
    "AZ53 root by the account": (case("Encrypt", caller=ROOT), "allowed"),
    "AZ53 root without the account": (
        case("Encrypt", caller=ROOT, on=key(to(USER))),
        "implicit resource",
    ),
    "AZ54 a Deny of an identity policy needs no delegation": (
        case("Encrypt", deny("*"), on=key(to("*"))),
        "explicit identity",
    ),
    "AZ55 a user is not limited by the boundary": (
        case("Encrypt", on=key(to(USER)), boundary=NO_KMS),
        "allowed",
    ),
    "AZ56 a role is limited by the boundary": (
        case("Encrypt", caller=SESSION, on=key(to(ROLE)), boundary=NO_KMS),
        "implicit boundary",
    ),
    "AZ56 a role is limited by the session policy": (
        case("Encrypt", caller=SESSION, on=key(to(ROLE)), session=NO_KMS),
        "implicit session",
    ),
    "AZ56 a role needs no identity policy": (
        case("Encrypt", caller=SESSION, on=key(to(ROLE))),
        "allowed",
    ),
    "AZ57 a session that is named is not limited": (
        case("Encrypt", caller=SESSION, on=key(to(SESSION)), session=NO_KMS, boundary=NO_KMS),
        "allowed",
    ),
    "AZ57 a federated user that is named": (
        case("Encrypt", caller=FEDERATED, on=key(to(FEDERATED))),
        "allowed",
    ),
    "AZ58 everybody": (
        case("Encrypt", caller=SESSION, on=key(to("*")), session=NO_KMS, boundary=NO_KMS),
        "allowed",
    ),
    "AZ58 everybody with a condition": (
        case(
            "Encrypt",
            caller=SESSION,
            on=key(to("*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}})),
            session=NO_KMS,
        ),
        "allowed",
    ),
    "AZ59 the user who federated": (
        case("Encrypt", caller=FEDERATED, on=key(to(FEDERATING)), session=FULL),
        "allowed",
    ),
    "AZ59 the user who federated, session policy missing": (
        case("Encrypt", caller=FEDERATED, on=key(to(FEDERATING))),
        "implicit session",
    ),
    "AZ60 a Deny in the boundary": (
        case("Encrypt", on=key(to(USER)), boundary=deny("kms:*")),
        "explicit boundary",
    ),
    "AZ62 a wildcard in a principal's name": (
        case("Encrypt", caller=f"{IAM}:user/bob", on=key(LOCKED, to(USER))),
        "implicit resource",
    ),
    "AZ63 a Deny for the account": (
        case("Encrypt", ALL, on=key(DELEGATED, against(ROOT, "kms:Encrypt"))),
        "explicit resource",
    ),
    "AZ64 NotPrincipal with user and account": (
        case("Encrypt", ALL, on=key(DELEGATED, without("Principal", against("*"), **NOT_ONLY))),
        "allowed",
    ),
    "AZ64 NotPrincipal without the account": (
        case(
            "Encrypt",
            ALL,
            on=key(
                DELEGATED,
                without("Principal", against("*"), NotPrincipal={"AWS": USER}),
            ),
        ),
        "explicit resource",
    ),
    "AZ64 NotPrincipal without the session": (
        case(
            "Encrypt",
            ALL,
            caller=SESSION,
            on=key(
                DELEGATED,
                without("Principal", against("*"), NotPrincipal={"AWS": [ROLE, ROOT]}),
            ),
        ),
        "explicit resource",
    ),
    "AZ64 NotPrincipal with role, session and account": (
        case(
            "Encrypt",
            ALL,
            caller=SESSION,
            on=key(
                DELEGATED,
                without("Principal", against("*"), NotPrincipal={"AWS": [ROLE, SESSION, ROOT]}),
            ),
        ),
        "allowed",
    ),
    "AZ65 without Resource": (
        case("Encrypt", on=key(without("Resource", to(USER)))),
        "implicit resource",
    ),
    "AZ65 a Deny without Action": (
        case("Encrypt", on=key(to(USER), without("Action", against("*")))),
        "allowed",
    ),
    "AZ66 the key's own ARN": (case("Encrypt", on=key(to(USER, Resource=KEY))), "allowed"),
    "AZ66 another ARN": (
        case("Encrypt", on=key(to(USER, Resource=SECOND_KEY))),
        "implicit resource",
    ),
    "AZ67 an alias in an identity policy": (
        case(
            "Encrypt",
            allow("kms:*", Resource=ALIAS),
            on=key(aliases=["alias/app"]),
            KeyId="alias/app",
        ),
        "implicit identity",
    ),
    "AZ68 Encrypt and Decrypt are no ReEncrypt": (
        case(
            "ReEncrypt",
            allow("kms:Encrypt", "kms:Decrypt"),
            CiphertextBlob="…",
            DestinationKeyId=KEY,
        ),
        "implicit identity",
    ),
    "AZ68 ReEncrypt with a wildcard": (
        case("ReEncrypt", allow("kms:ReEncrypt*"), CiphertextBlob="…", DestinationKeyId=KEY),
        "allowed",
    ),
    "AZ69 control policies limit the root user": (
        case("Encrypt", caller=ROOT, control=[deny("kms:*")]),
        "explicit scp",
    ),
    "AZ69 control policies do not touch service-linked roles": (
        case(
            "Encrypt",
            caller=LINKED,
            on=AS_LINKED,
            control=[deny("*")],
            resource_control=[against("*")],
        ),
        "allowed",
    ),
    "AZ69 nor resource control policies AWS managed keys": (
        case("DescribeKey", ALL, on=MANAGED, resource_control=[against("*")]),
        "allowed",
    ),
    "AZ70 every level must allow": (
        case("Encrypt", ALL, control=[FULL, NO_KMS, FULL]),
        "implicit scp",
    ),
    "AZ70 and then it is allowed": (case("Encrypt", ALL, control=[FULL, FULL]), "allowed"),
    "AZ71 an AWS managed key through its service": (
        case("Encrypt", on=MANAGED, via="s3.us-west-2.amazonaws.com"),
        "allowed",
    ),
    "AZ71 an AWS managed key directly": (
        case("Encrypt", ALL, on=MANAGED),
        "implicit resource",
    ),
    "AZ71 DescribeKey of an AWS managed key": (
        case("DescribeKey", on=MANAGED),
        "implicit identity",
    ),
    "AZ72 a service by the key policy": (
        case("Encrypt", caller=SERVICE, on=key(to({"Service": SERVICE})), control=[NO_KMS]),
        "allowed",
    ),
    "AZ72 a service by delegation": (case("Encrypt", caller=SERVICE), "implicit resource"),
    "AZ73 both sides": (case("Encrypt", ALL, caller=OTHER_SESSION, on=IN), "allowed"),
    "AZ73 within its boundary": (
        case("Encrypt", ALL, caller=OTHER_SESSION, on=IN, boundary=NO_KMS),
        "implicit boundary",
    ),
    "AZ73 within its control policies": (
        case("Encrypt", ALL, caller=OTHER_SESSION, on=IN, control=[NO_KMS]),
        "implicit scp",
    ),
    "AZ74 a foreign role that is named": (
        case("Encrypt", caller=OTHER_SESSION, on=key(to(OTHER_ROLE))),
        "implicit identity",
    ),
    "AZ75 a foreign session that is named is limited all the same": (
        case("Encrypt", ALL, caller=OTHER_SESSION, on=key(to(OTHER_SESSION)), session=NO_KMS),
        "implicit session",
    ),
    "AZ76 the foreign root user": (case("Encrypt", caller=OTHER_ROOT, on=IN), "allowed"),
    **{
        f"AZ77 {operation}": (
            case(operation, ALL, caller=OTHER_SESSION, on=IN, **parameters),
            "allowed",
        )
        for operation, parameters in {
            "Encrypt": {},
            "Decrypt": {},
            "GenerateDataKey": {},
            "GenerateDataKeyWithoutPlaintext": {"KeySpec": "AES_256"},
            "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
            "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "ECC_NIST_P256"},
            "DescribeKey": {},
            "GetKeyRotationStatus": {},
            "CreateGrant": {},
            "ListGrants": {},
        }.items()
    },
    **{
        f"AZ78 {operation}": (
            case(operation, ALL, caller=OTHER_SESSION, on=IN, **parameters),
            "implicit cross-account",
        )
        for operation, parameters in {
            "GetKeyPolicy": {},
            "ListKeyPolicies": {},
            "ListKeyRotations": {},
            "ListResourceTags": {},
            "GetKeyLastUsage": {},
            "EnableKey": {},
            "TagResource": {"Tags": TAGS},
            "ReplicateKey": {"ReplicaRegion": "us-east-1"},
            "ScheduleKeyDeletion": {},
        }.items()
    },
    "AZ79 an identity policy for own keys": (
        case(
            "Encrypt",
            allow("kms:*", Resource=f"arn:aws:kms:*:{OTHER}:key/*"),
            caller=OTHER_SESSION,
            on=IN,
        ),
        "implicit identity",
    ),
    "AZ80 a grant to another account's role": (
        case(
            "Encrypt", caller=OTHER_SESSION, on=key(LOCKED), grants=(grant(OTHER_ROLE, "Encrypt"),)
        ),
        "allowed",
    ),
    "AZ81 a Deny of the grantee's identity policy": (
        case(
            "Encrypt",
            deny("kms:Encrypt"),
            caller=OTHER_SESSION,
            grants=(grant(OTHER_ROLE, "Encrypt"),),
        ),
        "explicit identity",
    ),
    "AZ82 the root user needs no policy for what has no key": (
        case("CreateKey", caller=ROOT),
        "allowed",
    ),
    "AZ82 ListAliases of a key": (case("ListAliases", allow("kms:ListAliases")), "allowed"),
    "AZ83 CreateKey on a pattern": (
        case("CreateKey", allow("kms:CreateKey", Resource=f"arn:aws:kms:*:{OWN}:key/*")),
        "implicit identity",
    ),
    "AZ84 TagResource on all keys of the account": (
        case(
            "CreateKey",
            allow("kms:CreateKey"),
            allow("kms:TagResource", Resource=f"arn:aws:kms:*:{OWN}:key/*"),
            Tags=TAGS,
        ),
        "allowed",
    ),
    "AZ84 TagResource on one key": (
        case(
            "CreateKey",
            allow("kms:CreateKey"),
            allow("kms:TagResource", Resource=KEY),
            Tags=TAGS,
        ),
        "implicit identity",
    ),
    "AZ85 the new tags": (
        case(
            "CreateKey",
            allow("kms:CreateKey"),
            allow(
                "kms:TagResource",
                Condition={
                    "StringEquals": {"aws:RequestTag/A": "b"},
                    "ForAllValues:StringEquals": {"aws:TagKeys": ["a"]},
                    "Null": {"aws:ResourceTag/a": "true"},
                },
            ),
            Tags=TAGS,
        ),
        "allowed",
    ),
    "AZ87 an alias and both its keys": (update_alias(allow("kms:UpdateAlias")), "allowed"),
    "AZ87 an alias, not its old key": (
        update_alias(allow("kms:UpdateAlias", Resource=[ALIAS, SECOND_KEY])),
        "implicit identity",
    ),
    "AZ87 an alias, not its new key": (
        update_alias(allow("kms:UpdateAlias", Resource=[ALIAS, KEY])),
        "implicit identity",
    ),
    "AZ88 a replica": (replicate(allow("kms:ReplicateKey", "kms:CreateKey")), "allowed"),
    "AZ88 a replica with tags": (
        replicate(allow("kms:ReplicateKey", "kms:CreateKey"), Tags=TAGS),
        "implicit identity",
    ),
    "AZ88 a replica in another Region": (
        replicate(
            allow("kms:ReplicateKey"),
            allow("kms:CreateKey", Condition={"StringEquals": {"aws:RequestedRegion": REGION}}),
        ),
        "implicit identity",
    ),
    "AZ89 both keys": (both(allow("kms:UpdatePrimaryRegion")), "allowed"),
    "AZ91 a dry run": (case("Encrypt", DryRun=True), "implicit identity"),
    "AZ91 a dry run that would be done": (case("Encrypt", ALL, DryRun=True), "allowed"),
}


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("scenario", "expected"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_outcome(scenario, expected):
    """Policies add up as IAM and KMS say, and the layer that decides is the one that they say."""
    assert expected == outcome(scenario)
