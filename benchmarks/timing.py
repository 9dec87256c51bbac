"""Measuring by turns: every contender gets a slice of every round, so that noise hits all alike."""

import gc
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], float]  # seconds for one unit of work

# What the floor cost on the machine on which the targets in microseconds were set.
FLOOR_OF_TARGETS = 60e-6

# What it costs where the targets were set that came later: a slower machine, as CI's are.
FLOOR_OF_LATER_TARGETS = 105e-6

SHORTEST_SERIES = 5  # calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One line of the report.

    *seconds* has the time of each contender; *reach* is the target, as a text; *reached* is None
    where there is none to check.
    """

    name: str
    seconds: Mapping[str, float]
    reach: str = ""
    reached: bool | None = None
    note: str = ""

    def ratio(self, base: str) -> float | None:
        """Return our time as a share of another contender's, if both were measured."""
        if not {"ours", base} <= self.seconds.keys():
            return None
        return self.seconds["ours"] / self.seconds[base]


def within(
    seconds: float, target: float, floor: float, floor_then: float = FLOOR_OF_TARGETS
) -> bool:
    """
    Tell whether a target in seconds is reached: as it stands or, on a slower machine, in floors.

    *floor* is what the floor costs here, *floor_then* what it cost where the target was set. A
    machine that is faster gets no stricter target.
    """
    return seconds <= target * max(1, floor / floor_then)


def floors(target: float, floor_then: float = FLOOR_OF_TARGETS) -> str:
    """Write a target in seconds as `within` takes it."""
    written = f"{target * 1e6:.0f} µs" if target < 1e-3 else f"{target * 1e3:.0f} ms"
    return f"{written} ({target / floor_then:.2g} floors)"


def per_call(work: Callable[[], object], times: int) -> Measure:
    """
    Return a measure of one call of *work*, averaged over a series of calls: *times* in all.

    The fastest series counts, as the `timeit` documentation advises: what slows the others down is
    the machine. Ten turns of a machine whose clock rate changes may differ by half.
    """
    series = 10 if times >= 10 * SHORTEST_SERIES else 1

    def measure() -> float:
        return min(take(work, times // series) for _ in range(series))

    return measure


def take(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def by_turns(
    contenders: Mapping[str, Measure], rounds: int, by_chance: Collection[str] = ()
) -> dict[str, float]:
    """
    Let all contenders take a turn in each round, and return the fastest turn of each.

    On a machine that others use, or whose clock rate changes, the medians of two runs differed by
    half, and so did their ratios; the fastest turns came within 3 % of each other. Of contenders
    for whom chance decides, who look for the primes of an RSA key, the median counts.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for measure in contenders.values():
        measure()  # warm up
    for number in range(rounds):
        order = list(contenders.items())
        if number % 2:
            order.reverse()
        for name, measure in order:
            gc.collect()
            gc.disable()
            try:
                taken[name].append(measure())
            finally:
                gc.enable()
    return {
        name: median(values) if name in by_chance else min(values) for name, values in taken.items()
    }
