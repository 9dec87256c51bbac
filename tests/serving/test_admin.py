"""The admin face: what a test in another language does with a mock besides calling KMS."""

from base64 import b64encode
from datetime import datetime, timedelta

import pytest

from pytest_kmsmock.serving.admin import is_loopback
from tests.serving.raw import request

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:123456789012:key/{KEY_ID}"


def test_health(wire):
    """Health tells what answers."""
    answer = wire.administer("GET", "health")

    assert 200 == answer.status
    assert "application/json" == answer.headers["Content-Type"]
    assert {
        "server": "pytest-kmsmock",
        "region": "eu-west-1",
        "account_id": "123456789012",
    } == answer.json
    assert (
        b""
        == wire.ask(
            request(None, method="HEAD", target="/_kmsmock/health", body=b""), head_only=True
        ).body
    )


def test_key_with_known_material(wire, mock):
    """A key is made with a given id, material and alias."""
    material = b64encode(b"k" * 32).decode()

    answer = wire.administer(
        "POST", "keys", {"key_id": KEY_ID, "material": material, "alias": "app", "Description": "x"}
    )

    assert (200, {"KeyId": KEY_ID, "Arn": ARN}) == (answer.status, answer.json)
    described = mock.client().describe_key(KeyId="alias/app")["KeyMetadata"]
    assert (KEY_ID, "x") == (described["KeyId"], described["Description"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"material": "%"}, "material is neither PEM nor base64: "),
        ({"material": "AAAA"}, "material does not fit KeySpec SYMMETRIC_DEFAULT: "),
        ({"key_id": "x"}, "key_id 'x' is neither a UUID in lower case nor mrk- and 32 hexadecimal"),
        ({"KeySpek": "RSA_2048"}, "create_key() has no argument 'KeySpek'; did you mean KeySpec?"),
        ({"KeySpec": "RSA_17"}, "CreateKey refuses it: ValidationException: 1 validation error"),
    ],
)
def test_key_that_can_not_be(wire, mock, arguments, message):
    """A key that can't be is refused in the words that Python's callers get."""
    answer = wire.administer("POST", "keys", arguments)

    assert 400 == answer.status
    assert answer.json["message"].startswith(message)
    assert [] == mock.client().list_keys()["Keys"]


def test_calls(wire):
    """Calls are listed with all that KMS was told and has answered, secrets hidden."""
    key_id = wire.ask(request("CreateKey")).json["KeyMetadata"]["KeyId"]
    blob = wire.ask(request("Encrypt", {"KeyId": key_id, "Plaintext": b"hi"})).json
    wire.ask(request("DescribeKey", {"KeyId": "alias/none"}, user_agent="tool/1"))

    created, encrypted, described = wire.administer("GET", "calls").json["calls"]

    assert isinstance(created["response"]["KeyMetadata"]["CreationDate"], float)
    assert {"KeyId": key_id, "Plaintext": "<2 bytes>"} == encrypted["parameters"]
    assert blob["CiphertextBlob"] == encrypted["response"]["CiphertextBlob"]
    assert {
        "code": "NotFoundException",
        "message": "Alias arn:aws:kms:eu-west-1:123456789012:alias/none is not found.",
        "status": 400,
    } == described["error"]
    host, port = wire.socket.getsockname()
    assert {"address": f"{host}:{port}", "user_agent": "tool/1"} == described["origin"]
    shown = wire.administer("GET", "calls?operation=Encrypt&secrets=true").json["calls"]
    assert ["aGk="] == [call["parameters"]["Plaintext"] for call in shown]


def test_forgetting_calls(wire):
    """Calls are forgotten, those of one operation or all."""
    for name in ("ListKeys", "ListAliases", "ListKeys"):
        wire.ask(request(name))

    wire.administer("DELETE", "calls?operation=ListKeys")
    assert ["ListAliases"] == [
        call["operation"] for call in wire.administer("GET", "calls").json["calls"]
    ]
    wire.administer("DELETE", "calls")
    assert {"calls": []} == wire.administer("GET", "calls").json


def test_reset(wire, mock):
    """A reset leaves an empty KMS."""
    wire.ask(request("CreateKey"))
    mock.client().list_keys()

    assert 200 == wire.administer("POST", "reset").status
    assert [] == mock.client().list_keys()["Keys"]


