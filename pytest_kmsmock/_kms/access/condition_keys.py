"""What a condition key is: its name, whether it has many values, and how a request is read."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.context import RequestValues

# The permissions with an encryption context.
_DATA_KEYS: Final = frozenset(
    {
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
    }
)
ENCRYPTING: Final = _DATA_KEYS | {"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"}

Found: TypeAlias = str | tuple[str, ...] | None
Reader: TypeAlias = Callable[["RequestValues", str], Found]


class ConditionKey(NamedTuple):
    """A condition key, or with a *prefix* a whole kind: each has the rest of its name to go by."""

    name: str
    read: Reader
    is_many: bool = False
    prefix: str = ""


def key(name: str, read: Reader, *, is_many: bool = False) -> ConditionKey:
    return ConditionKey(name=name, read=read, is_many=is_many)


def by_folded(pairs: Mapping[str, str], name: str) -> str | None:
    """Find a value by its name in any case; none where two names differ in case only (AZ119)."""
    found = [value for key, value in pairs.items() if key.lower() == name]
    return found[0] if len(found) == 1 else None


def write_bool(value: object) -> str:
    return "true" if value else "false"
