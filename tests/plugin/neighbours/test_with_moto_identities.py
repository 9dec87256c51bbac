"""Callers who have their access keys from moto's IAM or STS, beside the real moto."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.workbench.principals import from_moto
from tests.vocabulary import refusal

pytestmark = pytest.mark.sweep(2)  # that is, on one seam

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
ALLOW = {"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "kms:ListKeys", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}root"}, "Action": "sts:AssumeRole"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def mock(wire: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsMock]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws(), mock_kms(identities="moto", wire=wire) as started:
        yield started


@pytest.fixture
def iam(mock: KmsMock) -> Any:
    return boto3.client("iam", "us-east-1")


@pytest.fixture
def alice(iam: Any) -> Any:
    """A client with an access key that moto's IAM has made for a user."""
    iam.create_user(UserName="alice", Path="/team/", Tags=[{"Key": "team", "Value": "orders"}])
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return kms_client(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture
def role(iam: Any) -> str:
    """The ARN of a role that moto's IAM has made."""
    made = iam.create_role(
        RoleName="worker",
        Path="/team/",
        AssumeRolePolicyDocument=policy(TRUST),
        Tags=[{"Key": "team", "Value": "orders"}],
    )
    return made["Role"]["Arn"]


def kms_client(key_id: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        "kms",
        "us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def assume(role: str, **members: Any) -> Any:
    """Return a client with the credentials of a session that moto's STS has made."""
    made = boto3.client("sts", "us-east-1").assume_role(
        RoleArn=role, RoleSessionName="job-7", **members
    )["Credentials"]
    return kms_client(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def may_list_keys(client: Any) -> bool:
    try:
        client.list_keys()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


# --- Users -------------------------------------------------------------------------------------


def test_user(mock, alice):
    """A user's key that moto's IAM has made is that user here, who may do nothing at first."""
    assert (
        "AccessDeniedException",
        f"User: {IAM}user/team/alice is not authorized to perform: kms:ListKeys on resource: *"
        " because no identity-based policy allows the kms:ListKeys action",
    ) == refusal(alice.list_keys)
    assert f"{IAM}user/team/alice" == mock.calls.last.principal


def test_inline_and_managed_policies(iam, alice):
    """A user's policies are those that moto holds at the moment of the call."""
    said = [may_list_keys(alice)]
    iam.put_user_policy(UserName="alice", PolicyName="a", PolicyDocument=policy(ALLOW))
    said += [may_list_keys(alice)]
    managed = iam.create_policy(PolicyName="deny", PolicyDocument=policy(DENY))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn=managed)

    assert [False, True, False] == [*said, may_list_keys(alice)]
    assert (
        f"with an explicit deny in an identity-based policy: {managed}"
        in (refusal(alice.list_keys)[1])
    )


def test_default_version(iam, alice):
    """Of a managed policy its default version counts."""
    managed = iam.create_policy(PolicyName="p", PolicyDocument=policy(DENY))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn=managed)
    before = may_list_keys(alice)
    iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(ALLOW), SetAsDefault=True)

    assert (False, True) == (before, may_list_keys(alice))


def test_groups(iam, alice):
    """A user has the policies of its groups, too."""
    iam.create_group(GroupName="readers")
    iam.put_group_policy(GroupName="readers", PolicyName="a", PolicyDocument=policy(ALLOW))
    before = may_list_keys(alice)
    iam.add_user_to_group(GroupName="readers", UserName="alice")

    assert (False, True) == (before, may_list_keys(alice))


def test_user_tags_and_id(iam, alice):
    """Tags and the unique id of a user are moto's."""
    user_id = iam.get_user(UserName="alice")["User"]["UserId"]
    condition = {"StringEquals": {"aws:PrincipalTag/team": "orders", "aws:userid": user_id}}
    iam.put_user_policy(
        UserName="alice", PolicyName="a", PolicyDocument=policy({**ALLOW, "Condition": condition})
    )

    assert may_list_keys(alice)


def test_inactive_access_key(iam, alice):
    """An access key that was made inactive is nobody's."""
    (key,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Inactive")

    assert "UnrecognizedClientException" == refusal(alice.list_keys)[0]


# --- Roles -------------------------------------------------------------------------------------


def test_role(mock, iam, role):
    """A role that was assumed at moto's STS is that session here, with the role's policies."""
    job = assume(role)
    before = may_list_keys(job)
    iam.put_role_policy(RoleName="worker", PolicyName="a", PolicyDocument=policy(ALLOW))

    assert (False, True) == (before, may_list_keys(job))
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/job-7" == mock.calls.last.principal
    assert mock.calls == mock.calls.by(mock.role(role))


def test_role_in_a_key_policy(mock, role):
    """A key policy that names the role, with its path, lets the session in."""
    statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "*", "Resource": "*"}
    key = mock.create_key(Policy={"Version": "2012-10-17", "Statement": statement})

    assume(role).encrypt(KeyId=key.key_id, Plaintext=b"hi")