def test_clock(wire, mock):
    """The clock is told, moved and stopped."""
    before = mock.clock.now()

    after = datetime.fromisoformat(
        wire.administer("POST", "clock", {"advance": {"days": 8, "minutes": 1}}).json["now"]
    )
    assert after - before >= timedelta(days=8, minutes=1)
    moved = wire.administer("POST", "clock", {"move_to": "2100-01-01T00:00:00Z"}).json["now"]
    assert moved.startswith("2100-01-01T00:00:00")
    wire.administer("POST", "clock", {"freeze": True})
    assert mock.clock.now() == mock.clock.now()
    stopped = wire.administer("GET", "clock").json
    assert stopped == wire.administer("GET", "clock").json
    wire.administer("POST", "clock", {"freeze": False})
    while wire.administer("GET", "clock").json == stopped:  # for a millisecond
        pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give one of advance, move_to, freeze"),
        ({"advance": {"days": 1}, "freeze": True}, "give one of advance, move_to, freeze"),
        ({"advance": {"days": -1}}, "the clock only moves forward, not by -1 day, 0:00:00"),
        ({"advance": 5}, "advance takes days, hours, minutes and seconds, such as {'days': 1}"),
        ({"move_to": 5}, "move_to takes a moment such as '2030-01-01T00:00:00+00:00'"),
        ({"move_to": "tomorrow"}, "move_to takes a moment such as '2030-01-01T00:00:00+00:00'"),
    ],
)
def test_clock_that_can_not_be_moved(wire, arguments, message):
    """A change of the clock that can't be is refused in words."""
    answer = wire.administer("POST", "clock", arguments)

    assert (400, {"message": message}) == (answer.status, answer.json)


def test_faults(wire):
    """A fault is planned, fires, and is counted."""
    plan = {"operation": "ListKeys", "error": "ThrottlingException", "times": 2}
    planned = wire.administer("POST", "faults", plan).json
    assert {
        "id": 1,
        "plan": "fail('ListKeys', 'ThrottlingException', times=2)",
        "fired": 0,
    } == planned

    assert "ThrottlingException" == wire.ask(request()).json["__type"]
    assert [1] == [fault["fired"] for fault in wire.administer("GET", "faults").json["faults"]]
    wire.administer("DELETE", "faults?id=1")
    assert 200 == wire.ask(request()).status
    assert {"faults": []} == wire.administer("GET", "faults").json


def test_delay(wire, mock):
    """A delay is planned, and taken back."""
    before = mock.clock.now()
    wire.administer("POST", "faults", {"operation": "ListKeys", "seconds": 60})
    wire.ask(request())
    wire.administer("DELETE", "faults")
    wire.ask(request())

    assert 60 <= (mock.clock.now() - before).total_seconds() < 119


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"operation": "Fly", "error": "ThrottlingException"}, "KMS has no operation 'Fly'"),
        ({"operation": "ListKeys", "error": "Oops"}, "KMS has no error 'Oops'"),
        (
            {"operation": "ListKeys", "error": "ThrottlingException", "when": 1},
            "a fault has no 'wh",
        ),
        ({"operation": "ListKeys"}, "a fault takes operation and error, or operation and seconds"),
        ({"operation": "ListKeys", "seconds": 1, "colour": "red"}, "a fault has no 'colour'"),
    ],
)
def test_fault_that_can_not_be(wire, plan, message):
    """A fault that can't be is refused in the words that Python's callers get."""
    answer = wire.administer("POST", "faults", plan)

    assert 400 == answer.status
    assert answer.json["message"].startswith(message)
    assert {"faults": []} == wire.administer("GET", "faults").json


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "", 404, "there is no '': health, reset, keys, calls, clock, faults"),
        ("GET", "x", 404, "there is no 'x': health, reset, keys, calls, clock, faults"),
        ("GET", "reset", 405, "reset takes POST"),
        ("PUT", "clock", 405, "clock takes GET and POST"),
        ("GET", "calls?x=1", 400, "it takes operation, secrets, not x"),
        ("GET", "calls?secrets=1", 400, "secrets is false or true, not '1'"),
        ("DELETE", "faults?x=1", 400, "it takes id, not x"),
    ],
)
def test_what_there_is_not(wire, method, path, status, message):
    """A path, method or argument that there is not is refused in words."""
    answer = wire.administer(method, path)

    assert (status, {"message": message}) == (answer.status, answer.json)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b"[" * 99_999, "the body is not JSON"),
        (b"[]", "the body is not a JSON object"),
    ],
    ids=["open", "bytes", "deep", "list"],
)
def test_body_that_is_no_object(wire, body, message):
    """A body that is no JSON object is refused in words."""
    answer = wire.ask(request(None, target="/_kmsmock/clock", body=body))

    assert (400, {"message": message}) == (answer.status, answer.json)


def test_web_pages_are_refused(wire):
    """A web page in the browser of whoever runs the tests can't reach the admin face."""
    answer = wire.administer("POST", "reset", origin="https://example.com")

    assert 403 == answer.status
    assert {"message": "the admin face is not for web pages"} == answer.json
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:80", True),
        ("127.1.2.3:80", True),
        ("[::1]:80", True),
        ("[::ffff:127.0.0.1]:80", True),
        ("172.17.0.1:80", False),
        ("[::ffff:172.17.0.1]:80", False),
        ("[fe80::1%eth0]:80", False),
    ],
)
def test_loopback(address, expected):
    """An address of this machine is told from others, in each of its forms."""
    assert expected is is_loopback(address)


def test_strangers_are_refused(mock, monkeypatch, wire):
    """A client on another machine can't reach the admin face, and is told how it could."""
    monkeypatch.setattr("pytest_kmsmock.serving.admin.is_loopback", lambda address: False)

    answer = wire.administer("GET", "health")

    assert 403 == answer.status
    assert {
        "message": "the admin face answers this machine only, unless the server was started with "
        "--admin all"
    } == answer.json
