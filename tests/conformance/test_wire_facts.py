"""Every answer that was measured on the real service is proved by a test that cites its id."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.conformance.tables import read_json

TESTS: Final = Path(__file__).parents[1]
SOURCES: Final = {
    path: path.read_text(encoding="utf-8")
    for folder in (TESTS, TESTS.parent / "pytest_kmsmock", TESTS.parent / "examples")
    for path in sorted(folder.rglob("*.py"))
}

FACTS: Final = {fact["id"] for fact in read_json("wire_facts.json")}
RULES: Final = set(read_json("rules.json"))
QUOTAS: Final = set(
    re.findall(r"(?m)^(Q-\d+),", (TESTS / "conformance/data/quotas.csv").read_text())
)
# id -> why no test of ours can prove it, or what has to be built first
NOT_APPLICABLE: Final = read_json("wire_facts_not_applicable.json")
NOT_YET: Final = read_json("wire_facts_not_yet.json")

ID: Final = r"[A-Z]+-?\d+"
# "wire-facts E14", "wire-facts I1 to I17", "wire-facts C14, in the order of D3, X13": all that the
# sentence names; and a list of ids alone in brackets, "(C21, T1; TAG-4)".
CITATION: Final = re.compile(
    rf"wire-facts? ([^().;\"]*)|(?<= )\(({ID}(?:(?:[,;]| to| and) {ID})*)\)"
)
FROM_TO: Final = re.compile(r"([A-Z]+)(\d+) to \1(\d+)")


def flatten(text: str) -> str:
    """Take the line breaks out of docstrings and comments."""
    return re.sub(r"\s*\n[ \t]*#?\s*", " ", text)


def citations_in(text: str) -> Iterator[str]:
    for match in CITATION.finditer(flatten(text)):
        cited = match[1] or match[2]
        yield from re.findall(ID, cited)
        for letters, first, last in FROM_TO.findall(cited):
            yield from (f"{letters}{number}" for number in range(int(first), int(last) + 1))


def cited_in_tests() -> set[str]:
    cited = {
        name
        for path, text in SOURCES.items()
        if path.is_relative_to(TESTS) and path != Path(__file__)
        for name in citations_in(text)
    }
    return cited & FACTS


def test_every_fact_is_proved() -> None:
    """Each wire fact is cited by a test, or listed with the reason why none can prove it."""
    uncited = FACTS - cited_in_tests() - NOT_APPLICABLE.keys() - NOT_YET.keys()

    assert [] == sorted(uncited), (
        "write a test that proves each, and cite it there as `wire-facts <id>`; or say why none"
        " can in wire_facts_not_applicable.json, or what it waits for in wire_facts_not_yet.json"
    )


def test_listed_facts_are_not_proved() -> None:
    """No fact is listed as not applicable, or not yet, that a test cites."""
    listed = NOT_APPLICABLE.keys() | NOT_YET.keys()

    assert set() == NOT_APPLICABLE.keys() & NOT_YET.keys()
    assert set() == listed - FACTS
    assert [] == sorted(listed & cited_in_tests()), "take them off their list: they are proved now"


def test_citations_lead_somewhere() -> None:
    """No source, of the package or of the tests, cites a fact, a rule or a quota that is not."""
    known = {"wire-facts": FACTS, "rules": RULES, "quotas": QUOTAS}
    unknown = [
        f"{path.name}: {kind} {name}"
        for path, text in SOURCES.items()
        for kind, first, rest in re.findall(
            rf"(wire-facts|rules|quotas) ({ID})((?:(?:,| to| and) {ID})*)", flatten(text)
        )
        for name in [first, *re.findall(ID, rest)]
        if name not in known[kind] and name not in FACTS | RULES | QUOTAS
    ]

    assert [] == unknown
