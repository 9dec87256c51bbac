"""Who is known of callers, and by which access key."""

import copy
from datetime import datetime, timezone

import pytest

from pytest_kmsmock._kms.domain.clock import Clock
from pytest_kmsmock._kms.domain.principals import (
    ADMINISTRATOR,
    Document,
    Identity,
    Principals,
    Session,
    was_given_out,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/worker"
READS = Document('{"Statement": []}', f"arn:aws:iam::{ACCOUNT}:policy/reads")


@pytest.fixture
def principals() -> Principals:
    return Principals()


def call_as(principals: Principals, session: Session):
    principals.identity(session.identity, ACCOUNT)
    return principals.find(principals.issue(session, NOW))


def test_user(principals):
    """A user calls under their own ARN, with what was declared of them."""
    principals.put(Identity(arn=USER, account_id=ACCOUNT, policies=(READS,), tags={"a": "b"}))
    caller = call_as(principals, Session(identity=USER))

    assert (USER, ACCOUNT, "User", (READS,), {"a": "b"}, None) == (
        caller.arn,
        caller.account_id,
        caller.kind,
        caller.policies,
        caller.tags,
        caller.session_policies,
    )


def test_role(principals):
    """A role calls in a session, whose ARN has the role's name without its path (AZ39)."""
    caller = call_as(principals, Session(identity=ROLE, name="s1", tags={"team": "red"}))

    assert (f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/s1", ROLE, "AssumedRole") == (
        caller.arn,
        caller.issuer_arn,
        caller.kind,
    )
    assert {"team": "red"} == caller.tags
    assert caller.userid.startswith("AROA")
    assert caller.userid.endswith(":s1")


def test_session_tags_win(principals):
    """A session tag hides a tag of the role that has the same name (AZ151)."""
    principals.put(Identity(arn=ROLE, account_id=ACCOUNT, tags={"team": "blue", "x": "1"}))
    caller = call_as(principals, Session(identity=ROLE, tags={"team": "red"}))

    assert {"team": "red", "x": "1"} == caller.tags


def test_federated_user(principals):
    """A federated user has the policies of the user who federated, and no policy by default."""
    principals.put(Identity(arn=USER, account_id=ACCOUNT, policies=(READS,)))
    caller = call_as(principals, Session(identity=USER, name="bob"))

    assert (f"arn:aws:sts::{ACCOUNT}:federated-user/bob", USER, f"{ACCOUNT}:bob", (READS,), ()) == (
        caller.arn,
        caller.issuer_arn,
        caller.userid,
        caller.policies,
        caller.session_policies,
    )


def test_root_and_service(principals):
    """A root user's id is its account (AZ143); a service is known by its name alone."""
    root = call_as(principals, Session(identity=f"arn:aws:iam::{ACCOUNT}:root"))
    principals.put(Identity(arn="logs.amazonaws.com", account_id=""))
    service = call_as(
        principals, Session(identity="logs.amazonaws.com", source_account="444455556666")
    )

    assert ("Account", ACCOUNT) == (root.kind, root.userid)
    assert ("Service", "logs.amazonaws.com", "444455556666", None) == (
        service.kind,
        service.arn,
        service.account_id,
        service.partition,
    )


def test_change(principals):
    """What is declared of somebody holds for the sessions that there are."""
    principals.identity(ROLE, ACCOUNT)
    access_key_id = principals.issue(Session(identity=ROLE), NOW)
    before = principals.find(access_key_id)
    principals.put(Identity(arn=ROLE, account_id=ACCOUNT, policies=(READS,)))

    assert ((), (READS,)) == (before.policies, principals.find(access_key_id).policies)


def test_administrator(principals):
    """`user/kmsmock` of every account is its administrator until something else is declared."""
    administrator = principals.administrator(ACCOUNT, "aws", Clock())
    identity = principals.identity(administrator.arn, ACCOUNT)
    principals.put(Identity(arn=identity.arn, account_id=ACCOUNT))

    assert ((ADMINISTRATOR,), True) == (administrator.policies, administrator.is_administrator)
    assert not principals.administrator(ACCOUNT, "aws", Clock()).is_administrator


def test_access_keys(principals):
    """An access key follows from the session, is known as ours anywhere, and as its own here."""
    session = Session(identity=USER, context={"aws:SourceIp": None})
    principals.identity(USER, ACCOUNT)
    access_key_id = principals.issue(session, NOW)

    assert access_key_id == Session(identity=USER, context={"AWS:sourceip": None}).access_key_id
    assert access_key_id != Session(identity=USER).access_key_id
    assert (True, False) == (was_given_out(access_key_id), was_given_out("AKIAIOSFODNN7EXAMPLE"))
    assert Principals().find(access_key_id) is None


def test_prefix_of_access_keys():
    """Sessions have access keys of their own kind: ASIA; users and root users AKIA."""
    sessions = [Session(identity=ROLE), Session(identity=USER, name="bob"), Session(identity=USER)]

    assert ["ASIA", "ASIA", "AKIA"] == [session.access_key_id[:4] for session in sessions]


def test_unknown_identity(principals):
    """Nobody gets an access key who was not declared."""
    with pytest.raises(KeyError):
        principals.issue(Session(identity=USER), NOW)


def test_copy(principals):
    """A copy knows the same callers, and goes its own way."""
    principals.identity(USER, ACCOUNT)
    access_key_id = principals.issue(Session(identity=USER), NOW)
    twin = copy.deepcopy(principals)
    principals.put(Identity(arn=USER, account_id=ACCOUNT, policies=(READS,)))

    assert () == twin.find(access_key_id).policies
