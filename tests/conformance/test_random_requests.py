"""Whatever is sent to KMS, it answers as AWS might, and a refusal changes nothing."""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_kmsmock import KmsMock, NitroEnclave, mock_kms
from pytest_kmsmock._kms.service import Request, Response
from tests.conformance.minimal_requests import prepare
from tests.conformance.observation import Picture, observe
from tests.conformance.random_requests import Properties, bodies_of, encode
from tests.conformance.service_model import CALLABLE, INSTALLED, MODEL
from tests.conformance.stage import EXTERNAL, KINDS, MULTI_REGION, Stage
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, REGION, create_key

# Errors of any service of AWS, which no model lists (rules WIRE-11), and the one with which KMS
# guards the aliases of AWS services (wire-facts A3).
COMMON_ERRORS: Final = {
    "AccessDeniedException",
    "NotAuthorizedException",
    "SerializationException",
    "ValidationException",
}
# What the model does not list: wire-facts V10.
UNMODELED_ERRORS: Final = {"PutKeyPolicy": {"AlreadyExistsException"}}
# All other errors are 400 (wire-facts W3, W6, W21).
SERVER_FAULTS: Final = {
    "DependencyTimeoutException",
    "KMSInternalException",
    "KeyUnavailableException",
}
REGIONS: Final = (*[REGION] * 8, "us-west-2", "ap-south-2", "cn-north-1")


class Dice:
    """A source of the same bytes every time, so that a failure can be had again."""

    def __init__(self) -> None:
        self.token_bytes = random.Random(0).randbytes


@dataclass(kw_only=True)
class Scene:
    """A KMS with keys of many kinds, and what a request to one of its operations may speak of."""

    mock: KmsMock
    operation: str
    minimal: dict[str, Any]
    properties: Properties = field(default_factory=dict)

    @property
    def picture(self) -> Picture:
        return observe(self.mock._service.world)

    def send(self, body: bytes, region: str = REGION) -> Response:
        return self.mock._service.respond(
            Request(operation=self.operation, region=region, account_id=ACCOUNT, body=body)
        )


@contextmanager
def set_scene(operation: str) -> Iterator[Scene]:
    with mock_kms(region_name=REGION, account_id=ACCOUNT, isolated=True) as mock:
        mock.clock.move_to(datetime(2030, 1, 1, tzinfo=timezone.utc))
        mock.clock.freeze()
        mock._service.world.source = Dice()
        stage = Stage(mock=mock)
        minimal = prepare(stage, operation)
        properties = make_properties(stage)
        for member, value in minimal.items():
            shape = MODEL.operation_model(operation).input_shape.members[member].name
            others = properties.get(shape, [])
            # As likely as all others together: one that fits the rest of the request.
            properties[shape] = [value] * (len(others) + 1) + others
        yield Scene(mock=mock, operation=operation, minimal=minimal, properties=properties)


