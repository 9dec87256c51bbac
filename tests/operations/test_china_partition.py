"""The China Regions as a partition of their own: its ARNs, and relatives that stay within it."""

import json

import pytest

from tests.operations.refusals import invalid
from tests.vocabulary import ACCOUNT, create_key, describe, members, refusal

MESSAGE = b"attack at dawn"
REGIONS = ["cn-north-1", "cn-northwest-1"]
ROOT = f"arn:aws-cn:iam::{ACCOUNT}:root"


@pytest.mark.parametrize("region", REGIONS)
class TestPartition:
    """All ARNs are of the partition aws-cn."""

    @pytest.fixture
    def china(self, kms_mock, region):
        return kms_mock.client(region_name=region)

    def test_key(self, china, region):
        """A key's ARN is, and names the key wherever a key is named (rules ID-1)."""
        metadata = china.create_key()["KeyMetadata"]

        assert f"arn:aws-cn:kms:{region}:{ACCOUNT}:key/{metadata['KeyId']}" == metadata["Arn"]
        assert metadata == describe(china, metadata["Arn"])
        assert [{"KeyId": metadata["KeyId"], "KeyArn": metadata["Arn"]}] == (
            china.list_keys()["Keys"]
        )

    def test_alias(self, china, region):
        """An alias's ARN is, and names its key (rules ID-1)."""
        key_arn = create_key(china)
        china.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        (alias,) = china.list_aliases(KeyId=key_arn)["Aliases"]

        assert f"arn:aws-cn:kms:{region}:{ACCOUNT}:alias/app" == alias["AliasArn"]
        assert key_arn == describe(china, alias["AliasArn"])["Arn"]

    def test_default_policy(self, china):
        """The default key policy lets in the account's root, by its ARN there (rules POL-3)."""
        policy = json.loads(china.get_key_policy(KeyId=create_key(china))["Policy"])

        assert [{"AWS": ROOT}] == [statement["Principal"] for statement in policy["Statement"]]

    def test_policy_of_their_own(self, china):
        """A key policy names principals by their ARNs there."""
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": ROOT},
            "Action": "kms:*",
            "Resource": "*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}

        key_arn = create_key(china, Policy=json.dumps(policy))

        assert policy == json.loads(china.get_key_policy(KeyId=key_arn)["Policy"])

    def test_grant(self, china):
        """A grant's principals are named by their ARNs there (wire-facts R6)."""
        key_arn = create_key(china)
        china.create_grant(
            KeyId=key_arn,
            GranteePrincipal=f"arn:aws-cn:iam::{ACCOUNT}:role/app",
            Operations=["Decrypt"],
        )
        (grant,) = china.list_grants(KeyId=key_arn)["Grants"]

        assert (key_arn, f"arn:aws-cn:iam::{ACCOUNT}:role/app", ROOT) == (
            grant["KeyId"],
            grant["GranteePrincipal"],
            grant["IssuingAccount"],
        )

    def test_refusals(self, china, region):
        """ARNs in refusals are, those of keys that don't exist too (wire-facts I1, I13, S1)."""
        key_arn = create_key(china)
        china.disable_key(KeyId=key_arn)
        key_id = "00000000-0000-4000-8000-000000000000"
        here = f"arn:aws-cn:kms:{region}:{ACCOUNT}"

        assert ("DisabledException", f"{key_arn} is disabled.") == refusal(
            china.encrypt, KeyId=key_arn, Plaintext=b"x"
        )
        assert ("NotFoundException", f"Key '{here}:key/{key_id}' does not exist") == refusal(
            china.describe_key, KeyId=key_id
        )
        assert ("NotFoundException", f"Alias {here}:alias/app is not found.") == refusal(
            china.describe_key, KeyId="alias/app"
        )

    def test_caller(self, china, kms):
        """The caller's ARN is, where KMS names the caller (wire-facts E26)."""
        blob = kms.encrypt(KeyId=create_key(kms), Plaintext=b"x")["CiphertextBlob"]

        assert (
            "AccessDeniedException",
            f"User: arn:aws-cn:iam::{ACCOUNT}:user/kmsmock is not authorized to perform:"
            " kms:Decrypt on the resource associated with this ciphertext because the resource"
            " does not exist in this Region, no resource-based policies allow access, or a"
            " resource-based policy explicitly denies access",
        ) == refusal(china.decrypt, CiphertextBlob=blob)

    def test_aws_managed_key(self, china, region):
        """The keys of AWS services are of the partition, too (rules KEY-21)."""
        metadata = describe(china, "alias/aws/s3")

        assert f"arn:aws-cn:kms:{region}:{ACCOUNT}:key/{metadata['KeyId']}" == metadata["Arn"]


class TestRelatives:
    """A multi-Region key stays in its partition (rules MR-4)."""

    @pytest.fixture
    def china(self, kms_mock):
        return kms_mock.client("cn-north-1")

    @pytest.fixture(params=["symmetric", "SM2"])
    def primary(self, request, china):
        kind = {} if request.param == "symmetric" else {"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}
        return create_key(china, MultiRegion=True, **kind)

    def test_replica(self, china, primary):
        """It has relatives in the other China Region, all with ARNs there (rules KEY-19)."""
        china.replicate_key(KeyId=primary, ReplicaRegion="cn-northwest-1")

        assert {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": primary, "Region": "cn-north-1"},
            "ReplicaKeys": [
                {
                    "Arn": primary.replace("cn-north-1", "cn-northwest-1"),
                    "Region": "cn-northwest-1",
                }
            ],
        } == describe(china, primary)["MultiRegionConfiguration"]

    @pytest.mark.parametrize("region", ["us-east-1", "ap-east-1", "us-gov-west-1"])
    def test_replica_elsewhere(self, china, primary, region):
        """It has no relatives in other partitions (wire-facts V12, its code assumed)."""
        assert invalid(
            "The replica key Region must be in the same AWS partition as the primary key Region."
        ) == refusal(china.replicate_key, KeyId=primary, ReplicaRegion=region)

    def test_sm4(self, china, kms_mock):
        """What one symmetric key of SM4 encrypts, its relative decrypts (rules ENC-13)."""
        primary = create_key(china, MultiRegion=True)
        china.replicate_key(KeyId=primary, ReplicaRegion="cn-northwest-1")
        blob = china.encrypt(KeyId=primary, Plaintext=MESSAGE)["CiphertextBlob"]
        northwest = kms_mock.client("cn-northwest-1")

        assert MESSAGE == northwest.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_sm2(self, china, kms_mock):
        """What one SM2 key signs, its relative verifies (rules MR-3)."""
        primary = create_key(china, KeySpec="SM2", KeyUsage="SIGN_VERIFY", MultiRegion=True)
        china.replicate_key(KeyId=primary, ReplicaRegion="cn-northwest-1")
        signed = members(china.sign(KeyId=primary, Message=MESSAGE, SigningAlgorithm="SM2DSA"))
        northwest = kms_mock.client("cn-northwest-1")

        signed["KeyId"] = primary.rpartition("/")[2]
        assert northwest.verify(Message=MESSAGE, **signed)["SignatureValid"]
