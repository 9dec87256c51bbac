"""What grants allow: to whom, under which constraints, and who may retire them."""

from typing import Any, Final

import pytest

from tests.access.cases import (
    ALL,
    DELEGATED,
    IAM,
    LOCKED,
    OTHER,
    OTHER_ROLE,
    OTHER_ROOT,
    OTHER_SESSION,
    OWN,
    PRIMARY,
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

IT: Final = {"Department": "IT"}
MORE: Final = {"Department": "IT", "Purpose": "Test"}
EQUALS: Final = {"constraints": {"EncryptionContextEquals": IT}}
SUBSET: Final = {"constraints": {"EncryptionContextSubset": IT}}
BOB: Final = f"{IAM}:user/bob"
NO_KMS: Final = allow("s3:*")
SHUT: Final = key(LOCKED)


def by_grant(operation: str, *given: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Ask for an operation on a key that nothing but grants opens."""
    return case(operation, on=SHUT, grants=given, **others)


def hand_on(parent: dict[str, Any], *operations: str, **constraints: Any) -> dict[str, Any]:
    """Create a grant through another one."""
    parameters: dict[str, Any] = {"Operations": list(operations)}
    if constraints:
        parameters["Constraints"] = constraints
    return by_grant("CreateGrant", parent, **parameters)


def retire(*statements: dict[str, Any], by: str = USER, **of: Any) -> dict[str, Any]:
    return case(
        "RetireGrant",
        *statements,
        caller=by,
        on=key(LOCKED, *of.pop("also", ())),
        grants=(grant(BOB, *of.pop("operations", ("Decrypt",)), **of),),
        GrantId="grant-1",
        KeyId=of.pop("key_id", None) or SHUT["arn"],
    )


OUTCOMES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "AZ94 another key": (
        case(
            "Encrypt",
            on=SHUT,
            also_on=key(LOCKED, arn=SECOND_KEY),
            grants=(grant(USER, "Encrypt", key=SECOND_KEY),),
        ),
        "implicit resource",
    ),
    "AZ94 a related multi-Region key": (
        case(
            "Encrypt",
            on=key(LOCKED, arn=PRIMARY, multi_region=True),
            also_on=key(LOCKED, arn=REPLICA, multi_region=True, multi_region_key_type="REPLICA"),
            grants=(grant(USER, "Encrypt", key=REPLICA),),
        ),
        "implicit resource",
    ),
    "AZ95 a Deny in the key policy": (
        case("Encrypt", on=key(LOCKED, against(USER)), grants=(grant(USER, "Encrypt"),)),
        "explicit resource",
    ),
    "AZ95 a Deny in a session policy": (
        by_grant("Encrypt", grant(ROLE, "Encrypt"), caller=SESSION, session=deny("kms:*")),
        "explicit session",
    ),
    "AZ96 a user's boundary": (
        by_grant("Encrypt", grant(USER, "Encrypt"), boundary=NO_KMS),
        "allowed",
    ),
    "AZ96 a role's session policy": (
        by_grant("Encrypt", grant(ROLE, "Encrypt"), caller=SESSION, session=NO_KMS),
        "implicit session",
    ),
    "AZ96 control policies": (
        by_grant("Encrypt", grant(USER, "Encrypt"), control=[NO_KMS]),
        "implicit scp",
    ),
    "AZ97 a role": (by_grant("Encrypt", grant(ROLE, "Encrypt"), caller=SESSION), "allowed"),
    "AZ97 another session": (
        by_grant("Encrypt", grant(f"{SESSION}-2", "Encrypt"), caller=SESSION),
        "implicit resource",
    ),
    "AZ98 an account's root user": (
        by_grant("Encrypt", grant(OTHER_ROOT, "Encrypt"), caller=OTHER_ROOT),
        "allowed",
    ),
    "AZ98 an account's users, by their policies": (
        case("Encrypt", ALL, caller=OTHER_SESSION, on=SHUT, grants=(grant(OTHER_ROOT, "Encrypt"),)),
        "allowed",
    ),
    "AZ98 an account's users, without policies": (
        by_grant("Encrypt", grant(OTHER_ROOT, "Encrypt"), caller=OTHER_SESSION),
        "implicit identity",
    ),
    "AZ99 the same pairs": (
        by_grant("Encrypt", grant(USER, "Encrypt", **EQUALS), EncryptionContext=IT),
        "allowed",
    ),
    "AZ99 one pair more": (
        by_grant("Encrypt", grant(USER, "Encrypt", **EQUALS), EncryptionContext=MORE),
        "implicit resource",
    ),
    "AZ99 another case": (
        by_grant(
            "Encrypt", grant(USER, "Encrypt", **EQUALS), EncryptionContext={"department": "IT"}
        ),
        "implicit resource",
    ),
    "AZ100 one pair more": (
        by_grant("Encrypt", grant(USER, "Encrypt", **SUBSET), EncryptionContext=MORE),
        "allowed",
    ),
    "AZ100 one pair less": (
        by_grant("Encrypt", grant(USER, "Encrypt", **SUBSET)),
        "implicit resource",
    ),
    "AZ101 no constraint on DescribeKey": (
        by_grant("DescribeKey", grant(USER, "Encrypt", "DescribeKey", **EQUALS)),
        "allowed",
    ),
    "AZ102 the source's context": (
        by_grant(
            "ReEncrypt",
            grant(USER, "ReEncryptFrom", "ReEncryptTo", **SUBSET),
            CiphertextBlob="…",
            DestinationKeyId=SHUT["arn"],
            SourceEncryptionContext=IT,
            DestinationEncryptionContext=MORE,
        ),
        "allowed",
    ),
    "AZ102 not the destination's": (
        by_grant(
            "ReEncrypt",
            grant(USER, "ReEncryptFrom", "ReEncryptTo", **SUBSET),
            CiphertextBlob="…",
            DestinationKeyId=SHUT["arn"],
            SourceEncryptionContext=IT,
        ),
        "implicit resource",
    ),
    "AZ104 part of its operations": (
        hand_on(grant(USER, "CreateGrant", "Decrypt", "Encrypt"), "Decrypt"),
        "allowed",
    ),
    "AZ104 an operation that it does not have": (
        hand_on(grant(USER, "CreateGrant", "Decrypt"), "Decrypt", "Encrypt"),
        "implicit resource",
    ),
    "AZ104 the same constraint": (
        hand_on(
            grant(USER, "CreateGrant", "Decrypt", **EQUALS),
            "Decrypt",
            EncryptionContextEquals=IT,
        ),
        "allowed",
    ),
    "AZ104 no constraint": (
        hand_on(grant(USER, "CreateGrant", "Decrypt", **EQUALS), "Decrypt"),
        "implicit resource",
    ),
    "AZ104 a subset with more pairs": (
        hand_on(
            grant(USER, "CreateGrant", "Decrypt", **SUBSET),
            "Decrypt",
            EncryptionContextSubset=MORE,
        ),
        "allowed",
    ),
    "AZ104 a subset that becomes equality": (
        hand_on(
            grant(USER, "CreateGrant", "Decrypt", **SUBSET),
            "Decrypt",
            EncryptionContextEquals=MORE,
        ),
        "allowed",
    ),
    "AZ104 equality that becomes a subset": (
        hand_on(
            grant(USER, "CreateGrant", "Decrypt", **EQUALS),
            "Decrypt",
            EncryptionContextSubset=IT,
        ),
        "implicit resource",
    ),
    "AZ104 by policy: what the caller has not": (
        case("CreateGrant", on=key(to(USER, "kms:CreateGrant"))),
        "allowed",
    ),
    "AZ105 without its token": (
        by_grant("Decrypt", grant(USER, "Decrypt", settled=False)),
        "implicit resource",
    ),
    "AZ105 with its token": (
        by_grant("Decrypt", grant(USER, "Decrypt", settled=False), tokens=("token-1",)),
        "allowed",
    ),
    "AZ105 a token that is another's": (
        by_grant("Decrypt", grant(BOB, "Decrypt", settled=False), tokens=("token-1",)),
        "implicit resource",
    ),
    "AZ105 a token under a constraint": (
        by_grant("Decrypt", grant(USER, "Decrypt", settled=False, **EQUALS), tokens=("token-1",)),
        "implicit resource",
    ),
    "AZ106 the retiring principal": (retire(retiring=USER), "allowed"),
    "AZ106 the grantee": (retire(by=BOB), "implicit identity"),
    "AZ106 the grantee with RetireGrant": (
        retire(by=BOB, operations=("Decrypt", "RetireGrant")),
        "allowed",
    ),
    "AZ106 the account in which it was made": (retire(by=ROOT), "allowed"),
    "AZ106 its users, by their policies": (retire(allow("kms:RetireGrant")), "allowed"),
    "AZ106 its users, without policies": (retire(issuing_account=OWN), "implicit identity"),
    "AZ106 another account's": (
        retire(ALL, by=OTHER_SESSION, issuing_account=OWN),
        "implicit resource",
    ),
    "AZ106 a retiring account's users": (
        retire(allow("kms:RetireGrant"), by=OTHER_SESSION, retiring=OTHER_ROOT),
        "allowed",
    ),
    "AZ107 a key policy that allows": (
        retire(issuing_account=OTHER, also=(to(USER, "kms:RetireGrant"),)),
        "implicit resource",
    ),
    "AZ107 a key policy that denies": (
        retire(retiring=USER, also=(against("*", "kms:RetireGrant"),)),
        "allowed",
    ),
    "AZ107 an identity policy that denies": (
        retire(deny("kms:RetireGrant"), retiring=USER),
        "explicit identity",
    ),
    "AZ108 RevokeGrant by policy": (
        case("RevokeGrant", on=key(to(USER, "kms:RevokeGrant")), GrantId="0" * 64),
        "allowed",
    ),
    "AZ108 RevokeGrant by the retiring principal": (
        by_grant("RevokeGrant", grant(BOB, "Decrypt", retiring=USER), GrantId="grant-1"),
        "implicit resource",
    ),
    "AZ109 for a resource of AWS": (
        case(
            "CreateGrant",
            on=key(to(USER, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})),
            via="ec2.us-west-2.amazonaws.com",
        ),
        "allowed",
    ),
    "AZ109 directly": (
        case(
            "CreateGrant",
            on=key(to(USER, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})),
        ),
        "implicit resource",
    ),
    "AZ110 a service": (by_grant("Decrypt", grant(SERVICE, "Decrypt"), caller=SERVICE), "allowed"),
    "AZ110 a source that is another": (
        by_grant(
            "Decrypt",
            grant(
                SERVICE,
                "Decrypt",
                constraints={"SourceArn": f"arn:aws:logs:us-west-2:{OWN}:log-group:g"},
            ),
            caller=SERVICE,
        ),
        "implicit resource",
    ),
    "AZ110 a source, and no service calls": (
        by_grant(
            "Decrypt",
            grant(
                USER,
                "Decrypt",
                constraints={"SourceArn": f"arn:aws:logs:us-west-2:{OWN}:log-group:g"},
            ),
        ),
        "allowed",
    ),
    "AZ80 AZ97 another account's role": (
        by_grant("Decrypt", grant(OTHER_ROLE, "Decrypt"), caller=OTHER_SESSION),
        "allowed",
    ),
    "a grant that was revoked": (
        by_grant("Decrypt", grant(USER, "Decrypt", retired=True)),
        "implicit resource",
    ),
    "a grant where the key policy leaves it to the account": (
        case("Encrypt", on=key(DELEGATED), grants=(grant(USER, "Decrypt"),)),
        "implicit identity",
    ),
}


@pytest.mark.parametrize(("scenario", "expected"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_grant(scenario, expected):
    """A grant gives its grantee its operations under its constraints, and nothing else."""
    assert expected == outcome(scenario)
