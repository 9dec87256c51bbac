"""aiobotocore and aioboto3 are served as boto3 is, by the same KMS."""

import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import mock_kms
from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import make_session

pytestmark = pytest.mark.asyncio


@needs_aiobotocore
async def test_round_trip(mock):
    """What aiobotocore encrypts, boto3's client decrypts: both have the same keys."""
    async with make_session(AioSession).create_client("kms") as client:
        created = await client.create_key()
        key_id = created["KeyMetadata"]["KeyId"]
        encrypted = await client.encrypt(KeyId=key_id, Plaintext=b"hi")

    decrypted = mock.client().decrypt(CiphertextBlob=encrypted["CiphertextBlob"])

    assert b"hi" == decrypted["Plaintext"]


@needs_aiobotocore
async def test_error(mock):
    """aiobotocore raises AWS's errors, of the class of their code."""
    async with make_session(AioSession).create_client("kms") as client:
        with pytest.raises(client.exceptions.NotFoundException) as caught:
            await client.describe_key(KeyId="alias/app")

    message = "Alias arn:aws:kms:us-east-1:123456789012:alias/app is not found."

    assert {"Code": "NotFoundException", "Message": message} == caught.value.response["Error"]


@needs_aiobotocore
async def test_paginator(mock):
    """aiobotocore's paginators walk through the pages."""
    async with make_session(AioSession).create_client("kms") as client:
        for _ in range(3):
            await client.create_key()
        pages = client.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2})
        lengths = [len(page["Keys"]) async for page in pages]

    assert [2, 1] == lengths


@needs_aiobotocore
async def test_client_that_outlives_its_mock():
    """A client of aiobotocore finds no key of a mock that has ended in the next one."""
    with mock_kms():
        context = make_session(AioSession).create_client("kms")
        client = await context.__aenter__()
        await client.create_key()
    async with mock_kms():
        listed = await client.list_keys()
    await context.__aexit__(None, None, None)

    assert [] == listed["Keys"]


@needs_aiobotocore
async def test_response_in_after_call(mock):
    """A handler of `after-call` awaits the body, as with a response from the network."""
    bodies = []

    async def read(http_response, **_):
        bodies.append(await http_response.content)

    async with make_session(AioSession).create_client("kms") as client:
        client.meta.events.register("after-call.kms", read)
        await client.list_keys()

    assert [b'{"Keys":[],"Truncated":false}'] == bodies


async def test_aioboto3(mock):
    """aioboto3's sessions are served, without Region or credentials."""
    aioboto3 = pytest.importorskip("aioboto3")

    async with aioboto3.Session().client("kms") as client:
        await client.create_key()

    assert 1 == len(mock.client().list_keys()["Keys"])


async def test_error_of_aioboto3(mock):
    """aioboto3 raises AWS's errors."""
    aioboto3 = pytest.importorskip("aioboto3")

    async with aioboto3.Session().client("kms") as client:
        with pytest.raises(ClientError, match="NotFoundException"):
            await client.describe_key(KeyId="alias/app")
