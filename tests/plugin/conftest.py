"""What the tests of the public face share: both seams, and an eye on the environment."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE


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
