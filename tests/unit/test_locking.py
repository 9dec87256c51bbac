"""The lock that serialises the requests of a mock."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_kmsmock._kms.locking import YieldingLock


def test_one_thread_at_a_time_is_inside():
    """Threads are never inside together."""
    lock, inside, most = YieldingLock(), [0], [0]

    def enter(_: int) -> None:
        with lock:
            inside[0] += 1
            time.sleep(0)  # lets other threads in, if anything does
            most[0] = max(most[0], inside[0])
            inside[0] -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(enter, range(400)))

    assert [1] == most


def test_its_thread_may_enter_again():
    """The thread that holds the lock may take it again, and gives it up when it is out of both."""
    lock = YieldingLock()

    with lock, lock:
        pass

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lock.__enter__).result(timeout=10)


def test_a_waiter_gets_in_after_a_long_hold():
    """A thread that has waited for long gets the lock once it is free."""
    lock, entered = YieldingLock(), threading.Event()

    def enter() -> None:
        with lock:
            entered.set()

    thread = threading.Thread(target=enter)
    with lock:
        thread.start()
        assert not entered.wait(0.05)  # long enough for all the tries without a pause

    assert entered.wait(10)
    thread.join()


def test_it_is_free_after_a_failure():
    """An exception inside gives the lock up."""
    lock = YieldingLock()

    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lock.__enter__).result(timeout=10)
