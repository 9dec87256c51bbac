"""Enabling and deleting keys: EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion."""

from datetime import timedelta
from typing import Final

from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.keys import EXTERNAL, Key
from pytest_kmsmock._kms.domain.lifecycle import plan_deletion, resume_rotation
from pytest_kmsmock._kms.errors import validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.states import CANCELLABLE, DELETABLE, SWITCHABLE

DEFAULT_WINDOW: Final = 30  # days; quotas Q-27
SHORTEST_WINDOW: Final = 7
LONGEST_WINDOW: Final = 30


@operation("EnableKey", key_use(SWITCHABLE))
def enable_key(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html"""
    key.apply("enable")
    resume_rotation(ctx.world, key, ctx.now)


@operation("DisableKey", key_use(SWITCHABLE))
def disable_key(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html"""
    key.apply("disable")


@operation("ScheduleKeyDeletion", key_use(DELETABLE))
def schedule_key_deletion(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""
    days = request.get("PendingWindowInDays", DEFAULT_WINDOW)
    if not SHORTEST_WINDOW <= days <= LONGEST_WINDOW:
        # The shape allows 1 to 365, the service does not (wire-facts DL6, V22).
        raise validation(
            f"PendingWindowInDays must be between {SHORTEST_WINDOW} and {LONGEST_WINDOW}"
        )
    change(key, pending_window_days=days)
    answer: ResponseMembers = {"KeyId": key.arn, "PendingWindowInDays": days}
    if key.is_primary and len(key.family.members) > 1:
        key.apply("await replicas")  # wire-facts DL7
    else:
        key.apply("schedule deletion")
        plan_deletion(ctx.world, key, ctx.now + timedelta(days=days))
        answer["DeletionDate"] = key.deletion_date
    answer["KeyState"] = key.state
    return answer


@operation("CancelKeyDeletion", key_use(CANCELLABLE))
def cancel_key_deletion(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html"""
    key.apply("cancel deletion")
    change(key, deletion_date=None, pending_window_days=None)
    if key.family.origin == EXTERNAL and not key.has_all_material:
        key.apply("material leaves")  # rules DEL-4 (assumed)
    return {"KeyId": key.arn}
