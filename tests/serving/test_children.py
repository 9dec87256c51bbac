"""Processes that a test starts: they have a copy of its KMS, or the test's own, or none."""

import ast
import asyncio
import multiprocessing
import os
import shlex
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from pytest_kmsmock import CallOutsideMock, ForkedCopyWarning, KmsMock, mock_kms
from pytest_kmsmock.serving.children import CHILDREN
from pytest_kmsmock.stack import ACTIVE

COMMAND = [sys.executable, str(Path(__file__).with_name("tool.py"))]
REFUSED = (
    "CreateKey was called in a process that the tests have started, {reason}. To have it answered "
    "by the test's own KMS, say kmsmock_children = serve in the ini file, or children='serve' to "
    "mock_kms or the marker kms."
)
WITH_BOTO3 = """
import boto3
try:
    print(boto3.client("kms").create_key(Description="made by a tool")["KeyMetadata"]["Arn"])
except Exception as error:
    print(error)
"""


@pytest.fixture(autouse=True)
def _environment_as_it_was():
    before = read_environment()
    yield
    assert before == read_environment()


def read_environment():
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture(scope="module", autouse=True)
def _no_listener_is_left():
    yield
    CHILDREN.close()


@pytest.fixture
def served():
    with mock_kms(region_name="eu-west-1", children="serve") as mock:
        yield mock


def run_tool(command=COMMAND, **options):
    """Run a tool, and return the line that it has printed."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert "" == ran.stderr
    return ran.stdout.strip()


def create_key(description):
    """What a worker does; where the test's module can be imported, spawn can call it."""
    kms = boto3.client("kms")
    return kms.create_key(Description=description)["KeyMetadata"]["Arn"]


def send_key(end: Connection, description: str) -> None:
    end.send(create_key(description))


def descriptions(mock: KmsMock) -> list[str]:
    return [call.parameters["Description"] for call in mock.calls.of("CreateKey")]


def in_fork(function):
    """Call *function* in a forked child, and return what it returns or the error it raises."""
    ours, theirs = multiprocessing.Pipe()
    child = os.fork()
    if not child:  # pragma: no cover - coverage does not see into it
        try:
            theirs.send(function())
        except BaseException as error:  # noqa: BLE001 - all of them are for the parent
            theirs.send(error)
        finally:
            os._exit(0)
    theirs.close()
    try:
        return ours.recv()
    finally:
        ours.close()
        os.waitpid(child, 0)


@pytest.mark.slow
def test_served_subprocess(served):
    """A tool that a test runs calls the test's own KMS, in its Region."""
    arn = run_tool([sys.executable, "-c", WITH_BOTO3])

    assert arn.startswith("arn:aws:kms:eu-west-1:123456789012:key/")
    (call,) = served.calls
    assert ("made by a tool", arn) == (call.parameters["Description"], call.key_arn)
    assert call.origin.user_agent.startswith("Boto3/")


@pytest.mark.parametrize("shell", [False, True], ids=["command", "shell"])
def test_served_subprocess_with_an_environment(served, shell):
    """An environment that the code gives is completed, and is not changed."""
    command = shlex.join(COMMAND) if shell else COMMAND
    given = {"PATH": os.environ["PATH"], "NO_PROXY": "example.com"}

    assert run_tool(command, shell=shell, env=given).startswith("arn:aws:kms:eu-west-1:")
    assert {"PATH", "NO_PROXY"} == given.keys()


SHOW = [
    sys.executable,
    "-c",
    "import os; print(sorted(x for x in os.environ.items() if x[0].startswith(('AWS_', 'NO_'))))",
]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {},
            {
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "AWS_SESSION_TOKEN": "",
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "eu-west-1",
            },
        ),
        (
            {"AWS_DEFAULT_REGION": "us-west-2"},
            {
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "AWS_SESSION_TOKEN": "",
                "AWS_DEFAULT_REGION": "us-west-2",
            },
        ),
        (
            {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "x"},
            {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "x"},
        ),
        ({"AWS_PROFILE": "mine"}, {"AWS_PROFILE": "mine"}),
        (
            {"AWS_PROFILE": "mine", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            {"AWS_PROFILE": "mine"},
        ),
    ],
    ids=["nothing", "region", "keys", "profile", "ignored endpoints"],
)
def test_completed_environment(served, given, expected):
    """Credentials and Region are given where there are neither keys nor a profile, and no other."""
    expected = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_KMS": CHILDREN.url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "NO_PROXY": "127.0.0.1,localhost",
        **expected,
    }

    assert sorted(expected.items()) == ast.literal_eval(run_tool(SHOW, env=given))


def test_credentials_that_are_given_stay(served):
    """Keys and a Region that the code gives stay, also the Region that goes without keys."""
    given = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIDMINE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-west-2",
    }

    assert run_tool(env=given).startswith("arn:aws:kms:us-west-2:")
    assert run_tool(env={**os.environ, "AWS_REGION": "us-west-1"}).startswith(
        "arn:aws:kms:us-west-1:"
    )


