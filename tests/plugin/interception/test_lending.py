"""What KMS clients are lent in a mock, and that nobody else is, then or later."""

from dataclasses import replace

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    Credentials,
    RefreshableCredentials,
)
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from pytest_kmsmock import CallOutsideMock, KmsMock, mock_kms
from pytest_kmsmock.interception.sessions import ACCESS_KEY_ID
from pytest_kmsmock.mock import ACTIVE
from tests.aio import AioConfig, AioSession, needs_aiobotocore
from tests.plugin.clients import make_session

REGION = "us-west-2"
ROLE_KEY = "ASIAIOSFODNN7EXAMPLE"

PROFILES = """
[default]
region = us-west-2
[profile metadata]
role_arn = arn:aws:iam::123456789012:role/app
credential_source = Ec2InstanceMetadata
[profile container]
role_arn = arn:aws:iam::123456789012:role/app
credential_source = EcsContainer
[profile role]
role_arn = arn:aws:iam::123456789012:role/app
source_profile = keys
[profile keys]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = example
[profile process]
credential_process = touch {marker}
[profile web]
role_arn = arn:aws:iam::123456789012:role/app
web_identity_token_file = {marker}
[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = app
[profile auto]
defaults_mode = auto
"""
ELSEWHERE = ["metadata", "container", "role", "process", "web", "sso", "auto"]


class Role(CredentialProvider):
    """A role's provider, such as a container's, of which a test knows whether it was asked."""

    METHOD = "role"

    def __init__(self) -> None:
        self.asked = 0

    def load(self) -> Credentials:
        self.asked += 1
        return Credentials(ROLE_KEY, "example")


