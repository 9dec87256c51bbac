"""Requests that are meant for a server of ours: they go there, whichever mock is active here."""

import _socket  # not socket: where pytest-socket refuses those, asking would be a warning
from contextlib import closing
from time import monotonic
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

# The only hosts that are asked: any other could be AWS's.
THIS_MACHINE: Final = ("http://127.", "http://localhost:", "http://[::1]:")

# The servers of this process, by their ports, each with the mock that it serves; None stands for
# the one that is active.
SERVERS: Final[dict[int, object]] = {}

# Servers of other processes that have said what they are.
OTHERS: Final[set[tuple[str, int]]] = set()

# Where there was none, and when, for each mock that has asked. For so long it does not ask again:
# one may be started there. Where a test has frozen the time, the next mock asks.
NO_SERVERS: "Final[WeakKeyDictionary[object, dict[tuple[str, int], float]]]" = WeakKeyDictionary()
UNASKED: Final = 1.0  # seconds

HEALTH: Final = b"GET /_kmsmock/health HTTP/1.0\r\n\r\n"
MARK: Final = b'"server": "pytest-kmsmock"'
PATIENCE: Final = 0.5  # seconds


def leads_elsewhere(url: str, mock: object) -> bool:
    """
    Tell whether *url* is that of a server of ours which serves another mock than *mock*.

    Where it is on this machine and not of this process, whoever listens there is asked: once, if it
    is such a server, and else again after a while.
    """
    if not url.startswith(THIS_MACHINE):
        return False
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    if port in SERVERS:
        return SERVERS[port] not in (None, mock)
    if (host, port) in OTHERS:
        return True
    asked = NO_SERVERS.setdefault(mock, {})
    last = asked.get((host, port))
    if last is not None and 0 <= monotonic() - last < UNASKED:
        return False
    if is_ours(host, port):
        OTHERS.add((host, port))
        return True
    asked[host, port] = monotonic()
    return False


def is_ours(host: str, port: int) -> bool:
    try:
        family = _socket.AF_INET6 if ":" in host else _socket.AF_INET
        with closing(_socket.socket(family, _socket.SOCK_STREAM)) as asked:
            asked.settimeout(PATIENCE)
            asked.connect((host, port))
            asked.sendall(HEALTH)
            answer = b""
            while data := asked.recv(4096):
                answer += data
    except OSError:
        return False
    return MARK in answer
