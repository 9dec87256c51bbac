"""A lock for threads that take it for microseconds, again and again."""

import threading
from time import sleep  # the function itself: a test may replace `time.sleep`
from typing import Final

# Enough for eight threads to give the GIL round until its holder is out; with 20, some queued.
_YIELDS: Final = 50


class YieldingLock:
    """
    A re-entrant lock whose waiters first let the others run and try again, and queue only then.

    A thread that blocks in `threading.RLock` is handed it the moment that it is free, but can't go
    on before the running thread gives up the GIL: which that one does in its own next call, for
    want of the lock. From then on threads change places in every call (a lock convoy), which cost
    eight threads a quarter of their throughput. Who has waited in vain does queue: the lock is then
    held for something long, such as an RSA signature, and would hardly ever be found free.
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
            sleep(0)  # gives up the GIL
            if self._lock.acquire(blocking=False):
                return
        self._lock.acquire()
