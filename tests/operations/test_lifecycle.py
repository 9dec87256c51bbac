"""EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion, and what states allow."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.vocabulary import (
    ACCOUNT,
    create_key,
    describe,
    harmless_refusal,
    members,
    refusal,
)

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

MILLISECOND: Final = timedelta(milliseconds=1)


def state_of(kms: "KMSClient", key_id: str) -> tuple[bool, str]:
    metadata = describe(kms, key_id)
    return metadata["Enabled"], metadata["KeyState"]


def does_not_exist(key_arn: str) -> tuple[str, str]:
    return "NotFoundException", f"Key '{key_arn}' does not exist"


# --- enabling -----------------------------------------------------------------------------------


def test_disable_key(kms):
    """A key is disabled and enabled again, with nothing in answer (wire-facts S9, W8)."""
    created = kms.create_key()["KeyMetadata"]
    key_id = created["KeyId"]

    assert {} == members(kms.disable_key(KeyId=key_id))
    assert {**created, "Enabled": False, "KeyState": "Disabled"} == describe(kms, key_id)
    assert {} == members(kms.enable_key(KeyId=key_id))
    assert created == describe(kms, key_id)


def test_disabling_and_enabling_twice(kms):
    """What is disabled already may be disabled, and what is enabled enabled (rules KEY-24)."""
    key_id = create_key(kms)

    kms.enable_key(KeyId=key_id)
    assert (True, "Enabled") == state_of(kms, key_id)

    kms.disable_key(KeyId=key_id)
    kms.disable_key(KeyId=key_id)
    assert (False, "Disabled") == state_of(kms, key_id)


def test_a_disabled_key_is_of_no_use(kms):
    """A key does not encrypt while it is disabled, and then does again (wire-facts S1; ERR-9)."""
    key_arn = create_key(kms)
    kms.disable_key(KeyId=key_arn)

    assert ("DisabledException", f"{key_arn} is disabled.") == harmless_refusal(
        kms.encrypt, KeyId=key_arn, Plaintext=b"x"
    )

    kms.enable_key(KeyId=key_arn)
    kms.encrypt(KeyId=key_arn, Plaintext=b"x")


# --- states -------------------------------------------------------------------------------------

OTHER_MEMBERS: Final[dict[str, dict[str, Any]]] = {
    "create_alias": {"AliasName": "alias/new"},
    "create_grant": {
        "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/app",
        "Operations": ["Decrypt"],
    },
    "tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "untag_resource": {"TagKeys": ["a"]},
    "update_alias": {"AliasName": "alias/old"},
    "update_key_description": {"Description": "new"},
}
IN_EVERY_STATE: Final = (
    "describe_key",
    "get_key_policy",
    "put_key_policy",
    "list_aliases",
    "list_grants",
    "list_key_policies",
    "list_resource_tags",
)
NOT_WHEN_LEAVING: Final = (
    "create_alias",
    "schedule_key_deletion",
    "tag_resource",
    "untag_resource",
    "update_alias",
    "update_key_description",
)


def call_on(kms: "KMSClient", method: str, key_arn: str) -> tuple[Any, dict[str, Any]]:
    """Return a method about a key, and the members that it needs."""
    member = "TargetKeyId" if method.endswith("_alias") else "KeyId"
    request = {member: key_arn, **OTHER_MEMBERS.get(method, {})}
    if method == "put_key_policy":
        request["Policy"] = kms.get_key_policy(KeyId=key_arn)["Policy"]
    if method == "update_alias":
        kms.create_alias(AliasName="alias/old", TargetKeyId=create_key(kms))
    return getattr(kms, method), request


def disable(kms: "KMSClient") -> str:
    key_arn = create_key(kms)
    kms.disable_key(KeyId=key_arn)
    return key_arn


def schedule(kms: "KMSClient") -> str:
    key_arn = create_key(kms)
    kms.schedule_key_deletion(KeyId=key_arn)
    return key_arn


def await_import(kms: "KMSClient") -> str:
    return create_key(kms, Origin="EXTERNAL")


STATES: Final = {
    "Enabled": create_key,
    "Disabled": disable,
    "PendingDeletion": schedule,
    "PendingImport": await_import,
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("method", IN_EVERY_STATE)
def test_operations_in_every_state(kms, method, state):
    """These work whatever state the key is in, and leave it there (wire-facts S16)."""
    key_arn = STATES[state](kms)
    call, request = call_on(kms, method, key_arn)

    call(**request)

    assert state == describe(kms, key_arn)["KeyState"]


@pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingImport"])
@pytest.mark.parametrize("method", NOT_WHEN_LEAVING)
def test_operations_before_deletion_is_scheduled(kms, method, state):
    """These work on a key that is disabled or waits for its material (wire-facts S17)."""
    key_arn = STATES[state](kms)
    call, request = call_on(kms, method, key_arn)

    call(**request)

    expected = "PendingDeletion" if method == "schedule_key_deletion" else state
    assert expected == describe(kms, key_arn)["KeyState"]


@pytest.mark.parametrize("method", [*NOT_WHEN_LEAVING, "enable_key", "disable_key", "create_grant"])
def test_operations_on_a_key_pending_deletion(kms, method):
    """
    These don't work on a key that is pending deletion.

    wire-facts A7, S6, S17, S18, T9; rules DEL-3, ERR-10.
    """
    key_arn = schedule(kms)
    call, request = call_on(kms, method, key_arn)

    assert (
        "KMSInvalidStateException",
        f"{key_arn} is pending deletion.",
    ) == harmless_refusal(call, **request)


@pytest.mark.parametrize("method", ["enable_key", "disable_key"])
def test_switching_a_key_that_waits_for_its_material(kms, method):
    """A key without material is neither enabled nor disabled (wire-facts S3)."""
    key_arn = await_import(kms)

    assert (
        "KMSInvalidStateException",
        f"{key_arn} is pending import.",
    ) == harmless_refusal(getattr(kms, method), KeyId=key_arn)


@pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingImport"])
def test_cancelling_a_deletion_that_was_not_scheduled(kms, state):
    """Only a deletion that is under way can be cancelled (wire-facts S12; rules DEL-4)."""
    key_arn = STATES[state](kms)

    assert (
        "KMSInvalidStateException",
        f"{key_arn} is not pending deletion.",
    ) == harmless_refusal(kms.cancel_key_deletion, KeyId=key_arn)


@pytest.mark.parametrize(
    "method",
    [
        *IN_EVERY_STATE,
        *NOT_WHEN_LEAVING,
        "enable_key",
        "disable_key",
        "cancel_key_deletion",
        "create_grant",
    ],
)
def test_operations_on_a_deleted_key(kms, kms_mock, method):
    """Every operation then says that the key does not exist (wire-facts I1; rules DEL-5)."""
    key_arn = create_key(kms)
    call, request = call_on(kms, method, key_arn)
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms_mock.clock.advance(days=7)

    assert does_not_exist(key_arn) == harmless_refusal(call, **request)


# --- scheduling ---------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [7, 8, 29, 30])
@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_schedule_key_deletion(kms, kms_mock, days, identify):
    """The answer has the ARN, the date, the state and the window (wire-facts DL1; rules DEL-2)."""
    kms_mock.clock.freeze()
    created = kms.create_key()["KeyMetadata"]

    answered = members(kms.schedule_key_deletion(KeyId=created[identify], PendingWindowInDays=days))

    assert {
        "KeyId": created["Arn"],
        "DeletionDate": kms_mock.clock.now() + timedelta(days=days),
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    } == answered


def test_schedule_key_deletion_without_a_window(kms, kms_mock):
    """The window is 30 days by default (wire-facts DL2; quotas Q-27)."""
    kms_mock.clock.freeze()

    answered = kms.schedule_key_deletion(KeyId=create_key(kms))

    assert 30 == answered["PendingWindowInDays"]
    assert kms_mock.clock.now() + timedelta(days=30) == answered["DeletionDate"]


def test_describe_a_key_pending_deletion(kms):
    """The key shows its date, and is not enabled (wire-facts DL3; rules KEY-12, KEY-15)."""
    created = kms.create_key()["KeyMetadata"]
    scheduled = kms.schedule_key_deletion(KeyId=created["KeyId"])

    assert {
        **created,
        "Enabled": False,
        "KeyState": "PendingDeletion",
        "DeletionDate": scheduled["DeletionDate"],
    } == describe(kms, created["KeyId"])


@pytest.mark.parametrize("days", [1, 6, 31, 365])
def test_schedule_key_deletion_outside_the_window(kms, days):
    """The service wants 7 to 30 days (wire-facts DL6, V22; rules DEL-1, quotas Q-27)."""
    assert (
        "ValidationException",
        "PendingWindowInDays must be between 7 and 30",
    ) == harmless_refusal(
        kms.schedule_key_deletion, KeyId=create_key(kms), PendingWindowInDays=days
    )


@pytest.mark.parametrize(
    ("days", "bound"), [(0, "greater than or equal to 1"), (366, "less than or equal to 365")]
)
def test_schedule_key_deletion_outside_the_shape(unchecked_kms, days, bound):
    """What not even the shape allows is refused by it (wire-facts DL6)."""
    assert (
        "ValidationException",
        f"1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy"
        f" constraint: Member must have value {bound}",
    ) == harmless_refusal(
        unchecked_kms.schedule_key_deletion,
        KeyId=create_key(unchecked_kms),
        PendingWindowInDays=days,
    )


# --- cancelling ---------------------------------------------------------------------------------


@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_cancel_key_deletion(kms, kms_mock, identify):
    """Cancelling leaves the key disabled and answers its ARN (rules DEL-4, ID-11)."""
    created = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=created["KeyId"], PendingWindowInDays=7)
    kms_mock.clock.advance(days=6)

    answered = members(kms.cancel_key_deletion(KeyId=created[identify]))

    assert {"KeyId": created["Arn"]} == answered
    assert {**created, "Enabled": False, "KeyState": "Disabled"} == describe(kms, created["KeyId"])


def test_cancel_deletion_of_a_key_without_material(kms):
    """A key that had no material waits for it again (rules DEL-4; assumed)."""
    created = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=created["KeyId"])

    kms.cancel_key_deletion(KeyId=created["KeyId"])

    assert created == describe(kms, created["KeyId"])


def test_a_cancelled_deletion_does_not_happen(kms, kms_mock):
    """The key outlives the date that was cancelled, and decrypts again once enabled."""
    key_arn = create_key(kms)
    blob = kms.encrypt(KeyId=key_arn, Plaintext=b"hi")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key_arn)

    kms_mock.clock.advance(days=400)
    kms.enable_key(KeyId=key_arn)

    assert b"hi" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]


def test_schedule_again_after_cancelling(kms, kms_mock):
    """A deletion scheduled anew has its own date; the former one passes without effect."""
    key_arn = create_key(kms)
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms_mock.clock.advance(days=1)
    kms.cancel_key_deletion(KeyId=key_arn)
    date = kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=30)["DeletionDate"]

    kms_mock.clock.freeze()
    kms_mock.clock.move_to(date - MILLISECOND)

    assert date == describe(kms, key_arn)["DeletionDate"]

    kms_mock.clock.advance(MILLISECOND)

    assert does_not_exist(key_arn) == refusal(kms.describe_key, KeyId=key_arn)


def test_schedule_twice_for_the_same_moment(kms, kms_mock):
    """Two plans for one moment, the first cancelled, delete the key once."""
    kms_mock.clock.freeze()
    key_arn = create_key(kms)
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key_arn)
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)

    kms_mock.clock.advance(days=7)

    assert does_not_exist(key_arn) == refusal(kms.describe_key, KeyId=key_arn)
