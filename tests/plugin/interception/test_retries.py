"""Retries of planned faults: botocore makes them as ever, but does not wait."""

import botocore
import botocore.exceptions
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.errors import KmsError
from tests.aio import AioConfig, AioSession, needs_aiobotocore
from tests.plugin.clients import make_client, make_older_session, make_session
from tests.plugin.faulty import (
    CONNECTION_ERRORS,
    THROTTLED,
    client_of,
    config_of,
    outcomes,
)
from tests.vocabulary import refusal

MODES = ["legacy", "standard", "adaptive"]


@pytest.mark.sweep(7)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "error", ["ThrottlingException", "KMSInternalException", *CONNECTION_ERRORS]
)
def test_fault_that_is_retried(mock, sleeps, mode, error):
    """Each retry mode of botocore tries again, as often as with AWS, and does not wait."""
    fault = mock.fail("ListKeys", error, times=2)
    response = client_of(mode).list_keys()

    assert [
        ("ListKeys", 1, error),
        ("ListKeys", 2, error),
        ("ListKeys", 3, None),
    ] == outcomes(mock)
    assert 2 == response["ResponseMetadata"]["RetryAttempts"] == fault.fired
    assert [0, 0] == sleeps


@pytest.mark.asyncio
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "error", ["ThrottlingException", "KMSInternalException", *CONNECTION_ERRORS]
)
@needs_aiobotocore
async def test_fault_in_aiobotocore(mock, sleeps, mode, error):
    """So does each of aiobotocore's."""
    fault = mock.fail("ListKeys", error, times=2)
    config = AioConfig(**config_of(mode))
    async with make_session(AioSession).create_client("kms", config=config) as client:
        response = await client.list_keys()

    assert [
        ("ListKeys", 1, error),
        ("ListKeys", 2, error),
        ("ListKeys", 3, None),
    ] == outcomes(mock)
    assert 2 == response["ResponseMetadata"]["RetryAttempts"] == fault.fired
    assert [0, 0] == sleeps


@pytest.mark.parametrize("mode", MODES)
def test_fault_that_outlasts_the_retries(mock, sleeps, mode):
    """When botocore gives up, the caller has the error, with the number of retries in it."""
    fault = mock.fail("ListKeys", "ThrottlingException", times=None)
    with pytest.raises(ClientError) as caught:
        client_of(mode).list_keys()

    code, message = THROTTLED

    assert (
        f"An error occurred ({code}) when calling the ListKeys operation "
        f"(reached max retries: 2): {message}"
    ) == str(caught.value)
    assert 2 == caught.value.response["ResponseMetadata"]["RetryAttempts"]
    assert (3, [0, 0]) == (fault.fired, sleeps)


def test_fault_of_a_client_with_defaults(mock, sleeps):
    """A client that nobody has configured tries as often as its botocore does."""
    fault = mock.fail("ListKeys", "ThrottlingException", times=None)
    client = make_client()
    refused = refusal(client.list_keys)
    attempts = 3 if version_of_botocore() >= (1, 44) else 5

    assert (THROTTLED, attempts) == (refused, fault.fired)


def version_of_botocore() -> tuple[int, ...]:
    return tuple(map(int, botocore.__version__.split(".")[:2]))


def test_fault_that_is_not_retried(mock, sleeps):
    """An error that botocore does not retry is final."""
    fault = mock.fail("ListKeys", "ValidationException", message="No.")

    assert ("ValidationException", "No.") == refusal(client_of().list_keys)
    assert (1, []) == (fault.fired, sleeps)


def test_retry_headers(mock):
    """The headers in which botocore counts its attempts are real."""
    sent = []
    client = client_of("standard")
    client.meta.events.register(
        "before-send.kms", lambda request, **_: sent.append(dict(request.headers))
    )
    mock.fail("ListKeys", "ThrottlingException", times=2)
    client.list_keys()

    attempts = [headers["amz-sdk-request"].decode().split("; ") for headers in sent]

    assert ["attempt=1", "attempt=2", "attempt=3"] == [
        next(part for part in parts if part.startswith("attempt")) for parts in attempts
    ]
    assert 1 == len({headers["amz-sdk-invocation-id"] for headers in sent})


def refuse_to_wait(*_: object, **__: object) -> None:
    raise AssertionError("the client had to wait")


