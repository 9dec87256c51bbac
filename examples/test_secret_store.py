"""The secret store on the `kms` fixture: a client on a KMS that is fresh for every test."""

import pytest
from secret_store import SecretStore


@pytest.fixture
def key_id(kms):
    return kms.create_key(Description="secret store")["KeyMetadata"]["KeyId"]


@pytest.fixture
def store(kms, key_id):
    return SecretStore(kms, key_id)


def test_secret_comes_back(store):
    """A secret that was put comes back as it was."""
    store.put("tenant-7", "database-password", b"correct horse")

    assert b"correct horse" == store.get("tenant-7", "database-password")


def test_secret_copied_to_another_tenant(kms, store):
    """A sealed secret is of no use to another tenant: the encryption context is bound to it."""
    store.put("tenant-7", "database-password", b"correct horse")
    store.copy(from_tenant="tenant-7", to_tenant="tenant-8", name="database-password")

    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        store.get("tenant-8", "database-password")


def test_secret_under_a_disabled_key(kms, store, key_id):
    """A disabled key opens nothing until it is enabled again."""
    store.put("tenant-7", "database-password", b"correct horse")
    kms.disable_key(KeyId=key_id)

    with pytest.raises(kms.exceptions.DisabledException):
        store.get("tenant-7", "database-password")

    kms.enable_key(KeyId=key_id)

    assert b"correct horse" == store.get("tenant-7", "database-password")


def test_secrets_moved_to_a_new_key(kms, store, key_id):
    """Once the secrets are moved to a new key, the old key can go."""
    store.put("tenant-7", "database-password", b"correct horse")
    new_key = kms.create_key()["KeyMetadata"]["KeyId"]

    store.move_to_key(new_key)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)

    assert b"correct horse" == store.get("tenant-7", "database-password")


def test_secret_after_rotations(kms, kms_mock, store, key_id):
    """A secret outlives the rotations of its key; three years take no time."""
    kms.enable_key_rotation(KeyId=key_id)
    store.put("tenant-7", "database-password", b"correct horse")

    kms_mock.clock.advance(days=3 * 366)

    assert 3 == len(kms.list_key_rotations(KeyId=key_id)["Rotations"])
    assert b"correct horse" == store.get("tenant-7", "database-password")


def test_calls_of_the_store(kms_mock, store):
    """Each secret costs one call when it is put and one when it is read, with its context."""
    store.put("tenant-7", "database-password", b"correct horse")
    store.get("tenant-7", "database-password")

    context = {"tenant": "tenant-7", "name": "database-password"}
    kms_mock.assert_called("GenerateDataKey", times=1, EncryptionContext=context)
    kms_mock.assert_called("Decrypt", times=1, EncryptionContext=context)
    kms_mock.assert_not_called("Encrypt")


def test_secret_while_kms_throttles(kms_mock, store):
    """Throttling is over when botocore has tried often enough, and nobody waits for it here."""
    store.put("tenant-7", "database-password", b"correct horse")
    kms_mock.fail("Decrypt", "ThrottlingException", times=2)

    assert b"correct horse" == store.get("tenant-7", "database-password")


def test_store_on_a_signing_key(kms):
    """A key that is made for signing seals no data key, as on AWS."""
    signing_key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    store = SecretStore(kms, signing_key["KeyMetadata"]["KeyId"])

    with pytest.raises(kms.exceptions.InvalidKeyUsageException):
        store.put("tenant-7", "database-password", b"correct horse")


@pytest.mark.kms(region_name="eu-central-1", account_id="111122223333")
def test_key_arn_in_the_region_and_account_of_the_marker(kms, key_id):
    """The marker says in which region and account a test's KMS lives."""
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]

    assert f"arn:aws:kms:eu-central-1:111122223333:key/{key_id}" == arn
