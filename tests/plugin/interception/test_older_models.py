"""A client whose botocore is older than our description of KMS gets what it would on AWS."""

import copy
import json

import pytest
from botocore.loaders import Loader

from pytest_kmsmock import mock_kms
from tests.conformance.service_model import DESCRIPTION, restore
from tests.vocabulary import members


@pytest.fixture
def make_client(tmp_path):
    """Return a maker of clients whose model lacks a member, another's member, and an error."""
    document = restore(copy.deepcopy(DESCRIPTION))
    del document["shapes"]["KeyMetadata"]["members"]["Origin"]
    del document["shapes"]["GenerateDataKeyResponse"]["members"]["KeyMaterialId"]
    del document["shapes"]["DisabledException"]["exception"]
    folder = tmp_path / "kms/2014-11-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(document), encoding="utf-8")

    def make(mock):
        session = mock.session()
        session.register_component("data_loader", Loader([str(tmp_path)]))
        return session.create_client("kms")

    return make


@pytest.mark.parametrize("wire", [False, True], ids=["before the wire", "on the wire"])
def test_unknown_member(make_client, wire):
    """Members that its model lacks are left out of an answer, wherever they are in it."""
    with mock_kms(wire=wire) as mock:
        client = make_client(mock)
        key = client.create_key()["KeyMetadata"]
        data_key = members(client.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256"))
        everything = mock.client().describe_key(KeyId=key["KeyId"])["KeyMetadata"]

    assert {"Origin"} == everything.keys() - key.keys()
    assert {"CiphertextBlob", "Plaintext", "KeyId"} == data_key.keys()


@pytest.mark.parametrize("wire", [False, True], ids=["before the wire", "on the wire"])
def test_unknown_error(make_client, wire):
    """An error that its model lacks is a ClientError with AWS's code, and no class of its own."""
    with mock_kms(wire=wire) as mock:
        client = make_client(mock)
        key_id = client.create_key()["KeyMetadata"]["KeyId"]
        client.disable_key(KeyId=key_id)
        with pytest.raises(client.exceptions.ClientError) as refused:
            client.encrypt(KeyId=key_id, Plaintext=b"hi")

    assert "ClientError" == type(refused.value).__name__
    assert "DisabledException" == refused.value.response["Error"]["Code"]
    assert "message" not in refused.value.response


@pytest.mark.slow
def test_content_length(make_client):
    """The length of an answer is that of what AWS sends, whatever becomes of it."""
    with mock_kms() as mock:
        client = make_client(mock)
        key_id = client.create_key()["KeyMetadata"]["KeyId"]
        lengths = {
            asking.describe_key(KeyId=key_id)["ResponseMetadata"]["HTTPHeaders"]["content-length"]
            for asking in (client, mock.client())
        }

    assert 1 == len(lengths)
