"""Planned faults: botocore sees them as those of AWS, and a test sees how often they fired."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import botocore.exceptions
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from pytest_kmsmock import Call, Fault, KmsMock, mock_kms
from pytest_kmsmock._kms.errors import KmsError
from tests.plugin.clients import make_client, make_older_session, make_session
from tests.vocabulary import create_key, refusal

THROTTLED = (
    "ThrottlingException",
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
)
MODES = ["legacy", "standard", "adaptive"]
CONNECTION_ERRORS = [
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ReadTimeoutError",
]


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """All that somebody would have slept, in whatever way."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return slept


def config_of(mode: str, attempts: int = 3, **others: Any) -> dict[str, Any]:
    return {"retries": {"mode": mode, "total_max_attempts": attempts}, **others}


def client_of(mode: str = "legacy", attempts: int = 3, **others: Any) -> Any:
    return make_client(config=Config(**config_of(mode, attempts, **others)))


def count_keys(mock: KmsMock) -> int:
    return len(mock.client().list_keys()["Keys"])


def outcomes(mock: KmsMock) -> list[tuple[str, int | None, str | None]]:
    """Return operation, attempt and error of each call."""
    return [(call.operation, call.attempt, call.error and call.error.code) for call in mock.calls]


# --- Retries -----------------------------------------------------------------------------------


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
    """A client that nobody has configured makes botocore's five attempts."""
    fault = mock.fail("ListKeys", "ThrottlingException", times=None)
    refused = refusal(make_client().list_keys)

    assert (THROTTLED, 5) == (refused, fault.fired)


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


def test_adaptive_mode_that_would_slow_down(sleeps, monkeypatch):
    """Adaptive retries slow nobody down whom only the mock has throttled."""

    def acquire(*_: object, **__: object) -> None:
        raise AssertionError("the client had to wait")

    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", acquire)
    with mock_kms(wire=True) as mock:
        client = client_of("adaptive")
        mock.fail("ListKeys", "ThrottlingException")
        responses = [client.list_keys() for _ in range(3)]

    assert [1, 0, 0] == [one["ResponseMetadata"]["RetryAttempts"] for one in responses]


@pytest.mark.parametrize("wire", [True], ids=["before-send"], indirect=True)
def test_sleep_that_was_not_planned(mock, sleeps, monkeypatch):
    """Nobody else's sleep is left out: not that after an error which the test has not planned."""
    client = client_of("standard")
    mock.fail("ListKeys", "ThrottlingException")
    client.list_keys()
    planned, sleeps[:] = sleeps[:], []
    answered = []
    perform = mock.respond

    def respond(exchange):
        answered.append(exchange)
        if len(answered) == 1:
            error = KmsError("KMSInternalException", None)
            return mock._service.refuse(mock._read(exchange), error)
        return perform(exchange)

    monkeypatch.setattr(mock, "respond", respond)
    client.list_keys()

    assert [0] == planned
    assert 1 == len(sleeps)
    assert sleeps[0] > 0


def test_sleep_of_another_service(mock, sleeps):
    """What another service has to wait for after a planned fault, it waits for."""
    fault = mock.fail("ListKeys", "ThrottlingException", times=None)
    refusal(client_of("standard", 1).list_keys)
    sqs = make_session().create_client(
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


# --- What the client gets ----------------------------------------------------------------------

# By hand from AWS's list of common errors, and wire-facts W21; all others are 400 (W3, W6).
STATUS = {
    "DependencyTimeoutException": 500,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "KMSInternalException": 500,
    "KeyUnavailableException": 500,
    "ServiceUnavailable": 503,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
}
MODELED = sorted(
    shape
    for shape in KmsMock().client().meta.service_model.shape_names
    if KmsMock().client().meta.service_model.shape_for(shape).metadata.get("exception")
)
COMMON = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "ServiceUnavailable",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
]


