"""From the identifier in a request to the key that it names."""

from pytest_kmsmock._kms.domain.aliases import AWS_MANAGED_KEYS, Alias
from pytest_kmsmock._kms.domain.creation import create_aws_managed_key
from pytest_kmsmock._kms.domain.identifiers import Arn, is_alias, is_key_id, read_arn
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import KmsError, alias_not_found, key_not_found, not_found
from pytest_kmsmock._kms.rules.context import Context
from pytest_kmsmock._kms.rules.permissions import deny_missing


def find_key(ctx: Context, identifier: str, *, aliases: bool, action: str) -> Key:
    """
    Find the key that *identifier* names: a key id or ARN, an alias name or ARN.

    Another account's key is found, too: whether *action* may be done with it is asked afterwards.

    Raises:
        KmsError: As AWS answers each kind of bad identifier (wire-facts I1 to I17).
    """
    key = ctx.region.keys.get(identifier)
    if key is not None:  # by its id, as nearly always
        return key
    if not aliases and is_alias(identifier):
        raise KmsError("InvalidArnException", "Key Aliases are not supported for this operation.")
    if identifier.startswith("arn:"):
        return _find_by_arn(ctx, identifier, action)
    if is_alias(identifier):
        return find_alias(ctx, identifier).target
    if not is_key_id(identifier):
        raise not_found(f"Invalid keyId '{identifier}'")
    return _find_by_id(ctx.region, identifier)


def find_alias(ctx: Context, name: str) -> Alias:
    """
    Find an alias of the caller's account and Region by its name.

    Raises:
        KmsError: NotFoundException (wire-facts I13, I16).
    """
    region = ctx.region
    alias = region.aliases.get(name)
    if alias is None and ctx.model.name == "DescribeKey" and name in AWS_MANAGED_KEYS:
        # Describing the alias of an AWS service makes its key (rules KEY-21).
        alias = create_aws_managed_key(ctx.world, region, name, ctx.now)
    if alias is None:
        raise alias_not_found(region.arn(name))
    return alias


def is_foreign(ctx: Context, identifier: str) -> bool:
    """Tell whether *identifier* is the ARN of another account's resource, here in the Region."""
    arn = read_arn(identifier)
    here = (ctx.region.partition, ctx.region.name)
    return (
        arn is not None
        and (arn.partition, arn.region) == here
        and arn.account_id != ctx.region.account_id
    )


def _find_by_arn(ctx: Context, identifier: str, action: str) -> Key:
    arn = read_arn(identifier)
    if arn is not None and arn.region != ctx.region.name:
        raise not_found(f"Invalid arn {arn.region}")
    if arn is None or arn.partition != ctx.region.partition:
        raise _malformed_arn(ctx, identifier)
    if arn.account_id != ctx.region.account_id:
        return _find_in_other_account(ctx, arn, action)
    if arn.is_alias:
        return find_alias(ctx, arn.resource).target
    if not is_key_id(arn.key_id):
        raise not_found(f"Invalid keyId {arn.key_id}")  # without quotes: wire-facts I7, X11
    return _find_by_id(ctx.region, arn.key_id)


def _find_by_id(region: Region, key_id: str) -> Key:
    key = region.keys.get(key_id)
    if key is None:
        raise key_not_found(region.arn(f"key/{key_id}"))
    return key


def _find_in_other_account(ctx: Context, arn: Arn, action: str) -> Key:
    account = ctx.world.accounts.get(arn.account_id)
    region = None if account is None else account.regions.get(arn.region)
    if region is not None:
        alias = region.aliases.get(arn.resource)
        key = region.keys.get(arn.key_id) if alias is None else alias.target
        if key is not None:
            return key
    # A missing key of another account looks like a forbidden one (rules ERR-23, wire-facts I12).
    raise deny_missing(ctx, action, str(arn), arn.account_id)


def _malformed_arn(ctx: Context, identifier: str) -> KmsError:
    # Never recorded (wire-facts I30): the modelled exception where the operation has it (assumed).
    code = "InvalidArnException"
    if code not in ctx.model.error_codes:
        code = "NotFoundException"
    return KmsError(code, f"Invalid arn {identifier}")
