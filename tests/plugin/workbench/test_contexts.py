"""Sessions of roles, federated users, and principals through services or in other contexts."""

import re
from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock, PrincipalHandle
from tests.vocabulary import refusal

ACCOUNT = "123456789012"
STS = f"arn:aws:sts::{ACCOUNT}:"
ALL = {"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}


def policy(action: str, **condition: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": statement}


def may_list_keys(principal: PrincipalHandle) -> bool:
    try:
        principal.client().list_keys()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def wanting(mock: KmsMock, **condition: object) -> PrincipalHandle:
    """Return a role that may list keys under a condition."""
    return mock.role("worker", policies=[policy("kms:ListKeys", **condition)])


# --- Sessions ----------------------------------------------------------------------------------


def test_assume(mock):
    """A session has an ARN and access keys of its own, and the permissions of its role."""
    role = mock.role("team/worker")
    job = role.assume("job-7")
    role.allow("kms:ListKeys")

    assert f"{STS}assumed-role/worker/job-7" == job.arn
    assert ACCOUNT == job.account_id
    assert role.credentials != job.credentials
    assert may_list_keys(job)
    assert job.arn == mock.calls.last.principal
    assert f"<PrincipalHandle {job.arn}>" == repr(job)


def test_session_policies(mock):
    """Session policies limit what the role may."""
    role = mock.role("worker", policies=ALL)

    assert may_list_keys(role.assume("job-a"))
    assert may_list_keys(role.assume("job-b", policies=[policy("kms:List*")]))
    assert may_list_keys(
        role.assume("job-c", policies=[policy("kms:Encrypt"), policy("kms:List*")])
    )
    assert not may_list_keys(role.assume("job-d", policies=policy("kms:Encrypt")))


def test_session_tags_and_source_identity(mock):
    """Session tags come before the role's own; a source identity is known."""
    role = wanting(
        mock,
        StringEquals={"aws:PrincipalTag/tenant": "7", "aws:SourceIdentity": "alice"},
    )
    mock.role("worker", tags={"tenant": "8"})

    assert not may_list_keys(role)
    assert may_list_keys(role.assume("job", tags={"tenant": "7"}, source_identity="alice"))


def test_allowing_a_session(mock):
    """What a session is allowed its role is allowed."""
    role = mock.role("worker")
    role.assume("job").allow("kms:ListKeys")

    assert may_list_keys(role)


def test_federate(mock):
    """A federated user may do what the user and the session policies allow, both of them."""
    alice = mock.user("alice", policies=ALL)
    bob = alice.federate("bob", [policy("kms:ListKeys")])

    assert f"{STS}federated-user/bob" == bob.arn
    assert may_list_keys(bob)
    assert not may_list_keys(alice.federate("carol"))
    alice.detach_all()
    assert not may_list_keys(bob)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda mock: mock.user("alice").assume("job"),
            f"arn:aws:iam::{ACCOUNT}:user/alice is not a role: assume() is for roles",
        ),
        (
            lambda mock: mock.role("worker").federate("bob"),
            f"arn:aws:iam::{ACCOUNT}:role/worker is not a user: federate() is for users",
        ),
        (
            lambda mock: mock.role("worker").assume("a1").assume("b1"),
            f"{STS}assumed-role/worker/a1 is a session already: assume() is for the role",
        ),
        (
            lambda mock: mock.role("worker").assume("a b"),
            "'a b' is not the name of a session, which is up to 64 letters, digits and _+=,.@-",
        ),
        (
            lambda mock: mock.user("alice").federate(33 * "a"),
            f"'{33 * 'a'}' is not the name of a federated user, which is up to 32 letters, digits"
            " and _+=,.@-",
        ),
        (
            lambda mock: mock.service("sns.amazonaws.com").via("s3"),
            "sns.amazonaws.com is a service itself: via() is for users, roles and sessions",
        ),
        (
            lambda mock: mock.role("worker").via("s3.example.com"),
            "'s3.example.com' is not the name of a service, which is one such as 's3' or"
            " 's3.eu-west-1.amazonaws.com'",
        ),
    ],
)
def test_what_cannot_be_derived(kms_mock, call, message):
    """What a principal can't become is refused."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(kms_mock)


# --- Services in between -----------------------------------------------------------------------


@pytest.mark.parametrize("service", ["s3", "s3.us-east-1.amazonaws.com"])
def test_via(mock, service):
    """Through a service the principal is the same, and policies can ask for the service."""
    key = mock.create_key()
    role = mock.role("worker")
    role.allow(
        "kms:Encrypt",
        condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    )
    through = role.via(service)
    through.client().encrypt(KeyId=key.key_id, Plaintext=b"hi")

    assert (
        "AccessDeniedException"
        == refusal(role.client().encrypt, KeyId=key.key_id, Plaintext=b"hi")[0]
    )
    assert (role.arn, f"<PrincipalHandle {role.arn} through {service}>") == (
        through.arn,
        repr(through),
    )


def test_via_several_services(mock):
    """A request may come through several services."""
    called_via = {
        "aws:CalledViaFirst": "athena.amazonaws.com",
        "aws:CalledViaLast": "dynamodb.amazonaws.com",
    }
    role = wanting(mock, StringEquals=called_via, Bool={"aws:ViaAWSService": "true"})

    assert may_list_keys(role.via("athena").via("dynamodb"))
    assert not may_list_keys(role.via("athena"))
    assert not may_list_keys(role)


# --- Other contexts ----------------------------------------------------------------------------


def test_default_context(mock):
    """Where nothing is said, requests come over TLS from an address of documentation."""
    assert may_list_keys(
        wanting(
            mock,
            IpAddress={"aws:SourceIp": "203.0.113.10/32"},
            Bool={
                "aws:SecureTransport": "true",
                "aws:ViaAWSService": "false",
                "aws:PrincipalIsAWSService": "false",
            },
        )
    )


@pytest.mark.parametrize(
    ("keys", "condition"),
    [
        ({"aws:SourceIp": "198.51.100.7"}, {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
        ({"AWS:SOURCEIP": "198.51.100.7"}, {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
        ({"aws:SourceIp": None}, {"Null": {"aws:SourceIp": "true"}}),
        ({"aws:MultiFactorAuthPresent": True}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        (
            {"aws:MultiFactorAuthAge": 60},
            {"NumericLessThan": {"aws:MultiFactorAuthAge": "61"}},
        ),
        (
            {"aws:TokenIssueTime": datetime(2030, 1, 1, tzinfo=timezone.utc)},
            {"DateGreaterThan": {"aws:TokenIssueTime": "2029-12-31T00:00:00Z"}},
        ),
        (
            {"aws:PrincipalOrgPaths": ["o-a/r-b/", "o-a/r-c/"]},
            {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-a/r-c/"}},
        ),
    ],
    ids=["text", "case", "absent", "bool", "number", "date", "list"],
)
def test_in_context(mock, keys, condition):
    """A condition key has the value that the test gives it, of whatever type; None is absent."""
    role = wanting(mock, **condition)

    assert not may_list_keys(role)
    assert may_list_keys(role.in_context(keys))


def test_contexts_add_up(mock):
    """A context can be added to; the access keys are the same for the same context."""
    role = wanting(mock, StringEquals={"aws:SourceVpce": "vpce-1", "aws:SourceVpc": "vpc-1"})
    first = role.in_context({"aws:SourceVpce": "vpce-1"}).in_context({"aws:SourceVpc": "vpc-1"})
    second = role.in_context({"aws:SourceVpc": "vpc-1", "aws:SourceVpce": "vpce-1"})

    assert may_list_keys(first)
    assert first.credentials == second.credentials
    assert first == second


def test_endpoint_policy(mock):
    """Through a VPC endpoint, its policy must allow the request, too."""
    role = mock.role("worker", policies=ALL)
    keys = {"aws:SourceVpce": "vpce-1"}
    closed = {
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}
    }

    assert may_list_keys(role.in_context(keys))
    assert (
        "AccessDeniedException",
        f"User: {STS}assumed-role/worker/kmsmock is not authorized to perform: kms:ListKeys on"
        " resource: * because no VPC endpoint policy allows the kms:ListKeys action",
    ) == refusal(role.in_context(keys, endpoint_policy=closed).client().list_keys)


@pytest.mark.parametrize("value", [b"x", object(), [None]], ids=["bytes", "object", "list"])
def test_values_that_cannot_be(kms_mock, value):
    """What no condition key can be is refused."""
    with pytest.raises(TypeError, match="a condition key has a string, a number, True or False, a"):
        kms_mock.role("worker").in_context({"aws:SourceIp": value})


def test_keys_that_cannot_be(kms_mock):
    """A condition key has a name."""
    with pytest.raises(TypeError, match=r"^7 is not the name of a condition key, such as 'aws:Sou"):
        kms_mock.role("worker").in_context({7: "x"})
