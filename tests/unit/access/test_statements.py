"""IAM's wildcards, against the pattern language of the standard library."""

import re
from fnmatch import translate

from hypothesis import given
from hypothesis import strategies as st

from pytest_kmsmock._kms.access.patterns import matches

letters = st.text("ab*?[]-!.:\n", max_size=12)


@given(letters, st.text("ab[]-!.:\n", max_size=12))
def test_wildcards(pattern, text):
    """A star stands for any characters, a question mark for one, all else for itself."""
    oracle = re.compile(translate(pattern.replace("[", "[[]")))

    assert (oracle.match(text) is not None) is matches(pattern, text)


@given(st.lists(st.sampled_from("ab.?*"), max_size=8), st.data())
def test_text_made_from_a_pattern(pattern, data):
    """A pattern matches what it was filled in with."""
    fill = {"?": st.sampled_from("ab."), "*": st.text("ab.", max_size=3)}
    text = "".join(data.draw(fill.get(sign, st.just(sign))) for sign in pattern)

    assert matches("".join(pattern), text)


def test_many_stars():
    """A pattern of many stars is compared in no time at all."""
    assert not matches("*a" * 2_000 + "b", "a" * 4_000)
