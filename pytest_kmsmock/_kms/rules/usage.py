"""The record of each key's last cryptographic use."""

from typing import Final

from pytest_kmsmock._kms.domain.changes import change_one
from pytest_kmsmock._kms.domain.keys import Key, LastUsage
from pytest_kmsmock._kms.rules.context import Context
from pytest_kmsmock._kms.wire.model import enum_values

# Successful cryptographic operations count, reading and failing do not (rules USE-2, USE-3).
USAGE_TRACKED: Final = frozenset(enum_values("KeyLastUsageTrackingOperation"))


def record_last_usage(ctx: Context, key: Key) -> None:
    """Note that *key* has served the request; both keys of a ReEncrypt count (rules USE-4)."""
    usage = LastUsage(
        operation=ctx.model.name,
        timestamp=ctx.now,
        request_id=ctx.request_id,
    )
    change_one(key, "last_usage", usage)
