"""How strict a mock is: what it lets a test get away with."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """
    How strict a mock is in a test, by the test's marker or decorator, or by the ini options.

    Args:
        unfired_faults: What happens to planned faults that never fired: "error" or "ignore".
        access: What happens to a request that AWS would deny: "enforce", "warn" or "off".
        auto_create_keys: Whether a missing key or alias is created when a request names it.
        outside: What happens to a request while no mock is active: "allow" or "error".

    .. versionadded:: 0.1.0
    """

    unfired_faults: Literal["error", "ignore"]
    access: Literal["enforce", "warn", "off"]
    auto_create_keys: bool
    outside: Literal["allow", "error"]
