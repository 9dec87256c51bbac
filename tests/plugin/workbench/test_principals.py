"""Users, roles, root users and services: who they are, and what they are allowed."""

import asyncio
import json
import re

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock, KmsPolicyWarning, PrincipalHandle, mock_kms
from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import ACCESS_KEY_ID, make_client, make_older_session, make_session
from tests.vocabulary import refusal

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
STS = f"arn:aws:sts::{ACCOUNT}:"
WORKER = f"{STS}assumed-role/worker/kmsmock"
LIST_KEYS = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"},
}
DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"},
}


def may_list_keys(principal: PrincipalHandle, **options: object) -> bool:
    """Tell whether KMS lists keys for somebody, as far as that is a matter of permission."""
    try:
        principal.client(**options).list_keys()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def denial(principal: str, action: str, reason: str) -> tuple[str, str]:
    return (
        "AccessDeniedException",
        f"User: {principal} is not authorized to perform: kms:{action} on resource: *"
        f" because no {reason} allows the kms:{action} action",
    )


# --- Who they are ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("worker", f"{IAM}role/worker"),
        ("team/worker", f"{IAM}role/team/worker"),
        ("arn:aws:iam::444455556666:role/worker", "arn:aws:iam::444455556666:role/worker"),
    ],
)
def test_role(mock, name, arn):
    """A role is named by its name, with or without a path, or by its ARN."""
    role = mock.role(name)

    assert (arn, arn.split(":")[4]) == (role.arn, role.account_id)


def test_kinds_of_principals(mock):
    """Users, root users and services are there as well, each with the ARN that AWS shows."""
    assert [
        f"{IAM}user/team/alice",
        "arn:aws:iam::444455556666:user/bob",
        f"{IAM}root",
        "arn:aws:iam::444455556666:root",
        "cloudtrail.amazonaws.com",
    ] == [
        mock.user("team/alice").arn,
        mock.user("bob", account_id="444455556666").arn,
        mock.root().arn,
        mock.root("444455556666").arn,
        mock.service("cloudtrail.amazonaws.com").arn,
    ]


def test_partition():
    """A principal is in the partition of the mock's Region."""
    with mock_kms(region_name="cn-north-1") as mock:
        role = mock.role("worker")
        role.allow("kms:ListKeys")

        assert f"arn:aws-cn:iam::{ACCOUNT}:role/worker" == role.arn
        assert may_list_keys(role)


