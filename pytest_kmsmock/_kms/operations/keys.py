"""Making, describing and listing keys: CreateKey, DescribeKey, ListKeys, UpdateKeyDescription."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pytest_kmsmock._kms.access.facts import KeyMoment
from pytest_kmsmock._kms.access.policy import read_policy
from pytest_kmsmock._kms.access.sharing import shared_with
from pytest_kmsmock._kms.crypto.specs import KeySpec, Kind, find_spec
from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.creation import (
    CHINA,
    add_member,
    create_family,
    generate_material,
    new_version,
)
from pytest_kmsmock._kms.domain.imports import import_for_good
from pytest_kmsmock._kms.domain.keys import (
    AWS_CLOUDHSM,
    AWS_KMS,
    EXTERNAL,
    EXTERNAL_KEY_STORE,
    Key,
)
from pytest_kmsmock._kms.domain.metadata import describe_key as describe
from pytest_kmsmock._kms.domain.paging import page, read_marker, write_marker
from pytest_kmsmock._kms.domain.quotas import check_key_quota
from pytest_kmsmock._kms.domain.states import PENDING_IMPORT
from pytest_kmsmock._kms.domain.tags import read_tags_of_new_key
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import already_exists, unsupported, validation
from pytest_kmsmock._kms.lazily import lazily
from pytest_kmsmock._kms.rules.asking import Ask
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.lockout import check_lockout
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.states import CHANGEABLE

SELF: Final = "SELF"
ARN_PREFIX: Final = "arn:"  # no key id begins like this; it is less than every ARN

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore


def ask_for_new_key(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    """Ask for the key, and for its tags, which no message names (AZ29, AZ30, AZ84)."""
    yield Ask("CreateKey")
    if request.get("Tags"):
        yield Ask("TagResource", resource=ctx.region.arn("key/*"), is_unnamed=True)


@operation("CreateKey", asks=ask_for_new_key)
def create_key(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html"""
    spec = read_spec(request, ctx.region)
    usage = read_usage(request, spec)
    origin = read_origin(request, spec)
    store = read_key_store(ctx, request, origin)
    tags = read_tags_of_new_key(request.get("Tags", []))
    # Not in the world yet; but its policy may name it.
    family = create_family(
        ctx.world,
        ctx.region,
        spec=spec,
        usage=usage,
        origin=origin,
        is_multi_region=request.get("MultiRegion", False),
        key_id=ctx.seed.key_id,
    )
    key_arn = ctx.region.arn(f"key/{family.key_id}")
    if family.key_id in ctx.region.keys:  # only a test's own id can be taken
        raise already_exists(f"Key '{key_arn}' already exists")
    policy = read_policy(request)
    check_lockout(
        ctx,
        request,
        policy,
        KeyMoment(key_arn, ctx.region.name, family, True, (), tags, None, ctx.now),
    )
    check_key_quota(ctx.world.quotas, ctx.region)

    key = add_member(ctx.region, family, ctx.now, description=request.get("Description", ""))
    key.policy = policy
    key.tags = tags
    if store is not None:
        key.external_key_id = request.get("XksKeyId", "")
        store.add_key(key)
    if origin == EXTERNAL:
        key.own_state = PENDING_IMPORT
        if ctx.seed.material is not None:
            import_for_good(ctx.world, key, ctx.seed.material)
    else:
        material = ctx.seed.material or generate_material(ctx.world, family)
        ctx.world.add_version(family, new_version(family, material))
    return {"KeyMetadata": describe(key)}


def read_spec(request: RequestMembers, region: Region) -> KeySpec:
    """
    Return the spec that the request names in either of its members.

    Raises:
        KmsError: ValidationException for both (wire-facts C19), UnsupportedOperationException
            outside China for SM2 (wire-facts C17, V5), inside it for ML-KEM (assumed, after those).
    """
    if "KeySpec" in request and "CustomerMasterKeySpec" in request:
        raise validation(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request."
            " CustomerMasterKeySpec is deprecated."
        )
    name = request.get("KeySpec") or request.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    spec = find_spec(name)
    if not spec.is_offered(region.partition == CHINA):
        raise unsupported(f"KeySpec {name} is not supported in this Region")
    return spec


