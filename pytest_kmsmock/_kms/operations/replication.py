"""Multi-Region keys: ReplicateKey, UpdatePrimaryRegion."""

from collections.abc import Iterator, Sequence

from pytest_kmsmock._kms.access.facts import KeyMoment
from pytest_kmsmock._kms.access.policy import default_policy, read_policy
from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.creation import add_member
from pytest_kmsmock._kms.domain.identifiers import Arn
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.lifecycle import plan_end_of_creation, plan_end_of_update
from pytest_kmsmock._kms.domain.metadata import describe_key
from pytest_kmsmock._kms.domain.quotas import check_key_quota
from pytest_kmsmock._kms.domain.states import CREATING
from pytest_kmsmock._kms.domain.tags import read_tags_of_new_key
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import already_exists, key_not_found, unsupported, validation
from pytest_kmsmock._kms.rules.asking import Ask
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.lockout import check_lockout
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import MULTI_REGION_PRIMARY
from pytest_kmsmock._kms.rules.states import GRANTABLE, REPLICABLE
from pytest_kmsmock._kms.wire.clients import installed_regions
from pytest_kmsmock._kms.wire.model import partition_of, regions_of


def ask_for_replica(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    """Ask for the primary key, then for a new one and its tags in the other Region (AZ37, AZ88)."""
    (primary,) = keys
    if primary is None:
        raise LookupError("the request names no key, which its shape requires")
    yield Ask("ReplicateKey", primary, is_for_own_account=True)
    region = request["ReplicaRegion"]
    yield Ask("CreateKey", like=primary, region=region)
    if request.get("Tags"):
        arn = Arn(ctx.region.partition, region, ctx.region.account_id, f"key/{primary.key_id}")
        yield Ask("TagResource", resource=str(arn), region=region, is_unnamed=True)


def ask_for_both(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    """Ask for the primary key and for the replica that is to be the next one (AZ89)."""
    (primary,) = keys
    yield Ask("UpdatePrimaryRegion", primary, is_for_own_account=True)
    if primary is not None:
        replica = primary.family.members.get(request["PrimaryRegion"])
        if replica is not None:
            yield Ask("UpdatePrimaryRegion", replica, is_for_own_account=True)


@operation("ReplicateKey", key_use(MULTI_REGION_PRIMARY, REPLICABLE), asks=ask_for_replica)
def replicate_key(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html

    The replica is Creating in the answer and ready at the next request; AWS takes seconds.
    """
    region = read_region(ctx, request["ReplicaRegion"])
    if region.name == key.region:  # the text is AWS's, the code likely (wire-facts V7)
        raise unsupported(f"{region.name} cannot have a replica because it contains the primary.")
    if region.name in key.family.members:
        raise already_exists(  # wire-facts Z9, V8
            "You can create only one replica of each primary key in each AWS Region."
        )
    tags = read_tags_of_new_key(request.get("Tags", []))
    policy = read_policy(request)
    arn = region.arn(f"key/{key.key_id}")
    check_lockout(
        ctx,
        request,
        policy,
        KeyMoment(arn, region.name, key.family, False, (), tags, None, ctx.now),
    )
    check_key_quota(ctx.world.quotas, region)

    replica = add_member(region, key.family, ctx.now, description=request.get("Description", ""))
    replica.policy = policy
    replica.tags = tags
    replica.own_state = CREATING
    plan_end_of_creation(ctx.world, replica, ctx.now)
    answer: ResponseMembers = {
        "ReplicaKeyMetadata": describe_key(replica),
        "ReplicaPolicy": policy or default_policy(region.account_id, region.partition),
    }
    if tags:  # absent when none were given (wire-facts Z2)
        answer["ReplicaTags"] = [
            {"TagKey": name, "TagValue": value} for name, value in tags.items()
        ]
    return answer


@operation("UpdatePrimaryRegion", key_use(MULTI_REGION_PRIMARY, GRANTABLE), asks=ask_for_both)
def update_primary_region(ctx: Context, request: RequestMembers, key: Key) -> None:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html

    Both keys are Updating until the next request; AWS takes seconds.
    """
    region = read_region(ctx, request["PrimaryRegion"])
    replica = key.family.members.get(region.name)
    if replica is None:  # rules MR-15 (assumed)
        raise key_not_found(region.arn(f"key/{key.key_id}"))
    if replica is key:  # assumed
        raise unsupported(f"{key.arn} is already the multi-region primary key.")
    GRANTABLE.check(replica, ctx.model.name)

    change(key.family, primary_region=region.name)
    for member in (key, replica):
        member.cover("Updating")
        plan_end_of_update(ctx.world, member, ctx.now)


def read_region(ctx: Context, name: str) -> Region:
    """
    Return the account's Region *name*, which must be one of the caller's partition.

    Raises:
        KmsError: ValidationException. The text about another partition was reported for
            ReplicateKey, without its code (wire-facts V12); that about no Region is assumed.
    """
    partition = ctx.region.partition
    if partition_of(name) != partition:
        raise validation(
            "The replica key Region must be in the same AWS partition as the primary key Region."
        )
    if name not in regions_of(partition) and name not in installed_regions(partition):
        raise validation(f"{name} is not a valid Region in partition {partition}.")
    return ctx.world.region(ctx.region.account_id, name)
