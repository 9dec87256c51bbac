"""What must be so of every decision, whatever the policies say."""

import json
import random
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final

import pytest

from pytest_kmsmock._kms.access.documents import PolicyKind, compile_text
from pytest_kmsmock._kms.access.evaluation import Case, Limits, Question, Verdict, evaluate
from pytest_kmsmock._kms.access.grants import GrantUse
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.principals import Principal
from tests.access.naive import Caller, Situation, is_allowed

OWN: Final = "111122223333"
OTHER: Final = "444455556666"
KEY: Final = f"arn:aws:kms:us-west-2:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
USER: Final = f"arn:aws:iam::{OWN}:user/alice"
ROLE: Final = f"arn:aws:iam::{OWN}:role/app"
SESSION: Final = f"arn:aws:sts::{OWN}:assumed-role/app/one"
FOREIGN_ROLE: Final = f"arn:aws:iam::{OTHER}:role/app"
FOREIGN_SESSION: Final = f"arn:aws:sts::{OTHER}:assumed-role/app/one"

CALLERS: Final = {
    Caller(USER, OWN): Principal(USER, OWN),
    Caller(SESSION, OWN, ROLE): Principal(SESSION, OWN, kind="AssumedRole", issuer_arn=ROLE),
    Caller(FOREIGN_SESSION, OTHER, FOREIGN_ROLE): Principal(
        FOREIGN_SESSION, OTHER, kind="AssumedRole", issuer_arn=FOREIGN_ROLE
    ),
}
NAMES: Final = (
    "*",
    OWN,
    f"arn:aws:iam::{OWN}:root",
    f"arn:aws:iam::{OTHER}:root",
    USER,
    ROLE,
    SESSION,
    FOREIGN_ROLE,
    f"arn:aws:iam::{OWN}:user/bob",
)


ACTIONS: Final = ("kms:*", "*", "kms:Decrypt", "KMS:decrypt", "kms:Enc*", "s3:*", "kms:?ecrypt")
RESOURCES: Final = (
    "*",
    KEY,
    f"arn:aws:kms:*:{OWN}:key/*",
    f"arn:aws:kms:us-west-2:{OTHER}:key/*",
)
OPERATORS: Final = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIfExists",
    "StringNotEqualsIfExists",
)
KEYS: Final = ("kms:ViaService", "kms:EncryptionContext:a")
GRANTEES: Final = (USER, ROLE, SESSION, FOREIGN_ROLE, f"arn:aws:iam::{OTHER}:root")
OPERATIONS: Final = (("Decrypt",), ("Encrypt", "Decrypt"))


class Values:
    """Condition keys as a plain mapping."""

    encryption_context: Mapping[str, str] = {}

    def __init__(self, context: Mapping[str, str]) -> None:
        self._context = {key.lower(): (value,) for key, value in context.items()}

    def get(self, key: str, /) -> tuple[str, ...] | None:
        return self._context.get(key)


def some(rng: random.Random, *values: str) -> Any:
    """Draw one of *values*, or a list of them."""
    if rng.random() < 0.6:
        return rng.choice(values)
    return rng.sample(values, rng.randint(1, min(3, len(values))))


