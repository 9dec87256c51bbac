"""The worked cases: who may do what, and in which words AWS refuses."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.access.staging import play

FILE: Final = Path(__file__).parents[1] / "conformance" / "data" / "scenarios.jsonl"
SCENARIOS: Final = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def expected_message(scenario: dict[str, Any]) -> str | None:
    text = scenario.get("expected_message")
    if text is None:
        return None
    named = {
        "caller_arn": scenario["caller"]["arn"],
        "key_arn": scenario.get("key", {}).get("arn"),
        "other_key_arn": scenario.get("other_key", {}).get("arn"),
        "alias_arn": scenario.get("alias"),
    }
    for name, value in named.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


@pytest.mark.sweep(5)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[case["id"] for case in SCENARIOS])
def test_scenario(scenario):
    """Each case is decided as it says, by the layer and in the words that it says."""
    response = play(scenario)
    decision, expected = response.decision, scenario["expected"]

    assert decision is not None, response.error
    assert (expected["decision"] == "allow") == decision.allowed, decision.explain()
    if "layer" in expected:
        assert (expected["kind"], expected["layer"]) == (decision.kind, decision.layer)
    if (message := expected_message(scenario)) is not None:
        assert ("AccessDeniedException", message) == (response.error.code, response.error.message)
