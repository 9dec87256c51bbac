"""A lock for threads that take it for microseconds, again and again."""

import threading
import time
from typing import Final

_YIELDS: Final = 20  # then whoever holds the lock is at something long, such as making a key pair
_FIRST_PAUSE: Final = 50e-6  # seconds
_LONGEST_PAUSE: Final = 5e-3  # seconds; as long as the interpreter lets one thread run


class YieldingLock:
    """
    A re-entrant lock whose waiters let the others run and try again, instead of queueing.

    A thread that blocks in `threading.RLock` is handed it the moment that it is free, but can't go
    on before the running thread gives up the GIL: which that one does in its own next call, for
    want of the lock. From then on threads change places in every call (a lock convoy), which cost
    eight threads a quarter of their throughput.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._wait()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _wait(self) -> None:
        for _ in range(_YIELDS):
            time.sleep(0)
            if self._lock.acquire(blocking=False):
                return
        pause = _FIRST_PAUSE
        while not self._lock.acquire(blocking=False):
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
