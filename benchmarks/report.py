"""The table that is printed, and the page and the chart for the documentation."""

import json
import platform
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from math import log10
from pathlib import Path

from benchmarks.timing import Figure

DOCS = Path(__file__).parents[1] / "docs"
RATIOS = Path(__file__).parent / "ratios.json"

# How much slower a run may be before it is worth a warning: CI's machines are noisy.
MARGIN = 1.5


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table of times and ratios."""
    lines = [
        "| What | Ours | moto | Ours / moto | Ours / floor | Reach | Reached |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for figure in figures:
        own = duration(figure.seconds["ours"]) if "ours" in figure.seconds else figure.note
        theirs = duration(figure.seconds["moto"]) if "moto" in figure.seconds else "-"
        verdict = {True: "yes", False: "**no**", None: "-"}[figure.reached]
        reach = figure.reach
        if figure.note and "ours" in figure.seconds:
            reach += f" ({figure.note})"
        lines.append(
            f"| {figure.name} | {own} | {theirs} | {share(figure.ratio('moto'))}"
            f" | {share(figure.ratio('floor'))} | {reach} | {verdict} |"
        )
    return "\n".join(lines)


def write_page(figures: Sequence[Figure]) -> None:
    """Write docs/benchmarks.md and its chart."""
    machine = (
        f"Python {platform.python_version()}, botocore {version('botocore')}, moto"
        f" {version('moto')}, cryptography {version('cryptography')}; {platform.system()} on"
        f" {platform.machine()}."
    )
    text = f"""# Benchmarks

Ours, moto's and the floor (a `before-call` handler that returns a constant), measured by turns in
one run: the fastest turn of each, and the median where chance decides (moto's keys). `nox -s bench`
measures again and writes this page; only the ratios mean anything on another machine. Targets in
microseconds were set where the floor was 60 µs a call, the later ones where it was 105 µs: on a
slower machine they count in floors.

![Time of a call beside moto's, on a logarithmic scale](benchmarks.svg)

{machine}

{as_table(figures)}
"""
    (DOCS / "benchmarks.md").write_text(text, encoding="utf-8")
    (DOCS / "benchmarks.svg").write_text(as_chart(figures), encoding="utf-8")
    RATIOS.write_text(json.dumps(ratios(figures), indent=2) + "\n", encoding="utf-8")


def ratios(figures: Iterable[Figure]) -> dict[str, float]:
    """Return the ratio to the floor of each figure that has one."""
    found = {figure.name: figure.ratio("floor") for figure in figures}
    return {name: round(ratio, 2) for name, ratio in found.items() if ratio is not None}


def compare(figures: Iterable[Figure]) -> Iterator[str]:
    """Say which ratios to the floor are much greater than those that were written last."""
    known = json.loads(RATIOS.read_text(encoding="utf-8"))
    for name, ratio in ratios(figures).items():
        if ratio > MARGIN * known.get(name, ratio):
            yield f"{name} takes {ratio} floors, and took {known[name]} when last written"


def as_chart(figures: Sequence[Figure]) -> str:
    """Draw a bar for ours under a bar for moto, on a logarithmic scale."""
    shown = [figure for figure in figures if {"ours", "moto"} <= figure.seconds.keys()]
    left, width, row = 250, 520, 44
    values = [figure.seconds[who] for figure in shown for who in ("ours", "moto")]
    low, high = min(values) / 2, max(values) * 2

    def x(seconds: float) -> float:
        return left + width * (log10(seconds) - log10(low)) / (log10(high) - log10(low))

    height = row * len(shown) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" role="img"'
        ' font-family="sans-serif" font-size="13">',
        "<title>Time of ours beside moto, logarithmic: shorter is better</title>",
        f'<rect width="900" height="{height}" fill="#ffffff"/>',
        '<rect x="250" y="14" width="12" height="12" fill="#1b7f5c"/>'
        '<text x="268" y="25" fill="#222">pytest-kmsmock</text>'
        '<rect x="390" y="14" width="12" height="12" fill="#b9bdc4"/>'
        '<text x="408" y="25" fill="#222">moto</text>'
        '<text x="470" y="25" fill="#666">logarithmic; shorter is better</text>',
    ]
    for number, figure in enumerate(shown):
        y = 44 + number * row
        parts.append(
            f'<text x="{left - 10}" y="{y + 20}" text-anchor="end" fill="#222">{figure.name}</text>'
        )
        for who, offset, colour in (("ours", 0, "#1b7f5c"), ("moto", 16, "#b9bdc4")):
            end = x(figure.seconds[who])
            parts.append(
                f'<rect x="{left}" y="{y + offset}" width="{end - left:.1f}" height="13"'
                f' fill="{colour}"/><text x="{end + 6:.1f}" y="{y + offset + 11}" fill="#222">'
                f"{duration(figure.seconds[who])}</text>"
            )
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def duration(seconds: float) -> str:
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def share(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2g}"
