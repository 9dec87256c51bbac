"""A request to the URL of a server goes to that server, although mocks intercept by service."""

import asyncio
import signal
import subprocess
import sys

import pytest
import pytest_socket

from pytest_kmsmock import mock_kms
from pytest_kmsmock.interception.served import OTHERS, SERVERS
from tests.aio import AioSession, needs_aiobotocore
from tests.serving.test_command import Process


@pytest.fixture(params=[False, True], ids=["before-call", "before-send"])
def wire(request):
    return request.param


def test_server_of_another_mock(wire):
    """A client with the URL of another mock's server reaches that mock, and not the active one."""
    with (
        mock_kms() as outer,
        outer.serve() as server,
        mock_kms(isolated=True, wire=wire) as inner,
    ):
        inner.client(endpoint_url=server.url).create_key()
        inner.client().list_keys()

    assert ["CreateKey"] == [call.operation for call in outer.calls]
    assert ["ListKeys"] == [call.operation for call in inner.calls]
    assert {} == SERVERS


def test_own_server(wire):
    """A client with the URL of the active mock's own server is answered by it."""
    with mock_kms(wire=wire) as mock, mock.serve() as server:
        mock.client(endpoint_url=server.url).create_key()

        assert 1 == len(mock.calls)
        assert mock.calls.last.origin is None


def test_server_of_another_process(wire):
    """A client with the URL of another process's server reaches that one."""
    process = Process("--quiet")
    with mock_kms(wire=wire) as mock:
        made = mock.client(endpoint_url=process.url).create_key()["KeyMetadata"]["KeyId"]

        assert [] == mock.client().list_keys()["Keys"]
        assert made == mock.client(endpoint_url=process.url).list_keys()["Keys"][0]["KeyId"]
        assert ["ListKeys"] == [call.operation for call in mock.calls]
    process.end(signal.SIGTERM)
    OTHERS.clear()


@needs_aiobotocore
def test_server_of_another_process_asynchronously():
    """aiobotocore's client reaches another process's server, too."""

    async def create_key(url):
        async with AioSession().create_client("kms", endpoint_url=url) as kms:
            return (await kms.create_key())["KeyMetadata"]["KeyId"]

    process = Process("--quiet")
    with mock_kms() as mock:
        asyncio.run(create_key(process.url))

        assert [] == mock.calls
    process.end(signal.SIGTERM)
    OTHERS.clear()


def test_other_endpoint_on_this_machine(wire):
    """An endpoint where nobody listens, or somebody else, is served by the mock, as ever."""
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    port = server.stdout.readline().split("port ")[1].split()[0]
    with mock_kms(wire=wire) as mock:
        mock.client(endpoint_url="http://127.0.0.1:9").list_keys()
        mock.client(endpoint_url=f"http://localhost:{port}").list_keys()

        assert 2 == len(mock.calls)
    server.terminate()
    server.wait()
    server.stdout.close()


def test_other_endpoint_where_sockets_are_refused():
    """Where sockets are refused, an endpoint on this machine is served by the mock."""
    pytest_socket.disable_socket()
    try:
        with mock_kms() as mock:
            mock.client(endpoint_url="http://localhost:4566").list_keys()

            assert 1 == len(mock.calls)
    finally:
        pytest_socket.enable_socket()
