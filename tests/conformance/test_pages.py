"""The generated pages say what the code does."""

import pytest

from tools.pages import DOCS, PAGES
from tools.vocabulary import STUB, render_vocabulary


@pytest.mark.parametrize("name", PAGES)
def test_generated_page(name):
    """Each generated page is as the code would write it today."""
    committed = (DOCS / name).read_text(encoding="utf-8")

    assert PAGES[name]() == committed, "stale: run `python -m tools.pages` and commit the page"


def test_vocabulary():
    """The types of names and members are those of today's description of KMS."""
    committed = STUB.read_text(encoding="utf-8")

    assert render_vocabulary() == committed, "stale: run `python -m tools.vocabulary`"
