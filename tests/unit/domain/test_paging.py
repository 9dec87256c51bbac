"""Pages of a list that changes while it is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kmsmock._kms.domain.paging import page

names = st.sets(st.text(max_size=4), max_size=20)


@pytest.mark.slow
@given(names, st.data())
def test_pages_of_a_list_that_changes(stable, data):
    """What is there from first page to last comes once, whatever comes and goes besides."""
    shown: list[str] = []
    request: dict[str, Any] = {}
    truncated = True
    while truncated:
        passing = data.draw(names)
        request["Limit"] = data.draw(st.integers(1, 5))
        chosen, paging = page("ListKeys", request, sorted(stable | passing), default_limit=100)
        truncated = paging["Truncated"]
        request["Marker"] = paging.get("NextMarker")
        shown += chosen

    assert sorted(set(shown)) == shown
    assert stable <= set(shown)


@given(st.text(min_size=128, max_size=128, alphabet=st.characters(min_codepoint=0x10000)))
def test_marker_after_the_longest_name(name):
    """A marker fits into the model's 1,024 characters, even after the longest tag key (Q-50)."""
    _, paging = page("ListResourceTags", {"Limit": 1}, [name, f"{name}x"], default_limit=50)

    assert len(paging["NextMarker"]) <= 1024
