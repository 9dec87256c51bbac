"""`KmsMock.hold`: requests of threads and tasks that wait until the test lets them go."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_kmsmock import HeldTooLong, UnfiredFaults, mock_kms
from tests.aio import AioSession, needs_aiobotocore


def make_async_client():
    return AioSession().create_client("kms", region_name="us-east-1")


def count_keys(mock):
    return len(mock.client().list_keys()["Keys"])


def test_hold_of_threads(mock):
    """Requests of threads wait, are counted, and go on when they are released."""
    client = mock.client()
    with ThreadPoolExecutor() as pool, mock.hold("CreateKey") as held:
        answers = [pool.submit(client.create_key) for _ in range(3)]
        held.wait_for(3)
        before = (held.waiting, held.fired, count_keys(mock), [one.done() for one in answers])
        held.release()
        made = {one.result()["KeyMetadata"]["KeyId"] for one in answers}

    assert (3, 3, 0, [False, False, False]) == before
    assert (0, 3, 3) == (held.waiting, len(made), count_keys(mock))


@pytest.mark.asyncio
@needs_aiobotocore
async def test_hold_of_tasks(mock):
    """Requests of tasks wait, are counted, and go on when they are released."""
    async with make_async_client() as client:
        with mock.hold("CreateKey") as held:
            tasks = [asyncio.create_task(client.create_key()) for _ in range(3)]
            await held.async_wait_for(3)
            before = (held.waiting, count_keys(mock), [task.done() for task in tasks])
            held.release()
            await asyncio.gather(*tasks)

    assert (3, 0, [False, False, False]) == before
    assert (0, 3) == (held.waiting, count_keys(mock))


def test_end_of_the_block(mock):
    """The end of the block lets all go."""
    client = mock.client()
    with ThreadPoolExecutor() as pool:
        with mock.hold("CreateKey") as held:
            answer = pool.submit(client.create_key)
            held.wait_for(1)
        made = answer.result()["KeyMetadata"]["KeyState"]

    assert ("Enabled", 1) == (made, count_keys(mock))


def test_after_the_release(mock):
    """What comes after the release does not wait."""
    client = mock.client()
    with ThreadPoolExecutor() as pool, mock.hold("CreateKey") as held:
        answer = pool.submit(client.create_key)
        held.wait_for(1)
        held.release()
        answer.result()
        client.create_key()

    assert (1, 2) == (held.fired, count_keys(mock))


def test_times_after_and_when(mock):
    """As with faults, `times`, `after` and `when` choose the requests that wait."""
    client = mock.client()
    chosen = mock.hold(
        "CreateKey",
        times=1,
        after=1,
        when=lambda call: call.parameters.get("Description") == "held",
    )
    with ThreadPoolExecutor() as pool, chosen as held:
        client.create_key(Description="other")
        client.create_key(Description="held")
        answer = pool.submit(client.create_key, Description="held")
        held.wait_for(1)
        client.create_key(Description="held")
        waiting = held.waiting
        held.release()
        answer.result()

    assert (1, 1, 4) == (waiting, held.fired, count_keys(mock))


def test_too_long_in_a_thread(mock):
    """A request that nobody lets go fails after the limit, and says who waits where."""
    client = mock.client()
    with mock.hold("CreateKey", limit=0.01), pytest.raises(HeldTooLong) as caught:
        client.create_key(Description="late")

    expected = (
        r"a request was held, and nobody let it go, and after 0\.01 seconds 1 request waits:\n"
        r"    CreateKey\(Description='late'\), called at [\w/.]+:\d+, in test_too_long_in_a_thread,"
        r" by MainThread\n"
        r"hold\('CreateKey'\) was planned at [\w/.]+:\d+, in test_too_long_in_a_thread\.\n"
        r"The request was made by the thread that should release it\. Make it in another thread or"
        r" task, then call release\(\)\."
    )
    assert re.fullmatch(expected, str(caught.value)), str(caught.value)
    assert count_keys(mock) == 0


def test_too_long_in_another_thread(mock):
    """The request of another thread that nobody lets go says how to let it."""
    with ThreadPoolExecutor() as pool, mock.hold("CreateKey", limit=0.01):
        failure = pool.submit(mock.client().create_key).exception()

    assert isinstance(failure, HeldTooLong)
    assert (
        "Call release(), or leave the block of `with`, where the requests do not wait themselves;"
        " hold(..., limit=...) sets another limit."
    ) == str(failure).splitlines()[-1]


@pytest.mark.asyncio
@needs_aiobotocore
async def test_too_long_in_a_task(mock):
    """A task's request that nobody lets go fails, and names the task."""
    async with make_async_client() as client:
        with mock.hold("CreateKey", limit=0.01):
            task = asyncio.create_task(client.create_key(), name="maker")
            with pytest.raises(HeldTooLong, match=r"by the task maker in MainThread\n"):
                await task

    assert count_keys(mock) == 0


