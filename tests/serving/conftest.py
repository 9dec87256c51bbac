"""What the tests of the server share: sockets on this machine, and a client of bytes."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.serving.server import KmsServer
from pytest_kmsmock.stack import ACTIVE
from tests.serving.raw import Wire
from tests.sockets import this_machine_allowed


@pytest.fixture(autouse=True)
def _allow_this_machine(_refuse_sockets: None) -> Iterator[None]:
    with this_machine_allowed():
        yield


@pytest.fixture
def mock() -> Iterator[KmsMock]:
    with mock_kms(region_name="eu-west-1") as started:
        yield started


@pytest.fixture
def server(mock: KmsMock) -> Iterator[KmsServer]:
    with mock.serve() as started:
        yield started


@pytest.fixture
def connect(server: KmsServer) -> Iterator[Callable[[], Wire]]:
    """Open connections to the server, that end with the test."""
    opened: list[Wire] = []

    def connect() -> Wire:
        opened.append(Wire(server.port))
        return opened[-1]

    yield connect
    for wire in opened:
        wire.close()


@pytest.fixture
def wire(connect: Callable[[], Wire]) -> Wire:
    return connect()


@pytest.fixture
def outside_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `kmsmock_outside = error` sets."""
    monkeypatch.setattr(ACTIVE, "defaults", replace(ACTIVE.defaults, outside="error"))
