"""
Measure everything and print a table: `python -m benchmarks [--short] [--write] [--compare]`.

`--short` is for CI: a few rounds that say little about time, and fail only if something breaks.
`--write` writes docs/benchmarks.md, its chart, and the ratios to the floor.
`--compare` warns where a ratio to the floor is much greater than the one that was written.
"""

import argparse
import sys
import warnings
from collections.abc import Iterator

from benchmarks import access, calls, real_suites, report, scale, serving, suites
from benchmarks.timing import Figure


def measure(*, short: bool) -> Iterator[Figure]:
    rounds, times = (2, 50) if short else (9, 500)
    yield from calls.measure_everyday(rounds, times)
    yield from calls.measure_create_key(rounds, times)
    yield from calls.measure_sign(rounds, times)
    yield from calls.measure_encapsulation(rounds, times // 10)
    yield from calls.measure_wire(rounds, times)
    yield from calls.measure_async(rounds, times)
    yield from calls.measure_mock(rounds, times)
    yield from access.measure_access(rounds, times * 4)
    yield from serving.measure_serving(rounds, times * 4)
    yield from suites.measure_fixture(2 if short else 5, 200 if short else 2000)
    yield from suites.measure_first_call(1 if short else 5)
    yield from suites.measure_key_pairs(1 if short else 9)
    if short:
        yield from suites.measure_suites(1, 10, 10, 1)
        yield from real_suites.measure_real_suites(1, 50)
        yield from scale.measure_scale(rounds, times, 500)
    else:
        yield from suites.measure_suites(1, 300, 200, 10)
        yield from real_suites.measure_real_suites(3, 1)
        yield from scale.measure_scale(rounds, times, 100_000)
    yield from scale.measure_snapshots(rounds, 100 if short else 1_000)
    yield from scale.measure_memory(1_000 if short else 20_000)
    yield from calls.measure_threads(rounds, times * 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    figures = []
    for figure in measure(short=options.short):
        figures.append(figure)
        sys.stderr.write(report.as_table([figure]).splitlines()[-1] + "\n")
    sys.stdout.write(report.as_table(figures) + "\n")
    if options.write:
        report.write_page(figures)
    if options.compare:
        for warning in report.compare(figures):
            sys.stdout.write(f"warning: {warning}\n")


if __name__ == "__main__":
    main()
