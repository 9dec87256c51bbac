"""Grants: whether one allows what is asked, and whether one may be retired."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from pytest_kmsmock._kms.access.condition_keys import ENCRYPTING
from pytest_kmsmock._kms.access.documents import Reach, account_named
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.principals import Principal

EQUALS: Final = "EncryptionContextEquals"
SUBSET: Final = "EncryptionContextSubset"


class GrantUse(NamedTuple):
    """
    What of a request decides whether a grant is for it.

    *encryption_context* is that of the key's own side in a ReEncrypt. *tokens* are the ids of the
    grants whose tokens came with the request. *new_operations* and *new_constraints* are those of
    the grant to be created. Grants that were created after *settled_before* need their token; None
    where none does.
    """

    encryption_context: Mapping[str, str]
    tokens: frozenset[str] = frozenset()
    new_operations: tuple[str, ...] = ()
    new_constraints: Mapping[str, Any] | None = None
    settled_before: datetime | None = None


NO_USE: Final = GrantUse(encryption_context={})


def reach_of(named: str | None, principal: Principal) -> Reach:
    """Tell how the principal that a grant names is the caller (AZ97, AZ98)."""
    if named is None:
        return Reach.NOT
    if named == principal.arn:
        return Reach.SELF
    if named == principal.issuer_arn:
        return Reach.ROLE
    if principal.kind != "Service" and account_named(named) == principal.account_id:
        return Reach.SELF if principal.kind == "Account" else Reach.ACCOUNT
    return Reach.NOT


def grantee_reach(grant: Grant, principal: Principal) -> Reach:
    return max(
        reach_of(grant.grantee_principal, principal),
        reach_of(grant.grantee_service_principal, principal),
    )


def retiring_reach(grant: Grant, principal: Principal) -> Reach:
    return max(
        reach_of(grant.retiring_principal, principal),
        reach_of(grant.retiring_service_principal, principal),
    )


def allows(grant: Grant, principal: Principal, action: str, use: GrantUse) -> Reach:
    """Tell whether *grant* lets the caller do *action*, "kms:Decrypt", and as whom it names him."""
    if action.removeprefix("kms:") not in grant.operations:
        return Reach.NOT
    reach = grantee_reach(grant, principal)
    if reach is Reach.NOT or obstacle(grant, principal, action, use) is not None:
        return Reach.NOT
    return reach


def obstacle(grant: Grant, principal: Principal, action: str, use: GrantUse) -> str | None:
    """Say what keeps a grant, which names caller and operation, from allowing; None if nothing."""
    if not is_settled(grant, use):
        return "it is not consistent yet, and its token does not come with the request"
    constraints = grant.constraints
    # Only looked at when a service calls (AZ110), and never to retire.
    is_measured = principal.kind == "Service" and action != "kms:RetireGrant"
    source_arn = constraints.get("SourceArn") if is_measured else None
    if source_arn not in (None, principal.source_arn):
        return (
            f"its SourceArn is {source_arn}, and the service calls for"
            f" {principal.source_arn or 'nothing that it names'}"
        )
    if action.removeprefix("kms:") in ENCRYPTING:  # AZ101
        return context_obstacle(constraints, use.encryption_context)
    if action == "kms:CreateGrant":
        return child_obstacle(grant, use)
    return None


def is_settled(grant: Grant, use: GrantUse) -> bool:
    return (
        use.settled_before is None
        or grant.creation_date <= use.settled_before
        or grant.grant_id in use.tokens
    )


def context_obstacle(
    constraints: Mapping[str, Any], encryption_context: Mapping[str, str]
) -> str | None:
    """Measure an encryption context by constraints: keys and values by their case (AZ99, AZ100)."""
    found = f"the request's encryption context {show(encryption_context)}"
    exact = constraints.get(EQUALS)
    if exact and dict(exact) != dict(encryption_context):
        return f"its {EQUALS} is {show(exact)}, {found}"
    subset = constraints.get(SUBSET)
    if subset and not subset.items() <= encryption_context.items():
        return f"its {SUBSET} is {show(subset)}, {found}"
    return None


def child_obstacle(grant: Grant, use: GrantUse) -> str | None:
    """Say what a grant would give that this one does not have itself (AZ104)."""
    extra = [name for name in use.new_operations if name not in grant.operations]
    if extra:
        return f"it does not have {' and '.join(extra)}, which it can't hand on"
    constraints, new = grant.constraints, use.new_constraints or {}
    if constraints.get(EQUALS) and new.get(EQUALS) != constraints[EQUALS]:
        return f"a grant made through it needs {EQUALS} {show(constraints[EQUALS])}"
    if subset := constraints.get(SUBSET):
        pairs = new.get(EQUALS) or new.get(SUBSET) or {}
        if not subset.items() <= pairs.items():
            return f"a grant made through it needs all pairs of {show(subset)} in its constraint"
    source_arn = constraints.get("SourceArn")
    if source_arn is not None and new.get("SourceArn") != source_arn:
        return f"a grant made through it needs SourceArn {source_arn}"
    return None


def show(pairs: Mapping[str, str]) -> str:
    if not pairs:
        return "empty"
    return ", ".join(f"{name}={value}" for name, value in sorted(pairs.items()))
