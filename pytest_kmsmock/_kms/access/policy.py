"""Key policies: those that AWS writes, its layout, and what it demands of a new one."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pytest_kmsmock._kms.access.statements import check_statements, read_document
from pytest_kmsmock._kms.domain.aliases import AWS_SERVICES
from pytest_kmsmock._kms.domain.identifiers import AWS_ALIAS_PREFIX
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.errors import limit_exceeded
from pytest_kmsmock._kms.wire.model import dns_suffix_of

# In bytes. The model's shape allows more, the quota does not (quotas Q-6).
LONGEST_POLICY: Final = 32_768

# Outside what the model lets a policy contain; written as escapes, so that a policy which was read
# can be put again.
_BEYOND_LATIN_1: Final = re.compile(r"[^\x00-\xff]")


@cache
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


@cache
def service_policy(service: str, account_id: str, region: str, partition: str) -> str:
    """
    Return the policy of the AWS managed key behind `alias/aws/<service>`.

    Written after those that AWS prints for some services; that of no service was recorded
    (assumed).
    """
    name, _ = AWS_SERVICES[service]
    caller = "ec2" if service == "ebs" else service
    return format_policy(
        {
            "Version": "2012-10-17",
            "Id": f"auto-{service}-1",
            "Statement": [
                {
                    "Sid": f"Allow access through {name} for all principals in the account that"
                    f" are authorized to use {name}",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "kms:Encrypt",
                        "kms:Decrypt",
                        "kms:ReEncrypt*",
                        "kms:GenerateDataKey*",
                        "kms:CreateGrant",
                        "kms:DescribeKey",
                    ],
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {
                            "kms:CallerAccount": account_id,
                            "kms:ViaService": f"{caller}.{region}.{dns_suffix_of(partition)}",
                        }
                    },
                },
                {
                    "Sid": "Allow direct access to key metadata to the account",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                    "Resource": "*",
                },
            ],
        }
    )


def policy_of(key: Key) -> str:
    """Return the policy that a key has: its own, or the one that it was made with."""
    return original_policy(key) if key.policy is None else key.policy


def original_policy(key: Key) -> str:
    """Return the policy that a key was made with by nobody's wish."""
    family = key.family
    if family.manager == "CUSTOMER":
        return default_policy(family.account_id, family.partition)
    (alias_name,) = key.aliases  # nobody can take it away, or add another (rules KEY-25)
    return service_policy(
        alias_name.removeprefix(AWS_ALIAS_PREFIX), family.account_id, key.region, family.partition
    )


def read_policy(request: Mapping[str, Any]) -> str | None:
    """
    Return the Policy of a request as AWS lays it out; None where there is none.

    Raises:
        KmsError: LimitExceededException for its size, else MalformedPolicyDocumentException.
    """
    text = request.get("Policy")
    if text is None:
        return None
    if len(text.encode()) > LONGEST_POLICY:
        # Text never recorded (wire-facts C27; assumed).
        raise limit_exceeded(f"The policy exceeds the maximum size of {LONGEST_POLICY} bytes.")
    document = read_document(text)
    check_statements(document)
    return format_policy(document)


def format_policy(document: Any, indent: int = 0) -> str:
    """Lay JSON out as AWS does: two spaces, ` : `, arrays on the line they begin (P2)."""
    if isinstance(document, dict):
        if not document:
            return "{ }"
        inner = " " * (indent + 2)
        members = (
            f"{inner}{_write(name)} : {format_policy(value, indent + 2)}"
            for name, value in document.items()
        )
        return "{\n" + ",\n".join(members) + "\n" + " " * indent + "}"
    if isinstance(document, list):
        if not document:
            return "[ ]"
        return "[ " + ", ".join(format_policy(item, indent) for item in document) + " ]"
    return _write(document)


def _write(scalar: str | float | bool) -> str:
    text = json.dumps(scalar, ensure_ascii=False)
    return _BEYOND_LATIN_1.sub(lambda character: json.dumps(character[0])[1:-1], text)
