"""Planned faults: a client meets them as those of AWS, and late answers as on a slow day."""

from datetime import timedelta

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from pytest_kmsmock import KmsMock
from tests.plugin.clients import make_older_session
from tests.plugin.faulty import (
    CONNECTION_ERRORS,
    THROTTLED,
    client_of,
    count_keys,
    outcomes,
)
from tests.vocabulary import create_key, refusal

# By hand from AWS's list of common errors, and wire-facts W21; all others are 400 (W3, W6).
STATUS = {
    "DependencyTimeoutException": 500,
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "KMSInternalException": 500,
    "KeyUnavailableException": 500,
    "ServiceUnavailable": 503,
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


@pytest.mark.sweep(7)
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


@pytest.mark.sweep(5)
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


@pytest.mark.sweep(5)
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


def test_delay_in_an_older_session(mock, sleeps):
    """A client that is older than the plugin gives up after its own timeout, as any other."""
    mock.delay("ListKeys", seconds=1000, times=1)
    client = make_older_session().create_client("kms")

    assert [] == client.list_keys()["Keys"]
    assert ([("ListKeys", 1, "ReadTimeoutError"), ("ListKeys", 2, None)], [0]) == (
        outcomes(mock),
        sleeps,
    )


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
