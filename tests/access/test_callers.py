"""By which access key a request's caller is known."""

import json
from datetime import datetime, timezone

import pytest

from pytest_kmsmock._kms.domain.principals import Session
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.service import Request, Service

ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/kmsmock"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:user/kmsmock"


@pytest.fixture
def service() -> Service:
    return Service(World())


@pytest.fixture
def access_key_id(service) -> str:
    service.world.principals.identity(ROLE, ACCOUNT)
    return service.world.principals.issue(Session(identity=ROLE), NOW)


def ask(access_key_id: str | None, region: str = "us-west-2", *, is_setup: bool = False) -> Request:
    return Request(
        operation="ListKeys",
        region=region,
        account_id=ACCOUNT,
        body=json.dumps({}).encode(),
        access_key_id=access_key_id,
        is_setup=is_setup,
    )


def test_undeclared_credentials(service):
    """Who has not been declared, or has no credentials, is the account's administrator (AZ159)."""
    callers = [service.caller_of(ask(key)).arn for key in (None, "AKIAIOSFODNN7EXAMPLE")]

    assert [ADMINISTRATOR, ADMINISTRATOR] == callers


def test_declared_credentials(service, access_key_id):
    """Who was given an access key is known by it, and may do what was declared (AZ160)."""
    assert SESSION == service.caller_of(ask(access_key_id)).arn
    assert "AccessDeniedException" == service.respond(ask(access_key_id)).error.code


def test_caller_by_default(service, access_key_id):
    """Another caller may stand for all whose credentials nobody has declared."""
    service.access.caller = access_key_id

    assert SESSION == service.caller_of(ask("AKIAIOSFODNN7EXAMPLE")).arn


def test_callers_from_elsewhere(service, access_key_id):
    """Access keys that this world has not given out may be known elsewhere."""
    other = service.world.principals.find(access_key_id)
    service.access.find_elsewhere = {"AKIAIOSFODNN7EXAMPLE": other}.get

    assert [SESSION, ADMINISTRATOR] == [
        service.caller_of(ask(key)).arn for key in ("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")
    ]


def test_setup(service, access_key_id):
    """What the test itself sets up is done by the administrator, whoever calls by default."""
    service.access.caller = access_key_id

    assert ADMINISTRATOR == service.caller_of(ask(None, is_setup=True)).arn


@pytest.mark.parametrize("region", ["us-west-2", "cn-north-1"], ids=["another mock", "partition"])
def test_unknown_access_keys(service, access_key_id, region):
    """An access key of another mock, or of another partition, is nobody's: not even a default's."""
    if region == "us-west-2":
        service.world = World()
    response = service.respond(ask(access_key_id, region))

    assert "UnrecognizedClientException" == response.error.code
    assert "The security token included in the request is invalid." == response.error.message
    assert 403 == response.status
