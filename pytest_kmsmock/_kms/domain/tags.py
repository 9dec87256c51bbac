"""Tags of keys."""

from collections.abc import Mapping, Sequence
from typing import Final

from pytest_kmsmock._kms.errors import KmsError

MOST_TAGS: Final = 50  # quotas Q-7


def read_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """
    Return a request's list of tags by key.

    Raises:
        KmsError: TagException for a key that comes twice or is reserved (wire-facts T4, T6).
    """
    by_key = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if len(by_key) != len(tags):
        raise KmsError("TagException", "Duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in by_key):
        raise KmsError("TagException", "Tags beginning with aws: are reserved")
    return by_key


def read_tags_of_new_key(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """
    Return the tags that a new key gets.

    Raises:
        KmsError: TagException, also for more than 50 (wire-facts T5).
    """
    if len(tags) > MOST_TAGS:
        raise KmsError("TagException", "Too many tags")
    return read_tags(tags)
