"""What is changed in botocore itself: the last net, and what its User-Agent header costs."""

import subprocess
import sys
from io import BytesIO

import botocore
import pytest
from botocore import UNSIGNED, useragent
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.endpoint import Endpoint
from urllib3 import HTTPResponse

from pytest_kmsmock import CallOutsideMock, kms_outside, mock_kms
from pytest_kmsmock.interception import hooks as interception
from pytest_kmsmock.mock import ACTIVE
from tests.aio import AioSession, needs_aiobotocore
from tests.plugin.clients import make_client, make_older_session, make_session
from tests.vocabulary import create_key, refusal

OLDER_THAN_THE_PLUGIN = """
import sys
import boto3, botocore.session, pytest_socket
client = boto3.client("kms", "eu-north-1", aws_access_key_id="x", aws_secret_access_key="x")
session = botocore.session.Session()
session.set_credentials("x", "x")
assert not any(name.startswith("pytest_kmsmock") for name in sys.modules)

from pytest_kmsmock import mock_kms
from pytest_kmsmock.interception import hooks as interception
from pytest_kmsmock.mock import ACTIVE
pytest_socket.disable_socket()
with mock_kms():
    print(client.create_key()["KeyMetadata"]["Arn"].split(":")[3])
    print(len(session.create_client("kms", "eu-north-1").list_keys()["Keys"]))
"""


@pytest.mark.slow
def test_client_older_than_the_plugin():
    """A client and a session that were made before the plugin was imported are served."""
    command = [sys.executable, "-c", OLDER_THAN_THE_PLUGIN]

    run = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "eu-north-1\n1\n" == run.stdout


def test_nets_where_botocore_is_loaded(monkeypatch):
    """Where botocore can send already, the nets are cast at once, not with the first session."""
    cast = []
    monkeypatch.setattr(botocore, "_INITIALIZERS", [])
    monkeypatch.setattr(interception, "cast_nets", cast.append)

    interception.install(ACTIVE)
    monkeypatch.setattr(interception, "OLDER", ())
    interception.install(ACTIVE)

    assert [ACTIVE] == cast


def test_older_session(mock):
    """A session that no initializer has seen shares its KMS with all others."""
    client = make_older_session().create_client("kms")

    arn = create_key(client)

    assert arn.startswith("arn:aws:kms:eu-north-1:123456789012:key/")
    assert arn == mock.client("eu-north-1").describe_key(KeyId=arn)["KeyMetadata"]["Arn"]


def test_error_in_an_older_session(mock):
    """The last net hands on AWS's errors."""
    client = make_older_session().create_client("kms")

    assert (
        "NotFoundException",
        "Alias arn:aws:kms:eu-north-1:123456789012:alias/none is not found.",
    ) == refusal(client.describe_key, KeyId="alias/none")


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        (None, "eu-north-1"),
        ("https://vpce-0123456789abcdef0-01234567.kms.eu-north-1.vpce.amazonaws.com", "eu-north-1"),
        ("http://localhost:4566", "eu-north-1"),
    ],
    ids=["plain", "vpc-endpoint", "localhost"],
)
def test_unsigned_request_in_an_older_session(mock, endpoint, region):
    """Without a signature the Region is the client's, whatever the host."""
    client = make_older_session().create_client(
        "kms", endpoint_url=endpoint, config=Config(signature_version=UNSIGNED)
    )

    assert create_key(client).startswith(f"arn:aws:kms:{region}:")


@pytest.mark.asyncio
@needs_aiobotocore
async def test_older_session_of_aiobotocore(mock):
    """A session of aiobotocore that no initializer has seen is served too."""
    session = make_older_session(AioSession)
    async with session.create_client("kms") as client:
        created = await client.create_key()

    assert created["KeyMetadata"]["Arn"].startswith("arn:aws:kms:eu-north-1:123456789012:key/")


class OwnEndpoint(Endpoint):
    """An endpoint of somebody's own, which sends without asking botocore's."""

    def _send(self, request):
        raise NotImplementedError(f"{request.method} {request.url} has left the process")


class OwnMarker:
    """Stands before such an endpoint, and changes nothing."""


class OwnSubclass(OwnMarker, OwnEndpoint):
    """Inherits how it sends."""


@pytest.fixture(params=[OwnEndpoint, OwnSubclass])
def own_endpoint(request, monkeypatch):
    """Let new clients have endpoints of somebody's own class; not the one that tests share."""
    kind = type(request.param.__name__, (request.param,), {})  # that no net has seen
    monkeypatch.setattr("botocore.endpoint.Endpoint", kind)
    return kind


