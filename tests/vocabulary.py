"""The words that tests share: making keys, and reading what AWS answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

    from pytest_kmsmock import KmsMock

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
REGION = "us-east-1"


def create_key(kms: "KMSClient", **members: Any) -> str:
    """Create a key, symmetric unless *members* say otherwise, and return its ARN."""
    return kms.create_key(**members)["KeyMetadata"]["Arn"]


def describe(kms: "KMSClient", key_id: str) -> dict[str, Any]:
    """Return the metadata of the key that an id, an ARN or an alias names."""
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]


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


def harmless_refusal(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    """Return what `refusal()` does, once it has proved that the call changed nothing."""
    kms = call.__self__  # type: ignore[attr-defined]  # the client that the method is bound to
    before = everything(kms)
    refused = refusal(call, **members)

    assert before == everything(kms)

    return refused


def stored_policy(key_id: str) -> Any:
    """Return the policy of a key in the active mock, whomever it lets read it."""
    from pytest_kmsmock._kms.service import Request
    from pytest_kmsmock.mock import ACTIVE

    mock = ACTIVE.current
    assert mock is not None
    response = mock._service.respond(
        Request(
            operation="GetKeyPolicy",
            region=REGION,
            account_id=ACCOUNT,
            body=json.dumps({"KeyId": key_id}).encode(),
            is_setup=True,
        )
    )
    assert response.result is not None, response.error
    return json.loads(response.result["Policy"])


def everything(kms: "KMSClient") -> dict[str, Any]:
    """Describe all keys of the client's Region, with what hangs on them, and all aliases."""
    listed: dict[str, Any] = {
        "aliases": [
            alias
            for page in kms.get_paginator("list_aliases").paginate()
            for alias in page["Aliases"]
        ]
    }
    for page in kms.get_paginator("list_keys").paginate():
        for entry in page["Keys"]:
            key = {"KeyId": entry["KeyId"]}
            listed[entry["KeyArn"]] = [
                kms.describe_key(**key)["KeyMetadata"],
                kms.get_key_policy(**key)["Policy"],
                kms.list_resource_tags(**key)["Tags"],
            ]
    return listed


def call_as(
    account_id: str, mock: "KmsMock", operation: str, region: str = REGION, **request: Any
) -> dict[str, Any]:
    """Make a call as an account that has no client here, and return the answer."""
    from pytest_kmsmock._kms.service import Request

    body = json.dumps(request).encode()
    return mock._service.respond(
        Request(operation=operation, region=region, account_id=account_id, body=body)
    ).parsed()


def lower_quotas(kms_mock: "KmsMock", **quotas: int) -> None:
    """Give the accounts of a mock other limits than AWS's, to be reached in reasonable time."""
    world = kms_mock._service.world
    world.quotas = replace(world.quotas, **quotas)
