"""What every test runs under: no socket, and nothing of the machine's AWS configuration."""

import asyncio
import concurrent.futures.process  # noqa: F401 - see below
import gc
import os
import warnings
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache

import cryptography
import pytest
import pytest_socket
from botocore.loaders import JSONFileLoader

from pytest_kmsmock._kms.crypto.errors import Unavailable
from tests.libraries import has_older_asyncio

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

# What a run of pytest within a test is the first to import is forgotten at its end; but its class
# stays in `concurrent.futures`, and could not be pickled any more.

# Each session of botocore reads its models anew: half of the time of a test that makes its own.
_read = cache(JSONFileLoader().load_file)
JSONFileLoader.load_file = lambda self, file_path: _read(file_path)

# The suite imports and collects half a million objects that stay: with Python's own thresholds, to
# walk them anew takes a tenth of its time.
gc.set_threshold(20_000, 20, 20)

# Else older versions of pytest-asyncio make a loop to come back to, and leave it open.
asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def _refuse_sockets() -> Iterator[None]:
    """Refuse sockets, except those with which an event loop wakes itself."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave each sweep to the slow run, but every n-th case of it: `sweep(n)`."""
    seen: Counter[str] = Counter()
    for item in items:
        sweep = item.get_closest_marker("sweep")
        if sweep is None or item.get_closest_marker("slow") is not None:
            continue
        table = item.nodeid.partition("[")[0]
        if seen[table] % sweep.args[0]:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.swept)
        seen[table] += 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    with skipping_what_is_unavailable():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    with skipping_what_is_unavailable():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    yield
    if has_older_asyncio:
        close_loop()


def pytest_unconfigure() -> None:
    """Look for garbage once more, and not at the exit, which would take eight seconds."""
    gc.collect()
    gc.freeze()


def close_loop() -> None:
    """Close the loop that pytest-asyncio has left for whoever comes next."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            loop = asyncio.get_event_loop_policy().get_event_loop()
        except RuntimeError:
            return
    loop.close()
    asyncio.set_event_loop(None)


@contextmanager
def skipping_what_is_unavailable() -> Iterator[None]:
    """Skip a test beside an older `cryptography`, which lacks an algorithm that it needs."""
    try:
        yield
    except Unavailable as lacking:
        if int(cryptography.__version__.partition(".")[0]) >= HAS_EVERYTHING:
            raise
        pytest.skip(str(lacking))


# The first version of `cryptography` that has all that KMS can do.
HAS_EVERYTHING = 49
