"""The server's life: when it begins and ends, what it shares with its mock, and what it tells."""

import errno
import http.client
import os
import subprocess
import sys
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import mock_kms
from pytest_kmsmock.serving.server import ServerFailed
from tests.serving.raw import Wire, request


def ask(port, operation="ListKeys", members=None, **headers):
    wire = Wire(port)
    try:
        return wire.ask(request(operation, members, **headers))
    finally:
        wire.close()


def server_threads():
    return [one for one in threading.enumerate() if one.name.startswith("kmsmock-server")]


def test_server_answers_once_it_has_started(mock):
    """When start() returns the server answers, and after stop() nobody does."""
    server = mock.serve()

    assert server is server.start()
    assert server is server.start()
    assert f"http://127.0.0.1:{server.port}" == server.url
    assert 200 == ask(server.port).status

    port = server.port
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        Wire(port)
    assert [] == server_threads()


def test_server_that_is_not_started(mock):
    """A server that is not started has no address, and says so."""
    server = mock.serve()

    with pytest.raises(ValueError, match="this server is not started: start\\(\\) it"):
        server.url  # noqa: B018
    assert "<KmsServer not started>" == repr(server)


def test_server_is_restarted(mock):
    """A server that was stopped can start again."""
    server = mock.serve()
    with server:
        pass
    with server:
        assert 200 == ask(server.port).status


def test_server_ends_with_its_mock():
    """A server that nobody stops ends with its mock."""
    with mock_kms() as mock:
        server = mock.serve().start()
        port = server.port

    with pytest.raises(ConnectionRefusedError):
        Wire(port)
    assert [] == server_threads()


def test_server_of_a_mock_that_is_over():
    """A mock that is over serves nobody."""
    with mock_kms() as mock:
        server = mock.serve()

    with pytest.raises(ValueError, match="this mock is not active"):
        server.start()
    with pytest.raises(ValueError, match="this mock is not active"):
        mock.serve()


def test_open_connections_end_with_the_server(mock):
    """A connection that is open when the server stops is closed."""
    with mock.serve() as server:
        wire = Wire(server.port)
        assert 200 == wire.ask(request()).status

    assert wire.is_closed()
    wire.close()


def test_taken_port(server):
    """A port that is taken is an error at once, in a sentence."""
    with mock_kms(isolated=True) as other, pytest.raises(OSError, match="is taken") as caught:
        other.serve(port=server.port).start()

    assert errno.EADDRINUSE == caught.value.errno
    assert (
        f"port {server.port} of 127.0.0.1 is taken: give another one, or 0 for a free one"
        == caught.value.strerror
    )


def test_given_port(mock):
    """A port that was just in use can be had again."""
    with mock.serve() as first:
        port = first.port
        assert 200 == ask(port).status

    with mock.serve(port=port) as second:
        assert port == second.port
        assert 200 == ask(port).status


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            {"port": 70_000},
            ValueError,
            "port=70000 is not a port: give 1 to 65535, or 0 for a free",
        ),
        ({"port": "80"}, TypeError, "port='80' is not a number"),
        ({"port": True}, TypeError, "port=True is not a number"),
        ({"host": 127}, TypeError, "host=127 is not a string"),
    ],
)
def test_address_that_can_not_be(mock, arguments, error, text):
    """An address that can't be is refused at the call."""
    with pytest.raises(error, match=text):
        mock.serve(**arguments)


def test_host_that_is_not_here(mock):
    """An address of another machine is an error at once, in a sentence."""
    with pytest.raises(OSError, match=r"nobody can listen on port 0 of 192\.0\.2\.1: "):
        mock.serve(host="192.0.2.1").start()


@pytest.mark.parametrize(
    ("host", "url"),
    [("::1", "http://[::1]"), ("0.0.0.0", "http://127.0.0.1"), ("localhost", "http://localhost")],
)
def test_other_hosts(mock, host, url):
    """A URL is one that a client of this machine can use, whatever the server listens on."""
    with mock.serve(host=host) as server:
        assert f"{url}:{server.port}" == server.url
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
        connection.request("GET", "/_kmsmock/health")
        assert 200 == connection.getresponse().status
        connection.close()


def test_two_servers(mock, server):
    """A mock has as many servers as are asked for."""
    with mock.serve() as other:
        ask(server.port, "CreateKey")

        assert 1 == len(ask(other.port).json["Keys"])


def test_two_mocks_at_once():
    """Two mocks serve side by side, each its own keys."""
    with (
        mock_kms() as outer,
        outer.serve() as first,
        mock_kms(isolated=True) as inner,
        inner.serve() as second,
    ):
        ask(first.port, "CreateKey")

        assert (1, 0) == (
            len(ask(first.port).json["Keys"]),
            len(ask(second.port).json["Keys"]),
        )


