"""Whoever has no Region or no credentials finds some in a mock, and whoever has keeps them."""

from pathlib import Path

import boto3
import botocore.session
import pytest
from aiobotocore.session import AioSession
from botocore.exceptions import NoRegionError, ProfileNotFound

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.interception.sessions import ACCESS_KEY_ID
from tests.plugin.clients import make_client, make_session
from tests.vocabulary import create_key


def region_of(arn: str) -> str:
    return arn.split(":")[3]


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config"
    path.write_text("[default]\nregion = eu-south-1\n\n[profile work]\nregion = eu-south-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


def test_region_from_nowhere(mock):
    """A client that finds no Region anywhere is made for the mock's, which is us-east-1."""
    client = make_client(None)

    assert "us-east-1" == client.meta.region_name
    assert "us-east-1" == region_of(create_key(client))


def test_region_of_the_mock():
    """A client that finds no Region anywhere is made for the one the mock was given."""
    with mock_kms(region_name="ca-west-1"):
        client = make_client(None)

    assert "ca-west-1" == client.meta.region_name


def test_region_of_a_session_made_before_the_mock():
    """A session older than the mock falls back to the mock's Region all the same."""
    session = make_session()
    with mock_kms(region_name="ca-west-1"):
        client = session.create_client("kms")

    assert "ca-west-1" == client.meta.region_name


def test_region_of_a_client_of_another_service():
    """Other services fall back to the mock's Region too."""
    with mock_kms(region_name="ca-west-1"):
        client = make_session().create_client("sqs")

    assert "ca-west-1" == client.meta.region_name


def test_region_in_boto3():
    """boto3's sessions know the mock's Region."""
    session = boto3.Session()
    with mock_kms(region_name="ca-west-1"):
        region = session.region_name

    assert "ca-west-1" == region


def test_region_outside_a_mock():
    """Outside a mock a missing Region is botocore's error again."""
    session = make_session()
    session.set_credentials("example", "example")
    with mock_kms():
        session.create_client("kms")

    with pytest.raises(NoRegionError):
        session.create_client("kms")


def test_region_in_the_environment(monkeypatch):
    """A Region in the environment comes before the mock's, and is the mock's by default."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")

    with mock_kms() as mock:
        regions = [mock.region_name, make_client(None).meta.region_name]
    with mock_kms(region_name="ca-west-1") as mock:
        regions += [mock.region_name, make_client(None).meta.region_name]

    assert ["sa-east-1", "sa-east-1", "ca-west-1", "sa-east-1"] == regions


@pytest.mark.parametrize(
    ("profile", "region"), [(None, "eu-south-1"), ("work", "eu-south-2"), ("missing", "us-east-1")]
)
def test_region_in_the_config_file(config_file, monkeypatch, profile, region):
    """The mock's Region is by default that of the configured profile, if there is such a one."""
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)

    assert region == KmsMock().region_name


def test_client_of_the_mock_under_a_missing_profile(config_file, monkeypatch):
    """The mock's own clients and sessions read no profile."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with mock_kms() as mock:
        not_shared_yet = mock.client("ap-southeast-7")
        clients = [not_shared_yet, mock.session().create_client("kms")]
        keys = [client.list_keys()["Keys"] for client in clients]

    assert [[], []] == keys


def test_missing_profile(mock, config_file):
    """A profile that does not exist is the error of whoever names it."""
    with pytest.raises(ProfileNotFound):
        boto3.Session(profile_name="missing").client("kms")
    with pytest.raises(ProfileNotFound):
        botocore.session.Session(profile="missing").create_client("kms")


def test_missing_profile_in_the_environment(mock, config_file, monkeypatch):
    """A profile in the environment that does not exist is an error of every session."""
    monkeypatch.setenv("AWS_PROFILE", "missing")

    with pytest.raises(ProfileNotFound):
        make_client()


def test_credentials_from_nowhere(mock):
    """A client is made and served without any credentials, and no socket is touched for them."""
    session = make_session()
    client = session.create_client("kms", region_name="us-east-1")

    assert ACCESS_KEY_ID == session.get_credentials().access_key
    assert [] == client.list_keys()["Keys"]


def test_client_made_without_credentials(wire, monkeypatch):
    """A client that was made before the mock, and had no credentials then, is served."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = make_client()
    with mock_kms(wire=wire):
        keys = client.list_keys()["Keys"]

    assert [] == keys


def test_credentials_outside_a_mock(monkeypatch):
    """Outside a mock a session that finds no credentials has none."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_kms():
        make_session().get_credentials()

    assert make_session().get_credentials() is None


def test_credentials_in_the_environment(mock, monkeypatch):
    """Credentials that are configured come first."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")

    assert "AKIAI44QH8DHBEXAMPLE" == make_session().get_credentials().access_key


async def load_credentials_async() -> str | None:
    credentials = await make_session(AioSession).get_credentials()
    return credentials and (await credentials.get_frozen_credentials()).access_key


@pytest.mark.asyncio
async def test_credentials_in_aiobotocore(monkeypatch):
    """aiobotocore finds the same credentials in a mock, and none outside."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with mock_kms():
        inside = await load_credentials_async()
    outside = await load_credentials_async()

    assert (ACCESS_KEY_ID, None) == (inside, outside)


@pytest.mark.asyncio
async def test_missing_profile_in_aiobotocore(config_file):
    """A profile that does not exist is aiobotocore's error too."""
    with mock_kms(), pytest.raises(ProfileNotFound):
        async with AioSession(profile="missing").create_client("kms"):
            pass
