"""Sessions whose answers are parsed otherwise get what their parser makes of them."""

import base64

import botocore.session
import pytest
from botocore.parsers import ResponseParserFactory

from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import make_session


def let_all_be(session: botocore.session.Session) -> None:
    """Let blobs and times be as they come, as the AWS CLI does."""
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(blob_parser=lambda text: text, timestamp_parser=lambda value: value)


def test_defaults_of_a_parser(mock):
    """Blobs and times are what the defaults make of them that a session's parsers have (V31)."""
    session = make_session()
    client = session.create_client("kms", region_name="us-east-1")
    let_all_be(session)
    metadata = client.create_key()["KeyMetadata"]
    blob = client.encrypt(KeyId=metadata["KeyId"], Plaintext=b"hi")["CiphertextBlob"]

    assert isinstance(metadata["CreationDate"], (int, float))
    assert "aGk=" == client.decrypt(CiphertextBlob=base64.b64decode(blob))["Plaintext"]


@pytest.mark.asyncio
@needs_aiobotocore
async def test_defaults_of_a_parser_of_aiobotocore(mock):
    """So they are with aiobotocore."""
    session = make_session(AioSession)
    let_all_be(session)
    async with session.create_client("kms", region_name="us-east-1") as client:
        metadata = (await client.create_key())["KeyMetadata"]

    assert isinstance(metadata["CreationDate"], (int, float))


def test_parsers_of_a_factory(mock):
    """A factory of a session's own makes the parsers of its clients."""

    class Factory(ResponseParserFactory):
        def create_parser(self, protocol_name):
            parser = super().create_parser(protocol_name)
            parse = parser.parse
            parser.parse = lambda *args: {**parse(*args), "Parsed": True}
            return parser

    session = make_session()
    session.register_component("response_parser_factory", Factory())
    client = session.create_client("kms", region_name="us-east-1")

    assert client.list_keys()["Parsed"]


def test_factories_one_after_the_other(mock):
    """A client keeps the factory that its session had when it was made, whatever it has later."""
    session = make_session()
    earlier = session.create_client("kms", region_name="us-east-1")
    session.register_component("response_parser_factory", ResponseParserFactory())
    later = session.create_client("kms", region_name="us-east-1")
    key_id = earlier.create_key()["KeyMetadata"]["KeyId"]
    let_all_be(session)

    assert later.describe_key(KeyId=key_id)["KeyMetadata"]["CreationDate"] > 0
    session.register_component("response_parser_factory", ResponseParserFactory())
    session.create_client("kms", region_name="us-east-1")
    assert later.describe_key(KeyId=key_id)["KeyMetadata"]["CreationDate"] > 0
    assert earlier.describe_key(KeyId=key_id)["KeyMetadata"]["CreationDate"].tzinfo is not None


def test_parsers_of_others(mock):
    """What one session's parser makes of it changes nothing for another."""
    let_all_be(make_session())
    client = make_session().create_client("kms", region_name="us-east-1")

    assert client.create_key()["KeyMetadata"]["CreationDate"].tzinfo is not None
