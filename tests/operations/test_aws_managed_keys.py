"""The AWS managed keys behind `alias/aws/*`: how they come to life, and what they refuse."""

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.vocabulary import (
    ACCOUNT,
    REGION,
    create_key,
    describe,
    everything,
    harmless_refusal,
    members,
)

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

ARN: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}"


def alias_named(kms: "KMSClient", name: str) -> dict[str, Any]:
    (alias,) = [alias for alias in kms.list_aliases()["Aliases"] if name == alias["AliasName"]]
    return alias


@pytest.mark.parametrize(
    ("service", "description"),
    [
        ("s3", "Default key that protects my S3 objects when no other key is defined"),
        ("dynamodb", "Default key that protects my DynamoDB data when no other key is defined"),
        (
            "elasticfilesystem",
            "Default key that protects my EFS data when no other key is defined",
        ),
        ("backup", "Default key that protects my Backup data when no other key is defined"),
        ("redshift", "Default key that protects my Redshift data when no other key is defined"),
        ("kafka", "Default key that protects my Kafka data when no other key is defined"),
        (
            "dms",
            "Default key that protects my DMS replication instance volumes when no other key is"
            " defined",
        ),
    ],
)
@pytest.mark.parametrize("prefix", ["", f"{ARN}:"], ids=["name", "ARN"])
def test_describe_the_alias_of_a_service(kms, kms_mock, prefix, service, description):
    """Describing the alias makes the key, in AWS's words (wire-facts C22, C23, V16; KEY-21)."""
    kms_mock.clock.freeze()

    metadata = describe(kms, f"{prefix}alias/aws/{service}")

    key_id, material_id = metadata["KeyId"], metadata["CurrentKeyMaterialId"]
    assert re.fullmatch("[0-9a-f]{64}", material_id)
    assert {
        "AWSAccountId": ACCOUNT,
        "KeyId": key_id,
        "Arn": f"{ARN}:key/{key_id}",
        "CreationDate": kms_mock.clock.now(),
        "Enabled": True,
        "Description": description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "AWS",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
        "CurrentKeyMaterialId": material_id,
    } == metadata


def test_the_key_of_a_service_is_made_once(kms):
    """The second look finds what the first one made."""
    made = describe(kms, "alias/aws/s3")

    assert made == describe(kms, "alias/aws/s3")
    assert made == describe(kms, made["KeyId"])
    assert [made["KeyId"]] == [key["KeyId"] for key in kms.list_keys()["Keys"]]


def test_the_key_of_a_service_is_of_one_region(kms, kms_mock):
    """Each Region has its own."""
    here = describe(kms, "alias/aws/s3")

    assert here["KeyId"] != describe(kms_mock.client("eu-west-1"), "alias/aws/s3")["KeyId"]


@pytest.mark.parametrize("service", ["s3", "sqs"], ids=["predefined", "not predefined"])
def test_the_alias_of_a_service_is_listed_with_its_key(kms, kms_mock, service):
    """Once there is a key, the alias names it, predefined or not (wire-facts A11, A12)."""
    kms_mock.clock.freeze()

    key_id = describe(kms, f"alias/aws/{service}")["KeyId"]

    assert {
        "AliasName": f"alias/aws/{service}",
        "AliasArn": f"{ARN}:alias/aws/{service}",
        "TargetKeyId": key_id,
        "CreationDate": kms_mock.clock.now(),
        "LastUpdatedDate": kms_mock.clock.now(),
    } == alias_named(kms, f"alias/aws/{service}")


def test_other_operations_do_not_make_the_key(kms):
    """Only DescribeKey makes a service's key (rules KEY-21; of the others it is assumed)."""
    assert (
        "NotFoundException",
        f"Alias {ARN}:alias/aws/s3 is not found.",
    ) == harmless_refusal(kms.encrypt, KeyId="alias/aws/s3", Plaintext=b"x")


