"""What the installed botocore, and so a client, knows and makes of an answer."""

import time
from datetime import datetime, tzinfo
from functools import cache


def timestamp(epoch_seconds: float) -> datetime:
    """Return the moment as botocore's JSON parser hands it on: in local time."""
    if time.daylight or epoch_seconds < 0:
        return _parse_timestamp(epoch_seconds)
    # Where clocks are never put back it comes to this, at a tenth of the time.
    moment = datetime.fromtimestamp(epoch_seconds)  # noqa: DTZ006 - its zone is put in below
    return moment.replace(tzinfo=_local_zone(time.timezone))


@cache
def _local_zone(offset: int) -> tzinfo | None:
    """Return the zone object that botocore puts into datetimes, where *offset* is the local one."""
    return _parse_timestamp(0.0).tzinfo


@cache
def installed_regions(partition: str) -> frozenset[str]:
    """List the Regions of *partition* that the installed botocore knows, which may be newer."""
    from botocore.loaders import Loader  # noqa: PLC0415 - few tests ask

    return frozenset(
        region
        for described in Loader().load_data("partitions")["partitions"]
        if described["id"] == partition
        for region in described["regions"]
        if not region.endswith("-global")
    )


def _parse_timestamp(epoch_seconds: float) -> datetime:
    from botocore.utils import parse_timestamp  # noqa: PLC0415 - whoever has a client has it loaded

    # The stubs have strings in mind; the parser hands over numbers.
    return parse_timestamp(epoch_seconds)  # type: ignore[arg-type]
