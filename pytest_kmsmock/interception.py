"""The events and methods of botocore through which a KMS request reaches the active mock."""

import re
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

import botocore

from pytest_kmsmock.options import REGION
from pytest_kmsmock.outside import refuse
from pytest_kmsmock.sessions import fall_back, is_async

if TYPE_CHECKING:
    from types import ModuleType

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.session import Session

    from pytest_kmsmock._kms.service import Response

    Build: TypeAlias = Callable[[str, Response, Any], AWSResponse]


CREDENTIAL_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/kms/aws4_request")
# Loaded already, they may have made sessions or clients that no initializer has seen.
OLDER: Final = ("botocore.endpoint", "moto.core.botocore_stubber")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One KMS request, without botocore's types; *attempt* counts from 1, None if unknown."""

    operation: str
    region: str
    access_key_id: str | None
    body: bytes
    attempt: int | None


class Answerer(Protocol):
    """An active mock, as a request sees it."""

    @property
    def region_name(self) -> str: ...

    @property
    def wire(self) -> bool: ...

    def respond(self, exchange: Exchange) -> "Response": ...


class Mocks(Hashable, Protocol):
    """All active mocks, as a request sees them."""

    @property
    def current(self) -> Answerer | None: ...

    @property
    def refuse_outside(self) -> bool: ...


def install(mocks: Mocks) -> None:
    """Let all KMS requests of this process, from now on and for good, ask *mocks* for an answer."""
    botocore.register_initializer(lambda session: adopt(session, mocks))
    if any(name in sys.modules for name in OLDER):
        cast_nets(mocks)


def adopt(session: "Session", mocks: Mocks) -> None:
    """Listen to a new session's events: inert while no mock is active, and never unregistered."""

    def region_of_mock() -> str | None:
        mock = mocks.current
        return None if mock is None else mock.region_name

    cast_nets(mocks)
    fall_back(session, region_of_mock)
    seams = Seams(mocks, answer_to_await if is_async(session) else answer)
    # Last among its equals: whatever the test's author registers for KMS comes before us.
    register = session.get_component("event_emitter").register_last
    register("before-call.kms", seams.before_call, unique_id="kmsmock-before-call")
    register("before-send.kms", seams.before_send, unique_id="kmsmock-before-send")


# The context of the call that is being made. A request that is about to be sent has it only in
# botocore's newer versions.
IN_FLIGHT: Final[ContextVar[dict[str, Any]]] = ContextVar("kmsmock_in_flight")


class Seams:
    """
    The handlers of one session.

    `before-call` is botocore's own Stubber's seam: nothing is signed, and aiobotocore needs no
    async code. `before-send` is for when the wire matters: signing, retries and parsing are real.
    """

    def __init__(self, mocks: Mocks, build: "Build") -> None:
        self._mocks = mocks
        self._build = build

    def before_call(
        self,
        model: Any,
        params: Mapping[str, Any],
        context: dict[str, Any],
        request_signer: Any,
        **_: object,
    ) -> "tuple[AWSResponse, dict[str, Any]] | None":
        IN_FLIGHT.set(context)
        mock = self._mocks.current
        if mock is None:
            if self._mocks.refuse_outside:
                refuse(model.name)
            return None
        access_key_id, can_sign = identify(request_signer._credentials)
        if mock.wire:
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
            )
        )
        parsed = response.parsed()
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        return self._build(params["url"], response, headers), parsed

    def before_send(
        self, event_name: str, request: "AWSPreparedRequest", **_: object
    ) -> "AWSResponse | None":
        mock = self._mocks.current
        if mock is None:
            return None
        context = IN_FLIGHT.get()
        response = mock.respond(
            Exchange(
                operation=event_name.rpartition(".")[2],
                region=context["client_region"],
                access_key_id=context.get("kmsmock_access_key_id"),
                body=request.body,
                attempt=context["retries"]["attempt"],
            )
        )
        return self._build(request.url, response, response.headers())


def identify(credentials: Any) -> tuple[str | None, bool]:
    """
    Return the access key id, as far as it is known, and whether signing needs no network.

    Credentials that refresh themselves (of a role, of SSO) are not asked, for they would call out.
    """
    known = getattr(credentials, "__dict__", {})
    if "access_key" in known:
        return known["access_key"], True
    return known.get("_access_key"), False


def answer(url: str, response: "Response", headers: Any) -> "AWSResponse":
    """Build the response as botocore's HTTP session would have."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - there is a client already

    return AWSResponse(url, response.status, headers, Body(response))


def answer_to_await(url: str, response: "Response", headers: Any) -> "AWSResponse":
    """Build the response as aiobotocore's HTTP sessions would have: its content is awaitable."""
    from aiobotocore.awsrequest import AioAWSResponse  # noqa: PLC0415 - there is a client already

    built: AWSResponse = AioAWSResponse(url, response.status, headers, Body(response))
    return built


class Body:
    """What a response's bytes are read from: by `stream` in botocore, by `read` in aiobotocore."""

    def __init__(self, response: "Response") -> None:
        self._response = response

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._response.body()

    async def read(self) -> bytes:
        return self._response.body()


@cache
def cast_nets(mocks: Mocks) -> None:
    """
    Wrap what comes after the events, in the modules loaded and in those that will be.

    The methods that send are the last net: they serve a client or a session that is older than
    our initializer, and so has none of our handlers.
    """
    import wrapt  # noqa: PLC0415 - it imports asyncio: 20 ms, which a run without KMS does not pay

    def send(wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        response = catch(args[0], mocks, answer)
        return wrapped(*args, **kwargs) if response is None else response

    async def send_async(
        wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        response = catch(args[0], mocks, answer_to_await)
        return await wrapped(*args, **kwargs) if response is None else response

    def handle_in_moto(
        wrapped: Any, stubber: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        # All handlers of before-send are called, also when the first has answered: without this,
        # moto would do in its own KMS what was just done in ours.
        is_ours = kwargs["event_name"].startswith("before-send.kms.") and mocks.current is not None
        return None if is_ours else wrapped(*args, **kwargs)

    for module, method, wrapper in (
        ("botocore.endpoint", "Endpoint._send", send),
        ("aiobotocore.endpoint", "AioEndpoint._send", send_async),
        ("moto.core.botocore_stubber", "BotocoreStubber.__call__", handle_in_moto),
    ):
        wrap_when_imported(wrapt, module, method, wrapper)


def wrap_when_imported(wrapt: Any, module: str, method: str, wrapper: Callable[..., Any]) -> None:
    def wrap(imported: "ModuleType") -> None:
        wrapt.wrap_function_wrapper(imported, method, wrapper)

    wrapt.register_post_import_hook(wrap, module)


def catch(
    request: "AWSPreparedRequest",
    mocks: Mocks,
    build: "Build",
) -> "AWSResponse | None":
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
    response = mock.respond(
        Exchange(
            operation=operation,
            region=region or mock.region_name,
            access_key_id=access_key_id,
            body=request.body,
            attempt=None,
        )
    )
    return build(request.url, response, response.headers())


def as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def region_in(url: str) -> str | None:
    """Find the Region in a host name of KMS, for a request that has no signature to tell it."""
    labels = (urlsplit(url).hostname or "").split(".")
    return next((label for label in labels if REGION.fullmatch(label)), None)
