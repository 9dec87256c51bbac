"""What happens to keys by itself as time passes, in time order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.domain.changes import change, drop
from pytest_kmsmock._kms.domain.creation import generate_version
from pytest_kmsmock._kms.domain.imports import expire_material
from pytest_kmsmock._kms.domain.keys import EXTERNAL, Key, KeyFamily
from pytest_kmsmock._kms.domain.rotation import Rotation, rotate_to, schedule_rotation
from pytest_kmsmock._kms.domain.states import (
    CREATING,
    ENABLED,
    PENDING_DELETION,
    PENDING_REPLICA_DELETION,
)
from pytest_kmsmock._kms.domain.world import DueKind, World

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore


def settle(world: World, now: datetime) -> None:
    """Let everything that is due by *now* happen, however far the clock has jumped."""
    while (due := world.next_due(now)) is not None:
        at, kind, subject = due
        HANDLERS[kind](world, subject, at)


def plan_deletion(world: World, key: Key, at: datetime) -> None:
    change(key, deletion_date=at)
    world.plan(at, "deletion", key)


def delete_key(world: World, key: Key, at: datetime) -> None:
    """Delete *key* for good, unless its deletion was cancelled or planned anew."""
    if key.state != PENDING_DELETION or key.deletion_date != at:
        return
    change(key, deletion_date=None)  # the same moment may have been planned twice
    for grant in list(key.grants.values()):
        world.remove_grant(grant)
    if key.key_store is not None:
        drop(key.key_store.keys, key.key_id)
    world.region_of(key).remove_key(key)
    family = key.family
    if not family.members:
        world.forget_family(family)
    elif len(family.members) == 1:
        start_waiting_period(world, family.primary, at)


def start_waiting_period(world: World, primary: Key, at: datetime) -> None:
    """Begin the window of a primary key that waited for its last replica to go (rules DEL-8)."""
    if primary.state == PENDING_REPLICA_DELETION and primary.pending_window_days is not None:
        primary.apply("replicas are gone")
        plan_deletion(world, primary, at + timedelta(days=primary.pending_window_days))


def plan_end_of_creation(world: World, replica: Key, at: datetime) -> None:
    world.plan(at, "end of creation", replica)


def end_creation(world: World, replica: Key, at: datetime) -> None:
    """Make a new replica ready; one of an imported key waits for its material (rules MR-7)."""
    if replica.own_state != CREATING:
        return  # time went back in between, and its deletion was scheduled
    imported = replica.family.origin == EXTERNAL
    replica.apply("creation ends without material" if imported else "creation ends")


def plan_end_of_update(world: World, key: Key, at: datetime) -> None:
    world.plan(at, "end of update", key)


def end_update(world: World, key: Key, at: datetime) -> None:
    """Let a key that changed its part in a set of related keys regain its state (rules MR-13)."""
    key.cover(None)


def rotate_when_due(world: World, key: Key, at: datetime) -> None:
    """Rotate *key*'s family by its schedule, unless that changed or the primary is not enabled."""
    family = key.family
    if family.rotation is None or family.rotation.next_date != at or not family.members:
        return
    if family.primary.own_state == ENABLED:
        rotate_automatically(world, family, family.rotation, at)


def resume_rotation(world: World, key: Key, now: datetime) -> None:
    """Make up for the rotation that *key*, now enabled, missed while it was not (rules ROT-6)."""
    rotation = key.family.rotation
    if rotation is not None and rotation.next_date <= now and key.is_primary:
        rotate_automatically(world, key.family, rotation, now)


def rotate_automatically(world: World, family: KeyFamily, rotation: Rotation, at: datetime) -> None:
    version = generate_version(world, family)
    rotate_to(world, family, version, at, "AUTOMATIC")
    schedule_rotation(world, family, rotation.period_days, at)


def plan_end_of_connecting(world: World, store: "KeyStore", now: datetime) -> None:
    end = now + timedelta(seconds=store.link.seconds_to_connect)
    change(store, connects_at=end)
    world.plan(end, "end of connecting", store)


def end_connecting(world: World, store: "KeyStore", at: datetime) -> None:
    """Connect *store*, or let it fail, unless it was told to disconnect meanwhile (rules CKS-6)."""
    if store.connects_at == at:
        error_code = store.link.try_to_connect()
        store.set_state("CONNECTED" if error_code is None else "FAILED", error_code)


def plan_end_of_disconnecting(world: World, store: "KeyStore", at: datetime) -> None:
    world.plan(at, "end of disconnecting", store)


def end_disconnecting(world: World, store: "KeyStore", at: datetime) -> None:
    if store.connection_state == "DISCONNECTING":
        store.set_state("DISCONNECTED")


# The kind tells which subject its handler takes: a key, or a custom key store.
HANDLERS: Final[dict[DueKind, Callable[[World, Any, datetime], None]]] = {
    "deletion": delete_key,
    "end of connecting": end_connecting,
    "end of creation": end_creation,
    "end of disconnecting": end_disconnecting,
    "end of update": end_update,
    "material expiry": expire_material,
    "rotation": rotate_when_due,
}
