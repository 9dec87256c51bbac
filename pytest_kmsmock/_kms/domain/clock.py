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
        return self._system() + self._offset

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
        self.move_to(self.now() + delta)

    def move_to(self, moment: datetime) -> None:
        """
        Move forward to *moment*; a moment without a zone counts as UTC.

        Raises:
            ValueError: If *moment* lies in the past of this clock.
        """
        moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
        moment = in_milliseconds(moment.astimezone(timezone.utc))
        now = self.now()
        if moment < now:
            raise ValueError(
                f"the clock only moves forward: {moment.isoformat()} is before {now.isoformat()}"
            )
        if self._frozen is None:
            self._offset += moment - now
        else:
            self._frozen = moment

    def freeze(self) -> None:
        """Stop at the present moment; `advance()` and `move_to()` still move."""
        self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let time run again from the moment at which it stopped."""
        if self._frozen is not None:
            self._offset = self._frozen - self._system()
            self._frozen = None

    @staticmethod
    def _system() -> datetime:
        return in_milliseconds(datetime.fromtimestamp(time.time(), timezone.utc))


def in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
