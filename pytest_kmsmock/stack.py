"""The stack of active mocks: who answers, and how long a mock lives."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    Literal,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
)

from pytest_kmsmock.interception import hooks
from pytest_kmsmock.options import ASK_NOTHING, Defaults, Options

if TYPE_CHECKING:
    from pytest_kmsmock.mock import KmsMock
    from pytest_kmsmock.story.past import Past

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

Kind: TypeAlias = Literal["created", "joined", "started"]
Outside: TypeAlias = Literal["allow", "error"]
Purpose: TypeAlias = Literal["code", "set-up", "test"]


class Stacked(Protocol):
    """What the stack asks of a mock: to open with its first turn, to close and settle after."""

    _configured_region: str | None

    def _open(self, model: Any = None) -> None:
        """Begin empty, or as the *model* is now, a mock of the same kind."""

    def _close(self) -> None: ...

    def _settle(self, failure: BaseException | None) -> None: ...

    def _begin_part(self, caller: str) -> object: ...

    def _end_part(self, part: object) -> None: ...


Mock = TypeVar("Mock", bound=Stacked)


class Turn(Generic[Mock]):
    """
    One activation of a mock; nothing is active before `begin` and after `end`.

    A turn has *created* its mock, *joined* it, or is what the mock's own `start` did. *settled* are
    the options that have had their say before: a decorator with one of them just joins. Its
    *purpose* is the set-up that the tests of a class share, one test, or any code: a test within a
    set-up does not join, but begins with a copy.

    An exception from a signal, whenever it comes, leaves a turn that has begun or one that has not:
    whoever makes one ends it in a `finally`, also if `begin` has raised.
    """

    def __init__(
        self,
        stack: "ActiveMocks[Mock]",
        options: Options,
        make_mock: Callable[[Options], Mock] | None = None,
        *,
        settled: tuple[Options, ...] = (),
        purpose: Purpose = "code",
    ) -> None:
        self.stack = stack
        self.options = options
        self.make_mock = make_mock
        self.settled = settled
        self.purpose = purpose
        self.kind: Kind | None = None
        self.mock: Mock
        # That of the caller whom the turn has named to a mock that it has joined.
        self.part: object = None

    @property
    def outside(self) -> Outside | None:
        """What holds until the end while no mock is active any more, because it was stopped."""
        return self.options.outside

    @property
    def is_active(self) -> bool:
        return self in self.stack.turns

    def begin(self) -> Mock:
        """Join the active mock, or start one if there is none or the options ask for their own."""
        try:
            self.stack.push(self)
        except BaseException:
            self.drop()
            raise
        return self.mock

    def end(self, failure: BaseException | None = None) -> None:
        """
        End, if it has not ended; a mock's first turn takes its own starts with it.

        Raises:
            UnfiredFaults: If a mock ends with a plan that came to nothing; if there has been a
                *failure*, that one is told so instead.
        """
        try:
            over = self.stack.take(self._is_over, self)
        except BaseException:
            self.drop()
            raise
        for mock in over:
            mock._settle(failure)

    def drop(self) -> None:
        """End without asking after plans, as after an interruption; do nothing after the end."""
        if self.stack.knows(self):
            self.stack.take(self._is_over, self)

    def _is_over(self, one: "Turn[Mock]") -> bool:
        return one is self or (
            self.kind == "created" and one.kind == "started" and one.mock is self.mock
        )

    def __enter__(self) -> Mock:
        return self.begin()

    def __exit__(self, _: object, failure: BaseException | None, *__: object) -> None:
        self.end(failure)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutsideTurn:
    """A time in which *outside* holds while no mock is active: what `kms_outside()` returns."""

    stack: "ActiveMocks[Any]"
    outside: Outside

    def __call__(self, wrapped: object) -> NoReturn:
        """
        Raises:
            TypeError: Always: it decorates nothing.
        """
        raise TypeError(
            f"kms_outside({self.outside!r}) is for a `with`: "
            f"mark a test or a class with @pytest.mark.kms_outside({self.outside!r})"
        )

    def __enter__(self) -> None:
        self.stack.add_outside(self)

    def __exit__(self, *_: object) -> None:
        self.stack.remove_outside(self)


class ActiveMocks(Generic[Mock]):
    """
    The stack of active mocks, one for the process: worker threads are served too.

    Turns end in any order, and a mock lives until the last of its turns has ended. What changes is
    two tuples, each replaced in one step.
    """

    def __init__(self) -> None:
        self.defaults = Defaults()
        self.lock = threading.RLock()
        self.turns: tuple[Turn[Mock], ...] = ()
        # Of the mocks that have ended: what they are recognised by, and the last one.
        self.past: Past | None = None
        self.last: Mock | None = None
        self._with_outside: tuple[Turn[Mock] | OutsideTurn, ...] = ()

    @property
    def current(self) -> Mock | None:
        turns = self.turns
        return turns[-1].mock if turns else None

    @property
    def mocks(self) -> tuple[Mock, ...]:
        return tuple(dict.fromkeys(turn.mock for turn in self.turns))

    @property
    def configured_region(self) -> str | None:
        """The Region of KMS clients for which the code names none, if one is configured."""
        mock = self.current
        return self.defaults.region_name if mock is None else mock._configured_region

    @property
    def refuse_outside(self) -> bool:
        return self.outside == "error"

    @property
    def outside(self) -> Outside:
        """What becomes of a request while no mock is active: the closest turn that says it."""
        turns = self._with_outside
        return (turns[-1].outside if turns else None) or self.defaults.outside

    def knows(self, turn: Turn[Mock]) -> bool:
        return turn in self.turns or turn in self._with_outside

    def add_outside(self, turn: OutsideTurn) -> None:
        with self.lock:
            self._with_outside = (*self._with_outside, turn)

    def remove_outside(self, turn: OutsideTurn) -> None:
        with self.lock:
            self._with_outside = tuple(one for one in self._with_outside if one is not turn)

    def has(self, mock: Mock) -> bool:
        return mock in [turn.mock for turn in self.turns]

    def start(self, mock: Mock) -> None:
        """Begin a turn of *mock*'s own, if it has none."""
        turn = Turn(self, ASK_NOTHING)
        turn.kind, turn.mock = "started", mock
        turn.begin()

    def stop(self, mock: Mock) -> None:
        """
        End all turns of *mock*.

        Raises:
            UnfiredFaults: See `Turn.end`.
        """
        try:
            over = self.take(lambda one: one.mock is mock)
        except BaseException:
            self.take(lambda one: one.mock is mock)
            raise
        for stopped in over:
            stopped._settle(None)

    def push(self, turn: Turn[Mock]) -> None:
        """Put *turn* on top, with the mock that it has, joins or makes."""
        with self.lock:
            top = self.turns[-1] if self.turns else None
            model = None
            if top is not None and begins_with_copy(turn, top) and self._is_of_set_up(top.mock):
                model = top.mock
            if turn.kind == "started":
                if self.has(turn.mock):
                    return
                turn.mock._open()
            elif top is not None and model is None and joins(turn.options, top):
                turn.kind, turn.mock = "joined", top.mock
                is_new = all(turn.options is not known for known in top.settled)
                if turn.options.caller is not None and is_new:
                    turn.part = top.mock._begin_part(turn.options.caller)
                turn.settled = top.settled + turn.settled
            else:
                assert turn.make_mock is not None
                mock = turn.make_mock(turn.options)
                mock._open(model)
                turn.kind, turn.mock = "created", mock
            self.turns += (turn,)
            if turn.outside is not None:
                self._with_outside = (*self._with_outside, turn)

    def _is_of_set_up(self, mock: Mock) -> bool:
        """Tell whether *mock* was made for a set-up; else it is shared as any other mock is."""
        return next(turn.purpose for turn in self.turns if turn.mock is mock) == "set-up"

    def take(
        self, is_over: Callable[[Turn[Mock]], bool], ended_turn: Turn[Mock] | None = None
    ) -> list[Mock]:
        """Take turns off, wherever they are, and return the mocks that have none left."""
        with self.lock:
            ended = [turn for turn in self.turns if is_over(turn)]
            outside = [turn for turn in self._with_outside if turn is not ended_turn]
            self._with_outside = tuple(outside)
            self.turns = tuple([turn for turn in self.turns if turn not in ended])
            for turn in (*ended, *([] if ended_turn is None else [ended_turn])):
                if turn.part is not None:
                    turn.mock._end_part(turn.part)
                    turn.part = None
            over = [mock for mock in {turn.mock for turn in ended} if not self.has(mock)]
            for mock in over:
                mock._close()
                self.last = mock
        return over


