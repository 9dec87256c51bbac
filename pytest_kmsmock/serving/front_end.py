"""What AWS's front end makes of an HTTP request before KMS sees it, and of KMS's answer after."""

import logging
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from pytest_kmsmock._kms.domain.clock import Clock
from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.operations import FAMILIES
from pytest_kmsmock._kms.wire import http, model
from pytest_kmsmock.interception.exchange import Exchange, Origin, Outcome
from pytest_kmsmock.serving.http11 import Request, Response
from pytest_kmsmock.serving.signatures import read_signer
from pytest_kmsmock.workbench.calls.record import make_entry

if TYPE_CHECKING:
    from pytest_kmsmock._kms.service import Response as KmsResponse

TARGET_PREFIX: Final = "TrentService"
CONTENT_TYPE: Final = "application/x-amz-json-1.1"

OPERATIONS: Final = frozenset(chain.from_iterable(FAMILIES.values()))

# Of the front end alone: KMS has no such errors.
STATUSES: Final = {"RequestEntityTooLargeException": HTTPStatus.REQUEST_ENTITY_TOO_LARGE}

LOG: Final = logging.getLogger("pytest_kmsmock.server")

# Botocore's parser has the names in lower case; so they look on the wire (wire-facts W7).
SPELLINGS: Final = {
    "x-amzn-requestid": "x-amzn-RequestId",
    "cache-control": "Cache-Control",
    "expires": "Expires",
    "pragma": "Pragma",
    "date": "Date",
    "content-type": "Content-Type",
}
_ATTEMPT: Final = re.compile(r"\battempt=(\d{1,6})\b")


class Answerer(Protocol):
    """An active mock, as a request from outside sees it."""

    def _has_plan_for(self, operation: str) -> bool: ...

    def _respond(self, exchange: Exchange) -> "KmsResponse": ...

    def _respond_as_planned(self, exchange: Exchange) -> Outcome: ...

    def _note_bug(self, bug: Exception) -> None: ...


def answer(request: Request, address: str, mock: Answerer) -> Response | None:
    """
    Answer *request*; None stands for a connection that breaks, as the test has planned.

    Args:
        address: The client's, for the record.
        mock: The KMS behind it.
    """
    if is_preflight(request):
        return answer_preflight(request)
    try:
        response = forward(request, address, mock)
    except KmsError as error:
        LOG.info("%s %s %r -> %s", address, request.method, request.target, error.code)
        response = write_error(error)
    except Exception as bug:
        LOG.error("the answer to %s failed", request.headers.get("x-amz-target"), exc_info=bug)
        mock._note_bug(bug)
        response = write_error(KmsError("InternalFailure"))
    if response is not None and "origin" in request.headers:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "x-amzn-RequestId,Date"
    return response


def refuse(request: Request, reason: str) -> Response:
    """Refuse a request for which there is no mock, as *reason* says."""
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2] or "KMS"
    return write_error(KmsError("CallOutsideMock", describe_refusal(operation, reason)))


def describe_refusal(operation: str, reason: str) -> str:
    return (
        f"{operation} was called in a process that the tests have started, {reason}. To have it "
        "answered by the test's own KMS, say kmsmock_children = serve in the ini file, or "
        "children='serve' to mock_kms or the marker kms."
    )


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "origin" in request.headers


def answer_preflight(request: Request) -> Response:
    """Allow a web page of anywhere to call, as KMS does (FE12)."""
    headers = {
        "x-amzn-RequestId": str(uuid.uuid4()),
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Max-Age": "172800",
    }
    asked = request.headers.get("access-control-request-headers")
    if asked is not None:
        headers["Access-Control-Allow-Headers"] = asked
    return Response(HTTPStatus.OK, headers, b"")


def forward(request: Request, address: str, mock: Answerer) -> Response | None:
    """
    Hand *request* on to KMS.

    Raises:
        KmsError: For what the front end refuses; the order of its checks is assumed.
    """
    operation = read_operation(request)
    if request.is_too_large:
        raise KmsError("RequestEntityTooLargeException")
    signer = read_signer(request.headers, request.target.partition("?")[2])
    exchange = Exchange(
        operation=operation,
        region=signer.region,
        access_key_id=signer.access_key_id,
        body=request.body,
        attempt=read_attempt(request.headers.get("amz-sdk-request")),
        origin=Origin(address, request.headers.get("user-agent", "")),
    )
    outcome = (
        mock._respond_as_planned(exchange)
        if mock._has_plan_for(operation)
        else Outcome(response=respond(exchange, mock))
    )
    if LOG.isEnabledFor(logging.INFO):
        call = make_entry(exchange, outcome.response, outcome.connection_error).read()
        LOG.info("%s %s %s", address, exchange.region, call.show())
    if outcome.connection_error is not None:
        return None
    return write_answer(outcome.response)


def respond(exchange: Exchange, mock: Answerer) -> "KmsResponse":
    try:
        return mock._respond(exchange)
    except ValueError as error:
        if b'"_custom_' not in exchange.body:
            raise
        # LocalStack's tags with a value that can't be: the test's mistake, told where it was made.
        raise KmsError("ValidationException", str(error)) from None


def read_operation(request: Request) -> str:
    """
    Return the name of the operation that *request* is for.

    Raises:
        KmsError: UnknownOperationException, if it is for none (FE3, FE11).
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    is_known = (
        request.method == "POST"
        and media_type == CONTENT_TYPE
        and service == TARGET_PREFIX
        and operation in OPERATIONS
    )
    if not is_known:
        raise KmsError("UnknownOperationException")
    return operation


def read_attempt(sdk_request: str | None) -> int | None:
    """Return the attempt, from 1, that an SDK says it makes; None if it says nothing."""
    told = None if sdk_request is None else _ATTEMPT.search(sdk_request)
    return int(told[1]) if told else None


def write_answer(response: "KmsResponse") -> Response:
    body = response.body()
    return Response(response.status, spell(response.headers(len(body))), body)


def write_error(error: KmsError) -> Response:
    body = http.error_body(error)
    headers = http.headers(str(uuid.uuid4()), Clock().now(), len(body))
    status = STATUSES.get(error.code) or model.status_of(error.code)
    return Response(status, spell(headers), body)


def spell(headers: Mapping[str, str]) -> dict[str, str]:
    """Spell the names as AWS does; the length is written by `http11`."""
    return {spelling: headers[name] for name, spelling in SPELLINGS.items() if name in headers}