def test_same_keys_on_both_sides(server, mock):
    """What the test's own client makes is there for the server's, and the other way round."""
    key_id = mock.client().create_key()["KeyMetadata"]["KeyId"]

    blob = ask(server.port, "Encrypt", {"KeyId": key_id, "Plaintext": b"hi"}).json["CiphertextBlob"]

    assert b"hi" == mock.client().decrypt(CiphertextBlob=b64decode(blob))["Plaintext"]


def test_clock_is_the_mocks(server, mock):
    """The server's time is the mock's."""
    key_id = ask(server.port, "CreateKey").json["KeyMetadata"]["KeyId"]
    ask(server.port, "ScheduleKeyDeletion", {"KeyId": key_id, "PendingWindowInDays": 7})

    mock.clock.advance(days=8)

    assert "NotFoundException" == ask(server.port, "DescribeKey", {"KeyId": key_id}).json["__type"]


def test_calls_tell_where_they_came_from(server, mock):
    """A call of another process is in the record, with its parameters, attempt and origin."""
    wire = Wire(server.port)
    host, port = wire.socket.getsockname()
    wire.ask(
        request(
            "CreateKey",
            {"Description": "x"},
            user_agent="tool/1",
            amz_sdk_request="attempt=2; max=3",
        )
    )
    wire.close()
    mock.client().list_keys()

    call, own = mock.calls
    assert ("CreateKey", {"Description": "x"}, 2) == (call.operation, call.parameters, call.attempt)
    assert (f"{host}:{port}", "tool/1") == (call.origin.address, call.origin.user_agent)
    assert "eu-west-1" == call.region
    assert own.origin is None


def test_planned_error(server, mock):
    """A planned error of KMS is what the server answers."""
    mock.fail("ListKeys", "KMSInternalException", message="sorry")

    answer = ask(server.port)

    assert 500 == answer.status
    assert {"__type": "KMSInternalException", "message": "sorry"} == answer.json
    assert 200 == ask(server.port).status


@pytest.mark.parametrize(
    "error",
    ["ConnectionClosedError", "ReadTimeoutError", "ConnectTimeoutError", "EndpointConnectionError"],
)
def test_planned_connection_error(server, mock, error):
    """A planned error of the connection closes the socket."""
    mock.fail("ListKeys", error)

    with pytest.raises(EOFError):
        ask(server.port)
    assert error == mock.calls.last.error.code
    assert 200 == ask(server.port).status


def test_planned_delay(server, mock):
    """A planned delay moves the mock's clock, and keeps nobody waiting."""
    before = mock.clock.now()
    with mock.delay("ListKeys", seconds=3600):
        assert 200 == ask(server.port).status

    assert (mock.clock.now() - before).total_seconds() >= 3600


def test_call_that_waits_keeps_nobody_else_waiting(server, mock):
    """While a request waits for what the test has planned, other clients are answered."""
    reached, released = threading.Event(), threading.Event()

    def wait(call):
        reached.set()
        return released.wait(20)

    mock.fail("CreateKey", "ThrottlingException", when=wait)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, server.port, "CreateKey")
        assert reached.wait(20)

        assert 200 == ask(server.port).status
        assert not waiting.done()
        released.set()
        assert "ThrottlingException" == waiting.result(20).json["__type"]


def break_list_keys(monkeypatch, mock):
    """Break KMS as a bug would."""

    def fail(exchange):
        raise LookupError("oh no")

    monkeypatch.setattr(mock, "_respond", fail)


def test_bug_of_ours(monkeypatch, caplog, mock):
    """A bug of ours is a 500 InternalFailure, is logged with its traceback, and fails the test."""
    server = mock.serve().start()
    break_list_keys(monkeypatch, mock)

    answer = ask(server.port)

    assert (500, {"__type": "InternalFailure"}) == (answer.status, answer.json)
    (record,) = caplog.records
    assert "the answer to TrentService.ListKeys failed" == record.getMessage()
    assert LookupError is record.exc_info[0]
    with pytest.raises(ServerFailed) as caught:
        server.stop()
    assert "1 of the requests served met a bug in pytest-kmsmock: LookupError('oh no')" == str(
        caught.value
    )
    assert isinstance(caught.value.__cause__, LookupError)


def test_bug_of_ours_beside_another_failure(monkeypatch, mock):
    """A bug of ours is told beside the failure of a test, not in its place."""

    def fail():
        with mock.serve() as server:
            break_list_keys(monkeypatch, mock)
            ask(server.port)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        fail()
    (note,) = caught.value.__notes__
    assert note.startswith("1 of the requests served met a bug in pytest-kmsmock")


