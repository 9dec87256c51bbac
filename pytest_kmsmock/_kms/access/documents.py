"""Policies of every kind, compiled once: whom, what and which requests they are about."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.conditions import Condition, Values, read_condition
from pytest_kmsmock._kms.access.patterns import Template, matches
from pytest_kmsmock._kms.domain.principals import Document, Principal

PolicyKind: TypeAlias = Literal[
    "key",
    "identity",
    "session",
    "boundary",
    "service control",
    "resource control",
    "endpoint",
]
# Kinds whose statements name principals.
WITH_PRINCIPALS: Final = ("key", "resource control", "endpoint")

# Under the older one, which is also that of a policy that names none, variables are plain text
# (AZ121).
WITH_VARIABLES: Final = "2012-10-17"

# What only identity policies and their like may ask for (AZ130).
NOT_IN_KEY_POLICIES: Final = ("kms:resourcealiases", "aws:resourcetag/")


class Reach(IntEnum):
    """How a statement or a grant names a caller, from not at all to by nobody else's name."""

    NOT = 0
    ACCOUNT = 1  # its account, which opens it to the identity policies of the account (AZ52)
    ROLE = 2  # the role that was assumed, or the user who federated (AZ56, AZ59)
    SELF = 3  # the user, the session, the root user, the service, or everybody (AZ55, AZ57, AZ58)


class Named(NamedTuple):
    """The principals in a statement; *accounts* are ids, also of those named by their root ARN."""

    everybody: bool = False
    accounts: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    def reach(self, principal: Principal) -> Reach:
        if self.everybody:
            return Reach.SELF
        if principal.kind == "Service":
            return Reach.SELF if principal.arn in self.services else Reach.NOT
        if principal.arn in self.arns:
            return Reach.SELF
        if principal.issuer_arn in self.arns:
            return Reach.ROLE
        if principal.account_id in self.accounts:
            # Of the account's own permissions the root user has its part by itself (AZ53).
            return Reach.SELF if principal.kind == "Account" else Reach.ACCOUNT
        return Reach.NOT

    def missing(self, principal: Principal) -> tuple[str, ...]:
        """List what a NotPrincipal would have to name, too, so that it spares the caller (AZ64)."""
        if self.everybody:
            return ()
        if principal.kind == "Service":
            return () if principal.arn in self.services else (principal.arn,)
        wanted = [] if principal.kind == "Account" else [principal.arn]
        if principal.kind == "AssumedRole" and principal.issuer_arn is not None:
            wanted.append(principal.issuer_arn)
        missing = [arn for arn in wanted if arn not in self.arns]
        if principal.account_id not in self.accounts:
            missing.append(f"arn:{principal.partition}:iam::{principal.account_id}:root")
        return tuple(missing)


