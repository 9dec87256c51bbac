"""What a mock is told of a request, by each seam and by the last net."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from pytest_kmsmock._kms.access.principals import Principal
from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.service import Response
from pytest_kmsmock.interception.exchange import Exchange
from tests.aio import AioConfig, AioSession, needs_aiobotocore
from tests.plugin.clients import ACCESS_KEY_ID, make_older_session, make_session

INTERNAL_ERROR = KmsError("KMSInternalException", None)


class Recorder:
    """Stands in for a mock's `_respond`: keeps what it is told, and answers with errors first."""

    def __init__(self, errors: int = 0) -> None:
        self.errors = errors
        self.exchanges: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> Response:
        self.exchanges.append(exchange)
        fails = len(self.exchanges) <= self.errors
        return Response(
            operation=exchange.operation,
            request_id="00000000-0000-4000-8000-000000000000",
            date=datetime(2026, 1, 1, tzinfo=timezone.utc),
            result=None if fails else {"Keys": [], "Truncated": False},
            error=INTERNAL_ERROR if fails else None,
            caller=Principal("arn:aws:iam::123456789012:user/kmsmock", "123456789012"),
        )


@pytest.fixture
def record(mock, monkeypatch) -> Callable[..., list[Exchange]]:
    def start(errors: int = 0) -> list[Exchange]:
        recorder = Recorder(errors)
        monkeypatch.setattr(mock, "_respond", recorder)
        return recorder.exchanges

    return start


def list_keys(**others: Any) -> Exchange:
    told: dict[str, Any] = {
        "operation": "ListKeys",
        "region": "eu-north-1",
        "access_key_id": ACCESS_KEY_ID,
        "body": b'{"Limit": 7}',
        "attempt": 1,
        "parameters": {"Limit": 7},
    }
    return Exchange(**told | others)


@pytest.fixture
def read_timeout(wire: bool) -> int | None:
    """What a mock is told of the client's patience: botocore's default, if it goes by the wire."""
    return 60 if wire else None


def make_configured_session(cls=None):
    session = make_session(cls) if cls else make_session()
    session.set_credentials(ACCESS_KEY_ID, "example")
    session.set_config_variable("region", "eu-north-1")
    return session


def test_exchange(record, read_timeout):
    """Operation, Region, access key, body and parameters are told, and that it is the first try."""
    exchanges = record()

    make_configured_session().create_client("kms").list_keys(Limit=7)

    assert [list_keys(read_timeout=read_timeout)] == exchanges


def test_exchange_in_an_older_session(record):
    """The last net knows all but the caller's own parameters."""
    exchanges = record()

    make_older_session().create_client("kms").list_keys(Limit=7)

    assert [list_keys(parameters=None, read_timeout=60)] == exchanges


def test_exchange_of_an_unsigned_request(record, read_timeout):
    """A client that does not sign has no access key."""
    exchanges = record()
    config = Config(signature_version=UNSIGNED)

    make_configured_session().create_client("kms", config=config).list_keys(Limit=7)

    assert [list_keys(access_key_id=None, read_timeout=read_timeout)] == exchanges


@pytest.mark.asyncio
@needs_aiobotocore
async def test_exchange_in_aiobotocore(record, read_timeout):
    """aiobotocore's requests are told the same."""
    exchanges = record()

    async with make_configured_session(AioSession).create_client("kms") as client:
        await client.list_keys(Limit=7)

    assert [list_keys(read_timeout=read_timeout)] == exchanges


RETRIES = {"mode": "standard", "total_max_attempts": 3}


@pytest.mark.parametrize("wire", [True], ids=["before-send"], indirect=True)
def test_attempts(record, monkeypatch):
    """Where the wire matters botocore retries as ever, and each attempt has its number."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    exchanges = record(errors=2)
    client = make_configured_session().create_client("kms", config=Config(retries=RETRIES))

    response = client.list_keys(Limit=7)

    assert [list_keys(attempt=number, read_timeout=60) for number in (1, 2, 3)] == exchanges
    assert 2 == response["ResponseMetadata"]["RetryAttempts"]


@pytest.mark.parametrize("wire", [True], ids=["before-send"], indirect=True)
@pytest.mark.asyncio
@needs_aiobotocore
async def test_attempts_in_aiobotocore(record, monkeypatch):
    """So does aiobotocore."""

    async def sleep(_):
        return None

    monkeypatch.setattr("asyncio.sleep", sleep)
    exchanges = record(errors=1)
    session = make_configured_session(AioSession)

    async with session.create_client("kms", config=AioConfig(retries=RETRIES)) as client:
        response = await client.list_keys(Limit=7)

    assert [list_keys(attempt=number, read_timeout=60) for number in (1, 2)] == exchanges
    assert 1 == response["ResponseMetadata"]["RetryAttempts"]


@pytest.mark.parametrize("wire", [False], ids=["before-call"], indirect=True)
def test_error_that_is_not_retried(record):
    """Where the wire does not matter an error is final, and costs no waiting."""
    exchanges = record(errors=1)
    client = make_configured_session().create_client("kms")

    with pytest.raises(client.exceptions.KMSInternalException) as caught:
        client.list_keys(Limit=7)

    assert [list_keys()] == exchanges
    assert 500 == caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
