"""Through both seams KMS is asked the same, for every operation."""

import pytest

from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.service import Request, Response
from tests.conformance.minimal_requests import prepare
from tests.conformance.service_model import OPERATIONS
from tests.conformance.stage import Stage


@pytest.mark.sweep(7)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_request(operation: str) -> None:
    """Operation, Region, account, access key and body are the same, on the wire or before it."""
    asked: list[Request] = []
    answers: list[Response] = []
    with mock_kms(wire=False, isolated=True) as mock:
        stage = Stage(mock=mock)
        request = prepare(stage, operation)
        respond = mock._service.respond

        def record(received: Request) -> Response:
            """Answer once, and give the same answer again: most requests succeed only once."""
            asked.append(received)
            if not answers:
                answers.append(respond(received))
            return answers[0]

        mock._service.respond = record  # type: ignore[method-assign]
        for wire in (False, True):
            mock.wire = wire
            stage.call(operation, request)

    before_call, before_send = asked
    assert before_call == before_send
    assert operation == before_call.operation
