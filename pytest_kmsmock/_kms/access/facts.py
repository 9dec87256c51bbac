"""What a decision is made of, as it was at the time of the request; made for each request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pytest_kmsmock._kms.domain.keys import Key, KeyFamily, LastUsage
from pytest_kmsmock._kms.domain.principals import Principal


class KeyMoment(NamedTuple):
    """What of a key may have changed by the time that somebody asks why."""

    arn: str
    region: str
    family: KeyFamily
    is_primary: bool
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    last_usage: LastUsage | None
    creation_date: datetime

    @staticmethod
    def of(key: Key) -> "KeyMoment":
        return KeyMoment(
            key.arn,
            key.region,
            key.family,
            key.is_primary,
            tuple(key.aliases),
            key.tags,
            key.last_usage,
            key.creation_date,
        )


class RequestFacts(NamedTuple):
    """A request with all that does not depend on the permission asked."""

    operation: str
    members: Mapping[str, Any]
    principal: Principal
    region: str
    now: datetime
    org_ids: Mapping[str, str]  # of the accounts that have one
