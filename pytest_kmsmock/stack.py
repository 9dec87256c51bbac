"""The stack of active mocks: who answers, and how long a mock lives."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from pytest_kmsmock.interception import hooks
from pytest_kmsmock.options import Defaults, Options

if TYPE_CHECKING:
    from pytest_kmsmock.mock import KmsMock

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

Kind: TypeAlias = Literal["created", "joined", "started"]
Outside: TypeAlias = Literal["allow", "error"]


class Stacked(Protocol):
    """What the stack asks of a mock: to open with its first turn, to close and settle after."""

    def _open(self) -> None: ...

    def _close(self) -> None: ...

    def _settle(self, failure: BaseException | None) -> None: ...


Mock = TypeVar("Mock", bound=Stacked)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn(Generic[Mock]):
    """
    One activation of a mock.

    It *created* the mock, *joined* it, or is what the mock's own `start` did. *settled* are the
    options that have had their say before: a decorator with one of them just joins. *outside* says
    what holds while the turn has not ended but no mock is active any more, because it was stopped.
    """

    stack: "ActiveMocks[Mock]"
    mock: Mock
    kind: Kind
    settled: tuple[Options, ...]
    outside: Outside | None

    def __enter__(self) -> Mock:
        return self.mock

    def __exit__(self, _: object, failure: BaseException | None, *__: object) -> None:
        self.stack.end(self, failure)


class ActiveMocks(Generic[Mock]):
    """
    The stack of active mocks, one for the process: worker threads are served too.

    Turns end in any order, and a mock lives until the last of its turns has ended.
    """

    def __init__(self) -> None:
        self.defaults = Defaults()
        self.lock = threading.RLock()
        self._turns: tuple[Turn[Mock], ...] = ()
        self._with_outside: tuple[Turn[Mock], ...] = ()

    @property
    def current(self) -> Mock | None:
        turns = self._turns
        return turns[-1].mock if turns else None

    @property
    def mocks(self) -> tuple[Mock, ...]:
        return tuple(dict.fromkeys(turn.mock for turn in self._turns))

    @property
    def refuse_outside(self) -> bool:
        return self.outside == "error"

    @property
    def outside(self) -> Outside:
        """What becomes of a request while no mock is active: the closest turn that says it."""
        turns = self._with_outside
        return (turns[-1].outside if turns else None) or self.defaults.outside

    def begin(
        self,
        options: Options,
        make_mock: Callable[[Options], Mock],
        settled: tuple[Options, ...] = (),
    ) -> Turn[Mock]:
        """Join the active mock, or start one if there is none or *options* ask for their own."""
        with self.lock:
            top = self._turns[-1] if self._turns else None
            if top is not None and joins(options, top):
                return self._push(top.mock, "joined", top.settled + settled, options.outside)
            return self._push(make_mock(options), "created", settled, options.outside)

    def end(self, turn: Turn[Mock], failure: BaseException | None = None) -> None:
        """
        End *turn*, if it has not ended; a mock's first turn takes its own starts with it.

        Raises:
            UnfiredFaults: If a mock ends with a plan that came to nothing; if there has been a
                *failure*, that one is told so instead.
        """
        if turn.outside is not None:
            with self.lock:
                self._with_outside = tuple(one for one in self._with_outside if one is not turn)
        self._end(
            lambda one: (
                one is turn
                or (one.mock is turn.mock and turn.kind == "created" and one.kind == "started")
            ),
            failure,
        )

    def has(self, mock: Mock) -> bool:
        return mock in [turn.mock for turn in self._turns]

    def start(self, mock: Mock) -> None:
        with self.lock:
            if not self.has(mock):
                self._push(mock, "started")

    def stop(self, mock: Mock) -> None:
        self._end(lambda one: one.mock is mock)

    def _push(
        self,
        mock: Mock,
        kind: Kind,
        settled: tuple[Options, ...] = (),
        outside: Outside | None = None,
    ) -> Turn[Mock]:
        if not self.has(mock):
            mock._open()
        turn = Turn(stack=self, mock=mock, kind=kind, settled=settled, outside=outside)
        self._turns += (turn,)
        if outside is not None:
            self._with_outside += (turn,)
        return turn

    def _end(
        self, ends: Callable[[Turn[Mock]], bool], failure: BaseException | None = None
    ) -> None:
        with self.lock:
            ended = [turn for turn in self._turns if ends(turn)]
            self._turns = tuple([turn for turn in self._turns if turn not in ended])
            over = [mock for mock in {turn.mock for turn in ended} if not self.has(mock)]
            for mock in over:
                mock._close()
        for mock in over:
            mock._settle(failure)


def joins(options: Options, top: Turn[Mock]) -> bool:
    """
    Raises:
        ValueError: For options that the mock to be joined can't fulfil.
    """
    if any(options is known for known in top.settled):
        return True
    if options.isolated:
        return False
    for name in (
        "region_name",
        "account_id",
        "wire",
        "unfired_faults",
        "auto_create_keys",
        "children",
    ):
        asked = getattr(options, name)
        if asked is not None and asked != (given := getattr(top.mock, name)):
            raise ValueError(
                f"mock_kms({name}={asked!r}) joins the active mock, whose {name} is {given!r}: "
                "give it the same, or add isolated=True for a KMS of its own"
            )
    return True


ACTIVE: "Final[ActiveMocks[KmsMock]]" = ActiveMocks()
hooks.install(ACTIVE)
