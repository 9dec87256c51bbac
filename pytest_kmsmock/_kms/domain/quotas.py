"""The limits of an account and Region."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kmsmock._kms.errors import limit_exceeded

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.world import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The limits that a test may want to lower (quotas Q-1 to Q-5)."""

    keys: int = 100_000
    aliases_per_key: int = 50
    grants_per_key: int = 50_000
    custom_key_stores: int = 10
    on_demand_rotations_per_key: int = 25


def check_key_quota(quotas: Quotas, region: "Region") -> None:
    """
    Refuse one key more than the quota (wire-facts C26; AWS managed keys do not count).

    Raises:
        KmsError: LimitExceededException.
    """
    usage = len(region.keys)
    if usage < quotas.keys:
        return
    usage = sum(key.family.manager == "CUSTOMER" for key in region.keys.values())
    if usage >= quotas.keys:
        raise limit_exceeded(
            f"Key quota for this account in this region is {quotas.keys} but the current usage is"
            f" {usage}."
        )
