"""Requests that are meant for a server of ours: they go there, whichever mock is active here."""

import _socket  # not socket: where pytest-socket refuses those, asking would be a warning
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

# The only hosts that are asked: any other could be AWS's.
THIS_MACHINE: Final = ("http://127.", "http://localhost:", "http://[::1]:")

# The servers of this process, by their ports, each with the mock that it serves; None stands for
# the one that is active.
SERVERS: Final[dict[int, object]] = {}

# Servers of other processes that have said what they are.
OTHERS: Final[set[tuple[str, int]]] = set()

HEALTH: Final = b"GET /_kmsmock/health HTTP/1.0\r\n\r\n"
MARK: Final = b'"server": "pytest-kmsmock"'
PATIENCE: Final = 0.5  # seconds


def leads_elsewhere(url: str, mock: object) -> bool:
    """
    Tell whether *url* is that of a server of ours which serves another mock than *mock*.

    Where it is on this machine and not of this process, whoever listens there is asked.
    """
    if not url.startswith(THIS_MACHINE):
        return False
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    if port in SERVERS:
        return SERVERS[port] not in (None, mock)
    if (host, port) not in OTHERS and is_ours(host, port):
        OTHERS.add((host, port))
    return (host, port) in OTHERS


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
