"""Faults that a test plans: which requests fail, how, and what is left of the plan at the end."""

import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import codec, model
from pytest_kmsmock.interception.errors import add_note
from pytest_kmsmock.interception.exchange import CONNECTION_ERRORS, Outcome
from pytest_kmsmock.interception.outside import describe_place
from pytest_kmsmock.workbench.faults.effects import (
    Alteration,
    Delay,
    Effect,
    Failure,
    Held,
    default_error,
)
from pytest_kmsmock.workbench.wording import check_number, refuse_unknown, say_times

if TYPE_CHECKING:
    from pytest_kmsmock._kms.service import Response
    from pytest_kmsmock.workbench.calls.record import Call
    from pytest_kmsmock.workbench.clock import MockClock
    from pytest_kmsmock.workbench.faults.holding import Ticket

Policy: TypeAlias = Literal["error", "ignore"]

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

EVERY: Final = "*"

# The faults whose `when` is being asked, in this thread or task.
ASKING: "Final[ContextVar[tuple[Fault, ...]]]" = ContextVar("kmsmock_asking", default=())


# effect -> the method that plans it, and how many requests it hits by default
METHODS: Final[dict[type, tuple[str, int | None]]] = {
    Alteration: ("alter", 1),
    Delay: ("delay", None),
    Failure: ("fail", 1),
    Held: ("hold", None),
}


class UnfiredFaults(AssertionError):
    """
    A test planned faults that never fired, so it did not test what it was meant to test.

    .. versionadded:: 0.1.0
    """


