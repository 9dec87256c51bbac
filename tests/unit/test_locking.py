"""The lock that serialises the requests of a mock."""

import threading
import time
from collections.abc import Callable

import pytest

from pytest_kmsmock._kms.locking import YieldingLock

LONG = 10  # seconds, after which a thread counts as stuck


def run_in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start a thread that does not keep the process alive if it is stuck."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def is_free(lock: YieldingLock) -> bool:
    """Say whether another thread gets the lock."""
    thread = run_in_thread(lock.__enter__)
    thread.join(LONG)
    return not thread.is_alive()


def test_one_thread_at_a_time_is_inside():
    """Threads are never inside together."""
    lock, inside, most = YieldingLock(), [0], [0]

    def enter() -> None:
        for _ in range(50):
            with lock:
                inside[0] += 1
                time.sleep(0)  # lets other threads in, if anything does
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [run_in_thread(enter) for _ in range(8)]
    for thread in threads:
        thread.join(LONG)

    assert [1] == most


def test_its_thread_may_enter_again():
    """The thread that holds the lock may take it again, and gives it up when it is out of both."""
    lock = YieldingLock()

    with lock, lock:
        pass

    assert is_free(lock)


def test_it_is_free_after_a_failure():
    """An exception inside gives the lock up."""
    lock = YieldingLock()

    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError

    assert is_free(lock)


def test_nobody_gets_in_while_it_is_held():
    """A thread waits as long as another holds the lock, and gets it then."""
    lock, entered = YieldingLock(), threading.Event()

    def enter() -> None:
        with lock:
            entered.set()

    with lock:
        run_in_thread(enter)
        assert not entered.wait(0.05)  # longer than it goes on trying

    assert entered.wait(LONG)


def test_nobody_starves():
    """A thread gets in although another is out for a moment only, again and again."""
    lock, entered, over = YieldingLock(), threading.Event(), threading.Event()

    def hold() -> None:
        while not over.is_set():
            with lock:
                time.sleep(0.005)  # without the GIL, like an RSA signature

    def enter() -> None:
        with lock:
            entered.set()

    run_in_thread(hold)
    run_in_thread(enter)
    got_in = entered.wait(LONG)
    over.set()

    assert got_in
