"""The time of one mock: the system's, shifted or frozen by the test."""

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """
    System time plus an offset; nothing else in the package reads time.

    `time.time()` is asked at every call, so freezegun and time-machine, which replace it, work
    unasked and together with the offset. Not thread-safe on its own: the service's lock guards it.
    """

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """
        Return the present moment in UTC, in whole milliseconds as KMS sends them (wire-facts W10).
        """
        if self._frozen is not None:
            return self._frozen
        return in_milliseconds(_system_time() + self._offset)

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
        Move forward, by a `timedelta` or by what the keywords add up to.

        Raises:
            ValueError: If that is backwards.
        """
        delta += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if delta < timedelta(0):
            raise ValueError(f"the clock only moves forward, not by {delta}")
        self._shift(delta)

    def move_to(self, moment: datetime) -> None:
        """
        Move forward to *moment*; a moment without a zone counts as UTC.

        Raises:
            ValueError: If *moment* lies in the past of this clock.
        """
        moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
        now = self.now()
        if moment < now:
            raise ValueError(
                f"the clock only moves forward: {moment.isoformat()} is before {now.isoformat()}"
            )
        self._shift(moment - now)

    def freeze(self) -> None:
        """Stop at the present moment; `advance()` and `move_to()` still move."""
        self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let time run again from the moment at which it stopped."""
        if self._frozen is not None:
            self._offset = self._frozen - _system_time()
            self._frozen = None

    def _shift(self, delta: timedelta) -> None:
        if self._frozen is None:
            self._offset += delta
        else:
            self._frozen = in_milliseconds(self._frozen + delta)


def in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _system_time() -> datetime:
    return datetime.fromtimestamp(time.time(), timezone.utc)
