"""What every test runs under: no socket, and nothing of the machine's AWS configuration."""

import asyncio
import os
from collections.abc import Iterator

import pytest
import pytest_socket

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

# Else older versions of pytest-asyncio make a loop to come back to, and leave it open.
asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def _refuse_sockets() -> Iterator[None]:
    """Refuse sockets, except those with which an event loop wakes itself."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
