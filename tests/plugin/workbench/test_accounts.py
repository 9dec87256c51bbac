"""Accounts, their keys and their organization; services; grants that a test sets up."""

import json
import re
import warnings

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import FULL_AWS_ACCESS, KmsPolicyWarning, PrincipalHandle, mock_kms
from tests.todays_client import todays_client
from tests.vocabulary import refusal

ACCOUNT = "123456789012"
OTHER = "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
LIST_ONLY = {"Statement": {"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}}
DENY_LISTING = {"Statement": {"Effect": "Deny", "Action": "kms:ListKeys", "Resource": "*"}}


def key_policy(principal: object, action: str = "kms:*", **condition: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


MISSPELT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": ["kms:*", "kms:Decyrpt"],
        "Resource": "*",
    },
}
NO_ACTION = "there is no action kms:Decyrpt; the nearest is kms:Decrypt"


def may(principal: PrincipalHandle, operation: str, **members: object) -> bool:
    try:
        getattr(principal.client(), operation)(**members)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


# --- Accounts ----------------------------------------------------------------------------------


def test_account(mock):
    """An account has users, roles, a root user, keys, and an administrator who has a client."""
    account = mock.account(OTHER)
    key = account.create_key(alias="app", tags={"team": "x"})
    iam = f"arn:aws:iam::{OTHER}:"

    assert [
        f"{iam}role/worker",
        f"{iam}user/alice",
        f"{iam}root",
        f"{iam}user/kmsmock",
        f"arn:aws:kms:us-east-1:{OTHER}:key/{key.key_id}",
    ] == [
        account.role("worker").arn,
        account.user("alice").arn,
        account.root().arn,
        account.administrator.arn,
        key.arn,
    ]
    assert [key.key_id] == [one["KeyId"] for one in account.client().list_keys()["Keys"]]
    assert key.arn == account.client().describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"]
    assert [] == mock.client().list_keys()["Keys"]


def test_same_account(mock):
    """Asked again, it is the same account; that of the mock is one, too."""
    assert mock.account(OTHER) == mock.account(OTHER)
    assert {mock.account(OTHER)} == {mock.account(OTHER)}
    assert mock.account(OTHER) != mock.account(ACCOUNT)
    assert mock.account(OTHER) != OTHER
    assert mock.user("kmsmock") == mock.account(ACCOUNT).administrator
    assert f"<AccountHandle {OTHER}>" == repr(mock.account(OTHER))


def test_account_that_cannot_be(kms_mock):
    """An account id has 12 digits."""
    for give in (
        lambda: kms_mock.account("1"),
        lambda: kms_mock.root("1"),
        lambda: kms_mock.role("worker", account_id="1"),
        lambda: kms_mock.create_key(account_id="1"),
        lambda: kms_mock.service("sns.amazonaws.com", source_account="1"),
        lambda: kms_mock.create_grant(
            "x", grantee="root", operations=["Encrypt"], issuing_account="1"
        ),
    ):
        with pytest.raises(ValueError, match=r"'1' is not a string of 12 digits$"):
            give()


def test_cross_account(mock):
    """A key of another account is used by who is let in by its policy and by his own account."""
    key = mock.account(OTHER).create_key(Policy=key_policy({"AWS": ROOT}))
    worker = mock.role("worker")

    before = may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi")
    worker.allow("kms:Encrypt", resource=key)

    assert (False, True) == (before, may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi"))


def test_key_in_another_account(mock):
    """A key can be set up in any account, with its id, alias and material, in any Region."""
    key = mock.create_key(
        key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
        material=bytes(32),
        alias="app",
        region_name="eu-west-1",
        account_id=OTHER,
    )
    client = mock.account(OTHER).client("eu-west-1")

    assert f"arn:aws:kms:eu-west-1:{OTHER}:key/1234abcd-12ab-34cd-56ef-1234567890ab" == key.arn
    assert bytes(32) == key.material()
    assert key.arn == client.describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"]


@pytest.mark.parametrize("write", [dict, json.dumps], ids=["mapping", "text"])
def test_policy_of_a_key(mock, write):
    """A key policy is a mapping, or JSON text; it may lock everybody out who is not named."""
    policy = key_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:role/worker"}, "kms:Encrypt")
    key = mock.create_key(Policy=write(policy))

    assert may(mock.role("worker"), "encrypt", KeyId=key.key_id, Plaintext=b"hi")
    assert not may(mock.user("kmsmock"), "encrypt", KeyId=key.key_id, Plaintext=b"hi")


def test_lockout_check_on_demand(mock):
    """The lockout check is asked of what a test sets up only where it says so."""
    policy = key_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:role/worker"}, "kms:Encrypt")

    with pytest.raises(
        ValueError, match="The new key policy will not allow you to update the key policy in the f"
    ):
        mock.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=False)


# --- Organizations -----------------------------------------------------------------------------


@pytest.mark.parametrize("write", [dict, json.dumps], ids=["mapping", "text"])
def test_key_policy_with_an_action_that_there_is_not(mock, write):
    """A key policy with an unknown action is warned of where it is given, and there is a key."""
    policy = write(MISSPELT)

    with pytest.warns(KmsPolicyWarning, match=f"^statement 1: {NO_ACTION}$") as caught:
        key = mock.create_key(Policy=policy)

    assert [__file__] == [one.filename for one in caught]
    stored = mock.client().get_key_policy(KeyId=key.key_id)["Policy"]
    assert MISSPELT == json.loads(stored)


def test_key_policy_with_an_action_that_there_is_not_as_an_error(mock):
    """Where warnings are errors, there is no key then."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", KmsPolicyWarning)
        with pytest.raises(KmsPolicyWarning, match=NO_ACTION):
            mock.create_key(Policy=MISSPELT)

    assert [] == mock.client().list_keys()["Keys"]


def test_key_policy_of_a_client_with_an_action_that_there_is_not(mock):
    """A client's request is answered as AWS does it, without a warning."""
    client = mock.client()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        key_id = client.create_key(Policy=json.dumps(MISSPELT))["KeyMetadata"]["KeyId"]

    assert MISSPELT == json.loads(client.get_key_policy(KeyId=key_id)["Policy"])


def test_shared_key_with_an_action_that_there_is_not(mock):
    """An unknown action for which a key is shared is warned of, too."""
    key = mock.create_key()

    with pytest.warns(KmsPolicyWarning, match=f"^{NO_ACTION}$") as caught:
        mock.share_key(key, OTHER, actions=["kms:Encrypt", "kms:Decyrpt"])

    assert [__file__] == [one.filename for one in caught]


def test_organization(mock):
    """The organization of an account is known to policies of keys."""
    key = mock.account(OTHER).create_key(
        Policy=key_policy("*", StringEquals={"aws:PrincipalOrgID": "o-exampleorgid"})
    )
    worker = mock.role("worker", policies=ALL)

    before = may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi")
    mock.account(ACCOUNT, org_id="o-exampleorgid")
    mock.account(ACCOUNT)

    assert (False, True) == (before, may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi"))


def test_service_control_policies(mock):
    """What control policies don't allow at some level, nobody of the account may."""
    worker = mock.role("worker", policies=ALL)
    mock.account(ACCOUNT, service_control_policies=[FULL_AWS_ACCESS])
    full = may(worker, "list_keys")
    mock.account(ACCOUNT, service_control_policies=[DENY_LISTING])

    assert (True, False) == (full, may(worker, "list_keys"))
    assert (
        "AccessDeniedException",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/kmsmock is not authorized to perform:"
        " kms:ListKeys on resource: * with an explicit deny in a service control policy",
    ) == refusal(worker.client().list_keys)


def test_levels(mock):
    """Control policies can be given for each level; every level must allow."""
    worker = mock.role("worker", policies=ALL)
    mock.account(ACCOUNT, service_control_policies=[[FULL_AWS_ACCESS], [LIST_ONLY]])

    assert may(worker, "list_keys")
    assert not may(worker, "create_key")


def test_more_control_policies(mock):
    """What is given later is added to the last level, and the same policy once."""
    worker = mock.role("worker", policies=ALL)
    create = {"Statement": {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}}
    mock.account(ACCOUNT, service_control_policies=[[FULL_AWS_ACCESS], [LIST_ONLY]])
    for _ in range(2):
        mock.account(ACCOUNT, service_control_policies=[create])

    assert may(worker, "list_keys")
    assert may(worker, "create_key")
    assert not may(worker, "generate_random", NumberOfBytes=1)


def test_levels_are_said_once(kms_mock):
    """Other levels than those that there are would be guessed at, and are refused."""
    kms_mock.account(ACCOUNT, service_control_policies=[FULL_AWS_ACCESS])

    with pytest.raises(
        ValueError,
        match=r"^the account already has levels: later service_control_policies are added to the"
        r" last one, so give them without levels$",
    ):
        kms_mock.account(ACCOUNT, service_control_policies=[[FULL_AWS_ACCESS], [LIST_ONLY]])


def test_resource_control_policies(mock):
    """Resource control policies limit who may use the account's keys."""
    key = mock.create_key()
    deny = {
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:Encrypt",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}},
        }
    }
    mock.account(ACCOUNT, resource_control_policies=[deny])
    before = may(mock.root(), "encrypt", KeyId=key.key_id, Plaintext=b"hi")
    mock.account(ACCOUNT, org_id="o-exampleorgid")

    assert (False, True) == (before, may(mock.root(), "encrypt", KeyId=key.key_id, Plaintext=b"hi"))


def test_control_policies_that_are_none(kms_mock):
    """What is no policy, and no list of them, is refused."""
    with pytest.raises(TypeError, match=r"^7 is no service control policy, nor a list of them$"):
        kms_mock.account(ACCOUNT, service_control_policies=7)


# --- Services ----------------------------------------------------------------------------------


def test_service(mock):
    """A service calls for itself, for a resource and an account that policies can ask for."""
    policy = key_policy(
        {"Service": "cloudtrail.amazonaws.com"},
        "kms:GenerateDataKey",
        StringEquals={"aws:SourceAccount": ACCOUNT},
        ArnLike={"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/*"},
    )
    key = mock.create_key(Policy=policy)
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
    trail = mock.service("cloudtrail.amazonaws.com", source_arn=arn, source_account=ACCOUNT)
    asked = {"KeyId": key.arn, "KeySpec": "AES_256"}

    assert ACCOUNT == trail.account_id
    assert may(trail, "generate_data_key", **asked)
    assert "cloudtrail.amazonaws.com" == mock.calls.last.principal
    assert not may(mock.service("cloudtrail.amazonaws.com"), "generate_data_key", **asked)


def test_where_a_service_looks(mock):
    """A service looks up bare ids in the account for which it calls, or else in the mock's."""
    policy = key_policy({"Service": "sns.amazonaws.com"})
    here, there = mock.create_key(Policy=policy), mock.account(OTHER).create_key(Policy=policy)
    service, elsewhere = (
        mock.service("sns.amazonaws.com"),
        mock.service("sns.amazonaws.com", source_account=OTHER),
    )

    assert "" == service.account_id
    assert may(service, "describe_key", KeyId=here.key_id)
    assert may(elsewhere, "describe_key", KeyId=there.key_id)
    assert "NotFoundException" == refusal(service.client().describe_key, KeyId=there.key_id)[0]


# --- Grants ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["handle", "key_id", "arn", "alias", "alias ARN"])
def test_grant(mock, by):
    """A grant is set up on a key that is named in any way, and allows what it says."""
    key = mock.create_key(alias="app")
    name = {
        "handle": key,
        "key_id": key.key_id,
        "arn": key.arn,
        "alias": "alias/app",
        "alias ARN": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app",
    }[by]
    worker = mock.role("worker")
    grant = mock.create_grant(name, grantee=worker, operations=["Encrypt", "DescribeKey"])

    (listed,) = mock.client().list_grants(KeyId=key.key_id)["Grants"]
    assert (key.arn, grant.grant_id, worker.arn) == (
        grant.key_arn,
        listed["GrantId"],
        listed["GranteePrincipal"],
    )
    assert may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi", GrantTokens=[grant.grant_token])
    assert not may(worker, "get_key_policy", KeyId=key.arn)


def test_grant_with_all_members(mock):
    """A grant may have constraints, a retiring principal, and an account that has made it."""
    key = mock.create_key()
    worker, job = mock.role("worker"), mock.role("worker").assume("job")
    other = mock.account(OTHER).role("retirer")
    context = {"tenant": "7"}
    grant = mock.create_grant(
        key,
        grantee=job,
        operations="Encrypt",
        constraints={"EncryptionContextSubset": context},
        retiring=other,
        issuing_account=OTHER,
    )
    asked = {"KeyId": key.arn, "Plaintext": b"hi"}

    assert may(job, "encrypt", **asked, EncryptionContext=context)
    assert not may(job, "encrypt", **asked)
    assert not may(worker, "encrypt", **asked, EncryptionContext=context)
    assert may(other, "retire_grant", KeyId=key.arn, GrantId=grant.grant_id)


def test_grant_for_a_service(mock):
    """A service can be a grantee, with SourceArn in the member that is for services."""
    key = mock.create_key()
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
    mock.create_grant(
        key,
        grantee="cloudtrail.amazonaws.com",
        operations=["Decrypt"],
        constraints={"SourceArn": arn},
        retiring=mock.service("cloudtrail.amazonaws.com"),
    )
    (listed,) = todays_client(mock).list_grants(KeyId=key.key_id)["Grants"]

    assert ("cloudtrail.amazonaws.com",) * 2 == (
        listed["GranteeServicePrincipal"],
        listed["RetiringServicePrincipal"],
    )


def test_grant_on_a_key_of_another_account_and_region(mock):
    """A grant is made where its key is."""
    key = mock.create_key(account_id=OTHER, region_name="eu-west-1")
    worker = mock.role("worker", policies=ALL)
    mock.create_grant(key, grantee="role/worker", operations=["Encrypt"])

    worker.client("eu-west-1").encrypt(KeyId=key.arn, Plaintext=b"hi")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"key": "alias/none"},
            ValueError,
            "KMS refuses DescribeKey: NotFoundException: Alias arn:aws:kms:us-east-1:"
            f"{ACCOUNT}:alias/none is not found.",
        ),
        ({"key": 7}, TypeError, "key=7 is neither a handle of a key nor its id, ARN or alias"),
        ({"grantee": 7}, TypeError, "grantee=7 is neither a handle, as of role(), nor an ARN"),
        (
            {"grantee": "worker"},
            ValueError,
            "KMS refuses CreateGrant: InvalidArnException: ARN does not refer to a valid principal:"
            " worker",
        ),
        (
            {"constraints": 7},
            TypeError,
            "constraints=7 is not a mapping, as in {'EncryptionContextSubset': {'tenant': '7'}}",
        ),
        (
            {"operations": ["Encrypt", "kms:Decrypt"]},
            ValueError,
            "'kms:Decrypt': grant operations have no prefix: 'Decrypt'",
        ),
    ],
    ids=["missing key", "key", "grantee", "ARN", "constraints", "prefix"],
)
def test_grants_that_cannot_be(kms_mock, arguments, error, message):
    """What KMS refuses, or what is nothing for a grant, is refused at the call."""
    kms_mock.create_key(alias="app")
    given = {"key": "alias/app", "grantee": "role/worker", "operations": ["Encrypt"], **arguments}

    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        kms_mock.create_grant(given.pop("key"), **given)


