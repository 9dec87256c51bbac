"""Tags of keys."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from pytest_kmsmock._kms.errors import KmsError

MOST_TAGS: Final = 50  # quotas Q-7

_SIGNS: Final = frozenset("_.:/=+-@")
# Nearly every tag: what needs no look at its characters' categories.
_PLAIN: Final = re.compile(r"[a-zA-Z0-9 _.:/=+@-]*")


def read_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """
    Return a request's list of tags by key.

    Raises:
        KmsError: TagException for a key that comes twice or is reserved, or for a character that
            tags cannot have (wire-facts T4, T6, V14).
    """
    by_key = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if len(by_key) != len(tags):
        raise KmsError("TagException", "Duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in by_key):
        raise KmsError("TagException", "Tags beginning with aws: are reserved")
    if not all(is_tag_text(text) for item in by_key.items() for text in item):
        raise KmsError("TagException", "Invalid tag")
    return by_key


def is_tag_text(text: str) -> bool:
    """
    Tell whether *text* has letters, digits, spaces and the documented signs alone.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
    """
    return _PLAIN.fullmatch(text) is not None or all(
        character in _SIGNS or unicodedata.category(character)[0] in "LNZ" for character in text
    )


def read_tags_of_new_key(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """
    Return the tags that a new key gets.

    Raises:
        KmsError: TagException, also for more than 50 (wire-facts T5).
    """
    if len(tags) > MOST_TAGS:
        raise KmsError("TagException", "Too many tags")
    return read_tags(tags)
