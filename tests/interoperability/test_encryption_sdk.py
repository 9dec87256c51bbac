"""The AWS Encryption SDK: its master key providers on KMS, with encryption contexts."""

import io

import aws_encryption_sdk
import botocore.session
import pytest
from aws_encryption_sdk.exceptions import DecryptKeyError, EncryptKeyError, GenerateKeyError
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy
from aws_encryption_sdk.key_providers.kms import (
    DiscoveryAwsKmsMasterKeyProvider,
    DiscoveryFilter,
    MRKAwareDiscoveryAwsKmsMasterKeyProvider,
    MRKAwareStrictAwsKmsMasterKeyProvider,
    StrictAwsKmsMasterKeyProvider,
)
from aws_encryption_sdk.streaming_client import StreamDecryptor, StreamEncryptor

from tests.operations.key_kinds import SIGNING_P256
from tests.vocabulary import ACCOUNT, create_key


@pytest.fixture(autouse=True)
def _close_streams(monkeypatch):
    """
    Close the SDK's streams for good, also those that have failed.

    Their own `close` refuses that. From Python 3.13 on their finalizers then raise, at any time
    later: what pytest reports of it would hit whichever test runs at that moment.
    """
    leave = StreamDecryptor.__exit__

    def leave_and_close(stream, *failure):
        try:
            return leave(stream, *failure)
        finally:
            io.IOBase.close(stream)

    for kind in (StreamDecryptor, StreamEncryptor):
        monkeypatch.setattr(kind, "__exit__", leave_and_close)


MESSAGE = b"attack at dawn" * 1000
CONTEXT = {"tenant": "7", "purpose": "test"}


@pytest.fixture
def sdk():
    """The SDK's client with its default policy, which requires key commitment."""
    return aws_encryption_sdk.EncryptionSDKClient()


# One for all providers: what a session costs is the models of AWS's services that it reads.
SESSION = {"botocore_session": botocore.session.Session()}


def strict(*key_ids):
    return StrictAwsKmsMasterKeyProvider(key_ids=key_ids, **SESSION)


def mrk_aware(*key_ids):
    return MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=key_ids, **SESSION)


def discovery():
    accounts = DiscoveryFilter(account_ids=[ACCOUNT], partition="aws")
    return DiscoveryAwsKmsMasterKeyProvider(discovery_filter=accounts, **SESSION)


def encrypt(sdk, provider, **more):
    return sdk.encrypt(source=MESSAGE, key_provider=provider, encryption_context=CONTEXT, **more)[0]


def decrypt(sdk, provider, message):
    """Return the plaintext, and of the message's context what we gave."""
    plaintext, header = sdk.decrypt(source=message, key_provider=provider)
    return plaintext, {name: header.encryption_context.get(name) for name in CONTEXT}


@pytest.mark.parametrize(
    "algorithm",
    [
        pytest.param(Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384, id="signed"),
        pytest.param(Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY, id="unsigned"),
    ],
)
def test_round_trip(kms, sdk, algorithm):
    """What the SDK encrypts under a key it decrypts under it, with the context it was given."""
    provider = strict(create_key(kms))

    message = encrypt(sdk, provider, algorithm=algorithm)

    assert (MESSAGE, CONTEXT) == decrypt(sdk, provider, message)


def test_older_suite(kms):
    """So it does with a suite of 16-byte data keys, which an older policy allows."""
    sdk = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    provider = strict(create_key(kms))

    message = encrypt(sdk, provider, algorithm=Algorithm.AES_128_GCM_IV12_TAG16_HKDF_SHA256)

    assert (MESSAGE, CONTEXT) == decrypt(sdk, provider, message)


