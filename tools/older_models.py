"""
What older versions of botocore lack of KMS, for docs/versions.md.

`python -m tools.older_models`, run beside one of them, notes what it lacks in older_models.json.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import botocore

from pytest_kmsmock._kms.wire import model
from tools.service_model import CARRIED, describe

OLDER: Final = Path(__file__).with_name("older_models.json")

# Enums of which a request or an answer shows a value; the rest follows from the operations.
SHOWN: Final = {
    "KeySpec": "key specs",
    "KeyUsageType": "key usages",
    "SigningAlgorithmSpec": "signing algorithms",
    "MessageType": "message types",
    "DataKeyPairSpec": "data key pairs",
}


def names_in(description: Mapping[str, Any]) -> dict[str, list[str]]:
    """List what a test's author sees of a description in kms.json's form, by kind."""
    shapes = description["shapes"]
    return {
        "operations": list(description["operations"]),
        "parameters": list(members_of(description, "input")),
        "members of answers": list(members_of(description, "output")),
        **{title: list(shapes[name]["enum"]) for name, title in SHOWN.items()},
    }


def members_of(description: Mapping[str, Any], direction: str) -> Iterator[str]:
    for name, operation in description["operations"].items():
        if direction in operation:
            for member in members_below(description["shapes"], operation[direction]):
                yield f"{name}.{member}"


def members_below(shapes: Mapping[str, Any], name: str) -> Iterator[str]:
    """Name the members of a shape and of those inside it."""
    shape = shapes[name]
    for member, inner in shape.get("members", {}).items():
        yield member
        yield from (f"{member}.{below}" for below in members_below(shapes, inner))
    for part in shape.get("parts", {}).values():
        yield from members_below(shapes, part)


def lacks(older: Mapping[str, Any], today: Mapping[str, Any]) -> dict[str, list[str]]:
    """List what *older* lacks, without what follows from an operation that it lacks."""
    there, here = names_in(older), names_in(today)
    missing = {
        kind: [name for name in names if name not in there[kind]] for kind, names in here.items()
    }
    for kind in ("parameters", "members of answers"):
        missing[kind] = [
            name for name in missing[kind] if name.partition(".")[0] not in missing["operations"]
        ]
    return {kind: names for kind, names in missing.items() if names}


def main() -> None:
    noted = json.loads(OLDER.read_text(encoding="utf-8")) if OLDER.exists() else {}
    today = json.loads(CARRIED.read_text(encoding="utf-8"))
    noted[botocore.__version__] = lacks(describe(), today)
    ordered = {version: noted[version] for version in sorted(noted, key=model.version_of)}
    OLDER.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
