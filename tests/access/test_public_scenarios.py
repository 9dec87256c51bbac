"""The worked cases once more, set up and asked as a test would: by handles and a client."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest
import time_machine
from botocore import xform_name
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock, PrincipalHandle, mock_kms
from tests.access.staging import ANY_BLOB, PUBLIC_KEY
from tests.access.test_scenarios import SCENARIOS, expected_message
from tests.todays_client import make_todays_client

NOON: Final = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
BLOBS: Final = (
    "CiphertextBlob",
    "EncryptedKeyMaterial",
    "ImportToken",
    "Mac",
    "Message",
    "Plaintext",
    "PublicKey",
    "Signature",
)


class Play:
    """A mock in which one scenario is played."""

    def __init__(self, mock: KmsMock, scenario: Mapping[str, Any]) -> None:
        self.mock = mock
        self.scenario = scenario
        self.grants: dict[str, Any] = {}
        self.made: dict[str, str] = {}  # key id -> where it was made

    def set_up(self) -> None:
        scenario = self.scenario
        keys = [scenario[name] for name in ("key", "other_key") if name in scenario]
        is_replica = [key.get("multi_region_key_type") == "REPLICA" for key in keys]
        for _, key in sorted(zip(is_replica, keys, strict=True), key=lambda pair: pair[0]):
            self.make_key(key)
        for key in keys:
            self.put_policy(key)
        if account_id := self.caller_account:
            self.mock.account(
                account_id,
                org_id=scenario["caller"].get("org"),
                service_control_policies=scenario.get("scps", []),
            )
        if "key" in scenario:
            self.mock.account(
                scenario["key"]["arn"].split(":")[4],
                org_id=scenario["key"].get("org"),
                resource_control_policies=scenario.get("rcps", []),
            )
        grants = scenario.get("grants", [])
        for grant in [one for one in grants if one.get("settled", True)]:
            self.make_grant(grant)
        self.mock.clock.move_to(NOON)
        for grant in [one for one in grants if not one.get("settled", True)]:
            self.make_grant(grant)

    def make_key(self, described: Mapping[str, Any]) -> None:
        """Make a key under the default policy, and do all that needs it."""
        _, _, _, region, account_id, resource = described["arn"].split(":")
        key_id = resource.removeprefix("key/")
        client = self.mock.account(account_id).client(region)
        if described.get("multi_region_key_type") == "REPLICA":
            primary = self.made.get(key_id)
            if primary is None:
                primary = "eu-west-1" if region != "eu-west-1" else "us-east-1"
                self.create(primary, account_id, key_id, described)
            relative = self.mock.account(account_id).client(primary)
            relative.replicate_key(KeyId=key_id, ReplicaRegion=region)
        else:
            self.create(region, account_id, key_id, described)
        for alias in described.get("aliases", []):
            client.create_alias(AliasName=alias, TargetKeyId=key_id)

    def put_policy(self, described: Mapping[str, Any]) -> None:
        _, _, _, region, account_id, resource = described["arn"].split(":")
        self.mock.account(account_id).client(region).put_key_policy(
            KeyId=resource.removeprefix("key/"),
            Policy=json.dumps(described["policy"]),
            BypassPolicyLockoutSafetyCheck=True,
        )

    def create(
        self, region: str, account_id: str, key_id: str, described: Mapping[str, Any]
    ) -> None:
        self.made[key_id] = region
        self.mock.create_key(
            key_id=key_id,
            region_name=region,
            account_id=account_id,
            tags=described.get("tags", {}),
            KeySpec=described.get("spec", "SYMMETRIC_DEFAULT"),
            KeyUsage=described.get("usage", "ENCRYPT_DECRYPT"),
            Origin=described.get("origin", "AWS_KMS"),
            MultiRegion=described.get("multi_region", False),
        )

    def make_grant(self, grant: Mapping[str, Any]) -> None:
        arn = grant.get("key") or self.scenario["key"]["arn"]
        _, _, _, region, account_id, resource = arn.split(":")
        if arn not in [self.scenario.get(name, {}).get("arn") for name in ("key", "other_key")]:
            self.create(region, account_id, resource.removeprefix("key/"), {})
        made = self.mock.create_grant(
            arn,
            grantee=grant["grantee"],
            operations=grant["operations"],
            constraints=grant.get("constraints"),
            retiring=grant.get("retiring"),
            issuing_account=grant.get("issuing_account"),
        )
        self.grants[grant["id"]] = self.grants[grant["token"]] = made

    @property
    def caller_account(self) -> str:
        arn = self.scenario["caller"]["arn"]
        return arn.split(":")[4] if arn.startswith("arn:") else ""

    def caller(self) -> PrincipalHandle:
        """Declare the caller as its ARN, its policies and its context say."""
        scenario, caller = self.scenario, self.scenario["caller"]
        arn, sessions = caller["arn"], scenario.get("session_policies", [])
        start, _, name = arn.rpartition("/")
        known = {
            "policies": scenario["identity_policies"],
            "boundary": scenario.get("permissions_boundary"),
            "tags": caller.get("tags"),
        }
        if not arn.startswith("arn:"):
            handle = self.mock.service(arn)
        elif arn.endswith(":root"):
            handle = self.mock.root(self.caller_account)
        elif ":assumed-role/" in arn:
            role = start.replace(":sts:", ":iam:").replace("assumed-role", "role")
            handle = self.mock.role(caller.get("role_arn") or role, **known)
            handle = handle.assume(name, policies=sessions)
        elif ":federated-user/" in arn:
            user = self.mock.user("federating", account_id=self.caller_account, **known)
            handle = user.federate(name, sessions)
        else:
            handle = self.mock.user(arn, **known)
        if via := scenario["request"].get("via_service"):
            handle = handle.via(via)
        context = dict(scenario.get("context", {}))
        if "userid" in caller:
            context["aws:userid"] = caller["userid"]
        return handle.in_context(context, endpoint_policy=scenario.get("vpce_policy"))

    def ask(self) -> tuple[str, str] | None:
        """Ask what the scenario asks; return the refusal, if KMS refuses."""
        request = self.scenario["request"]
        given = {name: self.fill(name, value) for name, value in request["params"].items()}
        if tokens := request.get("grant_tokens"):
            given["GrantTokens"] = [self.grants[token].grant_token for token in tokens]
        region = self.scenario.get("region") or (
            self.scenario["key"]["arn"].split(":")[3] if "key" in self.scenario else "us-west-2"
        )
        client = make_todays_client(region, validates=False)
        with self.mock.acting_as(self.caller()):
            try:
                getattr(client, xform_name(request["operation"]))(**given)
            except ClientError as error:
                return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return None

    def fill(self, name: str, value: Any) -> Any:
        """Put in what the mock gives, and decode what a client takes as bytes."""
        if name == "GrantId" and value in self.grants:
            return self.grants[value].grant_id
        if name not in BLOBS:
            return value
        if value != ANY_BLOB:
            return base64.b64decode(value)
        if name == "PublicKey":
            return base64.b64decode(PUBLIC_KEY)
        return self.encrypt() if name == "CiphertextBlob" else b"any"

    def encrypt(self) -> bytes:
        key, given = self.scenario["key"], self.scenario["request"]["params"]
        if key.get("usage", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT" or key.get("spec"):
            return b"any"
        blob = base64.b64encode(self.scenario["id"].encode())
        self.mock.register_ciphertext(
            blob,
            b"hi",
            key=key["arn"],
            encryption_context=given.get("EncryptionContext")
            or given.get("SourceEncryptionContext"),
            region_name=key["arn"].split(":")[3],
        )
        return blob


@pytest.mark.sweep(5)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[case["id"] for case in SCENARIOS])
def test_public_scenario(scenario):
    """Each case is decided, and refused in the words, that it says: for a client, by handles."""
    is_eventual = any(grant.get("settled") is False for grant in scenario.get("grants", []))
    consistency = "eventual" if is_eventual else "immediate"
    account_id = scenario.get("key", {}).get("arn", "::::111122223333").split(":")[4]
    age = timedelta(days=scenario.get("key", {}).get("days_without_usage", 0), hours=1)
    with (
        time_machine.travel(NOON - age, tick=False),
        mock_kms(consistency=consistency, account_id=account_id) as mock,
    ):
        play = Play(mock, scenario)
        play.set_up()
        refused = play.ask()
        decision = mock.calls.last.decision

    assert decision is not None, refused
    assert (scenario["expected"]["decision"] == "allow") is decision.allowed, decision.explain()
    if (message := expected_message(scenario)) is not None:
        assert ("AccessDeniedException", message) == refused