class Network:
    """What botocore's HTTP sessions were to send, each of which finds nobody there."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []

    def refuse(self, request):
        signature = request.headers.get("Authorization", b"")
        text = signature.decode() if isinstance(signature, bytes) else signature
        _, _, scope = text.partition("Credential=")
        self.requests.append((request.url, scope.partition("/")[0] or None))
        raise EndpointConnectionError(endpoint_url=request.url)

    @property
    def signers(self) -> list[str | None]:
        return [signer for _, signer in self.requests]


@pytest.fixture
def network(monkeypatch) -> Network:
    seen = Network()

    def send(_, request):
        seen.refuse(request)

    async def send_async(_, request):
        seen.refuse(request)

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    if AioSession is not None:
        monkeypatch.setattr("aiobotocore.httpsession.AIOHTTPSession.send", send_async)
    return seen


@pytest.fixture
def role() -> Role:
    return Role()


@pytest.fixture
def session(role) -> botocore.session.Session:
    """A session whose only credentials are those of a role."""
    made = make_session()
    made.register_component("credential_provider", CredentialResolver([role]))
    return made


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that a credential process would make, named in a configuration of all kinds."""
    path = tmp_path / "config"
    path.write_text(PROFILES.format(marker=tmp_path / "marker"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return tmp_path / "marker"


def once(**options) -> Config:
    return Config(retries={"total_max_attempts": 1}, **options)


def sign(client) -> None:
    """Let a client of any service sign a request and send it, in vain."""
    with pytest.raises(EndpointConnectionError):
        client.get_caller_identity()


# --- credentials ---------------------------------------------------------------------------------


@pytest.mark.sweep(7)
@pytest.mark.parametrize("profile", ELSEWHERE)
def test_credentials_that_are_made_elsewhere(mock, network, marker, monkeypatch, profile):
    """In a mock no service and no process is asked for credentials, nor where the machine is."""
    monkeypatch.setenv("AWS_PROFILE", profile)
    client = make_session().create_client("kms", region_name=REGION)

    assert [] == client.list_keys()["Keys"]
    assert [] == network.requests
    assert not marker.exists()


@pytest.mark.asyncio
@pytest.mark.parametrize("profile", ELSEWHERE)
@needs_aiobotocore
async def test_credentials_that_are_made_elsewhere_in_aiobotocore(
    mock, network, marker, monkeypatch, profile
):
    """Nor by aiobotocore."""
    monkeypatch.setenv("AWS_PROFILE", profile)
    async with make_session(AioSession).create_client("kms", region_name=REGION) as client:
        keys = (await client.list_keys())["Keys"]

    assert [] == keys
    assert [] == network.requests
    assert not marker.exists()


@pytest.mark.parametrize("profile", ELSEWHERE)
def test_credentials_where_requests_are_refused(
    outside_error, network, marker, monkeypatch, profile
):
    """Nor where a request would be refused: the client is made, and its call is refused."""
    monkeypatch.setenv("AWS_PROFILE", profile)
    client = make_session().create_client("kms", region_name=REGION)

    with pytest.raises(CallOutsideMock):
        client.list_keys()

    assert [] == network.requests
    assert not marker.exists()


@pytest.mark.asyncio
@pytest.mark.parametrize("profile", ELSEWHERE)
@needs_aiobotocore
async def test_credentials_where_requests_of_aiobotocore_are_refused(
    outside_error, network, marker, monkeypatch, profile
):
    """Nor there by aiobotocore."""
    monkeypatch.setenv("AWS_PROFILE", profile)
    async with make_session(AioSession).create_client("kms", region_name=REGION) as client:
        with pytest.raises(CallOutsideMock):
            await client.list_keys()

    assert [] == network.requests
    assert not marker.exists()


def test_token_of_a_web_identity_in_the_environment(mock, network, marker, monkeypatch):
    """A role that the environment names is not assumed either, whatever keys are in a file."""
    monkeypatch.setenv("AWS_PROFILE", "keys")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(marker))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app")
    client = make_session().create_client("kms", region_name=REGION)

    client.list_keys()

    assert [] == network.requests


def test_mode_that_depends_on_the_machine(mock, network):
    """The mode `auto` of a client's own config asks no metadata service either."""
    make_session().create_client("kms", region_name=REGION, config=Config(defaults_mode="auto"))

    assert [] == network.requests


def test_mode_that_depends_on_the_machine_of_another_service(mock, network):
    """Another service's client asks it, as without us."""
    session = make_session()
    session.set_credentials("example", "example")
    session.create_client("sqs", region_name=REGION, config=Config(defaults_mode="auto"))

    assert network.requests


def test_role_of_a_client_in_a_mock(mock, session, role):
    """A client of KMS needs no role while a mock is active, and its session remembers nothing."""
    session.create_client("kms", region_name=REGION).list_keys()

    assert 0 == role.asked
    assert ROLE_KEY == session.get_credentials().access_key


def test_role_of_another_service_in_a_mock(mock, session, network):
    """Another service's client has the credentials that it has without us, in the same session."""
    session.create_client("kms", region_name=REGION).list_keys()
    sign(session.create_client("sts", region_name=REGION, config=once()))

    assert [ROLE_KEY] == network.signers


def test_client_that_outlives_its_mock(wire, session, role, network):
    """A client that was made in a mock has its session's own credentials when the mock is over."""
    with mock_kms(wire=wire):
        client = session.create_client("kms", region_name=REGION, config=once())
        client.list_keys()
    with pytest.raises(EndpointConnectionError):
        client.list_keys()

    assert 1 == role.asked
    assert [ROLE_KEY] == network.signers


def test_client_that_outlives_its_mock_without_credentials(network):
    """Where its session finds none it has none, as without us."""
    session = make_session()
    session.register_component("credential_provider", CredentialResolver([]))
    with mock_kms():
        client = session.create_client("kms", region_name=REGION)

    with pytest.raises(NoCredentialsError):
        client.list_keys()

    assert [] == network.requests


@pytest.mark.asyncio
@needs_aiobotocore
async def test_client_of_aiobotocore_that_outlives_its_mock(network, monkeypatch):
    """A client of aiobotocore finds its own credentials then, too, or none."""
    session = make_session(AioSession)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    config = AioConfig(retries={"total_max_attempts": 1})
    with mock_kms():
        context = session.create_client("kms", region_name=REGION, config=config)
        client = await context.__aenter__()
    with pytest.raises(NoCredentialsError):
        await client.list_keys()
    session.set_credentials(ROLE_KEY, "example")
    with pytest.raises(EndpointConnectionError):
        await client.list_keys()
    await client.__aexit__(None, None, None)

    assert [ROLE_KEY] == network.signers


def make_role_session() -> botocore.session.Session:
    """Make a session whose credentials have run out, and must not be renewed."""

    def refresh():
        raise AssertionError("the credentials were refreshed")

    session = make_session()
    session._credentials = RefreshableCredentials.create_from_metadata(
        {
            "access_key": ROLE_KEY,
            "secret_key": "example",
            "token": "example",
            "expiry_time": "2020-01-01T00:00:00Z",
        },
        refresh_using=refresh,
        method="assume-role",
    )
    return session


def test_credentials_that_refresh_themselves(mock):
    """No credentials are fetched for a request that never leaves: neither a role's nor SSO's."""
    client = make_role_session().create_client("kms", region_name=REGION)

    assert [] == client.list_keys()["Keys"]


def test_credentials_that_refresh_themselves_where_requests_are_refused(outside_error):
    """Nor for one that is refused."""
    client = make_role_session().create_client("kms", region_name=REGION)

    with pytest.raises(CallOutsideMock):
        client.list_keys()


def test_signature_of_credentials_that_refresh_themselves(outside_error, network):
    """What goes to this machine is signed all the same, for its Region stands in the signature."""
    client = make_role_session().create_client(
        "kms", region_name=REGION, endpoint_url="http://localhost:4566", config=once()
    )
    with pytest.raises(EndpointConnectionError):
        client.list_keys()

    assert [("http://localhost:4566/", ACCESS_KEY_ID)] == network.requests


def test_credentials_of_the_session_itself(mock):
    """A session that finds no credentials finds none in a mock either."""
    session = make_session()
    session.register_component("credential_provider", CredentialResolver([]))
    session.create_client("kms", region_name=REGION)

    assert session.get_credentials() is None


@pytest.mark.parametrize("profile", [None, "keys"], ids=["environment", "file"])
def test_credentials_that_are_configured(mock, marker, monkeypatch, profile):
    """Keys in the environment or in a file are the client's, and its session's, as without us."""
    if profile is None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    else:
        monkeypatch.setenv("AWS_PROFILE", profile)
    session = make_session()
    client = session.create_client("kms", region_name=REGION)

    assert "AKIAI44QH8DHBEXAMPLE" == client._request_signer._credentials.access_key
    assert session.get_credentials() is client._request_signer._credentials


def test_credentials_of_a_session_class_of_its_own(role):
    """A chain of credentials that a suite has made its own works with the plugin as without it."""

    class Session(botocore.session.Session):
        def _create_credential_resolver(self):
            return CredentialResolver([role])

    assert ROLE_KEY == Session().get_credentials().access_key
    with mock_kms():
        assert ROLE_KEY == Session().get_credentials().access_key


def test_client_made_without_credentials(wire, monkeypatch):
    """A client that was made before the mock, and had no credentials then, is served."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = make_session().create_client("kms", region_name=REGION)
    with mock_kms(wire=wire):
        keys = client.list_keys()["Keys"]

    assert [] == keys


def test_nested_client_of_another_service(mock, role, network):
    """Who asks STS while a client of KMS is made asks it with credentials of his own."""

    class Session(botocore.session.Session):
        def get_credentials(self):
            if self._credentials is None:
                self.set_credentials(ROLE_KEY, "example")
                sign(self.create_client("sts", region_name=REGION, config=once()))
            return super().get_credentials()

    Session().create_client("kms", region_name=REGION).list_keys()

    assert [ROLE_KEY] == network.signers


# --- Region --------------------------------------------------------------------------------------


def region_of(client) -> str:
    """Return the Region in which a client's key is made."""
    return client.create_key()["KeyMetadata"]["Arn"].split(":")[3]


@pytest.fixture
def elsewhere(marker, monkeypatch) -> None:
    """Let the environment and the profile have a Region."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def suite_region(monkeypatch) -> str:
    """What `kmsmock_region` sets."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(ACTIVE, "defaults", replace(ACTIVE.defaults, region_name="ca-west-1"))
    return "ca-west-1"


def test_region_from_nowhere(mock):
    """A client that finds no Region anywhere is made for the mock's, which is us-east-1."""
    assert "us-east-1" == region_of(make_session().create_client("kms"))


@pytest.mark.asyncio
@needs_aiobotocore
async def test_region_from_nowhere_in_aiobotocore(mock):
    """So is aiobotocore's."""
    async with make_session(AioSession).create_client("kms") as client:
        created = await client.create_key()

    assert created["KeyMetadata"]["Arn"].startswith("arn:aws:kms:us-east-1:")


def test_region_that_the_mock_was_given(elsewhere):
    """A Region that a mock was given is that of its clients, whatever the environment says."""
    session = make_session()
    with mock_kms(region_name="ca-west-1"):
        inside = region_of(session.create_client("kms"))
        default = session.get_config_variable("region")
    outside = session.create_client("kms").meta.region_name

    assert ("ca-west-1", "sa-east-1", "sa-east-1") == (inside, default, outside)


@pytest.mark.asyncio
@needs_aiobotocore
async def test_region_that_the_mock_was_given_in_aiobotocore(elsewhere):
    """So it is for aiobotocore."""
    with mock_kms(region_name="ca-west-1"):
        async with make_session(AioSession).create_client("kms") as client:
            region = client.meta.region_name

    assert "ca-west-1" == region


def test_region_of_the_suite(elsewhere, suite_region):
    """The suite's Region is that of all clients of KMS, made in a mock or before it."""
    session = make_session()
    before = session.create_client("kms").meta.region_name
    with mock_kms():
        inside = region_of(session.create_client("kms"))
    with mock_kms(region_name="eu-west-3"):
        given = region_of(session.create_client("kms"))

    assert (suite_region, suite_region, "eu-west-3") == (before, inside, given)


def by_argument(session):
    return session.create_client("kms", region_name="ap-south-2")


def by_position(session):
    return session.create_client("kms", "ap-south-2")


def by_config(session):
    return session.create_client("kms", config=Config(region_name="ap-south-2"))


def by_config_of_the_session(session):
    session.set_default_client_config(Config(region_name="ap-south-2"))
    return session.create_client("kms")


def by_session(session):
    session.set_config_variable("region", "ap-south-2")
    return session.create_client("kms")


@pytest.mark.parametrize(
    "make", [by_argument, by_position, by_config, by_config_of_the_session, by_session]
)
def test_region_that_the_code_names(elsewhere, suite_region, make):
    """A Region that the code names comes before all that is configured."""
    with mock_kms(region_name="eu-west-3"):
        region = region_of(make(make_session()))

    assert "ap-south-2" == region


def test_region_by_position_that_is_none(suite_region):
    """None, given by position, names no Region."""
    assert suite_region == make_session().create_client("kms", None).meta.region_name


def test_region_where_nothing_is_configured(elsewhere):
    """Where no Region is configured for the tests it is that of the environment."""
    with mock_kms() as mock:
        assert "sa-east-1" == mock.region_name == region_of(make_session().create_client("kms"))


def test_region_of_the_profile(marker):
    """Or else that of the profile."""
    with mock_kms() as mock:
        assert "us-west-2" == mock.region_name == region_of(make_session().create_client("kms"))


def test_region_of_other_services(suite_region):
    """Neither a session nor another service's client takes the Region that clients of KMS have."""
    session = make_session()
    session.set_credentials("example", "example")
    with mock_kms(region_name="ca-west-1"):
        session.create_client("kms")
        with pytest.raises(NoRegionError):
            session.create_client("sqs")
        bucket_store = session.create_client("s3").meta.region_name

    assert bucket_store == make_session().create_client("s3").meta.region_name
    assert boto3.Session().region_name is None


def test_region_in_which_a_session_asks_for_its_role(elsewhere, suite_region):
    """Where a session asks STS for a role's credentials does not depend on the Region we lend."""
    asked = []
    session = make_session()
    create = session._create_credential_resolver

    def note_region():
        asked.append(session._last_client_region_used)
        return create()

    session.lazy_register_component("credential_provider", note_region)
    session.create_client("kms")
    session.create_client("kms")

    assert ["sa-east-1"] == asked
    assert "sa-east-1" == session._last_client_region_used


def test_region_outside_a_mock():
    """Outside a mock a missing Region is botocore's error again, with a note on what would help."""
    session = make_session()
    session.set_credentials("example", "example")
    with mock_kms():
        session.create_client("kms")

    with pytest.raises(NoRegionError) as refused:
        session.create_client("kms")

    assert [
        "pytest-kmsmock: no mock is active that would lend this KMS client a Region. Set the ini"
        " option kmsmock_region, which holds for clients that are made at import time, too; or"
        " AWS_DEFAULT_REGION."
    ] == refused.value.__notes__


def test_region_of_another_service_outside_a_mock():
    """What another service's client lacks is not ours to explain."""
    session = make_session()
    session.set_credentials("example", "example")

    with pytest.raises(NoRegionError) as refused:
        session.create_client("sqs")

    assert not hasattr(refused.value, "__notes__")


@pytest.mark.parametrize(
    ("profile", "region"), [(None, "us-west-2"), ("keys", "us-east-1"), ("missing", "us-east-1")]
)
def test_region_of_a_mock(marker, monkeypatch, profile, region):
    """A mock's Region is by default that of the configured profile, if it has one."""
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)

    assert region == KmsMock().region_name