def test_same_name(mock):
    """Under the same name there is the same principal, with what it has been allowed."""
    mock.role("worker").allow("kms:ListKeys")
    again = mock.role("worker")

    assert may_list_keys(again)
    assert mock.role("worker") == again
    assert {again} == {again, mock.role(f"{IAM}role/worker")}
    assert mock.role("other") != again
    assert again != "worker"
    assert f"<PrincipalHandle {IAM}role/worker>" == repr(again)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "wor ker",
            "'wor ker' is not the name of a role: names have letters, digits and _+=,.@-, at most"
            " 64, and may have a path in front, as in 'team/worker'",
        ),
        ("role/worker", "'role/worker' is not the name of a role: leave out 'role/'"),
        (
            f"{STS}assumed-role/worker/job",
            f"'{STS}assumed-role/worker/job' is not the ARN of a role: take"
            " kms_mock.role('worker').assume('job')",
        ),
        (
            f"{IAM}user/alice",
            f"'{IAM}user/alice' is not the ARN of a role: take kms_mock.user()",
        ),
        (f"{IAM}root", f"'{IAM}root' is not the ARN of a role: take kms_mock.root()"),
        ("arn:aws:iam::1:role/x", "'arn:aws:iam::1:role/x' is not the ARN of a role"),
    ],
)
def test_names_that_cannot_be(kms_mock, name, message):
    """A name that no role can have is refused, with what to write instead."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kms_mock.role(name)


def test_account_of_an_arn(kms_mock):
    """An ARN in another account than the one given is refused."""
    with pytest.raises(ValueError, match=r"is not in account 444455556666: leave out account_id$"):
        kms_mock.role(f"{IAM}role/worker", account_id="444455556666")


def test_what_is_no_name(kms_mock):
    """What is no string is no name."""
    with pytest.raises(TypeError, match=r"^7 is not the name of a role: a name is a string$"):
        kms_mock.role(7)
    with pytest.raises(TypeError, match=r"^7 is not the name of a service principal: a name is"):
        kms_mock.service(7)
    with pytest.raises(ValueError, match=r"^account_id 7 is not a string of 12 digits$"):
        kms_mock.role("worker", account_id=7)


@pytest.mark.parametrize("name", ["cloudtrail", "cloudtrail.example.com", ""])
def test_services_that_cannot_be(kms_mock, name):
    """A service is named by its principal."""
    with pytest.raises(ValueError, match=r"which is one such as 'cloudtrail.amazonaws.com'$"):
        kms_mock.service(name)


# --- By which access keys they are known -------------------------------------------------------


def test_credentials(mock):
    """Each has access keys of its own, in AWS's form: those of sessions with a token."""
    principals = [mock.role("worker"), mock.user("alice"), mock.root(), mock.role("other")]
    found = [principal.credentials for principal in principals]

    assert all(isinstance(credentials, ReadOnlyCredentials) for credentials in found)
    assert 4 == len({credentials.access_key for credentials in found})
    assert ["ASIA", "AKIA", "AKIA", "ASIA"] == [one.access_key[:4] for one in found]
    assert [True, False, False, True] == [one.token is not None for one in found]
    assert all(re.fullmatch("[A-Z2-7]{20}", one.access_key) for one in found)


def test_credentials_follow_from_the_arn():
    """Access keys are the same in each mock, so that code may be configured with them."""
    found = []
    for _ in range(2):
        with mock_kms() as mock:
            found.append(mock.role("worker").credentials)

    assert found[0] == found[1]


def clients_of(worker: PrincipalHandle) -> dict[str, object]:
    older = make_older_session()
    older.set_credentials(*worker.credentials[:3])
    return {
        "handle": worker.client(),
        "handle, with options": worker.client(config=Config(read_timeout=5)),
        "handle, elsewhere": worker.client("eu-west-1"),
        "session": worker.session().create_client("kms"),
        "boto3 session": worker.boto3_session().client("kms"),
        "keywords": make_client(**worker.client_keywords),
        "keywords of boto3": boto3.client("kms", "us-east-1", **worker.client_keywords),
        "older than the plugin": older.create_client("kms"),
    }


@pytest.mark.sweep(2)
def test_clients(mock):
    """A request is known by its access key, whatever client holds it."""
    worker = mock.role("worker")
    names = {name: refusal(client.list_keys) for name, client in clients_of(worker).items()}

    assert {denial(WORKER, "ListKeys", "identity-based policy")} == set(names.values())


@needs_aiobotocore
def test_asynchronous_clients(mock):
    """A client of aiobotocore takes the access keys, too."""
    worker = mock.role("worker")

    async def ask() -> str:
        session = AioSession()
        async with session.create_client("kms", "us-east-1", **worker.client_keywords) as client:
            with pytest.raises(ClientError) as caught:
                await client.list_keys()
        return caught.value.response["Error"]["Message"]

    assert denial(WORKER, "ListKeys", "identity-based policy")[1] == asyncio.run(ask())


def test_shared_clients(mock):
    """A handle's client is made once, as that of the mock, and is another one for each caller."""
    worker, other = mock.role("worker"), mock.role("other")

    assert worker.client() is worker.client()
    assert 3 == len({id(one) for one in (worker.client(), other.client(), mock.client())})


def test_undeclared_credentials(mock):
    """Whose credentials nobody has declared, or who has none, is the administrator."""
    make_client(aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key="example").list_keys()
    make_client(config=Config(signature_version=UNSIGNED)).list_keys()

    assert 2 * [f"{IAM}user/kmsmock"] == [call.principal for call in mock.calls]