class Statement(NamedTuple):
    """
    One statement. *named* is None where the policy's kind names no principals.

    Without actions or without resources it has no effect (AZ65).
    """

    number: int  # from 1
    sid: str | None
    allows: bool
    named: Named | None
    is_not_principal: bool
    actions: tuple[str, ...]
    is_not_action: bool
    resources: tuple[Template, ...]
    is_not_resource: bool
    conditions: tuple[Condition, ...]

    @property
    def name(self) -> str:
        return f"statement {self.number}" if self.sid is None else f"statement {self.sid!r}"

    def is_about(self, action: str) -> bool:
        """Tell whether the statement names *action*, "kms:Encrypt"; case does not count."""
        if not self.actions:
            return self.is_not_action
        lowered = action.lower()
        return any(matches(name.lower(), lowered) for name in self.actions) is not (
            self.is_not_action
        )

    def covers(self, resource: str, values: Values) -> bool:
        for template in self.resources:
            if template.raw == "*":
                return not self.is_not_resource
            pattern = template.pattern(values)
            if pattern is not None and matches(pattern, resource):
                return not self.is_not_resource
        return self.is_not_resource

    def reach(self, principal: Principal) -> Reach:
        """Tell how the statement names the caller; SELF where its kind names nobody."""
        if self.named is None:
            return Reach.SELF
        if not self.is_not_principal:
            return self.named.reach(principal)
        if self.allows:
            spares = self.named.reach(principal) is not Reach.NOT
        else:
            spares = not self.named.missing(principal)
        return Reach.NOT if spares else Reach.SELF

    def holds(self, values: Values) -> bool:
        return all(condition.holds(values) for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy; *arn* is that of a managed one, which denials may show (AZ16)."""

    kind: PolicyKind
    arn: str | None
    statements: tuple[Statement, ...]
    _about: dict[str, "Sorted"] = field(default_factory=dict, repr=False, compare=False)

    def about(self, action: str) -> "Sorted":
        """Return the statements that name *action*: those that allow, and those that deny."""
        found = self._about.get(action)
        if found is None:
            about = [one for one in self.statements if one.is_about(action)]
            found = self._about[action] = Sorted(
                tuple(one for one in about if one.allows),
                tuple(one for one in about if not one.allows),
            )
        return found


class Sorted(NamedTuple):
    """The statements of a policy about one action."""

    allowing: tuple[Statement, ...]
    denying: tuple[Statement, ...]


@lru_cache(maxsize=4096)
def compile_text(text: str, kind: PolicyKind, arn: str | None = None) -> Policy:
    """Compile a policy whose form is right: each text once."""
    document = json.loads(text)
    statements = document["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    has_variables = document.get("Version") == WITH_VARIABLES
    return Policy(
        kind=kind,
        arn=arn,
        statements=tuple(
            _compile(statement, number, kind, has_variables=has_variables)
            for number, statement in enumerate(statements, 1)
        ),
    )


def compile_document(document: Document, kind: PolicyKind) -> Policy:
    return compile_text(document.text, kind, document.arn)


@lru_cache(maxsize=1024)
def compile_all(documents: tuple[Document, ...], kind: PolicyKind) -> tuple[Policy, ...]:
    return tuple(compile_document(document, kind) for document in documents)


def _compile(
    statement: Mapping[str, Any], number: int, kind: PolicyKind, *, has_variables: bool
) -> Statement:
    named = None
    if kind in WITH_PRINCIPALS:
        element = statement.get("Principal", statement.get("NotPrincipal", "*"))
        named = read_principals(element)
    resources = listed(statement.get("Resource", statement.get("NotResource", ())))
    return Statement(
        number=number,
        sid=statement.get("Sid") or None,
        allows=statement["Effect"] == "Allow",
        named=named,
        is_not_principal="NotPrincipal" in statement,
        actions=tuple(listed(statement.get("Action", statement.get("NotAction", ())))),
        is_not_action="NotAction" in statement,
        resources=tuple(_compile_resource(text, has_variables) for text in resources),
        is_not_resource="NotResource" in statement,
        conditions=tuple(
            read_condition(
                operator,
                key,
                wanted,
                has_variables=has_variables,
                overflows_to=statement["Effect"] == "Deny",
                is_void=kind == "key" and key.lower().startswith(NOT_IN_KEY_POLICIES),
            )
            for operator, block in statement.get("Condition", {}).items()
            for key, wanted in block.items()
        ),
    )


def _compile_resource(text: str, has_variables: bool) -> Template:
    # A variable counts after the fifth colon only (AZ123).
    is_early = "${" in ":".join(text.split(":", 5)[:5])
    return Template(text, has_variables=has_variables and not is_early)


def read_principals(element: Any) -> Named:
    """Read a Principal or NotPrincipal element whose form is right."""
    if element == "*":
        return Named(everybody=True)
    aws = listed(element.get("AWS", ()))
    return Named(
        everybody="*" in aws,
        accounts=frozenset(account for name in aws if (account := account_named(name)) is not None),
        arns=frozenset(aws),
        services=frozenset(listed(element.get("Service", ()))),
    )


def account_named(principal: str) -> str | None:
    """Return the account of which *principal* is the id or the root ARN (AZ52), else None."""
    if principal.isdecimal():
        return principal
    if principal.startswith("arn:") and principal.endswith(":root"):
        return principal.split(":")[4]
    return None


def listed(value: Any) -> Iterable[Any]:
    """Return the values of an element that takes one or a list of them."""
    return value if isinstance(value, list | tuple) else (value,)
