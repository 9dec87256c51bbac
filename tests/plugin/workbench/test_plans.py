"""The plan of faults: which requests they hit, what their handles tell, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from pytest_kmsmock import Call, Fault, KmsMock, mock_kms
from tests.plugin.faulty import client_of, outcomes
from tests.vocabulary import create_key, refusal


def codes(client: Any, number: int) -> list[str | None]:
    """List the keys so often, and return what each time failed."""

    def fail() -> str | None:
        try:
            client.list_keys()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return None

    return [fail() for _ in range(number)]


def test_number_of_times(mock):
    """A fault hits one request by default, or as many as it is told."""
    client = client_of(attempts=1)
    mock.fail("ListKeys", "KMSInternalException")
    once = codes(client, 2)
    mock.fail("ListKeys", "KMSInternalException", times=2)
    twice = codes(client, 3)
    mock.fail("ListKeys", "KMSInternalException", times=None)
    always = codes(client, 9)

    assert ["KMSInternalException", None] == once
    assert ["KMSInternalException", "KMSInternalException", None] == twice
    assert ["KMSInternalException"] * 9 == always


def test_requests_that_pass_first(mock):
    """`after` lets requests pass before it hits."""
    mock.fail("ListKeys", "KMSInternalException", after=2, times=2)

    assert [
        None,
        None,
        "KMSInternalException",
        "KMSInternalException",
        None,
    ] == codes(client_of(attempts=1), 5)


def test_requests_of_a_condition(mock):
    """`when` is asked about each request, and those it does not mean do not count."""
    asked = []

    def is_meant(call: Call) -> bool:
        asked.append(call)
        return call.parameters["Limit"] > 5

    client = client_of(attempts=1)
    fault = mock.fail("ListKeys", "KMSInternalException", after=1, when=is_meant)
    client.list_keys(Limit=1)
    client.list_keys(Limit=6)
    client.list_keys(Limit=2)
    refusal(client.list_keys, Limit=7)
    client.list_keys(Limit=8)

    assert [1, 6, 2, 7] == [call.parameters["Limit"] for call in asked]
    assert 1 == fault.fired


def test_call_of_a_condition(mock):
    """What `when` is given is a call that has no answer yet."""
    asked = []
    mock.clock.freeze()
    client = client_of()
    key_id = create_key(client)
    with mock.fail("Encrypt", "ThrottlingException", when=lambda call: not asked.append(call)):
        client.encrypt(KeyId=key_id, Plaintext=b"hi")

    assert [
        Call(
            operation="Encrypt",
            parameters={"KeyId": key_id, "Plaintext": b"hi"},
            region="us-east-1",
            account_id="123456789012",
            principal="arn:aws:iam::123456789012:user/kmsmock",
            key_arn=None,
            time=mock.clock.now(),
            attempt=1,
        )
    ] == asked


def test_condition_on_the_attempt(mock):
    """Each attempt is asked about, with its number."""
    fault = mock.fail("ListKeys", "ThrottlingException", after=1, when=lambda call: call.attempt)
    mock.fail("ListKeys", "KMSInternalException", when=lambda call: call.attempt == 1)
    client_of().list_keys()

    assert [
        ("ListKeys", 1, "KMSInternalException"),
        ("ListKeys", 2, "ThrottlingException"),
        ("ListKeys", 3, None),
    ] == outcomes(mock)
    assert 1 == fault.fired


def test_condition_that_fails(mock):
    """An error in `when` is the test's own, and reaches it."""
    fault = mock.fail("ListKeys", "ThrottlingException", when=lambda call: call.parameters["?"])
    with pytest.raises(KeyError, match=r"\?"):
        client_of().list_keys()
    fault.cancel()

    assert [] == mock.calls


def test_faults_in_order(mock):
    """Faults hit in the order in which they were planned, one for each request."""
    mock.fail("ListKeys", "KMSInternalException", times=2)
    mock.fail("*", "AccessDeniedException", after=1)
    mock.fail("ListKeys", "ThrottlingException")

    assert [
        "KMSInternalException",
        "KMSInternalException",
        "ThrottlingException",
        "AccessDeniedException",
        None,
    ] == codes(client_of(attempts=1), 5)


