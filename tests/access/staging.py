"""Sets up what a scenario describes, asks what it asks, and tells the decision."""

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import time_machine

from pytest_kmsmock._kms.crypto.seeded import SeededRandomness
from pytest_kmsmock._kms.domain.principals import Document, Identity, Session
from pytest_kmsmock._kms.domain.seeds import KeySeed
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.service import Request, Response, Service

NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
ANY_BLOB = "…"
# A point of P-256, as a SubjectPublicKeyInfo.
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n"
    "60p8D54WK84zV2sxXs7LtkBoN79R9Q=="
)


class Stage:
    """A KMS in which one scenario is played."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.scenario = scenario
        self.service = Service(World(source=SeededRandomness("scenario")))
        self.world = self.service.world
        # A key may have had more aliases before its quota was lowered.
        self.world.quotas = replace(self.world.quotas, aliases_per_key=100)
        self.grants: dict[str, dict[str, str]] = {}
        keys = [scenario[name] for name in ("key", "other_key") if name in scenario]
        self.service.access.waits_for_grants = any(
            grant.get("settled") is False for grant in scenario.get("grants", [])
        )
        # A replica comes after its primary.
        for key in sorted(keys, key=lambda key: key.get("multi_region_key_type") == "REPLICA"):
            self.make_key(key)
        self.declare_accounts()
        for grant in scenario.get("grants", []):
            self.make_grant(grant)

    def set_up(
        self, operation: str, region: str, account_id: str, members: dict[str, Any], **others: Any
    ) -> dict[str, Any]:
        response = self.service.respond(
            Request(
                operation=operation,
                region=region,
                account_id=account_id,
                body=json.dumps(members).encode(),
                is_setup=True,
                **others,
            )
        )
        assert response.error is None, response.error
        return response.result or {}

    def make_key(self, described: dict[str, Any]) -> None:
        _, _, _, region, account_id, resource = described["arn"].split(":")
        key_id = resource.removeprefix("key/")
        place = self.world.account(account_id)
        is_relative = any(key_id in other.keys for other in place.regions.values())
        members: dict[str, Any] = {"Policy": json.dumps(described["policy"])}
        if described.get("tags"):
            members["Tags"] = [
                {"TagKey": name, "TagValue": value} for name, value in described["tags"].items()
            ]
        if described.get("multi_region_key_type") == "REPLICA" and not is_relative:
            primary = "eu-west-1" if region != "eu-west-1" else "us-east-1"
            self.create(primary, account_id, key_id, described, {})
            is_relative = True
        if is_relative:
            (source,) = [name for name, other in place.regions.items() if key_id in other.keys][:1]
            self.set_up(
                "ReplicateKey",
                source,
                account_id,
                {"KeyId": key_id, "ReplicaRegion": region, **members},
            )
        else:
            self.create(region, account_id, key_id, described, members)
        key = place.region(region).keys[key_id]
        if described.get("manager") == "AWS":
            key.family.manager = "AWS"
        for alias in described.get("aliases", []):
            self.set_up(
                "CreateAlias",
                region,
                account_id,
                {"AliasName": alias, "TargetKeyId": key_id},
            )
        if "days_without_usage" in described:
            key.creation_date = NOON - timedelta(days=described["days_without_usage"])

    def create(
        self,
        region: str,
        account_id: str,
        key_id: str,
        described: dict[str, Any],
        members: dict[str, Any],
    ) -> None:
        members = {
            "KeySpec": described.get("spec", "SYMMETRIC_DEFAULT"),
            "KeyUsage": described.get("usage", "ENCRYPT_DECRYPT"),
            "Origin": described.get("origin", "AWS_KMS"),
            "MultiRegion": described.get("multi_region", False),
            **members,
        }
        self.set_up("CreateKey", region, account_id, members, seed=KeySeed(key_id=key_id))

    def declare_accounts(self) -> None:
        scenario = self.scenario
        account = self.world.account(self.caller_account)
        account.org_id = scenario["caller"].get("org")
        account.service_control_policies = levels(scenario.get("scps", []))
        if "key" in scenario:
            owner = self.world.account(scenario["key"]["arn"].split(":")[4])
            owner.org_id = scenario["key"].get("org") or owner.org_id
            owner.resource_control_policies = levels(scenario.get("rcps", []))

    def make_grant(self, grant: dict[str, Any]) -> None:
        arn = grant.get("key") or self.scenario["key"]["arn"]
        _, _, _, region, account_id, resource = arn.split(":")
        key_id = resource.removeprefix("key/")
        if key_id not in self.world.account(account_id).region(region).keys:
            self.create(region, account_id, key_id, {}, {})
        members = {
            "KeyId": arn,
            "GranteePrincipal": grant["grantee"],
            "Operations": grant["operations"],
        }
        if grant.get("constraints"):
            members["Constraints"] = grant["constraints"]
        if grant.get("retiring"):
            members["RetiringPrincipal"] = grant["retiring"]
        is_old = grant.get("settled", True) and self.service.access.waits_for_grants
        with time_machine.travel(NOON - timedelta(hours=is_old), tick=False):
            made = self.set_up(
                "CreateGrant", region, grant.get("issuing_account", account_id), members
            )
        self.grants[grant["id"]] = made
        self.grants[grant["token"]] = made
        if grant.get("retired"):
            named = {"KeyId": arn, "GrantId": made["GrantId"]}
            self.set_up("RevokeGrant", region, account_id, named)

    @property
    def caller_account(self) -> str:
        arn = self.scenario["caller"]["arn"]
        return arn.split(":")[4] if arn.startswith("arn:") else ""

    @property
    def region(self) -> str:
        if "region" in self.scenario:
            return self.scenario["region"]
        return self.scenario["key"]["arn"].split(":")[3] if "key" in self.scenario else "us-west-2"

    def declare_caller(self) -> str:
        """Declare the caller, and return the access key id."""
        scenario, caller = self.scenario, self.scenario["caller"]
        arn, name = caller["arn"], None
        identity = arn
        if ":assumed-role/" in arn:
            start, role, name = arn.rsplit("/", 2)
            plain = f"arn:{start.split(':')[1]}:iam::{self.caller_account}:role/{role}"
            identity = caller.get("role_arn") or plain
        elif ":federated-user/" in arn:
            name = arn.rpartition("/")[2]
            identity = f"arn:{arn.split(':')[1]}:iam::{self.caller_account}:user/federating"
        boundary = scenario.get("permissions_boundary")
        self.world.principals.put(
            Identity(
                arn=identity,
                account_id=self.caller_account,
                policies=documents(scenario["identity_policies"]),
                boundary=documents([boundary])[0] if boundary else None,
                tags=caller.get("tags", {}),
            )
        )
        context = {
            key: None if value is None else texts(value)
            for key, value in scenario.get("context", {}).items()
        }
        if "userid" in caller:
            context["aws:userid"] = (caller["userid"],)
        via = scenario["request"].get("via_service")
        endpoint_policy = scenario.get("vpce_policy")
        session = Session(
            identity=identity,
            name=name,
            policies=documents(scenario.get("session_policies", [])),
            via=(via,) if via else (),
            context=context,
            endpoint_policy=documents([endpoint_policy])[0] if endpoint_policy else None,
        )
        return self.world.principals.issue(session, NOON)

    def ask(self) -> Response:
        request = self.scenario["request"]
        members = {name: self.fill(name, value) for name, value in request["params"].items()}
        if tokens := request.get("grant_tokens"):
            members["GrantTokens"] = [self.grants[token]["GrantToken"] for token in tokens]
        return self.service.respond(
            Request(
                operation=request["operation"],
                region=self.region,
                account_id=self.caller_account or "111122223333",
                body=json.dumps(members).encode(),
                access_key_id=self.declare_caller(),
            )
        )

    def fill(self, name: str, value: Any) -> Any:
        """Put in what the mock gives: grant ids, tokens and ciphertexts."""
        if name == "GrantId" and value in self.grants:
            return self.grants[value]["GrantId"]
        if name == "GrantToken" and value in self.grants:
            return self.grants[value]["GrantToken"]
        if value != ANY_BLOB:
            return value
        if name == "PublicKey":
            return PUBLIC_KEY
        return self.encrypt() if name == "CiphertextBlob" else base64.b64encode(b"any").decode()

    def encrypt(self) -> str:
        key, params = self.scenario["key"], self.scenario["request"]["params"]
        if key.get("usage", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT" or key.get("spec"):
            return base64.b64encode(b"any").decode()
        context = params.get("EncryptionContext") or params.get("SourceEncryptionContext") or {}
        _, _, _, region, account_id, _ = key["arn"].split(":")
        made = self.set_up(
            "Encrypt",
            region,
            account_id,
            {"KeyId": key["arn"], "Plaintext": "aGk=", "EncryptionContext": context},
        )
        return base64.b64encode(made["CiphertextBlob"]).decode()


def texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def documents(given: list[dict[str, Any]]) -> tuple[Document, ...]:
    return tuple(Document(json.dumps(document)) for document in given)


def levels(given: list[list[dict[str, Any]]]) -> tuple[tuple[Document, ...], ...]:
    return tuple(documents(level) for level in given)


def play(scenario: dict[str, Any]) -> Response:
    """Play a scenario at its time, and return KMS's answer."""
    with time_machine.travel(NOON, tick=False):
        return Stage(scenario).ask()
