"""Retries without their waiting: a failure that a test has planned shall not cost it seconds."""

from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any, TypeAlias

from pytest_kmsmock.interception.in_flight import in_flight

# As botocore's emitter returns them: each handler, and its answer.
Answers: TypeAlias = list[tuple[Any, Any]]


def needs_retry(wrapped: Any, endpoint: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """
    Wrap the endpoints' `_needs_retry`, which asks the client's retry mode and sleeps as it says.

    The mode decides as ever, and counts as ever; only the sleep before the retry is left out.
    """
    request_dict = kwargs["request_dict"] if "request_dict" in kwargs else args[2]
    call = in_flight(request_dict["context"])
    if call is None or not call.failed_as_planned:
        return wrapped(*args, **kwargs)
    call.failed_as_planned = False
    return wrapped.__func__(ImpatientEndpoint(endpoint), *args, **kwargs)


class ImpatientEndpoint:
    """A stand-in for an endpoint, sync or async, whose handlers ask for no delay."""

    def __init__(self, endpoint: Any) -> None:
        self._endpoint = endpoint
        self._event_emitter = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoint, name)

    def emit(self, event_name: str, **said: Any) -> "Answers | Awaitable[Answers]":
        said["endpoint"] = self._endpoint
        answers = self._endpoint._event_emitter.emit(event_name, **said)
        return hasten_later(answers) if isawaitable(answers) else hasten(answers)


def hasten(answers: Answers) -> Answers:
    """Turn each delay into none; an answer that is no delay, None or False, means no retry."""
    return [(handler, 0 if delay else delay) for handler, delay in answers]


async def hasten_later(answers: Awaitable[Answers]) -> Answers:
    return hasten(await answers)