def test_endpoint_that_the_code_gives_stays(served):
    """A child that the code sends to a server of its own goes there."""
    with mock_kms(isolated=True) as other, other.serve() as server:
        run_tool(env={**os.environ, **server.environment})

        assert ["made by a tool"] == descriptions(other)
    assert [] == served.calls


def test_served_posix_spawn(served):
    """A process made by os.posix_spawn is served, too."""
    child = os.posix_spawn(sys.executable, COMMAND, os.environ)
    os.waitpid(child, 0)

    assert ["made by a tool"] == descriptions(served)


def test_served_asyncio_subprocess(served):
    """A process made by asyncio is served, too."""

    async def run():
        process = await asyncio.create_subprocess_exec(*COMMAND, stdout=subprocess.PIPE)
        return (await process.communicate())[0]

    assert asyncio.run(run()).startswith(b"arn:aws:kms:eu-west-1:")
    assert ["made by a tool"] == descriptions(served)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_served_worker(served, method):
    """A worker of multiprocessing calls the test's own KMS, however it is made."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context(method)
    worker = context.Process(target=send_key, args=(theirs, method))
    worker.start()
    theirs.close()

    assert ours.recv().startswith("arn:aws:kms:eu-west-1:")
    worker.join()
    ours.close()
    assert [method] == descriptions(served)


def test_served_pool(served):
    """The workers of a ProcessPoolExecutor call the test's own KMS."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        list(pool.map(create_key, ["a", "b", "c"]))

    assert ["a", "b", "c"] == sorted(descriptions(served))


def test_served_fork_with_a_client_of_before(served):
    """A forked child is served through a client that was made before it, and its children are."""
    kms = boto3.client("kms")

    def call():
        made = kms.create_key(Description="forked")["KeyMetadata"]["Arn"]
        try:
            kms.describe_key(KeyId="alias/none")
        except ClientError as error:
            return made, str(error), run_tool()

    made, error, tool = in_fork(call)

    assert made.startswith("arn:aws:kms:eu-west-1:")
    assert error.endswith("Alias arn:aws:kms:eu-west-1:123456789012:alias/none is not found.")
    assert tool.startswith("arn:aws:kms:eu-west-1:")
    assert ["forked", "made by a tool"] == descriptions(served)
    assert served.calls[0].origin.user_agent.startswith("pytest-kmsmock, forked process ")
    assert 2 == len(served.client().list_keys()["Keys"])


@pytest.mark.slow
def test_served_fork_meets_planned_faults(served):
    """A forked child meets the faults that the test has planned, and its client retries."""
    kms = boto3.client("kms")
    served.fail("CreateKey", "ThrottlingException", times=2)
    assert in_fork(lambda: create_key("retried")).startswith("arn:")
    assert [1, 2, 3] == [call.attempt for call in served.calls]
    with served.fail("ListKeys", "ConnectionClosedError", times=None):
        error = in_fork(kms.list_keys)

    assert isinstance(error, ConnectionClosedError)


@pytest.mark.sweep(7)
@pytest.mark.parametrize(
    "use",
    [
        lambda mock: mock.calls,
        lambda mock: mock.clock.now(),
        lambda mock: mock.create_key(),
        lambda mock: mock.fail("ListKeys", "ThrottlingException"),
        lambda mock: mock.reset(),
        lambda mock: mock.serve().start(),
        lambda mock: mock.snapshot(),
    ],
    ids=["calls", "clock", "create_key", "fail", "reset", "serve", "snapshot"],
)
def test_handle_in_a_served_fork(served, use):
    """In a forked child the handle refuses, for what it holds is not the KMS that is served."""
    error = in_fork(lambda: use(served))

    assert isinstance(error, RuntimeError)
    assert (
        "this handle is a copy in a forked process, where the test's own KMS answers: call KMS by "
        "a client here, and use the handle in the test's process" == str(error)
    )


def test_end_of_a_mock_in_a_served_fork(served):
    """A forked child that leaves the mock's block leaves the test's KMS as it is."""
    served.client().create_key()

    def leave():
        served.stop()
        return "left"

    assert "left" == in_fork(leave)
    assert 1 == len(served.client().list_keys()["Keys"])


