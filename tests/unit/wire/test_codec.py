"""Requests and answers against botocore's serializer and parser, and against rubbish."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import codec, validation
from tests.conformance.service_model import MODEL
from tests.unit.wire.shapes import MOMENTS, values_of

OPERATIONS = MODEL.operation_names
WITH_OUTPUT = [name for name in OPERATIONS if MODEL.operation_model(name).output_shape]
WITHOUT_OUTPUT = [name for name in OPERATIONS if name not in WITH_OUTPUT]

MOMENT = datetime(2019, 2, 25, 21, 13, 27, 775999, tzinfo=timezone.utc)
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

EXAMPLES = pytest.mark.parametrize(
    "examples", [pytest.param(5, id="few"), pytest.param(50, id="many", marks=pytest.mark.slow)]
)


def try_out(examples, property_, *strategies):
    """Try a property on so many random examples."""
    settings(max_examples=examples, deadline=None)(given(*strategies)(property_))()


def parse_as_botocore(operation_name, body):
    """Read an answer's body with botocore's own parser."""
    response = {"headers": {}, "status_code": 200, "body": body}
    shape = MODEL.operation_model(operation_name).output_shape
    parsed = create_parser("json").parse(response, shape)
    del parsed["ResponseMetadata"]
    return parsed


def refusal_of(operation_name, body):
    """Return code and message of the error that *body* gets."""
    with pytest.raises(KmsError) as refused:
        codec.decode(operation_name, body)
    return refused.value.code, refused.value.message


def outcome_of(step, *arguments):
    """Return what *step* returns, or the code of the error that AWS would answer."""
    try:
        return step(*arguments)
    except KmsError as refused:
        return refused.code


# Requests.


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", OPERATIONS)
@EXAMPLES
def test_decode_reads_what_botocore_writes(name, examples):
    """A request is read back as it was given to the client; its timestamps have whole seconds."""

    def holds(data):
        operation = MODEL.operation_model(name)
        seconds = MOMENTS.map(lambda moment: moment.replace(microsecond=0))
        parameters = data.draw(values_of(operation.input_shape, moments=seconds))
        serializer = create_serializer("json", include_validation=False)
        body = serializer.serialize_to_request(parameters, operation)["body"]

        assert parameters == codec.decode(name, body)

    try_out(examples, holds, st.data())


@given(st.sampled_from(OPERATIONS), st.binary())
@settings(max_examples=300, deadline=None)
def test_decode_of_any_bytes(name, body):
    """Any bytes are read or refused with SerializationException, and never raise otherwise."""
    outcome = outcome_of(codec.decode, name, body)

    assert outcome == "SerializationException" or isinstance(outcome, dict)


def test_decode_of_damaged_json():
    """A request that was cut short, anywhere, is refused with SerializationException."""
    whole = b'{"KeyId":"a","GrantTokens":["b"],"EncryptionContext":{"c":"d"},"NumberOfBytes":-1}'

    refusals = {refusal_of("GenerateDataKey", whole[:end]) for end in range(1, len(whole))}

    assert {("SerializationException", None)} == refusals


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", OPERATIONS)
@EXAMPLES
def test_decode_of_any_json(name, examples):
    """Any JSON in any member is read or refused, and what is read, validation can judge."""

    def holds(data):
        shape = MODEL.operation_model(name).input_shape
        members = st.fixed_dictionaries({}, optional=dict.fromkeys(shape.members, JSON))
        body = json.dumps(data.draw(members | JSON)).encode()
        request = outcome_of(codec.decode, name, body)
        verdict = outcome_of(
            validation.validate, name, request if isinstance(request, dict) else {}
        )

        assert request == "SerializationException" or isinstance(request, dict)
        assert verdict in {None, "ValidationException"}

    try_out(examples, holds, st.data())


@pytest.mark.parametrize(
    ("name", "body", "request_"),
    [
        pytest.param("ListKeys", b"", {}, id="empty body"),
        pytest.param("ListKeys", b"{}", {}, id="empty object"),
        pytest.param("ListKeys", b' {"Limit" : 7 }\n', {"Limit": 7}, id="white space"),
        pytest.param("ListKeys", b'{"Limit":null}', {}, id="null member"),
        pytest.param("ListKeys", b'{"Lim\\u0069t":7}', {"Limit": 7}, id="escaped name"),
        pytest.param("ListKeys", b'{"limit":7,"Extra":[{}]}', {}, id="unknown members (WIRE-13)"),
        pytest.param("ListKeys", b'{"Limit":7.0}', {"Limit": 7}, id="whole number as float"),
        pytest.param("ListKeys", b'{"Limit":1e2}', {"Limit": 100}, id="exponent"),
        pytest.param(
            "UpdateKeyDescription",
            b'{"Description":"\\ud83d\\udd11"}',
            {"Description": "\N{KEY}"},
            id="surrogate pair",
        ),
        pytest.param("TagResource", b'{"Tags":[null]}', {"Tags": [None]}, id="null in a list"),
        pytest.param(
            "Encrypt",
            b'{"EncryptionContext":{"a":null}}',
            {"EncryptionContext": {"a": None}},
            id="null in a map",
        ),
        pytest.param(
            "Encrypt", b'{"Plaintext":"aGk=","DryRun":true}', {"Plaintext": b"hi", "DryRun": True}
        ),
    ],
)
def test_decode(name, body, request_):
    """A request is read by the shape of the operation's input."""
    assert request_ == codec.decode(name, body)


