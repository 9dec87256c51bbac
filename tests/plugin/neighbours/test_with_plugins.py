"""Beside other plugins of pytest: pytest-xdist, pytest-randomly, pytest-socket, pytest-cov."""

import re

import pytest

from tests.plugin.conftest import INI, OPTIONS

SHARED = """
    import pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture(scope="session")
    def kms_session():
        with mock_kms() as mock:
            yield mock

    @pytest.fixture(scope="session")
    def key_id(kms_session):
        return kms_session.client().create_key()["KeyMetadata"]["KeyId"]

    @pytest.mark.parametrize("number", range(8))
    def test_it(kms, key_id, worker_id, number):
        assert [key_id] == [key["KeyId"] for key in kms.list_keys()["Keys"]]
        print("shown:", worker_id, key_id)

    @pytest.mark.parametrize("number", range(2))
    @pytest.mark.kms(isolated=True)
    def test_isolated(kms, number):
        assert [] == kms.list_keys()["Keys"]
"""


@pytest.mark.slow
def test_xdist(run_pytest):
    """Under pytest-xdist each worker has its own mock of session scope, and its own keys in it."""
    result = run_pytest(SHARED, "-n2", "-rP")

    result.assert_outcomes(passed=10)
    lines = [line.split()[1:] for line in result.outlines if line.startswith("shown: ")]

    assert 8 == len(lines)
    assert {"gw0", "gw1"} == {worker for worker, _ in lines}
    assert 2 == len({key_id for _, key_id in lines})


IN_ANY_ORDER = """
    import boto3, pytest
    from pytest_kmsmock import mock_kms

    def create_key():
        boto3.client("kms").create_key()
        [key] = boto3.client("kms").list_keys()["Keys"]
        print("shown:", key["KeyId"])

    @pytest.mark.parametrize("number", range(3))
    def test_fixture(kms, number):
        create_key()

    @mock_kms
    def test_decorated():
        create_key()

    @pytest.mark.kms
    class TestMarker:
        def test_it(self):
            create_key()

    @mock_kms
    class TestDecorated:
        def setup_method(self):
            create_key()

        def test_it(self):
            assert 1 == len(boto3.client("kms").list_keys()["Keys"])
"""


@pytest.mark.slow
def test_randomly(run_pytest):
    """Under pytest-randomly tests pass in any order, and no two of them get the same key ids."""
    orders = []
    for seed in (1, 2):
        result = run_pytest(IN_ANY_ORDER, "-v", "-rP", "-prandomly", f"--randomly-seed={seed}")
        result.assert_outcomes(passed=6)
        orders.append(re.findall(r"(?m)^test_\w+.py(::\S+) PASSED", result.stdout.str()))

        assert 6 == len({line for line in result.outlines if line.startswith("shown: ")})

    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


@pytest.mark.slow
def test_socket(pytester):
    """Under pytest-socket, nothing of a mock wants a socket, not even one of the machine's own."""
    pytester.makeini(INI.format(lines=""))
    pytester.makepyfile(
        """
    import socket
    import boto3, pytest
    from pytest_kmsmock import mock_kms

    def use(**options):
        client = boto3.session.Session().client("kms", **options)
        key_id = client.create_key()["KeyMetadata"]["KeyId"]
        client.encrypt(KeyId=key_id, Plaintext=b"x")

    @pytest.mark.parametrize("wire", [False, True])
    def test_client(wire):
        with mock_kms(wire=wire):
            use()
            use(endpoint_url="https://kms.example.com:4566")
            use(region_name="eu-west-1", use_ssl=False)

    def test_sockets_are_refused():
        with pytest.raises((RuntimeError, UserWarning), match="A test tried to use socket.socket"):
            socket.socket()
    """
    )
    strict = [option for option in OPTIONS if option != "--allow-unix-socket"]
    result = pytester.runpytest_inprocess(*strict)

    result.assert_outcomes(passed=3)


APPLICATION = """
    import boto3
    from concurrent.futures import ThreadPoolExecutor

    def seal(secret):
        kms = boto3.client("kms")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: kms.encrypt(
                KeyId=key_id,
                Plaintext=secret,
            )).result()["CiphertextBlob"]
"""


@pytest.mark.slow
def test_coverage(pytester):
    """pytest-cov measures an application as ever: every line, in threads too, without a warning."""
    pytester.makeini(INI.format(lines=""))
    pytester.makepyfile(
        application=APPLICATION,
        test_application="""
    from application import seal
    from pytest_kmsmock import mock_kms

    @mock_kms
    def test_seal():
        assert seal(b"x")
    """,
    )
    result = pytester.runpytest_subprocess(*OPTIONS, "--cov=application", "--cov-report=term")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["application.py * 0 * 100%"])