def read_usage(request: RequestMembers, spec: KeySpec) -> str:
    """
    Return the usage, which only symmetric keys have by default.

    Raises:
        KmsError: ValidationException (wire-facts C13, C16, V6).
    """
    usage: str | None = request.get("KeyUsage")
    if usage is None:
        if spec.kind is not Kind.SYMMETRIC:
            raise validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric"
                " encryption keys."
            )
        return spec.usages[0]
    if usage not in spec.usages:
        raise validation(f"KeyUsage {usage} is not compatible with KeySpec {spec.name}")
    return usage


def read_origin(request: RequestMembers, spec: KeySpec) -> str:
    """
    Return the origin, which must fit the other members (rules KEY-5 to KEY-7).

    Raises:
        KmsError: Only the text about a spec that can't be imported was recorded, not its code
            (wire-facts V29); the others are assumed.
    """
    origin: str = request.get("Origin", AWS_KMS)
    store_id = request.get("CustomKeyStoreId")
    in_store = origin in (AWS_CLOUDHSM, EXTERNAL_KEY_STORE)
    if in_store is (store_id is None):
        raise validation(
            f"CustomKeyStoreId is {'required' if in_store else 'not valid'} when Origin is {origin}"
        )
    if (origin == EXTERNAL_KEY_STORE) is ("XksKeyId" not in request):
        needed = origin == EXTERNAL_KEY_STORE
        raise validation(
            f"XksKeyId is {'required' if needed else 'not valid'} when Origin is {origin}"
        )
    if in_store and spec.kind is not Kind.SYMMETRIC:
        raise unsupported(f"KeySpec {spec.name} is not supported for Origin {origin}")
    if in_store and request.get("MultiRegion"):
        raise unsupported(f"MultiRegion is not supported for Origin {origin}")
    if origin == EXTERNAL and not spec.importable:
        raise unsupported(f"KeySpec {spec.name} is not supported for Origin {origin}")
    return origin


def read_key_store(ctx: Context, request: RequestMembers, origin: str) -> "KeyStore | None":
    """
    Return the custom key store that the request names, ready for one more key.

    Raises:
        KmsError: See `find_store_for_key()`.
    """
    if (store_id := request.get("CustomKeyStoreId")) is None:
        return None
    with lazily():
        from pytest_kmsmock._kms.rules.key_stores.working import (  # noqa: PLC0415 - see there
            find_store_for_key,
        )

    return find_store_for_key(ctx, request, store_id, origin)


@operation("DescribeKey", key_use(aliases=True, cross_account=True))
def describe_key(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
    return {"KeyMetadata": describe(key)}


@operation("ListKeys")
def list_keys(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html

    In the order of the key ids (wire-facts V28); keys that other accounts share, in that of their
    ARNs, come after the caller's own, never on one page with them (rules RAM-3).
    """
    owners = frozenset(request.get("ResourceOwners", (SELF,)))
    scope = "" if owners == {SELF} else ",".join(sorted(owners))  # rules RAM-5
    if SELF in owners and not has_listed_own_keys(request, scope):
        key_ids, paging = page(
            "ListKeys", request, ctx.region.key_ids, default_limit=100, scope=scope
        )
        own = [{"KeyId": key_id, "KeyArn": ctx.region.keys[key_id].arn} for key_id in key_ids]
        if scope and not paging["Truncated"] and any(shared_with(ctx.world, ctx.region)):
            marker = write_marker("ListKeys", ARN_PREFIX, scope)
            paging = {"Truncated": True, "NextMarker": marker}
        return {"Keys": own, **paging}
    shared = {key.arn: key for key in shared_with(ctx.world, ctx.region)}
    arns, paging = page("ListKeys", request, sorted(shared), default_limit=100, scope=scope)
    return {"Keys": [{"KeyId": shared[arn].key_id, "KeyArn": arn} for arn in arns], **paging}


def has_listed_own_keys(request: RequestMembers, scope: str) -> bool:
    """
    Tell whether an earlier page had the last of the caller's own keys: then a marker is an ARN.

    Raises:
        KmsError: InvalidMarkerException, also for a marker of other ResourceOwners (rules RAM-5).
    """
    marker = request.get("Marker")
    return marker is not None and read_marker("ListKeys", marker, scope).startswith(ARN_PREFIX)


@operation("UpdateKeyDescription", key_use(CHANGEABLE))
def update_key_description(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html"""
    change(key, description=request["Description"])
