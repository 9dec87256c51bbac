"""The smallest policies under which the calls so far would have been allowed."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock, PrincipalHandle
from pytest_kmsmock.workbench.principals.least_privilege import Usage
from tests.vocabulary import refusal

ACCOUNT = "123456789012"
OTHER = "444455556666"
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
KEY_IDS = [f"{number}234abcd-12ab-34cd-56ef-1234567890ab" for number in (1, 2)]
ARNS = [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key_id}" for key_id in KEY_IDS]
TENANT = {"tenant": "7"}
IAM = f"arn:aws:iam::{ACCOUNT}:"


def use_keys(client: Any) -> None:
    """Use two keys in several ways: what an application does."""
    client.list_keys()
    client.create_alias(AliasName="alias/new", TargetKeyId=KEY_IDS[0])
    blob = client.encrypt(KeyId=ARNS[0], Plaintext=b"hi", EncryptionContext=TENANT)[
        "CiphertextBlob"
    ]
    client.encrypt(KeyId="alias/new", Plaintext=b"hi", EncryptionContext={"tenant": "8", "a": "b"})
    moved = client.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext=TENANT,
        DestinationKeyId=KEY_IDS[1],
        DestinationEncryptionContext={"owner": "x"},
    )["CiphertextBlob"]
    client.decrypt(CiphertextBlob=moved, EncryptionContext={"owner": "x"})
    client.decrypt(CiphertextBlob=blob, EncryptionContext=TENANT)
    client.generate_data_key(KeyId=KEY_IDS[1], KeySpec="AES_256")
    client.describe_key(KeyId=KEY_IDS[1])
    grant = client.create_grant(
        KeyId=KEY_IDS[1], GranteePrincipal=f"{IAM}role/other", Operations=["Encrypt"]
    )
    client.revoke_grant(KeyId=KEY_IDS[1], GrantId=grant["GrantId"])
    client.delete_alias(AliasName="alias/new")
    made = client.create_key(Tags=[{"TagKey": "team", "TagValue": "x"}])["KeyMetadata"]
    client.schedule_key_deletion(KeyId=made["KeyId"])


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["kms:CreateAlias", "kms:DeleteAlias"],
            "Resource": [f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/new", ARNS[0]],
        },
        {
            "Effect": "Allow",
            "Action": [
                "kms:CreateGrant",
                "kms:DescribeKey",
                "kms:GenerateDataKey",
                "kms:RevokeGrant",
            ],
            "Resource": ARNS[1],
        },
        {"Effect": "Allow", "Action": ["kms:CreateKey", "kms:ListKeys"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:ReEncryptTo"],
            "Resource": ARNS[1],
            "Condition": {"Null": {"kms:EncryptionContext:owner": "false"}},
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom"],
            "Resource": ARNS[0],
            "Condition": {"Null": {"kms:EncryptionContext:tenant": "false"}},
        },
    ],
}


@pytest.fixture
def worker(mock: KmsMock) -> PrincipalHandle:
    """A role that may do everything, in a KMS with two keys."""
    for key_id in KEY_IDS:
        mock.create_key(key_id=key_id, material=bytes(32))
    return mock.role("worker", policies=ALL)


def without_made_key(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements but for the key whose id nobody knows, and for tagging it."""
    return [
        statement
        for statement in policy["Statement"]
        if statement["Action"] not in ("kms:ScheduleKeyDeletion", "kms:TagResource")
    ]


def test_identity_policy(mock, worker):
    """The policy allows each action on its resources, with what each call had in its context."""
    use_keys(worker.client())
    policy = mock.least_privilege(worker).identity_policy

    assert POLICY["Statement"] == without_made_key(policy)
    assert "2012-10-17" == policy["Version"]


def test_identity_policy_in_force(mock, worker):
    """With the policy in force, the same calls are allowed."""
    key_id = "3234abcd-12ab-34cd-56ef-1234567890ab"

    def run(client: Any) -> None:
        use_keys(client)
        client.schedule_key_deletion(KeyId=mock.create_key(key_id=key_id).key_id)

    before = mock.snapshot()
    run(worker.client())
    policy = mock.least_privilege(worker).identity_policy
    mock.restore(before)
    made = [one for one in policy["Statement"] if one["Action"] == "kms:ScheduleKeyDeletion"]
    # The id of a key that the code makes is another one each time.
    made[0]["Resource"] = "*"
    worker.detach_all().attach(policy)

    run(worker.client())


