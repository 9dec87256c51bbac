"""A second evaluation of policies, slow and plain, to hold the engine's against."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Caller(NamedTuple):
    """Who calls: *role* is that of a session."""

    arn: str
    account: str
    role: str | None = None


class Situation(NamedTuple):
    """One request, with all the policies around it as plain documents."""

    caller: Caller
    action: str
    key_arn: str
    context: Mapping[str, str]
    key_policy: list[dict[str, Any]]
    identity: list[dict[str, Any]]
    boundary: list[dict[str, Any]] | None
    session: list[dict[str, Any]] | None
    service_control: list[dict[str, Any]] | None
    grants: list[tuple[str, tuple[str, ...]]]

    @property
    def owner(self) -> str:
        return self.key_arn.split(":")[4]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def is_like(pattern: str, text: str) -> bool:
    written = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(written, text, re.DOTALL) is not None


def is_for(statement: dict[str, Any], situation: Situation) -> bool:
    """Tell whether action, resource and conditions of a statement are the request's."""
    actions = as_list(statement.get("Action", statement.get("NotAction")))
    named = any(is_like(name.lower(), situation.action.lower()) for name in actions)
    if named != ("Action" in statement):
        return False
    resources = as_list(statement.get("Resource", statement.get("NotResource")))
    covered = any(is_like(name, situation.key_arn) for name in resources)
    if covered != ("Resource" in statement):
        return False
    return all(
        is_met(operator, situation.context.get(key), as_list(wanted))
        for operator, block in statement.get("Condition", {}).items()
        for key, wanted in block.items()
    )


def is_met(operator: str, found: str | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return (found is None) == (wanted[0] == "true")
    if found is None:
        return operator.endswith("IfExists") or "Not" in operator
    same = is_like if "Like" in operator else str.__eq__
    met = any(same(value, found) for value in wanted)
    return met != ("Not" in operator)


def names(element: Any, caller: Caller) -> set[str]:
    """Tell in which ways a Principal element names the caller."""
    if element == "*":
        return {"everybody"}
    found = set()
    for name in as_list(element["AWS"]):
        if name == "*":
            found.add("everybody")
        if name == caller.arn:
            found.add("itself")
        if name == caller.role:
            found.add("role")
        if name in (caller.account, f"arn:aws:iam::{caller.account}:root"):
            found.add("account")
    return found


def is_named(statement: dict[str, Any], caller: Caller) -> set[str]:
    if "Principal" in statement:
        return names(statement["Principal"], caller)
    found = names(statement["NotPrincipal"], caller)
    if statement["Effect"] == "Allow":
        return set() if found else {"everybody"}
    needed = {"itself", "account"} | ({"role"} if caller.role else set())
    return set() if "everybody" in found or needed <= found else {"everybody"}


def is_allowed(situation: Situation) -> bool:
    """Decide as the pages of IAM and KMS tell it, without a thought for wording or speed."""
    caller = situation.caller

    def has(statements: list[dict[str, Any]], effect: str) -> bool:
        return any(one["Effect"] == effect and is_for(one, situation) for one in statements)

    around = [situation.identity, situation.boundary, situation.session, situation.service_control]
    if any(has(statements, "Deny") for statements in around if statements is not None):
        return False
    ways: set[str] = set()
    for statement in situation.key_policy:
        if is_for(statement, situation):
            named = is_named(statement, caller)
            if named and statement["Effect"] == "Deny":
                return False
            ways |= named
    if situation.service_control is not None and not has(situation.service_control, "Allow"):
        return False
    by_boundary = situation.boundary is None or has(situation.boundary, "Allow")
    by_session = situation.session is None or has(situation.session, "Allow")
    by_identity = has(situation.identity, "Allow") and by_boundary and by_session
    granted = {
        grantee
        for grantee, operations in situation.grants
        if situation.action.removeprefix("kms:") in operations
    }
    if caller.arn in granted or (caller.role in granted and by_boundary and by_session):
        return True
    if f"arn:aws:iam::{caller.account}:root" in granted and by_identity:
        return True
    if caller.account != situation.owner:
        return bool(ways) and by_identity
    if ways & {"everybody", "itself"}:
        return True
    if "role" in ways and by_boundary and by_session:
        return True
    return "account" in ways and by_identity