def make_properties(stage: Stage) -> dict[str, list[Any]]:
    """Fill the KMS, and collect values that mean something to it, by their shapes' names."""
    kms = stage.kms
    by_kind = {kind: stage.create(kind) for kind in KINDS if not kind.startswith("sm2")}
    symmetric, rsa, ed25519 = (by_kind[kind] for kind in ("symmetric", "rsa_encrypt", "ed25519"))
    keys = list(by_kind.values())
    primary, imported = stage.create(**MULTI_REGION), stage.create(**EXTERNAL)
    in_store = stage.create_in_key_store("EXTERNAL_KEY_STORE")
    replica = stage.replicate(primary)
    disabled, leaving = stage.create(), stage.create()
    kms.create_alias(AliasName="alias/app", TargetKeyId=symmetric)
    kms.tag_resource(KeyId=symmetric, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.enable_key_rotation(KeyId=primary)
    grant = kms.create_grant(
        KeyId=symmetric, GranteePrincipal=stage.principal, Operations=["Decrypt"], Name="g"
    )
    blobs = [
        kms.encrypt(KeyId=key, Plaintext=b"m")["CiphertextBlob"] for key in (disabled, in_store)
    ]
    stage.enter("Disabled", disabled)
    stage.enter("PendingDeletion", leaving)
    keys += [primary, replica, imported, in_store, disabled, leaving]
    identifiers = [*keys, *(key.rpartition("/")[2] for key in keys)]
    names = ["alias/app", "alias/none", "alias/aws/s3", "alias/aws/none"]
    foreign = [
        symmetric.replace(ACCOUNT, OTHER_ACCOUNT),
        symmetric.replace("us-east-1", "eu-west-1"),
        symmetric.replace("arn:aws:", "arn:aws-cn:"),
        symmetric.replace(":kms:", ":s3:"),
    ]
    arns = [f"arn:aws:kms:us-east-1:{ACCOUNT}:{name}" for name in names]
    policy = kms.get_key_policy(KeyId=symmetric)["Policy"]
    versions = kms.list_key_rotations(KeyId=imported, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    return {
        "Any": [*identifiers, *blobs, policy],
        "AttestationDocumentType": [attest()],
        "AliasNameType": [*names, "alias/new"],
        "BackingKeyIdType": [entry["KeyMaterialId"] for entry in versions["Rotations"]],
        "CiphertextType": [
            *blobs,
            kms.encrypt(KeyId=rsa, Plaintext=b"m", EncryptionAlgorithm="RSAES_OAEP_SHA_256")[
                "CiphertextBlob"
            ],
            kms.sign(KeyId=ed25519, Message=b"m", SigningAlgorithm="ED25519_SHA_512")["Signature"],
            kms.get_public_key(KeyId=rsa)["PublicKey"],
            stage.wrap(imported, bytes(32))["ImportToken"],
        ],
        "CustomKeyStoreIdType": [stage.describe(in_store)["CustomKeyStoreId"], "cks-0"],
        "CustomKeyStoreNameType": ["EXTERNAL_KEY_STORE", "new"],
        "CloudHsmClusterIdType": ["cluster-abcdefghijk", "cluster-bbbbbbbbbbb"],
        "GrantIdType": [grant["GrantId"], "0" * 64],
        "GrantNameType": ["g"],
        "GrantTokenType": [grant["GrantToken"]],
        "KeyIdType": [*identifiers, *names, *arns, *foreign],
        "MarkerType": [
            kms.list_keys(Limit=1)["NextMarker"],
            kms.list_aliases(Limit=1)["NextMarker"],
        ],
        "PolicyNameType": ["default"],
        "PolicyType": [policy, policy.replace("kms:*", "kms:Get*"), *broken_policies(policy)],
        "PrincipalIdType": [stage.principal, f"arn:aws:iam::{ACCOUNT}:role/r", "arn:aws:iam::1:x"],
        "RegionType": ["us-east-1", "us-west-2", "eu-west-1", "cn-north-1", "xx-nowhere-1"],
        "TagKeyType": ["a", "aws:a", "b"],
        "TrustAnchorCertificateType": ["-----BEGIN CERTIFICATE-----"],
        "KeyStorePasswordType": ["kmsPswd"],
        "XksKeyIdType": ["external-key", "other-key"],
        "XksProxyUriEndpointType": ["https://xks.example.com", "https://other.example.com"],
        "XksProxyUriPathType": ["/kms/xks/v1", "/a/kms/xks/v1"],
        "XksProxyAuthenticationAccessKeyIdType": ["ABCDEFGHIJKLMNOPQRST"],
        "XksProxyAuthenticationRawSecretAccessKeyType": ["A" * 43],
        "XksProxyVpcEndpointServiceNameType": ["com.amazonaws.vpce.us-east-1.vpce-svc-1"],
    }


@cache
def attest() -> bytes:
    return NitroEnclave().attestation_document()


def broken_policies(policy: str) -> Iterator[str]:
    """Spoil a good policy in one place each."""
    for spoilt in (None, [], {}, 0, "", "*", [None], {"AWS": None}, {"AWS": [1]}, {"Service": {}}):
        yield json.dumps(spoilt)
        for member in ("Version", "Id", "Statement"):
            yield json.dumps({**json.loads(policy), member: spoilt})
        for member in ("Sid", "Effect", "Principal", "Action", "Resource", "Condition"):
            document = json.loads(policy)
            document["Statement"][0][member] = spoilt
            yield json.dumps(document)
    yield policy.replace('"Sid"', '"Sid", "Sid"')


def check(scene: Scene, body: bytes, region: str, before: Picture) -> Picture:
    """Send a request; return the picture that the KMS gives afterwards."""
    response = scene.send(body, region)
    response.parsed()
    sent = response.body()
    after = scene.picture
    if response.error is None:
        assert 200 == response.status
        return after

    code = response.error.code
    modeled = {shape.name for shape in MODEL.operation_model(scene.operation).error_shapes}
    others = UNMODELED_ERRORS.get(scene.operation, set())
    assert code in modeled | COMMON_ERRORS | others
    assert response.status == (500 if code in SERVER_FAULTS else 400)
    assert json.loads(sent)["__type"] == code
    assert before == after
    return after


def send_at_random(operation: str, examples: int) -> None:
    """Send random requests to an operation, each to a KMS that no other request has changed."""
    kept: list[tuple[Scene, Picture]] = []
    scenes = ExitStack()

    @settings(
        max_examples=examples,
        deadline=None,
        print_blob=True,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(bodies_of(INSTALLED.operation_model(operation)), st.sampled_from(REGIONS))
    def send(drawn: Any, region: str) -> None:
        if not kept:
            scenes.close()
            scene = scenes.enter_context(set_scene(operation))
            kept.append((scene, scene.picture))
        scene, before = kept.pop()
        after = check(scene, encode(drawn, scene.minimal, scene.properties), region, before)
        if before == after:
            kept.append((scene, before))

    with scenes:
        send()


@pytest.mark.sweep(7)
@pytest.mark.parametrize("operation", CALLABLE)
def test_random_requests(operation: str) -> None:
    """Every answer is one of AWS's, and a refused request has changed nothing."""
    send_at_random(operation, 8)


@pytest.mark.slow
@pytest.mark.parametrize("operation", CALLABLE)
def test_many_random_requests(operation: str) -> None:
    """Every answer is one of AWS's, and a refused request has changed nothing, for longer."""
    send_at_random(operation, 150)


def test_describe_key_with_no_grant_token(kms: Any) -> None:
    """DescribeKey, whose model has no refusal of a grant token, takes any string (assumed)."""
    key = create_key(kms)

    assert key == kms.describe_key(KeyId=key, GrantTokens=["no token"])["KeyMetadata"]["Arn"]
