"""Beside pytest-asyncio in both modes, and beside anyio on both of its event loops."""

import pytest

from tests.aio import needs_aiobotocore
from tests.libraries import needs_newer_asyncio

# Fixtures and tests of every kind that a suite has; which of them need a mark, the mode decides.
SUITE = """
    import boto3, pytest, pytest_asyncio
    from aiobotocore.session import get_session
    from pytest_kmsmock import mock_kms

    session = get_session()

    def count():
        return len(boto3.client("kms").list_keys()["Keys"])

    @{fixture}
    async def client(kms_mock):
        async with session.create_client("kms") as client:
            yield client

    @pytest_asyncio.fixture(scope="module", loop_scope="module")
    async def shared_key():
        async with mock_kms(isolated=True, region_name="eu-west-1") as mock:
            yield mock.client().create_key()["KeyMetadata"]["Arn"]

    {mark}
    async def test_client(client, kms):
        await client.create_key()
        assert 1 == len(kms.list_keys()["Keys"])

    {mark}
    @mock_kms
    async def test_decorated():
        async with session.create_client("kms") as client:
            await client.create_key()
        assert 1 == count()

    @mock_kms
    class TestClass:
        def setup_method(self):
            boto3.client("kms").create_key()

        {mark}
        async def test_method(self, client):
            await client.create_key()
            assert 2 == count()

    @pytest.mark.kms(wire=True)
    {mark}
    @pytest.mark.parametrize("number", [1, 2])
    async def test_marker(client, number):
        await client.create_key()
        assert 1 == count()

    {mark}
    async def test_module_scope(shared_key):
        assert shared_key.startswith("arn:aws:kms:eu-west-1:")
        assert 1 == count()
"""


@needs_newer_asyncio
@needs_aiobotocore
@pytest.mark.parametrize(
    ("mode", "fixture", "mark"),
    [
        ("strict", "pytest_asyncio.fixture", "@pytest.mark.asyncio"),
        ("auto", "pytest.fixture", ""),
    ],
    ids=["strict", "auto"],
)
def test_pytest_asyncio(run_pytest, mode, fixture, mark):
    """Under pytest-asyncio, asynchronous tests and fixtures of every scope have their mock."""
    module = SUITE.format(fixture=fixture, mark=mark)
    result = run_pytest(module, ini=f"asyncio_mode = {mode}")

    result.assert_outcomes(passed=6)


def test_anyio(run_pytest):
    """Under anyio, on asyncio and on trio, threads and tasks of a test share its mock."""
    result = run_pytest(
        """
    import anyio, boto3, pytest
    from pytest_kmsmock import mock_kms

    pytestmark = pytest.mark.anyio

    def create_key():
        boto3.client("kms").create_key()

    @pytest.fixture
    async def key(kms_mock):
        await anyio.lowlevel.checkpoint()
        yield create_key()

    async def test_fixture(key, kms):
        await anyio.to_thread.run_sync(create_key)
        assert 2 == len(kms.list_keys()["Keys"])

    @mock_kms
    async def test_decorated():
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(anyio.to_thread.run_sync, create_key)
        assert 3 == len(boto3.client("kms").list_keys()["Keys"])
    """,
        "-v",
    )

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines_random(["*test_fixture?asyncio? *", "*test_decorated?trio? *"])


@needs_aiobotocore
def test_anyio_with_aiobotocore(run_pytest):
    """Under anyio's pytest plugin aiobotocore, which needs asyncio, is served too."""
    result = run_pytest(
        """
    import pytest
    from aiobotocore.session import get_session

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.fixture
    async def client(kms_mock):
        async with get_session().create_client("kms") as client:
            yield client

    async def test_it(client, kms):
        await client.create_key()
        assert 1 == len(kms.list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=1)