def test_by_alias(kms, sdk):
    """Under an alias's ARN it encrypts; the message names the key, which discovery decrypts."""
    kms.create_alias(AliasName="alias/app", TargetKeyId=create_key(kms))
    message = encrypt(sdk, strict(f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"))

    assert (MESSAGE, CONTEXT) == decrypt(sdk, discovery(), message)


def test_two_keys(kms, kms_mock, sdk):
    """A message under two keys in two Regions opens as long as one of them is enabled."""
    here, there = create_key(kms), create_key(kms_mock.client(region_name="eu-west-1"))
    message = encrypt(sdk, strict(here, there))
    kms.disable_key(KeyId=here)

    assert (MESSAGE, CONTEXT) == decrypt(sdk, strict(there), message)
    with pytest.raises(DecryptKeyError):
        decrypt(sdk, strict(here), message)


def test_other_key(kms, sdk):
    """A message does not open under another key, not even one that it is made to name."""
    key_arn, other = create_key(kms), create_key(kms)
    message = encrypt(sdk, strict(key_arn))
    renamed = message.replace(key_arn.encode(), other.encode())

    with pytest.raises(DecryptKeyError):
        decrypt(sdk, strict(other), message)
    with pytest.raises(DecryptKeyError):
        decrypt(sdk, strict(other), renamed)  # IncorrectKeyException (wire-facts E17)


def test_other_context(kms, sdk):
    """A context that was changed in the message's header is refused by KMS (wire-facts E14)."""
    provider = strict(create_key(kms))
    message = encrypt(sdk, provider)
    before, after = b"tenant\0\x017", b"tenant\0\x018"
    changed = message.replace(before, after, 1)

    assert 1 == message.count(before)
    # Had KMS opened the data key, the SDK itself would find the header changed: another error.
    with pytest.raises(DecryptKeyError):
        decrypt(sdk, provider, changed)


def test_discovery(kms, sdk):
    """The discovery provider finds the key by the message."""
    message = encrypt(sdk, strict(create_key(kms)))

    assert (MESSAGE, CONTEXT) == decrypt(sdk, discovery(), message)


def test_deleted_key(kms, kms_mock, sdk):
    """A message is lost with its key."""
    key_arn = create_key(kms)
    message = encrypt(sdk, strict(key_arn))
    kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
    kms_mock.clock.advance(days=8)

    with pytest.raises(DecryptKeyError):
        decrypt(sdk, discovery(), message)


@pytest.mark.parametrize("kind", [SIGNING_P256, {"Origin": "EXTERNAL"}], ids=["ECDSA", "pending"])
def test_unfit_key(kms, sdk, kind):
    """A key that makes no data keys is the SDK's own error, as first and as second key."""
    unfit = create_key(kms, **kind)

    with pytest.raises(GenerateKeyError):
        encrypt(sdk, strict(unfit))
    with pytest.raises(EncryptKeyError):
        encrypt(sdk, strict(create_key(kms), unfit))


def test_after_rotation(kms, kms_mock, sdk):
    """A message outlives the rotation of its key (wire-facts E35)."""
    key_arn = create_key(kms)
    message = encrypt(sdk, strict(key_arn))
    kms.rotate_key_on_demand(KeyId=key_arn)
    kms_mock.clock.advance(hours=1)

    assert (MESSAGE, CONTEXT) == decrypt(sdk, strict(key_arn), message)


def test_multi_region_key(kms, kms_mock, sdk):
    """A message under a multi-Region key opens under its replica (rules ENC-13)."""
    primary = create_key(kms, MultiRegion=True)
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
    replica = primary.replace("us-east-1", "eu-west-1")
    kms_mock.clock.advance(minutes=1)
    message = encrypt(sdk, mrk_aware(primary))
    in_region = MRKAwareDiscoveryAwsKmsMasterKeyProvider(discovery_region="eu-west-1", **SESSION)

    assert (MESSAGE, CONTEXT) == decrypt(sdk, mrk_aware(replica), message)
    assert (MESSAGE, CONTEXT) == decrypt(sdk, in_region, message)


def test_caching(kms, sdk):
    """With a cache two messages share a data key, and both open without it."""
    provider = strict(create_key(kms))
    cache = aws_encryption_sdk.CachingCryptoMaterialsManager(
        master_key_provider=provider,
        cache=aws_encryption_sdk.LocalCryptoMaterialsCache(capacity=10),
        max_age=600.0,
        max_messages_encrypted=10,
    )
    messages = [
        sdk.encrypt(source=MESSAGE, materials_manager=cache, encryption_context=CONTEXT)
        for _ in range(2)
    ]
    (_, first), (_, second) = messages

    assert first.encrypted_data_keys == second.encrypted_data_keys
    assert [(MESSAGE, CONTEXT)] * 2 == [decrypt(sdk, provider, message) for message, _ in messages]
