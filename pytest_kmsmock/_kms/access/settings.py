"""How a mock decides who may do what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pytest_kmsmock._kms.domain.principals import Principal

AccessMode: TypeAlias = Literal["enforce", "warn", "off"]


@dataclass(slots=True, kw_only=True)
class AccessSettings:
    """
    What a mock is told about access; whoever has the service may change it at any time.

    *caller* is the access key id as whose requests those count whose credentials nobody has
    declared; None stands for `user/kmsmock`, an administrator. *find_elsewhere* is asked about
    access keys that this world has not given out, before they count as undeclared.
    *waits_for_grants* lets a grant be used without its token only after five minutes.
    """

    mode: AccessMode = "enforce"
    caller: str | None = None
    find_elsewhere: Callable[[str], Principal | None] | None = None
    waits_for_grants: bool = False
