"""`KmsMock`, as a test that annotates the fixture `kms_mock` has it."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import boto3
import botocore.session
from botocore.exceptions import ReadTimeoutError
from typing_extensions import assert_type

from pytest_kmsmock import (
    Call,
    Calls,
    Fault,
    Hold,
    KeyHandle,
    KeyStoreHandle,
    KmsMock,
    NitroEnclave,
    Snapshot,
    UnfiredFaults,
)


def use_attributes(kms_mock: KmsMock) -> None:
    assert_type(kms_mock.account_id, str)
    assert_type(kms_mock.region_name, str)
    assert_type(kms_mock.wire, bool)
    assert_type(kms_mock.auto_create_keys, bool)
    assert_type(kms_mock.unfired_faults, Literal["error", "ignore"])
    assert_type(kms_mock.strict.outside, Literal["allow", "error"])
    kms_mock.region_name = "eu-west-1"  # type: ignore[misc]


def use_sessions(kms_mock: KmsMock) -> None:
    assert_type(kms_mock.session(), botocore.session.Session)
    assert_type(kms_mock.boto3_session(), boto3.session.Session)


def use_clock(kms_mock: KmsMock) -> None:
    assert_type(kms_mock.clock.now(), dt.datetime)
    kms_mock.clock.advance(days=366, hours=1.5)
    kms_mock.clock.advance(dt.timedelta(days=1))
    kms_mock.clock.move_to(dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc))
    kms_mock.clock.freeze()
    kms_mock.clock.advance(years=1)  # type: ignore[call-arg]


def use_known_keys(kms_mock: KmsMock) -> None:
    key = kms_mock.create_key(
        key_id="12345678-1234-1234-1234-123456789012",
        material=b"0" * 32,
        alias="app",
        tags={"team": "x"},
        region_name="eu-west-1",
        KeyUsage="ENCRYPT_DECRYPT",
    )
    assert_type(key, KeyHandle)
    assert_type(key.key_id, str)
    assert_type(key.arn, str)
    assert_type(key.region_name, str)
    assert_type(key.public_key(), bytes)
    assert_type(key.material(), bytes)
    assert_type(kms_mock.load("keys.toml"), list[KeyHandle])
    assert_type(kms_mock.load(Path("keys.toml")), list[KeyHandle])
    kms_mock.register_ciphertext(b"blob", b"hi", key=key, encryption_context={"tenant": "7"})
    kms_mock.share_key(key, "210987654321", actions=["kms:Decrypt"])
    kms_mock.unshare_key(key.arn, "210987654321", region_name="eu-west-1")
    key.share("210987654321", actions={"kms:Decrypt"})
    key.unshare("210987654321")
    kms_mock.share_key(key)  # type: ignore[call-arg]
    kms_mock.seed(42)
    snapshot = kms_mock.snapshot()
    assert_type(snapshot, Snapshot)
    kms_mock.restore(snapshot)
    kms_mock.reset()
    kms_mock.create_key(key_id=1)  # type: ignore[arg-type]
    kms_mock.register_ciphertext(b"blob", b"hi")  # type: ignore[call-arg]


def use_calls(kms_mock: KmsMock) -> None:
    assert_type(kms_mock.calls, Calls)
    assert_type(kms_mock.calls[0], Call)
    assert_type(kms_mock.calls[1:], Calls)
    assert_type(kms_mock.calls.of("Decrypt").last.parameters, dict[str, Any])
    assert_type([call.operation for call in kms_mock.calls], list[str])
    assert_type(kms_mock.calls.last.time, dt.datetime)
    kms_mock.assert_called("Decrypt", times=1, EncryptionContext={"tenant": "7"})
    kms_mock.assert_not_called("ScheduleKeyDeletion")
    kms_mock.calls.last.operation = "Encrypt"  # type: ignore[misc]


def use_faults(kms_mock: KmsMock) -> None:
    def is_of_tenant(call: Call) -> object:
        return call.parameters["EncryptionContext"] == {"tenant": "7"}

    assert_type(kms_mock.fail("Decrypt", "ThrottlingException", times=2, after=1), Fault)
    assert_type(kms_mock.fail("*", ReadTimeoutError, times=None, when=is_of_tenant), Fault)
    with kms_mock.delay("Decrypt", seconds=1.5) as fault:
        assert_type(fault, Fault)
        assert_type(fault.fired, int)
    failures: list[type[AssertionError]] = [UnfiredFaults]
    assert_type(failures, list[type[AssertionError]])
    kms_mock.fail("Decrypt")  # type: ignore[call-arg]
    kms_mock.fail("Encrpt", "ThrottlingException")  # type: ignore[arg-type]
    kms_mock.delay("Encrpt", 1)  # type: ignore[arg-type]
    assert_type(kms_mock.hold("*", limit=1.5), Hold)
    kms_mock.hold("Encrpt")  # type: ignore[arg-type]
    assert_type(kms_mock.alter("Decrypt", {"Plaintext": b""}), Fault)
    kms_mock.alter("Encrpt", {})  # type: ignore[arg-type]


def use_names(kms_mock: KmsMock) -> None:
    kms_mock.assert_called("Encrpt")  # type: ignore[arg-type]
    kms_mock.assert_not_called("Encrpt")  # type: ignore[arg-type]
    kms_mock.calls.of("Encrpt")  # type: ignore[arg-type]
    kms_mock.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", MultiRegion=True)
    kms_mock.create_key(KeySpec="HMAC_255")  # type: ignore[arg-type]
    kms_mock.create_key(key_spec="HMAC_256")  # type: ignore[call-arg]


def use_key_stores(kms_mock: KmsMock) -> None:
    store = kms_mock.key_store("my-store", "AWS_CLOUDHSM")
    assert_type(store, KeyStoreHandle)
    assert_type(store.custom_key_store_id, str)
    assert_type(kms_mock.cloudhsm_cluster("cluster-abcdefghijk"), KeyStoreHandle)
    assert_type(kms_mock.external_key_manager("https://xks.example.com/kms"), KeyStoreHandle)
    kms_mock.key_store("my-store", "CLOUDHSM")  # type: ignore[arg-type]


def use_enclave(enclave: NitroEnclave) -> None:
    assert_type(enclave.attestation_document(), bytes)
    assert_type(enclave.open(b"ciphertext"), bytes)
