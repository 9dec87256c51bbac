"""The words of denials, to the letter."""

import json
from typing import Any, Final

import pytest

from tests.access.cases import (
    ALL,
    DELEGATED,
    FEDERATED,
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
    message,
    to,
)

FULL: Final = allow("*")
NO_KMS: Final = allow("s3:*")
HIDDEN: Final = (
    "because the resource does not exist in this Region, no resource-based policies allow access,"
    " or a resource-based policy explicitly denies access"
)
BY_CIPHERTEXT: Final = "the resource associated with this ciphertext"
UNKNOWN: Final = f"arn:aws:kms:{REGION}:{OTHER}:key/00000000-0000-4000-8000-000000000000"
ALIAS: Final = f"arn:aws:kms:{REGION}:{OWN}:alias/app"
IN: Final = key(DELEGATED, to(OTHER_ROOT))  # lets another account in
TAGS: Final = [{"TagKey": "a", "TagValue": "b"}]


def user(action: str, rest: str, arn: str = USER) -> str:
    return f"User: {arn} is not authorized to perform: kms:{action} {rest}"


def no(policy: str, action: str, arn: str = USER, resource: str = KEY) -> str:
    """Write an implicit denial."""
    rest = f"on resource: {resource} because no {policy} allows the kms:{action} action"
    return user(action, rest, arn)


def explicit(policy: str, action: str = "Encrypt", arn: str = USER) -> str:
    return user(action, f"on resource: {KEY} with an explicit deny in {policy}", arn)


