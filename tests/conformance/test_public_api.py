"""What a user may rely on, and that the README says it: names, arguments, options, fixtures."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_kmsmock
from pytest_kmsmock import AccountHandle, KmsMock, PrincipalHandle, mock_kms

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def ask_pytest(option: str, folder: Path) -> str:
    """Ask pytest from an empty folder, where no setting and no conftest.py of ours is in reach."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", option]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def first_column(heading: str) -> list[str]:
    """Return the names in the first column of the README's table under this heading."""
    table = README.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"(?m)^\| `([\w-]+)` \|", table)


def test_exported_names():
    """The public names are these; one more is a decision, one less a break."""
    assert [
        "FULL_AWS_ACCESS",
        "AccountHandle",
        "Call",
        "CallOutsideMock",
        "Calls",
        "Decision",
        "Fault",
        "ForkedCopyWarning",
        "GrantHandle",
        "HeldTooLong",
        "Hold",
        "KeyHandle",
        "KeyStoreHandle",
        "KmsAccessWarning",
        "KmsMock",
        "KmsPolicyWarning",
        "KmsServer",
        "NitroEnclave",
        "PrincipalHandle",
        "Snapshot",
        "UnfiredFaults",
        "kms_outside",
        "mock_kms",
    ] == pytest_kmsmock.__all__


@pytest.mark.parametrize("name", pytest_kmsmock.__all__)
def test_exported_name_is_documented(name):
    """Each public name says what it is for."""
    assert inspect.getdoc(getattr(pytest_kmsmock, name))


def test_members_of_the_mock():
    """What completes on a mock is for tests, and nothing that only seams and servers ask."""
    assert [
        "access",
        "account",
        "account_id",
        "acting_as",
        "adopt_moto_keys",
        "alter",
        "assert_called",
        "assert_not_called",
        "auto_create_keys",
        "boto3_session",
        "caller",
        "calls",
        "children",
        "client",
        "clock",
        "cloudhsm_cluster",
        "consistency",
        "create_grant",
        "create_key",
        "delay",
        "external_key_manager",
        "fail",
        "hold",
        "identities",
        "key_store",
        "least_privilege",
        "load",
        "raises",
        "region_name",
        "register_ciphertext",
        "reset",
        "restore",
        "role",
        "root",
        "seed",
        "serve",
        "service",
        "session",
        "share_key",
        "snapshot",
        "start",
        "stop",
        "strict",
        "unfired_faults",
        "unshare_key",
        "user",
        "wire",
    ] == [name for name in dir(KmsMock) if not name.startswith("_")]


def test_members_of_principals_and_accounts():
    """What completes on their handles is for tests, too, and not what the record of calls asks."""
    assert [
        "account_id",
        "allow",
        "arn",
        "assume",
        "attach",
        "boto3_session",
        "client",
        "client_keywords",
        "credentials",
        "deny",
        "detach_all",
        "federate",
        "in_context",
        "session",
        "via",
    ] == [name for name in dir(PrincipalHandle) if not name.startswith("_")]
    assert ["account_id", "administrator", "client", "create_key", "role", "root", "user"] == [
        name for name in dir(AccountHandle) if not name.startswith("_")
    ]


def test_arguments_of_mock_kms():
    """The README lists the keywords of `mock_kms`, as the error for an unknown one does."""
    with pytest.raises(TypeError) as caught:
        mock_kms(unknown=True)

    arguments = ", ".join(first_column("Argument"))

    assert f"mock_kms() has no keyword 'unknown' (it takes {arguments})" == str(caught.value)


@pytest.mark.slow
def test_options(tmp_path):
    """The README lists the ini options and the command-line options of the plugin."""
    known = re.findall(r"(?m)^ +(kmsmock_\w+|--kmsmock-[\w-]+)", ask_pytest("--help", tmp_path))

    assert sorted(known) == sorted(re.findall(r"(?m)^\| `((?:kmsmock_|--kmsmock-)[\w-]+)", README))


@pytest.mark.slow
def test_marker(tmp_path):
    """pytest lists the marker `kms` with the keywords that the README shows for it."""
    pattern = r"@pytest\.mark\.kms\(([^)]*)\)"

    (listed,) = re.findall(pattern, ask_pytest("--markers", tmp_path))

    assert [listed.replace("...", "…")] == re.findall(pattern, README)


@pytest.mark.slow
def test_fixtures(tmp_path):
    """pytest lists the fixtures of the plugin, each with a sentence."""
    listed = ask_pytest("--fixtures", tmp_path).partition("pytest_kmsmock.plugin")[2]
    fixtures = re.findall(r"(?m)^(\w+).*\n    (\w.*)$", listed.partition("\n-----")[0])

    wider = {f"{scope}_kms_mock" for scope in ("class", "module", "package", "session")}
    assert {"kms", "kms_mock", "kms_server", *wider} == {name for name, _ in fixtures}
