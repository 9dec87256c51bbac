"""Condition operators, policy variables, and the value of each condition key."""

from datetime import timedelta
from typing import Any, Final

import pytest

from tests.access.cases import (
    ALL,
    DELEGATED,
    FEDERATED,
    IAM,
    KEY,
    OTHER,
    OTHER_ROOT,
    OTHER_SESSION,
    OWN,
    PRIMARY,
    REGION,
    RELATED,
    REPLICA,
    ROLE,
    ROOT,
    SERVICE,
    SESSION,
    USER,
    allow,
    case,
    deny,
    grant,
    key,
    outcome,
    to,
)
from tests.access.staging import NOON

ALLOWED: Final = "allowed"
REFUSED: Final = "implicit identity"
DENIED: Final = "explicit identity"
IT: Final = {"Department": "IT"}
TEN: Final = "kms:ScheduleKeyDeletionPendingWindowInDays"
TAGS: Final = [{"TagKey": "Project", "TagValue": "Alpha"}]


def when(operator: str, name: str, wanted: Any, operation: str = "Encrypt", **others: Any) -> Any:
    """Ask with an identity policy that allows under one condition."""
    condition = {operator: {name: wanted}}
    return case(operation, allow("kms:*", Condition=condition), **others)


def unless(operator: str, name: str, wanted: Any, operation: str = "Encrypt", **others: Any) -> Any:
    """Ask with an identity policy that allows all and denies under one condition."""
    condition = {operator: {name: wanted}}
    return case(operation, ALL, deny("kms:*", Condition=condition), **others)


def given(name: str, *values: str) -> dict[str, Any]:
    return {"context": {name: list(values)}}


CONTEXT: Final = {"EncryptionContext": IT}
MANY: Final = {"EncryptionContext": {"a": "1", "b": "2"}}
NAMES: Final = "kms:EncryptionContextKeys"
WINDOW: Final = {"operation": "ScheduleKeyDeletion", "PendingWindowInDays": 10}

