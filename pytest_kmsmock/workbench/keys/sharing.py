"""Keys that are shared with other accounts, as AWS RAM would do it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_kmsmock._kms.access.forms import find_unknown_names
from pytest_kmsmock._kms.access.sharing import DEFAULT_ACTIONS
from pytest_kmsmock._kms.domain.changes import drop, put
from pytest_kmsmock._kms.domain.identifiers import read_arn
from pytest_kmsmock.options import check_account_id, check_region
from pytest_kmsmock.workbench.place import Place
from pytest_kmsmock.workbench.warned import KmsPolicyWarning, warn

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key
    from pytest_kmsmock._kms.domain.world import Region


def share(
    place: Place,
    identifier: str,
    account_id: str,
    *,
    actions: Iterable[str] | None,
    region_name: str | None,
) -> None:
    """See `KmsMock.share_key()`."""
    check_account_id("account_id", account_id)
    chosen = read_actions(actions)

    def work() -> None:
        key = find(place, identifier, region_name)
        check_account_of_share(key, account_id)
        put(key.shares, account_id, chosen)

    place.service().alone(work)


def unshare(place: Place, identifier: str, account_id: str, *, region_name: str | None) -> None:
    """See `KmsMock.unshare_key()`."""

    def work() -> None:
        key = find(place, identifier, region_name)
        if drop(key.shares, account_id) is None:
            raise ValueError(f"{key.arn} is not shared with {account_id}")

    place.service().alone(work)


def find(place: Place, identifier: str, region_name: str | None) -> "Key":
    """
    Find a key by its id or alias in a Region of the mock's account, or by an ARN anywhere.

    Raises:
        ValueError: If there is none.
    """
    if region_name is not None:
        check_region("region_name", region_name)
    arn = read_arn(identifier)
    account_id = place.account_id if arn is None else arn.account_id
    where = (region_name or place.region_name) if arn is None else arn.region
    account = place.world.accounts.get(account_id)
    region = None if account is None else account.regions.get(where)
    found = (
        None if region is None else find_key(region, identifier if arn is None else arn.resource)
    )
    if found is None or (arn is not None and arn.partition != found.family.partition):
        raise ValueError(
            f"there is no key {identifier} in {where}: create it first, for instance with"
            " create_key(key_id=...)"
        )
    return found


def find_key(region: "Region", name: str) -> "Key | None":
    """Find a key by its id, `key/<id>` or the name of an alias."""
    alias = region.aliases.get(name)
    return region.keys.get(name.removeprefix("key/")) if alias is None else alias.target


def check_account_of_share(key: "Key", account_id: str) -> None:
    """
    Raises:
        ValueError: For a key and an account between which there can't be a share.
    """
    if account_id == key.family.account_id:
        raise ValueError(f"{key.arn} belongs to {account_id}: share it with another account")
    if key.family.manager != "CUSTOMER":
        raise ValueError(f"{key.arn} is managed by AWS, and can't be shared")


def read_actions(actions: Iterable[str] | None) -> tuple[str, ...]:
    """
    Return what may be done with a shared key.

    Raises:
        TypeError: For one text instead of a list.
        ValueError: For no action, or one of another service.
    """
    if isinstance(actions, str):
        raise TypeError(f"actions is a list of texts, such as [{actions!r}]")
    chosen = DEFAULT_ACTIONS if actions is None else tuple(actions)
    if not chosen:
        raise ValueError("actions is empty: name at least one, or end the sharing by unshare_key()")
    for action in chosen:
        if not str(action).startswith("kms:"):
            raise ValueError(f"{action!r} is not an action of KMS, such as 'kms:Decrypt'")
    for problem in find_unknown_names({"Action": chosen}):
        warn(problem, KmsPolicyWarning)
    return chosen
