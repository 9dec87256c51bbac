"""DescribeKey, ListKeys, UpdateKeyDescription, and how many keys there may be."""

import pytest

from tests.vocabulary import (
    create_key,
    everything,
    harmless_refusal,
    lower_quotas,
    members,
    refusal,
)


def test_describe_key(kms):
    """DescribeKey shows what CreateKey showed, and never more (wire-facts C1; rules KEY-20)."""
    created = members(kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}]))
    key_id = created["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)

    assert created == members(kms.describe_key(KeyId=key_id))


def test_describe_key_dates(kms, kms_mock):
    """Timestamps have milliseconds and are the moment of the call (wire-facts W10)."""
    before = kms_mock.clock.now()
    created = kms.create_key()["KeyMetadata"]["CreationDate"]
    after = kms_mock.clock.now()

    assert before <= created <= after
    assert 0 == created.microsecond % 1000


@pytest.mark.parametrize("description", ["", "Orders", "x" * 8192, "Schlüssel 🔑"])
def test_create_key_with_a_description(kms, description):
    """A description has up to 8,192 characters (quotas Q-26)."""
    metadata = kms.create_key(Description=description)["KeyMetadata"]

    assert description == metadata["Description"]
    assert metadata == kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]


def test_update_key_description(kms):
    """The text is replaced and seen, with nothing in answer (wire-facts C28, W8; KEY-23, S17)."""
    created = kms.create_key(Description="old")["KeyMetadata"]

    answered = members(kms.update_key_description(KeyId=created["KeyId"], Description="new"))

    assert {} == answered
    assert {**created, "Description": "new"} == kms.describe_key(KeyId=created["KeyId"])[
        "KeyMetadata"
    ]


@pytest.mark.parametrize("length", [0, 8192])
def test_update_key_description_of_extreme_length(kms, length):
    """The text may be empty, and have up to 8,192 characters (quotas Q-26)."""
    key_id = create_key(kms, Description="old")

    kms.update_key_description(KeyId=key_id, Description="x" * length)

    assert "x" * length == kms.describe_key(KeyId=key_id)["KeyMetadata"]["Description"]


def test_update_key_description_too_long(kms):
    """A longer text is refused (quotas Q-26)."""
    text = "x" * 8193

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{text}' at 'description' failed to satisfy"
        " constraint: Member must have length less than or equal to 8192",
    ) == harmless_refusal(
        kms.update_key_description, KeyId=create_key(kms, Description="old"), Description=text
    )


def test_update_key_description_of_a_key_pending_deletion(kms):
    """A key on its way out keeps its description (wire-facts S6, S17)."""
    key_arn = create_key(kms)
    kms.schedule_key_deletion(KeyId=key_arn)

    assert (
        "KMSInvalidStateException",
        f"{key_arn} is pending deletion.",
    ) == harmless_refusal(kms.update_key_description, KeyId=key_arn, Description="new")


def test_create_key_beyond_the_quota(kms, kms_mock):
    """An account has so many keys in a Region, and no more (wire-facts C26; quotas Q-1)."""
    lower_quotas(kms_mock, keys=2)
    create_key(kms)
    create_key(kms)

    assert (
        "LimitExceededException",
        "Key quota for this account in this region is 2 but the current usage is 2.",
    ) == harmless_refusal(kms.create_key)


def test_quota_counts_keys_in_every_state(kms, kms_mock):
    """Disabled keys count, and those waiting for deletion or material (quotas Q-1)."""
    lower_quotas(kms_mock, keys=3)
    kms.disable_key(KeyId=create_key(kms))
    kms.schedule_key_deletion(KeyId=create_key(kms), PendingWindowInDays=7)
    create_key(kms, Origin="EXTERNAL")

    assert "LimitExceededException" == refusal(kms.create_key)[0]

    kms_mock.clock.advance(days=7)
    create_key(kms)

    assert 3 == len(kms.list_keys()["Keys"])


def test_quota_is_of_one_region_and_of_customers_keys(kms, kms_mock):
    """Neither another Region's keys count nor AWS managed ones (quotas Q-1)."""
    lower_quotas(kms_mock, keys=1)
    create_key(kms_mock.client("eu-west-1"))
    kms.describe_key(KeyId="alias/aws/s3")

    create_key(kms)

    assert 2 == len(kms.list_keys()["Keys"])


def test_list_keys_of_a_fresh_region(kms):
    """A Region begins without keys (rules KEY-22)."""
    assert {"Keys": [], "Truncated": False} == members(kms.list_keys())


def test_list_keys(kms, kms_mock):
    """ListKeys has every key, in any state, in the order of ids (wire-facts V28; rules KEY-22)."""
    disabled, leaving, waiting = (
        create_key(kms),
        create_key(kms),
        create_key(kms, Origin="EXTERNAL"),
    )
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=leaving)
    managed = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    create_key(kms_mock.client("eu-west-1"))

    assert {
        "Keys": [
            {"KeyId": arn.rpartition("/")[2], "KeyArn": arn}
            for arn in sorted([disabled, leaving, waiting, managed])
        ],
        "Truncated": False,
    } == members(kms.list_keys())


def test_keys_of_regions_are_apart(kms, kms_mock):
    """A Region knows nothing of what happens in another (rules ID-10)."""
    before = everything(kms)

    create_key(kms_mock.client("eu-west-1"), Description="elsewhere")

    assert before == everything(kms)
