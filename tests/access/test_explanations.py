"""What a decision says for itself: thirty explanations, word by word."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.access.cases import (
    ALL,
    DELEGATED,
    FEDERATED,
    IAM,
    KEY,
    LOCKED,
    OTHER,
    OTHER_ROLE,
    OTHER_ROOT,
    OTHER_SESSION,
    OWN,
    PRIMARY,
    REGION,
    ROLE,
    ROOT,
    SECOND_KEY,
    SERVICE,
    SESSION,
    USER,
    against,
    allow,
    case,
    deny,
    grant,
    key,
    to,
)
from tests.access.staging import play

GOLDEN: Final = Path(__file__).with_name("explanations.txt")
BOB: Final = f"{IAM}:user/bob"
TENANT: Final = "kms:EncryptionContext:tenant"
OFFICE: Final = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
IN: Final = key(DELEGATED, to(OTHER_ROOT))
EQUALS: Final = {"constraints": {"EncryptionContextEquals": {"Department": "IT"}}}
UNKNOWN: Final = f"arn:aws:kms:{REGION}:{OTHER}:key/00000000-0000-4000-8000-000000000000"


def without(element: str, statement: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != element} | others


def second(made: dict[str, Any]) -> dict[str, Any]:
    return {**made, "id": "grant-2", "token": "token-2"}


# Five policies as teams publish them, each broken in one place.
TENANTS: Final = key(
    DELEGATED,
    to(
        ROLE,
        "kms:Decrypt",
        Sid="TenantsOpenTheirOwn",
        Condition={"StringEquals": {TENANT: "${aws:PrincipalTag/tenant}"}},
    ),
)
BREAK_GLASS: Final = key(
    DELEGATED,
    without(
        "Principal",
        against("*", "kms:ScheduleKeyDeletion", Sid="OnlyTheBreakGlassUser"),
        NotPrincipal={"AWS": [f"{IAM}:user/break-glass"]},
    ),
)
PIPELINE: Final = allow(
    "kms:GenerateDataKey",
    "kms:Decrypt",
    Sid="Artifacts",
    Resource=f"arn:aws:kms:eu-west-1:{OWN}:key/*",
)
VENDOR: Final = key(
    DELEGATED,
    to(
        OTHER_ROLE,
        "kms:Decrypt",
        Sid="Vendor",
        Condition={"StringEquals": {"aws:PrincipalOrgID": "o-vendor"}},
    ),
)
VOLUMES: Final = key(
    DELEGATED,
    to(
        ROLE,
        "kms:CreateGrant",
        Sid="AttachVolumes",
        Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    ),
)

CASES: Final[dict[str, dict[str, Any]]] = {
    "tenant isolation, the tag has another name": case(
        "Decrypt",
        caller={"arn": SESSION, "tags": {"tenant-id": "7"}},
        on=TENANTS,
        EncryptionContext={"tenant": "7"},
    ),
    "break-glass, the account is not in NotPrincipal": case(
        "ScheduleKeyDeletion", ALL, caller=f"{IAM}:user/break-glass", on=BREAK_GLASS
    ),
    "a pipeline's role, another Region": case("GenerateDataKey", PIPELINE, caller=SESSION),
    "a vendor's account, another organization": case(
        "Decrypt",
        ALL,
        caller={"arn": OTHER_SESSION, "org": "o-other"},
        on=VENDOR,
    ),
    "a volume's grant, made directly": case("CreateGrant", caller=SESSION, on=VOLUMES),
    "no identity policy": case(),
    "the key is for others": case("Encrypt", ALL, on=key(LOCKED)),
    "another value of the encryption context": case(
        "Decrypt",
        on=key(to(USER, "kms:Decrypt", Condition={"StringEquals": {TENANT: "7"}})),
        EncryptionContext={"tenant": "8"},
    ),
    "no encryption context": case(
        "Decrypt", on=key(to(USER, "kms:Decrypt", Condition={"StringEquals": {TENANT: "7"}}))
    ),
    "a Deny where the encryption context is absent": case(
        "Encrypt",
        ALL,
        on=key(
            DELEGATED,
            against("*", "kms:Encrypt", Condition={"StringNotEquals": {TENANT: "7"}}),
        ),
    ),
    "three near misses": case(
        "Encrypt",
        allow("kms:Decrypt"),
        allow("kms:*", Resource=SECOND_KEY),
        allow("kms:Encrypt", Sid="Office", Condition=OFFICE),
    ),
    "an alias in Resource": case(
        "Encrypt",
        allow("kms:*", Resource=f"arn:aws:kms:{REGION}:{OWN}:alias/app"),
        on=key(aliases=["alias/app"]),
        KeyId="alias/app",
    ),
    "CreateKey on a pattern": case(
        "CreateKey", allow("kms:CreateKey", Resource=f"arn:aws:kms:*:{OWN}:key/*")
    ),
    "several values without a set operator": case(
        "Encrypt",
        allow("kms:*", Condition={"StringEquals": {"kms:EncryptionContextKeys": "a"}}),
        EncryptionContext={"a": "b"},
    ),
    "a condition key that there is not": case(
        "Encrypt", allow("kms:*", Condition={"StringEquals": {"kms:Tenant": "7"}})
    ),
    "two things at once": case("Encrypt", on=key(to(BOB, "kms:Decrypt", Condition=OFFICE), LOCKED)),
    "grants that come close": case(
        "Decrypt",
        on=key(LOCKED),
        grants=(grant(USER, "Encrypt"), second(grant(USER, "Decrypt", **EQUALS))),
        EncryptionContext={"x": "y"},
    ),
    "a grant for somebody else": case("Decrypt", on=key(LOCKED), grants=(grant(BOB, "Decrypt"),)),
    "a grant that is not consistent yet": case(
        "Decrypt", on=key(LOCKED), grants=(grant(USER, "Decrypt", settled=False),)
    ),
    "a grant that can't be retired": case(
        "RetireGrant", on=key(LOCKED), grants=(grant(BOB, "Decrypt"),), GrantId="grant-1"
    ),
    "a service control policy": case("Encrypt", ALL, control=[ALL, allow("s3:*")]),
    "a boundary": case("Encrypt", ALL, boundary=allow("kms:Decrypt")),
    "a boundary that denies": case("Encrypt", ALL, boundary=deny("kms:*", Sid="NoKeys")),
    "a session policy": case("Encrypt", ALL, caller=SESSION, session=allow("kms:Decrypt")),
    "a federated user without a session policy": case("Encrypt", ALL, caller=FEDERATED),
    "an endpoint": case("Encrypt", ALL, endpoint=to("*", "s3:*")),
    "another account, identity policy missing": case("Encrypt", caller=OTHER_SESSION, on=IN),
    "another account, not for others": case("DisableKey", ALL, caller=OTHER_SESSION, on=IN),
    "another account's key that there is not": case("Encrypt", ALL, KeyId=UNKNOWN),
    "an action that there is not": case("Encrypt", allow("kms:Encrpt")),
    "a service": case("Encrypt", caller=SERVICE),
    "allowed by delegation": case("Encrypt", ALL),
    "allowed by the key policy": case("Encrypt", caller=SESSION, on=key(to(ROLE))),
    "allowed by a grant": case("Encrypt", on=key(LOCKED), grants=(grant(USER, "Encrypt"),)),
    "allowed to the root user": case("CreateKey", caller=ROOT),
    "allowed twice": case(
        "ReplicateKey",
        allow("kms:ReplicateKey", "kms:CreateKey"),
        on=key(arn=PRIMARY, multi_region=True),
        ReplicaRegion="us-east-1",
    ),
}


def read_golden() -> dict[str, str]:
    """Read the file: a line `## title` before each text."""
    parts = GOLDEN.read_text(encoding="utf-8").split("## ")[1:]
    return {title: text.strip() for title, _, text in (part.partition("\n") for part in parts)}


@pytest.mark.parametrize("title", CASES)
def test_explanation(title):
    """Each explanation says what decided, and the one thing that kept each statement away."""
    decision = play(CASES[title]).decision
    assert decision is not None

    assert read_golden()[title] == decision.explain()


def test_texts():
    """The file has a text for each case, and no other."""
    assert list(CASES) == list(read_golden())


def test_moment():
    """A decision keeps its moment: what changes later does not show in it."""
    from tests.access.staging import Stage

    stage = Stage(case("Encrypt", ALL, on=key(tags={"a": "b"})))
    decision = stage.ask().decision
    before = decision.explain()
    stored = stage.world.account(OWN).region(REGION).keys[KEY.rpartition("/")[2]]
    stored.policy, stored.tags = None, {}
    stored.grants.clear()

    assert before == decision.explain()
    assert decision.allowed
