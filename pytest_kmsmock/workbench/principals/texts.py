"""Tags and condition keys that a test gives, as the engine takes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

ContextValues: TypeAlias = dict[str, tuple[str, ...] | None]


def check_tags(tags: object) -> dict[str, str]:
    """
    Raises:
        TypeError: Unless *tags* maps strings to strings, or is None.
    """
    if tags is None:
        return {}
    if not isinstance(tags, Mapping) or not all(
        isinstance(part, str) for part in (*tags, *tags.values())
    ):
        raise TypeError(
            f"tags={tags!r} is not a mapping of strings to strings, as in {{'team': 'orders'}}"
        )
    return dict(tags)


def read_context(keys: object) -> ContextValues:
    """
    Read condition keys with their values: a plain one, a list, or None where the key is absent.

    Raises:
        TypeError: For something that is no mapping, or that no condition key can be.
    """
    if not isinstance(keys, Mapping):
        raise TypeError(
            f"{keys!r} is not a mapping of condition keys, as in {{'aws:SourceVpce': 'vpce-1'}}"
        )
    return {read_key(key): read_values(key, value) for key, value in keys.items()}


def read_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{key!r} is not the name of a condition key, such as 'aws:SourceIp'")
    return key.lower()


def read_values(key: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return tuple([read_value(key, item) for item in items])
    return (read_value(key, value),)


def read_value(key: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat()
    raise TypeError(
        f"{key}={value!r}: a condition key has a string, a number, True or False, a date, or a"
        " list of them; None if it is absent"
    )
