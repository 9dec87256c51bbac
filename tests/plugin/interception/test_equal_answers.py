"""Both seams give the same answer for every operation, whether the wire matters or not."""

from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock._kms.operations import all_operations
from pytest_kmsmock._kms.service import Response
from pytest_kmsmock.interception.exchange import Exchange
from tests.conformance.minimal_requests import prepare
from tests.conformance.stage import Stage
from tests.todays_client import make_todays_client

UNCHECKED = make_todays_client(validates=False)


def answer_twice(mock: KmsMock, operation: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Have one response of KMS handed on by each seam."""
    responses: list[Response] = []
    perform = mock._respond

    def respond_once(exchange: Exchange) -> Response:
        if not responses:
            responses.append(perform(exchange))
        return responses[0]

    def call(wire: bool) -> dict[str, Any]:
        mock.wire = wire
        try:
            return getattr(UNCHECKED, xform_name(operation))(**request)
        except ClientError as error:
            return {"type": type(error), "text": str(error), **error.response}

    mock._respond = respond_once
    return [call(wire=False), call(wire=True)]


@pytest.mark.sweep(7)
@pytest.mark.parametrize("operation", sorted(all_operations()))
def test_response(operation):
    """An answer is the same through both seams: members, types, headers and all."""
    with mock_kms(wire=False) as mock:
        request = prepare(Stage(mock=mock), operation)
        before_call, before_send = answer_twice(mock, operation, request)

    assert "type" not in before_call
    assert before_call == before_send
    assert types_in(before_call) == types_in(before_send)


REFUSED = {
    "code-and-message": ("DescribeKey", {"KeyId": "alias/app"}, "NotFoundException"),
    "code-alone": ("Decrypt", {"CiphertextBlob": bytes(200)}, "InvalidCiphertextException"),
    "not-in-the-model": ("DescribeKey", {}, "ValidationException"),
    "not-in-the-model-of-the-operation": ("ListKeys", {"Limit": 0}, "ValidationException"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_error(name):
    """An error is the same through both seams: its class, its text and all of its response."""
    operation, request, code = REFUSED[name]
    with mock_kms(wire=False) as mock:
        before_call, before_send = answer_twice(mock, operation, request)

    assert code == before_call["Error"]["Code"]
    assert before_call["type"].__name__ == before_send["type"].__name__
    assert types_in(before_call["ResponseMetadata"]) == types_in(before_send["ResponseMetadata"])
    assert {**before_call, "type": None} == {**before_send, "type": None}


def types_in(value: Any) -> Any:
    """Replace all values in *value* by their types."""
    if isinstance(value, dict):
        return {name: types_in(one) for name, one in value.items()}
    if isinstance(value, list):
        return [types_in(one) for one in value]
    return type(value)