def test_client_of_another_partition(mock):
    """Access keys of one partition are unknown in another."""
    client = mock.role("worker").client("cn-north-1")

    assert (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ) == refusal(client.list_keys)


# --- What they are allowed ---------------------------------------------------------------------


def test_nothing_is_allowed_at_first(mock):
    """A principal that was declared may do nothing by itself."""
    assert not may_list_keys(mock.role("worker"))
    assert not may_list_keys(mock.user("alice"))


def test_root(mock):
    """The root user may do what needs no key policy, and what the default key policy lets it."""
    root = mock.root()
    key = mock.create_key()

    assert may_list_keys(root)
    assert key.arn == root.client().describe_key(KeyId=key.key_id)["KeyMetadata"]["Arn"]


def test_allow_and_deny(mock):
    """What is allowed and denied holds from the next request on."""
    worker = mock.role("worker")

    said = []
    for change in (
        lambda: worker.allow("kms:List*"),
        lambda: worker.deny("kms:ListKeys"),
        worker.detach_all,
    ):
        assert worker is change()
        said.append(may_list_keys(worker))

    assert [True, False, False] == said


def test_allow_one_key(mock):
    """What is allowed can be limited to keys, given by ARN or by handle, and to conditions."""
    first, second, third = mock.create_key(), mock.create_key(), mock.create_key()
    worker = mock.role("worker")
    worker.allow("kms:Encrypt", resource=first)
    worker.allow(
        "kms:Encrypt",
        resource=[second.arn, third],
        condition={"StringEquals": {"kms:EncryptionContext:tenant": "7"}},
    )

    def may_encrypt(key: object, **context: str) -> bool:
        client = worker.client()
        try:
            client.encrypt(KeyId=key.arn, Plaintext=b"hi", EncryptionContext=context)
        except ClientError:
            return False
        return True

    assert [True, False, True, True, False] == [
        may_encrypt(first),
        may_encrypt(second),
        may_encrypt(second, tenant="7"),
        may_encrypt(third, tenant="7"),
        may_encrypt(third, tenant="8"),
    ]


@pytest.mark.parametrize("policy", [LIST_KEYS, json.dumps(LIST_KEYS)], ids=["mapping", "text"])
def test_attach(mock, policy):
    """A policy is a mapping, or JSON text."""
    worker = mock.role("worker")
    worker.attach(policy)

    assert may_list_keys(worker)


@pytest.mark.parametrize("policies", [[LIST_KEYS, DENY_ALL], (LIST_KEYS, DENY_ALL)])
def test_policies_at_once(mock, policies):
    """Policies can be given when a principal is declared; again, they are added."""
    assert may_list_keys(mock.user("alice", policies=policies[:1]))
    assert may_list_keys(mock.user("alice", policies=policies[:1]))
    assert not may_list_keys(mock.user("alice", policies=policies[1:]))


def test_single_policy(mock):
    """A single policy needs no list around it."""
    assert may_list_keys(mock.role("worker", policies=LIST_KEYS))


def test_managed_policy(mock):
    """The ARN of a managed policy is shown where it denies (AZ16)."""
    worker = mock.role("worker", policies=LIST_KEYS)
    worker.attach(DENY_ALL, arn=f"{IAM}policy/nothing")

    assert (
        "AccessDeniedException",
        f"User: {WORKER} is not authorized to perform: kms:ListKeys on resource: * with an"
        f" explicit deny in an identity-based policy: {IAM}policy/nothing",
    ) == refusal(worker.client().list_keys)


def test_boundary(mock):
    """A permissions boundary limits what the policies allow; a later one replaces it."""
    worker = mock.role("worker", policies=LIST_KEYS, boundary=DENY_ALL)
    before = may_list_keys(worker)
    mock.role("worker", boundary=LIST_KEYS)

    assert (False, True) == (before, may_list_keys(worker))


