"""What the later steps of a call must know of its beginning, kept in botocore's context of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from pytest_kmsmock._kms.service import Response
    from pytest_kmsmock.interception.exchange import Exchange, Outcome

# The context is the call's own: calls within calls, in handlers and the like, don't mix.
KEY: Final = "kmsmock"


class Ticket(Protocol):
    """A request that waits until the test lets it go."""

    def wait(self) -> None: ...

    async def wait_async(self) -> None: ...


class Answerer(Protocol):
    """An active mock, as a request sees it."""

    @property
    def region_name(self) -> str: ...

    def _goes_by_wire(self, operation: str) -> bool: ...

    def _has_plan_for(self, operation: str) -> bool: ...

    def _respond(self, exchange: "Exchange") -> "Response": ...

    def _hold_up(self, exchange: "Exchange") -> "Ticket | None": ...

    def _respond_unheld(self, exchange: "Exchange") -> "Outcome": ...


class Mocks(Protocol):
    """All active mocks, as requests and clients see them."""

    @property
    def current(self) -> Answerer | None: ...

    @property
    def refuse_outside(self) -> bool: ...

    @property
    def configured_region(self) -> str | None:
        """The Region that somebody has configured for the tests, of a mock or of all."""


class InFlight:
    """
    A call that began in *mock*, and so ends in it.

    *parameters* are the caller's own, None if they went unseen. *access_key_id* is the client's,
    as far as it is known. *failed_as_planned* says so of the last attempt; what retries it takes
    that back.
    """

    __slots__ = ("access_key_id", "failed_as_planned", "mock", "parameters")

    def __init__(self, mock: Answerer, parameters: dict[str, Any] | None = None) -> None:
        self.mock = mock
        self.parameters = parameters
        self.access_key_id: str | None = None
        self.failed_as_planned = False


def in_flight(context: Mapping[str, Any]) -> InFlight | None:
    found: InFlight | None = context.get(KEY)
    return found


def context_of(request: Any) -> dict[str, Any]:
    """Return the context of a prepared request; an empty one for what was made by hand."""
    context: dict[str, Any] = getattr(request, "context", None) or {}
    return context
