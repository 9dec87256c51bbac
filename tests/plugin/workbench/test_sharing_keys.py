"""Sharing a key with another account, for want of AWS RAM."""

import json

import pytest

from pytest_kmsmock import mock_kms
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, create_key

NAMES = {"shared": ["AWS_RAM", "default"], "not shared": ["default"]}


def policy_names(kms, key_id):
    return kms.list_key_policies(KeyId=key_id)["PolicyNames"]


@pytest.mark.parametrize("named_by", ["handle", "id", "ARN", "alias", "alias ARN"])
def test_share_key(kms, kms_mock, named_by):
    """A key is shared by its handle, id, ARN or alias, and unshared so."""
    key = kms_mock.create_key(alias="app")
    named = {
        "handle": key,
        "id": key.key_id,
        "ARN": key.arn,
        "alias": "alias/app",
        "alias ARN": key.arn.rpartition(":")[0] + ":alias/app",
    }[named_by]

    kms_mock.share_key(named, OTHER_ACCOUNT)
    shared = policy_names(kms, key.key_id)
    kms_mock.unshare_key(named, OTHER_ACCOUNT)

    assert NAMES["shared"] == shared
    assert NAMES["not shared"] == policy_names(kms, key.key_id)


def test_share_by_the_handle(kms, kms_mock):
    """A handle shares its key, and ends the sharing."""
    key = kms_mock.create_key()
    key.share(OTHER_ACCOUNT)
    shared = policy_names(kms, key.key_id)
    key.unshare(OTHER_ACCOUNT)

    assert NAMES["shared"] == shared
    assert NAMES["not shared"] == policy_names(kms, key.key_id)


def test_share_key_of_another_region(kms_mock):
    """`region_name` says where the key is; an ARN says it by itself."""
    europe = kms_mock.client("eu-west-1")
    key_arn = create_key(europe)
    kms_mock.share_key(key_arn.rpartition("/")[2], OTHER_ACCOUNT, region_name="eu-west-1")
    by_id = policy_names(europe, key_arn)
    kms_mock.unshare_key(key_arn, OTHER_ACCOUNT)

    assert NAMES["shared"] == by_id
    assert NAMES["not shared"] == policy_names(europe, key_arn)


def test_share_again(kms, kms_mock):
    """Sharing a key again replaces what the account may do with it."""
    key = kms_mock.create_key()
    kms_mock.share_key(key, OTHER_ACCOUNT)
    first = actions_of(kms, key)
    key.share(OTHER_ACCOUNT, actions=["kms:Decrypt"])

    assert {"kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"} < {*first}
    assert ["kms:Decrypt"] == actions_of(kms, key)


def actions_of(kms, key):
    policy = kms.get_key_policy(KeyId=key.arn, PolicyName="AWS_RAM")["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    return statement["Action"]


def test_restore(kms, kms_mock):
    """A snapshot holds with whom a key is shared."""
    key_arn = create_key(kms)
    kms_mock.share_key(key_arn, OTHER_ACCOUNT)
    snapshot = kms_mock.snapshot()
    kms_mock.unshare_key(key_arn, OTHER_ACCOUNT)
    kms_mock.restore(snapshot)

    assert NAMES["shared"] == policy_names(kms, key_arn)


@pytest.mark.parametrize(
    ("account_id", "actions", "expected"),
    [
        ("1", None, "account_id '1' is not a string of 12 digits"),
        (210987654321, None, "account_id 210987654321 is not a string of 12 digits"),
        (ACCOUNT, None, "{arn} belongs to 123456789012: share it with another account"),
        (
            OTHER_ACCOUNT,
            ["s3:GetObject"],
            "'s3:GetObject' is not an action of KMS, such as 'kms:Decrypt'",
        ),
        (
            OTHER_ACCOUNT,
            [],
            "actions is empty: name at least one, or end the sharing by unshare_key()",
        ),
    ],
    ids=["short", "number", "own", "another service", "no action"],
)
def test_share_that_cannot_be(kms, kms_mock, account_id, actions, expected):
    """A share that AWS could not make is refused, and changes nothing."""
    key = kms_mock.create_key()

    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared below
        kms_mock.share_key(key, account_id, actions=actions)

    assert expected.format(arn=key.arn) == str(refused.value)
    assert NAMES["not shared"] == policy_names(kms, key.arn)


def test_share_with_actions_that_are_one_text(kms_mock):
    """One action is a list of one."""
    key = kms_mock.create_key()

    with pytest.raises(TypeError, match=r"^actions is a list of texts, such as \['kms:Decrypt'\]$"):
        key.share(OTHER_ACCOUNT, actions="kms:Decrypt")


def test_share_key_that_aws_manages(kms, kms_mock):
    """A key that AWS manages can't be shared."""
    arn = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]

    with pytest.raises(ValueError, match=r"^arn:.* is managed by AWS, and can't be shared$"):
        kms_mock.share_key(arn, OTHER_ACCOUNT)


UNKNOWN = "0f0e0d0c-0b0a-4908-8706-050403020100"


@pytest.mark.parametrize(
    ("named", "where"),
    [
        (UNKNOWN, "us-east-1"),
        (f"alias/{UNKNOWN}", "us-east-1"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{UNKNOWN}", "us-east-1"),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{UNKNOWN}", "eu-west-1"),
        (f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:key/{UNKNOWN}", "us-east-1"),
    ],
    ids=["id", "alias", "ARN", "another Region", "another account"],
)
@pytest.mark.parametrize("method", ["share_key", "unshare_key"])
def test_key_that_is_not_there(kms_mock, method, named, where):
    """A key that is not there is neither shared nor unshared."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared below
        getattr(kms_mock, method)(named, OTHER_ACCOUNT)

    assert (
        f"there is no key {named} in {where}: create it first, for instance with"
        " create_key(key_id=...)"
    ) == str(refused.value)


def test_key_of_another_partition(kms_mock):
    """An ARN must be the key's own, to its partition."""
    arn = kms_mock.create_key().arn.replace("arn:aws:", "arn:aws-cn:")

    with pytest.raises(ValueError, match=rf"^there is no key {arn} in us-east-1: "):
        kms_mock.share_key(arn, OTHER_ACCOUNT)


def test_unshare_what_is_not_shared(kms_mock):
    """What is not shared with an account can't be taken from it."""
    key = kms_mock.create_key()

    with pytest.raises(ValueError, match=rf"^{key.arn} is not shared with {OTHER_ACCOUNT}$"):
        kms_mock.unshare_key(key, OTHER_ACCOUNT)


def test_share_key_of_a_finished_mock():
    """A mock that is over is told no more."""
    with mock_kms() as mock:
        key = mock.create_key()

    with pytest.raises(ValueError, match="this mock is not active"):
        mock.share_key(key, OTHER_ACCOUNT)