MESSAGES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "AZ1 no identity policy": (case(), no("identity-based policy", "Encrypt")),
    "AZ2 neither delegation nor a grant": (
        case("Encrypt", ALL, on=key(LOCKED)),
        no("resource-based policy", "Encrypt"),
    ),
    "AZ3 another action is delegated": (
        case("Encrypt", ALL, on=key(to(ROOT, "kms:Decrypt"))),
        no("resource-based policy", "Encrypt"),
    ),
    "AZ4 session policy": (
        case("GenerateDataKey", ALL, caller=SESSION, session=NO_KMS),
        no("session policy", "GenerateDataKey", SESSION),
    ),
    "AZ5 boundary": (
        case("Encrypt", ALL, boundary=NO_KMS),
        no("permissions boundary", "Encrypt"),
    ),
    "AZ6 endpoint": (
        case("Encrypt", ALL, endpoint=to("*", "s3:*")),
        no("VPC endpoint policy", "Encrypt"),
    ),
    "AZ7 control policies": (
        case("Encrypt", ALL, control=[FULL, NO_KMS]),
        no("service control policy", "Encrypt"),
    ),
    "AZ9 Decrypt without KeyId names the key": (
        case("Decrypt", ALL, on=key(LOCKED), KeyId=None),
        no("resource-based policy", "Decrypt"),
    ),
    "AZ10 condition that is not met": (
        case("Encrypt", allow("kms:*", Condition={"Bool": {"aws:SecureTransport": "false"}})),
        no("identity-based policy", "Encrypt"),
    ),
    "AZ11 grant for another operation": (
        case("Encrypt", on=key(LOCKED), grants=(grant(USER, "Decrypt"),)),
        no("resource-based policy", "Encrypt"),
    ),
    "AZ11 grant of another account's": (
        case("Encrypt", caller=OTHER_SESSION, grants=(grant(OTHER_ROLE, "Decrypt"),)),
        user("Encrypt", f"on this resource {HIDDEN}", OTHER_SESSION),
    ),
    "AZ12 key policy": (
        case("Encrypt", ALL, on=key(DELEGATED, against("*", "kms:Encrypt"))),
        explicit("a resource-based policy"),
    ),
    "AZ13 identity policy": (
        case("Encrypt", ALL, deny("kms:Encrypt")),
        explicit("an identity-based policy"),
    ),
    "AZ14 service control policy": (
        case("Encrypt", ALL, control=[FULL, deny("kms:Encrypt")]),
        explicit("a service control policy"),
    ),
    "AZ14 resource control policy": (
        case("Encrypt", ALL, resource_control=[against("*", "kms:Encrypt")]),
        explicit("a resource control policy"),
    ),
    "AZ14 boundary": (
        case("Encrypt", ALL, boundary=deny("kms:Encrypt")),
        explicit("a permissions boundary"),
    ),
    "AZ14 session": (
        case("Encrypt", ALL, caller=SESSION, session=deny("kms:Encrypt")),
        explicit("a session policy", arn=SESSION),
    ),
    "AZ14 endpoint": (
        case("Encrypt", ALL, endpoint=against("*", "kms:Encrypt")),
        explicit("a VPC endpoint policy"),
    ),
    "AZ21 by the ARN": (
        case("DescribeKey", ALL, caller=OTHER_SESSION),
        user("DescribeKey", f"on this resource {HIDDEN}", OTHER_SESSION),
    ),
    "AZ21 denied explicitly": (
        case("Encrypt", ALL, caller=OTHER_SESSION, on=key(to(OTHER_ROOT), against("*"))),
        user("Encrypt", f"on this resource {HIDDEN}", OTHER_SESSION),
    ),
    "AZ22 no such key": (
        case("Encrypt", ALL, KeyId=UNKNOWN),
        user("Encrypt", f"on this resource {HIDDEN}"),
    ),
    "AZ23 by a ciphertext": (
        case("Decrypt", ALL, caller=OTHER_SESSION, KeyId=None),
        user("Decrypt", f"on {BY_CIPHERTEXT} {HIDDEN}", OTHER_SESSION),
    ),
    "AZ24 by a ciphertext, identity policy missing": (
        case("Decrypt", caller=OTHER_SESSION, on=IN, KeyId=None),
        user(
            "Decrypt",
            f"on {BY_CIPHERTEXT} because no identity-based policy allows the kms:Decrypt action",
            OTHER_SESSION,
        ),
    ),
    "AZ25 by the ARN, identity policy missing": (
        case("Encrypt", caller=OTHER_SESSION, on=IN),
        no("identity-based policy", "Encrypt", OTHER_SESSION),
    ),
    "AZ26 by a ciphertext and the ARN": (
        case("Decrypt", ALL, caller=OTHER_SESSION),
        user("Decrypt", f"on {BY_CIPHERTEXT} {HIDDEN}", OTHER_SESSION),
    ),
    "AZ28 not for other accounts": (
        case("DisableKey", ALL, caller=OTHER_SESSION, on=IN),
        user("DisableKey", f"on this resource {HIDDEN}", OTHER_SESSION),
    ),
    **{
        f"AZ29 {operation}": (
            case(operation, **parameters),
            no("identity-based policy", operation, resource="*"),
        )
        for operation, parameters in {
            "CreateKey": {},
            "ListKeys": {},
            "ListAliases": {},
            "GenerateRandom": {"NumberOfBytes": 1},
            "ListRetirableGrants": {"RetiringPrincipal": USER},
            "DescribeCustomKeyStores": {},
        }.items()
    },
    "AZ30 CreateKey with tags": (
        case("CreateKey", allow("kms:CreateKey"), Tags=TAGS),
        user("TagResource", "because no identity-based policy allows the kms:TagResource action"),
    ),
    "AZ32 TagResource": (
        case("TagResource", allow("kms:CreateKey"), Tags=TAGS),
        no("identity-based policy", "TagResource"),
    ),
    "AZ33 CreateAlias names the alias": (
        case("CreateAlias", AliasName="alias/app", TargetKeyId=KEY),
        no("identity-based policy", "CreateAlias", resource=ALIAS),
    ),
    "AZ34 CreateAlias names the key": (
        case(
            "CreateAlias",
            allow("kms:CreateAlias", Resource=ALIAS),
            AliasName="alias/app",
            TargetKeyId=KEY,
        ),
        no("identity-based policy", "CreateAlias"),
    ),
    "AZ35 UpdateAlias names the alias": (
        case(
            "UpdateAlias",
            on=key(aliases=["alias/app"]),
            also_on=key(arn=SECOND_KEY),
            AliasName="alias/app",
            TargetKeyId=SECOND_KEY,
        ),
        no("identity-based policy", "UpdateAlias", resource=ALIAS),
    ),
    "AZ35 DeleteAlias names the alias": (
        case("DeleteAlias", on=key(aliases=["alias/app"]), AliasName="alias/app"),
        no("identity-based policy", "DeleteAlias", resource=ALIAS),
    ),
    "AZ36 ReEncrypt asks for the source": (
        case(
            "ReEncrypt",
            also_on=key(arn=SECOND_KEY),
            CiphertextBlob="…",
            DestinationKeyId=SECOND_KEY,
        ),
        no("identity-based policy", "ReEncryptFrom"),
    ),
    "AZ36 ReEncrypt asks for the destination": (
        case(
            "ReEncrypt",
            allow("kms:ReEncryptFrom"),
            also_on=key(arn=SECOND_KEY),
            CiphertextBlob="…",
            DestinationKeyId=SECOND_KEY,
        ),
        no("identity-based policy", "ReEncryptTo", resource=SECOND_KEY),
    ),
    "AZ37 ReplicateKey asks for a new key": (
        case(
            "ReplicateKey",
            allow("kms:ReplicateKey"),
            on=key(arn=PRIMARY, multi_region=True),
            ReplicaRegion="us-east-1",
        ),
        no("identity-based policy", "CreateKey", resource="*"),
    ),
    "AZ38 by an alias": (
        case("Encrypt", on=key(aliases=["alias/app"]), KeyId="alias/app"),
        no("identity-based policy", "Encrypt"),
    ),
    "AZ39 a session of a role with a path": (
        case("Encrypt", caller={"arn": SESSION, "role_arn": f"{IAM}:role/team/App"}),
        no("identity-based policy", "Encrypt", SESSION),
    ),
    "AZ40 a user with a path": (
        case("Encrypt", caller=f"{IAM}:user/team/alice"),
        no("identity-based policy", "Encrypt", f"{IAM}:user/team/alice"),
    ),
    "AZ40 root": (
        case("Encrypt", caller=ROOT, on=key(LOCKED)),
        no("resource-based policy", "Encrypt", ROOT),
    ),
    "AZ41 federated user": (
        case("Encrypt", caller=FEDERATED),
        no("identity-based policy", "Encrypt", FEDERATED),
    ),
    "AZ41 service": (
        case("Encrypt", caller=SERVICE),
        no("resource-based policy", "Encrypt", SERVICE),
    ),
    "AZ42 through a service": (
        case("Decrypt", caller=SESSION, via="s3.us-west-2.amazonaws.com"),
        no("identity-based policy", "Decrypt", SESSION),
    ),
    "AZ45 explicit before implicit": (
        case("Encrypt", deny("kms:Encrypt"), on=key(LOCKED), control=[NO_KMS]),
        explicit("an identity-based policy"),
    ),
    "AZ46 a session policy's denial, where the key policy allows": (
        case("DescribeKey", ALL, caller=SESSION, session=deny("*")),
        explicit("a session policy", "DescribeKey", SESSION),
    ),
    "AZ46 a session policy's denial, where the key policy does not": (
        case("DescribeKey", ALL, caller=SESSION, session=deny("*"), on=key(LOCKED)),
        no("resource-based policy", "DescribeKey", SESSION),
    ),
    "AZ46 a session policy's denial, where the key policy denies": (
        case("Encrypt", ALL, caller=SESSION, session=deny("*"), on=key(DELEGATED, against("*"))),
        explicit("a resource-based policy", arn=SESSION),
    ),
    "AZ46 control policies before the key policy": (
        case(
            "Encrypt",
            ALL,
            on=key(against("*")),
            control=[FULL, deny("kms:*")],
            resource_control=[against("*")],
        ),
        explicit("a service control policy"),
    ),
    "AZ47 AZ44 implicit: control policies first": (
        case("Encrypt", on=key(LOCKED), control=[NO_KMS], boundary=NO_KMS),
        no("service control policy", "Encrypt"),
    ),
    "AZ49 RetireGrant": (
        case("RetireGrant", on=key(LOCKED), grants=(grant(KEY, "Decrypt"),), GrantId="grant-1")
        | {"grants": [grant(f"{IAM}:user/bob", "Decrypt", issuing_account=OTHER)]},
        no("resource-based policy", "RetireGrant"),
    ),
    "AZ49 PutKeyPolicy": (case("PutKeyPolicy"), no("identity-based policy", "PutKeyPolicy")),
    "AZ89 the replica": (
        case(
            "UpdatePrimaryRegion",
            allow("kms:UpdatePrimaryRegion", Resource=PRIMARY),
            on=key(arn=PRIMARY, multi_region=True),
            also_on=key(arn=REPLICA, multi_region=True, multi_region_key_type="REPLICA"),
            KeyId=RELATED,
            PrimaryRegion="us-east-1",
        ),
        no("identity-based policy", "UpdatePrimaryRegion", resource=REPLICA),
    ),
}


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("scenario", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_message(scenario, expected):
    """Each denial names the caller, the permission, the resource and one reason as AWS does."""
    assert expected == message(scenario)


MANAGED: Final = f"{IAM}:policy/no-kms"


def test_arn_of_a_managed_policy():
    """An explicit denial ends with the ARN of the policy that denies, if it has one (AZ16)."""
    from pytest_kmsmock._kms.access.documents import compile_text
    from pytest_kmsmock._kms.access.evaluation import Question, Verdict
    from pytest_kmsmock._kms.access.wording import write_denial
    from pytest_kmsmock._kms.domain.principals import Principal

    text = json.dumps({"Statement": [deny("kms:*")]})
    question = Question("kms:ListAliases", "*", OWN)
    written = {
        layer: write_denial(
            Principal(USER, OWN),
            question,
            Verdict(False, kind, layer, compile_text(text, "identity", MANAGED)),
            is_own=True,
        )
        for layer, kind in {
            "identity": "explicit",
            "resource": "explicit",
            "endpoint": "explicit",
            "boundary": "implicit",
        }.items()
    }
    start = f"User: {USER} is not authorized to perform: kms:ListAliases on resource: *"

    assert {
        "identity": f"{start} with an explicit deny in an identity-based policy: {MANAGED}",
        # Never with one (AZ17).
        "resource": f"{start} with an explicit deny in a resource-based policy",
        "endpoint": f"{start} with an explicit deny in a VPC endpoint policy",
        "boundary": f"{start} because no permissions boundary allows the kms:ListAliases action",
    } == written
