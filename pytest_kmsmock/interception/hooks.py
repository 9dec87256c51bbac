"""Where botocore is hooked: each new session's events, and what comes after them."""

import re
import sys
import threading
from collections.abc import Callable, Hashable
from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import botocore

if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    from botocore.session import Session

    from pytest_kmsmock.interception import in_flight

    class Mocks(in_flight.Mocks, Hashable, Protocol): ...

    Wrapper: TypeAlias = Callable[[Any, object, tuple[Any, ...], dict[str, Any]], Any]


# Loaded already, they may have made sessions or clients that no initializer has seen.
OLDER: Final = ("botocore.endpoint", "moto.core.botocore_stubber")

# The modules of what sends, for callers who wait and for those who await.
SENDERS: Final = ("botocore.endpoint", "aiobotocore.endpoint")

CASTING: Final = threading.Lock()


# The lower bound of pyproject.toml; some installers can be talked out of it.
OLDEST_BOTOCORE: Final = "1.35.0"


def check_botocore() -> None:
    """
    Raises:
        ImportError: If the installed botocore is older than those that are served.
    """
    if numbers_of(botocore.__version__) < numbers_of(OLDEST_BOTOCORE):
        raise ImportError(
            f"pytest-kmsmock needs botocore>={OLDEST_BOTOCORE}, and {botocore.__version__} is "
            "installed"
        )


