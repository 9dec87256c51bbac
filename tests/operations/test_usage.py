"""GetKeyLastUsage, and what counts as a use."""

import uuid
from datetime import datetime, timezone

import pytest
import time_machine

from tests.todays_client import todays_client
from tests.vocabulary import create_key, members, refusal


def last_usage(kms, key):
    return kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]


TRACKING_SINCE = datetime(2026, 4, 23, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("made", "tracked"),
    [
        (datetime(2021, 5, 1, tzinfo=timezone.utc), TRACKING_SINCE),
        (datetime(2026, 4, 22, 23, 59, 59, tzinfo=timezone.utc), TRACKING_SINCE),
        (datetime(2031, 5, 1, tzinfo=timezone.utc), datetime(2031, 5, 1, tzinfo=timezone.utc)),
    ],
    ids=["long before", "just before", "after"],
)
def test_get_key_last_usage_of_an_unused_key(kms, made, tracked):
    """The record is empty, kept since the key was made or AWS keeps any (wire-facts V17; USE-1)."""
    with time_machine.travel(made, tick=False):
        key_id = create_key(kms).rpartition("/")[2]

    assert {
        "KeyId": key_id,
        "KeyLastUsage": {},
        "TrackingStartDate": tracked,
        "KeyCreationDate": made,
    } == members(kms.get_key_last_usage(KeyId=key_id))


def test_get_key_last_usage_of_a_used_key(kms, kms_mock):
    """The last successful use is recorded with its operation, time and request (rules USE-2)."""
    key = create_key(kms)
    kms.encrypt(KeyId=key, Plaintext=b"x")
    kms_mock.clock.freeze()
    kms_mock.clock.advance(hours=1)
    used = kms.generate_data_key(KeyId=key, KeySpec="AES_256")

    usage = last_usage(kms, key)

    event_id = uuid.UUID(usage.pop("CloudTrailEventId"))
    assert event_id.int
    assert {
        "Operation": "GenerateDataKey",
        "Timestamp": kms_mock.clock.now(),
        "KmsRequestId": used["ResponseMetadata"]["RequestId"],
    } == usage


def test_get_key_last_usage_of_every_cryptographic_operation(kms):
    """Each operation that the model lists leaves its name (rules USE-2)."""
    symmetric = create_key(kms)
    signing = create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    agreement = create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    hmac = create_key(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    encapsulating = create_key(kms, KeySpec="ML_KEM_512", KeyUsage="ENCAPSULATE_DECAPSULATE")
    blob = kms.encrypt(KeyId=symmetric, Plaintext=b"x")["CiphertextBlob"]
    encapsulated = {"KeyId": encapsulating, "EncapsulationAlgorithm": "ML_KEM"}
    message = {"KeyId": signing, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**message)["Signature"]
    macced = {"KeyId": hmac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
    mac = kms.generate_mac(**macced)["Mac"]
    peer = kms.get_public_key(KeyId=agreement)["PublicKey"]
    pair = {"KeyId": symmetric, "KeyPairSpec": "ECC_NIST_P256"}
    uses = {
        "Encrypt": (symmetric, lambda: kms.encrypt(KeyId=symmetric, Plaintext=b"x")),
        "Decrypt": (symmetric, lambda: kms.decrypt(CiphertextBlob=blob)),
        "ReEncrypt": (
            symmetric,
            lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=symmetric),
        ),
        "GenerateDataKey": (
            symmetric,
            lambda: kms.generate_data_key(KeyId=symmetric, NumberOfBytes=7),
        ),
        "GenerateDataKeyWithoutPlaintext": (
            symmetric,
            lambda: kms.generate_data_key_without_plaintext(KeyId=symmetric, NumberOfBytes=7),
        ),
        "GenerateDataKeyPair": (symmetric, lambda: kms.generate_data_key_pair(**pair)),
        "GenerateDataKeyPairWithoutPlaintext": (
            symmetric,
            lambda: kms.generate_data_key_pair_without_plaintext(**pair),
        ),
        "Sign": (signing, lambda: kms.sign(**message)),
        "Verify": (signing, lambda: kms.verify(**message, Signature=signature)),
        "GenerateMac": (hmac, lambda: kms.generate_mac(**macced)),
        "VerifyMac": (hmac, lambda: kms.verify_mac(**macced, Mac=mac)),
        "DeriveSharedSecret": (
            agreement,
            lambda: kms.derive_shared_secret(
                KeyId=agreement, KeyAgreementAlgorithm="ECDH", PublicKey=peer
            ),
        ),
        "Encapsulate": (encapsulating, lambda: kms.encapsulate(**encapsulated)),
        "Decapsulate": (
            encapsulating,
            lambda: kms.decapsulate(**encapsulated, SharedSecretCiphertextBlob=bytes(768)),
        ),
    }
    listed = kms.meta.service_model.shape_for("KeyLastUsageTrackingOperation").enum

    assert set(listed) == set(uses)
    for operation, (key, use) in uses.items():
        use()
        assert operation == last_usage(kms, key)["Operation"]


def test_get_key_last_usage_after_re_encrypt(kms):
    """ReEncrypt is recorded on both of its keys (rules USE-4)."""
    source, destination = create_key(kms), create_key(kms)
    blob = kms.encrypt(KeyId=source, Plaintext=b"x")["CiphertextBlob"]

    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=destination)

    assert ["ReEncrypt"] * 2 == [last_usage(kms, key)["Operation"] for key in (source, destination)]


def test_get_key_last_usage_of_replicas(kms, kms_mock):
    """Related multi-Region keys keep their own records (rules USE-4)."""
    key = create_key(kms, MultiRegion=True)
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    kms.encrypt(KeyId=key, Plaintext=b"x")

    assert {} == last_usage(todays_client(kms_mock, "eu-west-1"), key.rpartition("/")[2])


@pytest.mark.parametrize("what", ["describe", "public-key", "failure", "dry-run"])
def test_get_key_last_usage_of_what_does_not_count(kms, what):
    """Reading, failing and trying are no uses (rules USE-3, DRY-4)."""
    key = create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    message = {"KeyId": key, "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    if what == "describe":
        kms.describe_key(KeyId=key)
    elif what == "public-key":
        kms.get_public_key(KeyId=key)
    elif what == "failure":
        assert "KMSInvalidSignatureException" == refusal(kms.verify, **message, Signature=b"x")[0]
    else:
        assert "DryRunOperationException" == refusal(kms.sign, **message, DryRun=True)[0]

    assert {} == last_usage(kms, key)


def test_get_key_last_usage_by_alias(kms):
    """GetKeyLastUsage takes no alias (rules USE-6)."""
    assert (
        "InvalidArnException",
        "Key Aliases are not supported for this operation.",
    ) == refusal(kms.get_key_last_usage, KeyId="alias/app")