OPERATORS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "AZ111 several keys": (
        case(
            "Encrypt",
            allow(
                "kms:*",
                Condition={"StringEquals": {"kms:CallerAccount": OWN, "kms:KeySpec": "RSA_2048"}},
            ),
        ),
        REFUSED,
    ),
    "AZ111 several values": (when("StringEquals", "kms:CallerAccount", [OTHER, OWN]), ALLOWED),
    "AZ111 several values, negated": (
        when("StringNotEquals", "kms:CallerAccount", [OTHER, OWN]),
        REFUSED,
    ),
    **{
        f"AZ112 absent: {operator}": (when(operator, "kms:ViaService", wanted), expected)
        for operator, wanted, expected in (
            ("StringEquals", "x", REFUSED),
            ("StringLike", "*", REFUSED),
            ("NumericEquals", "1", REFUSED),
            ("Bool", "false", REFUSED),
            ("StringNotEquals", "x", ALLOWED),
            ("StringNotLike", "x", ALLOWED),
            ("NumericNotEquals", "1", ALLOWED),
            ("ArnNotLike", "x", ALLOWED),
            ("NotIpAddress", "10.0.0.0/8", ALLOWED),
            ("DateNotEquals", "2026-01-01", ALLOWED),
            ("StringEqualsIfExists", "x", ALLOWED),
            ("BoolIfExists", "true", ALLOWED),
            ("Null", "true", ALLOWED),
            ("Null", "false", REFUSED),
            ("ForAllValues:StringEquals", "x", ALLOWED),
            ("ForAnyValue:StringEquals", "x", REFUSED),
            ("ForAnyValue:StringNotEquals", "x", REFUSED),
        )
    },
    "AZ113 a Deny without the context": (
        unless("StringNotEquals", "kms:EncryptionContext:Department", "IT"),
        DENIED,
    ),
    "AZ113 a Deny and DescribeKey": (
        unless("StringNotEquals", "kms:EncryptionContext:Department", "IT", "DescribeKey"),
        DENIED,
    ),
    "AZ114 ForAllValues, negated, on nothing": (
        unless("ForAllValues:StringNotEquals", NAMES, "Department"),
        DENIED,
    ),
    "AZ114 ForAllValues, negated, on another": (
        when("ForAllValues:StringNotEquals", NAMES, "a", **MANY),
        REFUSED,
    ),
    "AZ115 one outside": (when("ForAnyValue:StringNotEquals", NAMES, "a", **MANY), ALLOWED),
    "AZ115 none outside": (
        when("ForAnyValue:StringNotEquals", NAMES, ["a", "b"], **MANY),
        REFUSED,
    ),
    "AZ116 a wildcard across slashes": (
        when("StringLike", "aws:PrincipalArn", "arn:*ice"),
        ALLOWED,
    ),
    "AZ116 one character": (when("StringLike", "kms:CallerAccount", "11112222333?"), ALLOWED),
    "AZ116 a literal star": (when("StringEquals", "kms:CallerAccount", "1*"), REFUSED),
    "AZ116 no regard to case": (
        when("StringEqualsIgnoreCase", "kms:KeySpec", "symmetric_default"),
        ALLOWED,
    ),
    "AZ116 no regard to case, negated": (
        when("StringNotEqualsIgnoreCase", "kms:KeySpec", "symmetric_default"),
        REFUSED,
    ),
    "AZ117 by segments": (when("ArnEquals", "aws:PrincipalArn", "arn:*:iam::*:user/*"), ALLOWED),
    "AZ117 a star for several segments": (
        when("ArnLike", "aws:PrincipalArn", "arn:*:user/alice"),
        REFUSED,
    ),
    "AZ118 Bool in another case": (when("Bool", "aws:SecureTransport", "TRUE"), ALLOWED),
    "AZ118 Bool of JSON": (when("Bool", "aws:SecureTransport", True), ALLOWED),
    "AZ118 a number": (when("NumericLessThanEquals", TEN, "10.0", **WINDOW), ALLOWED),
    "AZ118 a number of JSON": (when("NumericGreaterThan", TEN, 10, **WINDOW), REFUSED),
    "AZ118 no number": (when("NumericEquals", TEN, "ten", **WINDOW), REFUSED),
    "AZ118 a date": (when("DateLessThan", "aws:CurrentTime", "2026-11-28T12:00:01Z"), ALLOWED),
    "AZ118 a date with an offset": (
        when("DateEquals", "aws:CurrentTime", "2026-11-28T13:00:00+01:00"),
        ALLOWED,
    ),
    "AZ118 a date in seconds": (
        when("DateGreaterThanEquals", "aws:CurrentTime", str(int(NOON.timestamp()))),
        ALLOWED,
    ),
    "AZ118 a day": (when("DateGreaterThan", "aws:EpochTime", "2026-11-28"), ALLOWED),
    "AZ118 an address": (when("IpAddress", "aws:SourceIp", "203.0.113.10"), ALLOWED),
    "AZ118 a network": (when("IpAddress", "aws:SourceIp", ["10.0.0.0/8"]), REFUSED),
    "AZ118 an address of version 6": (
        when("IpAddress", "aws:SourceIp", "2001:db8::/32", **given("aws:SourceIp", "2001:db8::1")),
        ALLOWED,
    ),
    "AZ118 bytes": (
        when("BinaryEquals", "kms:EncryptionContext:a", "QQ==", EncryptionContext={"a": "QQ=="}),
        ALLOWED,
    ),
    "AZ119 names in another case": (when("StringEquals", "KMS:callerAccount", OWN), ALLOWED),
    "AZ119 the context's key in another case": (
        when("StringEquals", "kms:EncryptionContext:department", "IT", **CONTEXT),
        ALLOWED,
    ),
    "AZ119 two keys that differ in case": (
        when(
            "StringEquals",
            "kms:EncryptionContext:a",
            "1",
            EncryptionContext={"a": "1", "A": "1"},
        ),
        REFUSED,
    ),
    "AZ120 the case of the keys": (
        when("ForAnyValue:StringEquals", NAMES, "department", **CONTEXT),
        REFUSED,
    ),
    "AZ121 a variable": (
        when("StringEquals", "kms:EncryptionContext:Department", "${aws:username}", **CONTEXT)
        | {"caller": {"arn": f"{IAM}:user/IT"}},
        ALLOWED,
    ),
    "AZ121 a variable under the older Version": (
        case(
            "Encrypt",
            allow(
                "kms:*",
                Condition={"StringEquals": {"kms:EncryptionContext:Department": "${aws:username}"}},
            ),
            caller=f"{IAM}:user/IT",
            version="2008-10-17",
            **CONTEXT,
        ),
        REFUSED,
    ),
    "AZ122 a variable without a value": (
        when(
            "StringEquals",
            "kms:EncryptionContext:Department",
            "${aws:username}",
            caller=SESSION,
            **CONTEXT,
        ),
        REFUSED,
    ),
    "AZ122 a variable with a default": (
        when(
            "StringEquals",
            "kms:EncryptionContext:Department",
            "${aws:username, 'IT'}",
            caller=SESSION,
            **CONTEXT,
        ),
        ALLOWED,
    ),
    "AZ122 literal signs": (
        when(
            "StringLike",
            "kms:EncryptionContext:a",
            "${*}${?}${$}*",
            EncryptionContext={"a": "*?$!"},
        ),
        ALLOWED,
    ),
    "AZ123 a variable in Resource": (
        case(
            "Encrypt",
            allow("kms:*", Resource="arn:aws:kms:*:*:key/${aws:PrincipalTag/key}"),
            caller={"arn": USER, "tags": {"key": KEY.rpartition("/")[2]}},
        ),
        ALLOWED,
    ),
    "AZ123 a variable before the fifth colon": (
        case("Encrypt", allow("kms:*", Resource="arn:aws:kms:*:${aws:PrincipalAccount}:key/*")),
        REFUSED,
    ),
    "AZ123 no variable in numbers": (
        when("NumericEquals", TEN, "${aws:PrincipalTag/days}", **WINDOW)
        | {"caller": {"arn": USER, "tags": {"days": "10"}}},
        REFUSED,
    ),
    "AZ124 several values without a set operator": (
        when("StringEquals", NAMES, "Department", **CONTEXT),
        REFUSED,
    ),
}