@cache
def numbers_of(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def install(mocks: "Mocks") -> None:
    """Let all KMS requests of this process, from now on and for good, ask *mocks* for an answer."""
    try:
        check_botocore()
    except ImportError:
        return  # whoever starts is told
    botocore.register_initializer(lambda session: adopt(session, mocks))
    catch_up(mocks)


def catch_up(mocks: "Mocks") -> None:
    """Cast the nets over what was loaded without a new session, such as moto; each start asks."""
    if any(name in sys.modules for name in OLDER):
        cast_nets(mocks)


def adopt(session: "Session", mocks: "Mocks") -> None:
    """Listen to a new session's events: inert while no mock is active, and never unregistered."""
    from pytest_kmsmock.interception.seams import (  # noqa: PLC0415 - a run without a session does without
        Seams,
        choose_dialect,
    )
    from pytest_kmsmock.interception.sessions import is_async  # noqa: PLC0415 - as above

    cast_nets(mocks)
    remember_user_agent()
    seams = Seams(mocks, session, choose_dialect(session))
    emitter = session.get_component("event_emitter")
    emitter.register_first(
        "before-parameter-build.kms", seams.before_parameter_build, unique_id="kmsmock-parameters"
    )
    emitter.register(
        "creating-client-class.kms", seams.creating_client_class, unique_id="kmsmock-parser"
    )
    # The last of all that are called, the least specific event's: our answer is the end of them.
    before_call = seams.before_call_async if is_async(session) else seams.before_call
    emitter.register_last("before-call", before_call, unique_id="kmsmock-before-call")


def cast_nets(mocks: "Mocks") -> None:
    """
    Wrap what comes before and after the events, as far as its modules are loaded, and only once.

    The methods that send answer what went past the events: since the wire matters, or in a client
    or session that is older than our initializer, and so has none of our handlers. Of botocore and
    aiobotocore these modules are loaded before there is a session; for moto's see `catch_up()`.
    """
    missing = nets_to_cast(mocks)
    if all(net.module not in sys.modules for net in missing):
        return  # as nearly always: each start of a mock asks
    with CASTING:
        for net in tuple(missing):
            owner = getattr(sys.modules.get(net.module), net.owner, None)
            if owner is not None:
                wrap_method(owner, net.method, net.wrapper)
                missing.remove(net)


@cache
def nets_to_cast(mocks: "Mocks") -> list["Net"]:
    from pytest_kmsmock.interception.in_flight import context_of, in_flight  # noqa: PLC0415 - see adopt
    from pytest_kmsmock.interception.lending import Lender  # noqa: PLC0415 - see adopt
    from pytest_kmsmock.interception.retrying import needs_retry  # noqa: PLC0415 - see adopt
    from pytest_kmsmock.interception.seams import (  # noqa: PLC0415 - see adopt
        answer,
        answer_request,
        answer_request_async,
        answer_to_await,
    )

    lender = Lender(mocks)

    def send(wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        response = answer_request(args[0], mocks, answer)
        return wrapped(*args, **kwargs) if response is None else response

    async def send_async(
        wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        response = await answer_request_async(args[0], mocks, answer_to_await)
        return await wrapped(*args, **kwargs) if response is None else response

    def prepare_request(
        wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        cover(type(endpoint))
        prepared = wrapped(*args, **kwargs)
        prepared.context = args[0].context  # as botocore's newer versions do
        return prepared

    covered: set[type] = set()

    def cover(kind: type) -> None:
        """Wrap `_send` of a class of endpoints that has one of its own, the first time it sends."""
        if kind in covered:
            return
        with CASTING:  # so that no other thread sends before it is wrapped
            if kind in covered:
                return
            owner = next(one for one in kind.__mro__ if "_send" in vars(one))
            if owner.__module__ not in SENDERS:
                is_async = any(one.__module__ == SENDERS[1] for one in kind.__mro__)
                wrap_method(kind, "_send", send_async if is_async else send)
            covered.add(kind)

    def leave_ours(
        wrapped: Any, handler: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        # What we are going to answer: without this, moto would answer from its own KMS, and
        # adaptive retries would slow down a client that we have throttled.
        is_ours = kwargs["event_name"].startswith("before-send.kms.") and (
            mocks.current is not None or in_flight(context_of(kwargs["request"])) is not None
        )
        return None if is_ours else wrapped(*args, **kwargs)

    return [
        Net("botocore.session", "Session", "create_client", lender.create_client),
        Net("botocore.session", "Session", "get_credentials", lender.get_credentials),
        Net("botocore.utils", "IMDSRegionProvider", "provide", lender.find_region_of_machine),
        Net("botocore.endpoint", "Endpoint", "prepare_request", prepare_request),
        Net("botocore.endpoint", "Endpoint", "_send", send),
        Net("botocore.endpoint", "Endpoint", "_needs_retry", needs_retry),
        Net("botocore.retries.adaptive", "ClientRateLimiter", "on_sending_request", leave_ours),
        Net("aiobotocore.session", "AioSession", "_create_client", lender.create_client_async),
        Net("aiobotocore.session", "AioSession", "get_credentials", lender.get_credentials_async),
        Net(
            "aiobotocore.utils",
            "AioIMDSRegionProvider",
            "provide",
            lender.find_region_of_machine_async,
        ),
        Net("aiobotocore.endpoint", "AioEndpoint", "_send", send_async),
        Net("aiobotocore.endpoint", "AioEndpoint", "_needs_retry", needs_retry),
        Net(
            "aiobotocore.retries.adaptive",
            "AsyncClientRateLimiter",
            "on_sending_request",
            leave_ours,
        ),
        Net("moto.core.botocore_stubber", "BotocoreStubber", "__call__", leave_ours),
    ]


class Net(NamedTuple):
    """A method to wrap: *wrapper* is given the bound method, its object and the arguments."""

    module: str
    owner: str
    method: str
    wrapper: "Wrapper"


def wrap_method(owner: type, name: str, wrapper: "Wrapper") -> None:
    # Not by wrapt, which imports asyncio: 13 ms, a seventh of what the first call costs.
    original = getattr(owner, name)

    @wraps(original)
    def method(self: object, *args: Any, **kwargs: Any) -> Any:
        return wrapper(original.__get__(self), self, args, kwargs)

    setattr(owner, name, method)


@cache
def remember_user_agent() -> None:
    """
    Let botocore clean each word of its User-Agent header once, instead of in every call.

    It goes through the same two dozen words letter by letter, which is a third of all that it does
    before our handler is asked. The functions depend on their arguments alone.
    """
    from botocore import useragent  # noqa: PLC0415 - see adopt

    component = getattr(useragent, "UserAgentComponent", None)
    for owner, name in (
        (useragent, "sanitize_user_agent_string_component"),
        (component, "to_string"),
    ):
        # Private names, which may go: that costs time only.
        if hasattr(owner, name):
            setattr(owner, name, lru_cache(maxsize=256)(getattr(owner, name)))