class Fault:
    """
    A planned fault: what `KmsMock.fail()`, `KmsMock.delay()` and `KmsMock.alter()` return.

    In a `with`, it applies to the block only, and must fire there:

        >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        >>> with kms_mock.fail("DescribeKey", "KMSInternalException") as fault:
        ...     answer = kms.describe_key(KeyId=key_id)
        >>> fault.fired, answer["ResponseMetadata"]["RetryAttempts"]
        (1, 1)

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        plan: "Faults",
        operation: str,
        effect: Effect,
        *,
        times: int | None,
        after: int,
        when: "Callable[[Call], object] | None",
    ) -> None:
        self._plan = plan
        self._effect = effect
        self._operation = operation
        self._times = times
        self._after = after
        self._when = when
        self._place = describe_place(sys._getframe())
        self._came = self._asked = self._matched = self._fired = 0

    def __repr__(self) -> str:
        return f"<Fault {self._describe()}: fired {say_times(self._fired)}>"

    def __enter__(self) -> "Fault":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._plan.finish(failure, [self])

    @property
    def fired(self) -> int:
        """How many requests it has affected."""
        return self._fired

    def cancel(self) -> None:
        """Cancel the fault: it no longer fires, and it is no error if it never fired."""
        self._plan.remove([self])

    @property
    def _is_spent(self) -> bool:
        return self._fired == self._times

    def _concerns(self, operation: str) -> bool:
        return self._operation in (EVERY, operation)

    def _count(self, call: "Call") -> None:
        """Count a request that could be hit; for the plan, which has the lock."""
        self._came += self._concerns(call.operation)

    def _suits(self, call: "Call") -> bool:
        """Ask `when`; for the plan, which has no lock, since `when` may use KMS in any thread."""
        asking = ASKING.get()
        if not self._concerns(call.operation) or self in asking:
            return False
        self._asked += 1
        if self._when is None:
            return True
        # What `when` itself asks of KMS is not its concern: it would be asked about that for ever.
        token = ASKING.set((*asking, self))
        try:
            return bool(self._when(call))
        finally:
            ASKING.reset(token)

    def _hits(self) -> bool:
        """Say whether a request that suits is hit, and count that; for the plan, under its lock."""
        self._matched += 1
        if self._matched <= self._after:
            return False
        self._fired += 1
        return True

    def _describe(self) -> str:
        """Write it as it was planned."""
        method, times = METHODS[type(self._effect)]
        parts = [repr(self._operation)]
        if described := self._effect.describe():
            parts.append(described)
        if self._times != times:
            parts.append(f"times={self._times}")
        if self._after:
            parts.append(f"after={self._after}")
        if self._when is not None:
            parts.append(f"when={getattr(self._when, '__name__', repr(self._when))}")
        return f"{method}({', '.join(parts)})"

    def _place_planned(self) -> str:
        return f"{self._describe()}, planned {self._place.removesuffix(',')}"

    def _admit(self, call: "Call") -> "Ticket | None":
        """Let a request wait; for holds."""

    def _end(self) -> None:
        """Be planned no longer; for holds."""

    def _explain(self) -> str:
        """Say why it has not fired yet, and where it was planned."""
        reason = "KMS" if self._operation == EVERY else self._operation
        reason += f" was called {say_times(self._came)}" if self._came else " was not called"
        if self._came and not self._asked:
            reason += ", and hit by what was planned before"
        elif self._asked and not self._matched:
            reason += ", and `when` never held"
        elif self._matched:
            reason += f", and after={self._after} let that pass"
        return f"{self._place_planned()}: {reason}"


Planned = TypeVar("Planned", bound=Fault)


class Faults:
    """The plan of one mock. A lock guards it: requests of several threads consult it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        self.planned: tuple[Fault, ...] = ()  # replaced, never changed
        self.have_fired = False

    def concern(self, operation: str) -> bool:
        """Say whether a request for *operation* could be hit."""
        # Asked for every request, nearly always of no plan at all.
        return bool(self.planned) and any(fault._concerns(operation) for fault in self.planned)

    def add(
        self,
        operation: str,
        effect: Effect,
        *,
        times: int | None,
        after: int,
        when: "Callable[[Call], object] | None",
        kind: type[Planned] = Fault,  # type: ignore[assignment]  # the default of a type variable
    ) -> Planned:
        """
        Raises:
            TypeError, ValueError: See `KmsMock.fail`.
        """
        refuse_unknown(operation, (EVERY, *model.operation_names()), "KMS has no operation")
        if times is not None:
            check_number("times", times, 1, "a planned fault hits at least one request")
        check_number("after", after, 0, "it is the number of requests that pass first")
        if when is not None and not callable(when):
            raise TypeError(f"when={when!r} is not a function of a Call")
        fault = kind(self, operation, effect, times=times, after=after, when=when)
        with self._lock:
            self.planned += (fault,)
        return fault

    def remove(self, faults: "list[Fault]") -> "list[Fault]":
        """Forget those of *faults* that are still planned, and return them."""
        with self._lock:
            removed = [fault for fault in self.planned if fault in faults]
            self.planned = tuple(fault for fault in self.planned if fault not in faults)
        for fault in removed:
            fault._end()
        return removed

    def respond(
        self,
        call: "Call",
        *,
        perform: "Callable[[], Response]",
        refuse: "Callable[[KmsError], Response]",
        clock: "MockClock",
        read_timeout: float | None,
    ) -> Outcome:
        """
        Let happen what is planned for *call*.

        Args:
            perform: Lets KMS do what it was asked, and returns its answer.
            refuse: Returns the answer of a KMS that does nothing else.
            read_timeout: The seconds after which the client gives up.
        """
        delay = self._take(call, Delay)
        if delay is not None and not self._wait(clock, delay._effect, read_timeout):
            # KMS does not know that its client has gone.
            return Outcome(
                response=perform(),
                connection_error="ReadTimeoutError",
                planned=delay._place_planned(),
            )
        fault = self._take(call, Failure)
        if fault is None:
            return self._altered(call, perform())
        failure = fault._effect
        assert isinstance(failure, Failure)
        error = KmsError(failure.error, failure.message)
        if failure.message is None:
            error = default_error(failure.error, call)
        response = perform() if failure.lost else refuse(error)
        planned = fault._place_planned()
        if failure.error in CONNECTION_ERRORS:
            return Outcome(response=response, connection_error=failure.error, planned=planned)
        return Outcome(response=response._replace(result=None, error=error), planned=planned)

    def admit(self, call: "Call") -> "Ticket | None":
        """Count a request that could be hit, and let it wait if a hold says so."""
        with self._lock:
            for fault in self.planned:
                fault._count(call)
        hold = self._take(call, Held)
        return None if hold is None else hold._admit(call)

    def _altered(self, call: "Call", response: "Response") -> Outcome:
        """Let the client hear what the test wants, where KMS has granted what it was asked."""
        if response.error is not None:
            return Outcome(response=response)
        fault = self._take(call, Alteration)
        if fault is None:
            return Outcome(response=response)
        assert isinstance(fault._effect, Alteration)
        members = codec.to_client(response.operation, response.result or {})
        return Outcome(response=response._replace(result=fault._effect.apply(members)))

    def _take(self, call: "Call", kind: type[Effect]) -> Fault | None:
        """Consume the first fault of that kind that hits *call*."""
        for fault in self.planned:
            if not isinstance(fault._effect, kind) or not fault._suits(call):
                continue
            with self._lock:
                # Another thread may have been the last one that it hits, or taken it back.
                if fault in self.planned and not fault._is_spent and fault._hits():
                    self.have_fired = True
                    # A hold that is spent stays, for its end must let go what waits.
                    if fault._is_spent and kind is not Held:
                        self.remove([fault])
                    return fault
        return None

    def _wait(self, clock: "MockClock", delay: Effect, patience: float | None) -> bool:
        """Let the mock's time pass until the answer or, if that is sooner, the client's timeout."""
        assert isinstance(delay, Delay)
        waited = delay.seconds if patience is None else min(delay.seconds, patience)
        clock.advance(timedelta(seconds=waited))
        return waited == delay.seconds

    def since(self, before: tuple[Fault, ...]) -> list[Fault]:
        return [fault for fault in self.planned if fault not in before]

    def finish(self, failure: BaseException | None, faults: "list[Fault] | None" = None) -> None:
        """
        End *faults*, or all; those that never fired are added to *failure*, if there is one.

        Raises:
            UnfiredFaults: For those that never fired, if nothing else has failed.
        """
        if not self.planned:  # every test asks, and few have planned anything
            return
        ended = self.remove(list(self.planned) if faults is None else faults)
        unfired = [fault for fault in ended if not fault.fired]
        if not unfired or self.policy == "ignore":
            return
        text = report(unfired)
        if failure is None:
            raise UnfiredFaults(text)
        add_note(failure, text)


class Scope:
    """A stretch of time, such as a test, whose plan is its own, and whose policy, if it has one."""

    def __init__(self, plan: Faults, policy: Policy | None) -> None:
        self._plan = plan
        self._policy = policy
        self._outer = plan.policy
        self._before = plan.planned

    def begin(self) -> None:
        self._plan.policy = self._policy or self._outer

    def end(self) -> None:
        """
        Raises:
            UnfiredFaults: For what was planned in it and never fired.
        """
        try:
            self._plan.finish(None, self._plan.since(self._before))
        finally:
            self._plan.policy = self._outer


def report(unfired: list[Fault]) -> str:
    plural = "s" if len(unfired) > 1 else ""
    return "\n".join(
        [
            f"{len(unfired)} planned fault{plural} never fired:",
            *(f"    {fault._explain()}" for fault in unfired),
            "If that is all right, cancel() it, or say unfired_faults='ignore' to mock_kms or the "
            "marker kms.",
        ]
    )