def test_environment(server):
    """The environment leads to the server, and to nothing of the machine's configuration."""
    environment = server.environment

    profile = environment.pop("AWS_CONFIG_FILE")
    assert profile == environment.pop("AWS_SHARED_CREDENTIALS_FILE")
    assert {
        "AWS_ENDPOINT_URL_KMS": server.url,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_USE_FIPS_ENDPOINT": "false",
        "AWS_USE_DUALSTACK_ENDPOINT": "false",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    } == environment


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("intra.example.com", "intra.example.com,127.0.0.1,localhost"),
        ("a, 127.0.0.1", "a,127.0.0.1,localhost"),
        ("*", "*"),
    ],
)
def test_environment_adds_to_the_exceptions_of_a_proxy(server, monkeypatch, before, after):
    """Hosts that are reached without a proxy stay so."""
    monkeypatch.setenv("NO_PROXY", before)

    assert after == server.environment["NO_PROXY"]


TOOL = """
import boto3
kms = boto3.client("kms")
key_id = kms.create_key()["KeyMetadata"]["KeyId"]
blob = kms.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
print(kms.meta.region_name, kms.decrypt(CiphertextBlob=blob)["Plaintext"])
"""


AWAY_FROM_HERE = {
    "AWS_PROFILE": "nobody",
    "AWS_SESSION_TOKEN": "theirs",
    "AWS_REGION": "us-west-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}


@pytest.mark.sweep(2)
@pytest.mark.parametrize("configured", [{}, AWAY_FROM_HERE], ids=["nothing", "much"])
def test_boto3_in_a_process(server, mock, monkeypatch, configured):
    """A tool in a process finds KMS by the environment, whatever else is configured there."""
    for name, value in configured.items():
        monkeypatch.setenv(name, value)

    ran = subprocess.run(
        [sys.executable, "-c", TOOL],
        env={**os.environ, **server.environment},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("eu-west-1 b'hi'\n", "") == (ran.stdout, ran.stderr)
    mock.assert_called("Decrypt", times=1)


@pytest.mark.slow
def test_mock_that_serves_nobody():
    """A mock that serves nobody imports neither sockets' nor HTTP's part of a server."""
    script = (
        "import sys; from pytest_kmsmock import mock_kms\n"
        "with mock_kms() as mock: mock.client().list_keys()\n"
        "print([name for name in sys.modules if name.endswith(('listener', 'http11', 'admin'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert ("[]\n", "") == (ran.stdout, ran.stderr)


AS_SOMEBODY = """
import boto3
from botocore.exceptions import ClientError
kms = boto3.client("kms")
try:
    print(len(kms.encrypt(KeyId="alias/app", Plaintext=b"hi")["CiphertextBlob"]))
    kms.disable_key(KeyId=kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"])
except ClientError as error:
    print(error)
"""


@pytest.mark.sweep(2)
@pytest.mark.parametrize("profile", [None, "nobody"])
def test_environment_as(server, mock, monkeypatch, profile):
    """A process calls as the principal whose environment it is given, and is allowed as he is."""
    if profile is not None:
        monkeypatch.setenv("AWS_PROFILE", profile)
    key = mock.create_key(alias="app")
    worker = mock.role("worker").allow("kms:Encrypt", "kms:DescribeKey", resource=key.arn)

    environment = server.environment_as(worker)
    ran = subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )

    sealed, refused = ran.stdout.splitlines()
    assert sealed.isdigit()
    caller = "arn:aws:sts::123456789012:assumed-role/worker/kmsmock"
    assert refused == (
        "An error occurred (AccessDeniedException) when calling the DisableKey operation: User: "
        f"{caller} is not authorized to perform: kms:DisableKey on resource: {key.arn} because no "
        "identity-based policy allows the kms:DisableKey action"
    )
    assert {caller} == {call.principal for call in mock.calls}
    written = Path(environment["AWS_CONFIG_FILE"])
    assert written.exists()
    server.stop()
    assert not written.exists()


def test_environment_as_of_something_else(server):
    """Something else than a principal has no credentials to give."""
    with pytest.raises(TypeError, match=r"environment_as\('worker'\) takes a handle such as kms_m"):
        server.environment_as("worker")


def test_fixture(pytester):
    """The fixture kms_server is a server in front of the test's own KMS."""
    pytester.makepyfile(
        """
        import http.client

        def test_served(kms_server, kms, kms_mock):
            kms.create_key()
            connection = http.client.HTTPConnection("127.0.0.1", kms_server.port, timeout=20)
            connection.request("GET", "/_kmsmock/calls")
            assert b'"CreateKey"' in connection.getresponse().read()
            connection.close()
        """
    )

    ran = pytester.runpytest_inprocess(
        "-pno:cacheprovider", "-pno:hypothesispytest", "-pno:asyncio"
    )
    ran.assert_outcomes(passed=1)


def test_server_outlives_a_reset(server, mock):
    """A reset empties KMS, and the server goes on."""
    ask(server.port, "CreateKey")

    mock.reset()

    assert [] == ask(server.port).json["Keys"]


def test_own_client_at_the_servers_url(server, mock):
    """A client of the test's own process that has the server's URL is served, too."""
    kms = mock.client(endpoint_url=server.url)

    with pytest.raises(ClientError, match="NotFoundException"):
        kms.describe_key(KeyId="alias/none")
