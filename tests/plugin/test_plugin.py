"""The fixtures, the marker and the options, each in a pytest run of its own."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from pytest_kmsmock._kms.crypto.pool import POOL
from pytest_kmsmock.mock import ACTIVE
from pytest_kmsmock.plugin import pytest_collection_modifyitems
from tests.aio import needs_aiobotocore
from tests.libraries import needs_newer_asyncio
from tests.plugin.conftest import OPTIONS

# The module that most runs are about: what `kms` and `kms_mock` are in it.
SHOW = """
    import pytest

    def show(kms, kms_mock):
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        print("shown:", len(kms.list_keys()["Keys"]), *arn.split(":")[3:5], kms_mock.wire)
"""


def shown(result: pytest.RunResult) -> list[str]:
    return [line.partition("shown: ")[2] for line in result.outlines if "shown: " in line]


def usage_error(result: pytest.RunResult) -> list[str]:
    """Return what a run said that did not start."""
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    return [line for line in result.errlines if line]


def test_fixtures(run_pytest):
    """`kms` is a client on a KMS that is empty for each test, and `kms_mock` its handle."""
    result = run_pytest(
        SHOW
        + """
    @pytest.mark.parametrize("number", [1, 2])
    def test_it(kms, kms_mock, number):
        show(kms, kms_mock)

    def test_they_are_one(kms, kms_mock):
        assert kms is kms_mock.client()
        assert "KMS" == type(kms).__name__
    """,
        "-s",
    )

    result.assert_outcomes(passed=3)

    assert ["1 us-east-1 123456789012 False"] * 2 == shown(result)
    assert ACTIVE.current is None


def test_fixtures_in_any_order(run_pytest):
    """Fixtures that use KMS are in the mock of the test, in whatever order they are asked for."""
    result = run_pytest(
        """
    import boto3, pytest

    @pytest.fixture
    def key():
        return boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]

    @pytest.fixture(autouse=True)
    def alias(request):
        boto3.client("kms").create_key(Description="of autouse")

    def test_it(key, kms):
        assert key in {one["KeyId"] for one in kms.list_keys()["Keys"]}
        assert 2 == len(kms.list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=1)


