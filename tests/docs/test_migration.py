"""The migration from moto that examples/from_moto shows takes what the guide says it takes."""

import difflib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.example_runs import OPTIONS

EXAMPLES = Path(__file__).parents[2] / "examples/from_moto"


def text_of(name):
    return (EXAMPLES / name).read_text(encoding="utf-8")


def test_lines_that_change():
    """Only the import line and the decorator's name differ."""
    before, after = text_of("with_moto.py"), text_of("test_with_kmsmock.py")
    changes = {
        line.strip()
        for line in difflib.ndiff(before.splitlines(), after.splitlines())
        if line.startswith(("-", "+"))
    }

    assert {
        "- from moto import mock_aws",
        "- @mock_aws",
        "+ from pytest_kmsmock import mock_kms",
        "+ @mock_kms",
    } == changes


@pytest.mark.slow
def test_before_the_migration(tmp_path):
    """Fifteen tests pass under moto, without this plugin."""
    (tmp_path / "test_orders.py").write_text(text_of("with_moto.py"), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout.splitlines()[-1].startswith("15 passed"), run.stdout + run.stderr


def test_after_the_migration(pytester):
    """The same fifteen pass under this plugin."""
    pytester.makeini("[pytest]")
    pytester.makepyfile(test_orders=text_of("test_with_kmsmock.py"))

    result = pytester.runpytest_inprocess(*OPTIONS)

    result.assert_outcomes(passed=15)