def test_session_policy(iam, role):
    """The session policy is the one that was given to AssumeRole."""
    iam.put_role_policy(RoleName="worker", PolicyName="a", PolicyDocument=policy(ALLOW))

    assert may_list_keys(assume(role, Policy=policy(ALLOW)))
    assert (
        "AccessDeniedException",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/job-7 is not authorized to perform:"
        " kms:ListKeys on resource: * with an explicit deny in a session policy",
    ) == refusal(assume(role, Policy=policy(DENY)).list_keys)


def test_boundary(iam, role):
    """The permissions boundary is a policy of moto's IAM."""
    iam.put_role_policy(RoleName="worker", PolicyName="a", PolicyDocument=policy(ALLOW))
    managed = iam.create_policy(PolicyName="limit", PolicyDocument=policy(DENY))["Policy"]["Arn"]
    job = assume(role)
    before = may_list_keys(job)
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=managed)

    assert (True, False) == (before, may_list_keys(job))


def test_boundary_that_is_missing(iam, role):
    """A boundary that moto does not hold can't be guessed at."""
    missing = f"{IAM}policy/missing"
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=missing)

    with pytest.raises(
        ValueError, match=rf"^moto does not hold {missing}, the permissions boundary of {role}: cre"
    ):
        assume(role).list_keys()


def test_role_tags_and_id(iam, role):
    """Tags of the role, and the session's id, are moto's."""
    role_id = iam.get_role(RoleName="worker")["Role"]["RoleId"]
    wanted = {"aws:PrincipalTag/team": "orders", "aws:userid": f"{role_id}:job-7"}
    iam.put_role_policy(
        RoleName="worker",
        PolicyName="a",
        PolicyDocument=policy({**ALLOW, "Condition": {"StringEquals": wanted}}),
    )

    assert may_list_keys(assume(role))


def test_role_that_moto_does_not_have(mock):
    """A role that moto's STS lets one assume without having it may do nothing by itself."""
    other = assume("arn:aws:iam::444455556666:role/nobody")

    assert not may_list_keys(other)
    assert "444455556666" == mock.calls.last.account_id


# --- Who else ----------------------------------------------------------------------------------


def test_our_own_principals(mock, alice):
    """Who was declared is known, too, and whom nobody knows is the default caller."""
    assert not may_list_keys(mock.role("worker").client())
    assert may_list_keys(mock.client())
    with mock.acting_as("role/worker"):
        assert not may_list_keys(boto3.client("kms", "us-east-1"))


def test_acting_as_beside_moto(mock, alice):
    """Who has keys of moto's stays who he is, whoever acts."""
    with mock.acting_as("role/worker"):
        refusal(alice.list_keys)

    assert f"{IAM}user/team/alice" == mock.calls.last.principal


def test_example_credentials(mock):
    """moto's GetSessionToken gives everybody the same credentials, so that they are nobody's."""
    made = boto3.client("sts", "us-east-1").get_session_token()["Credentials"]
    kms_client(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]).list_keys()

    assert f"{IAM}user/kmsmock" == mock.calls.last.principal


def test_without_the_option(monkeypatch):
    """Without the option, keys of moto's are nobody's in particular."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws(), mock_kms() as mock:
        iam = boto3.client("iam", "us-east-1")
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        kms_client(key["AccessKeyId"], key["SecretAccessKey"]).list_keys()

        assert f"{IAM}user/kmsmock" == mock.calls.last.principal


def test_option_of_a_suite(run_pytest):
    """The ini option turns it on for a suite."""
    result = run_pytest(
        """
    import boto3
    from moto import mock_aws

    def test_it(kms_mock, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        with mock_aws():
            iam = boto3.client("iam", "us-east-1")
            iam.create_user(UserName="alice")
            key = iam.create_access_key(UserName="alice")["AccessKey"]
            try:
                boto3.client(
                    "kms",
                    "us-east-1",
                    aws_access_key_id=key["AccessKeyId"],
                    aws_secret_access_key=key["SecretAccessKey"],
                ).list_keys()
            except Exception:
                pass
            assert kms_mock.calls.last.principal == "arn:aws:iam::123456789012:user/alice"
    """,
        ini="kmsmock_identities = moto",
    )

    result.assert_outcomes(passed=1)


def test_without_moto(monkeypatch):
    """Where moto is not installed, the mock says so when it starts."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ImportError, match=r"^identities='moto' asks moto who calls: install moto,"):
        mock_kms(identities="moto").start()


def test_moto_that_is_not_loaded(monkeypatch):
    """moto is not loaded only to ask it: what is not loaded has given out nothing."""
    monkeypatch.delitem(sys.modules, from_moto.IAM, raising=False)
    monkeypatch.delitem(sys.modules, from_moto.STS, raising=False)

    assert from_moto.find_principal("AKIAIOSFODNN7EXAMPLE") is None
    assert from_moto.IAM not in sys.modules