def test_adaptive_mode_that_would_slow_down(sleeps, monkeypatch):
    """Adaptive retries slow nobody down whom only the mock has throttled."""
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", refuse_to_wait)
    with mock_kms(wire=True) as mock:
        client = client_of("adaptive")
        mock.fail("ListKeys", "ThrottlingException")
        responses = [client.list_keys() for _ in range(3)]

    assert [1, 0, 0] == [one["ResponseMetadata"]["RetryAttempts"] for one in responses]


@pytest.mark.asyncio
@needs_aiobotocore
async def test_adaptive_mode_of_aiobotocore_that_would_slow_down(sleeps, monkeypatch):
    """Nor do those of aiobotocore."""
    monkeypatch.setattr("aiobotocore.retries.bucket.AsyncTokenBucket.acquire", refuse_to_wait)
    config = AioConfig(**config_of("adaptive"))
    with mock_kms(wire=True) as mock:
        mock.fail("ListKeys", "ThrottlingException")
        async with make_session(AioSession).create_client(
            "kms", region_name="us-east-1", config=config
        ) as client:
            responses = [await client.list_keys() for _ in range(3)]

    assert [1, 0, 0] == [one["ResponseMetadata"]["RetryAttempts"] for one in responses]


@pytest.mark.parametrize("wire", [True], ids=["before-send"], indirect=True)
def test_sleep_that_was_not_planned(mock, sleeps, monkeypatch):
    """Nobody else's sleep is left out: not that after an error which the test has not planned."""
    client = client_of("standard")
    mock.fail("ListKeys", "ThrottlingException")
    client.list_keys()
    planned, sleeps[:] = sleeps[:], []
    answered = []
    perform = mock._respond

    def respond(exchange):
        answered.append(exchange)
        if len(answered) == 1:
            error = KmsError("KMSInternalException", None)
            return mock._service.refuse(mock._read(exchange), error)
        return perform(exchange)

    monkeypatch.setattr(mock, "_respond", respond)
    client.list_keys()

    assert [0] == planned
    assert 1 == len(sleeps)
    assert sleeps[0] > 0


def test_sleep_of_another_service(mock, sleeps):
    """What another service has to wait for after a planned fault, it waits for."""
    fault = mock.fail("ListKeys", "ThrottlingException", times=None)
    refusal(client_of("standard", 1).list_keys)
    session = make_session()
    session.set_credentials("example", "example")
    sqs = session.create_client(
        "sqs", region_name="us-east-1", config=Config(**config_of("standard", 2))
    )
    failures = [botocore.exceptions.ConnectionClosedError(endpoint_url="?")] * 2

    def fail(**_: object) -> None:
        raise failures.pop()

    sqs.meta.events.register("before-send.sqs", fail)
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        sqs.list_queues()

    assert 1 == fault.fired
    assert 1 == len(sleeps)
    assert sleeps[0] > 0


def test_fault_in_an_older_session(mock, sleeps):
    """Clients that are older than the plugin fail and retry as well."""
    fault = mock.fail("ListKeys", "ThrottlingException", times=2)
    lost = mock.fail("ListKeys", "ConnectionClosedError")
    client = make_older_session().create_client("kms", config=Config(**config_of("standard", 4)))
    response = client.list_keys()

    assert (2, 1, 3) == (fault.fired, lost.fired, response["ResponseMetadata"]["RetryAttempts"])
    assert [0, 0, 0] == sleeps
    assert [
        "ThrottlingException",
        "ThrottlingException",
        "ConnectionClosedError",
        None,
    ] == [code for _, _, code in outcomes(mock)]


@pytest.mark.asyncio
@needs_aiobotocore
async def test_fault_in_an_older_session_of_aiobotocore(mock, sleeps):
    """So do aiobotocore's."""
    mock.fail("ListKeys", "ReadTimeoutError", times=2)
    config = AioConfig(**config_of("standard"))
    async with make_older_session(AioSession).create_client("kms", config=config) as client:
        response = await client.list_keys()

    assert 2 == response["ResponseMetadata"]["RetryAttempts"]
    assert [0, 0] == sleeps


def test_shared_client_after_faults(monkeypatch):
    """A client that has met faults remembers them, as a quota: the next test has another one."""
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    with mock_kms() as mock:
        before = mock.client()
    with mock_kms() as mock:
        same = mock.client()
        mock.fail("ListKeys", "ThrottlingException")
        same.list_keys()
    with mock_kms() as mock:
        after = mock.client()

    assert before is same
    assert before is not after
