"""A small model of KMS, written from AWS's documents alone: what the walk holds the engine to."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOME, AWAY, FAR = "us-east-1", "eu-west-1", "ap-south-1"
REGIONS: Final = (HOME, AWAY, FAR)
LEAVING: Final = ("PendingDeletion", "PendingReplicaDeletion")
INVALID_STATE: Final = "KMSInvalidStateException"


@dataclass(kw_only=True)
class Copy:
    """A key as one Region has it; *materials* are the imported ones, by when they expire."""

    arn: str
    state: str = "Enabled"
    description: str = ""
    policy: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    materials: dict[int, datetime | None] = field(default_factory=dict)
    deletion_date: datetime | None = None
    window: int = 0

    @property
    def is_leaving(self) -> bool:
        return self.state in LEAVING

    def refuse_use(self) -> str | None:
        """Return the error of a cryptographic operation, or None."""
        if self.state == "Enabled":
            return None
        return "DisabledException" if self.state == "Disabled" else INVALID_STATE

    def refuse_switch(self) -> str | None:
        """Return the error of EnableKey and DisableKey, or None."""
        return None if self.state in ("Enabled", "Disabled") else INVALID_STATE

    def refuse_change(self) -> str | None:
        """Return the error of changing tags, aliases, description and the like, or None."""
        return INVALID_STATE if self.is_leaving else None


@dataclass(kw_only=True, eq=False)
class Family:
    """
    A key in all its Regions, alone or related.

    Materials are numbered, as they came; *pending* is one that was imported and waits.
    """

    key_id: str
    primary: str
    is_external: bool
    is_multi_region: bool
    copies: dict[str, Copy]
    permanent: list[int] = field(default_factory=list)
    pending: int | None = None
    known: int = 0
    period: int | None = None
    next_rotation: datetime | None = None
    missed_rotation: bool = False
    on_demand_rotations: int = 0
    last_on_demand: datetime | None = None

    @property
    def current(self) -> int | None:
        return self.permanent[-1] if self.permanent else None

    def place(self, number: int) -> str:
        """Choose a Region, mostly one that has the key."""
        regions = sorted(self.copies) if number % 10 else REGIONS
        return (regions or REGIONS)[number % len(regions or REGIONS)]

    def arn_in(self, region: str) -> str:
        return f"arn:aws:kms:{region}:123456789012:key/{self.key_id}"

    def number_material(self) -> int:
        self.known += 1
        return self.known

    def has_all(self, copy: Copy) -> bool:
        held = copy.materials if self.is_external else self.permanent
        return bool(self.permanent) and all(number in held for number in self.permanent)

    def put(self, copy: Copy, number: int, valid_to: datetime | None) -> None:
        copy.materials[number] = valid_to
        if number != self.pending and copy.state == "PendingImport" and self.has_all(copy):
            copy.state = "Enabled"

    def drop(self, region: str, number: int) -> None:
        copy = self.copies[region]
        if number not in copy.materials:
            return
        del copy.materials[number]
        if number != self.pending:
            copy.state = copy.state if copy.is_leaving else "PendingImport"
        elif region == self.primary:
            self.pending = None
            for other in self.copies.values():
                other.materials.pop(number, None)

    def rotate(self, at: datetime) -> None:
        """Rotate automatically, and again when the period has passed."""
        self.permanent.append(self.number_material())
        self.schedule_rotation(self.period, at)

    def schedule_rotation(self, period: int | None, now: datetime) -> None:
        self.period = period
        self.next_rotation = None if period is None else now + timedelta(days=period)
        self.missed_rotation = False

    def make_up_rotation(self, now: datetime) -> None:
        """Do what was missed while the primary was not enabled, if it was and is now."""
        if self.missed_rotation and self.copies[self.primary].state == "Enabled":
            self.rotate(now)


class Model:
    """All keys and aliases of an account."""

    def __init__(self) -> None:
        self.families: list[Family] = []
        self.aliases: dict[tuple[str, str], Family] = {}

    def pass_time(self, since: datetime, now: datetime) -> None:
        """Let everything happen that falls due after *since* and until *now*, in its order."""
        while events := [event for event in self.due() if since < event[0] <= now]:
            at, family, region, number = min(events, key=lambda event: event[0])
            if region is None:
                if family.copies[family.primary].state == "Enabled":
                    family.rotate(at)
                else:
                    family.missed_rotation = True
            elif number is None:
                self.delete(family, region, at)
            else:
                family.drop(region, number)

    def due(self) -> list[tuple[datetime, Family, str | None, int | None]]:
        """List what is to happen: rotations, deletions of copies, expiries of their materials."""
        events: list[tuple[datetime, Family, str | None, int | None]] = []
        for family in self.families:
            if family.next_rotation is not None and not family.missed_rotation:
                events.append((family.next_rotation, family, None, None))
            for region, copy in family.copies.items():
                if copy.deletion_date is not None:
                    events.append((copy.deletion_date, family, region, None))
                events += [
                    (valid_to, family, region, number)
                    for number, valid_to in copy.materials.items()
                    if valid_to is not None
                ]
        return events

    def delete(self, family: Family, region: str, at: datetime) -> None:
        del family.copies[region]
        for name in [key for key, target in self.aliases.items() if target is family]:
            if name[0] == region:
                del self.aliases[name]
        if not family.copies:
            self.families.remove(family)
        elif len(family.copies) == 1:
            last = family.copies[family.primary]
            if last.state == "PendingReplicaDeletion":
                last.state = "PendingDeletion"
                last.deletion_date = at + timedelta(days=last.window)
