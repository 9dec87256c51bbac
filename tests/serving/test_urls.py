"""A request to the URL of a server goes to that server, although mocks intercept by service."""

import asyncio
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pytest_socket

from pytest_kmsmock import mock_kms
from pytest_kmsmock.interception import served
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


@pytest.mark.sweep(2)
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


@pytest.mark.sweep(2)
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


class Neighbour(ThreadingHTTPServer):
    """Somebody else's server on this machine, which counts who asks what."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked = []
        self.body = b'{"services": {}}'

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """Answers all with the body of its server."""

    def do_GET(self):
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def neighbour():
    with Neighbour() as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.fixture
def seconds(monkeypatch):
    """Hold the time after which an endpoint is asked again."""
    passed = [0.0]
    monkeypatch.setattr(served, "monotonic", lambda: passed[0])
    return passed


def test_other_endpoint_is_asked_once(wire, neighbour, seconds):
    """Somebody else's server is asked once by each mock, and not at every call."""
    for _ in range(2):
        with mock_kms(wire=wire) as mock:
            client = mock.client(endpoint_url=neighbour.url)
            for _ in range(3):
                client.list_keys()

            assert 3 == len(mock.calls)

    assert 2 * ["GET /_kmsmock/health"] == neighbour.asked


def test_other_endpoint_that_becomes_a_server(wire, neighbour, seconds):
    """A server that starts later on the same port is found after a second."""
    with mock_kms(wire=wire) as mock:
        client = mock.client(endpoint_url=neighbour.url)
        client.list_keys()
        neighbour.body = b'{"server": "pytest-kmsmock"}'
        seconds[0] = 0.99
        client.list_keys()
        seconds[0] = 1.0
        client.list_keys()

        assert 2 == len(mock.calls)
    assert ["GET /_kmsmock/health", "GET /_kmsmock/health", "POST /"] == neighbour.asked
    OTHERS.clear()


def test_other_endpoint_without_a_mock(neighbour):
    """Without a mock, a server on this machine gets the requests, and no question of ours."""
    with mock_kms() as mock:
        client = mock.client(endpoint_url=neighbour.url)

    client.list_keys()

    assert ["POST /"] == neighbour.asked


def test_other_endpoint_where_sockets_are_refused():
    """Where sockets are refused, an endpoint on this machine is served by the mock."""
    pytest_socket.disable_socket()
    try:
        with mock_kms() as mock:
            mock.client(endpoint_url="http://localhost:4566").list_keys()

            assert 1 == len(mock.calls)
    finally:
        pytest_socket.enable_socket()
