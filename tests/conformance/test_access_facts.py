"""Every fact about who may do what is proved by a test that cites its id, or is listed."""

import re
from typing import Final

from tests.conformance.tables import read_json
from tests.conformance.test_wire_facts import SOURCES, TESTS, flatten

FACTS: Final = {fact["id"] for fact in read_json("access_facts.json")}
# id -> why no test of ours can prove it
NOT_APPLICABLE: Final = read_json("access_facts_not_applicable.json")


def ids_in(text: str) -> set[str]:
    """Find the facts that a text cites, one by one or as "AZ1 to AZ48"."""
    flat = flatten(text)
    found = set(re.findall(r"\bAZ\d+\b", flat))
    for first, last in re.findall(r"\bAZ(\d+) to AZ(\d+)\b", flat):
        found |= {f"AZ{number}" for number in range(int(first), int(last) + 1)}
    return found


def cited_in_tests() -> set[str]:
    """Return what tests cite one by one: a test that cites forty proves none."""
    return {
        name
        for path, text in SOURCES.items()
        if path.is_relative_to(TESTS)
        for name in re.findall(r"\bAZ\d+\b", flatten(text))
    }


def test_every_fact_is_proved() -> None:
    """Each fact is cited by a test, or listed with the reason why none can prove it."""
    assert [] == sorted(FACTS - cited_in_tests() - NOT_APPLICABLE.keys())


def test_listed_facts_are_facts() -> None:
    """Nothing is listed that is not a fact."""
    assert set() == NOT_APPLICABLE.keys() - FACTS


def test_citations_lead_somewhere() -> None:
    """No source, of the package or of the tests, cites a fact that is not."""
    cited = {name for text in SOURCES.values() for name in ids_in(text)}

    assert set() == cited - FACTS
