"""Where and by whom a request is made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.principals import Principal
from pytest_kmsmock._kms.domain.seeds import NOTHING, KeySeed
from pytest_kmsmock._kms.domain.world import Region, World
from pytest_kmsmock._kms.wire.model import OperationModel

# Plain dictionaries with AWS's member names. The service validates requests by the model before
# an operation sees them, and answers before anybody else does.
RequestMembers: TypeAlias = Mapping[str, Any]
ResponseMembers: TypeAlias = dict[str, Any]


class Context(NamedTuple):
    """
    What an operation may ask about its request, and the world that it may change.

    A named tuple, since every call makes one and a frozen dataclass costs four times as much.
    """

    world: World
    region: Region
    principal: Principal
    model: OperationModel
    request_id: str
    now: datetime
    seed: KeySeed = NOTHING
