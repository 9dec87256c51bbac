"""Where a KMS request is answered: at an event, or in the place of the network."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import botocore.exceptions
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.parsers import ResponseParserFactory

from pytest_kmsmock.interception.exchange import Exchange, Outcome, copy_containers
from pytest_kmsmock.interception.in_flight import (
    KEY,
    InFlight,
    Mocks,
    context_of,
    in_flight,
)
from pytest_kmsmock.interception.outside import is_loopback, refuse
from pytest_kmsmock.interception.served import leads_elsewhere
from pytest_kmsmock.interception.sessions import is_async
from pytest_kmsmock.interception.throw_away import Lent, ThrowAway, is_sealed
from pytest_kmsmock.options import is_region

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session

    from pytest_kmsmock._kms.wire.clients import ClientModel
    from pytest_kmsmock.interception.in_flight import Ticket

ReadBody: TypeAlias = Callable[[], bytes]
Build: TypeAlias = Callable[[str, int, Any, ReadBody], AWSResponse]

EVENT: Final = "before-call.kms."
TARGET: Final = "TrentService"
NOTHING: Final[Mapping[str, Any]] = {}
UNUSUAL: Final = {"parser": "by a factory of the session's own"}
CREDENTIAL_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/kms/aws4_request")


class Yield:
    """
    Awaited, lets other tasks run first, as a request to AWS does.

    As `asyncio.sleep(0)`, which tests replace, and whose module takes 13 ms to import.
    """

    def __await__(self) -> Generator[None, None, None]:
        yield


class Dialect(NamedTuple):
    """What differs between botocore and aiobotocore, which awaits what is read and signed with."""

    build: Build
    throw_away: Any
    parser_factory: type[ResponseParserFactory]


class Seams:
    """
    The handlers of one session.

    `before-call` is the seam of botocore's own Stubber: nothing is signed, and aiobotocore needs no
    async code. A call for which the wire matters goes on: then `answer_request()` has the answer,
    and signing, retries and parsing are real.
    """

    def __init__(self, mocks: Mocks, session: "Session", dialect: Dialect) -> None:
        self._mocks = mocks
        self._session = session
        self._dialect = dialect
        # Of what makes the parsers of this session's clients: empty as a rule.
        self._parser_defaults: Mapping[str, Any] | None = None

    async def before_call_async(self, **event: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        """Let other tasks run before KMS acts, as they do while a request is under way."""
        if event["event_name"].startswith(EVENT) and in_flight(event["context"]) is not None:
            await Yield()
        return self.before_call(**event)

    def before_parameter_build(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> None:
        mock = self._mocks.current
        if mock is not None:
            context[KEY] = InFlight(mock, copy_containers(params))

    def before_call(
        self,
        event_name: str,
        model: Any,
        params: Mapping[str, Any],
        context: dict[str, Any],
        request_signer: Any,
        **_: object,
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        if not event_name.startswith(EVENT):
            return None
        credentials = request_signer._credentials
        call = in_flight(context)
        mock = self._mocks.current if call is None else call.mock
        if mock is None or leads_elsewhere(params["url"], mock):
            if is_sealed(self._mocks):
                self._sign_offline(context, credentials)
            return None
        if call is None:
            call = context[KEY] = InFlight(mock)
        body = params["body"]
        call.access_key_id = access_key_id_of(credentials)
        if self._parser_defaults or mock._goes_by_wire(model.name) or not isinstance(body, bytes):
            self._sign_offline(context, credentials)
            return None
        response = mock._respond(
            Exchange(
                model.name,
                context["client_region"],
                call.access_key_id,
                body,
                1,  # the attempt
                call.parameters,
            )
        )
        parsed = response.parsed(self._client_model)
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        build = self._dialect.build
        return build(params["url"], response.status, headers, response.body), parsed

    @cached_property
    def _client_model(self) -> "ClientModel":
        from pytest_kmsmock._kms.wire.clients import ClientModel  # noqa: PLC0415 - the mock has it

        # As its clients load it, so that it is at hand already.
        loader: Any = self._session.get_component("data_loader")
        return ClientModel(loader.load_service_model("kms", "service-2", api_version=None))

    def _sign_offline(self, context: dict[str, Any], credentials: Any) -> None:
        """Let a request be signed without credentials that would call out to renew themselves."""
        if "access_key" not in members_of(credentials) or isinstance(credentials, Lent):
            signing = context.get("signing") or {}
            context["signing"] = {**signing, "request_credentials": self._dialect.throw_away}

    def creating_client_class(self, **_: object) -> None:
        """
        Look who will make the parsers of a client: not as usual for the AWS CLI.

        A client keeps the factory that its session has now, and asks it for a parser in each call;
        its defaults can be set at any time.
        """
        factory = self._session.get_component("response_parser_factory")
        is_usual = type(factory) is self._dialect.parser_factory
        defaults = vars(factory)["_defaults"] if is_usual else UNUSUAL
        known = self._parser_defaults
        # Where the session has had another factory before, some of its clients have that one.
        self._parser_defaults = defaults if known is None or known is defaults else UNUSUAL


def access_key_id_of(credentials: Any) -> str | None:
    """Return the access key id, as far as it is known without asking anybody."""
    known = members_of(credentials)
    found: str | None = known.get("access_key") or known.get("_access_key")
    return found


def members_of(credentials: Any) -> Mapping[str, Any]:
    # Credentials that renew themselves (of a role, of SSO) do so when their properties are read.
    return getattr(credentials, "__dict__", NOTHING)


class Asked(NamedTuple):
    """A request that a mock is to answer in the place of the network."""

    call: InFlight
    exchange: Exchange
    url: str

    def answer(self, build: Build) -> AWSResponse:
        """
        Have the mock answer, once the request has waited for what it has to.

        Raises:
            BotoCoreError: The connection error that the test has planned, as if it came from there.
        """
        mock = self.call.mock
        if mock._has_plan_for(self.exchange.operation):
            outcome = mock._respond_unheld(self.exchange)
        else:
            outcome = Outcome(response=mock._respond(self.exchange))
        self.call.failed_as_planned = outcome.planned is not None
        if outcome.connection_error is not None:
            error = getattr(botocore.exceptions, outcome.connection_error)
            raise error(endpoint_url=self.url, error=OSError("planned by the test"))
        body = outcome.response.body()
        headers = outcome.response.headers(len(body))
        return build(self.url, outcome.response.status, headers, lambda: body)

    def hold(self) -> "Ticket | None":
        mock = self.call.mock
        return mock._hold_up(self.exchange) if mock._has_plan_for(self.exchange.operation) else None


def answer_request(request: "AWSPreparedRequest", mocks: Mocks, build: Build) -> AWSResponse | None:
    """
    Answer in the place of the network: None if the request is not for KMS, or may go there.

    No handler of `before-send` has answered it. It may be one that no handler of ours has seen.

    Raises:
        CallOutsideMock: If it is to be refused.
        BotoCoreError: The connection error that the test has planned, as if it came from there.
    """
    asked = read_request(request, mocks)
    if asked is None:
        return None
    ticket = asked.hold()
    if ticket is not None:
        ticket.wait()
    return asked.answer(build)


async def answer_request_async(
    request: "AWSPreparedRequest", mocks: Mocks, build: Build
) -> AWSResponse | None:
    """
    Answer as `answer_request()`, and let other tasks run before KMS acts.

    Raises:
        CallOutsideMock, BotoCoreError: As there.
    """
    asked = read_request(request, mocks)
    if asked is None:
        return None
    await Yield()
    ticket = asked.hold()
    if ticket is not None:
        await ticket.wait_async()
    return asked.answer(build)


def read_request(request: "AWSPreparedRequest", mocks: Mocks) -> Asked | None:
    """Read what a mock is to be asked; None and errors as `answer_request()`."""
    service, _, operation = as_text(request.headers.get("X-Amz-Target", "")).partition(".")
    if service != TARGET:
        return None
    context = context_of(request)
    call = in_flight(context)
    mock = mocks.current if call is None else call.mock
    if mock is None:
        if mocks.refuse_outside and not is_loopback(request.url):
            refuse(operation, request.url)
        return None
    if leads_elsewhere(request.url, mock):
        return None
    if call is None:
        call = context[KEY] = InFlight(mock)
        call.access_key_id = signature_of(request)[0]
    exchange = Exchange(
        operation=operation,
        region=context.get("client_region") or region_of(request) or mock.region_name,
        access_key_id=call.access_key_id,
        body=body_of(request),
        attempt=context.get("retries", {}).get("attempt"),
        parameters=call.parameters,
        read_timeout=read_timeout_of(context),
    )
    return Asked(call, exchange, request.url)


def read_timeout_of(context: Mapping[str, Any]) -> float | None:
    timeout: float | None = context.get("read_timeout")
    if timeout is None and "client_config" in context:
        timeout = context["client_config"].read_timeout
    return timeout


def body_of(request: "AWSPreparedRequest") -> bytes:
    """Return the bytes of a body, in whatever form a handler has put it there."""
    body: Any = request.body
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def signature_of(request: "AWSPreparedRequest") -> tuple[str | None, str | None]:
    """Return the access key id and the Region of a signature."""
    scope = CREDENTIAL_SCOPE.search(as_text(request.headers.get("Authorization", "")))
    return (scope[1], scope[2]) if scope else (None, None)


def region_of(request: "AWSPreparedRequest") -> str | None:
    """Find the Region of a request that botocore says nothing about: in its signature, or host."""
    labels = (urlsplit(request.url).hostname or "").split(".")
    return signature_of(request)[1] or next((label for label in labels if is_region(label)), None)


def answer(url: str, status: int, headers: Any, read_body: ReadBody) -> AWSResponse:
    """Build the response as botocore's HTTP session would have."""
    return LazyResponse(url, status, headers, read_body)


