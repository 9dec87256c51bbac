"""`mock_kms` on a class: one fresh KMS for each of its tests, set-up and tear-down included."""

import io
import pickle
import unittest
from typing import Any

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE
from tests.vocabulary import create_key

client = KmsMock().client()


def count() -> int:
    """Make a key, and tell how many there are."""
    create_key(client)
    return len(client.list_keys()["Keys"])


@pytest.fixture
def key_of_a_fixture() -> int:
    return count()


@mock_kms
class TestInPytestStyle:
    """The set-up of each test finds an empty KMS, and all that follows shares it."""

    def setup_method(self) -> None:
        self.first = count()

    def teardown_method(self) -> None:
        assert self.last + 1 == count()

    @pytest.fixture
    def key_of_the_class(self) -> int:
        return count()

    def test_one(self):
        """A test shares the KMS of its set-up."""
        self.last = count()

        assert (1, 2) == (self.first, self.last)

    def test_other(self):
        """Another test has another one."""
        self.test_one()

    def test_fixtures(self, key_of_a_fixture, key_of_the_class):
        """Fixtures are set up in the mock of the test, in whatever place they are."""
        self.last = key_of_the_class

        assert {1, 2, 3} == {self.first, key_of_a_fixture, key_of_the_class}

    def test_handle(self, kms, kms_mock):
        """The fixtures of the plugin are of the mock of the class."""
        self.last = len(kms.list_keys()["Keys"])

        assert ACTIVE.current is kms_mock
        assert (1, 1) == (self.first, self.last)

    @pytest.mark.parametrize("number", [1, 2])
    def test_parameters(self, number):
        """Each set of parameters is a test of its own."""
        self.test_one()

    @pytest.mark.asyncio
    async def test_coroutine(self):
        """An `async def` is a test as any other."""
        self.test_one()


@mock_kms(account_id="111122223333")
class TestWithOptions:
    """The options of the class are those of its tests and of the classes in it."""

    @staticmethod
    def account() -> str:
        return create_key(client).split(":")[4]

    @property
    def expected(self) -> str:
        return "111122223333"

    def test_account(self):
        """A test has the account of its class."""
        assert self.expected == self.account()

    @pytest.mark.kms(account_id="444455556666")
    def test_marker(self):
        """A marker on the test is closer than the class."""
        assert "444455556666" == self.account()

    @mock_kms(account_id="777788889999")
    def test_decorator(self):
        """So is a decorator on the test."""
        assert "777788889999" == self.account()

    class TestNested:
        """A class in the class has its own KMS per test, and the options of the outer one."""

        def setup_method(self) -> None:
            self.first = count()

        def test_nested(self):
            """A nested test has the account of the outer class."""
            assert ("111122223333", 1) == (TestWithOptions.account(), self.first)

    @mock_kms(account_id="000011112222")
    class TestNestedWithOptions:
        """The closest decorator wins."""

        def test_nested(self):
            """A nested test has the account of the inner class."""
            assert "000011112222" == TestWithOptions.account()


class TestInherited(TestInPytestStyle):
    """The tests that a class inherits, and those of its own, have each a fresh KMS."""

    def test_own(self):
        """A test of the subclass shares the KMS of the inherited set-up."""
        self.test_one()


class WithTests:
    def setup_method(self) -> None:
        self.first = count()

    def test_inherited(self):
        """A test of an undecorated class is a test of the decorated one that inherits it."""
        assert (1, 2) == (self.first, count())


@mock_kms
class TestInheriting(WithTests):
    """Only the class that is decorated is given a mock."""


def test_undecorated_base():
    """The class that the decorated one inherits from stays without."""
    assert not hasattr(WithTests, "__kmsmock__")


@mock_kms
class CaseTests(unittest.TestCase):
    """The same holds for a TestCase."""

    def setUp(self) -> None:
        self.addCleanup(self.clean_up)
        self.first = count()

    def clean_up(self) -> None:
        assert self.first + 3 == count()

    def tearDown(self) -> None:
        assert self.first + 2 == count()

    def test_one(self) -> None:
        """A test shares the KMS of its set-up."""
        assert (1, 2) == (self.first, count())

    def test_other(self) -> None:
        """Another test has another one."""
        self.test_one()


@mock_kms(account_id="111122223333")
class InheritedCaseTests(CaseTests):
    """A decorated TestCase that inherits from one has its own options, once."""

    def test_account(self) -> None:
        """A test has the account of the class that is closest."""
        assert 2 == count()
        assert "111122223333" == client.list_keys()["Keys"][0]["KeyArn"].split(":")[4]


@mock_kms
class AsyncCaseTests(unittest.IsolatedAsyncioTestCase):
    """And for an IsolatedAsyncioTestCase."""

    async def asyncSetUp(self) -> None:
        self.first = count()

    async def asyncTearDown(self) -> None:
        assert 3 == count()

    async def test_one(self) -> None:
        """A test shares the KMS of its set-up."""
        assert (1, 2) == (self.first, count())

    async def test_other(self) -> None:
        """Another test has another one."""
        await self.test_one()


@mock_kms(isolated=True)
class IsolatedCaseTests(CaseTests):
    """A class that asks for a mock of its own has one, and not two."""

    @pytest.fixture(autouse=True)
    def handle(self, kms_mock: KmsMock) -> None:
        self.handle = kms_mock

    def test_handle(self) -> None:
        """The handle that a fixture gives is that of the test."""
        assert self.handle is ACTIVE.current
        assert 2 == count()


def run_case(cls: type[unittest.TestCase]) -> unittest.TestResult:
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(cls)
    return unittest.TextTestRunner(io.StringIO()).run(suite)


@pytest.mark.parametrize(
    ("cls", "tests"), [(CaseTests, 2), (InheritedCaseTests, 3), (AsyncCaseTests, 2)]
)
def test_case_in_unittest(cls, tests):
    """unittest's own runner gives each test of a TestCase a fresh KMS too."""
    result = run_case(cls)

    assert [] == result.errors + result.failures
    assert tests == result.testsRun
    assert ACTIVE.current is None


def test_case_that_fails():
    """A set-up that fails leaves no mock behind."""

    @mock_kms
    class FailingTests(unittest.TestCase):
        def setUp(self) -> None:
            create_key(client)
            raise ZeroDivisionError

        def test_nothing(self) -> None:
            pass

    result = run_case(FailingTests)

    assert 1 == len(result.errors)
    assert ACTIVE.current is None


def test_case_that_is_debugged():
    """`debug()`, which runs a test without a result, has the mock too."""
    CaseTests("test_one").debug()

    assert ACTIVE.current is None


def test_case_with_a_run_of_its_own():
    """A TestCase that overrides `run` keeps doing so, within the mock."""
    seen: list[Any] = []

    @mock_kms
    class OwnRunTests(unittest.TestCase):
        def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
            seen.append(ACTIVE.current is not None)
            return super().run(result)

        def test_nothing(self) -> None:
            pass

    result = run_case(OwnRunTests)

    assert (1, [True]) == (result.testsRun, seen)


def test_class_is_what_it_was():
    """A decorated class is the same class: by name, by identity, by `isinstance`, by pickle."""

    class Undecorated(unittest.TestCase):
        pass

    assert mock_kms(Undecorated) is Undecorated
    assert "CaseTests" == CaseTests.__name__
    assert isinstance(CaseTests("test_one"), unittest.TestCase)
    assert CaseTests is pickle.loads(pickle.dumps(CaseTests))
    assert "run" == CaseTests.run.__name__
