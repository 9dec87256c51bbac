"""
The words of KMS as types: `pytest_kmsmock/vocabulary.pyi`.

`python -m tools.vocabulary` writes it; tests/conformance/test_pages.py fails while it is stale.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pytest_kmsmock._kms.wire import model

STUB: Final = Path(__file__).parents[1] / "pytest_kmsmock" / "vocabulary.pyi"

HEAD: Final = '''"""The words of KMS as types; by `python -m tools.vocabulary`."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict
'''


def render_vocabulary() -> str:
    """Return the stub: the names of operations, and the members of CreateKey."""
    members = model.operation("CreateKey").input.members
    lines = [
        HEAD,
        alias("OperationName", model.operation_names()),
        "",
        alias("AnyOperationName", ["*", *sorted(model.operation_names())]),
        "",
        "class CreateKeyMembers(TypedDict, total=False):",
        '    """What `create_key()` takes besides its own arguments: members of CreateKey."""',
        "",
    ]
    for name, shape in members.items():
        if name != "Tags":
            lines.append(f"    {name}: {type_of(name, shape)}")
    return "\n".join(lines) + "\n"


def alias(name: str, words: Iterable[str]) -> str:
    return f"{name}: TypeAlias = {literal(sorted(words), indent='')}"


def literal(words: Iterable[str], indent: str) -> str:
    body = "\n".join(f'{indent}    "{word}",' for word in words)
    return f"Literal[\n{body}\n{indent}]"


def type_of(name: str, shape: model.Shape) -> str:
    if name == "Policy":
        return "str | Mapping[str, Any]"
    if shape.enum:
        return literal(shape.enum, indent="    ")
    return {"boolean": "bool", "string": "str"}[shape.type]


if __name__ == "__main__":
    STUB.write_text(render_vocabulary(), encoding="utf-8")