class LazyResponse(AWSResponse):
    """A response whose headers and body are made when somebody reads them, as in few calls."""

    def __init__(self, url: str, status_code: int, headers: Any, read_body: ReadBody) -> None:
        self.url = url
        self.status_code = status_code
        self._content = None
        self._given_headers = headers
        self._read_body = read_body

    @cached_property
    def headers(self) -> HeadersDict:  # type: ignore[override]  # an attribute, that the stubs know
        return HeadersDict(self._given_headers)

    @cached_property
    def raw(self) -> "Body":
        return Body(self._read_body, self._given_headers)


def answer_to_await(url: str, status: int, headers: Any, read_body: ReadBody) -> AWSResponse:
    """Build the response as aiobotocore's HTTP sessions would have: its content is awaitable."""
    built: AWSResponse = response_to_await()(url, status, headers, read_body)
    return built


@cache
def response_to_await() -> Any:
    from aiobotocore.awsrequest import AioAWSResponse  # noqa: PLC0415 - most have no aiobotocore

    class LazyAioResponse(LazyResponse, AioAWSResponse):  # type: ignore[misc]  # it may be missing
        """A response that is lazy, too, and whose content is awaited."""

    return LazyAioResponse


class Body:
    """What a response's bytes are read from: by `stream` in botocore, by `read` in aiobotocore."""

    def __init__(self, read_body: ReadBody, headers: Any) -> None:
        self._read_body = read_body
        self._headers = headers

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, as aiobotocore before 2.20 takes them from here."""
        return [(name.encode(), value.encode()) for name, value in self._headers.items()]

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._read_body()

    async def read(self) -> bytes:
        return self._read_body()


def choose_dialect(session: "Session") -> Dialect:
    if not is_async(session):
        return Dialect(answer, ThrowAway(), ResponseParserFactory)
    from aiobotocore.parsers import AioResponseParserFactory  # noqa: PLC0415 - as above

    from pytest_kmsmock.interception.throw_away_async import ThrowAwayAsync  # noqa: PLC0415 - as above

    return Dialect(answer_to_await, ThrowAwayAsync(), AioResponseParserFactory)