def test_fixtures_that_are_overridden(run_pytest):
    """A suite may have fixtures of these names: its others are in the mock of the test as ever."""
    result = run_pytest(
        """
    from unittest.mock import Mock
    import boto3, pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture
    def kms_mock():
        return Mock()

    @pytest.fixture
    def key():
        return boto3.client("kms").create_key()

    @mock_kms
    def test_own(kms_mock, key):
        assert isinstance(kms_mock, Mock)
        assert 1 == len(boto3.client("kms").list_keys()["Keys"])

    @pytest.mark.kms
    def test_marker(key):
        assert 1 == len(boto3.client("kms").list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=2)


def test_fixtures_that_are_extended(run_pytest):
    """A suite may put something into the mock of each test, by a fixture of the same name."""
    result = run_pytest(
        """
    import pytest

    @pytest.fixture
    def kms_mock(kms_mock):
        kms_mock.create_key(alias="app")
        return kms_mock

    def test_it(kms):
        kms.describe_key(KeyId="alias/app")
    """
    )

    result.assert_outcomes(passed=1)


def test_fixture_of_wider_scope(run_pytest):
    """The fixtures join a mock that a fixture of wider scope has started."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture(scope="module")
    def shared():
        with mock_kms(account_id="111122223333") as mock:
            mock.client().create_key()
            yield mock

    @pytest.mark.parametrize("number", [1, 2])
    def test_it(shared, kms, kms_mock, number):
        assert kms_mock is shared
        kms.create_key()
        assert 1 + number == len(kms.list_keys()["Keys"])

    @pytest.mark.kms(isolated=True)
    def test_isolated(shared, kms, kms_mock):
        assert kms_mock is not shared
        assert [] == kms.list_keys()["Keys"]
    """
    )

    result.assert_outcomes(passed=3)


def test_decorated_fixtures(run_pytest):
    """`mock_kms` below `fixture` keeps the mock for as long as the fixture lives."""
    result = run_pytest(
        """
    import boto3, pytest, pytest_asyncio
    from pytest_kmsmock import mock_kms

    @pytest.fixture(params=["a", "b"])
    @mock_kms
    def key(request):
        made = boto3.client("kms").create_key(Description=request.param)
        yield made["KeyMetadata"]["KeyId"]
        assert 2 == len(boto3.client("kms").list_keys()["Keys"])

    @pytest_asyncio.fixture
    @mock_kms
    async def asynchronous_key(tmp_path):
        yield boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
        assert 2 == len(boto3.client("kms").list_keys()["Keys"])

    def test_it(key):
        boto3.client("kms").describe_key(KeyId=key)
        boto3.client("kms").create_key()

    @pytest.mark.asyncio
    async def test_asynchronous(asynchronous_key):
        boto3.client("kms").describe_key(KeyId=asynchronous_key)
        boto3.client("kms").create_key()
    """
    )

    result.assert_outcomes(passed=3)


def test_decorated_tests(run_pytest):
    """A decorated test takes fixtures and parameters, and its fixtures are in its mock."""
    result = run_pytest(
        """
    import boto3, pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture
    def key():
        return boto3.client("kms").create_key()["KeyMetadata"]["Arn"]

    @mock_kms(account_id="111122223333")
    @pytest.mark.parametrize("number", [1, 2])
    def test_it(key, number, tmp_path):
        assert "111122223333" == key.split(":")[4]
        assert 1 == len(boto3.client("kms").list_keys()["Keys"])

    @pytest.mark.parametrize("number", [1, 2])
    @mock_kms(isolated=True, region_name="eu-west-1")
    def test_other_way_round(kms, kms_mock, key, number):
        assert "eu-west-1" == key.split(":")[3]
        assert 1 == len(boto3.client("kms").list_keys()["Keys"])
        assert 1 == len(kms.list_keys()["Keys"])

    @pytest.mark.asyncio
    @mock_kms
    async def test_asynchronous(key):
        assert 1 == len(boto3.client("kms").list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=5)


def test_marker(run_pytest):
    """The closest marker wins, keyword by keyword, and needs no fixture beside it."""
    result = run_pytest(
        SHOW
        + """
    pytestmark = pytest.mark.kms(region_name="eu-west-1", account_id="111111111111")

    def test_module(kms, kms_mock):
        show(kms, kms_mock)

    @pytest.mark.kms(account_id="222222222222")
    class TestClass:
        def test_class(self, kms, kms_mock):
            show(kms, kms_mock)

        @pytest.mark.kms(account_id="333333333333", wire=True)
        def test_function(self, kms, kms_mock):
            show(kms, kms_mock)

    @pytest.mark.parametrize(
        "parameter", [pytest.param(1, marks=pytest.mark.kms(region_name="cn-north-1"))]
    )
    def test_parameter(kms, kms_mock, parameter):
        show(kms, kms_mock)

    def test_without_fixture():
        import boto3

        print("shown:", boto3.client("kms").create_key()["KeyMetadata"]["Arn"].split(":")[3])
    """,
        "-s",
    )

    result.assert_outcomes(passed=5)

    assert [
        "1 eu-west-1 111111111111 False",
        "1 eu-west-1 222222222222 False",
        "1 eu-west-1 333333333333 True",
        "1 cn-north-1 111111111111 False",
        "eu-west-1",
    ] == shown(result)


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "kms(regoin_name='eu-west-1')",
            "the marker kms has no keyword 'regoin_name': did you mean 'region_name'? "
            "(it takes region_name, account_id, wire, unfired_faults, auto_create_keys, outside, "
            "children, caller, access, identities, consistency, isolated)",
        ),
        (
            "kms(region_name='Europe')",
            "region_name 'Europe' is not the name of a Region, such as 'eu-west-1'",
        ),
        ("kms(account_id='1')", "account_id '1' is not a string of 12 digits"),
        ("kms('eu-west-1')", "the marker kms takes keywords only"),
    ],
    ids=["unknown-keyword", "region", "account", "positional"],
)
def test_marker_that_is_wrong(run_pytest, marker, message):
    """A wrong marker is a usage error, before any test runs, that names the test."""
    result = run_pytest(
        f"""
    import pytest

    @pytest.mark.{marker}
    def test_it():
        pass
    """
    )

    test = "test_marker_that_is_wrong.py::test_it"

    assert [f"ERROR: {test}: {message}"] == usage_error(result)


