"""What the tests of the public face share: both seams, and an eye on the environment."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3  # noqa: F401 - see run_pytest
import pytest

import pytest_kmsmock._kms.service  # noqa: F401 - see run_pytest
from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE
from tests import aio  # noqa: F401 - see run_pytest


@pytest.fixture(params=[False, True], ids=["before-call", "before-send"])
def wire(request: pytest.FixtureRequest) -> bool:
    """Say through which seam the mock of a test answers: through the one, then the other."""
    return request.param


@pytest.fixture
def mock(wire: bool) -> Iterator[KmsMock]:
    with mock_kms(wire=wire) as started:
        yield started


@pytest.fixture(autouse=True)
def _environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither a mock nor the plugin touches the environment."""
    before = read_environment()
    yield
    monkeypatch.undo()

    assert before == read_environment()


def read_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture
def outside_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `kmsmock_outside = error` sets."""
    monkeypatch.setattr(ACTIVE, "defaults", replace(ACTIVE.defaults, outside="error"))


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """All that somebody would have slept, in whatever way."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return slept


INI = """
[pytest]
filterwarnings =
    error
    ignore:The configuration option "asyncio_default_fixture_loop_scope" is unset
{lines}
"""
# The sockets stay refused. What would take its time in each run, or leave traces, is left out.
OPTIONS = (
    "--disable-socket",
    "--allow-unix-socket",
    "-pno:cacheprovider",
    "-pno:hypothesispytest",
    "-pno:randomly",
)


@pytest.fixture
def run_pytest(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """
    Run a test module in a pytest of its own, with more options and lines of the ini file.

    What such a run is the first to import is forgotten at its end, and imported anew by the next.
    """

    def run(module: str, *options: str, ini: str = "") -> pytest.RunResult:
        pytester.makeini(INI.format(lines=ini))
        pytester.makepyfile(module)
        return pytester.runpytest_inprocess(*OPTIONS, *options)

    return run
