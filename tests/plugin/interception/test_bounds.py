"""A botocore that is older than those we serve is told at start, in one sentence."""

import botocore
import pytest

from pytest_kmsmock import mock_kms
from pytest_kmsmock.interception import hooks

SENTENCE = "pytest-kmsmock needs botocore>=1.35.0, and 1.34.162 is installed"


@pytest.fixture
def older_botocore(monkeypatch):
    monkeypatch.setattr(botocore, "__version__", "1.34.162")


def test_mock(older_botocore):
    """A mock does not start."""
    with pytest.raises(ImportError) as refused:
        mock_kms().start()

    assert SENTENCE == str(refused.value)


def test_plugin(older_botocore, run_pytest):
    """pytest does not start, and shows no traceback."""
    result = run_pytest("def test_it(): pass")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert [f"ERROR: {SENTENCE}"] == [line for line in result.errlines if line]


def test_hooks(older_botocore, monkeypatch):
    """botocore is left alone: no session of it is hooked."""
    hooked = []
    monkeypatch.setattr(botocore, "register_initializer", hooked.append)

    hooks.install(object())

    assert [] == hooked


def test_bound_is_the_projects(pytestconfig):
    """The bound is that of pyproject.toml."""
    text = (pytestconfig.rootpath / "pyproject.toml").read_text(encoding="utf-8")

    assert f'"botocore>={hooks.OLDEST_BOTOCORE}",' in text


@pytest.mark.parametrize("version", ["1.35.0", "1.36.2", "1.100.0", "2.0.0rc1", "1.44.8.dev3"])
def test_versions_that_are_served(version, monkeypatch):
    """Versions from the bound on are served, whatever their form."""
    monkeypatch.setattr(botocore, "__version__", version)

    assert hooks.check_botocore() is None
