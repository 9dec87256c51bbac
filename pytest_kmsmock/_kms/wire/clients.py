"""What the installed botocore, and so a client, knows and makes of an answer."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone, tzinfo
from functools import cache
from typing import Any, Final, TypeAlias

from pytest_kmsmock._kms.wire import model
from pytest_kmsmock._kms.wire.model import Shape

View: TypeAlias = Callable[[Any], Any]


class ClientModel:
    """
    KMS as a client's botocore describes it, which may be older than our description.

    *description* is botocore's JSON document ("service-2") as it was read.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._operations: Final[Mapping[str, Any]] = description["operations"]
        self._shapes: Final[Mapping[str, Any]] = description["shapes"]
        self._views: Final[dict[str, View | None]] = {}

    def see(self, operation_name: str, members: dict[str, Any]) -> dict[str, Any]:
        """Return what its parser makes of an answer: the members that it knows, in its order."""
        if operation_name not in self._views:
            self._views[operation_name] = self._view_of_output(operation_name)
        view = self._views[operation_name]
        return members if view is None else view(members)

    def see_error(self, parsed: dict[str, Any]) -> dict[str, Any]:
        """Return what its parser makes of an error: an unknown one has no top-level message."""
        code = parsed["Error"]["Code"]
        if "message" not in parsed or self._shapes.get(code, {}).get("exception"):
            return parsed
        return {name: value for name, value in parsed.items() if name != "message"}

    def _view_of_output(self, operation_name: str) -> View | None:
        ours = model.operation(operation_name).output
        theirs = self._operations[operation_name].get("output")
        if ours is None:
            return None
        return _see_nothing if theirs is None else self._view_of(theirs["shape"], ours)

    def _view_of(self, name: str, ours: Shape) -> View | None:
        """Return what leaves out that which the shape *name* lacks; None if that is nothing."""
        theirs = self._shapes[name]
        if ours.type == "list":
            view = self._view_of(theirs["member"]["shape"], ours.parts["member"])
            return None if view is None else lambda value: list(map(view, value))
        if ours.type != "structure":
            return None
        known = {
            member: self._view_of(reference["shape"], ours.members[member])
            for member, reference in theirs["members"].items()
            if member in ours.members
        }
        if list(known) == list(ours.members) and not any(known.values()):
            return None

        def see(value: dict[str, Any]) -> dict[str, Any]:
            return {
                member: value[member] if view is None else view(value[member])
                for member, view in known.items()
                if member in value
            }

        return see


def _see_nothing(_: Any) -> dict[str, Any]:
    return {}


def timestamp(epoch_seconds: float) -> datetime:
    """Return the moment as botocore's JSON parser hands it on: in local time."""
    if time.daylight or epoch_seconds < 0:
        return _parse_timestamp(epoch_seconds)
    # Where clocks are never put back it comes to this, at a tenth of the time. botocore goes by
    # today's offset, whatever it was at that moment: the platform's local time would not do.
    moment = datetime.fromtimestamp(epoch_seconds - time.timezone, timezone.utc)
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
