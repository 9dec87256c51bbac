"""How each kind of identifier is answered, by each kind of operation."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.operations.identifiers import (
    ARN,
    DENIED,
    FINDS_OURS,
    FINDS_THEIRS,
    NO_ALIASES,
    TABLE,
    UNKNOWN,
    denied,
    not_found,
)
from tests.vocabulary import (
    ACCOUNT,
    OTHER_ACCOUNT,
    call_as,
    create_key,
    harmless_refusal,
    members,
    refusal,
)

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

    from pytest_kmsmock import KmsMock


@dataclass(frozen=True, kw_only=True)
class Named:
    """A key, and what the operations of the table answer about it."""

    key_id: str
    describe: dict[str, Any]

    @property
    def arn(self) -> str:
        return self.describe["Arn"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A key of ours called `alias/app`, one in another Region, one of another account."""

    kms: "KMSClient"
    ours: Named
    elsewhere: Named
    theirs: Named

    def fill(self, text: str) -> str:
        return text.format(
            id=self.ours.key_id,
            UPPER=self.ours.key_id.upper(),
            hex=self.ours.key_id.replace("-", ""),
            elsewhere=self.elsewhere.key_id,
            theirs=self.theirs.key_id,
        )


@pytest.fixture
def stage(kms: "KMSClient", kms_mock: "KmsMock") -> Stage:
    elsewhere = kms_mock.client("eu-west-1")
    return Stage(
        kms=kms,
        ours=make(kms, "alias/app"),
        elsewhere=make(elsewhere, "alias/app"),
        theirs=make_in_other_account(kms_mock, "alias/theirs"),
    )


def make(kms: "KMSClient", alias: str) -> Named:
    metadata = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=metadata["KeyId"])
    return Named(key_id=metadata["KeyId"], describe=metadata)


LETS_US_IN: Final = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": [ACCOUNT, OTHER_ACCOUNT]},
        "Action": "kms:*",
        "Resource": "*",
    },
}


