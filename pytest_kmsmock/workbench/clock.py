"""The clock of a mock, as a test holds it: of whatever KMS the mock serves at the moment."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.clock import Clock
    from pytest_kmsmock._kms.service import Service

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True


class MockClock:
    """
    The time of a KMS, at which keys are deleted or rotated, and key material expires.

    It is the system's time until a test moves it. Moving it does not change `time.time()`;
    freezegun and time-machine move both. The same object shows the mock's time after `reset()` and
    `restore()`.

        >>> before = kms_mock.clock.now()
        >>> kms_mock.clock.advance(days=30)
        >>> kms_mock.clock.now() - before >= timedelta(days=30)
        True

    .. versionadded:: 0.1.0
    """

    def __init__(self, service: "Callable[[], Service]", check: Callable[[], None]) -> None:
        self._service = service
        self._check = check

    def __repr__(self) -> str:
        return f"<MockClock {self.now().isoformat()}>"

    def now(self) -> datetime:
        """Return the current time in UTC, in whole milliseconds."""
        return self._service().world.clock.now()

    @explained
    def advance(
        self,
        delta: timedelta = timedelta(0),
        /,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """
        Move the time forward by a `timedelta`, by the sum of the keywords, or by both.

        Raises:
            TypeError: If *delta* is not a `timedelta`, or a keyword is not a number.
            ValueError: If the sum is negative, a number is not finite, the clock would pass the
                year 9989, or the mock is not active.
        """
        parts = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        self._clock_to_move().advance(delta, **parts)

    @explained
    def move_to(self, moment: datetime) -> None:
        """
        Move the time forward to *moment*. A moment without a time zone is in UTC.

        Raises:
            TypeError: If *moment* is not a `datetime`.
            ValueError: If it is before `now()` or after the year 9989, or the mock is not active.
        """
        self._clock_to_move().move_to(moment)

    def freeze(self) -> None:
        """
        Stop the time. `advance()` and `move_to()` still move it.

        Raises:
            ValueError: If the mock is not active.
        """
        self._clock_to_move().freeze()

    def unfreeze(self) -> None:
        """
        Let the time run again, from the moment at which it stopped.

        Raises:
            ValueError: If the mock is not active.
        """
        self._clock_to_move().unfreeze()

    def _clock_to_move(self) -> "Clock":
        self._check()
        return self._service().world.clock