SECOND = datetime(2016, 10, 25, 21, 37, 41, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("1477431461", SECOND),
        ("1.477431461E9", SECOND),
        ("1477431461.0", SECOND),
        ("1551129207.775", MOMENT.replace(microsecond=775000)),
        ("1551129207.775999", MOMENT.replace(microsecond=775000)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        ('"2016-10-25T21:37:41Z"', SECOND),
        ('"2016-10-25T23:37:41+02:00"', SECOND),
        ('"2019-02-25T21:13:27.7Z"', MOMENT.replace(microsecond=700000)),
        ('"2019-02-25T21:13:27.775999999Z"', MOMENT.replace(microsecond=775000)),
    ],
)
def test_decode_timestamp(sent, moment):
    """A timestamp is a number of seconds in any notation, or ISO 8601; it counts milliseconds."""
    request = codec.decode("ImportKeyMaterial", f'{{"ValidTo":{sent}}}'.encode())

    assert {"ValidTo": moment} == request
    assert timedelta(0) == request["ValidTo"].utcoffset()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not JSON", id="no JSON"),
        pytest.param(b" ", id="blank"),
        pytest.param(b'{"KeyId":"a"} x', id="trailing text"),
        pytest.param(b'{"KeyId":}', id="no value"),
        pytest.param(b'{"EncryptionContext":{"a":"b"}', id="cut short"),
        pytest.param(b'{"KeyId":"\xff"}', id="no UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"KeyId":"a"}', id="byte order mark"),
        pytest.param(b'{"NumberOfBytes":NaN}', id="NaN"),
        pytest.param(b'{"NumberOfBytes":-Infinity}', id="-Infinity"),
        pytest.param(b'{"KeyId":"\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"EncryptionContext":{"\\uDC00":"a"}}', id="half a surrogate pair as key"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
    ],
)
def test_decode_no_json(body):
    """A body that is no JSON is a SerializationException without a message (assumed)."""
    assert ("SerializationException", None) == refusal_of("GenerateDataKey", body)


MISPLACED_MAP = "Start of structure or map found where not expected."
MISPLACED_LIST = "Start of list found where not expected."


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("Encrypt", "null", "NULL_VALUE can not be converted to a Structure"),
        ("Encrypt", '"KeyId"', "STRING_VALUE can not be converted to a Structure"),
        ("Encrypt", "[]", MISPLACED_LIST),
        ("Decrypt", '{"Recipient":1}', "NUMBER_VALUE can not be converted to a Structure"),
        ("Encrypt", '{"KeyId":1}', "NUMBER_VALUE can not be converted to a String"),
        ("Encrypt", '{"KeyId":true}', "TRUE_VALUE can not be converted to a String"),
        ("Encrypt", '{"KeyId":{}}', MISPLACED_MAP),
        ("Encrypt", '{"KeyId":[]}', MISPLACED_LIST),
        ("Encrypt", '{"DryRun":"true"}', "STRING_VALUE can not be converted to a Boolean"),
        ("Encrypt", '{"DryRun":1}', "NUMBER_VALUE can not be converted to a Boolean"),
        ("ListKeys", '{"Limit":"1"}', "STRING_VALUE can not be converted to an Integer"),
        ("ListKeys", '{"Limit":false}', "FALSE_VALUE can not be converted to an Integer"),
        ("ListKeys", '{"Limit":1.5}', "NUMBER_VALUE can not be converted to an Integer"),
        ("ListKeys", '{"Limit":1e999}', "NUMBER_VALUE can not be converted to an Integer"),
        ("ListKeys", '{"Limit":2147483648}', "NUMBER_VALUE can not be converted to an Integer"),
        ("ListKeys", '{"Limit":-2147483649}', "NUMBER_VALUE can not be converted to an Integer"),
        ("Encrypt", '{"Plaintext":1}', "NUMBER_VALUE can not be converted to a Blob"),
        ("Encrypt", '{"Plaintext":"aGk"}', "STRING_VALUE can not be converted to a Blob"),
        ("Encrypt", '{"Plaintext":"a_-="}', "STRING_VALUE can not be converted to a Blob"),
        ("Encrypt", '{"Plaintext":"aG k="}', "STRING_VALUE can not be converted to a Blob"),
        ("Encrypt", '{"Plaintext":"é"}', "STRING_VALUE can not be converted to a Blob"),
        ("Encrypt", '{"GrantTokens":"a"}', "STRING_VALUE can not be converted to a List"),
        ("Encrypt", '{"GrantTokens":[1]}', "NUMBER_VALUE can not be converted to a String"),
        ("Encrypt", '{"GrantTokens":{}}', MISPLACED_MAP),
        ("Encrypt", '{"EncryptionContext":"a"}', "STRING_VALUE can not be converted to a Map"),
        (
            "Encrypt",
            '{"EncryptionContext":{"a":1}}',
            "NUMBER_VALUE can not be converted to a String",
        ),
    ],
)
def test_decode_wrong_type(name, body, message):
    """A value of the wrong JSON type is a SerializationException naming both (assumed text)."""
    assert ("SerializationException", message) == refusal_of(name, body.encode())