def make_in_other_account(kms_mock: "KmsMock", alias: str) -> Named:
    """Make a key whose account has no client here, and one of a service beside it."""
    call = partial(call_as, OTHER_ACCOUNT, kms_mock)
    metadata = call("CreateKey", Policy=json.dumps(LETS_US_IN))["KeyMetadata"]
    call("CreateAlias", AliasName=alias, TargetKeyId=metadata["KeyId"])
    call("DescribeKey", KeyId="alias/aws/s3")
    return Named(key_id=metadata["KeyId"], describe=metadata)


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation of one kind, and what it takes besides the key."""

    operation: str
    column: str
    method: str
    request: dict[str, Any]

    def bind(self, kms: "KMSClient") -> Callable[..., Any]:
        return getattr(kms, self.method)

    def answer(self, named: Named) -> dict[str, Any]:
        """Return the whole answer about a key, but for a ciphertext."""
        return {
            "DescribeKey": {"KeyMetadata": named.describe},
            "Encrypt": {"KeyId": named.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
            "ListGrants": {"Grants": [], "Truncated": False},
            "ListKeyPolicies": {"PolicyNames": ["default"], "Truncated": False},
        }[self.operation]


CALLS: Final = (
    Call(operation="DescribeKey", column="alias", method="describe_key", request={}),
    Call(operation="Encrypt", column="other", method="encrypt", request={"Plaintext": b"x"}),
    Call(operation="ListGrants", column="cross", method="list_grants", request={}),
    Call(operation="ListKeyPolicies", column="own", method="list_key_policies", request={}),
)

CASES: Final = {
    f"{call.operation}-{kind}": (call, line.identifier, getattr(line, call.column))
    for kind, line in TABLE.items()
    for call in CALLS
}
FOUND: Final = {
    name: case for name, case in CASES.items() if case[-1] in (FINDS_OURS, FINDS_THEIRS)
}
REFUSED: Final = {name: case for name, case in CASES.items() if name not in FOUND}


@pytest.mark.parametrize(("call", "identifier", "whose"), FOUND.values(), ids=FOUND)
def test_identifier_of_a_key(stage, call, identifier, whose):
    """
    Each kind of operation finds its key by these.

    wire-facts I23, I24; rules ID-2, ID-5, ID-6, ID-8.
    """
    named = stage.ours if whose == FINDS_OURS else stage.theirs

    answered = members(call.bind(stage.kms)(KeyId=stage.fill(identifier), **call.request))
    answered.pop("CiphertextBlob", None)

    assert call.answer(named) == answered


@pytest.mark.sweep(7)
@pytest.mark.parametrize(("call", "identifier", "expected"), REFUSED.values(), ids=REFUSED)
def test_identifier_of_no_key(stage, call, identifier, expected):
    """
    Each kind of operation refuses the rest.

    wire-facts I1, I3, I4, I5, I6, I7, I8, I9, I11, I12, I13, I14, I17, I27, X11; rules ID-3, ID-5,
    ID-9, ID-12, ERR-3, ERR-4, ERR-5, ERR-6, ERR-23. What is said of malformed ARNs is assumed
    (wire-facts I30, rules ERR-7).
    """
    code, message = denied(call.operation) if expected == DENIED else expected

    refused = harmless_refusal(call.bind(stage.kms), KeyId=stage.fill(identifier), **call.request)

    assert (code, stage.fill(message)) == refused


GRANTEE: Final = f"arn:aws:iam::{ACCOUNT}:role/app"

# The operations that wire-facts I17 lists, with what they need besides the key.
KEY_ONLY: Final[dict[str, dict[str, Any]]] = {
    "schedule_key_deletion": {},
    "cancel_key_deletion": {},
    "enable_key": {},
    "disable_key": {},
    "tag_resource": {"Tags": []},
    "untag_resource": {"TagKeys": []},
    "list_resource_tags": {},
    "update_key_description": {"Description": "new"},
    "get_key_policy": {},
    "put_key_policy": {"Policy": "{}"},
    "list_key_policies": {},
    "get_key_rotation_status": {},
    "enable_key_rotation": {},
    "disable_key_rotation": {},
    "rotate_key_on_demand": {},
    "create_grant": {"GranteePrincipal": GRANTEE, "Operations": ["Encrypt"]},
    "list_grants": {},
    "revoke_grant": {"GrantId": "0" * 64},
    "get_parameters_for_import": {
        "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
        "WrappingKeySpec": "RSA_2048",
    },
    "import_key_material": {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"},
    "delete_imported_key_material": {},
}
# Not in that list; answered like those (assumed).
ALSO_KEY_ONLY: Final[dict[str, dict[str, Any]]] = {
    "get_key_last_usage": {},
    "list_aliases": {},
    "list_key_rotations": {},
    "replicate_key": {"ReplicaRegion": "eu-west-1"},
    "update_primary_region": {"PrimaryRegion": "eu-west-1"},
}


@pytest.mark.sweep(7)
@pytest.mark.parametrize(
    "identifier", ["alias/app", "alias/no", f"{ARN}:alias/app"], ids=["name", "unknown", "ARN"]
)
@pytest.mark.parametrize(
    ("method", "request_members"),
    [*KEY_ONLY.items(), *ALSO_KEY_ONLY.items()],
    ids=[*KEY_ONLY, *ALSO_KEY_ONLY],
)
def test_alias_for_an_operation_on_keys_only(kms, method, request_members, identifier):
    """
    An alias, existing or not, is no identifier for these (wire-facts I17, DL9, P12, R10, X10).

    That all 21 operations of wire-facts I17 answer so was measured; of the others it is assumed.
    """
    kms.create_alias(AliasName="alias/app", TargetKeyId=create_key(kms))

    assert NO_ALIASES == harmless_refusal(getattr(kms, method), KeyId=identifier, **request_members)


@pytest.mark.parametrize("method", ["generate_mac", "verify_mac"])
def test_mac_with_no_key_id(kms, method):
    """MAC operations name what is no key id, too (wire-facts I25)."""
    request = {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    if method == "verify_mac":
        request["Mac"] = b"x"

    assert not_found("Invalid keyId 'key_id'") == refusal(
        getattr(kms, method), KeyId="key_id", **request
    )


NULL: Final = "failed to satisfy constraint: Member must not be null"


@pytest.mark.parametrize("method", ["describe_key", "schedule_key_deletion", "get_key_policy"])
def test_key_id_missing(unchecked_kms, method):
    """An operation that needs a KeyId says so when there is none (wire-facts I19, W14)."""
    assert (
        "ValidationException",
        f"1 validation error detected: Value null at 'keyId' {NULL}",
    ) == refusal(getattr(unchecked_kms, method))


@pytest.mark.parametrize("method", ["create_alias", "update_alias"])
def test_target_key_id_missing(unchecked_kms, method):
    """An alias needs its target by that member's name (wire-facts I20)."""
    assert (
        "ValidationException",
        f"1 validation error detected: Value null at 'targetKeyId' {NULL}",
    ) == refusal(getattr(unchecked_kms, method), AliasName="alias/app")