@pytest.mark.parametrize(("scenario", "expected"), OPERATORS.values(), ids=OPERATORS.keys())
def test_operator(scenario, expected):
    """Each operator compares as IAM says, with and without a value."""
    assert expected == outcome(scenario)


def has(name: str, value: str, operation: str = "Encrypt", **others: Any) -> Any:
    """Ask whether a condition key has that one value."""
    return when("ForAnyValue:StringEquals", name, value, operation, **others), ALLOWED


def lacks(name: str, operation: str = "Encrypt", **others: Any) -> Any:
    return when("Null", name, "true", operation, **others), ALLOWED


RSA: Final = {"on": key(spec="RSA_2048", usage="SIGN_VERIFY")}
EXTERNAL: Final = {"on": key(origin="EXTERNAL")}
IMPORT: Final = {"ImportToken": "AAAA", "EncryptedKeyMaterial": "AAAA", **EXTERNAL}
WRAP: Final = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048", **EXTERNAL}
BOB: Final = f"{IAM}:user/bob"
SOURCE: Final = f"arn:aws:logs:us-west-2:{OWN}:log-group:g"
GRANTED: Final = {
    "GranteePrincipal": BOB,
    "RetiringPrincipal": USER,
    "Operations": ["Decrypt"],
    "Constraints": {"EncryptionContextEquals": IT},
}
PAIR: Final = {"KeyPairSpec": "ECC_NIST_P256"}
MRK: Final = {"on": key(arn=PRIMARY, multi_region=True)}
AGREEMENT: Final = {
    "on": key(spec="ECC_NIST_P256", usage="KEY_AGREEMENT"),
    "KeyAgreementAlgorithm": "ECDH",
    "PublicKey": "…",
}
MAC: Final = {
    "on": key(spec="HMAC_256", usage="GENERATE_VERIFY_MAC"),
    "Message": "aGk=",
    "MacAlgorithm": "HMAC_SHA_256",
}
SAME: Final = {"CiphertextBlob": "…", "DestinationKeyId": KEY}
TAGGED: Final = {"on": key(tags={"Project": "Alpha"})}
NAMED: Final = {"on": key(aliases=["alias/app", "alias/other"])}
BY_S3: Final = {"via": "s3.us-west-2.amazonaws.com"}
BY_DYNAMODB: Final = {"via": "dynamodb.us-west-2.amazonaws.com"}
RETIRE: Final = {
    "on": key(DELEGATED),
    "grants": (grant(BOB, "Decrypt", constraints={"EncryptionContextEquals": IT}),),
    "GrantId": "grant-1",
}
SERVICES: Final = {
    "caller": SERVICE,
    "context": {"aws:SourceArn": SOURCE, "aws:SourceAccount": OWN},
}

