"""The options for a whole suite: keys that every mock begins with, and a mock around every test."""

import pytest

KEY_ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
KEYS = f'[[keys]]\nkey_id = "{KEY_ID}"\nalias = "app"\n'


def test_seed_file(run_pytest, pytester):
    """Every mock begins with the keys of the seed file, decorated ones and resets included."""
    pytester.makefile(".toml", keys=KEYS)

    result = run_pytest(
        f"""
    from pytest_kmsmock import mock_kms

    def id_of(client):
        return client.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"]

    def test_fixture(kms, kms_mock):
        assert id_of(kms) == "{KEY_ID}"
        kms_mock.reset()
        assert id_of(kms) == "{KEY_ID}"

    def test_context_manager():
        with mock_kms() as mock:
            assert id_of(mock.client()) == "{KEY_ID}"
    """,
        ini="kmsmock_seed_file = keys.toml",
    )

    result.assert_outcomes(passed=2)


def test_seed_file_that_is_broken(run_pytest, pytester):
    """A broken seed file is the error of the test, with file, line and key."""
    path = pytester.makefile(".toml", keys="[[keys]]\nalias = 'app'\nkey_id = 'x'\n")

    result = run_pytest("def test_it(kms): pass", ini="kmsmock_seed_file = keys.toml")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E * {path}:1: app: key_id 'x' is neither a UUID in lower case*"])


def test_seed_file_that_is_not_there(run_pytest, pytester):
    """A seed file that is not there is a usage error."""
    result = run_pytest("def test_it(): pass", ini="kmsmock_seed_file = keys.toml")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert (
        "ERROR: ini option kmsmock_seed_file 'keys.toml': there is no file"
        f" {pytester.path / 'keys.toml'}"
    ) in result.errlines


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("ini", "outcome"), [("true", "passed"), ("false", "failed")])
def test_autouse(run_pytest, ini, outcome):
    """With kmsmock_autouse every test is in a mock of its own, whether it asks or not."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import KmsMock

    @pytest.mark.parametrize("number", [1, 2])
    def test_it(number):
        client = KmsMock().client()
        client.create_key()
        assert len(client.list_keys()["Keys"]) == 1
    """,
        ini=f"kmsmock_autouse = {ini}",
    )

    result.assert_outcomes(**{outcome: 2})


def test_region_of_clients_made_at_import_time(run_pytest, pytester, monkeypatch):
    """The suite's Region is that of clients made while conftest files and modules are imported."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    pytester.makeconftest("import boto3\nIN_CONFTEST = boto3.client('kms').meta.region_name\n")

    result = run_pytest(
        """
        import boto3
        import conftest

        CLIENT = boto3.client("kms")

        def test_region():
            assert "eu-west-1" == conftest.IN_CONFTEST == CLIENT.meta.region_name
            assert "sa-east-1" == boto3.Session().region_name

        def test_served(kms):
            key = CLIENT.create_key()["KeyMetadata"]
            assert key == kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        """,
        ini="kmsmock_region = eu-west-1",
    )

    result.assert_outcomes(passed=2)


@pytest.mark.slow
def test_region_in_a_worker(run_pytest, monkeypatch):
    """So it is in a worker of pytest-xdist."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    result = run_pytest(
        """
        import boto3

        CLIENT = boto3.client("kms")

        def test_region():
            assert "eu-west-1" == CLIENT.meta.region_name
        """,
        "-pxdist",
        "-n1",
        ini="kmsmock_region = eu-west-1",
    )

    result.assert_outcomes(passed=1)
