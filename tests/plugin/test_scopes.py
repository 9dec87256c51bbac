"""Mocks that live longer than a test: of a class, a module, a session."""

import pytest


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        ("class", [1, 2, 1, 2, 1, 0]),
        ("module", [1, 2, 3, 4, 5, 0]),
        ("session", [1, 2, 3, 4, 5, 5]),
    ],
    ids=["class", "module", "session"],
)
def test_fixture_of_wider_scope(run_pytest, pytester, scope, counts):
    """A fixture around `with mock_kms()` is the mock of all tests within its scope."""
    pytester.makeconftest(
        f"""
    import pytest
    from pytest_kmsmock import mock_kms

    counts = []

    @pytest.fixture(scope="{scope}")
    def kms_{scope}():
        with mock_kms() as mock:
            yield mock

    @pytest.fixture
    def count(kms):
        kms.create_key()
        counts.append(len(kms.list_keys()["Keys"]))
    """
    )
    pytester.makepyfile(
        test_other_module=f"""
    from conftest import counts
    from pytest_kmsmock import mock_kms

    def test_another_module():
        with mock_kms() as mock:
            counts.append(len(mock.client().list_keys()["Keys"]))
        assert {counts} == counts
    """
    )
    result = run_pytest(
        f"""
    import pytest

    pytestmark = pytest.mark.usefixtures("kms_{scope}")

    class TestOne:
        def test_one(self, count):
            pass

        def test_other(self, count):
            pass

    class TestOther(TestOne):
        pass

    def test_function(count):
        pass
    """
    )

    result.assert_outcomes(passed=6)


def test_snapshot_of_a_session(run_pytest):
    """What a session prepares once, each test can have for itself: by a snapshot, in any order."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture(scope="session")
    def prepared():
        with mock_kms(isolated=True) as mock:
            mock.create_key(alias="app")
            return mock.snapshot()

    @pytest.fixture
    def kms_mock(kms_mock, prepared):
        kms_mock.restore(prepared)
        return kms_mock

    @pytest.mark.parametrize("number", [1, 2])
    def test_it(kms, number):
        kms.disable_key(KeyId=kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"])
        kms.create_key()
        assert 2 == len(kms.list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=2)


def test_tests_without_the_fixture_of_wider_scope(run_pytest):
    """While a mock of wider scope is active, tests that do not ask for it join it all the same."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture(scope="module")
    def kms_module():
        with mock_kms() as mock:
            mock.create_key()
            yield mock

    def test_before(kms):
        assert 0 == len(kms.list_keys()["Keys"])

    def test_with(kms_module):
        assert 1 == len(kms_module.client().list_keys()["Keys"])

    def test_after(kms):
        assert 1 == len(kms.list_keys()["Keys"])

    @pytest.mark.kms(isolated=True)
    def test_isolated(kms):
        assert 0 == len(kms.list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=4)
