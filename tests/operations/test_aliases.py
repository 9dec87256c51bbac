"""CreateAlias, UpdateAlias, DeleteAlias and ListAliases."""

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.vocabulary import (
    ACCOUNT,
    REGION,
    create_key,
    describe,
    harmless_refusal,
    lower_quotas,
    members,
)

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

ARN: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}"

# Listed before anybody has used them, without a key (wire-facts A12).
PREDEFINED: Final = [
    {"AliasName": f"alias/aws/{service}", "AliasArn": f"{ARN}:alias/aws/{service}"}
    for service in ("acm", "ebs", "rds", "redshift", "s3")
]


def own_aliases(kms: "KMSClient", **request: Any) -> list[dict[str, Any]]:
    """List the aliases that customers made."""
    return [
        alias
        for alias in kms.list_aliases(**request)["Aliases"]
        if not alias["AliasName"].startswith("alias/aws/")
    ]


@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_create_alias(kms, kms_mock, identify):
    """An alias is made with nothing in answer, and listed with its key (A11; ALIAS-1, ALIAS-10)."""
    kms_mock.clock.freeze()
    key = kms.create_key()["KeyMetadata"]

    answered = members(kms.create_alias(AliasName="alias/app", TargetKeyId=key[identify]))

    assert {} == answered
    assert [
        {
            "AliasName": "alias/app",
            "AliasArn": f"{ARN}:alias/app",
            "TargetKeyId": key["KeyId"],
            "CreationDate": kms_mock.clock.now(),
            "LastUpdatedDate": kms_mock.clock.now(),
        }
    ] == own_aliases(kms)


@pytest.mark.parametrize(
    "name",
    [
        "alias/a",
        "alias/App_1-x",
        "alias/a/b/c",
        "alias/aws",
        "alias/awsome",
        "alias/alias/aws/s3",
        "alias/" + "x" * 250,
    ],
    ids=["short", "signs", "path", "aws", "like aws", "nested", "256 characters"],
)
def test_create_alias_of_every_shape(kms, name):
    """Names have letters, digits, slashes, underscores and dashes (wire-facts A14, quotas Q-19)."""
    key_arn = create_key(kms)

    kms.create_alias(AliasName=name, TargetKeyId=key_arn)

    assert key_arn == describe(kms, name)["Arn"]


def test_names_differ_by_case(kms):
    """Two names that differ in case alone are two aliases (rules ALIAS-3)."""
    lower, upper = create_key(kms), create_key(kms)

    kms.create_alias(AliasName="alias/app", TargetKeyId=lower)
    kms.create_alias(AliasName="alias/App", TargetKeyId=upper)

    assert (lower, upper) == (
        describe(kms, "alias/app")["Arn"],
        describe(kms, "alias/App")["Arn"],
    )


def test_one_name_in_two_regions(kms, kms_mock):
    """Every Region has its own aliases (rules ALIAS-3)."""
    elsewhere = kms_mock.client("eu-west-1")
    here, there = create_key(kms), create_key(elsewhere)

    kms.create_alias(AliasName="alias/app", TargetKeyId=here)
    elsewhere.create_alias(AliasName="alias/app", TargetKeyId=there)

    assert (here, there) == (
        describe(kms, "alias/app")["Arn"],
        describe(elsewhere, "alias/app")["Arn"],
    )


def test_update_alias(kms, kms_mock):
    """The alias gets another key and another date of update (rules ALIAS-8, ALIAS-10)."""
    kms_mock.clock.freeze()
    old, new = create_key(kms), create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=old)
    created = own_aliases(kms)
    kms_mock.clock.advance(hours=1)

    answered = members(kms.update_alias(AliasName="alias/app", TargetKeyId=new))

    assert {} == answered
    assert [
        {
            **created[0],
            "TargetKeyId": new.rpartition("/")[2],
            "LastUpdatedDate": kms_mock.clock.now(),
        }
    ] == own_aliases(kms)
    assert [] == own_aliases(kms, KeyId=old)
    assert 1 == len(own_aliases(kms, KeyId=new))


def test_update_alias_to_its_own_key(kms, kms_mock):
    """An alias may be given the key that it has; it counts as updated (rules ALIAS-8)."""
    kms_mock.clock.freeze()
    key_arn = create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
    created = own_aliases(kms)
    kms_mock.clock.advance(hours=1)

    kms.update_alias(AliasName="alias/app", TargetKeyId=key_arn)

    assert [{**created[0], "LastUpdatedDate": kms_mock.clock.now()}] == own_aliases(kms)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
            {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        ),
        (
            {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
            {"KeySpec": "HMAC_512", "KeyUsage": "GENERATE_VERIFY_MAC"},
        ),
        ({}, {"Origin": "EXTERNAL"}),
    ],
    ids=["asymmetric", "HMAC", "origin"],
)
def test_update_alias_to_another_spec(kms, old, new):
    """Spec and origin may differ as long as type and usage are the same (rules ALIAS-7)."""
    target = create_key(kms, **new)
    kms.create_alias(AliasName="alias/app", TargetKeyId=create_key(kms, **old))

    kms.update_alias(AliasName="alias/app", TargetKeyId=target)

    assert target == describe(kms, "alias/app")["Arn"]


