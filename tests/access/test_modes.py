"""What becomes of a denial: enforced, only warned of, or not asked for."""

import json
from typing import Any

import pytest

from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.service import Request, Response, Service
from tests.access.cases import KEY_ADMIN, OTHER, OWN, REGION, allow, document, key, to

SHUT = document(to(KEY_ADMIN))
LOCKING = document(to(KEY_ADMIN))


class Asking:
    """A KMS with a key that its default caller may not use."""

    def __init__(self) -> None:
        self.service = Service(World())
        made = self.ask("CreateKey", Policy=json.dumps(SHUT), BypassPolicyLockoutSafetyCheck=True)
        self.key_id = made.result["KeyMetadata"]["KeyId"]

    def ask(self, operation: str, *, account_id: str = OWN, **members: Any) -> Response:
        return self.service.respond(
            Request(
                operation=operation,
                region=REGION,
                account_id=account_id,
                body=json.dumps(members).encode(),
            )
        )

    def encrypt(self) -> Response:
        return self.ask("Encrypt", KeyId=self.key_id, Plaintext="aGk=")


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_enforce(asking):
    """By default a denial is AWS's answer, and its explanation says how to be somebody else."""
    response = asking.encrypt()

    assert ("AccessDeniedException", False, ()) == (
        response.error.code,
        response.decision.allowed,
        response.warnings,
    )
    assert response.decision.explain().endswith(
        "Nobody has said who makes this request, so it is the mock's default caller. Give the mock"
        " or the marker `caller=`, use `acting_as()` or a handle's own client; or turn decisions"
        ' off with `access="off"`.'
    )


def test_warn(asking):
    """A mock that only warns lets it pass, and has the explanation at hand."""
    asking.service.access.mode = "warn"
    response = asking.encrypt()

    assert (None, False, (response.decision.explain(),)) == (
        response.error,
        response.decision.allowed,
        response.warnings,
    )


def test_off(asking):
    """A mock that does not decide lets everything pass."""
    asking.service.access.mode = "off"
    response = asking.encrypt()

    assert (None, True, ()) == (response.error, response.decision.allowed, response.warnings)


def test_lockout_in_warn(asking):
    """The lockout check only warns, too, and says what it would have refused."""
    asking.service.access.mode = "warn"
    response = asking.ask("CreateKey", Policy=json.dumps(LOCKING))

    assert response.error is None
    assert [text.splitlines()[0] for text in response.warnings] == [
        "The new key policy would lock its caller out."
    ]


def test_lockout_when_off(asking):
    """Where nobody decides, the check asks for the account's administrator."""
    asking.service.access.mode = "off"

    assert "MalformedPolicyDocumentException" == (
        asking.ask("CreateKey", Policy=json.dumps(LOCKING)).error.code
    )


@pytest.mark.parametrize("mode", ["enforce", "warn", "off"])
def test_never_across_accounts(asking, mode):
    """What never works across accounts works in no mode (AZ78)."""
    asking.service.access.mode = mode
    arn = f"arn:aws:kms:{REGION}:{OWN}:key/{asking.key_id}"

    assert "AccessDeniedException" == (
        asking.ask("DisableKey", account_id=OTHER, KeyId=arn).error.code
    )


@pytest.mark.parametrize("mode", ["enforce", "warn", "off"])
def test_aws_managed_keys(asking, mode):
    """Nobody uses an AWS managed key directly, in any mode (AZ71)."""
    asking.service.access.mode = mode
    made = asking.ask("DescribeKey", KeyId="alias/aws/s3").result["KeyMetadata"]

    assert "AccessDeniedException" == (
        asking.ask("Encrypt", KeyId=made["KeyId"], Plaintext="aGk=").error.code
    )


def test_shared_key():
    """A key that is shared by RAM may be used as its AWS_RAM policy and the caller's own say."""
    from tests.access.cases import ALL, OTHER_SESSION, case
    from tests.access.staging import Stage

    outcomes = {}
    for operation in ("Encrypt", "Decrypt"):
        stage = Stage(case(operation, ALL, caller=OTHER_SESSION, on=key()))
        (stored,) = stage.world.account(OWN).region(REGION).keys.values()
        stored.shares[OTHER] = ("kms:Encrypt",)
        decision = stage.ask().decision
        outcomes[operation] = decision.allowed, "AWS_RAM" in decision.explain()

    assert {"Encrypt": (True, True), "Decrypt": (False, True)} == outcomes


def test_encapsulation_across_accounts():
    """Encapsulate and Decapsulate work across accounts, and can be granted."""
    from tests.access.cases import (
        ALL,
        LOCKED,
        OTHER_ROLE,
        OTHER_ROOT,
        OTHER_SESSION,
        case,
        grant,
        outcome,
    )

    kem = {"spec": "ML_KEM_512", "usage": "ENCAPSULATE_DECAPSULATE"}
    asked = {"EncapsulationAlgorithm": "ML_KEM"}
    blob = {**asked, "SharedSecretCiphertextBlob": "…"}
    lets_in = key(to(OTHER_ROOT), **kem)

    assert ["allowed"] * 4 == [
        outcome(case("Encapsulate", ALL, caller=OTHER_SESSION, on=lets_in, **asked)),
        outcome(case("Decapsulate", ALL, caller=OTHER_SESSION, on=lets_in, **blob)),
        outcome(
            case(
                "Encapsulate",
                caller=OTHER_SESSION,
                on=key(LOCKED, **kem),
                grants=(grant(OTHER_ROLE, "Encapsulate"),),
                **asked,
            )
        ),
        outcome(case("Decapsulate", allow("kms:Decapsulate"), on=key(**kem), **blob)),
    ]
