"""A KMS request is answered whoever makes the client, and wherever it would go."""

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.model import ServiceModel

from pytest_kmsmock import mock_kms
from tests.plugin.clients import ACCESS_KEY_ID, LOADER, make_client
from tests.vocabulary import create_key

IMPORTED = boto3.client(
    "kms",
    region_name="eu-west-2",
    aws_access_key_id=ACCESS_KEY_ID,
    aws_secret_access_key="example",
)
boto3.setup_default_session()

VPC_ENDPOINT = "https://vpce-0123456789abcdef0-01234567.kms.us-east-2.vpce.amazonaws.com"

CLIENTS = {
    "plain": ("us-east-1", {}),
    "endpoint_url": ("us-east-1", {"endpoint_url": "https://kms.example.test"}),
    "localhost": ("us-east-1", {"endpoint_url": "http://localhost:4566"}),
    "other-region-in-host": (
        "us-east-1",
        {"endpoint_url": "https://kms.eu-west-1.amazonaws.com"},
    ),
    "vpc-endpoint": ("us-east-2", {"endpoint_url": VPC_ENDPOINT}),
    "fips": ("us-east-1", {"config": Config(use_fips_endpoint=True)}),
    "fips-region": ("fips-us-west-2", {}),
    "dual-stack": ("us-east-1", {"config": Config(use_dualstack_endpoint=True)}),
    "fips-dual-stack": (
        "us-gov-west-1",
        {"config": Config(use_fips_endpoint=True, use_dualstack_endpoint=True)},
    ),
    "china": ("cn-north-1", {}),
    "china-dual-stack": ("cn-northwest-1", {"config": Config(use_dualstack_endpoint=True)}),
    "us-gov": ("us-gov-east-1", {}),
    "iso": ("us-iso-east-1", {}),
    "no-ssl": ("us-east-1", {"use_ssl": False}),
    "unsigned": ("us-east-1", {"config": Config(signature_version=UNSIGNED)}),
    "unsigned-elsewhere": (
        "ap-south-1",
        {"config": Config(signature_version=UNSIGNED), "endpoint_url": "http://localhost:4566"},
    ),
}
PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "us-iso": "aws-iso"}


def arn_prefix(region: str) -> str:
    start = region.rsplit("-", 2)[0]
    return f"arn:{PARTITIONS.get(start, 'aws')}:kms:{region}:123456789012:key/"


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", CLIENTS)
def test_client_of_any_endpoint(mock, name):
    """A client is served wherever its endpoint is, in the Region it was made for."""
    region, options = CLIENTS[name]
    client = make_client(region, **options)

    arn = create_key(client)

    assert arn_prefix(region.removeprefix("fips-")) == arn.rpartition("/")[0] + "/"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL"])
def test_client_of_an_endpoint_in_the_environment(mock, monkeypatch, variable):
    """An endpoint that the environment sets is never reached."""
    monkeypatch.setenv(variable, "https://kms.example.test:8443/path")
    client = make_client("eu-west-1")

    arn = create_key(client)

    assert "https://kms.example.test:8443/path" == client.meta.endpoint_url
    assert arn.startswith(arn_prefix("eu-west-1"))


def test_client_made_at_import_time(mock):
    """A client made before any mock, when its module was imported, is served."""
    arn = create_key(IMPORTED)

    assert arn.startswith(arn_prefix("eu-west-2"))


def test_default_session_made_at_import_time(mock):
    """A client of boto3's default session is served, though the session is older than any mock."""
    arn = create_key(boto3.client("kms"))

    assert arn.startswith(arn_prefix("us-east-1"))


def test_client_that_outlives_its_mock():
    """A client finds no key of a mock that has ended in the next one."""
    with mock_kms() as first:
        client = first.client()
        create_key(client)
    with mock_kms():
        keys = client.list_keys()["Keys"]

    assert [] == keys


def test_response_in_after_call(mock):
    """A handler of `after-call` sees the HTTP response: its status, headers and body."""
    client = make_client()
    seen = []
    client.meta.events.register("after-call.kms", lambda **said: seen.append(said["http_response"]))

    response = client.list_keys()

    [http] = seen
    headers = {name.lower(): value for name, value in http.headers.items()}

    assert 200 == http.status_code
    assert response["ResponseMetadata"]["HTTPHeaders"] == headers
    assert b'{"Keys":[],"Truncated":false}' == http.content


def test_signature(wire):
    """Nothing is signed, unless the wire matters."""
    signed = []
    with mock_kms(wire=wire):
        client = make_client()
        client.meta.events.register("before-sign.kms", lambda **_: signed.append(True))
        client.list_keys()

    assert [True] * wire == signed


def test_operation_that_is_not_served(mock, monkeypatch):
    """An operation that is not built raises NotImplementedError with its name, at once."""
    monkeypatch.setattr("pytest_kmsmock._kms.service.find_operation", {}.get)

    with pytest.raises(NotImplementedError) as caught:
        mock.client().list_keys()

    assert "pytest-kmsmock does not serve ListKeys yet" == str(caught.value)


def test_protocol():
    """botocore speaks JSON with KMS: another protocol would have other bodies to read and write."""
    model = ServiceModel(LOADER.load_service_model("kms", "service-2"))

    # Older versions have the one protocol; newer ones choose from several.
    assert "json" == getattr(model, "resolved_protocol", model.protocol)
