"""Where botocore is hooked: each new session's events, and what comes after them."""

import sys
import threading
from collections.abc import Callable, Hashable
from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import botocore

from pytest_kmsmock.interception.sessions import fall_back, is_async

if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    from botocore.session import Session

    from pytest_kmsmock.interception import seams

    class Mocks(seams.Mocks, Hashable, Protocol): ...

    Wrapper: TypeAlias = Callable[[Any, object, tuple[Any, ...], dict[str, Any]], Any]


# Loaded already, they may have made sessions or clients that no initializer has seen.
OLDER: Final = ("botocore.endpoint", "moto.core.botocore_stubber")

CASTING: Final = threading.Lock()


def install(mocks: "Mocks") -> None:
    """Let all KMS requests of this process, from now on and for good, ask *mocks* for an answer."""
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
        answer,
        answer_to_await,
    )

    def read_model() -> Any:
        # As its clients load it, so that it is at hand already.
        loader = session.get_component("data_loader")
        return loader.load_service_model("kms", "service-2", api_version=None)

    def region_of_mock() -> str | None:
        mock = mocks.current
        return None if mock is None else mock.region_name

    cast_nets(mocks)
    remember_user_agent()
    fall_back(session, region_of_mock)
    seams = Seams(mocks, answer_to_await if is_async(session) else answer, read_model)
    emitter = session.get_component("event_emitter")
    emitter.register_first(
        "before-parameter-build.kms", seams.before_parameter_build, unique_id="kmsmock-parameters"
    )
    # Last among its equals: whatever the test's author registers for KMS comes before us.
    register = emitter.register_last
    register("before-call.kms", seams.before_call, unique_id="kmsmock-before-call")
    register("before-send.kms", seams.before_send, unique_id="kmsmock-before-send")


def cast_nets(mocks: "Mocks") -> None:
    """
    Wrap what comes after the events, as far as its modules are loaded and it is not wrapped yet.

    The methods that send are the last net: they serve a client or a session that is older than
    our initializer, and so has none of our handlers. Of botocore and aiobotocore these modules are
    loaded before there is a session; for moto's see `catch_up()`.
    """
    with CASTING:
        missing = nets_to_cast(mocks)
        for net in tuple(missing):
            owner = getattr(sys.modules.get(net.module), net.owner, None)
            if owner is not None:
                wrap_method(owner, net.method, net.wrapper)
                missing.remove(net)


@cache
def nets_to_cast(mocks: "Mocks") -> list["Net"]:
    from pytest_kmsmock.interception.retrying import needs_retry  # noqa: PLC0415 - see adopt
    from pytest_kmsmock.interception.seams import answer, answer_to_await, catch  # noqa: PLC0415 - see adopt

    def send(wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        response = catch(args[0], mocks, answer)
        return wrapped(*args, **kwargs) if response is None else response

    async def send_async(
        wrapped: Any, endpoint: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        response = catch(args[0], mocks, answer_to_await)
        return await wrapped(*args, **kwargs) if response is None else response

    def leave_ours(
        wrapped: Any, handler: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        # All handlers of before-send are called, also when the first has answered: without this,
        # moto would do in its own KMS what was just done in ours, and adaptive retries would slow
        # down a client that we have throttled.
        is_ours = kwargs["event_name"].startswith("before-send.kms.") and mocks.current is not None
        return None if is_ours else wrapped(*args, **kwargs)

    return [
        Net("botocore.endpoint", "Endpoint", "_send", send),
        Net("botocore.endpoint", "Endpoint", "_needs_retry", needs_retry),
        Net("botocore.retries.adaptive", "ClientRateLimiter", "on_sending_request", leave_ours),
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
    before our handler is asked. The function depends on its arguments alone.
    """
    from botocore import useragent  # noqa: PLC0415 - see adopt

    name = "sanitize_user_agent_string_component"
    if hasattr(useragent, name):  # a private name, so that it may go: that costs time only
        setattr(useragent, name, lru_cache(maxsize=256)(getattr(useragent, name)))
