"""The words that tests share: making keys, and reading what AWS answers."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
REGION = "us-east-1"


def create_key(kms: "KMSClient", **members: Any) -> str:
    """Create a key, symmetric unless *members* say otherwise, and return its ARN."""
    return kms.create_key(**members)["KeyMetadata"]["Arn"]


def members(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that KMS answered, without those that botocore adds."""
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def answer(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Return code and message of a refusal; the message is "" where AWS sends none."""
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def refusal(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """Make a call that must be refused, and return the refusal's code and message."""
    with pytest.raises(ClientError) as refused:
        call(**members)
    return answer(refused)
