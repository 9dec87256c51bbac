"""Handlers that others have registered with botocore see, do and decide what they do with AWS."""

import inspect
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.history import BaseHistoryHandler, get_global_history_recorder
from moto import mock_aws

from pytest_kmsmock import mock_kms
from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import make_client, make_session
from tests.plugin.faulty import outcomes
from tests.vocabulary import create_key, refusal

NAMES = [
    "*",
    "before-call",
    "before-call.*",
    "before-call.*.*",
    "before-call.*.ListKeys",
    "before-call.kms",
    "before-call.kms.*",
    "before-call.kms.ListKeys",
]
WAYS = [
    (name, how, where)
    for name in NAMES
    for how in ("register", "register_first", "register_last")
    for where in ("session", "client")
    if (name, how) != ("before-call", "register_last")
]


class Raw:
    """A body as an HTTP session hands it over."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_):
        yield self.body


@pytest.mark.sweep(7)
@pytest.mark.parametrize(("name", "how", "where"), WAYS)
def test_handler_of_any_level(mock, name, how, where):
    """A handler of `before-call` runs, however specific its event is, and wherever it stands."""
    seen = []

    def note(event_name, **_):
        if event_name.startswith("before-call"):
            seen.append(event_name)

    session = make_session()
    if where == "session":
        getattr(session.get_component("event_emitter"), how)(name, note)
    client = session.create_client("kms", region_name="us-east-1")
    if where == "client":
        getattr(client.meta.events, how)(name, note)

    assert [] == client.list_keys()["Keys"]
    assert ["before-call.kms.ListKeys"] == seen


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", NAMES)
def test_answer_of_a_handler(mock, name):
    """A handler that answers wins: the client gets its answer, and the mock has no call."""
    client = make_client()
    http = AWSResponse("https://example.test", 200, {}, None)

    def stub(event_name, **_):
        return (http, {"Keys": ["the stub's"]}) if event_name.startswith("before-call") else None

    client.meta.events.register(name, stub)

    assert ["the stub's"] == client.list_keys()["Keys"]
    assert [] == mock.calls


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", ["before-send", "before-send.kms", "before-send.kms.CreateKey"])
@pytest.mark.parametrize("how", ["register", "register_first", "register_last"])
def test_answer_in_the_place_of_the_network(name, how):
    """What a handler of `before-send` has answered was never sent, and so nothing is done."""
    body = json.dumps({"__type": "KMSInternalException"}).encode()
    with mock_kms(wire=True) as mock:
        client = make_client(config=Config(retries={"total_max_attempts": 1}))
        getattr(client.meta.events, how)(
            name, lambda request, **_: AWSResponse(request.url, 500, {}, Raw(body))
        )
        code, _ = refusal(client.create_key)

        assert "KMSInternalException" == code
        assert [] == mock.calls
        assert [] == mock.client().list_keys()["Keys"]


def test_answer_before_a_planned_fault():
    """A fault is not used up by a request that a handler has answered."""
    with mock_kms(unfired_faults="ignore") as mock:
        fault = mock.fail("ListKeys", "ThrottlingException", times=None)
        client = make_client()
        client.meta.events.register(
            "before-send.kms", lambda request, **_: AWSResponse(request.url, 200, {}, Raw(b"{}"))
        )
        client.list_keys()

        assert 0 == fault.fired


@pytest.mark.asyncio
@needs_aiobotocore
async def test_answer_in_the_place_of_the_network_in_aiobotocore():
    """So it is with aiobotocore, whose handlers may be coroutines."""
    from aiobotocore.awsrequest import AioAWSResponse

    class AsyncRaw:
        raw_headers = ()  # for aiobotocore before 2.20

        async def read(self):
            return b'{"Keys": []}'

    async def stub(request, **_):
        return AioAWSResponse(request.url, 200, {}, AsyncRaw())

    with mock_kms(wire=True) as mock:
        async with make_session(AioSession).create_client("kms") as client:
            client.meta.events.register("before-send.kms", stub)
            await client.list_keys()

        assert [] == mock.calls


# --- calls within calls --------------------------------------------------------------------------


def call_in(event: str, outer, inner) -> None:
    def call(**_):
        inner.list_keys(Limit=7)

    outer.meta.events.register(event, call)


INNER_EVENTS = [
    "before-parameter-build.kms.Encrypt",
    "before-call.kms.Encrypt",
    "request-created.kms.Encrypt",
    "before-send.kms.Encrypt",
    "before-parse.kms.Encrypt",
    "response-received.kms.Encrypt",
    "after-call.kms.Encrypt",
]


@pytest.mark.sweep(7)
@pytest.mark.parametrize("event", INNER_EVENTS)
@pytest.mark.parametrize("is_planned", [False, True], ids=["no-fault", "fault"])
def test_call_within_a_call(mock, sleeps, event, is_planned):
    """A call that a handler makes has its own Region, parameters and attempts, as the outer has."""
    inner, outer = make_client("eu-west-1"), make_client("us-east-1")
    key_id = create_key(outer)
    if is_planned:
        mock.fail("Encrypt", "ThrottlingException")
    call_in(event, outer, inner)
    outer.encrypt(KeyId=key_id, Plaintext=b"hi")

    calls = [(call.region, call.attempt, call.parameters) for call in mock.calls.of("Encrypt")]
    attempts = range(1, 3 if is_planned else 2)

    assert [
        ("us-east-1", attempt, {"KeyId": key_id, "Plaintext": b"hi"}) for attempt in attempts
    ] == calls
    assert {("eu-west-1", 1, 7)} >= {
        (call.region, call.attempt, call.parameters["Limit"]) for call in mock.calls.of("ListKeys")
    }
    assert [0] * is_planned == sleeps


def test_call_in_the_condition_of_a_fault(mock):
    """A fault's `when` may ask KMS: what it is asked about is still failed, and retried."""
    client = make_client()
    key_id = create_key(client)
    mock.fail(
        "Encrypt",
        "ThrottlingException",
        when=lambda _: client.describe_key(KeyId=key_id)["KeyMetadata"]["Enabled"],
    )
    client.encrypt(KeyId=key_id, Plaintext=b"hi")

    assert [
        ("CreateKey", 1, None),
        ("DescribeKey", 1, None),
        ("Encrypt", 1, "ThrottlingException"),
        ("Encrypt", 2, None),
    ] == outcomes(mock)