def removals(policy: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Take each action, of each statement, out of a policy."""
    for number, statement in enumerate(policy["Statement"]):
        actions = statement["Action"]
        listed = [actions] if isinstance(actions, str) else actions
        for action in listed:
            rest = [one for one in listed if one != action]
            others = [one for place, one in enumerate(policy["Statement"]) if place != number]
            smaller = [*others, {**statement, "Action": rest}] if rest else others
            yield f"{number} {action}", {**policy, "Statement": smaller}


@pytest.mark.sweep(2)
def test_smallest_identity_policy(mock, worker):
    """Without any one of its actions, some call is denied."""
    before = mock.snapshot()
    use_keys(worker.client())
    policy = mock.least_privilege(worker).identity_policy
    enough = []
    for removed, smaller in removals(policy):
        mock.restore(before)
        worker.detach_all().attach(smaller)
        mock.calls.reset()
        with suppress(ClientError):
            use_keys(worker.client())
        if all(call.decision is None or call.decision.allowed for call in mock.calls):
            enough.append(removed)

    # The id of a key that the code makes is another one each time, so that it is denied anyway.
    assert [] == enough


@pytest.mark.parametrize("statement", range(2))
def test_key_policy_statements(mock, worker, statement):
    """Instead, the keys' policies may allow what was done with them: all of it, and no more."""

    def run(client: Any) -> None:
        client.encrypt(KeyId=ARNS[0], Plaintext=b"hi", EncryptionContext=TENANT)
        client.describe_key(KeyId=ARNS[0])
        client.get_key_policy(KeyId=ARNS[1])

    run(worker.client())
    statements = mock.least_privilege(worker).key_policy_statements
    principal = {"AWS": f"{IAM}role/worker"}

    assert {
        ARNS[0]: [
            {
                "Effect": "Allow",
                "Principal": principal,
                "Action": "kms:DescribeKey",
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Principal": principal,
                "Action": "kms:Encrypt",
                "Resource": "*",
                "Condition": {"Null": {"kms:EncryptionContext:tenant": "false"}},
            },
        ],
        ARNS[1]: [
            {
                "Effect": "Allow",
                "Principal": principal,
                "Action": "kms:GetKeyPolicy",
                "Resource": "*",
            }
        ],
    } == statements

    worker.detach_all()
    root = mock.root().client()
    default = json.loads(root.get_key_policy(KeyId=ARNS[0])["Policy"])["Statement"]
    for arn, its in statements.items():
        policy = {"Version": "2012-10-17", "Statement": [*default, *its]}
        root.put_key_policy(KeyId=arn, Policy=json.dumps(policy))
    run(worker.client())

    smaller = [one for place, one in enumerate(statements[ARNS[0]]) if place != statement]
    policy = {"Version": "2012-10-17", "Statement": [*default, *smaller]}
    root.put_key_policy(KeyId=ARNS[0], Policy=json.dumps(policy))
    with pytest.raises(ClientError, match="AccessDeniedException"):
        run(worker.client())


def test_text(mock, worker):
    """Its text is JSON, ready to paste."""
    worker.client().describe_key(KeyId=ARNS[0])
    least = mock.least_privilege(worker)

    assert {
        "identity_policy": least.identity_policy,
        "key_policy_statements": least.key_policy_statements,
    } == json.loads(str(least))


# --- Whose calls, and which --------------------------------------------------------------------


def test_all_callers(mock, worker):
    """Without a name, the calls of all are taken together."""
    worker.client().describe_key(KeyId=ARNS[0])
    with mock.acting_as(mock.user("alice", policies=ALL)):
        mock.client().encrypt(KeyId=ARNS[0], Plaintext=b"hi")
    least = mock.least_privilege()

    assert [["kms:DescribeKey", "kms:Encrypt"]] == [
        one["Action"] for one in least.identity_policy["Statement"]
    ]
    assert {"AWS": [f"{IAM}role/worker", f"{IAM}user/alice"]} == least.key_policy_statements[
        ARNS[0]
    ][0]["Principal"]


def test_sessions(mock, worker):
    """A session's calls are its role's, whose policies they need."""
    worker.assume("job").client().describe_key(KeyId=ARNS[0])

    assert {"AWS": f"{IAM}role/worker"} == mock.least_privilege(worker).key_policy_statements[
        ARNS[0]
    ][0]["Principal"]


def test_account(mock, worker):
    """The calls of an account are those of all of its principals."""
    worker.client().list_keys()
    vendor = mock.account(OTHER)
    vendor.client().list_aliases()

    assert ["kms:ListAliases"] == [
        one["Action"] for one in mock.least_privilege(vendor).identity_policy["Statement"]
    ]


def test_services_and_root_users(mock):
    """Services and root users take no identity policies: only the key's policy can allow them."""
    policy = {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "kms:*",
            "Resource": "*",
        }
    }
    key = mock.create_key(key_id=KEY_IDS[0], Policy=policy)
    service = mock.service("sns.amazonaws.com")
    service.client().describe_key(KeyId=key.arn)
    mock.root().client().list_keys()
    least = mock.least_privilege(service)

    assert least.identity_policy is None
    assert {"Service": "sns.amazonaws.com"} == least.key_policy_statements[ARNS[0]][0]["Principal"]
    assert ["key_policy_statements"] == list(least.as_mapping())
    assert mock.least_privilege(mock.root()).identity_policy is None


def test_denied_calls(mock, worker):
    """What was denied does not count, nor what was wrong in form."""
    client = worker.client()
    client.list_keys()
    worker.deny("kms:ListAliases")
    refusal(client.list_aliases)
    refusal(client.list_aliases, Limit=1001)

    assert ["kms:ListKeys"] == [
        one["Action"] for one in mock.least_privilege().identity_policy["Statement"]
    ]


