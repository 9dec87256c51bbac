"""Who makes the requests whose credentials nobody has declared: the latest who was named."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.principals import Session
    from pytest_kmsmock._kms.service import Service
    from pytest_kmsmock.workbench.principals.naming import Home


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One who acts. A *lasting* one is declared anew in each KMS that the mock goes on with."""

    session: "Session"
    is_lasting: bool


class Cast:
    """
    All who act in one mock, the latest last; their parts end in any order.

    Args:
        first: Who acts as long as nobody else does, as `caller=` names him; the administrator by
            default.
    """

    def __init__(self, first: str | None) -> None:
        self._first = first
        self._parts: tuple[Part, ...] = ()
        self._lock = threading.Lock()

    @property
    def current(self) -> "Session | None":
        parts = self._parts
        return parts[-1].session if parts else None

    def begin(self, part: Part, service: "Service") -> None:
        with self._lock:
            self._parts = (*self._parts, part)
            self._apply(service)

    def end(self, part: Part, service: "Service") -> None:
        with self._lock:
            self._parts = tuple([one for one in self._parts if one is not part])
            self._apply(service)

    def enter(self, service: "Service", home: "Callable[[], Home]") -> None:
        """Go on in another KMS: an empty one, or one that was restored."""
        if self._first is not None:
            first = Part(read_session(self._first, home()), is_lasting=True)
            self._parts, self._first = (first, *self._parts), None
        for part in self._parts:
            if part.is_lasting:
                declare_in(service, part.session)
        self._apply(service)

    def _apply(self, service: "Service") -> None:
        current = self.current
        service.access.caller = None if current is None else current.access_key_id


def read_session(caller: str, home: "Home") -> "Session":
    """
    Read whom a keyword names as the caller.

    Raises:
        ValueError: If that is nobody.
    """
    from pytest_kmsmock._kms.domain.principals import Session  # noqa: PLC0415 - see KmsMock._open
    from pytest_kmsmock.workbench.principals.naming import read_caller  # noqa: PLC0415 - see KmsMock._open

    named = read_caller(caller, home)
    return Session(identity=named.arn, name=named.session_name)


def declare_in(service: "Service", session: "Session") -> str:
    """Let *service* know *session*, and return its access key id."""
    world = service.world
    is_service = not session.identity.startswith("arn:")
    account_id = "" if is_service else session.identity.split(":")[4]
    world.principals.identity(session.identity, account_id)
    return world.principals.issue(session, world.clock.now())


@contextmanager
def acting(cast: Cast, part: Part, service: "Callable[[], Service]") -> Iterator[None]:
    """Let somebody act until the end of the block."""
    cast.begin(part, service())
    try:
        yield
    finally:
        cast.end(part, service())
