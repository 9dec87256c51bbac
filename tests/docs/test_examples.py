"""Every example of the README, of docs/ and of public docstrings is run."""

from pathlib import Path

import pytest
from sybil import Sybil

from pytest_kmsmock.mock import ACTIVE
from tests.docs.example_runs import Blocks, Project

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


@pytest.mark.sweep(6)
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_of_a_page(page, pytester, monkeypatch):
    """The examples of a page, taken in order as one project, do what the page says."""
    # A client that is made outside any mock looks for credentials there, and waits.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # A reader has run nothing before: notes must not speak of the mocks of other pages.
    monkeypatch.setattr(ACTIVE, "past", None)
    document = Sybil([Blocks(Project(pytester))]).parse(page)

    for example in document.examples():
        example.evaluate()
