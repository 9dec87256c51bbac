"""While no mock is active a KMS request goes its way, or is refused with all that helps."""

import unittest
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import HTTPClientError
from moto import mock_aws

from pytest_kmsmock import CallOutsideMock, KmsMock, kms_outside, mock_kms
from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import make_older_session, make_session

FILE = Path(__file__)


def refusal(operation: str, place: str, host: str = "kms.us-east-1.amazonaws.com") -> str:
    return (
        f"{operation} was called {place} while no KMS mock was active, and kmsmock_outside is "
        f"'error': it would have gone to {host}. Ask for the fixture kms (or kms_mock) or decorate "
        "with @mock_kms to have it answered in memory; if it is meant for AWS, mark the test with "
        '@pytest.mark.kms_outside("allow"). A mock of moto was not active '
        "either."
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


@pytest.mark.usefixtures("outside_error")
def test_request_in_a_test_case():
    """A TestCase can't ask for a fixture: it is told to decorate its class."""

    class Case(unittest.TestCase):
        def runTest(self) -> None:  # noqa: N802 - unittest's name
            KmsMock().client().list_keys()

    result = unittest.TestResult()
    Case().run(result)

    [(_, failure)] = result.errors
    assert (
        "Decorate the class with @mock_kms to have it answered in memory, as a unittest.TestCase"
        " can't ask for fixtures; if it is meant for AWS, mark the class with"
        ' @pytest.mark.kms_outside("allow").'
    ) in failure


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

    assert refusal("ListKeys", place, "kms.eu-north-1.amazonaws.com") == str(caught.value)


@pytest.mark.asyncio
@pytest.mark.usefixtures("outside_error", "elsewhere")
@pytest.mark.parametrize("make", [make_session, make_older_session])
@needs_aiobotocore
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
def test_request_that_moto_answers():
    """What moto answers never gets to AWS, and is not refused."""
    with mock_aws():
        client = boto3.client("kms", "us-east-1")
        key_id = client.create_key()["KeyMetadata"]["KeyId"]

        assert [key_id] == [key["KeyId"] for key in client.list_keys()["Keys"]]
    with pytest.raises(CallOutsideMock):
        client.list_keys()


def sent(client) -> bool:
    """Say whether a request is sent, here into the arms of the guard over the sockets."""
    try:
        client.list_keys()
    except CallOutsideMock:
        return False
    except HTTPClientError as error:
        return "A test tried to use socket" in str(error)
    raise AssertionError("it was answered")


@pytest.mark.sweep(5)
@pytest.mark.usefixtures("outside_error")
@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("http://localhost:4566", True),
        ("http://LOCALHOST.:4566", True),
        ("http://kms.localhost:4566", True),
        ("http://127.0.0.1:5000", True),
        ("http://127.8.9.10:5000", True),
        ("http://0.0.0.0:5000", True),
        ("http://[::1]:5000", True),
        ("http://[::ffff:127.0.0.1]:5000", True),
        ("https://localhost.localstack.cloud:4566", True),
        ("https://kms.us-east-1.localhost.localstack.cloud:4566", True),
        ("https://localhost.example.com", False),
        ("https://notlocalhost:4566", False),
        ("https://128.0.0.1", False),
        ("https://10.0.0.1", False),
        ("https://[2001:db8::1]", False),
        ("https://kms.eu-west-1.amazonaws.com", False),
    ],
)
def test_request_to_this_machine(url, is_sent):
    """What goes to this machine does not get to AWS: it is sent; all else is refused."""
    client = make_session().create_client("kms", region_name="us-east-1", endpoint_url=url)

    assert is_sent == sent(client)


@pytest.mark.usefixtures("outside_error")
def test_block_in_which_requests_are_allowed(client):
    """A block lifts the refusal, one in it may set it again, and no mock is started."""
    with kms_outside("allow"):
        before = sent(client)
        with kms_outside("error"):
            within = sent(client)
        after = sent(client)

    assert (True, False, True, False) == (before, within, after, sent(client))


def test_block_in_which_requests_are_refused(client):
    """A block refuses what would be allowed."""
    with kms_outside("error"):
        within = sent(client)

    assert (False, True) == (within, sent(client))


def test_block_around_a_mock():
    """A mock in the block answers, and what a mock says of its own comes first."""
    with kms_outside("error"), mock_kms(outside="allow") as mock:
        keys = mock.client().list_keys()["Keys"]
        mock.stop()

        assert [] == keys
        assert sent(mock.client())


def test_block_of_another_word():
    """Another word is refused at once."""
    with pytest.raises(ValueError, match=r"^outside 'refuse' is not allow or error$"):
        kms_outside("refuse")  # type: ignore[arg-type]


def test_block_that_is_no_decorator():
    """It decorates nothing, and says what does."""
    with pytest.raises(TypeError) as caught:
        kms_outside("allow")(sent)

    assert (
        "kms_outside('allow') is for a `with`: mark a test or a class with "
        "@pytest.mark.kms_outside('allow')" == str(caught.value)
    )


@pytest.mark.sweep(2)
@pytest.mark.parametrize("plugins", [(), ("-pxdist", "-n1")], ids=["plain", "xdist"])
def test_marker(run_pytest, plugins):
    """The marker holds in a test and in all of its fixtures, the closest one wins."""
    result = run_pytest(
        """
        import pytest
        from pytest_kmsmock.mock import ACTIVE

        pytestmark = pytest.mark.kms_outside("error")

        @pytest.fixture(scope="module")
        def shared():
            return ACTIVE.outside, ACTIVE.current

        @pytest.fixture
        def own():
            yield ACTIVE.outside
            assert ACTIVE.outside == "error"

        def test_refused(shared, own):
            assert (("error", None), "error", "error") == (shared, own, ACTIVE.outside)

        @pytest.mark.kms_outside("allow")
        def test_allowed():
            assert "allow" == ACTIVE.outside

        class TestClass:
            @classmethod
            def setup_class(cls):
                cls.outside = ACTIVE.outside

            def test_method(self):
                assert ("error", "error") == (self.outside, ACTIVE.outside)
        """,
        *plugins,
    )

    result.assert_outcomes(passed=3)


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('kms_outside("refuse")', "outside 'refuse' is not allow or error"),
        ("kms_outside", "kms_outside() missing 1 required positional argument: 'outside'"),
        ('kms_outside("allow", 1)', "kms_outside() takes 1 positional argument but 2 were given"),
    ],
)
def test_wrong_marker(run_pytest, marker, message):
    """A wrong marker is refused before any test runs, with the test that has it."""
    result = run_pytest(f"import pytest\n\n@pytest.mark.{marker}\ndef test_it(): pass\n")

    result.stderr.fnmatch_lines([f"ERROR: *::test_it: the marker kms_outside: {message}"])


@pytest.mark.slow
def test_wrong_marker_in_a_worker(run_pytest):
    """In a worker of pytest-xdist its test says so."""
    result = run_pytest(
        "import pytest\n\n@pytest.mark.kms_outside('x')\ndef test_it(): pass\n", "-pxdist", "-n1"
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker kms_outside: outside 'x' is not allow or error*"])


@pytest.mark.usefixtures("outside_error")
def test_request_of_another_service():
    """Other services are none of our business."""
    with mock_aws():
        buckets = boto3.client("s3", "us-east-1").list_buckets()["Buckets"]

    assert [] == buckets