def draw_condition(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.1:
        return {"Null": {"kms:ViaService": rng.choice(["true", "false"])}}
    return {
        rng.choice(OPERATORS): {rng.choice(KEYS): some(rng, "x", "y", "x*")}
        for _ in range(rng.choice([0, 0, 1, 1, 2]))
    }


def draw_statement(
    rng: random.Random, *, has_principal: bool = False, effect: str | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": effect or rng.choice(["Allow", "Allow", "Allow", "Deny"]),
        rng.choice(["Action", "Action", "Action", "NotAction"]): some(rng, *ACTIONS),
        rng.choice(["Resource", "Resource", "Resource", "NotResource"]): some(rng, *RESOURCES),
        "Condition": draw_condition(rng),
    }
    if has_principal:
        element = rng.choice(["Principal", "Principal", "Principal", "NotPrincipal"])
        statement[element] = "*" if rng.random() < 0.1 else {"AWS": some(rng, *NAMES)}
    return statement


def draw_list(rng: random.Random, *, has_principal: bool = False) -> list[dict[str, Any]]:
    return [draw_statement(rng, has_principal=has_principal) for _ in range(rng.randint(0, 4))]


def draw(rng: random.Random) -> Situation:
    def maybe() -> list[dict[str, Any]] | None:
        return draw_list(rng) if rng.random() < 0.3 else None

    return Situation(
        caller=rng.choice(list(CALLERS)),
        action=rng.choice(["kms:Decrypt", "kms:Encrypt"]),
        key_arn=KEY,
        context={key: rng.choice(["x", "y", "xy"]) for key in KEYS if rng.random() < 0.5},
        key_policy=draw_list(rng, has_principal=True),
        identity=draw_list(rng),
        boundary=maybe(),
        session=maybe(),
        service_control=maybe(),
        grants=[(rng.choice(GRANTEES), rng.choice(OPERATIONS))] if rng.random() < 0.3 else [],
    )


def compiled(statements: list[dict[str, Any]], kind: PolicyKind) -> Any:
    return compile_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), kind)


def make_grant(grantee: str, operations: tuple[str, ...]) -> Grant:
    return Grant(
        grant_id="0" * 64,
        key=None,  # type: ignore[arg-type]  # a decision does not ask for it
        grantee_principal=grantee,
        grantee_service_principal=None,
        retiring_principal=None,
        retiring_service_principal=None,
        operations=operations,
        constraints={},
        name=None,
        issuing_account=OWN,
        creation_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )


def decide(situation: Situation) -> Verdict:
    session, control = situation.session, situation.service_control
    return evaluate(
        Case(
            Question(situation.action, situation.key_arn, situation.owner, has_policy=True),
            CALLERS[situation.caller],
            Values(situation.context),
            Limits(
                identity=(compiled(situation.identity, "identity"),),
                boundary=None
                if situation.boundary is None
                else compiled(situation.boundary, "boundary"),
                session=None if session is None else (compiled(session, "session"),),
                service_control=()
                if control is None
                else ((compiled(control, "service control"),),),
            ),
            (compiled(situation.key_policy, "key"),),
            tuple(make_grant(*grant) for grant in situation.grants),
            GrantUse({}),
        )
    )


@pytest.mark.sweep(5)
@pytest.mark.parametrize("seed", range(10))
def test_two_evaluations_agree(seed):
    """The engine decides as a second evaluation does, which was written apart (AZ50 to AZ81)."""
    rng = random.Random(seed)
    outcomes = set()
    for _ in range(100):
        situation = draw(rng)
        verdict = decide(situation)
        outcomes.add(verdict.layer)

        assert is_allowed(situation) == verdict.allowed, situation
    assert len(outcomes) > 4  # they are no one-sided lot


PLACES: Final = ("key_policy", "identity", "boundary", "session", "service_control")


@pytest.mark.parametrize("place", PLACES)
def test_another_deny_never_allows(place):
    """A Deny that is added anywhere never makes a denied request an allowed one (AZ50)."""
    rng = random.Random(place)
    for _ in range(100):
        situation = draw(rng)
        denial = draw_statement(rng, has_principal=place == "key_policy", effect="Deny")
        existing = getattr(situation, place)
        more = situation._replace(**{place: [*(existing or []), denial]})

        if not decide(situation).allowed and existing is not None:
            assert not decide(more).allowed, (situation, denial)


@pytest.mark.parametrize("place", PLACES)
def test_one_allow_less_never_allows(place):
    """An Allow that is taken away never makes a denied request an allowed one (AZ50)."""
    rng = random.Random(place)
    for _ in range(100):
        situation = draw(rng)
        existing = getattr(situation, place) or []
        for allowed in (one for one in existing if one["Effect"] == "Allow"):
            less = situation._replace(**{place: [one for one in existing if one is not allowed]})

            if not decide(situation).allowed:
                assert not decide(less).allowed, (situation, allowed)