@pytest.mark.parametrize(
    ("sent", "token"),
    [
        ("1e300", "NUMBER_VALUE"),
        ("1e999", "NUMBER_VALUE"),
        ("-1e12", "NUMBER_VALUE"),
        ("9" * 400, "NUMBER_VALUE"),
        ("true", "TRUE_VALUE"),
        ('"tomorrow"', "STRING_VALUE"),
        ('"1477431461"', "STRING_VALUE"),
        ('"2016-13-25T21:37:41Z"', "STRING_VALUE"),
        ('"2016-10-25T21:37:41"', "STRING_VALUE"),
        ('"0001-01-01T00:00:00+02:00"', "STRING_VALUE"),
    ],
)
def test_decode_wrong_timestamp(sent, token):
    """A moment that nobody can name is a SerializationException (assumed text)."""
    message = f"{token} can not be converted to milliseconds since epoch"
    body = f'{{"ValidTo":{sent}}}'.encode()

    assert ("SerializationException", message) == refusal_of("ImportKeyMaterial", body)


# Answers.


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", WITH_OUTPUT)
@EXAMPLES
def test_to_client_is_what_botocore_parses(name, examples):
    """A client gets what botocore's parser makes of the wire: values, zones and order alike."""

    def holds(data):
        shape = MODEL.operation_model(name).output_shape
        response = data.draw(values_of(shape, absent=st.none()))

        assert repr(parse_as_botocore(name, codec.encode(name, response))) == repr(
            codec.to_client(name, response)
        )

    try_out(examples, holds, st.data())


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", OPERATIONS)
@EXAMPLES
def test_measured_length_is_that_of_the_body(name, examples):
    """What a client gets tells how long the body would be that it never sees."""

    def holds(data):
        shape = MODEL.operation_model(name).output_shape
        response = data.draw(values_of(shape, absent=st.none())) if shape else {}

        assert (
            codec.to_client(name, response),
            len(codec.encode(name, response)),
        ) == codec.to_client_measured(name, response)

    try_out(examples, holds, st.data())


def test_encode():
    """An answer is JSON in the model's order with base64, seconds and no nulls (wire-facts W10)."""
    key = {"KeyId": "k", "CreationDate": MOMENT, "Description": "clé", "DeletionDate": None}

    assert b'{"CiphertextBlob":"AQI=","KeyId":"k"}' == codec.encode(
        "Encrypt", {"KeyId": "k", "CiphertextBlob": b"\x01\x02", "EncryptionAlgorithm": None}
    )
    assert (
        '{"KeyMetadata":{"KeyId":"k","CreationDate":1551129207.775,"Description":"clé"}}'.encode()
        == codec.encode("DescribeKey", {"KeyMetadata": key})
    )


@pytest.mark.parametrize(
    ("name", "response"),
    [
        ("GetKeyRotationStatus", {"KeyRotationEnabled": False, "RotationPeriodInDays": 0}),
        ("ListResourceTags", {"Tags": [], "NextMarker": ""}),
        ("Decrypt", {"Plaintext": b""}),
        ("ListGrants", {"Grants": [{"Constraints": {"EncryptionContextEquals": {}}}]}),
    ],
)
def test_encode_keeps_empty_values(name, response):
    """An empty or false member is answered, unlike one that is None."""
    assert response == parse_as_botocore(name, codec.encode(name, response))
    assert response == codec.to_client(name, response)


