"""The ways to start a mock: `mock_kms` as a decorator, in a `with`, and by start and stop."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from pytest_kmsmock.interception.hooks import check_botocore
from pytest_kmsmock.options import Options, check_choice, read_options
from pytest_kmsmock.stack import ACTIVE, OutsideTurn, Purpose, Turn

if TYPE_CHECKING:
    from pytest_kmsmock.mock import KmsMock

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def new_turn(
    options: Options, *, settled: tuple[Options, ...] = (), purpose: Purpose = "code"
) -> "Turn[KmsMock]":
    """Return a turn that is yet to begin, and joins the active mock then or makes one."""
    return Turn(ACTIVE, options, make_mock, settled=settled, purpose=purpose)


def make_mock(options: Options) -> "KmsMock":
    """
    Make a mock: the first brings what a run without KMS does without.

    Raises:
        ImportError: If the installed botocore is older than those that are served.
    """
    check_botocore()
    from pytest_kmsmock import mock  # noqa: PLC0415 - 3 ms, of each run with the plugin

    return mock.make_mock(options)


class Activation:
    """What `mock_kms(...)` returns: a decorator, and a context manager that gives the handle."""

    def __init__(self, options: Options, purpose: Purpose = "code") -> None:
        self._options = options
        self._purpose = purpose
        self._entered: list[Turn[KmsMock]] = []
        self._started: list[Turn[KmsMock]] = []

    def __call__(self, wrapped: Decorated) -> Decorated:
        from pytest_kmsmock.decorating import decorate  # noqa: PLC0415 - see wrap_method: wrapt

        decorated: Decorated = decorate(wrapped, self._options, partial(Activation, self._options))
        return decorated

    def __enter__(self) -> "KmsMock":
        return self._begin(self._entered)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._entered:  # or else stop() has ended it, within the block
                self._entered[-1].end(failure)
        finally:
            end_all(self._entered[-1:])
            del self._entered[-1:]

    def __del__(self) -> None:
        # An exception from a signal may come before the first line of `__exit__`, or of `__init__`.
        if entered := vars(self).get("_entered"):
            end_all(entered)

    async def __aenter__(self) -> "KmsMock":
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, failure, traceback)

    def start(self) -> "KmsMock":
        """Start a mock, or join the active one, and return the handle. Does nothing if started."""
        for turn in (*self._entered, *self._started):
            if turn.is_active:
                return turn.mock
        return self._begin(self._started)

    def stop(self) -> None:
        """
        Stop what `start()` started. Does nothing if it was not started.

        Raises:
            UnfiredFaults: If planned faults never fired.
        """
        turns = [*self._entered, *self._started]
        try:
            with ExitStack() as ending:
                for turn in turns:
                    ending.push(turn)
        finally:
            end_all(turns)
            self._entered.clear()
            self._started.clear()

    def _begin(self, turns: "list[Turn[KmsMock]]") -> "KmsMock":
        turn = new_turn(self._options, purpose=self._purpose)
        try:
            turns.append(turn)
            return turn.begin()
        except BaseException:
            end_all([turn])
            if turn in turns:
                turns.remove(turn)
            raise


def end_all(turns: "list[Turn[KmsMock]]") -> None:
    """See to it that turns are over, whatever has kept them from ending."""
    for turn in turns:
        turn.drop()


@overload
def mock_kms(wrapped: Decorated, /) -> Decorated: ...


@overload
def mock_kms(
    *,
    region_name: str | None = None,
    account_id: str | None = None,
    wire: bool | None = None,
    unfired_faults: Literal["error", "ignore"] | None = None,
    auto_create_keys: bool | None = None,
    children: Literal["copy", "serve", "refuse"] | None = None,
    outside: Literal["allow", "error"] | None = None,
    caller: str | None = None,
    access: Literal["enforce", "warn", "off"] | None = None,
    identities: Literal["declared", "moto"] | None = None,
    consistency: Literal["immediate", "eventual"] | None = None,
    isolated: bool = False,
) -> Activation: ...


def mock_kms(*wrapped: Any, **keywords: Any) -> Any:
    """
    Answer all KMS requests from memory: a decorator (`@mock_kms` or `@mock_kms(...)`), or a `with`.

    It decorates functions, `async def` functions, generators and async generators (and so fixtures,
    below `@pytest.fixture`), and classes: each test of a class gets a new, empty KMS, which its
    set-up uses too. While a mock is active, it joins that mock. In a `with` or `async with`, and
    by `start()`, it returns the handle:

        with mock_kms() as mock:
            key = mock.client().create_key()

    Args:
        region_name: See `KmsMock`.
        account_id: See `KmsMock`.
        wire: See `KmsMock`.
        unfired_faults: See `KmsMock`.
        auto_create_keys: See `KmsMock`.
        children: See `KmsMock`.
        outside: What happens to a request while no mock is active, as the ini option
            `kmsmock_outside` says for all: for the rest of the function, class or block after its
            mock was stopped.
        caller: See `KmsMock`. If this joins a mock, the caller changes until the end of the
            function, class or block.
        access: See `KmsMock`.
        identities: See `KmsMock`.
        consistency: See `KmsMock`.
        isolated: Start a new, empty KMS even while a mock is active. The other mock answers again
            afterwards.

    Raises:
        TypeError: For an unknown keyword, or an object that can't be decorated.
        ValueError: For an invalid value, or one that differs from that of the mock to join.

    .. versionadded:: 0.1.0
    """
    activation = Activation(read_options(keywords, "mock_kms()"))
    if not wrapped:
        return activation
    if len(wrapped) > 1 or keywords:
        raise TypeError("mock_kms() takes options or, bare, the one thing to decorate; not both")
    return activation(wrapped[0])


def kms_outside(outside: Literal["allow", "error"]) -> OutsideTurn:
    """
    Allow or refuse, in a `with`, KMS requests that are made while no mock is active.

    It starts no mock. It overrides the ini option `kmsmock_outside` and any outer `kms_outside()`.
    For a whole test, use the marker `@pytest.mark.kms_outside("allow")`.

        with kms_outside("allow"):
            ...  # what is meant for AWS

    Args:
        outside: "allow" sends the requests to AWS, "error" raises `CallOutsideMock`.

    Raises:
        ValueError: For any other value.

    .. versionadded:: 0.1.0
    """
    check_choice("outside", outside)
    return OutsideTurn(stack=ACTIVE, outside=outside)
