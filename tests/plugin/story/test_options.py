"""The options of the report, and what pytest's other reports keep of it."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

RED = """
import pytest

def test_red(kms, kms_mock):
    key = kms_mock.create_key(alias="app")
    kms.encrypt(KeyId="alias/ap", Plaintext=b"hi", EncryptionContext={"tenant": "7"})
"""
GREEN = """
def test_green(kms, kms_mock):
    kms.list_keys()
"""
SECTION = "*- KMS calls -*"
NOTE = "*pytest-kmsmock: There is no alias alias/ap here, but alias/app: was that meant?"


def test_report_of_failures(run_pytest: Callable[..., pytest.RunResult]):
    """By default failing tests are told about, and passing ones are not."""
    result = run_pytest(RED + GREEN, "-rP")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([NOTE, SECTION, "> 1 Encrypt(*Plaintext=<2 bytes>*"])
    result.stdout.no_fnmatch_line("*ListKeys*")


def test_report_of_all(run_pytest: Callable[..., pytest.RunResult]):
    """`kmsmock_report = all` tells about passing tests, too."""
    result = run_pytest(GREEN, "-rP", ini="kmsmock_report = all")

    result.stdout.fnmatch_lines([SECTION, "  1 ListKeys() -> *"])


def test_report_of_none(run_pytest: Callable[..., pytest.RunResult]):
    """`kmsmock_report = none` leaves reports and exceptions as they are."""
    result = run_pytest(RED, ini="kmsmock_report = none")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line(SECTION)
    result.stdout.no_fnmatch_line("*pytest-kmsmock: *")


def test_report_with_secrets(run_pytest: Callable[..., pytest.RunResult]):
    """`kmsmock_report_secrets` shows plaintexts."""
    result = run_pytest(RED, ini="kmsmock_report_secrets = true")

    result.stdout.fnmatch_lines(["> 1 Encrypt(*Plaintext=b'hi'*"])


def test_unknown_kind_of_report(run_pytest: Callable[..., pytest.RunResult]):
    """A word that the option does not know is refused, with those that it knows."""
    result = run_pytest(GREEN, ini="kmsmock_report = some")

    result.stderr.fnmatch_lines(
        ["ERROR: ini option kmsmock_report 'some' is not failures or all or none"]
    )


def test_report_in_junit_xml(run_pytest: Callable[..., pytest.RunResult], tmp_path):
    """JUnit's XML has the section and the note."""
    path = tmp_path / "report.xml"
    run_pytest(RED, f"--junit-xml={path}")

    failure = ET.parse(path).find(".//failure")

    assert failure is not None
    assert failure.text is not None
    assert "KMS calls" in failure.text
    assert "> 1 Encrypt(" in failure.text
    assert NOTE.strip("*") in failure.text


@pytest.mark.slow
def test_report_by_a_worker(pytester: pytest.Pytester):
    """The report of a test that pytest-xdist ran elsewhere is the same."""
    pytester.makepyfile(RED)

    result = pytester.runpytest("-n1", "-pno:cacheprovider", "-pno:randomly")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([NOTE, SECTION, "> 1 Encrypt(*"])


def test_many_calls(run_pytest: Callable[..., pytest.RunResult]):
    """Of many calls the last thirty are shown, and how many there were before."""
    result = run_pytest(
        """
        def test_red(kms):
            for _ in range(40):
                kms.list_keys()
            assert False
        """
    )

    result.stdout.fnmatch_lines(
        [
            "(10 earlier calls are not shown: kms_mock.calls.show() has them)",
            "  11 ListKeys() -> *",
            "  40 ListKeys() -> *",
        ]
    )


def test_calls_of_other_tests(run_pytest: Callable[..., pytest.RunResult]):
    """Of a mock that several tests share, a test is told its own calls."""
    result = run_pytest(
        """
        import pytest

        @pytest.fixture(scope="module", autouse=True)
        def shared(module_kms_mock):
            module_kms_mock.client().list_aliases()

        def test_before(kms):
            kms.list_keys()

        def test_red(kms):
            kms.list_keys(Limit=1)
            assert False
        """
    )

    result.stdout.fnmatch_lines([SECTION, "  1 ListKeys(Limit=1) -> *"])
    result.stdout.no_fnmatch_line("*ListAliases*")
