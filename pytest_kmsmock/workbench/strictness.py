"""How strict a mock is: what it lets a test get away with."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """
    What holds in a test: by its marker or decorator, or else by the ini options.

    Args:
        unfired_faults: What becomes of planned faults that never fired: "error" or "ignore".
        access: What becomes of a request that AWS would deny: "enforce", "warn" or "off".
        auto_create_keys: Whether a key or an alias is made when a request names it.
        outside: What becomes of a request while no mock is active: "allow" or "error".

    .. versionadded:: 0.1.0
    """

    unfired_faults: Literal["error", "ignore"]
    access: Literal["enforce", "warn", "off"]
    auto_create_keys: bool
    outside: Literal["allow", "error"]
