"""`KmsMock`, as a test that annotates the fixture `kms_mock` has it."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import boto3
import botocore.session
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ReadTimeoutError
from typing_extensions import assert_type

from pytest_kmsmock import (
    FULL_AWS_ACCESS,
    AccountHandle,
    Call,
    Calls,
    Decision,
    Fault,
    GrantHandle,
    Hold,
    KeyHandle,
    KeyStoreHandle,
    KmsAccessWarning,
    KmsMock,
    KmsPolicyWarning,
    NitroEnclave,
    PrincipalHandle,
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


def use_principals(kms_mock: KmsMock) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    worker = kms_mock.role("worker", policies=[policy, "{}"], boundary=policy, tags={"a": "b"})
    assert_type(worker, PrincipalHandle)
    assert_type(kms_mock.user("alice", account_id="444455556666"), PrincipalHandle)
    assert_type(kms_mock.root(), PrincipalHandle)
    assert_type(kms_mock.service("sns.amazonaws.com", source_arn="arn:x"), PrincipalHandle)
    assert_type(kms_mock.caller, PrincipalHandle)
    assert_type(worker.arn, str)
    assert_type(worker.credentials, ReadOnlyCredentials)
    assert_type(worker.session(), botocore.session.Session)
    assert_type(worker.boto3_session(), boto3.session.Session)
    boto3.client("kms", **worker.client_keywords)
    key = kms_mock.create_key(account_id="444455556666", Policy=policy)
    condition = {"StringEquals": {"kms:EncryptionContext:tenant": ["7", "8"]}}
    assert_type(worker.allow("kms:Encrypt", "kms:Decrypt", resource=key), PrincipalHandle)
    assert_type(worker.deny("kms:Encrypt", condition=condition), PrincipalHandle)
    assert_type(worker.attach(policy, arn="arn:aws:iam::1:policy/x").detach_all(), PrincipalHandle)
    assert_type(worker.assume("job", policies=[policy], tags={"a": "b"}), PrincipalHandle)
    assert_type(kms_mock.user("alice").federate("bob", policy), PrincipalHandle)
    assert_type(worker.via("s3").in_context({"aws:SourceIp": None}), PrincipalHandle)
    with kms_mock.acting_as(worker), kms_mock.acting_as("root"):
        kms_mock.client().list_keys()
    worker.arn = "arn:x"  # type: ignore[misc]
    kms_mock.acting_as(1)  # type: ignore[arg-type]
    kms_mock.role("worker", policy)  # type: ignore[call-arg]


def use_accounts(kms_mock: KmsMock) -> None:
    account = kms_mock.account(
        "444455556666",
        org_id="o-x",
        service_control_policies=[[FULL_AWS_ACCESS], [{"Version": "2012-10-17"}]],
        resource_control_policies=[FULL_AWS_ACCESS],
    )
    assert_type(account, AccountHandle)
    assert_type(account.role("worker"), PrincipalHandle)
    assert_type(account.create_key(alias="app"), KeyHandle)
    grant = kms_mock.create_grant(
        account.create_key(),
        grantee=account.user("alice"),
        operations=["Decrypt"],
        constraints={"EncryptionContextSubset": {"tenant": "7"}},
        retiring="root",
    )
    assert_type(grant, GrantHandle)
    assert_type((grant.grant_id, grant.grant_token), tuple[str, str])


def use_decisions(kms_mock: KmsMock) -> None:
    assert_type(kms_mock.calls.by(kms_mock.role("worker")), Calls)
    assert_type(kms_mock.calls.last.decision, Decision | None)
    decision = kms_mock.calls.last.decision
    assert decision is not None
    assert_type((decision.allowed, decision.action, decision.explain()), tuple[bool, str, str])
    least = kms_mock.least_privilege(kms_mock.account("444455556666"))
    assert_type(least.identity_policy, dict[str, Any] | None)
    assert_type(least.key_policy_statements, dict[str, list[dict[str, Any]]])
    kms_mock.least_privilege("role/worker")  # type: ignore[arg-type]
    kinds: list[type[UserWarning]] = [KmsAccessWarning, KmsPolicyWarning]
    assert_type(kinds, list[type[UserWarning]])


def use_enclave(enclave: NitroEnclave) -> None:
    assert_type(enclave.attestation_document(), bytes)
    assert_type(enclave.open(b"ciphertext"), bytes)
