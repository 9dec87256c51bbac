"""What the examples of the pages may do besides: serve this machine."""

from collections.abc import Iterator

import pytest

from tests.sockets import this_machine_allowed


@pytest.fixture(autouse=True)
def _allow_this_machine(_refuse_sockets: None) -> Iterator[None]:
    with this_machine_allowed():
        yield
