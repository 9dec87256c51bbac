"""Where the sources of wire-facts contradict each other: the side that was taken."""

import json
from typing import Any

from pytest_kmsmock import KmsMock
from pytest_kmsmock._kms.service import Request
from tests.vocabulary import ACCOUNT, REGION, create_key, refusal

PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:root"


def body_of(kms_mock: KmsMock, operation: str, **members: Any) -> dict[str, Any]:
    """Return what is on the wire, which clients read more kindly than it is written."""
    request = Request(
        operation=operation, region=REGION, account_id=ACCOUNT, body=json.dumps(members).encode()
    )
    body: dict[str, Any] = json.loads(kms_mock._service.respond(request).body())
    return body


def test_replicate_key_that_is_no_primary(kms: Any, kms_mock: KmsMock) -> None:
    """The refusal has a small letter in "multi-region" (wire-facts X2, Z8)."""
    key_id = create_key(kms, MultiRegion=True).rpartition("/")[2]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")

    assert (
        "UnsupportedOperationException",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{key_id} is not a multi-region primary key.",
    ) == refusal(
        kms_mock.client("eu-west-1").replicate_key, KeyId=key_id, ReplicaRegion="us-west-2"
    )


def test_encrypt_under_a_key_pending_deletion(kms: Any) -> None:
    """A key pending deletion is in an invalid state, not disabled (wire-facts X7, S18)."""
    key = create_key(kms)
    kms.schedule_key_deletion(KeyId=key)

    assert ("KMSInvalidStateException", f"{key} is pending deletion.") == refusal(
        kms.encrypt, KeyId=key, Plaintext=b"x"
    )


def test_replicate_key_without_tags(kms: Any) -> None:
    """Without tags the answer has no ReplicaTags, not even an empty list (wire-facts X8)."""
    key = create_key(kms, MultiRegion=True)

    replicated = kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")

    assert {"ReplicaKeyMetadata", "ReplicaPolicy", "ResponseMetadata"} == replicated.keys()


def test_list_grants_without_a_name(kms: Any) -> None:
    """A grant without a name is listed with an empty one (wire-facts X9, which nothing settles)."""
    key = create_key(kms)
    kms.create_grant(KeyId=key, GranteePrincipal=PRINCIPAL, Operations=["DescribeKey"])

    assert [""] == [grant["Name"] for grant in kms.list_grants(KeyId=key)["Grants"]]


def test_body_of_an_access_denied_exception(kms_mock: KmsMock) -> None:
    """Of all errors AccessDeniedException alone has Message with a capital (wire-facts X15)."""
    foreign = "arn:aws:kms:us-east-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    denied = body_of(kms_mock, "DescribeKey", KeyId=foreign)

    assert {"__type", "Message"} == denied.keys()


def test_body_of_an_invalid_ciphertext_exception(kms_mock: KmsMock) -> None:
    """InvalidCiphertextException has no message (wire-facts X16)."""
    assert {"__type": "InvalidCiphertextException"} == body_of(
        kms_mock, "Decrypt", CiphertextBlob="AAAA"
    )


def test_decrypt_under_a_key_that_is_gone(kms: Any, kms_mock: KmsMock) -> None:
    """The newer sentence about a key that cannot be seen is answered (wire-facts X18)."""
    key = create_key(kms)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms_mock.clock.advance(days=7)

    assert (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:Decrypt on"
        " the resource associated with this ciphertext because the resource does not exist in this"
        " Region, no resource-based policies allow access, or a resource-based policy explicitly"
        " denies access",
    ) == refusal(kms.decrypt, CiphertextBlob=blob)
