"""The smallest policies under which what was allowed would have been allowed."""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.decision import Decision
    from pytest_kmsmock._kms.domain.principals import Principal

Statement: TypeAlias = dict[str, Any]

VERSION = "2012-10-17"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastPrivilege:
    """
    The smallest policies under which the calls so far would have been allowed. `str()` gives JSON.

    Args:
        identity_policy: The identity policy of the caller; None if only services and root users
            called, which can't have any.
        key_policy_statements: The statements for the key policy of each key, by key ARN. A key of
            the caller's account needs these or the identity policy, a key of another account both.

    .. versionadded:: 0.1.0
    """

    identity_policy: dict[str, Any] | None
    key_policy_statements: dict[str, list[Statement]]

    def __str__(self) -> str:
        return json.dumps(self.as_mapping(), indent=2)

    def as_mapping(self) -> dict[str, Any]:
        """Return both as a dictionary that `json` can write."""
        mapping: dict[str, Any] = {}
        if self.identity_policy is not None:
            mapping["identity_policy"] = self.identity_policy
        mapping["key_policy_statements"] = self.key_policy_statements
        return mapping


class Need(NamedTuple):
    """A permission that was used, with the keys of the encryption context that it always had."""

    action: str
    resource: str
    context_keys: frozenset[str]

    def covers(self, other: "Need") -> bool:
        """Tell whether *other* is allowed, too, where this is."""
        return (
            self.action == other.action
            and self.context_keys <= other.context_keys
            and fnmatchcase(other.resource, self.resource)
        )


@dataclass(slots=True)
class Usage:
    """
    What each principal has used, by ARN, of all that was allowed.

    It grows with each decision; a lock guards it.
    """

    _needs: dict[str, dict[tuple[str, str], frozenset[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def principals(self) -> list[str]:
        return sorted(self._needs)

    def add(self, decision: "Decision | None") -> None:
        """Add what was allowed, if it was."""
        if decision is None or not decision.allowed:
            return
        who = holder_of(decision.principal)
        for permission in decision.permissions:
            self._note(who, permission.action, permission.resource, permission.encryption_context)

    def _note(self, who: str, action: str, resource: str, context: Iterable[str]) -> None:
        with self._lock:
            needs = self._needs.setdefault(who, {})
            keys = frozenset(context)
            needs[action, resource] = needs.get((action, resource), keys) & keys

    def dump(self) -> list[list[Any]]:
        """Return all of it as what JSON knows, for another process."""
        return [
            [who, action, resource, sorted(keys)]
            for who, needs in self._needs.items()
            for (action, resource), keys in needs.items()
        ]

    def merge(self, dumped: Iterable[list[Any]]) -> None:
        """Add what another process has dumped."""
        for who, action, resource, keys in dumped:
            self._note(who, action, resource, keys)

    def summarise(self, principals: Iterable[str]) -> LeastPrivilege:
        """Write the policies of some principals, together."""
        chosen = list(principals)
        needs = reduce_needs(self._merged(chosen))
        with_policies = [who for who in chosen if who.startswith("arn:") and who[-5:] != ":root"]
        return LeastPrivilege(
            identity_policy=make_policy(reduce_needs(self._merged(with_policies))),
            key_policy_statements=make_key_statements(needs, chosen),
        )

    def write(self) -> str:
        """Write the policies of all principals, each by itself, as JSON."""
        policies = {who: self.summarise([who]).as_mapping() for who in self.principals}
        return json.dumps(policies, indent=2) + "\n"

    def _merged(self, principals: Iterable[str]) -> list[Need]:
        merged: dict[tuple[str, str], frozenset[str]] = {}
        for who in principals:
            for need, keys in self._needs.get(who, {}).items():
                merged[need] = merged.get(need, keys) & keys
        return [Need(*need, keys) for need, keys in merged.items()]


def holder_of(principal: "Principal") -> str:
    """Return who has the policies: of a session the role, or the user who federated."""
    return principal.issuer_arn or principal.arn


def reduce_needs(needs: list[Need]) -> list[Need]:
    """Leave out what others cover, such as one alias where all are needed."""
    return [
        need for need in needs if not any(one is not need and one.covers(need) for one in needs)
    ]


def make_policy(needs: list[Need]) -> dict[str, Any] | None:
    """Write an identity policy; None if there is nothing to allow."""
    by_resource: dict[tuple[str, frozenset[str]], set[str]] = {}
    for need in needs:
        by_resource.setdefault((need.resource, need.context_keys), set()).add(need.action)
    by_actions: dict[tuple[tuple[str, ...], frozenset[str]], set[str]] = {}
    for (resource, keys), actions in by_resource.items():
        by_actions.setdefault((tuple(sorted(actions)), keys), set()).add(resource)
    statements = [
        make_statement(actions, keys, {"Resource": unlisted(sorted(resources))})
        for (actions, keys), resources in sorted(
            by_actions.items(), key=lambda item: (sorted(item[0][1]), item[0][0])
        )
    ]
    return {"Version": VERSION, "Statement": statements} if statements else None


def make_key_statements(needs: list[Need], principals: list[str]) -> dict[str, list[Statement]]:
    """Write, for the policy of each key, the statements for what was done with it."""
    principal = name_principals(principals)
    by_key: dict[str, dict[frozenset[str], set[str]]] = {}
    for need in needs:
        if ":key/" in need.resource and "*" not in need.resource:
            actions = by_key.setdefault(need.resource, {})
            actions.setdefault(need.context_keys, set()).add(need.action)
    return {
        arn: [
            {"Effect": "Allow", "Principal": principal}
            | make_statement(tuple(sorted(actions)), keys, {"Resource": "*"})
            for keys, actions in sorted(by_condition.items(), key=lambda item: sorted(item[0]))
        ]
        for arn, by_condition in sorted(by_key.items())
    }


def name_principals(principals: list[str]) -> dict[str, Any]:
    arns = sorted(who for who in principals if who.startswith("arn:"))
    services = sorted(who for who in principals if not who.startswith("arn:"))
    named = {"AWS": unlisted(arns), "Service": unlisted(services)}
    return {kind: names for kind, names in named.items() if names}


def make_statement(
    actions: tuple[str, ...], context_keys: frozenset[str], resource: Mapping[str, Any]
) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": unlisted(list(actions)), **resource}
    if context_keys:
        # "Null" with "false" says that the key must be there.
        present = {f"kms:EncryptionContext:{key}": "false" for key in sorted(context_keys)}
        statement["Condition"] = {"Null": present}
    return statement


def unlisted(names: list[str]) -> list[str] | str:
    return names[0] if len(names) == 1 else names