@pytest.mark.parametrize("code", [*MODELED, *COMMON])
def test_error_of_aws(kms_mock, code):
    """Each code of KMS, and those that all services share, has AWS's status and exception class."""
    client = client_of(attempts=1)
    kms_mock.fail("Decrypt", code, message="As AWS says.")
    with pytest.raises(ClientError) as caught:
        client.decrypt(CiphertextBlob=b"?")

    response = caught.value.response
    expected = getattr(client.exceptions, code) if code in MODELED else ClientError

    assert {"Code": code, "Message": "As AWS says."} == response["Error"]
    assert STATUS.get(code, 400) == response["ResponseMetadata"]["HTTPStatusCode"]
    assert expected is type(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        THROTTLED,
        (
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/kmsmock is not authorized to perform: "
            "kms:ListKeys on this resource because the resource does not exist in this Region, no "
            "resource-based policies allow access, or a resource-based policy explicitly denies "
            "access",
        ),
        ("KMSInternalException", ""),
    ],
    ids=["throttled", "denied", "internal"],
)
def test_message(mock, code, message):
    """Where the test gives no message, it is AWS's, or none (wire-facts N10, I12)."""
    mock.fail("ListKeys", code)
    refused = refusal(client_of(attempts=1).list_keys)

    assert (code, message) == refused
    assert (message or None) == mock.calls.last.error.message


def test_record_of_a_fault(mock):
    """The call that was hit is recorded with the error and its status, and without an answer."""
    key_id = mock.create_key().key_id
    mock.fail("Encrypt", "KeyUnavailableException", message="Later.")
    refusal(client_of(attempts=1).encrypt, KeyId=key_id, Plaintext=b"hi")
    call = mock.calls.last

    assert ("KeyUnavailableException", "Later.", 500) == (
        call.error.code,
        call.error.message,
        call.error.status,
    )
    assert (None, None) == (call.response, call.key_arn)
    assert {"KeyId": key_id, "Plaintext": b"hi"} == call.parameters


@pytest.mark.parametrize("form", ["name", "class"])
@pytest.mark.parametrize("name", CONNECTION_ERRORS)
def test_connection_error(mock, name, form):
    """A connection error is botocore's own, as from the network, and has no status."""
    cls = getattr(botocore.exceptions, name)
    mock.fail("ListKeys", name if form == "name" else cls)
    with pytest.raises(cls) as caught:
        client_of(attempts=1).list_keys()

    error = mock.calls.last.error

    assert "https://kms.us-east-1.amazonaws.com/" == caught.value.kwargs["endpoint_url"]
    assert (name, None, None) == (error.code, error.message, error.status)


def test_class_of_an_error_of_aws(mock):
    """The exception class of a client stands for its code."""
    client = client_of(attempts=1)
    mock.fail("ListKeys", client.exceptions.KMSInternalException)

    assert ("KMSInternalException", "") == refusal(client.list_keys)


def test_fault_changes_nothing(mock):
    """A request that is hit does nothing."""
    mock.fail("CreateKey", "KMSInternalException")
    refusal(client_of(attempts=1).create_key)

    assert 0 == count_keys(mock)


@pytest.mark.parametrize(
    "error", ["ReadTimeoutError", "ConnectionClosedError", "KMSInternalException"]
)
def test_answer_that_is_lost(mock, error):
    """`lost=True` loses the answer only: what was asked for is done."""
    mock.fail("CreateKey", error, lost=True)
    with pytest.raises((ClientError, botocore.exceptions.BotoCoreError)):
        client_of(attempts=1).create_key(Description="app")
    call = mock.calls.of("CreateKey").last
    [key] = mock.client().list_keys()["Keys"]

    assert (error, None, key["KeyArn"]) == (call.error.code, call.response, call.key_arn)


def test_answer_that_is_lost_and_retried(mock, sleeps):
    """botocore asks again, and so the key is there twice, as on AWS."""
    mock.fail("CreateKey", "ReadTimeoutError", lost=True)
    arn = create_key(client_of())
    first, second = mock.calls.of("CreateKey")

    assert 2 == count_keys(mock)
    assert (arn, [0]) == (second.key_arn, sleeps)
    assert first.key_arn != second.key_arn


def test_lost_answer_to_a_key_that_is_given_by_tags(mock):
    """What the mock does itself, such as reading LocalStack's tags, is done by the wire as well."""
    key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
    mock.fail("CreateKey", "ReadTimeoutError", lost=True)
    with pytest.raises(ReadTimeoutError):
        client_of(attempts=1).create_key(Tags=[{"TagKey": "_custom_id_", "TagValue": key_id}])

    assert [key_id] == [key["KeyId"] for key in mock.client().list_keys()["Keys"]]


