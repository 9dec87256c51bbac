"""mypy is content with our users' tests."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
def test_mypy(tmp_path: Path) -> None:
    """mypy, strict, finds the types that the files beside this one assert, and their mistakes."""
    pytest.importorskip("mypy")
    files = sorted(Path(__file__).parent.glob("*.py"))
    files.remove(Path(__file__).with_name("with_mypy_boto3_kms.py"))

    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", tmp_path, *files],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"Success: no issues found in {len(files)} source files\n" == run.stdout
