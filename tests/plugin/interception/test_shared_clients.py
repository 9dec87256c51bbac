"""The clients that tests share: what one test does to them is nothing to the next."""

from unittest.mock import Mock, patch

import pytest
from botocore.config import Config
from botocore.stub import Stubber

from pytest_kmsmock import mock_kms
from pytest_kmsmock.interception.sessions import forget_shared_clients
from tests.vocabulary import create_key


@pytest.fixture(autouse=True)
def _others_keep_theirs():
    """Leave the clients alone that other test modules were given when they were imported."""
    forget_shared_clients()


def replace(client):
    client.list_keys = Mock(return_value={"Keys": ["of the patch"]})


def stub(client):
    stubber = Stubber(client)
    stubber.add_response("list_keys", {"Keys": []})
    stubber.activate()


def listen(client):
    client.meta.events.register("before-call.kms", Mock(side_effect=ZeroDivisionError))


def put_another_endpoint(client):
    client._endpoint = Mock()


def sign_with_another(client):
    client._request_signer._credentials = Mock()


def send_by_another(client):
    client._endpoint.http_session = Mock()


def set_another_timeout(client):
    client.meta.config.read_timeout = 1


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    "change",
    [
        replace,
        stub,
        listen,
        put_another_endpoint,
        sign_with_another,
        send_by_another,
        set_another_timeout,
    ],
)
def test_client_that_was_changed(change):
    """A client that a test has patched, stubbed or given a handler is not the next test's."""
    with mock_kms() as mock:
        changed = mock.client()
        change(changed)
    with mock_kms() as mock:
        client = mock.client()
        create_key(client)
        keys = client.list_keys()["Keys"]

    assert changed is not client
    assert 1 == len(keys)


def test_client_that_was_only_used():
    """Calls, errors, paginators and a patch that is undone change nothing: it is shared on."""
    with mock_kms() as mock:
        used = mock.client()
        create_key(used)
        list(used.get_paginator("list_keys").paginate())
        with pytest.raises(used.exceptions.NotFoundException):
            used.describe_key(KeyId="alias/app")
        with patch.object(used, "list_keys"):
            used.list_keys()
        used.close()
    with mock_kms() as mock:
        same = mock.client()

    assert used is same


def test_client_of_another_kind():
    """A client of another Region is shared by itself, and one with options is nobody else's."""
    with mock_kms() as mock:
        clients = [mock.client(), mock.client("eu-west-1"), mock.client(config=Config())]
        others = [mock.client(), mock.client("eu-west-1"), mock.client(config=Config())]

    assert [True, True, False] == [one is other for one, other in zip(clients, others, strict=True)]
