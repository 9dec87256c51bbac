"""Measuring by turns: every contender gets a slice of every round, so that noise hits all alike."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], float]  # seconds for one unit of work


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One line of the report.

    *seconds* has the median of each contender; *reach* is the target, as a text; *reached* is None
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


def per_call(work: Callable[[], object], times: int) -> Measure:
    """Return a measure of one call of *work*, averaged over *times* calls."""

    def measure() -> float:
        start = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - start) / times

    return measure


def by_turns(contenders: Mapping[str, Measure], rounds: int) -> dict[str, float]:
    """Let all contenders take a turn in each round, and return the medians."""
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
    return {name: median(values) for name, values in taken.items()}
