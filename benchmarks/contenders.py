"""Ours, moto's and the floor's KMS, each switched on for a measure and off again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from typing import Any

import boto3
import botocore.awsrequest
from botocore import useragent
from moto import mock_aws

from pytest_kmsmock import mock_kms
from tests.todays_client import make_todays_client

REGION = "us-east-1"


def new_client() -> Any:
    session = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "example", region_name=REGION)
    return session.client("kms")


@contextmanager
def ours() -> Iterator[Any]:
    with mock_kms():
        yield new_client()


@contextmanager
def ours_today() -> Iterator[Any]:
    """Ours, asked by a client that knows today's KMS, whatever botocore is installed."""
    with mock_kms():
        yield make_todays_client()


@contextmanager
def without_us() -> Iterator[None]:
    """Undo what our plug-in does for botocore's speed: what others get is botocore's own."""
    component: Any = useragent.UserAgentComponent
    remembering = useragent.sanitize_user_agent_string_component, component.to_string
    useragent.sanitize_user_agent_string_component = remembering[0].__wrapped__
    component.to_string = remembering[1].__wrapped__
    try:
        yield
    finally:
        useragent.sanitize_user_agent_string_component, component.to_string = remembering


@contextmanager
def moto() -> Iterator[Any]:
    with mock_aws():
        client = new_client()
        with without_us():
            yield client


PARSED: dict[str, Any] = {
    "CiphertextBlob": b"0" * 184,
    "Plaintext": b"0" * 32,
    "Mac": b"0" * 32,
    "KeyId": "arn:aws:kms:us-east-1:123456789012:key/0f0e0d0c-0b0a-4908-8706-050403020100",
    "KeyMetadata": {
        "Arn": "arn",
        "KeyId": "id",
        "CreationDate": datetime(2026, 1, 1, tzinfo=timezone.utc),
    },
    "ResponseMetadata": {"HTTPStatusCode": 200},
}


def answer_at_once(client: Any) -> None:
    """Register the least that a hook can do: a `before-call` handler that returns a constant."""
    http = botocore.awsrequest.AWSResponse("", 200, {}, None)
    client.meta.events.register_first("before-call.kms", lambda **_: (http, dict(PARSED)))


@contextmanager
def floor() -> Iterator[Any]:
    """The least that a hook can do."""
    client = new_client()
    answer_at_once(client)
    with without_us():
        yield client


@contextmanager
def wire() -> Iterator[Any]:
    """Ours, in the place of the network: botocore signs, sends, and parses."""
    with mock_kms(wire=True):
        yield new_client()


class Constant:
    """The bytes of an answer."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield b'{"CiphertextBlob":"MDAwMA==","KeyId":"id","KeyMetadata":{"KeyId":"id"}}'


@contextmanager
def wire_floor() -> Iterator[Any]:
    """The least in the place of the network: a `before-send` handler that returns a constant."""
    client = new_client()
    headers = {"content-type": "application/x-amz-json-1.1"}
    client.meta.events.register_first(
        "before-send.kms",
        lambda **_: botocore.awsrequest.AWSResponse("", 200, headers, Constant()),
    )
    with without_us():
        yield client


CONTENDERS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "ours": ours,
    "moto": moto,
    "floor": floor,
}