def test_other_operations(mock):
    """A fault hits its operation only; that of `*` hits all."""
    client = client_of(attempts=1)
    fault = mock.fail("ListKeys", "KMSInternalException", times=None)
    other = mock.fail("ListAliases", "KMSInternalException")
    refusal(client.list_aliases)
    client.list_aliases()
    client.create_key()
    fault.cancel()
    every = mock.fail("*", "KMSInternalException", times=2)
    refusal(client.list_aliases)
    refusal(client.create_key)

    assert (0, 1, 2) == (fault.fired, other.fired, every.fired)


@pytest.mark.parametrize("wire", [False], ids=["before-call"], indirect=True)
def test_seam_of_a_fault(mock):
    """Only requests that could be hit go by the wire, and only while the plan is open."""
    signed = []
    client = client_of()
    client.meta.events.register(
        "before-sign.kms", lambda operation_name, **_: signed.append(operation_name)
    )
    mock.fail("ListKeys", "ThrottlingException", after=1)
    client.list_aliases()
    client.list_keys()
    client.list_keys()
    client.list_keys()

    assert ["ListKeys"] * 3 == signed


def test_faults_of_threads(mock):
    """Of the requests of several threads a fault hits as many as it was told."""
    fault = mock.fail("ListKeys", "KMSInternalException", times=17)
    client = client_of(attempts=1)
    with ThreadPoolExecutor(8) as pool:
        failed = list(pool.map(lambda _: codes(client, 10), range(8)))

    assert 17 == fault.fired == sum(map(len, failed)) - sum(one.count(None) for one in failed)


def test_fault_of_an_isolated_mock(mock):
    """A fault hits no requests to another mock."""
    fault = mock.fail("ListKeys", "KMSInternalException", times=None)
    with mock_kms(isolated=True):
        passed = codes(client_of(attempts=1), 1)
    hit = codes(client_of(attempts=1), 1)

    assert ([None], ["KMSInternalException"], 1) == (passed, hit, fault.fired)


def test_cancel(mock):
    """A fault that is cancelled hits nothing any more; to do it twice does nothing."""
    fault = mock.fail("ListKeys", "KMSInternalException", times=None)
    client = client_of(attempts=1)
    before = codes(client, 2)
    fault.cancel()
    after = codes(client, 2)
    fault.cancel()

    assert (["KMSInternalException"] * 2, [None] * 2, 2) == (before, after, fault.fired)


def test_block(mock):
    """In a `with` a fault is there for the block."""
    client = client_of(attempts=1)
    with mock.fail("ListKeys", "KMSInternalException", times=None) as fault:
        inside = codes(client, 1)
    outside = codes(client, 1)

    assert isinstance(fault, Fault)
    assert (["KMSInternalException"], [None], 1) == (inside, outside, fault.fired)


def is_late(call: Call) -> bool:
    return True


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (
            lambda mock: mock.fail("Decrypt", "ThrottlingException"),
            "fail('Decrypt', 'ThrottlingException')",
        ),
        (
            lambda mock: mock.fail("*", ConnectTimeoutError, times=2, after=3, when=is_late),
            "fail('*', 'ConnectTimeoutError', times=2, after=3, when=is_late)",
        ),
        (
            lambda mock: mock.fail(
                "Decrypt", "KMSInternalException", times=None, message="No.", lost=True
            ),
            "fail('Decrypt', 'KMSInternalException', message='No.', lost=True, times=None)",
        ),
        (lambda mock: mock.delay("Decrypt", 2), "delay('Decrypt', seconds=2)"),
        (
            lambda mock: mock.delay("Decrypt", seconds=0.5, times=1),
            "delay('Decrypt', seconds=0.5, times=1)",
        ),
    ],
    ids=["fail", "connection", "lost", "delay", "delay-once"],
)
def test_repr(mock, plan, text):
    """A fault is shown as it was planned, and how often it has fired."""
    fault = plan(mock)
    fault.cancel()

    assert f"<Fault {text}: fired never>" == repr(fault)


def test_repr_of_what_has_fired(mock):
    """A fault that has fired says how often."""
    fault = mock.fail("ListKeys", "KMSInternalException", times=3)
    codes(client_of(attempts=1), 2)

    assert "<Fault fail('ListKeys', 'KMSInternalException', times=3): fired twice>" == repr(fault)


NO_ERROR = "KMS has no error"


