"""Where and by whom a request is made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.settings import AccessSettings
from pytest_kmsmock._kms.domain.principals import Principal
from pytest_kmsmock._kms.domain.seeds import NOTHING, KeySeed
from pytest_kmsmock._kms.domain.world import Region, World
from pytest_kmsmock._kms.wire.model import OperationModel

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key
    from pytest_kmsmock._kms.rules.permissions import Decided

# Plain dictionaries with AWS's member names. The service validates requests by the model before
# an operation sees them, and answers before anybody else does.
RequestMembers: TypeAlias = Mapping[str, Any]
ResponseMembers: TypeAlias = dict[str, Any]


class Outcome:
    """
    What has become of a request so far, each step of the service filling in its part.

    *keys* are those that it names, *decided* says who may do it (`permissions.decision_of()`), and
    *result* has the members of the answer. *warnings* are for a mock that only warns.
    """

    __slots__ = ("decided", "keys", "result", "warnings")

    def __init__(self) -> None:
        self.keys: Sequence[Key | None] = ()
        self.decided: Decided | None = None
        self.result: ResponseMembers | None = None
        self.warnings: tuple[str, ...] = ()

    def warn(self, text: str) -> None:
        self.warnings += (text,)


BY_DEFAULT: Final = AccessSettings()


class Context(NamedTuple):
    """
    What an operation may ask about its request, and the world that it may change.

    *body* is the request as it was sent. *is_setup* is what the test itself sets up;
    *is_default_caller* says that nobody has said who makes the request. A named tuple, since every
    call makes one and a frozen dataclass costs four times as much.
    """

    world: World
    region: Region
    principal: Principal
    model: OperationModel
    request_id: str
    now: datetime
    body: bytes
    outcome: Outcome
    seed: KeySeed = NOTHING
    access: AccessSettings = BY_DEFAULT
    is_setup: bool = False
    is_default_caller: bool = False
