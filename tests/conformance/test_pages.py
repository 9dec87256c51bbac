"""The generated pages say what the code does."""

import pytest

from tools.pages import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_generated_page(name):
    """Each generated page is as the code would write it today."""
    committed = (DOCS / name).read_text(encoding="utf-8")

    assert PAGES[name]() == committed, "stale: run `python -m tools.pages` and commit the page"
