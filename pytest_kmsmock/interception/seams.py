"""The two events and the last net in which a KMS request is answered, and what botocore gets."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

import botocore.exceptions
from botocore.awsrequest import AWSResponse, HeadersDict

from pytest_kmsmock.interception.exchange import Exchange, Outcome, copy_containers
from pytest_kmsmock.interception.outside import refuse
from pytest_kmsmock.interception.retrying import FAILED_AS_PLANNED
from pytest_kmsmock.options import is_region

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from pytest_kmsmock._kms.service import Response
    from pytest_kmsmock._kms.wire.clients import ClientModel

    Build: TypeAlias = Callable[[str, int, Any, "ReadBody"], AWSResponse]
    ReadBody: TypeAlias = Callable[[], bytes]


CREDENTIAL_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/kms/aws4_request")


class Answerer(Protocol):
    """An active mock, as a request sees it."""

    @property
    def region_name(self) -> str: ...

    @property
    def wire(self) -> bool: ...

    def has_plan_for(self, operation: str) -> bool: ...

    def respond(self, exchange: Exchange) -> "Response": ...

    def respond_as_planned(self, exchange: Exchange) -> Outcome: ...


class Mocks(Protocol):
    """All active mocks, as a request sees them."""

    @property
    def current(self) -> Answerer | None: ...

    @property
    def refuse_outside(self) -> bool: ...


# The context of the call that is being made. A request that is about to be sent has it only in
# botocore's newer versions.
IN_FLIGHT: Final[ContextVar[dict[str, Any]]] = ContextVar("kmsmock_in_flight")


class Seams:
    """
    The handlers of one session.

    `before-call` is botocore's own Stubber's seam: nothing is signed, and aiobotocore needs no
    async code. `before-send` is for when the wire matters: signing, retries and parsing are real.
    """

    def __init__(
        self, mocks: Mocks, build: "Build", read_model: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._mocks = mocks
        self._build = build
        self._read_model = read_model

    def before_parameter_build(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> None:
        if self._mocks.current is not None:
            context["kmsmock_parameters"] = copy_containers(params)

    def before_call(
        self,
        model: Any,
        params: Mapping[str, Any],
        context: dict[str, Any],
        request_signer: Any,
        **_: object,
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        IN_FLIGHT.set(context)
        mock = self._mocks.current
        if mock is None:
            if self._mocks.refuse_outside:
                refuse(model.name)
            return None
        access_key_id, can_sign = identify(request_signer._credentials)
        if mock.wire or mock.has_plan_for(model.name):
            context["kmsmock_access_key_id"] = access_key_id
            if not can_sign:
                context["auth_type"] = "none"
            return None
        response = mock.respond(
            Exchange(
                operation=model.name,
                region=context["client_region"],
                access_key_id=access_key_id,
                body=params["body"],
                attempt=1,
                parameters=context.get("kmsmock_parameters"),
            )
        )
        parsed = response.parsed(self._client_model)
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        return self._build(params["url"], response.status, headers, response.body), parsed

    @cached_property
    def _client_model(self) -> "ClientModel":
        from pytest_kmsmock._kms.wire.clients import ClientModel  # noqa: PLC0415 - the mock has it

        return ClientModel(self._read_model())

    def before_send(
        self, event_name: str, request: "AWSPreparedRequest", **_: object
    ) -> AWSResponse | None:
        mock = self._mocks.current
        if mock is None:
            return None
        context = IN_FLIGHT.get()
        exchange = Exchange(
            operation=event_name.rpartition(".")[2],
            region=context["client_region"],
            access_key_id=context.get("kmsmock_access_key_id"),
            body=body_of(request),
            attempt=context["retries"]["attempt"],
            parameters=context.get("kmsmock_parameters"),
            read_timeout=context.get("read_timeout") or context["client_config"].read_timeout,
        )
        return answer_on_wire(mock, exchange, request.url, self._build)


def identify(credentials: Any) -> tuple[str | None, bool]:
    """
    Return the access key id, as far as it is known, and whether signing needs no network.

    Credentials that refresh themselves (of a role, of SSO) are not asked, for they would call out.
    """
    known = getattr(credentials, "__dict__", {})
    if "access_key" in known:
        return known["access_key"], True
    return known.get("_access_key"), False


def body_of(request: "AWSPreparedRequest") -> bytes:
    # Other services may send files; a body of JSON is bytes.
    body: Any = request.body
    return body  # type: ignore[no-any-return]


def answer_on_wire(mock: Answerer, exchange: Exchange, url: str, build: "Build") -> AWSResponse:
    """
    Answer in the place of the network.

    Raises:
        BotoCoreError: The connection error that the test has planned, as if it came from there.
    """
    if mock.has_plan_for(exchange.operation):
        outcome = mock.respond_as_planned(exchange)
    else:
        outcome = Outcome(response=mock.respond(exchange))
    FAILED_AS_PLANNED.set(outcome.is_planned)
    if outcome.connection_error is not None:
        error = getattr(botocore.exceptions, outcome.connection_error)
        raise error(endpoint_url=url, error=OSError("planned by the test"))
    body = outcome.response.body()
    headers = outcome.response.headers(len(body))
    return build(url, outcome.response.status, headers, lambda: body)


def answer(url: str, status: int, headers: Any, read_body: "ReadBody") -> AWSResponse:
    """Build the response as botocore's HTTP session would have."""
    return LazyResponse(url, status, headers, Body(read_body))


class LazyResponse(AWSResponse):
    """A response that makes its headers when somebody reads them: few calls have such a reader."""

    def __init__(self, url: str, status_code: int, headers: Any, raw: Any) -> None:
        self.url = url
        self.status_code = status_code
        self.raw = raw
        self._content = None
        self._given_headers = headers

    @cached_property
    def headers(self) -> HeadersDict:  # type: ignore[override]  # an attribute, that the stubs know
        return HeadersDict(self._given_headers)


def answer_to_await(url: str, status: int, headers: Any, read_body: "ReadBody") -> AWSResponse:
    """Build the response as aiobotocore's HTTP sessions would have: its content is awaitable."""
    from aiobotocore.awsrequest import AioAWSResponse  # noqa: PLC0415 - most have no aiobotocore

    built: AWSResponse = AioAWSResponse(url, status, headers, Body(read_body))
    return built


class Body:
    """What a response's bytes are read from: by `stream` in botocore, by `read` in aiobotocore."""

    def __init__(self, read_body: "ReadBody") -> None:
        self._read_body = read_body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._read_body()

    async def read(self) -> bytes:
        return self._read_body()


def catch(request: "AWSPreparedRequest", mocks: Mocks, build: "Build") -> AWSResponse | None:
    """Answer a request that no handler of ours has seen; None if it is not for KMS, or for AWS."""
    service, _, operation = as_text(request.headers.get("X-Amz-Target", "")).partition(".")
    if service != "TrentService":
        return None
    mock = mocks.current
    if mock is None:
        if mocks.refuse_outside:
            refuse(operation)
        return None
    scope = CREDENTIAL_SCOPE.search(as_text(request.headers.get("Authorization", "")))
    access_key_id, region = scope.groups() if scope else (None, region_in(request.url))
    exchange = Exchange(
        operation=operation,
        region=region or mock.region_name,
        access_key_id=access_key_id,
        body=body_of(request),
        attempt=None,
    )
    return answer_on_wire(mock, exchange, request.url, build)


def as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def region_in(url: str) -> str | None:
    """Find the Region in a host name of KMS, for a request that has no signature to tell it."""
    labels = (urlsplit(url).hostname or "").split(".")
    return next((label for label in labels if is_region(label)), None)