@pytest.mark.slow
def test_marker_that_is_wrong_in_a_worker(run_pytest):
    """Under pytest-xdist, where that would be a crash, it is the error of the test itself."""
    result = run_pytest(
        """
    import pytest

    @pytest.mark.kms(regoin_name="eu-west-1")
    def test_it():
        pass

    def test_other(kms):
        kms.create_key()
    """,
        "-n1",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["E*::test_it: the marker kms has no keyword 'regoin_name': did you mean 'region_name'?*"]
    )


def test_collection_in_a_worker(request):
    """A worker of pytest-xdist looks at no marker while it collects."""
    wrong = request.node
    wrong.add_marker(pytest.mark.kms(regoin_name="eu-west-1"))

    with pytest.raises(pytest.UsageError):
        pytest_collection_modifyitems(SimpleNamespace(), [wrong])

    assert pytest_collection_modifyitems(SimpleNamespace(workerinput={}), [wrong]) is None


def test_marker_is_registered(run_pytest):
    """`pytest --markers` explains the marker, and `--strict-markers` knows it."""
    result = run_pytest("", "--markers")

    assert (
        "@pytest.mark.kms(region_name=..., account_id=...): run the test and its fixtures in a "
        "mock; takes the keywords of mock_kms, of which the closest marker decides each"
    ) in result.outlines


INI = "kmsmock_region = eu-west-1\nkmsmock_account_id = 111122223333"


def test_ini_options(run_pytest):
    """The ini options hold for fixtures and decorators, and whoever is closer wins."""
    result = run_pytest(
        SHOW
        + """
    from pytest_kmsmock import KmsMock, mock_kms

    def test_fixture(kms, kms_mock):
        show(kms, kms_mock)

    @pytest.mark.kms(region_name="eu-west-2")
    def test_marker(kms, kms_mock):
        show(kms, kms_mock)

    def test_block():
        with mock_kms() as mock:
            show(mock.client(), mock)
        with mock_kms(account_id="444455556666") as mock:
            show(mock.client(), mock)
    """,
        "-s",
        ini=INI,
    )

    result.assert_outcomes(passed=3)

    assert [
        "1 eu-west-1 111122223333 False",
        "1 eu-west-2 111122223333 False",
        "1 eu-west-1 111122223333 False",
        "1 eu-west-1 444455556666 False",
    ] == shown(result)


def test_ini_options_end_with_the_run(run_pytest):
    """A run leaves the defaults as they were, for a run around it."""
    before = ACTIVE.defaults
    run_pytest("def test_it(kms): pass", ini=INI)

    assert before is ACTIVE.defaults


@pytest.mark.sweep(7)
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "kmsmock_region = Europe",
            "ini option kmsmock_region 'Europe' is not the name of a Region, such as 'eu-west-1'",
        ),
        (
            "kmsmock_account_id = 1",
            "ini option kmsmock_account_id '1' is not a string of 12 digits",
        ),
        (
            "kmsmock_unfired_faults = warn",
            "ini option kmsmock_unfired_faults 'warn' is not error or ignore",
        ),
        (
            "kmsmock_auto_create_keys = sometimes",
            "ini option kmsmock_auto_create_keys is not true or false",
        ),
        ("kmsmock_outside = deny", "ini option kmsmock_outside 'deny' is not allow or error"),
        (
            "kmsmock_reuse_key_pairs = often",
            "ini option kmsmock_reuse_key_pairs is not true or false",
        ),
        (
            "kmsmock_cache_key_pairs = often",
            "ini option kmsmock_cache_key_pairs is not true or false",
        ),
    ],
    ids=[
        "region",
        "account",
        "unfired-faults",
        "auto-create-keys",
        "outside",
        "reuse-key-pairs",
        "cache-key-pairs",
    ],
)
def test_ini_option_that_is_wrong(run_pytest, line, message):
    """A wrong value in the ini file is a usage error that names the option and what it takes."""
    result = run_pytest("def test_it(): pass", ini=line)

    assert f"ERROR: {message}" in usage_error(result)


