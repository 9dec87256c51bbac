"""What stands on the wire: the bodies of answers and refusals, byte by byte."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import mock_kms
from tests.vocabulary import ACCOUNT, REGION, create_key, describe

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Wire:
    """A client, and the status and body of the latest response that botocore received for it."""

    def __init__(self, kms: "KMSClient") -> None:
        self.kms = kms
        self.status = 0
        self.body = b""
        kms.meta.events.register("response-received.kms", self.see)

    def see(self, response_dict: dict[str, Any], **_: object) -> None:
        self.status = response_dict["status_code"]
        self.body = response_dict["body"]


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Look at the wire, between the mock and botocore's parser."""
    with mock_kms(wire=True, isolated=True) as mock:
        yield Wire(mock.session().create_client("kms"))


def test_body_of_a_modeled_error(wire):
    """Type without a prefix, and a message in lower case (wire-facts W1, W6)."""
    with pytest.raises(ClientError):
        wire.kms.describe_key(KeyId=UNKNOWN)

    assert (
        400,
        {
            "__type": "NotFoundException",
            "message": f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{UNKNOWN}' does not exist",
        },
    ) == (wire.status, json.loads(wire.body))


def test_body_of_access_denied(wire):
    """AccessDeniedException is HTTP 400, with a capital letter in Message (wire-facts W2, W3)."""
    key_arn = describe(wire.kms, "alias/aws/s3")["Arn"]

    with pytest.raises(ClientError):
        wire.kms.disable_key(KeyId=key_arn)

    assert (
        400,
        {
            "__type": "AccessDeniedException",
            "Message": f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform:"
            f" kms:DisableKey on resource: {key_arn} because no resource-based policy allows the"
            " kms:DisableKey action",
        },
    ) == (wire.status, json.loads(wire.body))


def test_body_of_an_error_without_a_message(wire):
    """A refusal without a message has no such member (wire-facts W5)."""
    with pytest.raises(ClientError):
        wire.kms.get_public_key(KeyId=create_key(wire.kms))

    assert (400, {"__type": "UnsupportedOperationException"}) == (
        wire.status,
        json.loads(wire.body),
    )


@pytest.mark.parametrize("method", ["enable_key", "disable_key"])
def test_body_of_an_operation_without_output(wire, method):
    """Such an operation answers with nothing at all (wire-facts W8)."""
    key_arn = create_key(wire.kms)

    getattr(wire.kms, method)(KeyId=key_arn)

    assert (200, b"") == (wire.status, wire.body)


def test_timestamp_on_the_wire(wire):
    """A timestamp is a number of seconds with milliseconds (wire-facts W10)."""
    created = wire.kms.create_key()["KeyMetadata"]["CreationDate"]

    sent = json.loads(wire.body)["KeyMetadata"]["CreationDate"]

    assert sent == created.timestamp()
    assert sent == round(sent, 3)
