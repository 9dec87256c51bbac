"""The locks of the engine, which neither a signal in a call nor a fork leaves behind closed."""

import os
import threading
from itertools import count
from time import sleep  # the function itself: a test may replace `time.sleep`
from typing import Final
from weakref import WeakSet

# Enough for eight threads to give the GIL round until the holder is out; with 20, some queued.
_YIELDS: Final = 50
# For longer work, such as an RSA signature; who has waited for all of them does queue.
_PAUSES: Final = 100
_PAUSE: Final = 0.0005  # seconds


class CallLock:
    """
    Lets one call into a KMS at a time; its thread may enter again. Whoever enters says so:

        if lock.present:
            lock.give_way()
        try:
            lock.present.add(get_ident())
            with lock.held:
                ...
        finally:
            lock.present.discard(get_ident())

    Taking it is a `with` on a lock of C, since between the steps of a method of ours a signal could
    raise, and leave it taken for ever. *present* are the threads that hold the lock or queue in it:
    a hint for those who want to enter, and no more.
    """

    __slots__ = ("__weakref__", "held", "number", "present")

    _numbers = count()

    def __init__(self) -> None:
        self.held = threading.RLock()
        self.present: set[int] = set()
        self.number = next(self._numbers)
        _CALL_LOCKS.add(self)

    def give_way(self) -> None:
        """
        Wait until nobody holds the lock or queues in it, but not for ever.

        A thread that blocks in `threading.RLock` is handed it the moment that it is free, but can't
        go on before the running thread gives up the GIL: which that one does in its own next call,
        for want of the lock. From then on threads change places in every call (a lock convoy),
        which cost eight threads a quarter of their throughput. So none queues while another is
        present; and where one does, the next ones let it go first, which ends the convoy.
        """
        for _ in range(_YIELDS):
            if not self.present:
                return
            sleep(0)  # gives up the GIL
        for _ in range(_PAUSES):
            if not self.present:
                return
            sleep(_PAUSE)


def new_lock() -> threading.Lock:
    """Return a lock for what takes a moment; a forked child finds it free."""
    lock = threading.Lock()
    _SMALL_LOCKS.add(lock)
    return lock


# --- forks ------------------------------------------------------------------------------------
#
# A child has a copy of every lock, but only the thread that forked. So that no call is half-way
# then, a fork waits for those that are under way. What the small locks guard is whole between any
# two steps of Python code, so it is enough to free them in the child.

_CALL_LOCKS: Final[WeakSet[CallLock]] = WeakSet()
_SMALL_LOCKS: Final[WeakSet[threading.Lock]] = WeakSet()


class _Fork(threading.local):
    locks: tuple[CallLock, ...] = ()


_FORK: Final = _Fork()


def _wait_for_calls() -> None:
    # In one order, for another thread may be about to fork, too.
    _FORK.locks = tuple(sorted(_CALL_LOCKS, key=lambda lock: lock.number))
    for lock in _FORK.locks:
        lock.held.acquire()


def _go_on() -> None:
    locks, _FORK.locks = _FORK.locks, ()
    for lock in locks:
        lock.held.release()


def _begin_anew() -> None:
    for call_lock in _FORK.locks:
        call_lock.present.clear()  # its threads are not here
    for lock in tuple(_SMALL_LOCKS):
        lock._at_fork_reinit()  # type: ignore[attr-defined]  # as the standard library does
    _go_on()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_wait_for_calls, after_in_parent=_go_on, after_in_child=_begin_anew)
