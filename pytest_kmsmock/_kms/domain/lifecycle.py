"""What happens to keys by itself as time passes, in time order."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.states import PENDING_DELETION
from pytest_kmsmock._kms.domain.world import DueKind, World


def settle(world: World, now: datetime) -> None:
    """Let everything that is due by *now* happen, however far the clock has jumped."""
    while (due := world.next_due(now)) is not None:
        at, kind, key = due
        HANDLERS[kind](world, key, at)


def plan_deletion(world: World, key: Key, at: datetime) -> None:
    key.deletion_date = at
    world.plan(at, "deletion", key)


def delete_key(world: World, key: Key, at: datetime) -> None:
    """Delete *key* for good, unless its deletion was cancelled or planned anew."""
    if key.state != PENDING_DELETION or key.deletion_date != at:
        return
    for grant in list(key.grants.values()):
        world.remove_grant(grant)
    world.region_of(key).remove_key(key)
    if not key.family.members:
        world.forget_family(key.family)


HANDLERS: Final[dict[DueKind, Callable[[World, Key, datetime], None]]] = {"deletion": delete_key}