def test_tags(mock):
    """Tags are what a policy sees of the principal; those that are given later are added."""
    worker = mock.role("worker", tags={"team": "orders"})
    worker.allow(
        "kms:ListKeys",
        condition={"StringEquals": {"aws:PrincipalTag/team": "orders", "aws:PrincipalTag/a": "b"}},
    )
    before = may_list_keys(worker)
    mock.role("worker", tags={"a": "b"})

    assert (False, True) == (before, may_list_keys(worker))


def test_administrator(mock):
    """The user kmsmock is an administrator until its policies are detached."""
    user = mock.user("kmsmock")
    before = may_list_keys(user)
    user.detach_all()

    assert (True, False) == (before, may_list_keys(user))
    assert denial(user.arn, "ListKeys", "identity-based policy") == refusal(mock.client().list_keys)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("root", f"{IAM}root takes no identity policies: a root user may do what key policies and"
         " control policies let it"),
        ("service", "sns.amazonaws.com takes no identity policies: a service may do what key"
         " policies and grants let it"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.allow("kms:ListKeys"),
        lambda one: one.deny("kms:ListKeys"),
        lambda one: one.attach(LIST_KEYS),
        lambda one: one.detach_all(),
    ],
    ids=["allow", "deny", "attach", "detach_all"],
)
def test_who_takes_no_policies(kms_mock, name, message, change):
    """Root users and services have no identity policies, and say so."""
    one = kms_mock.root() if name == "root" else kms_mock.service("sns.amazonaws.com")

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        change(one)


# --- Documents that cannot be ------------------------------------------------------------------


@pytest.mark.parametrize(
    "give",
    [
        lambda mock, policy: mock.role("worker", policies=[policy]),
        lambda mock, policy: mock.user("alice", policies=[policy]),
        lambda mock, policy: mock.role("worker", boundary=policy),
        lambda mock, policy: mock.role("worker").attach(policy),
        lambda mock, policy: mock.role("worker").assume("job", policies=[policy]),
        lambda mock, policy: mock.user("alice").federate("bob", [policy]),
        lambda mock, policy: mock.role("worker").in_context({}, endpoint_policy=policy),
        lambda mock, policy: mock.account(ACCOUNT, service_control_policies=[policy]),
        lambda mock, policy: mock.account(ACCOUNT, resource_control_policies=[[policy]]),
    ],
    ids=["role", "user", "boundary", "attach", "assume", "federate", "endpoint", "scp", "rcp"],
)
def test_malformed_documents(kms_mock, give):
    """A malformed policy is refused at the call, with the statement and the reason."""
    statement = {"Sid": "One", "Effect": "Permit", "Action": "kms:*", "Resource": "*"}

    with pytest.raises(ValueError, match=r"^statement 1 \(One\): Effect is Allow or Deny, not 'Pe"):
        give(kms_mock, {"Statement": [statement]})
    with pytest.raises(ValueError, match=r"^the policy is not JSON: "):
        give(kms_mock, "Allow everything")
    with pytest.raises(TypeError):
        give(kms_mock, 7)


def test_documents_that_are_refused_change_nothing(mock):
    """A policy that is refused leaves the principal as it was."""
    worker = mock.role("worker", policies=LIST_KEYS)
    with pytest.raises(ValueError, match="Effect"):
        mock.role("worker", policies=[DENY_ALL, {"Statement": {"Effect": "Permit"}}])

    assert may_list_keys(worker)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda worker: worker.allow(),
            "no action is given: name some, as in allow('kms:Decrypt')",
        ),
        (lambda worker: worker.deny(), "no action is given: name some, as in deny('kms:Decrypt')"),
        (
            lambda worker: worker.attach(LIST_KEYS, arn=7),
            "arn=7 is not a string",
        ),
        (
            lambda worker: worker.in_context(7),
            "7 is not a mapping of condition keys, as in {'aws:SourceVpce': 'vpce-1'}",
        ),
        (
            lambda worker: worker.assume("job", tags={"a": 1}),
            "tags={'a': 1} is not a mapping of strings to strings, as in {'team': 'orders'}",
        ),
    ],
    ids=["allow", "deny", "arn", "context", "tags"],
)  # fmt: skip
def test_arguments_of_wrong_types(kms_mock, call, message):
    """An argument of the wrong type is refused with what to give."""
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        call(kms_mock.role("worker"))