@pytest.mark.parametrize(
    ("plan", "error", "message"),
    [
        (
            ("Decript", "ThrottlingException", {}),
            ValueError,
            "KMS has no operation 'Decript': did you mean 'Decrypt'?",
        ),
        (
            (None, "ThrottlingException", {}),
            TypeError,
            "KMS has no operation None: a name is a string",
        ),
        (
            ("Decrypt", "Throttling", {}),
            ValueError,
            f"{NO_ERROR} 'Throttling': did you mean 'ThrottlingException'?",
        ),
        (
            ("Decrypt", "DisabledExeption", {}),
            ValueError,
            f"{NO_ERROR} 'DisabledExeption': did you mean 'DisabledException'?",
        ),
        (
            ("Decrypt", TimeoutError, {}),
            ValueError,
            f"{NO_ERROR} 'TimeoutError': did you mean 'ReadTimeoutError' or 'ConnectTimeoutError'?",
        ),
        (("Decrypt", "NoSuchBucket", {}), ValueError, f"{NO_ERROR} 'NoSuchBucket'"),
        (("Decrypt", 400, {}), TypeError, f"{NO_ERROR} 400: a name is a string"),
        (
            ("Decrypt", "ThrottlingException", {"times": 0}),
            ValueError,
            "times=0 is too small: a planned fault hits at least one request",
        ),
        (
            ("Decrypt", "ThrottlingException", {"times": "2"}),
            TypeError,
            "times='2' is not a whole number",
        ),
        (
            ("Decrypt", "ThrottlingException", {"after": -1}),
            ValueError,
            "after=-1 is too small: it is the number of requests that pass first",
        ),
        (
            ("Decrypt", "ThrottlingException", {"after": None}),
            TypeError,
            "after=None is not a whole number",
        ),
        (
            ("Decrypt", "ThrottlingException", {"when": True}),
            TypeError,
            "when=True is not a function of a Call",
        ),
        (
            ("Decrypt", "ThrottlingException", {"message": b"No."}),
            TypeError,
            "message=b'No.' is not a string",
        ),
        (
            ("Decrypt", "ReadTimeoutError", {"message": "No."}),
            ValueError,
            "ReadTimeoutError takes no message: botocore has its own for it",
        ),
        (
            ("Decrypt", "ThrottlingException", {"lost": True}),
            ValueError,
            "lost=True can't be combined with ThrottlingException, where KMS does nothing: use "
            "ConnectionClosedError or ReadTimeoutError, or an error of the server such as "
            "KMSInternalException",
        ),
        (
            ("Decrypt", "EndpointConnectionError", {"lost": True}),
            ValueError,
            "lost=True can't be combined with EndpointConnectionError, where KMS does nothing: "
            "use ConnectionClosedError or ReadTimeoutError, or an error of the server such as "
            "KMSInternalException",
        ),
    ],
)
def test_fault_that_can_not_be(kms_mock, plan, error, message):
    """Nonsense is an error at once, which says what would do, and plans nothing."""
    operation, name, others = plan
    with pytest.raises(error) as caught:
        kms_mock.fail(operation, name, **others)

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "error", "message"),
    [
        (0, ValueError, "seconds=0 is not a positive number of seconds"),
        (-1, ValueError, "seconds=-1 is not a positive number of seconds"),
        (float("nan"), ValueError, "seconds=nan is not a positive number of seconds"),
        (float("inf"), ValueError, "seconds=inf is not a positive number of seconds"),
        ("2", TypeError, "seconds='2' is not a number"),
        (True, TypeError, "seconds=True is not a number"),
    ],
)
def test_delay_that_can_not_be(kms_mock, seconds, error, message):
    """So is a delay that takes no time, or all of it."""
    with pytest.raises(error) as caught:
        kms_mock.delay("Decrypt", seconds)

    assert message == str(caught.value)


@pytest.fixture(params=["never-started", "stopped"])
def inactive(request: pytest.FixtureRequest) -> KmsMock:
    mock = KmsMock()
    if request.param == "stopped":
        mock.start().stop()
    return mock


@pytest.mark.parametrize(
    "plan",
    [
        lambda mock: mock.fail("Decrypt", "ThrottlingException"),
        lambda mock: mock.delay("Decrypt", 1),
    ],
    ids=["fail", "delay"],
)
def test_mock_that_is_not_active(inactive, plan):
    """Nobody would meet a fault of a mock that is not active, so it can't be planned."""
    with pytest.raises(ValueError, match="not active") as caught:
        plan(inactive)

    assert "this mock is not active: start() it, or use it inside mock_kms()" == str(caught.value)
