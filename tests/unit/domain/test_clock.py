"""The clock of a mock, on a system time that the test holds in its hand."""

import sys
import threading
import time
from datetime import date, datetime, timedelta, timezone, tzinfo

import pytest

from pytest_kmsmock._kms.domain.clock import Clock

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
MILLISECOND = timedelta(milliseconds=1)


class SystemTime:
    """What `time.time()` says; it moves when the test says so, or *step* at each look."""

    def __init__(self) -> None:
        self.now = START
        self.step = timedelta(0)

    def __call__(self) -> float:
        self.now += self.step
        return self.now.timestamp()


@pytest.fixture
def system_time(monkeypatch: pytest.MonkeyPatch) -> SystemTime:
    system_time = SystemTime()
    monkeypatch.setattr(time, "time", system_time)
    return system_time


@pytest.fixture
def clock(system_time: SystemTime) -> Clock:
    return Clock()


def test_clock_goes_with_the_system(clock, system_time):
    """The clock shows the system's time, whichever way that goes."""
    shown = [clock.now()]
    for moment in (START + timedelta(hours=1), START - timedelta(days=365)):
        system_time.now = moment
        shown.append(clock.now())

    assert [START, START + timedelta(hours=1), START - timedelta(days=365)] == shown


def test_clock_shows_whole_milliseconds(clock, system_time):
    """What is shown has no more than milliseconds, in UTC (wire-facts W10)."""
    system_time.now = START + timedelta(microseconds=1999)

    assert START + MILLISECOND == clock.now()
    assert timezone.utc == clock.now().tzinfo


@pytest.mark.parametrize(
    ("arguments", "keywords", "moved"),
    [
        ([], {}, timedelta(0)),
        ([timedelta(days=1)], {}, timedelta(days=1)),
        (
            [],
            {"days": 1, "hours": 2, "minutes": 3, "seconds": 4.5},
            timedelta(days=1, hours=2, minutes=3, seconds=4.5),
        ),
        ([timedelta(days=1)], {"hours": -1}, timedelta(hours=23)),
    ],
    ids=["nothing", "a timedelta", "keywords", "both"],
)
@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_advance(clock, frozen, arguments, keywords, moved):
    """The clock moves by all that it is given, running or frozen."""
    if frozen:
        clock.freeze()

    clock.advance(*arguments, **keywords)

    assert START + moved == clock.now()


def test_advance_adds_up(clock, system_time):
    """What the clock was moved by stays, and the system's time comes on top."""
    clock.advance(days=1)
    clock.advance(days=2)
    system_time.now += timedelta(seconds=3)

    assert START + timedelta(days=3, seconds=3) == clock.now()


def test_advance_while_time_passes(clock, system_time):
    """That time passes while the clock is moved does not look like moving back."""
    system_time.step = timedelta(milliseconds=5)

    clock.advance(MILLISECOND)  # looks once, at how far it may go

    assert START + (1 + 2 * 5) * MILLISECOND == clock.now()


@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_advance_by_less_than_a_millisecond(clock, frozen):
    """Whatever it is moved by, the clock shows whole milliseconds (wire-facts W10)."""
    if frozen:
        clock.freeze()

    clock.advance(timedelta(microseconds=1500))

    assert START + MILLISECOND == clock.now()


@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_advance_backwards(clock, frozen):
    """The clock does not go back, and says so."""
    if frozen:
        clock.freeze()

    with pytest.raises(ValueError, match=r"^the clock only moves forward, not by -1 day, 0:00:00$"):
        clock.advance(days=-1)

    assert START == clock.now()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 2, 1, tzinfo=timezone.utc),
        datetime(2026, 2, 1),  # noqa: DTZ001 - the case of a test author who knows no zones
        datetime(2026, 2, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=["UTC", "no zone", "another zone"],
)
@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_move_to(clock, frozen, moment):
    """The clock moves to a moment of any zone; without one it is UTC's."""
    if frozen:
        clock.freeze()

    clock.move_to(moment)

    assert datetime(2026, 2, 1, tzinfo=timezone.utc) == clock.now()
    assert timezone.utc == clock.now().tzinfo


def test_move_to_the_present(clock):
    """The present is no past."""
    clock.move_to(clock.now())

    assert START == clock.now()


def test_move_to_the_past(clock):
    """The clock does not go back, and says so."""
    expected = (
        r"^the clock only moves forward: 2025-12-31T23:59:59\+00:00 is before"
        r" 2026-01-01T00:00:00\+00:00$"
    )

    with pytest.raises(ValueError, match=expected):
        clock.move_to(START - timedelta(seconds=1))

    assert START == clock.now()


