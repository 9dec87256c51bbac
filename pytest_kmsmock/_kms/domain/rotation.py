"""Rotation: the schedule of a key, and the step from one material to the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.keys import KeyFamily, MaterialVersion
from pytest_kmsmock._kms.domain.world import World

DEFAULT_PERIOD: Final = 365  # days; quotas Q-28

# KMS rotates in the background, within some ten seconds (wire-facts O3). Here the new material
# encrypts from the next call on, for a test should not have to wait for it; what lasts is only
# that GetKeyRotationStatus shows the rotation and that another one must wait (assumed: a second).
ON_DEMAND_DURATION: Final = timedelta(seconds=1)


@dataclass(slots=True, eq=False, kw_only=True)
class Rotation:
    """The schedule of automatic rotation; *next_date* stays in the past of a key that missed it."""

    period_days: int
    next_date: datetime


def schedule_rotation(world: World, family: KeyFamily, period_days: int, now: datetime) -> None:
    """Let *family* rotate when *period_days* have passed, and no more when it would have before."""
    next_date = now + timedelta(days=period_days)
    change(family, rotation=Rotation(period_days=period_days, next_date=next_date))
    world.plan(next_date, "rotation", family.primary)


def rotate_to(
    world: World,
    family: KeyFamily,
    version: MaterialVersion,
    at: datetime,
    rotation_type: Literal["AUTOMATIC", "ON_DEMAND"],
) -> None:
    """Make *version*, which is new or pending rotation, the current one of all related keys."""
    is_new = version is not family.pending
    for earlier in family.versions:
        if earlier.state == "CURRENT":
            change(earlier, state="NON_CURRENT")
    change(version, state="CURRENT", rotation_date=at, rotation_type=rotation_type)
    if is_new:
        world.add_version(family, version)


def on_demand_start(family: KeyFamily, now: datetime) -> datetime | None:
    """Return when the on-demand rotation that is still under way was started, or None."""
    current = family.current
    if current is None or current.rotation_type != "ON_DEMAND" or current.rotation_date is None:
        return None
    start = current.rotation_date
    # Not before it either, should time have gone back.
    return start if start <= now < start + ON_DEMAND_DURATION else None
