"""Headers as measured, and error bodies as botocore's parser reads them."""

from datetime import datetime, timezone

import pytest
from botocore.parsers import create_parser

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import http, model
from tests.conformance.service_model import MODEL

MODELED = [shape.error_code for shape in MODEL.error_shapes]
UNMODELED = [
    "ValidationException",
    "AccessDeniedException",
    "ThrottlingException",
    "SerializationException",
    "InternalFailure",
]


def parse_as_botocore(error):
    """Read the error's body as botocore's endpoint does: generally, then by the error's shape."""
    response = {"headers": {}, "status_code": model.status_of(error.code)}
    response["body"] = http.error_body(error)
    parser = create_parser("json")
    parsed = parser.parse(response, MODEL.operation_model("Encrypt").output_shape)
    if (shape := MODEL.shape_for_error_code(error.code)) is not None:
        parsed.update(parser.parse(response, shape))
    return parsed


def test_headers():
    """An answer has the headers that were seen on AWS, as botocore spells them (wire-facts W7)."""
    moment = datetime(2026, 3, 1, 7, 5, 9, 123000, tzinfo=timezone.utc)

    assert {
        "x-amzn-requestid": "8bb58f8c-5bd4-4ae5-b4e9-b5b1e6a3a7c2",
        "cache-control": "no-cache, no-store, must-revalidate, private",
        "expires": "0",
        "pragma": "no-cache",
        "date": "Sun, 01 Mar 2026 07:05:09 GMT",
        "content-type": "application/x-amz-json-1.1",
        "content-length": "2",
    } == http.headers("8bb58f8c-5bd4-4ae5-b4e9-b5b1e6a3a7c2", moment, 2)


@pytest.mark.parametrize(
    ("error", "body"),
    [
        pytest.param(
            KmsError("NotFoundException", "Alias arn:… is not found."),
            '{"__type":"NotFoundException","message":"Alias arn:… is not found."}',
            id="modelled (W1)",
        ),
        pytest.param(
            KmsError("AccessDeniedException", "User: …"),
            '{"__type":"AccessDeniedException","Message":"User: …"}',
            id="access denied (W2)",
        ),
        pytest.param(
            KmsError("InvalidCiphertextException"),
            '{"__type":"InvalidCiphertextException"}',
            id="no message (W4)",
        ),
        pytest.param(
            KmsError("ValidationException", ""),
            '{"__type":"ValidationException","message":""}',
            id="empty message (G41)",
        ),
    ],
)
def test_error_body(error, body):
    """An error's body has the bare code, and the message under the name that AWS gives it."""
    assert body.encode() == http.error_body(error)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("message", ["Key 'x' does not exist", "", None])
@pytest.mark.parametrize("code", MODELED + UNMODELED)
def test_parsed_error(code, message):
    """A client gets what botocore's parser would have made of the body."""
    error = KmsError(code, message)

    parsed = parse_as_botocore(error)

    assert repr(parsed) == repr(http.parsed_error(error, parsed["ResponseMetadata"]))


def test_parsed_error_top_level_message():
    """A modelled error has its message at the top level too, another has not."""
    assert {
        "Error": {"Message": "gone", "Code": "NotFoundException"},
        "ResponseMetadata": {},
        "message": "gone",
    } == http.parsed_error(KmsError("NotFoundException", "gone"), {})
    assert {
        "Error": {"Message": "bad", "Code": "ValidationException"},
        "ResponseMetadata": {},
    } == http.parsed_error(KmsError("ValidationException", "bad"), {})
