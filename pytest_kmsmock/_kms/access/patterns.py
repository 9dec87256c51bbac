"""Wildcards and policy variables: what a text in a policy stands for."""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

from pytest_kmsmock._kms.access.all_keys import is_many


class Lookup(Protocol):
    def get(self, key: str, /) -> tuple[str, ...] | None: ...


class Wildcard:
    """A character of a pattern that stands for others, to be told from the same one as text."""

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __repr__(self) -> str:
        return self.sign


ANY_RUN: Final = Wildcard("*")
ANY_ONE: Final = Wildcard("?")
_WILDCARDS: Final = {"*": ANY_RUN, "?": ANY_ONE}

# A pattern without literal wildcards is a string, in which `*` and `?` stand for others; one with
# them is a list of characters and wildcards.
Pattern: TypeAlias = str | list[str | Wildcard]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
_VARIABLE: Final = re.compile(r"\$\{([*?$])\}|\$\{\s*([^,{}]+?)\s*(?:,\s*'([^']*)'\s*)?\}")


class Template:
    """
    A text in a policy, with the variables in it where the policy's Version knows them (AZ121).

    *raw* is what the policy says.
    """

    __slots__ = ("_parts", "_regex", "is_variable", "raw")

    def __init__(self, raw: str, *, has_variables: bool) -> None:
        self.raw = raw
        # Literal text; or the key and default of a variable; or a literal wildcard in a tuple.
        self._parts: list[str | tuple[str, str | None] | tuple[str]] = []
        if not has_variables or "${" not in raw:
            self._parts.append(raw)
        else:
            self._split()
        self.is_variable = any(isinstance(part, tuple) and len(part) == 2 for part in self._parts)

    def __repr__(self) -> str:
        return f"<Template {self.raw}>"

    def _split(self) -> None:
        end = 0
        for match in _VARIABLE.finditer(self.raw):
            self._parts.append(self.raw[end : match.start()])
            literal, key, default = match.groups()
            self._parts.append((literal,) if literal else (key.lower(), default))
            end = match.end()
        self._parts.append(self.raw[end:])

    def text(self, values: Lookup) -> str | None:
        """Return the text with the values of its variables; None if one has none (AZ122)."""
        parts = self._fill(values)
        return None if parts is None else "".join(text for text, _ in parts)

    def pattern(self, values: Lookup) -> Pattern | None:
        """Return the text as a pattern: what comes out of a variable has no wildcards."""
        parts = self._fill(values)
        if parts is None:
            return None
        if all(is_pattern or not ("*" in text or "?" in text) for text, is_pattern in parts):
            return "".join(text for text, _ in parts)
        return [
            _WILDCARDS.get(character, character) if is_pattern else character
            for text, is_pattern in parts
            for character in text
        ]

    def _fill(self, values: Lookup) -> list[tuple[str, bool]] | None:
        filled: list[tuple[str, bool]] = []
        for part in self._parts:
            if isinstance(part, str):
                filled.append((part, True))
            elif len(part) == 1:
                filled.append((part[0], False))
            else:
                key, default = part
                found = None if is_many(key) else values.get(key)
                text = default if found is None else found[0]
                if text is None:
                    return None
                filled.append((text, False))
        return filled


def matches(pattern: Pattern, text: str) -> bool:
    """
    Match *text* against IAM's wildcards: `*` for any characters, `?` for one.

    It goes back to the last `*` only, for no pattern shall take longer than its length times that
    of the text.
    """
    if isinstance(pattern, str):
        if "*" not in pattern and "?" not in pattern:
            return pattern == text
        return _match(pattern, text, "*", "?")
    return _match(pattern, text, ANY_RUN, ANY_ONE)


def _match(pattern: Sequence[Any], text: str, any_run: Any, any_one: Any) -> bool:
    place = start = mark = 0
    star = -1
    while start < len(text):
        if place < len(pattern) and pattern[place] == any_run:
            star, mark = place, start
            place += 1
        elif place < len(pattern) and pattern[place] in (text[start], any_one):
            place += 1
            start += 1
        elif star >= 0:
            mark += 1
            place, start = star + 1, mark
        else:
            return False
    return all(sign == any_run for sign in pattern[place:])