def test_listener_stays_for_the_next_mock():
    """One listener answers for whichever mock is active, so that a worker outlives a test."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        with mock_kms(children="serve") as first:
            pool.submit(create_key, "first").result()
        url = CHILDREN.url
        with mock_kms(children="serve") as second:
            pool.submit(create_key, "second").result()
            assert url == CHILDREN.url
        with pytest.raises(ClientError, match="while no KMS mock was active that serves such"):
            pool.submit(create_key, "third").result()

    assert (["first"], ["second"]) == (descriptions(first), descriptions(second))


def test_copy_warns_once():
    """A forked child of a mock that serves no children warns in its first call, and works on."""
    with mock_kms(region_name="eu-west-1") as mock:

        def call_twice():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                create_key("one")
                create_key("two")
            return [(one.category, str(one.message)) for one in caught], len(mock.calls)

        warned, called = in_fork(call_twice)

    assert [
        (
            ForkedCopyWarning,
            "CreateKey was called in a forked process, on a copy of the test's KMS: the test sees "
            "neither the call nor what it changes. Set kmsmock_children = serve (or "
            "children='serve' to mock_kms or the marker kms) to have it answered by the test's "
            "own KMS",
        )
    ] == warned
    assert 2 == called
    assert [] == mock.calls


def test_copy_warns_of_a_planned_fault_too():
    """A call that is to fail as planned warns, too, and fails as planned."""
    with mock_kms(region_name="eu-west-1", unfired_faults="ignore") as mock:
        mock.fail("CreateKey", "DisabledException", times=None)

        def call():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                with pytest.raises(ClientError, match="DisabledException"):
                    create_key("one")
            return [one.category for one in caught]

        assert [ForkedCopyWarning] == in_fork(call)


def test_mock_of_a_forked_child_is_its_own():
    """A mock that a forked child starts itself is no copy."""

    def call():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with mock_kms(region_name="eu-west-1") as mock:
                create_key("own")
                return len(mock.calls)

    assert 1 == in_fork(call)


def test_refused_children():
    """With children="refuse" no child is answered, and each is told what to do."""
    with mock_kms(region_name="eu-west-1", children="refuse") as mock:
        told = run_tool()
        error = in_fork(lambda: create_key("forked"))

    assert REFUSED.format(reason="and kmsmock_children is 'refuse'") == told
    assert isinstance(error, CallOutsideMock)
    assert told == str(error)
    assert [] == mock.calls


@pytest.mark.parametrize("mocked", [False, True])
def test_no_child_reaches_aws(outside_error, mocked):
    """With kmsmock_outside = error a child's request does not leave, with or without a mock."""
    with mock_kms(isolated=True) if mocked else warnings.catch_warnings():
        told = run_tool()

    assert REFUSED.format(reason="and kmsmock_outside is 'error'") == told


def test_child_of_no_test_is_left_alone(monkeypatch, outside_error):
    """A process that no test starts, such as a worker of pytest-xdist, is left alone."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")

    assert "AWS_ENDPOINT_URL_KMS" not in run_tool(SHOW)


def test_child_of_a_mock_that_copies_is_left_alone():
    """Without the option a process that is not forked is as without a mock."""
    with mock_kms():
        shown = dict(ast.literal_eval(run_tool(SHOW)))

    assert {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} == shown.keys()


def test_children_of_a_joined_mock(served):
    """A mock that is joined serves children or does not; asked for the other, it refuses."""
    with mock_kms(children="serve") as joined:
        assert joined is served
    with pytest.raises(ValueError, match="whose children is 'serve'"):
        mock_kms(children="refuse").start()


def test_word_that_there_is_not():
    """Another word is refused at the call."""
    with pytest.raises(ValueError, match="children 'mock' is not copy or serve or refuse"):
        mock_kms(children="mock")


def test_windows(monkeypatch):
    """On Windows, where processes are made in another way, the option is refused."""
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(ValueError, match="children 'serve' is not available on Windows"):
        mock_kms(children="serve")


SUITE = """
import subprocess, sys
import pytest

TOOL = "import boto3; print(boto3.client('kms').list_keys()['Keys'])"

@pytest.fixture(scope="session")
def tool():
    # Before any mock: it finds whichever is active when it calls.
    return subprocess.Popen(
        [sys.executable, "-ic", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, bufsize=1,
    )

def test_served(tool, kms, kms_mock):
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    out, _ = tool.communicate(TOOL)
    assert key_id in out
    kms_mock.assert_called("ListKeys", times=1)

@pytest.mark.kms(children="refuse")
def test_refused():
    ran = subprocess.run([sys.executable, "-c", TOOL], capture_output=True, text=True)
    assert "kmsmock_children is 'refuse'" in ran.stderr
"""


@pytest.mark.slow
def test_ini_option(pytester):
    """The ini option holds for all tests, and also for what starts before their mocks."""
    pytester.makeini("[pytest]\nkmsmock_children = serve\nkmsmock_region = eu-west-1\n")
    pytester.makepyfile(SUITE)
    CHILDREN.close()

    ran = pytester.runpytest_inprocess(
        "-pno:cacheprovider", "-pno:hypothesispytest", "-pno:asyncio"
    )

    ran.assert_outcomes(passed=2)
    assert CHILDREN._listener is None


def test_ini_option_that_can_not_be(pytester):
    """Another word in the ini file is told before any test runs."""
    pytester.makeini("[pytest]\nkmsmock_children = some\n")

    ran = pytester.runpytest_inprocess("-pno:cacheprovider", "-pno:asyncio")

    ran.stderr.fnmatch_lines(["*ini option kmsmock_children 'some' is not copy or serve or refuse"])


def test_threads_of_servers_stand_still_during_a_fork(served):
    """No thread of a server runs while a process is forked, and the server goes on after it."""
    with served.serve() as server:
        names = in_fork(lambda: [thread.name for thread in threading.enumerate()])

        assert ["MainThread"] == names
        assert run_tool(env={**os.environ, **server.environment}).startswith("arn:")
    assert ACTIVE.current is served