def test_grant_on_a_key_that_reset_removed(mock):
    """A grant on a handle of before a reset is told what became of the key."""
    key = mock.create_key()
    mock.reset()

    with pytest.raises(
        ValueError, match=rf"^{re.escape(key.arn)} no longer exists: .* before reset\(\); create"
    ):
        mock.create_grant(key, grantee="role/worker", operations=["Encrypt"])


def test_new_grants_at_once(mock):
    """A grant can be used at once, unless the mock is told otherwise."""
    key, worker = mock.create_key(), mock.role("worker")
    mock.create_grant(key, grantee=worker, operations=["Encrypt"])

    assert may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi")


def test_new_grants_eventually():
    """As on AWS, a new grant can be used without its token only after five minutes."""
    with mock_kms(consistency="eventual") as mock:
        mock.clock.freeze()
        key, worker = mock.create_key(), mock.role("worker")
        grant = mock.create_grant(key, grantee=worker, operations=["Encrypt"])
        asked = {"KeyId": key.arn, "Plaintext": b"hi"}

        assert not may(worker, "encrypt", **asked)
        assert may(worker, "encrypt", **asked, GrantTokens=[grant.grant_token])
        mock.clock.advance(minutes=5)
        assert may(worker, "encrypt", **asked)
        mock.reset()
        key, worker = mock.create_key(), mock.role("worker")
        mock.create_grant(key, grantee=worker, operations=["Encrypt"])
        assert not may(worker, "encrypt", KeyId=key.arn, Plaintext=b"hi")