@pytest.mark.sweep(2)
def test_wait_in_vain(mock):
    """A test that waits for requests that do not come is told how many did."""
    with ThreadPoolExecutor() as pool, mock.hold("CreateKey", limit=0.2) as held:
        answer = pool.submit(mock.client().create_key)
        with pytest.raises(
            HeldTooLong, match=r"^2 requests were expected to wait, and after 0\.2 seconds"
        ):
            held.wait_for(2)
        held.release()
        assert answer.exception() is None or isinstance(answer.exception(), HeldTooLong)


@pytest.mark.asyncio
@needs_aiobotocore
async def test_cancelled_while_held(mock):
    """A task that is cancelled while its request waits leaves no trace."""
    async with make_async_client() as client:
        with mock.hold("CreateKey") as held:
            task = asyncio.create_task(client.create_key())
            await held.async_wait_for(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            waiting = held.waiting

    assert (0, 0, []) == (waiting, count_keys(mock), mock.calls.of("CreateKey"))


@pytest.mark.asyncio
@needs_aiobotocore
async def test_timeout_while_held(mock):
    """`asyncio.wait_for` gives up on a request that waits."""
    async with make_async_client() as client:
        with mock.hold("CreateKey"), pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.create_key(), 0.01)

    assert count_keys(mock) == 0


def test_hold_of_nothing(mock):
    """A hold that nothing has met is an error at its end, as a planned fault is."""
    expected = r"hold\('Encrypt'\), planned .*: Encrypt was not called"
    with pytest.raises(UnfiredFaults, match=expected), mock.hold("Encrypt"):
        pass


def test_hold_and_failure(mock):
    """What is held fails as planned afterwards."""
    client = mock.client()
    mock.fail("CreateKey", "TagException")
    with ThreadPoolExecutor() as pool, mock.hold("CreateKey") as held:
        answer = pool.submit(client.create_key)
        held.wait_for(1)
        held.release()
        error = answer.exception()

    assert "TagException" == error.response["Error"]["Code"]
    assert count_keys(mock) == 0


def test_end_of_the_mock():
    """The end of the mock lets go what waits."""
    with ThreadPoolExecutor() as pool:
        with mock_kms() as mock:
            held = mock.hold("CreateKey")
            answer = pool.submit(mock.client().create_key)
            held.wait_for(1)

        assert "Enabled" == answer.result()["KeyMetadata"]["KeyState"]


@pytest.mark.parametrize(
    ("limit", "error", "message"),
    [
        ("1", TypeError, "limit='1' is not a number"),
        (True, TypeError, "limit=True is not a number"),
        (0, ValueError, "limit=0 is not a positive number of seconds"),
    ],
    ids=["text", "boolean", "nothing"],
)
def test_limit_that_can_not_be(kms_mock, limit, error, message):
    """A limit is a positive number of seconds."""
    with pytest.raises(error) as caught:
        kms_mock.hold("Encrypt", limit=limit)

    assert message == str(caught.value)


def test_unknown_operation(kms_mock):
    """An operation that KMS does not have is refused, with the nearest one."""
    with pytest.raises(ValueError, match="KMS has no operation 'Encrpt': did you mean 'Encrypt'"):
        kms_mock.hold("Encrpt")
