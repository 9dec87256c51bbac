"""Fifteen tests of KMS calls that an application makes with boto3."""

import boto3
import pytest
from botocore.exceptions import ClientError
from pytest_kmsmock import mock_kms

REGION = "eu-west-1"


def make_client():
    return boto3.client("kms", region_name=REGION)


@mock_kms
def test_create_key():
    """A new key is enabled, and has the description that it was given."""
    metadata = make_client().create_key(Description="orders")["KeyMetadata"]

    assert ("Enabled", "orders") == (metadata["KeyState"], metadata["Description"])


@mock_kms
def test_key_arn():
    """A key's ARN names the Region and the account."""
    metadata = make_client().create_key()["KeyMetadata"]

    assert f"arn:aws:kms:{REGION}:123456789012:key/{metadata['KeyId']}" == metadata["Arn"]


@mock_kms
def test_list_keys():
    """Each key is listed."""
    kms = make_client()
    created = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3)}

    assert created == {key["KeyId"] for key in kms.list_keys()["Keys"]}


@mock_kms
def test_describe_key_by_alias():
    """An alias stands for its key."""
    kms = make_client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key_id)

    assert key_id == kms.describe_key(KeyId="alias/orders")["KeyMetadata"]["KeyId"]


@mock_kms
def test_alias_taken_twice():
    """An alias can't be created a second time."""
    kms = make_client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key_id)

    with pytest.raises(ClientError) as caught:
        kms.create_alias(AliasName="alias/orders", TargetKeyId=key_id)

    assert "AlreadyExistsException" == caught.value.response["Error"]["Code"]


@mock_kms
def test_missing_key():
    """A key that does not exist is not found."""
    with pytest.raises(ClientError) as caught:
        make_client().describe_key(KeyId="12345678-1234-1234-1234-123456789012")

    assert "NotFoundException" == caught.value.response["Error"]["Code"]


@mock_kms
def test_tags():
    """A key keeps its tags until they are taken off."""
    kms = make_client()
    key_id = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "orders"}])["KeyMetadata"]["KeyId"]
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": "stage", "TagValue": "test"}])
    kms.untag_resource(KeyId=key_id, TagKeys=["team"])

    tags = kms.list_resource_tags(KeyId=key_id)["Tags"]

    assert [{"TagKey": "stage", "TagValue": "test"}] == tags


@mock_kms
def test_disable_and_enable():
    """A key can be disabled and enabled again."""
    kms = make_client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    states = []

    kms.disable_key(KeyId=key_id)
    states.append(kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"])
    kms.enable_key(KeyId=key_id)
    states.append(kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"])

    assert ["Disabled", "Enabled"] == states


@mock_kms
def test_schedule_and_cancel_deletion():
    """A key whose deletion was cancelled is disabled."""
    kms = make_client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]

    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key_id)

    assert "Disabled" == kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]


@mock_kms
def test_rotation_status():
    """A key rotates once it was told to."""
    kms = make_client()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key_id)

    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"]


@mock_kms
def test_generate_random():
    """Random bytes are as many as were asked for."""
    assert 32 == len(make_client().generate_random(NumberOfBytes=32)["Plaintext"])


@mock_kms
def test_sign_and_verify():
    """A signature is valid for its message."""
    kms = make_client()
    key_id = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    request = {"KeyId": key_id, "Message": b"an order", "SigningAlgorithm": "ECDSA_SHA_256"}

    signature = kms.sign(**request)["Signature"]

    assert kms.verify(**request, Signature=signature)["SignatureValid"]


@mock_kms
class TestCiphertexts:
    """Each of these tests has a key of its own, behind an alias."""

    def setup_method(self, method):
        self.kms = make_client()
        key_id = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.kms.create_alias(AliasName="alias/orders", TargetKeyId=key_id)

    def test_encrypt_and_decrypt(self):
        """What was encrypted under a key can be decrypted without naming it."""
        blob = self.kms.encrypt(KeyId="alias/orders", Plaintext=b"an order")["CiphertextBlob"]

        assert b"an order" == self.kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_wrong_encryption_context(self):
        """What was encrypted with an encryption context can't be decrypted with another one."""
        blob = self.kms.encrypt(
            KeyId="alias/orders", Plaintext=b"an order", EncryptionContext={"tenant": "7"}
        )["CiphertextBlob"]

        with pytest.raises(ClientError) as caught:
            self.kms.decrypt(CiphertextBlob=blob, EncryptionContext={"tenant": "8"})

        assert "InvalidCiphertextException" == caught.value.response["Error"]["Code"]

    def test_data_key(self):
        """A data key comes in plain, and sealed so that KMS opens it."""
        data_key = self.kms.generate_data_key(KeyId="alias/orders", KeySpec="AES_256")

        opened = self.kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])

        assert data_key["Plaintext"] == opened["Plaintext"]
