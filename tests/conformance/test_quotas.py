"""The lengths that AWS's table of quotas gives to members of requests."""

import csv
import re
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import KmsMock
from tests.conformance.minimal_requests import prepare
from tests.conformance.stage import Stage
from tests.conformance.tables import DATA
from tests.vocabulary import refusal

with (DATA / "quotas.csv").open(encoding="utf-8", newline="") as file:
    VALUES: Final = {row["id"]: row["value"] for row in csv.DictReader(file)}

# A quota, a request that it limits, the member, and what the member is made of.
LIMITS: Final = [
    ("Q-8", "UntagResource", "TagKeys", "element"),
    ("Q-11", "Encrypt", "Plaintext", "bytes"),
    ("Q-12", "Decrypt", "CiphertextBlob", "bytes"),
    ("Q-13", "Sign", "Message", "bytes"),
    ("Q-13", "VerifyMac", "Message", "bytes"),
    ("Q-14", "Verify", "Signature", "bytes"),
    ("Q-15", "VerifyMac", "Mac", "bytes"),
    ("Q-16", "GenerateDataKey", "NumberOfBytes", "number"),
    ("Q-16", "GenerateRandom", "NumberOfBytes", "number"),
    ("Q-17", "Encrypt", "GrantTokens", "list"),
    ("Q-18", "DescribeKey", "KeyId", "text"),
    ("Q-19", "DeleteAlias", "AliasName", "text"),
    ("Q-20", "CreateGrant", "Name", "text"),
    ("Q-21", "RevokeGrant", "GrantId", "text"),
    ("Q-22", "CreateGrant", "GranteePrincipal", "text"),
    ("Q-26", "UpdateKeyDescription", "Description", "text"),
    ("Q-28", "EnableKeyRotation", "RotationPeriodInDays", "number"),
    ("Q-32", "ImportKeyMaterial", "KeyMaterialDescription", "text"),
    ("Q-34", "DeriveSharedSecret", "PublicKey", "bytes"),
    ("Q-37", "CreateCustomKeyStore", "CustomKeyStoreName", "text"),
    ("Q-38", "CreateCustomKeyStore", "KeyStorePassword", "text"),
    ("Q-39", "CreateCustomKeyStore", "TrustAnchorCertificate", "text"),
    ("Q-40", "CreateKey", "XksKeyId", "text"),
    ("Q-42", "ListAliases", "Limit", "number"),
    ("Q-43", "ListGrants", "Limit", "number"),
    ("Q-44", "ListRetirableGrants", "Limit", "number"),
    ("Q-45", "ListKeys", "Limit", "number"),
    ("Q-46", "ListKeyPolicies", "Limit", "number"),
    ("Q-47", "ListKeyRotations", "Limit", "number"),
    ("Q-48", "ListResourceTags", "Limit", "number"),
    ("Q-49", "DescribeCustomKeyStores", "Limit", "number"),
    ("Q-50", "ListKeys", "Marker", "text"),
    ("Q-58", "Decapsulate", "SharedSecretCiphertextBlob", "bytes"),
    ("Q-59", "ListKeys", "ResourceOwners", "list"),
]


def make(kind: str, size: int) -> Any:
    match kind:
        case "bytes":
            return bytes(size)
        case "text":
            return "a" * size
        case "list":
            return ["a"] * size
        case "element":
            return ["a" * size]
    return size


@pytest.mark.parametrize(
    ("quota", "operation", "member", "kind"),
    [pytest.param(*limit, id="-".join(limit[:3])) for limit in LIMITS],
)
def test_length(kms_mock: KmsMock, quota: str, operation: str, member: str, kind: str) -> None:
    """
    As much as the quota allows passes the shape, one more is refused (wire-facts D4, W17).

    What passes may be refused for another reason: a name of 256 letters names nothing.
    """
    most = int(re.match(r"(?:\d+ to )?(\d+)", VALUES[quota].replace(",", ""))[1])  # type: ignore[index]
    stage = Stage(mock=kms_mock)
    request = prepare(stage, operation)
    quantity = "value" if kind == "number" else "length"
    violated = f"Member must have {quantity} less than or equal to"

    code, message = refusal(
        lambda: stage.call(operation, {**request, member: make(kind, most + 1)})
    )
    try:
        stage.call(operation, {**request, member: make(kind, most)})
        reason = ""
    except ClientError as refused:
        reason = refused.response["Error"]["Message"]

    assert "ValidationException" == code
    assert re.search(rf"{violated} {most}\b", message)
    assert violated not in reason
