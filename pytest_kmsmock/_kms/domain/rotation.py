"""Automatic rotation: the schedule of a key."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Rotation:
    """A rotation schedule; every rotation moves *next_date*, EnableKeyRotation may change both."""

    period_days: int
    next_date: datetime
