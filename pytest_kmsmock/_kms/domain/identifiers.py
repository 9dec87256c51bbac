"""Key ids, key ARNs, alias names and alias ARNs: making and reading them."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from pytest_kmsmock._kms.crypto.randomness import RandomSource, draw_until

# Upper-case digits are well formed but name another key (rules ID-12; assumed, not recorded).
_KEY_ID = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32}", re.ASCII
)

T = TypeVar("T")

ALIAS_PREFIX = "alias/"
AWS_ALIAS_PREFIX = "alias/aws/"


class Arn(NamedTuple):
    """`arn:<partition>:kms:<region>:<account_id>:<resource>`, its resource a key or an alias."""

    partition: str
    region: str
    account_id: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account_id}:{self.resource}"

    @property
    def is_alias(self) -> bool:
        return self.resource.startswith(ALIAS_PREFIX)

    @property
    def key_id(self) -> str:
        return self.resource.removeprefix("key/")


def read_arn(value: str) -> Arn | None:
    """Read *value*, or return None where it is no ARN of a KMS key or alias."""
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "kms":
        return None
    _, partition, _, region, account_id, resource = parts
    if not (partition and region and account_id and resource.startswith(("key/", ALIAS_PREFIX))):
        return None
    return Arn(partition, region, account_id, resource)


def is_key_id(value: str) -> bool:
    return _KEY_ID.fullmatch(value) is not None


def is_alias(value: str) -> bool:
    """Tell whether *value* is an alias name or ARN, existing or not."""
    if value.startswith("arn:"):
        arn = read_arn(value)
        return arn is not None and arn.is_alias
    return value.startswith(ALIAS_PREFIX)


def new_uuid(source: RandomSource) -> str:
    """Return a version 4 UUID (RFC 9562) drawn from *source*."""
    text = source.token_bytes(16).hex()
    variant = _VARIANTS[text[16]]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


# The digit with the two highest bits "10", and the others as they were drawn.
_VARIANTS: Final = {f"{digit:x}": f"{digit & 0b11 | 0b1000:x}" for digit in range(16)}


def draw_unused(
    draw: Callable[[RandomSource], T], is_used: Callable[[T], bool], source: RandomSource
) -> T:
    """Draw until it is new: a source that a test seeds again repeats what it has drawn before."""
    return draw_until(draw, lambda drawn: not is_used(drawn), source)


def new_key_id(source: RandomSource, *, multi_region: bool) -> str:
    """Return a fresh key id; a multi-Region key's is `mrk-` and 32 hex digits (wire-facts Z1)."""
    return f"mrk-{source.token_bytes(16).hex()}" if multi_region else new_uuid(source)
