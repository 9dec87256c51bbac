"""Rotation of key material: automatic, on demand, and its history."""

from datetime import timedelta
from typing import Any, Final

from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.creation import generate_version
from pytest_kmsmock._kms.domain.keys import AWS_KMS, EXTERNAL, Key, MaterialVersion
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.domain.rotation import (
    DEFAULT_PERIOD,
    on_demand_start,
    rotate_to,
    schedule_rotation,
)
from pytest_kmsmock._kms.errors import KmsError, invalid_state, limit_exceeded, unsupported
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import NOT_REPLICA, ROTATING, Origin
from pytest_kmsmock._kms.rules.states import ROTATABLE, ROTATABLE_ON_DEMAND

LEAD_TIME: Final = timedelta(minutes=20)  # quotas Q-57


# Origin before state, state before spec: wire-facts O10, O12.
@operation("EnableKeyRotation", key_use(Origin(AWS_KMS), ROTATABLE, ROTATING, NOT_REPLICA))
def enable_key_rotation(ctx: Context, request: RequestMembers, key: Key) -> None:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html

    Assumed of a key that rotates already (rules ROT-2): without RotationPeriodInDays its period is
    the default again, another period counts from now, and the same one changes nothing.
    """
    period = request.get("RotationPeriodInDays", DEFAULT_PERIOD)
    rotation = key.family.rotation
    if rotation is None or rotation.period_days != period:
        schedule_rotation(ctx.world, key.family, period, ctx.now)


# No ROTATING here: a key that cannot rotate may be told not to (wire-facts O9).
@operation("DisableKeyRotation", key_use(Origin(AWS_KMS), ROTATABLE, NOT_REPLICA))
def disable_key_rotation(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html"""
    change(key.family, rotation=None)


@operation("GetKeyRotationStatus", key_use(Origin(AWS_KMS, EXTERNAL), cross_account=True))
def get_key_rotation_status(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html

    A rotation that fell due while the key was disabled keeps its NextRotationDate (assumed).
    """
    rotation = None if key.is_pending_deletion else key.family.rotation  # rules ROT-7
    # The ARN, whatever was sent (wire-facts V2).
    answer: ResponseMembers = {"KeyId": key.arn, "KeyRotationEnabled": rotation is not None}
    if rotation is not None:
        answer["RotationPeriodInDays"] = rotation.period_days
        answer["NextRotationDate"] = rotation.next_date
    start = on_demand_start(key.family, ctx.now)
    if start is not None:
        answer["OnDemandRotationStartDate"] = start
    return answer


@operation(
    "RotateKeyOnDemand",
    key_use(Origin(AWS_KMS, EXTERNAL), ROTATABLE_ON_DEMAND, ROTATING, NOT_REPLICA),
)
def rotate_key_on_demand(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html

    The new material is current in the next call already; AWS takes some seconds.
    """
    family = key.family
    pending = read_pending_version(key) if family.origin == EXTERNAL else None
    if family.on_demand_rotations >= ctx.world.quotas.on_demand_rotations_per_key:
        raise limit_exceeded(  # wire-facts O7
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand"
            f" rotations can be performed for this key: {key.arn}"
        )
    check_conflict(ctx, key)

    version = pending or generate_version(ctx.world, family)
    rotate_to(ctx.world, family, version, ctx.now, "ON_DEMAND")
    change(family, on_demand_rotations=family.on_demand_rotations + 1)
    return {"KeyId": key.arn}  # the ARN, whatever was sent (wire-facts O5)


@operation("ListKeyRotations", key_use(Origin(AWS_KMS, EXTERNAL)))
def list_key_rotations(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html

    Oldest first (wire-facts V1).
    """
    if "IncludeKeyMaterial" in request and not key.family.spec.rotates:
        # Documented as only for keys that can rotate; answered as EnableKeyRotation (assumed).
        raise unsupported()
    include_all = request.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    # Versions are only added and taken away at the end, so their positions name them.
    listed = {
        f"{position:06}": (material_id, version)
        for position, version in enumerate(key.family.versions)
        if (material_id := version.material_id) is not None
        and (include_all or version.rotation_date is not None)
    }
    chosen, paging = page("ListKeyRotations", request, list(listed), default_limit=100)
    rotations = [describe_version(key, *listed[position]) for position in chosen]
    return {"Rotations": rotations, **paging}


def read_pending_version(key: Key) -> MaterialVersion:
    """
    Return the imported material that all related keys have and that can become the current one.

    Raises:
        KmsError: KMSInvalidStateException (wire-facts O14), also while a replica lacks it
            (assumed).
    """
    pending = key.family.pending
    if pending is None or key.family.state_of(pending) != "PENDING_ROTATION":
        raise invalid_state(f"No available key material pending rotation for the key: {key.arn}.")
    return pending


def check_conflict(ctx: Context, key: Key) -> None:
    """
    Refuse to rotate while a rotation is under way or about to begin (rules ROT-15).

    Raises:
        KmsError: ConflictException; the text is the model's, never recorded (assumed).
    """
    rotation = key.family.rotation
    is_near = rotation is not None and rotation.next_date <= ctx.now + LEAD_TIME
    if is_near or on_demand_start(key.family, ctx.now) is not None:
        raise KmsError(
            "ConflictException",
            "The request was rejected because an automatic rotation of this key is currently in"
            " progress or scheduled to begin within the next 20 minutes.",
        )


def describe_version(key: Key, material_id: bytes, version: MaterialVersion) -> dict[str, Any]:
    """Return a RotationsListEntry, for a key in its Region (rules ROT-19 to ROT-21)."""
    entry: dict[str, Any] = {
        "KeyId": key.arn,  # whatever was sent (wire-facts V1)
        "KeyMaterialId": material_id.hex(),
        "KeyMaterialState": key.family.state_of(version),
    }
    if version.rotation_date is not None:
        entry["RotationDate"] = version.rotation_date
        entry["RotationType"] = version.rotation_type
    if key.family.origin == EXTERNAL:
        entry |= describe_import(key, version)
    return entry


def describe_import(key: Key, version: MaterialVersion) -> dict[str, Any]:
    """Return what a key tells of its own copy of imported material (rules ROT-20)."""
    members: dict[str, Any] = {}
    if version.description is not None:
        members["KeyMaterialDescription"] = version.description
    copy = key.imported.get(version.material_id)
    if copy is None:
        return members | {"ImportState": "PENDING_IMPORT"}
    members["ImportState"] = "IMPORTED"
    if copy.valid_to is None:
        return members | {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return members | {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": copy.valid_to}
