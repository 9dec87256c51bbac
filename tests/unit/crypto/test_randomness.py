"""Random bytes of the operating system: no two callers are given the same."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_kmsmock._kms.crypto.randomness import SYSTEM, random_below

FORK = """
    import os
    from pytest_kmsmock._kms.crypto.randomness import SYSTEM

    SYSTEM.token_bytes(16)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, SYSTEM.token_bytes(16))
        os._exit(0)
    os.wait()
    print(os.read(reader, 16) == SYSTEM.token_bytes(16))
"""


@pytest.mark.parametrize("size", [0, 1, 16, 4095, 4096, 4097, 100_000])
def test_as_many_bytes_come_as_are_asked_for(size: int):
    """As many bytes come as are asked for, also more than are in stock."""
    SYSTEM.token_bytes(7)

    assert size == len(SYSTEM.token_bytes(size))


@pytest.mark.slow
def test_no_bytes_come_twice():
    """Threads that draw at the same time never get the same bytes."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            drawn = list(threads.map(lambda _: SYSTEM.token_bytes(16), range(5_000)))
    finally:
        sys.setswitchinterval(before)

    assert 5_000 == len(set(drawn))


def test_replaced_source(monkeypatch):
    """A test may replace `os.urandom`: its bytes are given, and none of them afterwards."""
    SYSTEM.token_bytes(1)
    monkeypatch.setattr(os, "urandom", lambda n: b"\1" * n)
    replaced = [SYSTEM.token_bytes(16) for _ in range(300)]
    monkeypatch.undo()

    assert [b"\1" * 16] * 300 == replaced
    assert b"\1" * 16 not in [SYSTEM.token_bytes(16) for _ in range(300)]


@pytest.mark.parametrize("byte", [b"\0", b"\xff"], ids=["zero", "all bits"])
def test_a_fixed_source(monkeypatch, byte):
    """A test may replace `os.urandom` by one that knows a single byte: numbers are drawn still."""
    monkeypatch.setattr(os, "urandom", lambda n: byte * n)

    assert 0 < random_below(200, SYSTEM) < 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_draws_other_bytes():
    """A forked process does not go on with the bytes of its parent."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORK)], capture_output=True, text=True, check=True
    )

    assert "False\n" == done.stdout
