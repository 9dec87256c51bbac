"""Every kind of identifier, and how each kind of operation answers it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from tests.vocabulary import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    create_key,
    harmless_refusal,
    members,
    refusal,
)

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

    from pytest_kmsmock import KmsMock

UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
UNKNOWN_MULTI_REGION: Final = "mrk-0123456789abcdef0123456789abcdef"
ARN: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}"
ELSEWHERE: Final = f"arn:aws:kms:eu-west-1:{ACCOUNT}"
THEIRS: Final = f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}"

Answer: TypeAlias = tuple[str, str]

# What stands in the table for an answer about a key.
FINDS_OURS: Final = ("", "ours")
FINDS_THEIRS: Final = ("", "theirs")
DENIED: Final = ("AccessDeniedException", "")
NO_ALIASES: Final = (
    "InvalidArnException",
    "Key Aliases are not supported for this operation.",
)


def missing(arn: str) -> Answer:
    return "NotFoundException", f"Key '{arn}' does not exist"


def not_found(message: str) -> Answer:
    return "NotFoundException", message


def denied(action: str) -> Answer:
    """Return the answer about what the caller cannot see in another account (wire-facts I12)."""
    return (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:{action} on"
        " this resource because the resource does not exist in this Region, no resource-based"
        " policies allow access, or a resource-based policy explicitly denies access",
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    An identifier, and how each kind of operation answers it.

    *alias* is DescribeKey, which takes aliases and other accounts' keys; *other* is Encrypt, the
    same but without InvalidArnException in the model; *cross* is ListGrants, which takes other
    accounts' keys, but no aliases; *own* is ListKeyPolicies, which takes neither.
    """

    identifier: str
    alias: Answer
    other: Answer
    cross: Answer
    own: Answer


def row(identifier: str, *answers: Answer) -> Row:
    """Make a row of four answers, of two for operations with and without aliases, or of one."""
    if len(answers) < 4:
        answers = (answers[0], answers[0], answers[-1], answers[-1])
    alias, other, cross, own = answers
    return Row(identifier=identifier, alias=alias, other=other, cross=cross, own=own)


def malformed(identifier: str) -> Row:
    """Make the row of an ARN that is none of KMS's: never recorded (wire-facts I30)."""
    message = f"Invalid arn {identifier}"
    return row(
        identifier,
        ("InvalidArnException", message),
        ("NotFoundException", message),
        ("InvalidArnException", message),
        ("InvalidArnException", message),
    )