@pytest.mark.parametrize("method", ["get_public_key", "describe_key", "enable_key"])
def test_key_id_empty(unchecked_kms, method):
    """An empty KeyId violates its length and its pattern (wire-facts I21, W13)."""
    assert (
        "ValidationException",
        "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member"
        " must have length greater than or equal to 1; Value '' at 'keyId' failed to satisfy"
        r" constraint: Member must satisfy regular expression pattern: ^\p{ASCII}+$",
    ) == refusal(getattr(unchecked_kms, method), KeyId="")


def test_key_id_beyond_ascii(kms):
    """A KeyId is ASCII (the pattern of wire-facts I21)."""
    assert (
        "ValidationException",
        "1 validation error detected: Value 'ключ' at 'keyId' failed to satisfy constraint: Member"
        r" must satisfy regular expression pattern: ^\p{ASCII}+$",
    ) == refusal(kms.describe_key, KeyId="ключ")


@pytest.mark.parametrize("length", [2048, 2049], ids=["longest", "too long"])
def test_key_id_length(kms, length):
    """A KeyId has at most 2,048 characters (quotas Q-18)."""
    identifier = "x" * length
    too_long = (
        "ValidationException",
        f"1 validation error detected: Value '{identifier}' at 'keyId' failed to satisfy"
        " constraint: Member must have length less than or equal to 2048",
    )
    expected = not_found(f"Invalid keyId '{identifier}'") if length == 2048 else too_long

    assert expected == refusal(kms.describe_key, KeyId=identifier)


def test_request_of_the_wrong_shape_about_an_unknown_key(kms):
    """The shape of a request is looked at before its key (wire-facts W19)."""
    assert (
        "ValidationException",
        "1 validation error detected: Value '366' at 'pendingWindowInDays' failed to satisfy"
        " constraint: Member must have value less than or equal to 365",
    ) == refusal(kms.schedule_key_deletion, KeyId=UNKNOWN, PendingWindowInDays=366)


def test_unknown_key_has_status_400(kms):
    """A key that is not found is HTTP 400, not 404 (wire-facts W6)."""
    with pytest.raises(kms.exceptions.NotFoundException) as refused:
        kms.describe_key(KeyId=UNKNOWN)

    assert 400 == refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


HEX: Final = "[0-9a-f]"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_ids_of_a_new_key(kms_mock, region, partition):
    """A key id is a lower-case UUID, and the ARN names partition, Region and account (ID-1, C3)."""
    metadata = kms_mock.client(region).create_key()["KeyMetadata"]
    key_id = metadata["KeyId"]

    assert re.fullmatch(f"{HEX}{{8}}(-{HEX}{{4}}){{3}}-{HEX}{{12}}", key_id)
    assert f"arn:{partition}:kms:{region}:{ACCOUNT}:key/{key_id}" == metadata["Arn"]


def test_ids_of_a_new_multi_region_key(kms):
    """A multi-Region key id is `mrk-` and 32 lower-case hex digits (wire-facts Z1)."""
    metadata = kms.create_key(MultiRegion=True)["KeyMetadata"]

    assert re.fullmatch(f"mrk-{HEX}{{32}}", metadata["KeyId"])
    assert f"{ARN}:key/{metadata['KeyId']}" == metadata["Arn"]


def test_key_ids_never_repeat(kms):
    """Every key has an id of its own."""
    assert 100 == len({create_key(kms) for _ in range(100)})
