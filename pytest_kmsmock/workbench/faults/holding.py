"""Requests that wait until a test lets them go: threads and tasks alike."""

import asyncio
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pytest_kmsmock.interception.outside import describe_place
from pytest_kmsmock.workbench.faults.effects import Held
from pytest_kmsmock.workbench.faults.planning import Fault
from pytest_kmsmock.workbench.wording import check_number, say_times

if TYPE_CHECKING:
    from pytest_kmsmock.workbench.calls.record import Call

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True


class HeldTooLong(AssertionError):
    """
    A request waited longer than *limit* of its hold, or fewer requests came than a test expected.

    .. versionadded:: 0.1.0
    """


class Hold(Fault):
    """
    Waiting requests: what `KmsMock.hold()` returns.

    In a `with`, it releases all of them at the end of the block:

        >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        >>> with ThreadPoolExecutor() as pool, kms_mock.hold("GenerateDataKey") as held:
        ...     ask = partial(kms.generate_data_key, KeyId=key_id, KeySpec="AES_256")
        ...     answers = [pool.submit(ask) for _ in range(3)]
        ...     held.wait_for(3)
        ...     held.release()
        >>> held.fired, held.waiting
        (3, 0)

    .. versionadded:: 0.1.0
    """

    def __init__(self, *plan: Any, **conditions: Any) -> None:
        super().__init__(*plan, **conditions)
        assert isinstance(self._effect, Held)
        self._limit = self._effect.limit
        self._is_released = False
        self._tickets: list[Ticket] = []
        self._changed = threading.Condition()
        self._planner = who_runs()

    def __repr__(self) -> str:
        return f"<Hold {self._describe()}: {self.waiting} waiting, held {say_times(self.fired)}>"

    def __enter__(self) -> "Hold":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._let_go()
        super().__exit__(kind, failure, traceback)

    @property
    def waiting(self) -> int:
        """How many requests are waiting now."""
        return len(self._tickets)

    def release(self) -> None:
        """Release all waiting requests, and hold no more. Does nothing the second time."""
        self._let_go()
        if self.fired:
            self._plan.remove([self])

    def wait_for(self, requests: int) -> None:
        """
        Wait until at least *requests* requests wait. For threads.

        Args:
            requests: How many, at least.

        Raises:
            HeldTooLong: If that takes longer than the limit of the hold.
        """
        __tracebackhide__ = True
        check_number("requests", requests, 1, "it is the number of requests to wait for")
        with self._changed:
            if not self._changed.wait_for(lambda: self.waiting >= requests, self._limit):
                raise HeldTooLong(self._report(say_expected(requests)))

    async def async_wait_for(self, requests: int) -> None:
        """
        Wait until at least *requests* requests wait. For asyncio: other tasks go on.

        Args:
            requests: How many, at least.

        Raises:
            HeldTooLong: If that takes longer than the limit of the hold.
        """
        __tracebackhide__ = True
        check_number("requests", requests, 1, "it is the number of requests to wait for")
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limit
        while self.waiting < requests:
            if loop.time() > end:
                raise HeldTooLong(self._report(say_expected(requests)))
            await asyncio.sleep(0)

    def _admit(self, call: "Call") -> "Ticket | None":
        """Let a request wait; None if it need not, because all have been let go."""
        with self._changed:
            if self._is_released:
                return None
            ticket = Ticket(self, call)
            self._tickets.append(ticket)
            self._changed.notify_all()
        return ticket

    def _leave(self, ticket: "Ticket") -> None:
        with self._changed:
            if ticket in self._tickets:
                self._tickets.remove(ticket)

    def _let_go(self) -> None:
        with self._changed:
            self._is_released = True
            for ticket in self._tickets:
                ticket.let_go()

    def _end(self) -> None:
        self._let_go()

    def _report(self, what: str) -> str:
        lines = [f"{what}, and after {self._limit:g} seconds {say_waiting(self.waiting)}:"]
        lines += [f"    {ticket.describe()}" for ticket in self._tickets] or ["    nobody"]
        lines += [f"{self._describe()} was planned {self._place.removesuffix(',')}."]
        return "\n".join(lines)


class Ticket:
    """A request that waits, in a thread or in a task."""

    def __init__(self, hold: Hold, call: "Call") -> None:
        self._hold = hold
        self._call = call
        self._place = describe_place(sys._getframe())
        self._who = who_asks()
        self._runner = who_runs()
        self._gone = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signal: asyncio.Event | None = None

    def wait(self) -> None:
        """
        Block until the hold lets go.

        Raises:
            HeldTooLong: If it does not in time.
        """
        try:
            if not self._gone.wait(self._hold._limit):
                raise HeldTooLong(self._too_long())
        finally:
            self._hold._leave(self)

    async def wait_async(self) -> None:
        """
        Wait until the hold lets go, while other tasks go on.

        Raises:
            HeldTooLong: If it does not in time.
        """
        self._loop, self._signal = asyncio.get_running_loop(), asyncio.Event()
        try:
            if not self._gone.is_set():
                await asyncio.wait_for(self._signal.wait(), self._hold._limit)
        except asyncio.TimeoutError:
            raise HeldTooLong(self._too_long()) from None
        finally:
            self._hold._leave(self)

    def let_go(self) -> None:
        self._gone.set()
        if self._loop is not None and self._signal is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._signal.set)

    def describe(self) -> str:
        return f"{self._call.summarise()}, called {self._place} by {self._who}"

    def _too_long(self) -> str:
        report = self._hold._report("a request was held, and nobody let it go")
        if self._runner == self._hold._planner:
            return (
                f"{report}\nThe request was made by the thread that should release it. Make it in "
                "another thread or task, then call release()."
            )
        return (
            f"{report}\nCall release(), or leave the block of `with`, where the requests do not "
            "wait themselves; hold(..., limit=...) sets another limit."
        )


def who_runs() -> "tuple[int, asyncio.Task[Any] | None]":
    """Return the thread that runs, and the task in it if there is one."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        task = None
    return threading.get_ident(), task


def who_asks() -> str:
    thread = threading.current_thread().name
    _, task = who_runs()
    return thread if task is None else f"the task {task.get_name()} in {thread}"


def say_expected(number: int) -> str:
    return f"{number} request{'s were' if number > 1 else ' was'} expected to wait"


def say_waiting(number: int) -> str:
    return "1 request waits" if number == 1 else f"{number} requests wait"
