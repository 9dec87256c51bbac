"""Who makes the requests whose credentials nobody has declared."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.stack import ACTIVE
from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import make_client, make_older_session
from tests.vocabulary import refusal

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
ADMINISTRATOR = f"{IAM}user/kmsmock"
CALLERS = [
    ("role/worker", f"{IAM}role/worker"),
    ("role/team/worker", f"{IAM}role/team/worker"),
    ("user/alice", f"{IAM}user/alice"),
    ("user/kmsmock", ADMINISTRATOR),
    ("root", f"{IAM}root"),
    ("arn:aws:iam::444455556666:role/worker", "arn:aws:iam::444455556666:role/worker"),
    ("arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root"),
    (
        "arn:aws:sts::444455556666:assumed-role/worker/job",
        "arn:aws:sts::444455556666:assumed-role/worker/job",
    ),
]
# Made before any mock.
OLD_CLIENT = make_client()
OLDER_CLIENT = make_older_session().create_client("kms")


def callers(mock: KmsMock) -> list[str]:
    """Return who has called, each once in a row."""
    found: list[str] = []
    for call in mock.calls:
        name = call.principal.rpartition(":")[2]
        if found[-1:] != [name]:
            found.append(name)
    return found


def ask(client: object) -> None:
    """Make a request that nobody need be allowed."""
    refusal(client.list_aliases, Limit=1001)


# --- acting_as ---------------------------------------------------------------------------------


def test_default_caller(mock):
    """Where nobody says so, the administrator makes the requests."""
    ask(mock.client())

    assert ADMINISTRATOR == mock.caller.arn
    assert mock.user("kmsmock") == mock.caller
    assert ["user/kmsmock"] == callers(mock)


def test_acting_as(mock):
    """Somebody acts for the time of a block: in all clients that have no declared credentials."""
    worker = mock.role("worker")
    clients = [mock.client(), boto3.client("kms", "us-east-1"), OLD_CLIENT, OLDER_CLIENT]
    with mock.acting_as(worker):
        clients.append(boto3.client("kms", "us-east-1"))
        for client in clients:
            ask(client)

        assert worker == mock.caller
    ask(mock.client())

    assert ["assumed-role/worker/kmsmock", "user/kmsmock"] == callers(mock)
    assert 5 == len(mock.calls.by(worker))


def test_advice_about_callers(mock):
    """Advice how to name a caller is given as long as nobody has named one."""

    def has_advice() -> bool:
        refusal(mock.client().list_keys)
        return "`caller=`" in mock.calls.last.decision.explain()

    mock.user("kmsmock").detach_all()
    with mock.acting_as("role/worker"):
        named = has_advice()

    assert (False, True) == (named, has_advice())


@needs_aiobotocore
def test_acting_as_in_coroutines(mock):
    """It holds for asynchronous clients, too."""

    async def call() -> None:
        async with AioSession().create_client("kms", "us-east-1") as client:
            with pytest.raises(client.exceptions.ClientError):
                await client.list_keys()

    with mock.acting_as("role/worker"):
        asyncio.run(call())

    assert ["assumed-role/worker/kmsmock"] == callers(mock)


def test_acting_as_in_threads(mock):
    """It holds for the whole process: also for threads that were there before."""
    ready = threading.Event()

    def call() -> None:
        ready.wait(10)
        ask(mock.client())

    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call)
        with mock.acting_as("role/worker"):
            ready.set()
            called.result(10)

    assert ["assumed-role/worker/kmsmock"] == callers(mock)


def test_declared_credentials_while_acting(mock):
    """Whose credentials are declared stays who he is; so does the account's administrator."""
    with mock.acting_as("role/worker"):
        ask(mock.user("alice").client())
        ask(mock.account(ACCOUNT).client())

    assert ["user/alice", "user/kmsmock"] == callers(mock)


def test_setting_up_while_acting(mock):
    """What the test sets up is done by the administrator, whoever acts."""
    with mock.acting_as("role/worker"):
        key = mock.create_key(alias="app")
        mock.create_grant(key, grantee="role/other", operations=["Encrypt"])

    assert [] == mock.calls


def test_nesting(mock):
    """The one who was named last acts; parts end in any order."""
    first, second = mock.acting_as("role/first"), mock.acting_as("role/second")
    said = [mock.caller.arn]
    for step in (
        first.__enter__,
        second.__enter__,
        lambda: first.__exit__(None, None, None),
        lambda: second.__exit__(None, None, None),
    ):
        step()
        said.append(mock.caller.arn)

    assert [
        ADMINISTRATOR,
        f"{IAM}role/first",
        f"{IAM}role/second",
        f"{IAM}role/second",
        ADMINISTRATOR,
    ] == said


def test_failing_block(mock):
    """A block that fails ends the part."""
    with pytest.raises(ZeroDivisionError), mock.acting_as("role/worker"):
        raise ZeroDivisionError

    assert ADMINISTRATOR == mock.caller.arn


@pytest.mark.parametrize(("name", "arn"), CALLERS)
def test_names(kms_mock, name, arn):
    """Who acts can be named in short, or by ARN; nobody need have declared him."""
    with kms_mock.acting_as(name):
        assert arn == kms_mock.caller.arn


def test_derived_principals(mock):
    """A session, or a principal through a service, acts as such."""
    derived = mock.role("worker").assume("job").via("s3")
    with mock.acting_as(derived):
        ask(mock.client())

        assert derived == mock.caller
    assert [mock.calls[0]] == mock.calls.by(derived)