def test_calls_that_do_not_fit(kms_mock):
    """A call that does not fit is told what does."""
    with pytest.raises(
        TypeError, match=r"^role\(\) has no argument 'policy' \(it takes name_or_arn"
    ):
        kms_mock.role("worker", policy=LIST_KEYS)
    with pytest.raises(TypeError, match=r"^allow\(\) has no argument 'conditions'"):
        kms_mock.role("worker").allow("kms:Decrypt", conditions={})
    with pytest.raises(
        TypeError, match=r"^create_grant\(\) lacks an argument: it takes key, grantee, "
    ):
        kms_mock.create_grant("alias/app", operations=["Encrypt"])


def test_policy_arn(kms_mock):
    """The ARN of a policy is one of a policy."""
    with pytest.raises(ValueError, match=r"^arn='arn:aws:iam::1:role/x' is not that of a policy,"):
        kms_mock.role("worker").attach(LIST_KEYS, arn="arn:aws:iam::1:role/x")


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (
            {"actions": ["kms:Decyrpt"]},
            "there is no action kms:Decyrpt; the nearest is kms:Decrypt",
        ),
        (
            {"condition": {"StringEquals": {"kms:ViaServices": "s3"}}},
            "there is no condition key kms:ViaServices; the nearest is kms:ViaService",
        ),
        (
            {"condition": {"StringEquals": {"aws:SourceIpp": "1"}}},
            "there is no condition key aws:SourceIpp; the nearest is aws:SourceIp",
        ),
    ],
    ids=["action", "kms", "aws"],
)  # fmt: skip
def test_names_that_there_are_not(kms_mock, arguments, warning):
    """An action of KMS, or a condition key, that there is not is warned of, where it is given."""
    actions = arguments.pop("actions", ["kms:Decrypt"])

    with pytest.warns(KmsPolicyWarning, match=f"^statement 1: {re.escape(warning)}$") as caught:
        kms_mock.role("worker").allow(*actions, **arguments)
    assert [__file__] == [one.filename for one in caught]


def test_names_of_other_services(kms_mock):
    """What other services call theirs is left alone."""
    kms_mock.role("worker").allow(
        "s3:GetObjekt", condition={"StringEquals": {"s3:prefixx": "a", "sts:ExternalId": "b"}}
    )


# --- Over time ---------------------------------------------------------------------------------


def test_mock_that_is_not_active():
    """A mock that is not active declares nobody."""
    mock = KmsMock()

    for declare in (
        lambda: mock.role("worker"),
        mock.root,
        lambda: mock.service("sns.amazonaws.com"),
        lambda: mock.account(ACCOUNT),
        lambda: mock.acting_as("root"),
        lambda: mock.caller,
    ):
        with pytest.raises(ValueError, match=r"^this mock is not active: start\(\) it, or use it"):
            declare()


def test_handle_of_before_a_reset(mock):
    """A reset forgets who was declared: access keys become unknown, and the handle says so."""
    worker = mock.role("worker", policies=LIST_KEYS)
    mock.reset()

    assert "UnrecognizedClientException" == refusal(worker.client().list_keys)[0]
    with pytest.raises(
        ValueError,
        match=rf"^this KMS does not know {re.escape(worker.arn)}: it has been reset or restored",
    ):
        worker.allow("kms:ListKeys")
    assert not may_list_keys(mock.role("worker"))