def test_to_client_timestamp():
    """A client gets moments cut to milliseconds."""
    metadata = codec.to_client("DescribeKey", {"KeyMetadata": {"CreationDate": MOMENT}})

    assert {"KeyMetadata": {"CreationDate": MOMENT.replace(microsecond=775000)}} == metadata


@pytest.mark.parametrize("name", WITHOUT_OUTPUT)
def test_encode_without_output(name):
    """An operation without output answers an empty body (wire-facts W8, W9)."""
    assert b"" == codec.encode(name, {})
    assert {} == codec.to_client(name, {})


@pytest.mark.parametrize(
    "name",
    [
        "ConnectCustomKeyStore",
        "DeleteCustomKeyStore",
        "DisconnectCustomKeyStore",
        "UpdateCustomKeyStore",
    ],
)
def test_encode_empty_output(name):
    """An operation whose output has no members answers an empty object (rules WIRE-3)."""
    assert b"{}" == codec.encode(name, {})
    assert {} == codec.to_client(name, {})


def test_to_client_shares_nothing():
    """What a client does to an answer leaves the engine's values alone."""
    tags = [{"TagKey": "a", "TagValue": "b"}]
    answer = codec.to_client("ListResourceTags", {"Tags": tags})
    answer["Tags"][0]["TagKey"] = "changed"
    answer["Tags"].append("changed")

    assert [{"TagKey": "a", "TagValue": "b"}] == tags


@pytest.mark.parametrize("write", [codec.encode, codec.to_client])
@pytest.mark.parametrize(
    ("name", "response", "message"),
    [
        pytest.param("EnableKey", {"KeyId": "k"}, "EnableKey has no KeyId", id="no output"),
        pytest.param(
            "Encrypt", {"B": 1, "A": None}, "EncryptResponse has no A, B", id="unknown members"
        ),
        pytest.param(
            "Encrypt",
            {"KeyId": b"k"},
            "EncryptResponse.KeyId: bytes instead of str",
            id="bytes for string",
        ),
        pytest.param(
            "Encrypt",
            {"CiphertextBlob": "AQI="},
            "EncryptResponse.CiphertextBlob: str instead of bytes",
            id="string for blob",
        ),
        pytest.param(
            "GetKeyRotationStatus",
            {"RotationPeriodInDays": True},
            "GetKeyRotationStatusResponse.RotationPeriodInDays: bool instead of int",
            id="boolean for integer",
        ),
        pytest.param(
            "GetKeyRotationStatus",
            {"KeyRotationEnabled": 1},
            "GetKeyRotationStatusResponse.KeyRotationEnabled: int instead of bool",
            id="integer for boolean",
        ),
        pytest.param(
            "DescribeKey",
            {"KeyMetadata": {"SigningAlgorithms": ("RSASSA_PSS_SHA_256",)}},
            "DescribeKeyResponse.KeyMetadata: KeyMetadata.SigningAlgorithms: tuple instead of list",
            id="tuple for list",
        ),
        pytest.param(
            "DescribeKey",
            {"KeyMetadata": [KEY_ARN]},
            "DescribeKeyResponse.KeyMetadata: list instead of dict",
            id="list for structure",
        ),
        pytest.param(
            "ListGrants",
            {"Grants": [{"Constraints": {"EncryptionContextEquals": {"a": 1}}}]},
            "ListGrantsResponse.Grants: GrantListEntry.Constraints:"
            " GrantConstraints.EncryptionContextEquals: int instead of str",
            id="integer in a map",
        ),
        pytest.param(
            "ScheduleKeyDeletion",
            {"DeletionDate": datetime(2026, 3, 1)},  # noqa: DTZ001
            "ScheduleKeyDeletionResponse.DeletionDate:"
            " datetime.datetime(2026, 3, 1, 0, 0) instead of an aware datetime",
            id="naive moment",
        ),
        pytest.param(
            "ScheduleKeyDeletion",
            {"DeletionDate": 1551129207.775},
            "ScheduleKeyDeletionResponse.DeletionDate: 1551129207.775 instead of an aware datetime",
            id="number for moment",
        ),
    ],
)
def test_unmodeled_member(write, name, response, message):
    """An answer that the model does not allow raises UnmodeledMember, which names the place."""
    with pytest.raises(codec.UnmodeledMember) as refused:
        write(name, response)

    assert message == str(refused.value)
