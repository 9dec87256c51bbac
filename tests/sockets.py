"""Sockets to this machine, for the tests that serve: everywhere else they are refused."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest_socket


@contextmanager
def this_machine_allowed() -> Iterator[None]:
    """Allow sockets that lead nowhere else."""
    pytest_socket.enable_socket()
    connect = socket.socket.connect
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