def begins_with_copy(turn: Turn[Mock], top: Turn[Mock]) -> bool:
    """Tell whether *turn* is that of a test, or of an inner set-up, within a set-up."""
    if top.purpose != "set-up" or turn.purpose == "code":
        return False
    return turn.purpose == "test" or not any(turn.options is known for known in top.settled)


# What is true of a mock as a whole, so that whoever joins it can't have it otherwise.
OF_THE_MOCK: Final = (
    "region_name",
    "account_id",
    "wire",
    "unfired_faults",
    "auto_create_keys",
    "children",
    "access",
    "identities",
    "consistency",
)


def joins(options: Options, top: Turn[Mock]) -> bool:
    """
    Raises:
        ValueError: For options that the mock to be joined can't fulfil.
    """
    if any(options is known for known in top.settled):
        return True
    if options.isolated:
        return False
    for name in OF_THE_MOCK:
        asked = getattr(options, name)
        if asked is not None and asked != (given := getattr(top.mock, name)):
            raise ValueError(
                f"mock_kms({name}={asked!r}) joins the active mock, whose {name} is {given!r}: "
                "give it the same, or add isolated=True for a KMS of its own"
            )
    return True


ACTIVE: "Final[ActiveMocks[KmsMock]]" = ActiveMocks()
hooks.install(ACTIVE)
