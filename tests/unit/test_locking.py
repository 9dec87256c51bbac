"""The lock that serialises the requests of a mock."""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pytest_kmsmock._kms.locking import CallLock, new_lock

LONG = 3  # seconds, after which a thread counts as stuck


def run_in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start a thread that does not keep the process alive if it is stuck."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@contextmanager
def inside(lock: CallLock) -> Iterator[None]:
    """Enter as a call does."""
    lock.give_way()
    try:
        lock.present.add(threading.get_ident())
        with lock.held:
            yield
    finally:
        lock.present.discard(threading.get_ident())


def is_free(lock: CallLock) -> bool:
    """Say whether another thread gets the lock."""
    taken: list[bool] = []
    run_in_thread(lambda: taken.append(lock.held.acquire(timeout=0.2))).join(LONG)
    return taken == [True]


def test_one_thread_at_a_time_is_inside():
    """Threads are never inside together."""
    lock, present, most = CallLock(), [0], [0]

    def enter() -> None:
        for _ in range(50):
            with inside(lock):
                present[0] += 1
                time.sleep(0)  # lets other threads in, if anything does
                most[0] = max(most[0], present[0])
                present[0] -= 1

    threads = [run_in_thread(enter) for _ in range(8)]
    for thread in threads:
        thread.join(LONG)

    assert [1] == most


def test_its_thread_may_enter_again():
    """The thread that holds the lock may take it again, and gives it up when it is out of both."""
    lock = CallLock()

    with inside(lock), lock.held:
        pass

    assert is_free(lock)


def test_it_is_free_after_a_failure():
    """An exception inside gives the lock up."""
    lock = CallLock()

    with pytest.raises(ZeroDivisionError), inside(lock):
        raise ZeroDivisionError

    assert is_free(lock)


def test_nobody_gets_in_while_it_is_held():
    """A thread waits as long as another holds the lock, and gets it then."""
    lock, entered = CallLock(), threading.Event()

    def enter() -> None:
        with inside(lock):
            entered.set()

    with inside(lock):
        run_in_thread(enter)
        assert not entered.wait(0.2)  # longer than it goes on trying

    assert entered.wait(LONG)


def test_nobody_starves():
    """A thread gets in although another is out for a moment only, again and again."""
    lock, entered, over = CallLock(), threading.Event(), threading.Event()

    def hold() -> None:
        while not over.is_set():
            with inside(lock):
                time.sleep(0.005)  # without the GIL, like an RSA signature

    def enter() -> None:
        with inside(lock):
            entered.set()

    run_in_thread(hold)
    run_in_thread(enter)
    got_in = entered.wait(LONG)
    over.set()

    assert got_in


def wait_for_child(work: Callable[[], object]) -> int:
    """Fork; do *work* in the child, and return its exit status: 0, or the signal that ended it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if not child:
        signal.alarm(4 * LONG)
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")


@forking
def test_a_fork_waits_for_calls():
    """A process forks when no call is under way, and its child finds the lock free."""
    lock, entered, finished = CallLock(), threading.Event(), []

    def hold() -> None:
        with inside(lock):
            entered.set()
            time.sleep(0.2)
            finished.append("the call")

    thread = run_in_thread(hold)
    entered.wait(LONG)

    status = wait_for_child(lambda: os._exit(0 if is_free(lock) and finished else 1))
    thread.join(LONG)

    assert 0 == status
    assert is_free(lock)


@forking
def test_a_fork_within_a_call():
    """A thread may fork in a call of its own, and goes on with it on both sides."""
    lock = CallLock()

    with inside(lock):
        status = wait_for_child(lambda: os._exit(1 if is_free(lock) else 0))

    assert is_free(lock)
    assert 0 == status


@forking
def test_a_small_lock_is_free_in_a_child():
    """Small locks are not waited for, but are free after a fork, whoever held them."""
    lock = new_lock()

    def take_in_child() -> None:
        with lock:
            pass

    with lock:
        assert 0 == wait_for_child(take_in_child)
