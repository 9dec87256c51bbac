"""Key policies, good ones and worse, and the two operations that take them."""

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.vocabulary import ACCOUNT, create_key, harmless_refusal, stored_policy

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

IAM: Final = f"arn:aws:iam::{ACCOUNT}"
ROOT: Final = f"{IAM}:root"
CALLER: Final = f"{IAM}:user/kmsmock"  # who asks, if nobody says

# A statement that lets the account do everything.
ALLOWED: Final = {
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": "kms:*",
    "Resource": "*",
}

BOTH: Final = pytest.mark.parametrize("method", ["create_key", "put_key_policy"])


def prepare(kms: "KMSClient", method: str) -> tuple[Any, dict[str, Any]]:
    """Return one of the two operations that take a policy, and what else it needs."""
    if method == "create_key":
        return kms.create_key, {}
    return kms.put_key_policy, {"KeyId": create_key(kms)}


def put(kms: "KMSClient", method: str, document: Any, **request: Any) -> None:
    """Put a policy, and prove that it is there."""
    call, others = prepare(kms, method)
    answered = call(Policy=json.dumps(document), **request, **others)
    key_id = others.get("KeyId") or answered["KeyMetadata"]["KeyId"]

    assert document == stored_policy(key_id)


def refused(kms: "KMSClient", method: str, text: str, **request: Any) -> tuple[str, str]:
    call, others = prepare(kms, method)
    return harmless_refusal(call, Policy=text, **request, **others)


def malformed(message: str) -> tuple[str, str]:
    return "MalformedPolicyDocumentException", message


def policy(*statements: Any, **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **elements}


def but(**elements: Any) -> dict[str, Any]:
    """Return a policy whose one statement differs from a good one in some elements."""
    return policy({**ALLOWED, **elements})


def without(element: str, **others: Any) -> dict[str, Any]:
    """Return a policy whose one statement lacks an element, and may have others instead."""
    return policy(lacking(element, ALLOWED, **others))


def lacking(element: str, statement: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != element} | others
