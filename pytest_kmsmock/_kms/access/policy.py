"""Key policy documents: reading, refusing, formatting, and the lockout check."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pytest_kmsmock._kms.errors import limit_exceeded, malformed_policy

# In bytes. The model's shape allows more, the quota does not (quotas Q-6).
LONGEST_POLICY: Final = 32_768

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_ELEMENTS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPAL_TYPES: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
# Accounts, roots, users, roles, assumed-role and federated sessions; groups are refused (POL-8).
_AWS_PRINCIPAL: Final = re.compile(
    r"\*|\d{12}"
    r"|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[\w+=,.@/*-]+)"
    r"|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role|federated-user)/[\w+=,.@/*-]+"
    # What IAM puts in place of a principal that was deleted.
    r"|A[IRN][A-Z]{2}[A-Z0-9]{12,}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; *actions* and *principals* are empty where the element is missing."""

    allows: bool
    principals: tuple[str, ...]
    is_not_principal: bool
    actions: tuple[str, ...]
    is_not_action: bool
    has_resource: bool
    condition: Mapping[str, Any]

    def covers(self, action: str) -> bool:
        """Tell whether the IAM action `kms:<action>` is meant (rules AUTH-13, POL-6)."""
        if not self.actions or not self.has_resource:
            return False
        found = any(_matches(pattern, f"kms:{action}") for pattern in self.actions)
        return found is not self.is_not_action


def default_policy(account_id: str, partition: str) -> str:
    """Return the policy of a key that was made without one, laid out as AWS does (P2)."""
    return format_policy(
        {
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [
                {
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
    )


def check_new_policy(text: str, account_id: str, *, bypass_lockout_check: bool) -> str:
    """
    Refuse a policy that AWS would refuse; return it as AWS lays it out.

    Raises:
        KmsError: LimitExceededException for its size, else MalformedPolicyDocumentException.
    """
    if len(text.encode()) > LONGEST_POLICY:
        # Text never recorded (wire-facts C27; assumed).
        raise limit_exceeded(f"The policy exceeds the maximum size of {LONGEST_POLICY} bytes.")
    document = _parse(text)
    statements = read_policy(document)
    if not bypass_lockout_check and not _can_be_changed(statements, account_id):
        raise malformed_policy(
            "The new key policy will not allow you to update the key policy in the future."
        )
    return format_policy(document)


def read_policy(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """
    Read a parsed policy document.

    Raises:
        KmsError: MalformedPolicyDocumentException; only its text about principals was recorded
            (wire-facts P6), the others are assumed.
    """
    if unknown := set(document) - _ELEMENTS:
        raise malformed_policy(f"Unknown field {min(unknown)}")
    if document.get("Version", _VERSIONS[1]) not in _VERSIONS:
        raise malformed_policy("The policy contains an invalid version.")
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise malformed_policy("The policy must contain at least one statement.")
    return tuple(_read_statement(statement) for statement in statements)


def format_policy(document: Any, indent: int = 0) -> str:
    """Lay JSON out as AWS does: two spaces, ` : `, arrays on the line they begin (P2)."""
    if isinstance(document, dict):
        if not document:
            return "{ }"
        inner = " " * (indent + 2)
        members = (
            f"{inner}{json.dumps(name, ensure_ascii=False)} : {format_policy(value, indent + 2)}"
            for name, value in document.items()
        )
        return "{\n" + ",\n".join(members) + "\n" + " " * indent + "}"
    if isinstance(document, list):
        if not document:
            return "[ ]"
        return "[ " + ", ".join(format_policy(item, indent) for item in document) + " ]"
    return json.dumps(document, ensure_ascii=False)


def _parse(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise malformed_policy("The policy is not a valid JSON document.")
    return document


def _read_statement(statement: Any) -> Statement:
    if not isinstance(statement, dict):
        raise malformed_policy("The policy must contain at least one statement.")
    if unknown := set(statement) - _STATEMENT_ELEMENTS:
        raise malformed_policy(f"Unknown field {min(unknown)}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise malformed_policy("Policy contains a statement with an invalid effect.")
    if ("Principal" in statement) is ("NotPrincipal" in statement):
        raise malformed_policy("Policy contains a statement with no principal.")
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict):
        raise malformed_policy("Policy contains a statement with an invalid condition.")
    is_not_principal = "NotPrincipal" in statement
    is_not_action = "NotAction" in statement
    return Statement(
        allows=statement["Effect"] == "Allow",
        principals=_read_principals(statement["NotPrincipal" if is_not_principal else "Principal"]),
        is_not_principal=is_not_principal,
        actions=_strings(statement.get("NotAction" if is_not_action else "Action", [])),
        is_not_action=is_not_action,
        has_resource="Resource" in statement or "NotResource" in statement,
        condition=condition,
    )


def _read_principals(element: Any) -> tuple[str, ...]:
    refusal = malformed_policy("Policy contains a statement with one or more invalid principals.")
    if element == "*":
        return ("*",)
    if not isinstance(element, dict) or not element or not element.keys() <= _PRINCIPAL_TYPES:
        raise refusal
    principals: list[str] = []
    for kind, values in element.items():
        for principal in _strings(values):
            if kind == "AWS" and not _AWS_PRINCIPAL.fullmatch(principal):
                raise refusal
            principals.append(principal)
    if not principals:
        raise refusal
    return tuple(principals)


def _strings(element: Any) -> tuple[str, ...]:
    values = element if isinstance(element, list) else [element]
    if not all(isinstance(value, str) for value in values):
        raise malformed_policy("The policy contains a value that is not a string.")
    return tuple(values)


def _can_be_changed(statements: Iterable[Statement], account_id: str) -> bool:
    """
    Tell whether anybody in the account could still call PutKeyPolicy.

    AWS asks this of the caller (rules POL-13). Here nobody says who the caller is, so a policy
    passes if it leaves the call to any principal of the account; conditions count as met in an
    Allow and as unmet in a Deny (assumed).
    """
    relevant = [statement for statement in statements if statement.covers("PutKeyPolicy")]
    if any(
        not statement.allows and not statement.condition and statement.principals == ("*",)
        for statement in relevant
    ):
        return False
    return any(
        statement.allows and any(_is_in(p, account_id) for p in statement.principals)
        for statement in relevant
        if not statement.is_not_principal
    )


def _is_in(principal: str, account_id: str) -> bool:
    if principal in ("*", account_id):
        return True
    parts = principal.split(":")
    return len(parts) == 6 and parts[4] == account_id


def _matches(pattern: str, action: str) -> bool:
    return _compile(pattern).fullmatch(action) is not None


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.IGNORECASE | re.DOTALL)
