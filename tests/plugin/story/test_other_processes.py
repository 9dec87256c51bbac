"""What a report says of errors that other processes have met, where no mock answers."""

from collections.abc import Callable

import pytest

ADVICE = (
    ' With kmsmock_children = serve (or mock_kms(children="serve")) the processes that a test'
    " starts find its KMS."
)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            """
            raise subprocess.CalledProcessError(
                1, "app", stderr=b"botocore.exceptions.NoCredentialsError: Unable to locate"
            )
            """,
            "The process that the test has started asked AWS, for no mock answers there.",
        ),
        (
            """
            error = NoCredentialsError()
            error.__cause__ = _RemoteTraceback("in a worker")
            raise error
            """,
            "Another process has raised this, where no mock answers.",
        ),
        (
            """
            error = ClientError({"ResponseMetadata": {"RequestId": "its"}}, "Encrypt")
            error.__cause__ = _RemoteTraceback("in a worker")
            raise error
            """,
            "Another process has raised this: a forked one works on a copy of this mock.",
        ),
    ],
    ids=["subprocess", "spawned", "forked"],
)
def test_error_of_another_process(
    run_pytest: Callable[..., pytest.RunResult], code: str, expected: str
):
    """The report says why no mock answered there, and how one does."""
    result = run_pytest(
        "import subprocess\n"
        "from concurrent.futures.process import _RemoteTraceback\n"
        "from botocore.exceptions import ClientError, NoCredentialsError\n"
        "def test_red(kms):\n" + "\n".join(line[8:] for line in code.splitlines())
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"E*pytest-kmsmock: {expected}{ADVICE}", "*- KMS calls -*", "none", expected + ADVICE]
    )


def test_other_failure_of_a_process(run_pytest: Callable[..., pytest.RunResult]):
    """Nothing is said of a process that failed for other reasons."""
    result = run_pytest(
        """
        import subprocess

        def test_red(kms):
            raise subprocess.CalledProcessError(1, "app", stderr=b"ZeroDivisionError")
        """
    )

    result.stdout.no_fnmatch_line("*pytest-kmsmock:*")