def test_allowed_calls_that_fail(mock, worker):
    """What was allowed counts, whatever KMS has answered."""
    client = worker.client()
    client.disable_key(KeyId=ARNS[0])
    refusal(client.encrypt, KeyId=ARNS[0], Plaintext=b"hi")

    assert [["kms:DisableKey", "kms:Encrypt"]] == [
        one["Action"] for one in mock.least_privilege().identity_policy["Statement"]
    ]


def test_nothing_allowed(mock):
    """Where nothing was allowed there is no policy to write."""
    mock.create_key()
    refusal(mock.role("worker").client().list_keys)

    with pytest.raises(
        ValueError, match=r"^no call has been allowed so far that a policy could be"
    ):
        mock.least_privilege()


def test_whom(mock):
    """Calls are of a handle."""
    with pytest.raises(TypeError, match=r"^by\(\) takes a handle"):
        mock.least_privilege("role/worker")


def test_too_many_calls(mock, monkeypatch, worker):
    """Where not all calls are kept, it says so."""
    worker.client().list_keys()
    monkeypatch.setattr(type(mock.calls), "is_cut", True)

    with pytest.raises(
        ValueError, match=r"^there were more calls than the mock keeps: use --kmsmock-least-p"
    ):
        mock.least_privilege()


def test_covered_resources(mock, worker):
    """What a wider resource allows is not said again."""
    client = worker.client()
    client.tag_resource(KeyId=ARNS[0], Tags=[{"TagKey": "a", "TagValue": "b"}])
    client.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    statements = mock.least_privilege().identity_policy["Statement"]

    assert 1 == sum("kms:TagResource" in one["Action"] for one in statements)


# --- Of a whole run ----------------------------------------------------------------------------

SUITE = """
import boto3
import pytest
from pytest_kmsmock import mock_kms

ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

@pytest.fixture(autouse=True)
def key(kms_mock):
    kms_mock.create_key(key_id=ARN.rpartition("/")[2], alias="app")
    kms_mock.role("worker").allow("kms:Encrypt")

@pytest.mark.kms(caller="role/worker")
@pytest.mark.parametrize("context", [{"a": "b", "c": "d"}, {"a": "b"}])
def test_worker(kms, context):
    kms.encrypt(KeyId=ARN, Plaintext=b"hi", EncryptionContext=context)
    with pytest.raises(kms.exceptions.ClientError):
        kms.list_keys()

@pytest.mark.parametrize("number", range(3))
def test_administrator(kms_mock, number):
    kms_mock.reset()
    boto3.client("kms", "us-east-1").list_keys()

@mock_kms(isolated=True, wire=True)
def test_other_mock():
    boto3.client("kms", "us-east-1").list_aliases()
"""
WRITTEN = {
    f"{IAM}role/worker": {
        "identity_policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "kms:Encrypt",
                    "Resource": ARNS[0],
                    "Condition": {"Null": {"kms:EncryptionContext:a": "false"}},
                }
            ],
        },
        "key_policy_statements": {
            ARNS[0]: [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"{IAM}role/worker"},
                    "Action": "kms:Encrypt",
                    "Resource": "*",
                    "Condition": {"Null": {"kms:EncryptionContext:a": "false"}},
                }
            ]
        },
    },
    f"{IAM}user/kmsmock": {
        "identity_policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["kms:ListAliases", "kms:ListKeys"],
                    "Resource": "*",
                }
            ],
        },
        "key_policy_statements": {},
    },
}


@pytest.mark.sweep(2)
@pytest.mark.parametrize("workers", [(), ("-pxdist", "-n2")], ids=["alone", "xdist"])
def test_run(run_pytest, pytester, workers):
    """The option writes a file for a whole run, whatever process a test runs in."""
    result = run_pytest(SUITE, *workers, "--kmsmock-least-privilege=out/least.json")

    result.assert_outcomes(passed=6)
    path = pytester.path / "out" / "least.json"
    assert WRITTEN == json.loads(path.read_text(encoding="utf-8"))
    result.stdout.fnmatch_lines([f"kmsmock: least privilege of 2 principals in {path}"])


def test_run_without_the_option(run_pytest, pytester):
    """Without the option nothing is written, and nothing is said."""
    result = run_pytest("def test_it(kms): kms.list_keys()")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("kmsmock: least*")


def test_merging():
    """What another process has seen is added as if it had been seen here."""
    first, second = Usage(), Usage()
    rows: list[Callable[[Usage], None]] = [
        lambda usage: usage.merge([["arn:aws:iam::1:role/x", "kms:Encrypt", "arn:k", ["a", "b"]]]),
        lambda usage: usage.merge([["arn:aws:iam::1:role/x", "kms:Encrypt", "arn:k", ["a"]]]),
    ]
    for row in rows:
        row(first)
        other = Usage()
        row(other)
        second.merge(json.loads(json.dumps(other.dump())))

    assert first.write() == second.write()
    assert '"kms:EncryptionContext:a": "false"' in first.write()
    assert "EncryptionContext:b" not in first.write()
