"""The client of the fixtures, where mypy-boto3-kms is installed."""

import pytest
from mypy_boto3_kms import KMSClient
from mypy_boto3_kms.type_defs import RecipientInfoTypeDef
from typing_extensions import assert_type

from pytest_kmsmock import KmsMock, NitroEnclave, mock_kms


@pytest.fixture
def key_id(kms: KMSClient) -> str:
    return kms.create_key()["KeyMetadata"]["KeyId"]


@pytest.mark.kms(region_name="eu-west-1", account_id="111122223333")
def test_fixtures(kms: KMSClient, kms_mock: KmsMock, key_id: str) -> None:
    """A test may annotate `kms`, and the handle's clients have the same type."""
    assert_type(kms_mock.client(), KMSClient)
    assert_type(kms_mock.client("eu-west-1"), KMSClient)
    assert_type(kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"], bytes)
    assert_type(kms_mock.client().describe_key(KeyId=key_id)["KeyMetadata"]["KeyId"], str)
    with pytest.raises(kms.exceptions.DisabledException):
        kms_mock.client().encrypt(KeyId=key_id)  # type: ignore[call-arg]


def take(kms: KMSClient) -> None:
    """Code under test takes the handle's clients."""
    with mock_kms() as mock:
        take(mock.client())


def test_recipient(kms: KMSClient, key_id: str) -> None:
    """The client takes what an enclave gives it."""
    enclave = NitroEnclave()
    assert_type(enclave.recipient(), RecipientInfoTypeDef)
    kms.decrypt(CiphertextBlob=b"x", KeyId=key_id, Recipient=enclave.recipient())