# --- Delays ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_frozen", [False, True])
def test_delay(mock, sleeps, is_frozen):
    """A delay passes on the clock of the mock, for each request, and nobody sleeps."""
    if is_frozen:
        mock.clock.freeze()
    fault = mock.delay("ListKeys", seconds=30)
    client = client_of()
    before = mock.clock.now()
    client.list_keys()
    client.list_keys()
    client.list_aliases()
    passed = mock.clock.now() - before

    assert timedelta(seconds=60) <= passed < timedelta(seconds=70)
    assert (2, []) == (fault.fired, sleeps)
    assert mock.calls[1].time - mock.calls[0].time >= timedelta(seconds=30)


@pytest.mark.parametrize(
    ("patience", "seconds", "gives_up"),
    [(5, 5, False), (5, 5.1, True), (None, 10_000, False), (60, 60.5, True)],
)
def test_delay_beyond_the_timeout(mock, patience, seconds, gives_up):
    """A client gives up at its `read_timeout`, if it has one; what it asked for is done anyway."""
    client = client_of(attempts=1, read_timeout=patience)
    mock.clock.freeze()
    before = mock.clock.now()
    fault = mock.delay("CreateKey", seconds=seconds)
    if gives_up:
        with pytest.raises(ReadTimeoutError):
            client.create_key()
    else:
        client.create_key()
    passed = mock.clock.now() - before

    assert timedelta(seconds=patience if gives_up else seconds) == passed
    assert (1, 1) == (fault.fired, count_keys(mock))
    assert gives_up is (mock.calls[0].error is not None)


def test_delay_beyond_the_timeout_is_retried(mock, sleeps):
    """botocore tries again, as with AWS."""
    mock.delay("CreateKey", seconds=100, times=2)
    create_key(client_of())

    assert (3, [0, 0]) == (count_keys(mock), sleeps)
    assert [
        ("CreateKey", 1, "ReadTimeoutError"),
        ("CreateKey", 2, "ReadTimeoutError"),
        ("CreateKey", 3, None),
    ] == outcomes(mock)[:3]


def test_delay_in_an_older_session(mock):
    """How patient a client is that is older than the plugin, nobody knows: it waits."""
    mock.delay("ListKeys", seconds=1000)
    client = make_older_session().create_client("kms")

    assert [] == client.list_keys()["Keys"]


def test_delay_before_a_failure(mock):
    """A request can be both late and refused; beyond the timeout it is only late."""
    client = client_of(attempts=1, read_timeout=5)
    mock.clock.freeze()
    before = mock.clock.now()
    mock.delay("ListKeys", seconds=3, times=1)
    mock.delay("ListKeys", seconds=30, times=1)
    failure = mock.fail("ListKeys", "ThrottlingException", times=2)
    refused = refusal(client.list_keys)
    with pytest.raises(ReadTimeoutError):
        client.list_keys()
    fired = failure.fired
    refusal(client.list_keys)

    assert THROTTLED == refused
    assert (1, 2) == (fired, failure.fired)
    assert timedelta(seconds=8) == mock.clock.now() - before


# --- Which requests ----------------------------------------------------------------------------


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
    client.list_aliases()
    fault.cancel()
    every = mock.fail("*", "KMSInternalException", times=2)
    refusal(client.list_aliases)
    refusal(client.create_key)

    assert (0, 2) == (fault.fired, every.fired)


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


# --- The handle --------------------------------------------------------------------------------


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


# --- Nonsense ----------------------------------------------------------------------------------

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
            "times=0 can't be: a planned fault hits at least one request",
        ),
        (
            ("Decrypt", "ThrottlingException", {"times": "2"}),
            TypeError,
            "times='2' is not a whole number",
        ),
        (
            ("Decrypt", "ThrottlingException", {"after": -1}),
            ValueError,
            "after=-1 can't be: it is the number of requests that pass first",
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
            "lost=True does not go with ThrottlingException, for then KMS has done nothing: use "
            "ConnectionClosedError or ReadTimeoutError, or an error of the server such as "
            "KMSInternalException",
        ),
        (
            ("Decrypt", "EndpointConnectionError", {"lost": True}),
            ValueError,
            "lost=True does not go with EndpointConnectionError, for then KMS has done nothing: "
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
        (0, ValueError, "seconds=0 is no delay: it takes more than 0 seconds"),
        (-1, ValueError, "seconds=-1 is no delay: it takes more than 0 seconds"),
        (float("nan"), ValueError, "seconds=nan is no delay: it takes more than 0 seconds"),
        (float("inf"), ValueError, "seconds=inf is no delay: it takes more than 0 seconds"),
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
