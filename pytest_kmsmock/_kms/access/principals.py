"""Callers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: an IAM principal's ARN and its account."""

    arn: str
    account_id: str


def default_principal(account_id: str, partition: str) -> Principal:
    """Return the caller of a request for which the test named none."""
    return Principal(f"arn:{partition}:iam::{account_id}:user/kmsmock", account_id)
