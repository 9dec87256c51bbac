"""Where botocore is hooked: each new session's events, and what comes after them."""

import sys
from collections.abc import Callable, Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore

from pytest_kmsmock.sessions import fall_back, is_async

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Protocol

    from botocore.session import Session

    from pytest_kmsmock import seams

    class Mocks(seams.Mocks, Hashable, Protocol): ...


# Loaded already, they may have made sessions or clients that no initializer has seen.
OLDER: Final = ("botocore.endpoint", "moto.core.botocore_stubber")


def install(mocks: "Mocks") -> None:
    """Let all KMS requests of this process, from now on and for good, ask *mocks* for an answer."""
    botocore.register_initializer(lambda session: adopt(session, mocks))
    if any(name in sys.modules for name in OLDER):
        cast_nets(mocks)


def adopt(session: "Session", mocks: "Mocks") -> None:
    """Listen to a new session's events: inert while no mock is active, and never unregistered."""
    from pytest_kmsmock.seams import (  # noqa: PLC0415 - a run without a session does without
        Seams,
        answer,
        answer_to_await,
    )

    def region_of_mock() -> str | None:
        mock = mocks.current
        return None if mock is None else mock.region_name

    cast_nets(mocks)
    fall_back(session, region_of_mock)
    seams = Seams(mocks, answer_to_await if is_async(session) else answer)
    emitter = session.get_component("event_emitter")
    emitter.register_first(
        "before-parameter-build.kms", seams.before_parameter_build, unique_id="kmsmock-parameters"
    )
    # Last among its equals: whatever the test's author registers for KMS comes before us.
    register = emitter.register_last
    register("before-call.kms", seams.before_call, unique_id="kmsmock-before-call")
    register("before-send.kms", seams.before_send, unique_id="kmsmock-before-send")


@cache
def cast_nets(mocks: "Mocks") -> None:
    """
    Wrap what comes after the events, in the modules loaded and in those that will be.

    The methods that send are the last net: they serve a client or a session that is older than
    our initializer, and so has none of our handlers.
    """
    import wrapt  # noqa: PLC0415 - it imports asyncio: 20 ms, which a run without KMS does not pay

    from pytest_kmsmock.retrying import needs_retry  # noqa: PLC0415 - see adopt
    from pytest_kmsmock.seams import answer, answer_to_await, catch  # noqa: PLC0415 - see adopt

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

    for module, method, wrapper in (
        ("botocore.endpoint", "Endpoint._send", send),
        ("botocore.endpoint", "Endpoint._needs_retry", needs_retry),
        ("botocore.retries.adaptive", "ClientRateLimiter.on_sending_request", leave_ours),
        ("aiobotocore.endpoint", "AioEndpoint._send", send_async),
        ("aiobotocore.endpoint", "AioEndpoint._needs_retry", needs_retry),
        ("aiobotocore.retries.adaptive", "AsyncClientRateLimiter.on_sending_request", leave_ours),
        ("moto.core.botocore_stubber", "BotocoreStubber.__call__", leave_ours),
    ):
        wrap_when_imported(wrapt, module, method, wrapper)


def wrap_when_imported(wrapt: Any, module: str, method: str, wrapper: Callable[..., Any]) -> None:
    def wrap(imported: "ModuleType") -> None:
        wrapt.wrap_function_wrapper(imported, method, wrapper)

    wrapt.register_post_import_hook(wrap, module)