def test_handle_of_an_earlier_mock():
    """Access keys of an earlier mock are nobody's in the next."""
    with mock_kms() as mock:
        worker = mock.role("worker", policies=LIST_KEYS)
    with mock_kms():
        assert "UnrecognizedClientException" == refusal(worker.client().list_keys)[0]
        with pytest.raises(
            ValueError, match=r"^this handle belongs to a mock that has ended: declare it again in"
        ):
            worker.allow("kms:ListKeys")


def test_snapshot(mock):
    """A snapshot holds the principals with their policies, also for another mock."""
    worker = mock.role("worker", policies=LIST_KEYS)
    snapshot = mock.snapshot()
    worker.detach_all()
    mock.restore(snapshot)
    with mock_kms(isolated=True) as other:
        other.restore(snapshot)
        elsewhere = may_list_keys(other.role("worker"))

    assert (True, True) == (may_list_keys(worker), elsewhere)


# --- In the record of calls --------------------------------------------------------------------


def test_calls_by(mock):
    """Calls can be chosen by who made them; of a role those of all its sessions."""
    worker, alice = mock.role("worker", policies=LIST_KEYS), mock.user("alice", policies=LIST_KEYS)
    job = worker.assume("job")
    for principal in (worker, alice, job, worker.via("s3")):
        principal.client().list_keys()
    mock.client().list_keys()

    calls = mock.calls

    assert [calls[0], calls[2], calls[3]] == calls.by(worker)
    assert [calls[1]] == calls.of("ListKeys").by(alice)
    assert [calls[2]] == calls.by(job)
    assert [calls[3]] == calls.by(worker.via("s3"))
    assert [calls[4]] == calls.by(mock.user("kmsmock"))
    assert [] == calls.by(mock.user("nobody"))
    assert calls == calls.by(mock.account(ACCOUNT))
    assert [] == calls.by(mock.account("444455556666"))


def test_calls_by_what_is_no_handle(kms_mock):
    """Only handles make calls."""
    with pytest.raises(TypeError, match=r"^by\(\) takes a handle, as of kms_mock.role\(\), not 'x"):
        kms_mock.calls.by("x")


def test_decision(mock):
    """A call knows whether it was allowed, and why; one that is wrong in form has no decision."""
    key = mock.create_key()
    worker = mock.role("worker")
    with pytest.raises(ClientError):
        worker.client().encrypt(KeyId=key.key_id, Plaintext=b"hi")
    denied = mock.calls.last.decision
    mock.client().encrypt(KeyId=key.key_id, Plaintext=b"hi")
    allowed = mock.calls.last.decision
    with pytest.raises(ClientError):
        worker.client().encrypt(KeyId=key.key_id, Plaintext=b"")

    assert (False, "kms:Encrypt", key.arn) == (denied.allowed, denied.action, denied.resource)
    assert denied.explain().startswith(f"Denied: {WORKER} ")
    assert (True, "kms:Encrypt", key.arn) == (allowed.allowed, allowed.action, allowed.resource)
    assert allowed.explain().startswith(f"Allowed: {IAM}user/kmsmock ")
    assert mock.calls.last.decision is None


def test_decision_is_of_its_moment(mock):
    """What changes after a call does not show in its explanation."""
    worker = mock.role("worker")
    with pytest.raises(ClientError):
        worker.client().list_keys()
    decision = mock.calls.last.decision
    before = decision.explain()
    worker.allow("kms:ListKeys")

    assert (before, False) == (decision.explain(), decision.allowed)


def test_equality_of_calls(mock):
    """Calls are compared by what was asked and answered."""
    mock.client().list_keys()

    assert mock.calls[0] == mock.calls[0]


def test_session_made_by_user(mock):
    """A client of one's own session is known by the keys that were set."""
    session = make_session()
    session.set_credentials(*mock.role("worker").credentials[:3])
    client = session.create_client("kms", "us-east-1")

    assert denial(WORKER, "ListKeys", "identity-based policy") == refusal(client.list_keys)