TABLE: Final[dict[str, Row]] = {
    # I24
    "key id": row("{id}", FINDS_OURS),
    "key ARN": row(f"{ARN}:key/{{id}}", FINDS_OURS),
    # I17, I24
    "alias name": row("alias/app", FINDS_OURS, NO_ALIASES),
    # I17, I23
    "alias ARN": row(f"{ARN}:alias/app", FINDS_OURS, NO_ALIASES),
    # I1
    "unknown key id": row(UNKNOWN, missing(f"{ARN}:key/{UNKNOWN}")),
    "unknown key ARN": row(f"{ARN}:key/{UNKNOWN}", missing(f"{ARN}:key/{UNKNOWN}")),
    # I3
    "unknown multi-Region key id": row(
        UNKNOWN_MULTI_REGION, missing(f"{ARN}:key/{UNKNOWN_MULTI_REGION}")
    ),
    # rules ID-12
    "upper-case key id": row("{UPPER}", missing(f"{ARN}:key/{{UPPER}}")),
    "ARN of an upper-case key id": row(f"{ARN}:key/{{UPPER}}", missing(f"{ARN}:key/{{UPPER}}")),
    # I4, I27
    "no key id": row("foo", not_found("Invalid keyId 'foo'")),
    # I5
    "key id without dashes": row("{hex}", not_found("Invalid keyId '{hex}'")),
    # I6
    "short multi-Region key id": row("mrk-1234", not_found("Invalid keyId 'mrk-1234'")),
    "no multi-Region key id": row("mrk-fake-key-id", not_found("Invalid keyId 'mrk-fake-key-id'")),
    "key id with a trailing line feed": row("{id}\n", not_found("Invalid keyId '{id}\n'")),
    # I7
    "ARN of no key id": row(f"{ARN}:key/foo", not_found("Invalid keyId foo")),
    # I8
    "ARN of an alias without prefix": row(f"{ARN}:key/aws/s3", not_found("Invalid keyId aws/s3")),
    "ARN of an empty key id": row(f"{ARN}:key/", not_found("Invalid keyId ")),
    # I11
    "key id of another Region": row("{elsewhere}", missing(f"{ARN}:key/{{elsewhere}}")),
    # I9
    "key ARN of another Region": row(
        f"{ELSEWHERE}:key/{{elsewhere}}", not_found("Invalid arn eu-west-1")
    ),
    "key ARN of another Region and account": row(
        f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:key/{{theirs}}", not_found("Invalid arn eu-west-1")
    ),
    "key ARN of another partition": row(
        f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/{{id}}", not_found("Invalid arn cn-north-1")
    ),
    "alias ARN of another Region": row(
        f"{ELSEWHERE}:alias/app", not_found("Invalid arn eu-west-1"), NO_ALIASES
    ),
    # rules ID-6, ID-8, ID-9
    "key ARN of another account": row(
        f"{THEIRS}:key/{{theirs}}", FINDS_THEIRS, FINDS_THEIRS, FINDS_THEIRS, DENIED
    ),
    "alias ARN of another account": row(f"{THEIRS}:alias/theirs", FINDS_THEIRS, NO_ALIASES),
    # I12, rules ERR-23
    "unknown key ARN of another account": row(f"{THEIRS}:key/{UNKNOWN}", DENIED),
    "our key under another account": row(f"{THEIRS}:key/{{id}}", DENIED),
    "unknown alias ARN of another account": row(f"{THEIRS}:alias/app", DENIED, NO_ALIASES),
    "key ARN of an account nobody has": row(
        f"arn:aws:kms:{REGION}:999999999999:key/{{id}}", DENIED
    ),
    # rules ID-5
    "key id of another account": row("{theirs}", missing(f"{ARN}:key/{{theirs}}")),
    "alias name of another account": row(
        "alias/theirs", not_found(f"Alias {ARN}:alias/theirs is not found."), NO_ALIASES
    ),
    # I13
    "unknown alias name": row(
        "alias/no", not_found(f"Alias {ARN}:alias/no is not found."), NO_ALIASES
    ),
    # I14
    "unknown alias ARN": row(
        f"{ARN}:alias/no", not_found(f"Alias {ARN}:alias/no is not found."), NO_ALIASES
    ),
    # rules ID-12
    "alias name in another case": row(
        "alias/App", not_found(f"Alias {ARN}:alias/App is not found."), NO_ALIASES
    ),
    "prefix in another case": row("ALIAS/app", not_found("Invalid keyId 'ALIAS/app'")),
    "empty alias name": row("alias/", not_found(f"Alias {ARN}:alias/ is not found."), NO_ALIASES),
    "alias of an AWS service without a key": row(
        "alias/aws/none", not_found(f"Alias {ARN}:alias/aws/none is not found."), NO_ALIASES
    ),
    # I30
    "ARN in another case": row(
        f"ARN:AWS:KMS:{REGION}:{ACCOUNT}:key/{{id}}",
        not_found(f"Invalid keyId 'ARN:AWS:KMS:{REGION}:{ACCOUNT}:key/{{id}}'"),
    ),
    "ARN cut short": malformed(f"arn:aws:kms:{REGION}"),
    "ARN of another service": malformed("arn:aws:s3:::bucket"),
    "ARN of something else": malformed(f"{ARN}:grant/{{id}}"),
    "ARN without a Region": malformed(f"arn:aws:kms::{ACCOUNT}:key/{{id}}"),
    "ARN without an account": malformed(f"arn:aws:kms:{REGION}::key/{{id}}"),
    "ARN of the wrong partition": malformed(f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/{{id}}"),
}


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


def make_in_other_account(kms_mock: "KmsMock", alias: str) -> Named:
    """Make a key whose account has no client here."""
    from pytest_kmsmock._kms.service import Request

    def call(operation: str, **request: Any) -> dict[str, Any]:
        return kms_mock._service.respond(
            Request(
                operation=operation,
                region=REGION,
                account_id=OTHER_ACCOUNT,
                body=json.dumps(request).encode(),
            )
        ).parsed()

    metadata = call("CreateKey")["KeyMetadata"]
    call("CreateAlias", AliasName=alias, TargetKeyId=metadata["KeyId"])
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
    """Each kind of operation finds its key by these (wire-facts I23, I24; rules ID-2 to ID-8)."""
    named = stage.ours if whose == FINDS_OURS else stage.theirs

    answered = members(call.bind(stage.kms)(KeyId=stage.fill(identifier), **call.request))
    answered.pop("CiphertextBlob", None)

    assert call.answer(named) == answered


@pytest.mark.parametrize(("call", "identifier", "expected"), REFUSED.values(), ids=REFUSED)
def test_identifier_of_no_key(stage, call, identifier, expected):
    """
    Each kind of operation refuses the rest (wire-facts I1, I3-I9, I11-I14, I17, I27).

    What it says of malformed ARNs (wire-facts I30) is assumed.
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