CALL = """
    from pytest_kmsmock import CallOutsideMock, KmsMock

    def test_it():
        try:
            KmsMock().client().list_keys()
        except Exception as error:
            print("shown:", type(error).__name__)
"""


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("ini", "options", "error"),
    [
        ("", (), "HTTPClientError"),
        ("kmsmock_outside = allow", (), "HTTPClientError"),
        ("kmsmock_outside = error", (), "CallOutsideMock"),
        ("", ("--kmsmock-outside=error",), "CallOutsideMock"),
        ("kmsmock_outside = error", ("--kmsmock-outside=allow",), "HTTPClientError"),
    ],
    ids=["default", "ini-allow", "ini-error", "option-error", "option-allow"],
)
def test_outside(run_pytest, ini, options, error):
    """`kmsmock_outside` lets a request outside go, or refuses it; the option beats the ini."""
    result = run_pytest(CALL, "-s", *options, ini=ini)

    assert [error] == shown(result)


def test_outside_that_is_wrong(run_pytest):
    """The option takes no other value either."""
    result = run_pytest("", "--kmsmock-outside=deny")

    [line] = [line for line in usage_error(result) if "--kmsmock-outside" in line]

    assert "invalid choice: 'deny'" in line


def test_wire(run_pytest):
    """`--kmsmock-wire` has every mock of the run answer in the place of the network."""
    result = run_pytest(
        SHOW
        + """
    from pytest_kmsmock import mock_kms

    def test_fixture(kms, kms_mock):
        show(kms, kms_mock)

    def test_block():
        with mock_kms() as mock:
            show(mock.client(), mock)

    @pytest.mark.kms(wire=False)
    def test_marker(kms, kms_mock):
        show(kms, kms_mock)
    """,
        "-s",
        "--kmsmock-wire",
    )

    assert ["True", "True", "False"] == [line.split()[3] for line in shown(result)]


@pytest.mark.parametrize(("reuse", "made"), [("true", []), ("false", [2048, 2048])])
def test_reuse_of_key_pairs(run_pytest, monkeypatch, reuse, made):
    """`kmsmock_reuse_key_pairs` says whether a mock may take the key pairs of finished ones."""
    requested = []
    generate = POOL.generate

    def record(bits):
        requested.append(bits)
        return generate(bits)

    POOL.give_back([POOL.lease(2048)])
    monkeypatch.setattr(POOL, "generate", record)
    run_pytest(
        """
    import pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test_it(kms, number):
        key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.get_public_key(KeyId=key)
    """,
        ini=f"kmsmock_reuse_key_pairs = {reuse}",
    ).assert_outcomes(passed=2)

    assert made == requested


def test_help(run_pytest):
    """`pytest --help` explains every option."""
    result = run_pytest("", "--help")

    result.stdout.fnmatch_lines(
        [
            "AWS KMS in memory (pytest-kmsmock):",
            "  --kmsmock-wire *",
            "  --kmsmock-outside={allow,error}",
            "  kmsmock_region (string):*",
            "  kmsmock_account_id (string):",
            "  kmsmock_unfired_faults (string):",
            "  kmsmock_auto_create_keys (bool):",
            "  kmsmock_outside (string):",
            "  kmsmock_reuse_key_pairs (bool):",
            "  kmsmock_cache_key_pairs (bool):",
        ]
    )


def test_test_case_with_fixtures(run_pytest):
    """A TestCase reaches the fixtures as it reaches any."""
    result = run_pytest(
        """
    import unittest
    import boto3, pytest

    @pytest.mark.usefixtures("kms")
    class Tests(unittest.TestCase):
        def setUp(self):
            boto3.client("kms").create_key()

        def test_one(self):
            self.assertEqual(1, len(boto3.client("kms").list_keys()["Keys"]))

        test_other = test_one
    """
    )

    result.assert_outcomes(passed=2)