@pytest.mark.asyncio
@needs_aiobotocore
async def test_call_within_a_call_of_aiobotocore(mock):
    """Calls within calls are kept apart in aiobotocore, too."""
    session = make_session(AioSession)
    async with (
        session.create_client("kms", region_name="us-east-1") as outer,
        session.create_client("kms", region_name="eu-west-1") as inner,
    ):
        mock.fail("DescribeKey", "KMSInternalException")

        async def ask(**_):
            await inner.list_keys(Limit=7)

        outer.meta.events.register("request-created.kms.DescribeKey", ask)
        key_id = (await outer.create_key())["KeyMetadata"]["KeyId"]
        await outer.describe_key(KeyId=key_id)

    assert [
        ("us-east-1", "DescribeKey", 1),
        ("us-east-1", "DescribeKey", 2),
    ] == [(call.region, call.operation, call.attempt) for call in mock.calls.of("DescribeKey")]


def test_request_made_by_hand(mock):
    """What is handed to a client's endpoint by itself is answered, also in a thread of its own."""
    client = make_client()

    def make_request():
        operation = client.meta.service_model.operation_model("ListKeys")
        context = {
            "client_region": client.meta.region_name,
            "client_config": client.meta.config,
            "has_streaming_input": False,
            "auth_type": "none",
        }
        endpoint, headers, _ = client._resolve_endpoint_ruleset(operation, {}, context)
        request = client._convert_to_request_dict(
            api_params={},
            operation_model=operation,
            endpoint_url=endpoint,
            context=context,
            headers=headers,
        )
        return client._endpoint.make_request(operation, request)[1]["Keys"]

    with ThreadPoolExecutor(1) as pool:
        assert [] == pool.submit(make_request).result()