KEYS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "AZ126 MessageType": has("kms:MessageType", "RAW", "Sign", **RSA),
    "AZ126 EncryptionAlgorithm": has("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"),
    "AZ126 EncryptionAlgorithm of a data key": has(
        "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", "GenerateDataKey"
    ),
    "AZ126 KeySpec": has("kms:KeySpec", "SYMMETRIC_DEFAULT", "CreateKey"),
    "AZ126 KeyUsage": has("kms:KeyUsage", "ENCRYPT_DECRYPT", "CreateKey"),
    "AZ126 Origin": has("kms:KeyOrigin", "AWS_KMS", "CreateKey"),
    "kms:KeySpec asked": has("kms:KeySpec", "RSA_2048", "CreateKey", KeySpec="RSA_2048"),
    "kms:KeyUsage asked": has(
        "kms:KeyUsage", "SIGN_VERIFY", "CreateKey", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"
    ),
    "kms:KeyUsage of the key": has("kms:KeyUsage", "SIGN_VERIFY", "DescribeKey", **RSA),
    "kms:KeySpec of the key": has("kms:KeySpec", "RSA_2048", "GetPublicKey", **RSA),
    "kms:KeyOrigin of the key": has("kms:KeyOrigin", "EXTERNAL", "DescribeKey", **EXTERNAL),
    "the older name of the spec": has("kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"),
    "the older name of the usage": has("kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT"),
    "AZ127 Bypass left out": lacks("kms:BypassPolicyLockoutSafetyCheck", "PutKeyPolicy"),
    "AZ127 Bypass": has(
        "kms:BypassPolicyLockoutSafetyCheck",
        "true",
        "PutKeyPolicy",
        BypassPolicyLockoutSafetyCheck=True,
    ),
    "AZ127 ExpirationModel left out": lacks(
        "kms:ExpirationModel", "ImportKeyMaterial", ValidTo=1796000000, **IMPORT
    ),
    "kms:ExpirationModel": has(
        "kms:ExpirationModel",
        "KEY_MATERIAL_DOES_NOT_EXPIRE",
        "ImportKeyMaterial",
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        **IMPORT,
    ),
    "AZ128 the window": has(TEN, "30", "ScheduleKeyDeletion"),
    "AZ128 the period": has("kms:RotationPeriodInDays", "365", "EnableKeyRotation"),
    "AZ129 an alias": has("kms:RequestAlias", "alias/app", KeyId="alias/app", **NAMED),
    "AZ129 an alias ARN": has(
        "kms:RequestAlias",
        "alias/app",
        KeyId=f"arn:aws:kms:{REGION}:{OWN}:alias/app",
        **NAMED,
    ),
    "AZ129 a key ARN": lacks("kms:RequestAlias", **NAMED),
    "AZ129 no KeyId": lacks("kms:RequestAlias", "Decrypt", KeyId=None, **NAMED),
    "AZ130 aliases": has("kms:ResourceAliases", "alias/other", **NAMED),
    "AZ130 tags, in another case": has("aws:ResourceTag/project", "Alpha", **TAGGED),
    "AZ130 tags in a foreign caller's policy": (
        when(
            "StringEquals",
            "aws:ResourceTag/Project",
            "Alpha",
            caller=OTHER_SESSION,
            on=key(to(OTHER_ROOT), tags={"Project": "Alpha"}),
        ),
        ALLOWED,
    ),
    "AZ132 the context of a grant's constraint": has(
        "kms:EncryptionContext:Department", "IT", "CreateGrant", **GRANTED
    ),
    "AZ132 its keys": has(NAMES, "Department", "CreateGrant", **GRANTED),
    "AZ132 RetireGrant": has("kms:EncryptionContext:Department", "IT", "RetireGrant", **RETIRE),
    "AZ133 RetireGrant knows no KeySpec": lacks("kms:KeySpec", "RetireGrant", **RETIRE),
    "AZ133 RetireGrant knows its constraint": has(
        "kms:GrantConstraintType", "EncryptionContextEquals", "RetireGrant", **RETIRE
    ),
    "AZ134 two algorithms": (
        when(
            "StringEquals",
            "kms:MacAlgorithm",
            ["HMAC_SHA_256", "HMAC_SHA_512"],
            "GenerateMac",
            **MAC,
        ),
        ALLOWED,
    ),
    "AZ135 a single-Region key": lacks("kms:MultiRegionKeyType"),
    "AZ135 a primary key": has("kms:MultiRegionKeyType", "PRIMARY", "DescribeKey", **MRK),
    "AZ135 a replica": has(
        "kms:MultiRegionKeyType",
        "REPLICA",
        "DescribeKey",
        on=key(arn=REPLICA, multi_region=True, multi_region_key_type="REPLICA"),
    ),
    "AZ135 a new primary key": has(
        "kms:MultiRegionKeyType", "PRIMARY", "CreateKey", MultiRegion=True
    ),
    "AZ135 a new key": lacks("kms:MultiRegionKeyType", "CreateKey"),
    "AZ135 a new replica": (
        case(
            "ReplicateKey",
            allow("kms:ReplicateKey"),
            allow(
                "kms:CreateKey",
                Condition={"StringEquals": {"kms:MultiRegionKeyType": "REPLICA"}},
            ),
            ReplicaRegion="us-east-1",
            **MRK,
        ),
        ALLOWED,
    ),
    "kms:MultiRegion": has("kms:MultiRegion", "true", "DescribeKey", **MRK),
    "AZ136 through a service": has("kms:ViaService", "s3.us-west-2.amazonaws.com", **BY_S3),
    "AZ136 a service itself": (
        case(
            caller=SERVICE,
            on=key(to({"Service": SERVICE}, Condition={"Null": {"kms:ViaService": "true"}})),
        ),
        ALLOWED,
    ),
    "AZ136 what a service calls for": (
        case(
            on=key(
                to(
                    {"Service": SERVICE},
                    Condition={
                        "ArnLike": {"aws:SourceArn": "arn:aws:logs:*:*:log-group:*"},
                        "StringEquals": {"aws:SourceAccount": OWN},
                    },
                )
            ),
            **SERVICES,
        ),
        ALLOWED,
    ),
    "AZ137 CallerAccount at CreateKey": has("kms:CallerAccount", OWN, "CreateKey"),
    "AZ137 CallerAccount at key stores": has("kms:CallerAccount", OWN, "DescribeCustomKeyStores"),
    "AZ137 none at ListKeys": lacks("kms:CallerAccount", "ListKeys"),
    "AZ137 none at ListAliases": lacks("kms:CallerAccount", "ListAliases"),
    "AZ137 none at GenerateRandom": lacks("kms:CallerAccount", "GenerateRandom", NumberOfBytes=1),
    "AZ138 no values at UntagResource": lacks(
        "aws:RequestTag/Project", "UntagResource", TagKeys=["Project"]
    ),
    "aws:TagKeys at UntagResource": has(
        "aws:TagKeys", "Project", "UntagResource", TagKeys=["Project"]
    ),
    "aws:RequestTag": has("aws:RequestTag/project", "Alpha", "TagResource", Tags=TAGS),
    "AZ139 ValidTo as a number": (
        when(
            "NumericLessThanEquals",
            "kms:ValidTo",
            "1796000000.0",
            "ImportKeyMaterial",
            ValidTo=1796000000,
            **IMPORT,
        ),
        ALLOWED,
    ),
    "AZ139 ValidTo as a date": (
        when(
            "DateLessThan",
            "kms:ValidTo",
            "2027-01-01T00:00:00Z",
            "ImportKeyMaterial",
            ValidTo=1796000000,
            **IMPORT,
        ),
        ALLOWED,
    ),
    "AZ140 the grantee": (
        when("StringLike", "kms:GranteePrincipal", f"{IAM}:user/*", "CreateGrant", **GRANTED),
        ALLOWED,
    ),
    "AZ140 the retiring principal": has("kms:RetiringPrincipal", USER, "CreateGrant", **GRANTED),
    "kms:GrantOperations": has("kms:GrantOperations", "Decrypt", "CreateGrant", **GRANTED),
    "kms:GrantConstraintType": has(
        "kms:GrantConstraintType", "EncryptionContextEquals", "CreateGrant", **GRANTED
    ),
    "kms:GrantConstraintType without": lacks("kms:GrantConstraintType", "CreateGrant"),
    "kms:GrantConstraintSourceArn": has(
        "kms:GrantConstraintSourceArn",
        SOURCE,
        "CreateGrant",
        Constraints={"SourceArn": SOURCE},
    ),
    "AZ141 days without usage": (
        when(
            "NumericGreaterThanEquals",
            "kms:TrailingDaysWithoutKeyUsage",
            "90",
            "DisableKey",
            on=key(days_without_usage=90),
        ),
        ALLOWED,
    ),
    "AZ141 a newer key": (
        when(
            "NumericGreaterThanEquals",
            "kms:TrailingDaysWithoutKeyUsage",
            "90",
            "ScheduleKeyDeletion",
            on=key(days_without_usage=89),
        ),
        REFUSED,
    ),
    "AZ142 no document": lacks("kms:RecipientAttestation:PCR0", "Decrypt"),
    "AZ143 root": (
        case(
            "Encrypt",
            caller=ROOT,
            on=key(to(ROOT, Condition={"StringEquals": {"aws:userid": OWN}})),
        ),
        ALLOWED,
    ),
    "AZ143 a user": (when("StringLike", "aws:userid", "AIDA*"), ALLOWED),
    "AZ143 a session": (when("StringLike", "aws:userid", "AROA*:one", caller=SESSION), ALLOWED),
    "AZ143 a federated user": (
        when("StringEquals", "aws:userid", f"{OWN}:bob", caller=FEDERATED, session=allow("*")),
        ALLOWED,
    ),
    "AZ144 a user's name": has("aws:username", "alice"),
    "AZ144 a role's": lacks("aws:username", caller=SESSION),
    "AZ144 the type of a user": has("aws:PrincipalType", "User"),
    "AZ144 the type of a session": has("aws:PrincipalType", "AssumedRole", caller=SESSION),
    "AZ145 only the root user": (
        case(
            "Encrypt",
            ALL,
            on=key(to(ROOT, Condition={"StringEquals": {"aws:PrincipalType": "Account"}})),
        ),
        "implicit resource",
    ),
    "AZ146 long-term keys": lacks("aws:MultiFactorAuthPresent"),
    "AZ146 temporary ones": has("aws:MultiFactorAuthPresent", "false", caller=SESSION),
    "AZ146 BoolIfExists hits long-term keys": (
        unless("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
        DENIED,
    ),
    "AZ147 an address": has("aws:SourceIp", "203.0.113.10"),
    "AZ147 none through a service": lacks("aws:SourceIp", **BY_S3),
    "AZ147 none through an endpoint": lacks("aws:SourceIp", **given("aws:SourceVpce", "vpce-1")),
    "AZ147 an endpoint": has("aws:SourceVpce", "vpce-1", **given("aws:SourceVpce", "vpce-1")),
    "AZ148 directly": has("aws:ViaAWSService", "false"),
    "AZ148 through a service": has("aws:ViaAWSService", "true", **BY_S3),
    "AZ148 CalledVia": has("aws:CalledVia", "dynamodb.amazonaws.com", **BY_DYNAMODB),
    "AZ148 CalledViaLast": has("aws:CalledViaLast", "dynamodb.amazonaws.com", **BY_DYNAMODB),
    "AZ148 not S3": lacks("aws:CalledVia", **BY_S3),
    "AZ149 an ordinary caller": has("aws:PrincipalIsAWSService", "false"),
    "AZ149 a service": (
        case(
            caller=SERVICE,
            on=key(
                to(
                    {"Service": SERVICE},
                    Condition={
                        "Bool": {"aws:PrincipalIsAWSService": "true"},
                        "StringEquals": {"aws:PrincipalServiceName": SERVICE},
                    },
                )
            ),
        ),
        ALLOWED,
    ),
    **{
        f"AZ150 {name}": has(name, "x", **given(name, "x"))
        for name in (
            "aws:PrincipalOrgPaths",
            "aws:ResourceOrgPaths",
            "aws:SourceOrgID",
            "aws:SourceOrgPaths",
            "aws:PrincipalServiceNamesList",
            "aws:SourceIdentity",
            "aws:FederatedProvider",
            "aws:VpcSourceIp",
            "aws:UserAgent",
            "aws:AssumedRoot",
        )
    },
    "AZ151 a role's tag": (
        when("StringEquals", "aws:PrincipalTag/Team", "red")
        | {"caller": {"arn": SESSION, "tags": {"team": "red"}}},
        ALLOWED,
    ),
    "AZ152 the Region": has("aws:RequestedRegion", REGION),
    "AZ152 the Region of the primary key": (
        case(
            "ReplicateKey",
            allow("kms:ReplicateKey", Condition={"StringEquals": {"aws:RequestedRegion": REGION}}),
            allow("kms:CreateKey"),
            ReplicaRegion="us-east-1",
            **MRK,
        ),
        ALLOWED,
    ),
    "AZ61 the role's ARN with its path": (
        when("ArnEquals", "aws:PrincipalArn", f"{IAM}:role/team/App")
        | {"caller": {"arn": SESSION, "role_arn": f"{IAM}:role/team/App"}},
        ALLOWED,
    ),
    "AZ61 not the session's": (
        when("ArnLike", "aws:PrincipalArn", SESSION, caller=SESSION),
        REFUSED,
    ),
    "kms:DataKeyPairSpec": has(
        "kms:DataKeyPairSpec", "ECC_NIST_P256", "GenerateDataKeyPair", **PAIR
    ),
    "kms:KeyAgreementAlgorithm": has(
        "kms:KeyAgreementAlgorithm", "ECDH", "DeriveSharedSecret", **AGREEMENT
    ),
    "kms:PolicyName": has("kms:PolicyName", "default", "GetKeyPolicy"),
    "kms:PrimaryRegion": has(
        "kms:PrimaryRegion", "us-east-1", "UpdatePrimaryRegion", PrimaryRegion="us-east-1", **MRK
    ),
    "kms:ReplicaRegion": (
        case(
            "ReplicateKey",
            allow(
                "kms:ReplicateKey", Condition={"StringEquals": {"kms:ReplicaRegion": "us-east-1"}}
            ),
            allow("kms:CreateKey"),
            ReplicaRegion="us-east-1",
            KeyId=RELATED,
            **MRK,
        ),
        ALLOWED,
    ),
    "kms:ReEncryptOnSameKey": has("kms:ReEncryptOnSameKey", "true", "ReEncrypt", **SAME),
    "kms:SigningAlgorithm": has("kms:SigningAlgorithm", "RSASSA_PSS_SHA_256", "Sign", **RSA),
    "kms:WrappingAlgorithm": has(
        "kms:WrappingAlgorithm", "RSAES_OAEP_SHA_256", "GetParametersForImport", **WRAP
    ),
    "kms:WrappingKeySpec": has("kms:WrappingKeySpec", "RSA_2048", "GetParametersForImport", **WRAP),
    "kms:RotationPeriodInDays": has(
        "kms:RotationPeriodInDays", "90", "EnableKeyRotation", RotationPeriodInDays=90
    ),
    "aws:PrincipalAccount": has("aws:PrincipalAccount", OWN),
    "aws:PrincipalOrgID": (
        when("StringEquals", "aws:PrincipalOrgID", "o-mine")
        | {"caller": {"arn": USER, "org": "o-mine"}},
        ALLOWED,
    ),
    "aws:PrincipalOrgID without an organization": lacks("aws:PrincipalOrgID"),
    "aws:ResourceAccount": has("aws:ResourceAccount", OWN),
    "aws:ResourceOrgID": has("aws:ResourceOrgID", "o-mine", on=key(org="o-mine")),
    "aws:TokenIssueTime": (
        when("DateLessThanEquals", "aws:TokenIssueTime", "2026-11-28T12:00:00Z", caller=SESSION),
        ALLOWED,
    ),
    "aws:TokenIssueTime of long-term keys": lacks("aws:TokenIssueTime"),
    "aws:Referer": lacks("aws:Referer"),
    "aws:SourceArn of an ordinary caller": lacks("aws:SourceArn"),
    "a key that a test takes away": lacks(
        "aws:SecureTransport", context={"aws:SecureTransport": None}
    ),
    "a role by name": (when("ArnLike", "aws:PrincipalArn", ROLE, caller=SESSION), ALLOWED),
}


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("scenario", "expected"), KEYS.values(), ids=KEYS.keys())
def test_condition_key(scenario, expected):
    """Each condition key has the value that KMS and IAM give it at that operation."""
    assert expected == outcome(scenario)


MANY_ALIASES: Final = [f"alias/a{number}" for number in range(51)]


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (when("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/a1"), REFUSED),
        (unless("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/none"), DENIED),
    ],
    ids=["allow", "deny"],
)
def test_too_many_aliases(scenario, expected):
    """Access by kms:ResourceAliases is denied while a key has more than 50 aliases (AZ131)."""
    crowded = {**scenario, "key": key(aliases=MANY_ALIASES)}

    assert expected == outcome(crowded)


def test_time_of_a_session():
    """A session keeps the time at which it began."""
    late = when(
        "DateGreaterThan",
        "aws:TokenIssueTime",
        (NOON - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        caller=SESSION,
    )

    assert outcome(late) == ALLOWED