# Method -> its IAM action, and what it needs besides the key.
REFUSED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "cancel_key_deletion": ("CancelKeyDeletion", {}),
    "create_grant": (
        "CreateGrant",
        {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/app", "Operations": ["Decrypt"]},
    ),
    "disable_key": ("DisableKey", {}),
    "enable_key": ("EnableKey", {}),
    "encrypt": ("Encrypt", {"Plaintext": b"x"}),
    "generate_data_key": ("GenerateDataKey", {"KeySpec": "AES_256"}),
    "put_key_policy": ("PutKeyPolicy", {"Policy": "{}"}),
    "schedule_key_deletion": ("ScheduleKeyDeletion", {}),
    "tag_resource": ("TagResource", {"Tags": []}),
    "untag_resource": ("UntagResource", {"TagKeys": []}),
    "update_key_description": ("UpdateKeyDescription", {"Description": "mine"}),
}


@pytest.mark.parametrize(("method", "call"), REFUSED.items(), ids=REFUSED.keys())
def test_refused_on_the_key_of_a_service(kms, method, call):
    """
    Changing the key is the service's business, and so is using it.

    wire-facts N7; rules KEY-25, TAG-3, DEL-6, ERR-11.
    """
    action, request = call
    key_arn = describe(kms, "alias/aws/s3")["Arn"]

    assert (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:{action} on"
        f" resource: {key_arn} because no resource-based policy allows the kms:{action} action",
    ) == harmless_refusal(getattr(kms, method), KeyId=key_arn, **request)


def test_request_of_the_wrong_shape_about_the_key_of_a_service(kms):
    """The shape of a request is looked at before who makes it (wire-facts W18)."""
    key_arn = describe(kms, "alias/aws/s3")["Arn"]

    assert (
        "ValidationException",
        "1 validation error detected: Value '366' at 'pendingWindowInDays' failed to satisfy"
        " constraint: Member must have value less than or equal to 365",
    ) == harmless_refusal(kms.schedule_key_deletion, KeyId=key_arn, PendingWindowInDays=366)


@pytest.mark.parametrize(
    ("method", "action"), [("create_alias", "CreateAlias"), ("update_alias", "UpdateAlias")]
)
def test_alias_for_the_key_of_a_service(kms, method, action):
    """No alias of one's own is for a service's key (rules KEY-25, ALIAS-1)."""
    key_arn = describe(kms, "alias/aws/s3")["Arn"]
    kms.create_alias(AliasName="alias/old", TargetKeyId=create_key(kms))
    name = "alias/new" if method == "create_alias" else "alias/old"

    assert (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:{action} on"
        f" resource: {key_arn} because no resource-based policy allows the kms:{action} action",
    ) == harmless_refusal(getattr(kms, method), AliasName=name, TargetKeyId=key_arn)


def test_reading_the_key_of_a_service(kms):
    """Tags, policies, aliases and grants of a service's key can be read (rules KEY-25, TAG-4)."""
    key_id = describe(kms, "alias/aws/s3")["KeyId"]
    before = everything(kms)

    assert {"Tags": [], "Truncated": False} == members(kms.list_resource_tags(KeyId=key_id))
    assert ["default"] == kms.list_key_policies(KeyId=key_id)["PolicyNames"]
    assert [] == kms.list_grants(KeyId=key_id)["Grants"]
    assert [alias_named(kms, "alias/aws/s3")] == kms.list_aliases(KeyId=key_id)["Aliases"]
    assert before == everything(kms)


@pytest.mark.parametrize(
    ("region", "service", "partition", "via"),
    [
        ("us-east-1", "s3", "aws", "s3.us-east-1.amazonaws.com"),
        ("eu-west-1", "ebs", "aws", "ec2.eu-west-1.amazonaws.com"),
        ("cn-north-1", "s3", "aws-cn", "s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_policy_of_the_key_of_a_service(kms_mock, region, service, partition, via):
    """Its policy lets the account use it through the service, and read it (assumed)."""
    kms = kms_mock.client(region)
    name = service.upper()
    key_id = describe(kms, f"alias/aws/{service}")["KeyId"]

    policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])

    assert {
        "Version": "2012-10-17",
        "Id": f"auto-{service}-1",
        "Statement": [
            {
                "Sid": f"Allow access through {name} for all principals in the account that are"
                f" authorized to use {name}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:CreateGrant",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": via}
                },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    } == policy