def test_delete_alias(kms):
    """The alias goes, the key stays (rules ALIAS-9, ALIAS-10)."""
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key["KeyId"])

    answered = members(kms.delete_alias(AliasName="alias/app"))

    assert {} == answered
    assert [] == own_aliases(kms)
    assert key == describe(kms, key["KeyId"])


def test_a_deleted_name_can_be_used_again(kms):
    """A name is free once its alias is deleted; nothing has to be waited for (wire-facts A16)."""
    old, new = create_key(kms), create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=old)
    kms.delete_alias(AliasName="alias/app")

    kms.create_alias(AliasName="alias/app", TargetKeyId=new)

    assert new == describe(kms, "alias/app")["Arn"]


def test_list_aliases_of_a_fresh_region(kms):
    """AWS's predefined aliases are listed before they have keys (wire-facts A12; ALIAS-12)."""
    assert {"Aliases": PREDEFINED, "Truncated": False} == members(kms.list_aliases())


def test_list_aliases(kms):
    """ListAliases has the aliases of all keys, by name (rules ALIAS-12)."""
    key_ids = {name: create_key(kms).rpartition("/")[2] for name in ("alias/b", "alias/a")}
    for name, key_id in key_ids.items():
        kms.create_alias(AliasName=name, TargetKeyId=key_id)

    listed = kms.list_aliases()["Aliases"]

    assert [
        ("alias/a", key_ids["alias/a"]),
        *((alias["AliasName"], None) for alias in PREDEFINED),
        ("alias/b", key_ids["alias/b"]),
    ] == [(alias["AliasName"], alias.get("TargetKeyId")) for alias in listed]


@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_list_aliases_of_one_key(kms, identify):
    """With a KeyId, only that key's aliases are listed (rules ALIAS-13)."""
    key, other = kms.create_key()["KeyMetadata"], create_key(kms)
    kms.create_alias(AliasName="alias/z", TargetKeyId=key["KeyId"])
    kms.create_alias(AliasName="alias/b", TargetKeyId=key["KeyId"])
    kms.create_alias(AliasName="alias/c", TargetKeyId=other)

    listed = kms.list_aliases(KeyId=key[identify])

    assert ["alias/b", "alias/z"] == [alias["AliasName"] for alias in listed["Aliases"]]


def test_fifty_aliases_of_a_key(kms):
    """A key has at most 50 aliases (wire-facts A14, V23; quotas Q-2, ALIAS-6)."""
    full, other = create_key(kms), create_key(kms)
    for number in range(50):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=full)
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
    refused = (
        "LimitExceededException",
        "Aliases per key quota for this account in this region is 50, current usage is 50.",
    )

    assert refused == harmless_refusal(kms.create_alias, AliasName="alias/50", TargetKeyId=full)
    assert refused == harmless_refusal(kms.update_alias, AliasName="alias/other", TargetKeyId=full)


def test_alias_of_a_full_key_updated_to_the_same_key(kms, kms_mock):
    """An alias that a full key has already is none too many."""
    lower_quotas(kms_mock, aliases_per_key=1)
    key_arn = create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)

    kms.update_alias(AliasName="alias/app", TargetKeyId=key_arn)

    assert key_arn == describe(kms, "alias/app")["Arn"]


def test_a_full_key_has_room_again(kms, kms_mock):
    """An alias that was deleted or moved away no longer counts (quotas Q-2)."""
    lower_quotas(kms_mock, aliases_per_key=1)
    key_arn, other = create_key(kms), create_key(kms)
    kms.create_alias(AliasName="alias/1", TargetKeyId=key_arn)

    kms.delete_alias(AliasName="alias/1")
    kms.create_alias(AliasName="alias/2", TargetKeyId=key_arn)
    kms.update_alias(AliasName="alias/2", TargetKeyId=other)
    kms.create_alias(AliasName="alias/3", TargetKeyId=key_arn)

    assert ["alias/3"] == [alias["AliasName"] for alias in own_aliases(kms, KeyId=key_arn)]


def test_order_of_aliases(kms):
    """Aliases are listed by their names' code points, AWS's own among them (wire-facts V28)."""
    key_id = create_key(kms)
    for name in ("alias/b", "alias/_", "alias/Z", "alias/a/b", "alias/a-b", "alias/0", "alias/z"):
        kms.create_alias(AliasName=name, TargetKeyId=key_id)
    describe(kms, "alias/aws/ssm")

    assert [
        "alias/0",
        "alias/Z",
        "alias/_",
        "alias/a-b",
        "alias/a/b",
        "alias/aws/acm",
        "alias/aws/ebs",
        "alias/aws/rds",
        "alias/aws/redshift",
        "alias/aws/s3",
        "alias/aws/ssm",
        "alias/b",
        "alias/z",
    ] == [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
