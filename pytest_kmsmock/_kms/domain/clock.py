"""The time of one mock: the system's, shifted or frozen by the test."""

import time
from datetime import date, datetime, timedelta, timezone
from math import isfinite
from typing import Final

from pytest_kmsmock._kms.locking import new_lock

# Beyond it, dates that KMS reckons from now on would leave the calendar, which ends with 9999.
LATEST: Final = datetime(9990, 1, 1, tzinfo=timezone.utc)


class Clock:
    """
    System time plus an offset; nothing else in the package reads time.

    `time.time()` is asked at every call, so freezegun and time-machine, which replace it, work
    unasked and together with the offset. Any thread may move it.
    """

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None
        self._lock = new_lock()

    def __deepcopy__(self, memo: object) -> "Clock":
        copied = Clock()
        with self._lock:
            copied._offset, copied._frozen = self._offset, self._frozen
        return copied

    def now(self) -> datetime:
        """
        Return the present moment in UTC, in whole milliseconds as KMS sends them (wire-facts W10).
        """
        if self._frozen is not None:
            return self._frozen
        moment = _system_time()
        if self._offset:
            moment += self._offset
        return in_milliseconds(moment)

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
            TypeError: For anything else.
            ValueError: If that is backwards, no finite number, or beyond the year 9989.
        """
        if not isinstance(delta, timedelta):
            raise TypeError(
                f"advance() takes a timedelta, or keywords such as days=7 and seconds=1.5, not"
                f" {delta!r}"
            )
        parts: dict[str, object] = {
            "days": days,
            "hours": hours,
            "minutes": minutes,
            "seconds": seconds,
        }
        for name, number in parts.items():
            if not isinstance(number, (int, float)) or isinstance(number, bool):
                raise TypeError(f"advance({name}=...) takes a number, not {number!r}")
            if isinstance(number, float) and not isfinite(number):
                raise ValueError(f"advance({name}=...) takes a finite number, not {number!r}")
        try:
            delta += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            raise _beyond_the_calendar() from None
        if delta < timedelta(0):
            raise ValueError(f"the clock only moves forward, not by {delta}")
        with self._lock:
            self._shift(delta)

    def move_to(self, moment: datetime) -> None:
        """
        Move forward to *moment*; a moment without a zone counts as UTC.

        Raises:
            TypeError: If *moment* is no `datetime`.
            ValueError: If it lies in the past of this clock, or beyond the year 9989.
        """
        if not isinstance(moment, datetime):
            raise TypeError(
                f"move_to() takes a datetime such as {_suggest(moment)}, not {moment!r}"
            )
        if moment.utcoffset() is None:
            moment = moment.replace(tzinfo=timezone.utc)
        with self._lock:
            now = self.now()
            if moment < now:
                raise ValueError(
                    f"the clock only moves forward: {moment.isoformat()} is before"
                    f" {now.isoformat()}"
                )
            self._shift(moment - now)

    def freeze(self) -> None:
        """Stop at the present moment; `advance()` and `move_to()` still move."""
        with self._lock:
            self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let time run again from the moment at which it stopped."""
        with self._lock:
            if self._frozen is not None:
                self._offset = self._frozen - _system_time()
                self._frozen = None

    def _shift(self, delta: timedelta) -> None:
        if delta > LATEST - self.now():
            raise _beyond_the_calendar()
        if self._frozen is None:
            self._offset += delta
        else:
            self._frozen = in_milliseconds(self._frozen + delta)


def _suggest(moment: object) -> str:
    """Return what to write instead of *moment*, which is no datetime."""
    if isinstance(moment, str):
        return f"datetime.fromisoformat({moment!r})"
    day = moment if isinstance(moment, date) else date(2030, 1, 1)
    return f"datetime({day.year}, {day.month}, {day.day}, tzinfo=timezone.utc)"


def _beyond_the_calendar() -> ValueError:
    return ValueError(f"the clock does not move beyond {LATEST.date()}, near the calendar's end")


def in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _system_time() -> datetime:
    return datetime.fromtimestamp(time.time(), timezone.utc)
