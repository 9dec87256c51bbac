"""While no mock is active a KMS request goes its way, or is refused with all that helps."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import boto3
import pytest
from aiobotocore.session import AioSession
from botocore.exceptions import HTTPClientError
from moto import mock_aws

from pytest_kmsmock import CallOutsideMock, KmsMock, mock_kms
from tests.plugin.clients import make_older_session, make_session

FILE = Path(__file__)


def refusal(operation: str, place: str) -> str:
    return (
        f"{operation} was called {place} while no KMS mock was active, and kmsmock_outside is "
        "'error'. Ask for the fixture kms (or kms_mock) or decorate with @mock_kms to have it "
        "answered in memory; if it is meant for AWS, run it with --kmsmock-outside=allow."
    )


def place_in(caught: pytest.ExceptionInfo[BaseException], function: str) -> str:
    """Say where *function* stands in what was caught, in a run that was started elsewhere."""
    [line] = [entry.lineno + 1 for entry in caught.traceback if entry.name == function]
    return f"at {FILE}:{line}, in {function},"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def client():
    return KmsMock().client()


def test_request_that_is_allowed(client):
    """By default the request is sent, here into the arms of the guard over the sockets."""
    with pytest.raises(HTTPClientError, match="A test tried to use socket"):
        client.list_keys()


def test_request_that_is_allowed_after_a_mock(client):
    """A client that outlives its mock sends its requests again."""
    with mock_kms():
        client.list_keys()

    with pytest.raises(HTTPClientError, match="A test tried to use socket"):
        client.list_keys()


@pytest.mark.usefixtures("outside_error", "elsewhere")
def test_request_that_is_refused(client):
    """A request outside is refused: what it was, where it was made, and what to add."""
    with pytest.raises(CallOutsideMock) as caught:
        client.list_keys()

    place = place_in(caught, "test_request_that_is_refused")

    assert refusal("ListKeys", place) == str(caught.value)


@pytest.mark.usefixtures("outside_error")
def test_place_in_the_project(client, monkeypatch):
    """A file below the directory of the run is named from there."""
    monkeypatch.chdir(FILE.parent)

    with pytest.raises(CallOutsideMock) as caught:
        client.list_keys()

    place = place_in(caught, "test_place_in_the_project").replace(str(FILE), FILE.name)

    assert refusal("ListKeys", place) == str(caught.value)


def read_through_a_library(client):
    return list(client.get_paginator("list_keys").paginate())


@pytest.mark.usefixtures("outside_error", "elsewhere")
def test_place_of_a_call_by_a_library(client):
    """The place is the innermost one that is not in an installed package."""
    with pytest.raises(CallOutsideMock) as caught:
        read_through_a_library(client)

    place = place_in(caught, "read_through_a_library")

    assert refusal("ListKeys", place) == str(caught.value)


@pytest.mark.usefixtures("outside_error")
def test_place_of_a_call_by_a_thread(client):
    """A thread with nothing but library code on its stack is told by the test that runs."""
    with ThreadPoolExecutor(1) as pool:
        failure = pool.submit(partial(client.describe_key, KeyId="alias/app")).exception()

    test = f"{FILE.relative_to(FILE.parents[3])}::test_place_of_a_call_by_a_thread (call)"

    assert refusal("DescribeKey", f"in a thread of its own (test: {test})") == str(failure)


@pytest.mark.usefixtures("outside_error", "elsewhere")
def test_request_of_an_older_session_that_is_refused():
    """The last net refuses too."""
    client = make_older_session().create_client("kms")

    with pytest.raises(CallOutsideMock) as caught:
        client.list_keys()

    place = place_in(caught, "test_request_of_an_older_session_that_is_refused")

    assert refusal("ListKeys", place) == str(caught.value)


@pytest.mark.asyncio
@pytest.mark.usefixtures("outside_error", "elsewhere")
@pytest.mark.parametrize("make", [make_session, make_older_session])
async def test_request_of_aiobotocore_that_is_refused(make):
    """aiobotocore's requests are refused, and placed in the coroutine that made them."""
    session = make(AioSession)
    session.set_credentials("example", "example")
    async with session.create_client("kms", region_name="us-east-1") as client:
        with pytest.raises(CallOutsideMock) as caught:
            await client.list_keys()

    place = place_in(caught, "test_request_of_aiobotocore_that_is_refused")

    assert refusal("ListKeys", place) == str(caught.value)


@pytest.mark.usefixtures("outside_error")
def test_request_to_moto_that_is_refused():
    """moto's KMS is outside too: a suite sees which of its tests still use that one."""
    with mock_aws(), pytest.raises(CallOutsideMock):
        boto3.client("kms", "us-east-1").list_keys()


@pytest.mark.usefixtures("outside_error")
def test_request_of_another_service():
    """Other services are none of our business."""
    with mock_aws():
        buckets = boto3.client("s3", "us-east-1").list_buckets()["Buckets"]

    assert [] == buckets
