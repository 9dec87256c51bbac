"""Grants that a test sets up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_kmsmock._kms.domain.identifiers import read_arn
from pytest_kmsmock.options import CALLER
from pytest_kmsmock.workbench.place import Place, say_gone
from pytest_kmsmock.workbench.principals.naming import Home, is_service, read_caller
from pytest_kmsmock.workbench.principals.principal import PrincipalHandle

if TYPE_CHECKING:
    from pytest_kmsmock.workbench.keys.handle import KeyHandle

Key: TypeAlias = "KeyHandle | str"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantHandle:
    """
    A grant: what `KmsMock.create_grant()` returns.

    Args:
        key_arn: The ARN of its key.
        grant_id: The GrantId.
        grant_token: The GrantToken, to use the grant at once where grants are eventual.

    .. versionadded:: 0.1.0
    """

    key_arn: str
    grant_id: str
    grant_token: str = field(repr=False)


def create_grant(
    place: Place,
    home: Home,
    key: Key,
    *,
    grantee: PrincipalHandle | str,
    operations: Iterable[str],
    constraints: Mapping[str, Any] | None,
    retiring: PrincipalHandle | str | None,
    issuing_account: str | None,
) -> GrantHandle:
    """See `KmsMock.create_grant()`."""
    members: dict[str, Any] = {"Operations": read_operations(operations)}
    if constraints is not None:
        if not isinstance(constraints, Mapping):
            raise TypeError(
                f"constraints={constraints!r} is not a mapping, as in"
                " {'EncryptionContextSubset': {'tenant': '7'}}"
            )
        members["Constraints"] = dict(constraints)
    name = read_principal("grantee", grantee, home)
    # The newer member for services goes with SourceArn only (wire-facts V20).
    is_for_service = is_service(name) and "SourceArn" in (constraints or {})
    members["GranteeServicePrincipal" if is_for_service else "GranteePrincipal"] = name
    if retiring is not None:
        name = read_principal("retiring", retiring, home)
        members["RetiringServicePrincipal" if is_service(name) else "RetiringPrincipal"] = name
    members["KeyId"] = key_arn = find_key(place, key)
    arn = read_arn(key_arn)
    assert arn is not None
    made = replace(
        place, account_id=issuing_account or arn.account_id, region_name=arn.region
    ).call("CreateGrant", **members)
    return GrantHandle(key_arn=key_arn, grant_id=made["GrantId"], grant_token=made["GrantToken"])


def read_operations(given: Iterable[str]) -> list[str]:
    """
    Raises:
        ValueError: For an action of a policy, "kms:Decrypt".
    """
    operations = [given] if isinstance(given, str) else list(given)
    for name in operations:
        if str(name).startswith("kms:"):
            plain = name.removeprefix("kms:")
            raise ValueError(f"{name!r}: grant operations have no prefix: {plain!r}")
    return operations


def find_key(place: Place, key: Key) -> str:
    """
    Return the ARN of a key that is given by a handle, or by its id, ARN or alias.

    Raises:
        TypeError: If it is nothing of these.
        ValueError: If there is no such key.
    """
    name = getattr(key, "arn", key)
    if not isinstance(name, str):
        raise TypeError(f"key={key!r} is neither a handle of a key nor its id, ARN or alias")
    arn = read_arn(name)
    if arn is not None:
        place = replace(place, account_id=arn.account_id, region_name=arn.region)
    try:
        found: str = place.call("DescribeKey", KeyId=name)["KeyMetadata"]["Arn"]
    except ValueError:
        if isinstance(key, str):
            raise
        raise ValueError(say_gone(name)) from None
    return found


def read_principal(argument: str, given: object, home: Home) -> str:
    """
    Return how a grant names somebody: by ARN, or a service by its name.

    Raises:
        TypeError: Unless it is a handle or a string.
    """
    if isinstance(given, PrincipalHandle):
        return given.arn
    if not isinstance(given, str):
        raise TypeError(f"{argument}={given!r} is neither a handle, as of role(), nor an ARN")
    is_short = (found := CALLER.fullmatch(given)) is not None and bool(found["short"])
    return read_caller(given, home).arn if is_short else given
