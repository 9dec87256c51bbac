"""All condition keys that a request to KMS can have, by their names."""

from collections.abc import Mapping
from typing import Final

from pytest_kmsmock._kms.access.aws_keys import AWS_KEYS, KINDS_OF_AWS_KEYS
from pytest_kmsmock._kms.access.condition_keys import ConditionKey
from pytest_kmsmock._kms.access.kms_keys import KINDS_OF_KMS_KEYS, KMS_KEYS

KEYS: Final[Mapping[str, ConditionKey]] = {
    known.name.lower(): known for known in (*KMS_KEYS, *AWS_KEYS)
}
KINDS_OF_KEYS: Final = (*KINDS_OF_KMS_KEYS, *KINDS_OF_AWS_KEYS)


def is_many(name: str) -> bool:
    """Tell whether the key of that name, in lower case, can have several values at once."""
    known = KEYS.get(name)
    return known is not None and known.is_many


def find_key(name: str) -> ConditionKey | None:
    """Return the condition key of that name, in lower case, or the kind that it is of."""
    known = KEYS.get(name)
    if known is not None:
        return known
    for kind in KINDS_OF_KEYS:
        if name.startswith(kind.prefix) and len(name) > len(kind.prefix):
            return kind
    return None
