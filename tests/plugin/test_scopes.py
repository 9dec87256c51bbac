"""Mocks that live longer than a test: of a class, a module, a session."""

import pytest


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