@pytest.mark.parametrize("name", ["worker", "", "group/x", "arn:aws:iam::1:root", f"{IAM}group/x"])
def test_names_of_nobody(kms_mock, name):
    """A name that can't be a caller's is refused."""
    message = (
        f"caller {name!r} names nobody: give 'role/worker', 'user/alice', 'root', or the ARN of a"
        " role, a user, a root user or an assumed role's session"
    )
    for start in (lambda: kms_mock.acting_as(name), lambda: mock_kms(caller=name)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            start()


def test_what_is_no_handle(kms_mock):
    """Only a handle or a name acts; an account as such does not."""
    with pytest.raises(
        TypeError, match=r"^acting_as\(\) takes a handle, as of role\(\), or a name: n"
    ):
        kms_mock.acting_as(kms_mock.account(ACCOUNT))


def test_acting_over_a_reset(mock):
    """Who acts is forgotten by a reset, so that his requests are refused until the block ends."""
    with mock.acting_as("role/worker"):
        mock.reset()

        assert "UnrecognizedClientException" == refusal(mock.client().list_keys)[0]
    mock.client().list_keys()


# --- caller= -----------------------------------------------------------------------------------


def test_caller_in_every_form():
    """A mock can be told who acts, in every form of starting one."""
    said = []

    def note(mock: KmsMock | None = None) -> None:
        said.append((mock or ACTIVE.current).caller.arn)

    with mock_kms(caller="role/block") as mock:
        note(mock)
    mock_kms(caller="role/function")(note)()
    activation = mock_kms(caller="role/start")
    note(activation.start())
    activation.stop()
    mock = KmsMock(caller="role/mock").start()
    note(mock)
    mock.stop()

    async def coroutine() -> None:
        async with mock_kms(caller="role/asynchronous") as mock:
            note(mock)

    asyncio.run(coroutine())

    assert [
        f"{IAM}role/{name}" for name in ("block", "function", "start", "mock", "asynchronous")
    ] == said


def test_caller_over_a_reset():
    """Whom a mock was told stays over resets, restored snapshots and new starts."""
    mock = KmsMock(caller="role/worker")
    mock.start()
    snapshot = mock.snapshot()
    said = []
    for change in (mock.reset, lambda: mock.restore(snapshot), mock.stop, mock.start):
        change()
        if change != mock.stop:
            refusal(mock.client().list_keys)
            said.append(mock.calls.last.decision.allowed)
    with mock_kms() as other:
        foreign = other.snapshot()
    mock.restore(foreign)

    assert "AccessDeniedException" == refusal(mock.client().list_keys)[0]
    mock.stop()
    assert 3 * [False] == said


def test_caller_in_a_joined_mock():
    """In a mock that is joined, the caller holds from there to the end, over resets."""
    said = []
    with mock_kms(caller="role/outer") as mock:
        with mock_kms(caller="role/inner") as joined:
            said += [joined is mock, mock.caller.arn]
            mock.reset()
            said += [refusal(mock.client().list_keys)[0]]
        said += [mock.caller.arn]

    assert [
        True,
        f"{IAM}role/inner",
        "AccessDeniedException",
        f"{IAM}role/outer",
    ] == said


def test_caller_of_the_marker(run_pytest):
    """A marker says who acts in a test and its fixtures; the closest one wins."""
    result = run_pytest("""
    import pytest
    from pytest_kmsmock import mock_kms

    pytestmark = pytest.mark.kms(caller="user/alice")
    IAM = "arn:aws:iam::123456789012:"

    @pytest.fixture
    def caller(kms_mock):
        return kms_mock.caller.arn

    def test_module(caller):
        assert caller == IAM + "user/alice"

    @pytest.mark.kms(caller="role/worker")
    def test_function(caller, kms_mock):
        assert caller == IAM + "role/worker" == kms_mock.caller.arn

    @mock_kms(caller="role/decorated")
    def test_decorator(kms_mock):
        assert kms_mock.caller.arn == IAM + "role/decorated"

    @mock_kms(caller="role/class")
    class TestClass:
        def test_class(self, kms_mock):
            assert kms_mock.caller.arn == IAM + "role/class"

        @pytest.mark.kms(caller="role/method")
        def test_closest(self, kms_mock):
            assert kms_mock.caller.arn == IAM + "role/method"
    """)

    result.assert_outcomes(passed=5)


def test_caller_of_the_marker_in_a_shared_mock(run_pytest):
    """In a mock that many tests share, a marker's caller holds for its test."""
    result = run_pytest("""
    import pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture(scope="module", autouse=True)
    def shared():
        with mock_kms() as mock:
            yield mock

    @pytest.mark.kms(caller="role/worker")
    def test_marked(kms_mock, shared):
        assert kms_mock is shared
        assert kms_mock.caller.arn == "arn:aws:iam::123456789012:role/worker"

    def test_after(kms_mock):
        assert kms_mock.caller.arn == "arn:aws:iam::123456789012:user/kmsmock"
    """)

    result.assert_outcomes(passed=2)


def test_wrong_caller_of_the_marker(run_pytest):
    """A wrong caller of a marker is an error before any test runs."""
    result = run_pytest("""
    import pytest

    @pytest.mark.kms(caller="worker")
    def test_it(kms): pass
    """)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert "caller 'worker' names nobody: give 'role/worker'" in "".join(result.errlines)
