"""What becomes of a key whose deletion was scheduled: its window, its end, its aliases."""

from datetime import timedelta
from typing import Final

import pytest

from tests.vocabulary import (
    ACCOUNT,
    REGION,
    create_key,
    describe,
    everything,
    harmless_refusal,
    refusal,
)

MILLISECOND: Final = timedelta(milliseconds=1)


def test_a_key_lives_until_its_date(kms, kms_mock):
    """Nothing is gone a millisecond before the date (rules DEL-5)."""
    key_arn = create_key(kms, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    date = kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)["DeletionDate"]
    before = everything(kms)

    kms_mock.clock.freeze()
    kms_mock.clock.move_to(date - MILLISECOND)

    assert before == everything(kms)


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(days=3650)], ids=["exact", "late"])
def test_a_key_is_gone_at_its_date(kms, kms_mock, jump):
    """Key, aliases, tags and policy go together, for good (rules ALIAS-11, DEL-5)."""
    empty = everything(kms)
    key_arn = create_key(kms, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    kms.create_alias(AliasName="alias/other", TargetKeyId=key_arn)
    date = kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)["DeletionDate"]

    kms_mock.clock.move_to(date + jump)

    assert empty == everything(kms)
    assert (
        "NotFoundException",
        f"Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/app is not found.",
    ) == refusal(kms.describe_key, KeyId="alias/app")


def test_ciphertext_of_a_deleted_key(kms, kms_mock):
    """What the key encrypted is lost: its ciphertext leads nowhere (wire-facts E26; DEL-12)."""
    key_arn = create_key(kms)
    blob = kms.encrypt(KeyId=key_arn, Plaintext=b"hi")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms_mock.clock.advance(days=7)

    assert (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:Decrypt on"
        " the resource associated with this ciphertext because the resource does not exist in this"
        " Region, no resource-based policies allow access, or a resource-based policy explicitly"
        " denies access",
    ) == refusal(kms.decrypt, CiphertextBlob=blob)


def test_deletion_leaves_other_keys_alone(kms, kms_mock):
    """Another key, with aliases and ciphertexts of its own, does not notice."""
    kept = create_key(kms)
    kms.create_alias(AliasName="alias/kept", TargetKeyId=kept)
    blob = kms.encrypt(KeyId=kept, Plaintext=b"hi")["CiphertextBlob"]
    before = everything(kms)
    kms.schedule_key_deletion(KeyId=create_key(kms), PendingWindowInDays=7)

    kms_mock.clock.advance(days=7)

    assert before == everything(kms)
    assert b"hi" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]


def test_deletions_of_several_keys_and_regions(kms, kms_mock):
    """Each key goes at its own date, in whatever Region it is, and however the clock jumps."""
    elsewhere = kms_mock.client("eu-west-1")
    for days in (9, 7, 8):
        kms.schedule_key_deletion(KeyId=create_key(kms), PendingWindowInDays=days)
        elsewhere.schedule_key_deletion(KeyId=create_key(elsewhere), PendingWindowInDays=days)

    left = []
    for jump in (6, 2, 5):
        kms_mock.clock.advance(days=jump)
        left.append((len(kms.list_keys()["Keys"]), len(elsewhere.list_keys()["Keys"])))

    assert [(3, 3), (1, 1), (0, 0)] == left


# --- the alias of a key on its way out -----------------------------------------------------------


def test_alias_stays_during_the_window(kms, kms_mock):
    """The alias keeps pointing at the key (wire-facts A15; rules ALIAS-11)."""
    key_arn = create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    aliases = kms.list_aliases(KeyId=key_arn)["Aliases"]
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms_mock.clock.advance(days=6)

    assert aliases == kms.list_aliases(KeyId=key_arn)["Aliases"]
    assert "PendingDeletion" == describe(kms, "alias/app")["KeyState"]


def test_alias_name_is_taken_during_the_window_and_free_after_it(kms, kms_mock):
    """Its name stays occupied until the key is gone (wire-facts A15)."""
    key_arn, new_key = create_key(kms), create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)

    assert (
        "AlreadyExistsException",
        f"An alias with the name arn:aws:kms:{REGION}:{ACCOUNT}:alias/app already exists",
    ) == harmless_refusal(kms.create_alias, AliasName="alias/app", TargetKeyId=new_key)

    kms_mock.clock.advance(days=7)
    kms.create_alias(AliasName="alias/app", TargetKeyId=new_key)

    assert new_key == describe(kms, "alias/app")["Arn"]


def test_alias_moved_away_during_the_window(kms, kms_mock):
    """An alias may leave a key on its way out, and then outlives it (wire-facts A10)."""
    key_arn, new_key = create_key(kms), create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)

    kms.update_alias(AliasName="alias/app", TargetKeyId=new_key)
    kms_mock.clock.advance(days=7)

    assert new_key == describe(kms, "alias/app")["Arn"]


def test_alias_deleted_during_the_window(kms):
    """DeleteAlias works on the alias of a key in any state (wire-facts S16)."""
    key_arn = create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    kms.schedule_key_deletion(KeyId=key_arn)

    kms.delete_alias(AliasName="alias/app")

    assert [] == kms.list_aliases(KeyId=key_arn)["Aliases"]
