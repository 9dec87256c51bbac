"""Keys that moto's services have made, in the mock's own hands."""

import json
import sys

import boto3
import pytest
from moto import mock_aws

from pytest_kmsmock import mock_kms
from tests.vocabulary import describe

pytestmark = pytest.mark.sweep(2)  # that is, on one seam

REGION = "us-east-1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def backend_of(region: str = REGION):
    """Return moto's KMS of a Region, as its services use it."""
    from moto.kms.models import kms_backends

    return kms_backends["123456789012"][region]


def make(backend=None, **given):
    """Let moto make a key, as CloudFormation has it do."""
    members = {
        "policy": json.dumps(POLICY),
        "key_usage": "ENCRYPT_DECRYPT",
        "key_spec": "SYMMETRIC_DEFAULT",
        "description": "of a stack",
        "tags": [{"TagKey": "stack", "TagValue": "app"}],
    }
    return (backend or backend_of()).create_key(**{**members, **given})


@pytest.fixture(autouse=True)
def _moto():
    with mock_aws():
        yield


def test_key_of_a_stack(mock):
    """A key of moto's is found by id, ARN and alias, and is what it was made to be."""
    made = make()
    backend_of().create_alias(made.id, "alias/stack")
    [handle] = mock.adopt_moto_keys()
    kms = mock.client(REGION)

    assert made.arn == handle.arn == describe(kms, made.id)["Arn"]
    assert made.arn == describe(kms, "alias/stack")["Arn"]
    assert "of a stack" == describe(kms, made.arn)["Description"]
    assert [{"TagKey": "stack", "TagValue": "app"}] == kms.list_resource_tags(KeyId=made.id)["Tags"]
    assert POLICY == json.loads(kms.get_key_policy(KeyId=made.id)["Policy"])
    assert kms.encrypt(KeyId=made.arn, Plaintext=b"hi")["KeyId"] == made.arn


def test_policy_that_is_no_text(mock):
    """moto keeps a stack's policy as it stands in the template; it is the key's policy here."""
    made = make(policy=POLICY)
    mock.adopt_moto_keys()
    policy = mock.client(REGION).get_key_policy(KeyId=made.id)["Policy"]

    assert POLICY == json.loads(policy)


def test_keys_that_are_there_already(mock):
    """Taken over again, only the new ones are: it may be called whenever moto has made some."""
    first = make()
    mock.adopt_moto_keys()
    mock.client(REGION).disable_key(KeyId=first.id)
    second = make()

    assert [second.arn] == [handle.arn for handle in mock.adopt_moto_keys()]
    assert "Disabled" == describe(mock.client(REGION), first.id)["KeyState"]


def test_states_of_keys(mock):
    """A disabled key, one that is rotated, and one that waits for its deletion stay so."""
    disabled, rotated, leaving = make(), make(), make()
    backend_of().disable_key(disabled.id)
    backend_of().enable_key_rotation(rotated.id)
    backend_of().schedule_key_deletion(leaving.id, 20)
    mock.adopt_moto_keys()
    kms = mock.client(REGION)

    assert ["Disabled", "Enabled", "PendingDeletion"] == [
        describe(kms, key.id)["KeyState"] for key in (disabled, rotated, leaving)
    ]
    assert kms.get_key_rotation_status(KeyId=rotated.id)["KeyRotationEnabled"]


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1"])
def test_public_key(mock, spec):
    """An asymmetric key keeps its pair."""
    made = make(key_spec=spec, key_usage="SIGN_VERIFY")
    mock.adopt_moto_keys()
    answer = mock.client(REGION).get_public_key(KeyId=made.id)

    assert made.private_key.public_key() == answer["PublicKey"]


def test_key_for_macs(mock):
    """A key without a pair gets material of our own."""
    made = make(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")
    mock.adopt_moto_keys()
    answer = mock.client(REGION).generate_mac(
        KeyId=made.id, Message=b"hi", MacAlgorithm="HMAC_SHA_256"
    )

    assert 32 == len(answer["Mac"])


def test_keys_of_other_regions(mock):
    """Keys are taken over in their Regions."""
    keys = [make(), make(backend_of("eu-west-1"))]

    assert {key.arn for key in keys} == {handle.arn for handle in mock.adopt_moto_keys()}
    assert keys[1].arn == describe(mock.client("eu-west-1"), keys[1].id)["Arn"]


def test_multi_region_key(mock):
    """The id of a multi-Region key of moto is none of KMS: an error, once others are taken over."""
    made, other = make(multi_region=True), make()

    with pytest.raises(ValueError, match=f"^moto's key {made.arn}: key_id '{made.id}' is neither"):
        mock.adopt_moto_keys()

    assert [other.id] == [key["KeyId"] for key in mock.client(REGION).list_keys()["Keys"]]


def test_key_of_an_aws_service(mock):
    """The default key of a service of moto's is that service's AWS managed key here."""
    volume = boto3.client("ec2", REGION).create_volume(
        AvailabilityZone="us-east-1a", Size=1, Encrypted=True
    )
    [handle] = mock.adopt_moto_keys()
    metadata = describe(mock.client(REGION), "alias/aws/ebs")

    assert volume["KmsKeyId"] == handle.arn == metadata["Arn"]
    assert "AWS" == metadata["KeyManager"]


def test_policy_that_aws_would_refuse(mock):
    """A key that AWS would not have is refused, by its ARN and in AWS's words."""
    made = make(policy="my policy")

    with pytest.raises(
        ValueError, match=f"^moto's key {made.arn}: CreateKey refuses it: Malformed"
    ):
        mock.adopt_moto_keys()

    assert [] == mock.client(REGION).list_keys()["Keys"]


def test_no_keys(mock):
    """Where moto has no keys there are none to take over; other accounts' are not ours."""
    assert [] == mock.adopt_moto_keys()
    with mock_kms(account_id="111122223333", isolated=True) as other:
        make()

        assert [] == other.adopt_moto_keys()


def test_without_moto(mock, monkeypatch):
    """Without moto it says that it needs it."""
    monkeypatch.setitem(sys.modules, "moto.kms.models", None)

    with pytest.raises(ImportError) as caught:
        mock.adopt_moto_keys()

    assert "adopt_moto_keys() needs moto, whose keys it takes over" == str(caught.value)
