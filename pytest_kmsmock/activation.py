"""The ways to start a mock: `mock_kms` as a decorator, in a `with`, and by start and stop."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from pytest_kmsmock.options import Options, read_options
from pytest_kmsmock.stack import ACTIVE, Turn

if TYPE_CHECKING:
    from pytest_kmsmock.mock import KmsMock

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def begin(options: Options, settled: tuple[Options, ...] = ()) -> "Turn[KmsMock]":
    """Join the active mock, or start one: the first brings what a run without KMS does without."""
    from pytest_kmsmock.mock import make_mock  # noqa: PLC0415 - 3 ms, of each run with the plugin

    return ACTIVE.begin(options, make_mock, settled)


class Activation:
    """What `mock_kms(...)` returns: a decorator, and a context manager that gives the handle."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._turns: list[Turn[KmsMock]] = []

    def __call__(self, wrapped: Decorated) -> Decorated:
        from pytest_kmsmock.decorating import decorate  # noqa: PLC0415 - see wrap_method: wrapt

        decorated: Decorated = decorate(wrapped, self._options, partial(begin, self._options))
        return decorated

    def __enter__(self) -> "KmsMock":
        self._turns.append(begin(self._options))
        return self._turns[-1].mock

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        ACTIVE.end(self._turns.pop(), failure)

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
        """Start a mock, or join the active one, and return the handle; do so once until stopped."""
        return self._turns[-1].mock if self._turns else self.__enter__()

    def stop(self) -> None:
        """
        End what was started, in any order with others; do nothing if nothing was.

        Raises:
            UnfiredFaults: If planned faults never fired.
        """
        with ExitStack() as turns:
            while self._turns:
                turns.push(self._turns.pop(0))


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
    isolated: bool = False,
) -> Activation: ...


def mock_kms(*wrapped: Any, **keywords: Any) -> Any:
    """
    Have all KMS requests answered in memory: as a decorator, bare or called, or in a `with`.

    It decorates functions, `async def`, generators, async generators (so also fixtures, below
    `@pytest.fixture`), and classes, each of whose tests gets a fresh KMS, set-up included. Inside
    an active mock it joins that one. As a context manager, sync or async, and by `start()`, it
    gives the handle:

        with mock_kms() as mock:
            key = mock.client().create_key()

    Args:
        region_name: See `KmsMock`.
        account_id: See `KmsMock`.
        wire: See `KmsMock`.
        unfired_faults: See `KmsMock`.
        auto_create_keys: See `KmsMock`.
        children: See `KmsMock`.
        outside: What becomes of a request while no mock is active, as `kmsmock_outside`: from here
            to the end of the function, class or block, once its mock has been stopped.
        isolated: Start a fresh KMS also inside an active mock, which waits meanwhile.

    Raises:
        TypeError: For an unknown keyword, or for something that can't be decorated.
        ValueError: For a value that can't be, or that the mock to be joined does not have.

    .. versionadded:: 0.1.0
    """
    activation = Activation(read_options(keywords, "mock_kms()"))
    if not wrapped:
        return activation
    if len(wrapped) > 1 or keywords:
        raise TypeError("mock_kms() takes options or, bare, the one thing to decorate; not both")
    return activation(wrapped[0])
