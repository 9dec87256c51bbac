"""The forms of principals' ARNs, in policies and in grants."""

import re
from typing import Final

from pytest_kmsmock._kms.domain.principals import Principal

__all__ = ["Principal", "account_of", "is_principal_arn"]

# Account roots, users, roles, federated users and assumed-role sessions; not groups (GRANT-6).
_PRINCIPAL_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[\w+=,.@/-]+)"
    r"|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role|federated-user)/[\w+=,.@/-]+",
    re.ASCII,
)


# A service of AWS, also one of a Region: "sns.amazonaws.com", "rds.us-east-1.amazonaws.com".
_SERVICE: Final = re.compile(r"(?:[a-z0-9-]+\.)+amazonaws\.com(?:\.cn)?", re.ASCII)


def is_principal_arn(value: str) -> bool:
    """Tell whether *value* has the form of an IAM principal's ARN; nobody knows if it exists."""
    return _PRINCIPAL_ARN.fullmatch(value) is not None


def is_service(value: str) -> bool:
    """Tell whether *value* has the form of a service principal."""
    return _SERVICE.fullmatch(value) is not None


def account_of(principal_arn: str) -> str:
    return principal_arn.split(":")[4]