@needs_newer_asyncio
@needs_aiobotocore
def test_fixtures_of_pytest_asyncio_and_anyio(run_pytest):
    """Asynchronous tests use the fixtures, under pytest-asyncio and under anyio."""
    result = run_pytest(
        """
    import pytest
    from aiobotocore.session import get_session

    async def use(kms):
        async with get_session().create_client("kms") as client:
            await client.create_key()
        assert 1 == len(kms.list_keys()["Keys"])

    @pytest.mark.asyncio
    async def test_asyncio(kms):
        await use(kms)

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.mark.anyio
    async def test_anyio(kms):
        await use(kms)
    """
    )

    result.assert_outcomes(passed=2)


def test_other_tests(run_pytest):
    """A test that has no mock pays nothing, and doctests are tests like others."""
    result = run_pytest(
        '''
    from pytest_kmsmock.mock import ACTIVE

    def test_it(request):
        """
        >>> ACTIVE.current
        """
        assert ACTIVE.current is None
        assert "kms_mock" not in request._fixture_defs
    ''',
        "--doctest-modules",
    )

    result.assert_outcomes(passed=2)


def test_fixture_in_a_doctest(run_pytest):
    """A doctest can ask for the fixtures."""
    result = run_pytest(
        '''
    def test_it():
        """
        >>> kms = getfixture("kms")
        >>> kms.list_keys()["Keys"]
        []
        """
    ''',
        "--doctest-modules",
    )

    result.assert_outcomes(passed=2)


def test_environment(run_pytest):
    """A test in a mock finds the environment as it was, and so does whoever comes after it."""
    result = run_pytest(
        """
    import os

    BEFORE = dict(os.environ)

    def test_it(kms):
        kms.create_key()
        assert BEFORE == {**os.environ, "PYTEST_CURRENT_TEST": BEFORE["PYTEST_CURRENT_TEST"]}
    """
    )

    result.assert_outcomes(passed=1)


NOT_LOADED = """
    import pytest
    import boto3
    from pytest_kmsmock import KmsMock, mock_kms

    @mock_kms
    def test_function():
        assert [] == KmsMock().client().list_keys()["Keys"]

    def test_class():
        with pytest.raises(TypeError) as caught:
            @mock_kms
            class TestIt:
                pass

        assert (
            "mock_kms can't decorate 'TestIt': the tests of a class that is no unittest.TestCase "
            "need the plugin kmsmock, which is not loaded; decorate its methods instead"
        ) == str(caught.value)
"""


@pytest.mark.slow
def test_plugin_that_is_not_loaded(pytester):
    """Under `-p no:kmsmock` the decorator works, but for a class, which says so."""
    pytester.makepyfile(NOT_LOADED)
    result = pytester.runpytest_subprocess("-pno:kmsmock", *OPTIONS)

    result.assert_outcomes(passed=2)


LOADED = """
import sys
import pytest
before = set(sys.modules)
import pytest_kmsmock.plugin
print(*sorted(set(sys.modules) - before))
"""


def test_import_of_the_plugin():
    """To load the plugin imports no mock, nor botocore's session, cryptography or wrapt."""
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    allowed = {"pytest_kmsmock", "botocore", "contextvars", "_contextvars"}

    assert not {"botocore.session", "pytest_kmsmock.mock"} & {*run.stdout.split()}
    assert set() == loaded - allowed


def test_fixture_that_takes_the_place_of_ours(run_pytest):
    """The mock of a test begins before its first fixture, also where a suite wraps our `kms`."""
    result = run_pytest(
        """
    import boto3
    import pytest

    @pytest.fixture
    def early():
        kms = boto3.client("kms", region_name="us-east-1")
        return kms.create_key()["KeyMetadata"]["KeyId"]

    @pytest.fixture
    def kms(kms):
        return kms

    def test_it(early, kms):
        assert early == kms.describe_key(KeyId=early)["KeyMetadata"]["KeyId"]
    """,
        "--kmsmock-outside=error",
    )

    result.assert_outcomes(passed=1)


def test_fixture_of_the_same_name(run_pytest):
    """A suite's own `kms` that does not ask for ours is its own affair: no mock begins."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock.mock import ACTIVE

    @pytest.fixture
    def kms():
        return ACTIVE.current

    def test_it(kms):
        assert kms is None
    """
    )

    result.assert_outcomes(passed=1)
