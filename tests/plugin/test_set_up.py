"""When the mock of a test starts and ends, beside other hooks and fixtures."""

import pytest

# As plugins do that run a flaky test again without tearing it down.
RUNS_THRICE = """
    from _pytest.runner import runtestprotocol

    def pytest_runtest_protocol(item, nextitem):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for following in (item, item, nextitem):
            item._initrequest()
            for report in runtestprotocol(item, nextitem=following, log=False):
                item.ihook.pytest_runtest_logreport(report=report)
        return True
"""


def test_marker_that_a_hook_adds(pytester, run_pytest):
    """A marker counts that a conftest adds in its own hook of the set-up."""
    pytester.makeconftest(
        """
    import pytest

    def pytest_runtest_setup(item):
        item.add_marker(pytest.mark.kms(region_name="eu-north-1"))
    """
    )

    result = run_pytest(
        """
    from pytest_kmsmock.mock import ACTIVE

    def test_fixture(kms_mock):
        assert "eu-north-1" == kms_mock.region_name

    def test_nothing_else():
        assert "eu-north-1" == ACTIVE.current.region_name
    """
    )

    result.assert_outcomes(passed=2)


def test_hook_after_the_set_up(pytester, run_pytest):
    """A hook that comes after the set-up of a marked test finds the mock, fixtures or none."""
    pytester.makeconftest(
        """
    import pytest
    from pytest_kmsmock.mock import ACTIVE

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_setup(item):
        ACTIVE.current.client().create_key()
    """
    )

    result = run_pytest(
        """
    import pytest

    @pytest.mark.kms()
    def test_it():
        pass
    """
    )

    result.assert_outcomes(passed=1)


def test_run_again(pytester, run_pytest):
    """A test that is run again without a tear-down keeps its mock; the next test has its own."""
    pytester.makeconftest(RUNS_THRICE)

    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock.mock import ACTIVE

    @pytest.mark.kms()
    def test_mock():
        ACTIVE.current.client().create_key()

    def test_none():
        assert ACTIVE.current is None
    """,
        "-p",
        "no:randomly",
    )

    result.assert_outcomes(passed=6)


@pytest.mark.slow
def test_mock_is_forgotten(run_pytest):
    """Nothing of a test keeps its mock alive once it is over."""
    result = run_pytest(
        """
    import gc
    import weakref

    SEEN = []

    def test_mock(kms_mock):
        SEEN.append(weakref.ref(kms_mock))

    def test_none():
        gc.collect()
        assert SEEN[0]() is None
    """,
        "-p",
        "no:randomly",
    )

    result.assert_outcomes(passed=2)


@pytest.mark.slow
def test_wrong_marker_of_a_skipped_test_in_a_worker(run_pytest):
    """In a worker of pytest-xdist a wrong marker is no error of a test that is skipped."""
    result = run_pytest(
        """
    import pytest

    @pytest.mark.kms(nonsense=1)
    @pytest.mark.skip(reason="not now")
    def test_skipped():
        pass
    """,
        "-n1",
    )

    result.assert_outcomes(skipped=1)


def test_setup_plan(pytester, run_pytest):
    """To be shown what would be set up starts no mock."""
    pytester.makeconftest(
        """
    from pytest_kmsmock.mock import ACTIVE

    def pytest_runtest_teardown(item):
        assert ACTIVE.current is None
    """
    )

    result = run_pytest(
        """
    import pytest

    def test_fixture(kms):
        pass

    @pytest.mark.kms()
    def test_marker():
        pass
    """,
        "--setup-plan",
    )

    result.assert_outcomes()
    result.stdout.fnmatch_lines(["*SETUP    F kms_mock*"])
