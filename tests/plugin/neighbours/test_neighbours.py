"""A mock beside other mocks, other drivers and other threads."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws
from moto.backends import get_backend

from pytest_kmsmock import KmsMock, mock_kms
from tests.libraries import needs_aws_cli
from tests.plugin.clients import make_client, make_session
from tests.plugin.conftest import OPTIONS
from tests.vocabulary import create_key


def keys_in_moto() -> list[Any]:
    return list(get_backend("kms")["123456789012"]["us-east-1"].keys)


def use_both() -> tuple[int, int, int]:
    """Make a bucket and a key; count the buckets, the keys that are listed, and those in moto."""
    s3 = make_session().create_client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="bucket")
    kms = make_client()
    create_key(kms)
    return len(s3.list_buckets()["Buckets"]), len(kms.list_keys()["Keys"]), len(keys_in_moto())


def test_inside_moto(wire):
    """Inside moto's mock, KMS is ours and S3 is moto's, whose own KMS stays untouched."""
    with mock_aws(), mock_kms(wire=wire):
        counts = use_both()

    assert (1, 1, 0) == counts


def test_around_moto(wire):
    """Around moto's mock it is the same."""
    with mock_kms(wire=wire), mock_aws():
        counts = use_both()

    assert (1, 1, 0) == counts


def test_after_our_mock_inside_moto(wire):
    """When our mock has ended, KMS is moto's again."""
    with mock_aws():
        with mock_kms(wire=wire):
            create_key(make_client())
        client = make_client()
        create_key(client)

        assert 1 == len(client.list_keys()["Keys"]) == len(keys_in_moto())


def test_stubbed_client(mock):
    """A client with an active Stubber answers what it was told to, and others are served."""
    stubbed = make_client()
    with Stubber(stubbed) as stubber:
        stubber.add_response("list_keys", {"Keys": [{"KeyId": "of the stub"}]})
        answers = [stubbed.list_keys()["Keys"], make_client().list_keys()["Keys"]]
    answers.append(stubbed.list_keys()["Keys"])

    assert [[{"KeyId": "of the stub"}], [], []] == answers


@pytest.mark.slow
def test_stubbed_client_outside(outside_error):
    """A stubbed client needs no mock."""
    client = KmsMock().session().create_client("kms")
    with Stubber(client) as stubber:
        stubber.add_response("list_keys", {"Keys": []})

        assert [] == client.list_keys()["Keys"]


COMMAND_LINE = """
    import base64
    import json
    import awscli.clidriver

    def call(*arguments):
        return awscli.clidriver.create_clidriver().main(["kms", *arguments])

    def test_command(kms, capsys):
        status = call("create-key", "--output", "json")
        printed = json.loads(capsys.readouterr().out)
        [key] = kms.list_keys()["Keys"]
        assert (0, key["KeyId"]) == (status, printed["KeyMetadata"]["KeyId"])

    def test_error(kms, capsys):
        message = "Alias arn:aws:kms:us-east-1:123456789012:alias/a is not found."
        assert 255 == call("describe-key", "--key-id", "alias/a")
        assert message in capsys.readouterr().err

    def test_blob(kms_mock, capsys):
        key = kms_mock.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        options = ("--query", "Mac", "--output", "text")
        which = ("--key-id", key.key_id, "--mac-algorithm", "HMAC_SHA_256")
        assert 0 == call("generate-mac", "--message", "aGk=", *which, *options)
        assert 32 == len(base64.b64decode(capsys.readouterr().out.strip(), validate=True))
"""


@pytest.mark.slow
@needs_aws_cli
def test_command_line_in_process(pytester, wire):
    """
    The AWS CLI's driver is served in-process, without Region or credentials.

    It prints AWS's errors, and blobs in base64.

    Once imported, it puts parts of a botocore of its own before the installed one: a process apart.
    """
    pytester.makepyfile(COMMAND_LINE)
    result = pytester.runpytest_subprocess(*OPTIONS, *["--kmsmock-wire"] * wire)

    result.assert_outcomes(passed=3)


def test_worker_threads(mock):
    """Threads that the code under test starts share the mock of the test."""
    client = mock.client()
    with ThreadPoolExecutor(4) as pool:
        arns = list(pool.map(lambda _: create_key(client), range(20)))

    listed = {key["KeyArn"] for key in client.list_keys()["Keys"]}

    assert 20 == len(listed)
    assert set(arns) == listed


def test_client_made_in_a_worker_thread(mock):
    """A thread may make its own client too."""
    with ThreadPoolExecutor(1) as pool:
        arn = pool.submit(lambda: create_key(make_client(None))).result()

    assert arn == mock.client().describe_key(KeyId=arn)["KeyMetadata"]["Arn"]