# --- a call ends where it began ------------------------------------------------------------------


def test_call_that_outlives_its_mock(sleeps):
    """A call that began in a mock ends in it, with all its retries, when the mock has stopped."""
    activation = mock_kms(unfired_faults="ignore")
    mock = activation.start()
    mock.fail("ListKeys", "ThrottlingException", times=2)
    client = make_client()
    client.meta.events.register("needs-retry.kms", lambda **_: activation.stop())

    response = client.list_keys()

    assert 1 <= response["ResponseMetadata"]["RetryAttempts"]


def test_call_that_outlives_its_mock_beside_moto(sleeps):
    """Nor does moto answer the rest of it."""
    activation = mock_kms(unfired_faults="ignore")
    with mock_aws():
        mock = activation.start()
        create_key(mock.client())
        mock.fail("ListKeys", "ThrottlingException")
        client = make_client()
        client.meta.events.register("needs-retry.kms", lambda **_: activation.stop())
        keys = client.list_keys()["Keys"]

    assert 1 == len(keys)


@pytest.mark.asyncio
@needs_aiobotocore
async def test_call_of_aiobotocore_that_outlives_its_mock(sleeps):
    """So it is with aiobotocore."""
    activation = mock_kms(unfired_faults="ignore")
    mock = activation.start()
    mock.fail("ListKeys", "ThrottlingException")
    async with make_session(AioSession).create_client("kms", region_name="us-east-1") as client:
        client.meta.events.register("needs-retry.kms", lambda **_: activation.stop())
        response = await client.list_keys()

    assert 1 == response["ResponseMetadata"]["RetryAttempts"]


# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [str, bytearray, "file"], ids=["text", "bytearray", "file"])
def test_body_that_a_handler_has_replaced(mock, make):
    """A body that a handler has replaced by text, or by what can be read, is read as it is sent."""
    client = make_client()

    def rewrite(params, **_):
        body = json.dumps({"Description": "the handler's"})
        params["body"] = {
            str: body,
            bytearray: bytearray(body.encode()),
            "file": io.BytesIO(body.encode()),
        }[make]

    client.meta.events.register("before-call.kms.CreateKey", rewrite)

    assert "the handler's" == client.create_key()["KeyMetadata"]["Description"]


# --- what does not happen ------------------------------------------------------------------------


class History(BaseHistoryHandler):
    """The history records of a call, by their types."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def emit(self, event_type, payload, source):
        self.seen.append(f"history record `{event_type}`")


def happenings(wire, call) -> list[str]:
    """List the events and the history records of a call, as the documentation names them."""
    history, recorder = History(), get_global_history_recorder()
    with mock_kms(wire=wire):
        client = make_client()
        client.meta.events.register_first("*", lambda event_name, **_: note(event_name))

        def note(event_name):
            history.seen.append(f"`{event_name.partition('.')[0]}`")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(recorder, "_enabled", True)
            patch.setattr(recorder, "_handlers", [history])
            try:
                call(client)
            except ClientError as error:
                history.seen.append(repr(list(error.response)))
    return history.seen


@pytest.mark.parametrize(
    "call",
    [lambda client: client.list_keys(), lambda client: client.describe_key(KeyId="alias/none")],
    ids=["answer", "error"],
)
def test_what_does_not_happen(call):
    """What the ordinary way leaves out is what the documentation lists; the rest is as with AWS."""
    page = Path(__file__).parents[3] / "docs" / "differences.md"
    _, _, section = page.read_text(encoding="utf-8").partition("## What hooks into botocore see")
    rows = re.findall(r"^\| (.*?`[\w-]+`) \|", section.partition("\n## ")[0], re.MULTILINE)
    ordinary, wire = happenings(False, call), happenings(True, call)

    if "before-parse" not in inspect.getsource(botocore.endpoint):
        rows.remove("`before-parse`")  # an older botocore has no such event

    assert sorted(rows) == sorted(set(wire) - set(ordinary))
    assert [one for one in wire if one not in rows] == ordinary
