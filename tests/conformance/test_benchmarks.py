"""The benchmarks can be run: they use what is private, and CI does not fail where they do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks import access, calls, scale

MEASURES: dict[str, Callable[[], Iterator[Any]]] = {
    "new keys": lambda: calls.measure_mock(1, 4),
    "decisions": lambda: access.measure_access(1, 4),
    "many keys": lambda: scale.measure_scale(1, 4, 20),
    "snapshots": lambda: scale.measure_snapshots(1, 4),
    "memory": lambda: scale.measure_memory(4),
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_measure(measure):
    """Each measure gives figures, and each figure says whether it reaches its target."""
    figures = list(measure())

    assert figures
    assert {type(figure.reached) for figure in figures} == {bool}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # as the benchmarks themselves do, for moto's sake
def test_measure_beside_moto():
    """Calls are measured beside moto's and the floor."""
    for figure in calls.measure_everyday(1, 4):
        assert {"ours", "moto", "floor"} == figure.seconds.keys()
