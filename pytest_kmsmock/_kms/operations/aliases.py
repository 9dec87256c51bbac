"""Aliases: CreateAlias, UpdateAlias, DeleteAlias, ListAliases."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pytest_kmsmock._kms.domain.aliases import Alias
from pytest_kmsmock._kms.domain.changes import change, drop, put
from pytest_kmsmock._kms.domain.creation import add_alias
from pytest_kmsmock._kms.domain.identifiers import ALIAS_PREFIX, AWS_ALIAS_PREFIX, is_alias
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import KmsError, already_exists, limit_exceeded, validation
from pytest_kmsmock._kms.rules.asking import Ask
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.lookup import find_alias, is_foreign
from pytest_kmsmock._kms.rules.operation import KeyUse, by_identifier, key_use, operation
from pytest_kmsmock._kms.rules.states import CHANGEABLE

_NAME: Final = re.compile(r"alias/[a-zA-Z0-9/_-]+")


def locate_target(ctx: Context, request: RequestMembers, use: KeyUse) -> Key | None:
    """
    Find the target, once the name has passed: AWS looks at the name first (assumed).

    Raises:
        KmsError: As `check_name()` and `find_key()`, but for a key of another account, of which
            the text was reported without its code (wire-facts V13; ValidationException is assumed).
    """
    check_name(request["AliasName"])
    target = request["TargetKeyId"]
    if is_alias(target):
        raise validation("Aliases must refer to keys. Not aliases")  # wire-facts A6
    if is_foreign(ctx, target):
        raise validation("This operation cannot be called cross account")
    return by_identifier(ctx, request, use)


TARGET: Final = key_use(CHANGEABLE, member="TargetKeyId", locate=locate_target)


# The alias first, which only identity policies give, then each of its keys (AZ33, AZ87).
def ask_to_create(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    yield Ask("CreateAlias", resource=ctx.region.arn(request["AliasName"]))
    yield Ask("CreateAlias", keys[0], member="TargetKeyId", is_for_own_account=True)


def ask_to_update(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    alias = find_alias(ctx, request["AliasName"])
    yield Ask("UpdateAlias", resource=alias.arn)
    yield Ask("UpdateAlias", alias.target)
    yield Ask("UpdateAlias", keys[0], member="TargetKeyId", is_for_own_account=True)


def ask_to_delete(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    check_name(request["AliasName"])
    alias = find_alias(ctx, request["AliasName"])
    yield Ask("DeleteAlias", resource=alias.arn)
    yield Ask("DeleteAlias", alias.target)


def ask_to_list(ctx: Context, request: RequestMembers, keys: Sequence[Key | None]) -> Iterator[Ask]:
    """Ask on `*`, whatever key is named (AZ82); but for no key of another account."""
    yield Ask("ListAliases")
    key = keys[0]
    if key is not None and key.family.account_id != ctx.region.account_id:
        yield Ask("ListAliases", key, is_for_own_account=True)


@operation("CreateAlias", TARGET, asks=ask_to_create)
def create_alias(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""
    name = request["AliasName"]
    if name in ctx.region.aliases:
        raise already_exists(f"An alias with the name {ctx.region.arn(name)} already exists")
    check_alias_quota(ctx, key)
    add_alias(ctx.region, name, key, ctx.now)


@operation("UpdateAlias", TARGET, asks=ask_to_update)
def update_alias(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html"""
    alias = find_alias(ctx, request["AliasName"])
    check_same_type(alias, key)
    if alias.target is not key:
        check_alias_quota(ctx, key)
        drop(alias.target.aliases, alias.name)
        change(alias, target=key)
        put(key.aliases, alias.name, alias)
    change(alias, last_updated_date=ctx.now)


@operation("DeleteAlias", asks=ask_to_delete)
def delete_alias(ctx: Context, request: RequestMembers) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html"""
    ctx.region.remove_alias(find_alias(ctx, request["AliasName"]))


@operation("ListAliases", key_use(), asks=ask_to_list)
def list_aliases(ctx: Context, request: RequestMembers, key: Key | None) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html"""
    names = ctx.region.alias_names if key is None else sorted(key.aliases)
    chosen, paging = page("ListAliases", request, names, default_limit=50)
    return {"Aliases": [describe_alias(ctx.region, name) for name in chosen], **paging}


def describe_alias(region: Region, name: str) -> dict[str, Any]:
    alias = region.aliases.get(name)
    if alias is None:
        return {"AliasName": name, "AliasArn": region.arn(name)}  # predefined; wire-facts A12
    return {
        "AliasName": name,
        "AliasArn": alias.arn,
        "TargetKeyId": alias.target.key_id,
        "CreationDate": alias.creation_date,
        "LastUpdatedDate": alias.last_updated_date,
    }


def check_name(name: str) -> None:
    """
    Refuse a name that the shape lets through and the service does not (wire-facts A1, A5, V4).

    Raises:
        KmsError: ValidationException, or NotAuthorizedException for an AWS service's name.
    """
    if not name.startswith(ALIAS_PREFIX):
        raise validation(
            'Alias must start with the prefix "alias/". Please see'
            " https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name.startswith(AWS_ALIAS_PREFIX):
        raise KmsError(
            "NotAuthorizedException",
            f"The alias name for a customer managed CMK cannot begin with {AWS_ALIAS_PREFIX}.",
        )
    if not _NAME.fullmatch(name):
        raise validation(f"{name} contains invalid characters for an alias")


def check_alias_quota(ctx: Context, key: Key) -> None:
    """
    Refuse one alias more than a key may have (quotas Q-2; wire-facts V23).

    Raises:
        KmsError: LimitExceededException.
    """
    quota, usage = ctx.world.quotas.aliases_per_key, len(key.aliases)
    if usage >= quota:
        raise limit_exceeded(
            f"Aliases per key quota for this account in this region is {quota}, current usage is"
            f" {usage}."
        )


def check_same_type(alias: Alias, key: Key) -> None:
    """
    Refuse a new target of another type or usage (rules ALIAS-7, wire-facts A9).

    Raises:
        KmsError: ValidationException; the sentence about types is assumed.
    """
    old, new = alias.target.family, key.family
    if old.spec.is_asymmetric is not new.spec.is_asymmetric:
        raise validation(
            f"Alias {alias.name} cannot be changed from a CMK with key spec {old.spec.name} to a"
            f" CMK with key spec {new.spec.name}. The type of the current CMK and the new CMK must"
            " be the same."
        )
    if old.usage != new.usage:
        raise validation(
            f"Alias {alias.name} cannot be changed from a CMK with key usage {old.usage} to a CMK"
            f" with key usage {new.usage}. The key usage of the current CMK and the new CMK must be"
            " the same."
        )