def test_freeze(clock, system_time):
    """A frozen clock does not go with the system, but moves when told to."""
    clock.freeze()
    system_time.now += timedelta(days=1)
    clock.freeze()

    assert START == clock.now()

    clock.advance(hours=1)

    assert START + timedelta(hours=1) == clock.now()


def test_unfreeze(clock, system_time):
    """Time runs again from where it stopped."""
    clock.unfreeze()
    clock.advance(days=1)
    clock.freeze()
    system_time.now += timedelta(days=30)
    clock.unfreeze()

    assert START + timedelta(days=1) == clock.now()

    system_time.now += timedelta(seconds=1)

    assert START + timedelta(days=1, seconds=1) == clock.now()


@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
@pytest.mark.parametrize(
    "move",
    [
        lambda clock: clock.advance(days=3_000_000),
        lambda clock: clock.advance(seconds=10**12),
        lambda clock: clock.advance(seconds=10**30),
        lambda clock: clock.advance(timedelta.max, days=1),
        lambda clock: clock.move_to(datetime(9990, 1, 1, 0, 0, 1)),  # noqa: DTZ001
        lambda clock: clock.move_to(datetime.max.replace(tzinfo=timezone.utc)),
    ],
    ids=["days", "seconds", "too many seconds", "a sum", "a moment", "the last moment"],
)
def test_end_of_the_calendar(clock, frozen, move):
    """The clock does not move where KMS could not reckon any more, and stays where it was."""
    if frozen:
        clock.freeze()

    with pytest.raises(ValueError, match=r"^the clock does not move beyond 9990-01-01"):
        move(clock)

    assert START == clock.now()


def test_as_far_as_the_calendar_goes(clock):
    """It may move up to the last moment, and not beyond it in small steps."""
    clock.move_to(datetime(9990, 1, 1, tzinfo=timezone.utc))

    with pytest.raises(ValueError, match="beyond 9990-01-01"):
        clock.advance(seconds=1)


@pytest.mark.parametrize(
    ("move", "message"),
    [
        (
            lambda clock: clock.advance(7),
            "advance() takes a timedelta, or keywords such as days=7 and seconds=1.5, not 7",
        ),
        (lambda clock: clock.advance(days="3"), "advance(days=...) takes a number, not '3'"),
        (
            lambda clock: clock.move_to("2030-01-01"),
            "move_to() takes a datetime such as datetime.fromisoformat('2030-01-01'), not"
            " '2030-01-01'",
        ),
        (
            lambda clock: clock.move_to(date(2031, 5, 6)),
            "move_to() takes a datetime such as datetime(2031, 5, 6, tzinfo=timezone.utc), not"
            " datetime.date(2031, 5, 6)",
        ),
        (
            lambda clock: clock.move_to(1924905600),
            "move_to() takes a datetime such as datetime(2030, 1, 1, tzinfo=timezone.utc), not"
            " 1924905600",
        ),
        (lambda clock: clock.advance(days=True), "advance(days=...) takes a number, not True"),
    ],
    ids=["a number", "text for a number", "text", "a date", "seconds since 1970", "a switch"],
)
def test_other_types(clock, move, message):
    """What is no moment and no length of time is refused, in words that say what would do."""
    with pytest.raises(TypeError) as refused:
        move(clock)

    assert message == str(refused.value)
    assert START == clock.now()


@pytest.mark.parametrize("unit", ["days", "hours", "minutes", "seconds"])
@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_no_length_of_time(clock, unit, number):
    """What is not a finite number is no length of time, whatever it counts."""
    with pytest.raises(ValueError, match="takes a finite number") as refused:
        clock.advance(**{unit: float(number)})

    assert f"advance({unit}=...) takes a finite number, not {number}" == str(refused.value)
    assert START == clock.now()


class NoZone(tzinfo):
    """A zone that does not say how far it is from UTC."""

    def utcoffset(self, moment):
        return None


def test_move_to_a_zone_without_offset(clock):
    """A moment whose zone has no offset counts as UTC, as Python compares it."""
    clock.move_to(datetime(2026, 2, 1, tzinfo=NoZone()))

    assert datetime(2026, 2, 1, tzinfo=timezone.utc) == clock.now()


def test_many_threads(clock):
    """Threads that move it at once all move it."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda: [clock.advance(seconds=1) for _ in range(2000)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert START + timedelta(seconds=8000) == clock.now()
