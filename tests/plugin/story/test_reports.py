"""What the report of a failing test says: each of the red tests names its cause."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RED = (HERE / "red_tests.txt").read_text(encoding="utf-8")
# test -> the section of its report, None if there is none
EXPECTED: dict[str, str | None] = json.loads((HERE / "reports.json").read_text(encoding="utf-8"))

NOTE = "pytest-kmsmock: "


def read_reports(result: pytest.RunResult) -> dict[str, pytest.TestReport]:
    reports = result.reprec.getreports("pytest_runtest_logreport")
    return {
        report.nodeid.partition("::")[2]: report for report in reports if report.outcome == "failed"
    }


def section_of(report: pytest.TestReport) -> str | None:
    for title, text, _ in report.longrepr.sections:
        if title == "KMS calls":
            return hide_what_varies(text)
    return None


def hide_what_varies(text: str) -> str:
    """Number the ids in the order in which they come, and blank the times."""
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"<id {len(names) + 1}>")

    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name, text)
    return re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+00:00| UTC)", "<time>", text)


@pytest.fixture
def reports(run_pytest: Callable[..., pytest.RunResult]) -> dict[str, pytest.TestReport]:
    return read_reports(run_pytest(RED))


def test_sections(reports):
    """Each report of a test with a mock shows its calls, and what is known of the failed one."""
    told = {name: section_of(report) for name, report in reports.items()}

    assert EXPECTED == told


@pytest.mark.slow
def test_notes(reports):
    """What the section says of the call that raised, the exception says in its notes."""
    for name, report in reports.items():
        section = section_of(report) or ""
        raised = re.findall(r"(?m)^> *\d.*\n((?: {6}.*\n?)*)", section)
        expected = [line.strip() for block in raised for line in block.splitlines()]
        shown = hide_what_varies(str(report.longrepr))
        notes = shown.partition(NOTE)[2].partition("KMS calls")[0]
        told = [re.sub(r"^(E *)?(pytest-kmsmock: )?", "", line) for line in notes.splitlines()]

        assert expected == told[: len(expected)], name