def test_own_endpoint(mock, own_endpoint):
    """An endpoint whose class sends in its own way is served."""
    client = make_client()

    arn = create_key(client)

    assert own_endpoint is type(client._endpoint)
    assert arn == client.describe_key(KeyId=arn)["KeyMetadata"]["Arn"]
    assert ["CreateKey", "DescribeKey"] == [call.operation for call in mock.calls]


def test_own_endpoint_outside_of_mocks(own_endpoint):
    """Without a mock, an endpoint whose class sends in its own way is refused as others are."""
    client = make_client(aws_access_key_id="x", aws_secret_access_key="x")

    with kms_outside("error"), pytest.raises(CallOutsideMock):
        client.list_keys()
    with pytest.raises(NotImplementedError) as sent:
        client.list_keys()

    assert "POST https://kms.us-east-1.amazonaws.com/ has left the process" == str(sent.value)


@pytest.mark.asyncio
@needs_aiobotocore
async def test_own_endpoint_of_aiobotocore(mock, monkeypatch):
    """An asynchronous endpoint whose class sends in its own way is served, too."""
    from aiobotocore.endpoint import AioEndpoint

    class Own(AioEndpoint):
        async def _send(self, request):
            raise NotImplementedError

    monkeypatch.setattr("aiobotocore.endpoint.AioEndpoint", Own)
    async with make_session(AioSession).create_client("kms", "eu-north-1") as client:
        created = await client.create_key()

        assert Own is type(client._endpoint)
        assert created["KeyMetadata"]["Arn"].startswith("arn:aws:kms:eu-north-1:123456789012:key/")


def test_replaced_send(monkeypatch):
    """A function that a test puts in the place of `_send` is asked, and not KMS: as documented."""
    sent = []

    def answer(self, request):
        sent.append(request.headers["X-Amz-Target"])
        raw = HTTPResponse(BytesIO(b'{"Keys": []}'), preload_content=False)
        return AWSResponse(request.url, 200, {}, raw)

    monkeypatch.setattr(Endpoint, "_send", answer)
    with mock_kms(wire=True) as mock:
        keys = make_client().list_keys()["Keys"]

        assert [] == keys
        assert [b"TrentService.ListKeys"] == sent
        assert [] == mock.calls


def test_other_service_in_an_older_session(mock, monkeypatch):
    """The last net lets other services pass."""
    sent = []
    session = make_older_session()
    client = session.create_client("sqs", config=Config(retries={"total_max_attempts": 1}))

    def send(self, request):
        sent.append(request.headers["X-Amz-Target"])
        raise ZeroDivisionError

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    with pytest.raises(ZeroDivisionError):
        client.list_queues()

    assert [b"AmazonSQS.ListQueues"] == sent


def test_moto_in_an_older_session():
    """moto does not answer for us in a session that has its handler, but none of ours."""
    from moto import mock_aws

    session = make_older_session()
    with mock_aws(), mock_kms() as mock:
        create_key(session.create_client("kms"))

        keys = mock.client("eu-north-1").list_keys()["Keys"]

    assert 1 == len(keys)


def user_agent_of(config: Config) -> str:
    seen = []
    client = make_client(config=config)
    client.meta.events.register(
        "before-call.kms", lambda params, **_: seen.append(params["headers"]["User-Agent"])
    )
    client.list_keys()
    return seen[0]


@pytest.mark.parametrize(
    "config",
    [Config(), Config(user_agent_appid="an app/1 #2"), Config(user_agent_extra="more/2")],
    ids=["plain", "app-id", "extra"],
)
def test_user_agent(mock, monkeypatch, config):
    """The User-Agent header is botocore's own, although we let botocore remember its parts."""
    remembering = useragent.sanitize_user_agent_string_component
    ours = user_agent_of(config)

    monkeypatch.setattr(useragent, "sanitize_user_agent_string_component", remembering.__wrapped__)

    assert set(user_agent_of(config).split()) == set(ours.split())
    assert ours.startswith(f"Botocore/{botocore.__version__} ")


def test_user_agent_of_a_botocore_that_cleans_none(monkeypatch):
    """A botocore without the function that we let remember does without."""
    monkeypatch.delattr(useragent, "sanitize_user_agent_string_component")

    interception.remember_user_agent.__wrapped__()

    assert not hasattr(useragent, "sanitize_user_agent_string_component")