# --- profiles that do not exist ------------------------------------------------------------------


def test_client_of_the_mock_under_a_missing_profile(marker, monkeypatch):
    """The mock's own clients and sessions read no profile."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with mock_kms() as mock:
        not_shared_yet = mock.client("ap-southeast-7")
        clients = [not_shared_yet, mock.session().create_client("kms")]
        keys = [client.list_keys()["Keys"] for client in clients]

    assert [[], []] == keys


def test_missing_profile(mock, marker):
    """A profile that does not exist is the error of whoever names it."""
    with pytest.raises(ProfileNotFound):
        boto3.Session(profile_name="missing").client("kms")
    with pytest.raises(ProfileNotFound):
        botocore.session.Session(profile="missing").create_client("kms")


def test_missing_profile_in_the_environment(mock, marker, monkeypatch):
    """A profile in the environment that does not exist is an error of every session."""
    monkeypatch.setenv("AWS_PROFILE", "missing")

    with pytest.raises(ProfileNotFound):
        make_session().create_client("kms", region_name=REGION)


@pytest.mark.asyncio
@needs_aiobotocore
async def test_missing_profile_in_aiobotocore(mock, marker):
    """A profile that does not exist is aiobotocore's error too."""
    with pytest.raises(ProfileNotFound):
        async with AioSession(profile="missing").create_client("kms"):
            pass
