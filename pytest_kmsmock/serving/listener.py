"""The sockets: one thread that serves all connections, and one more for each call that may wait."""

import contextlib
import errno
import os
import selectors
import socket
import threading
import weakref
from collections import deque
from time import monotonic
from typing import Final, Protocol

# Before the hooks below: so a fork first lets our threads stand still, and takes the locks after.
from pytest_kmsmock._kms import locking  # noqa: F401
from pytest_kmsmock.serving.http11 import (
    CONTINUE,
    Reader,
    Refusal,
    Request,
    Response,
    write,
    write_refusal,
)

BACKLOG: Final = 1024
PIECE: Final = 256 * 1024  # bytes read at a time
LONGEST_UNSENT: Final = 1024 * 1024  # bytes; from there on a client has to read before it is read
LINGERING: Final = 2.0  # seconds in which a client may still read why it was refused
PAUSE: Final = 0.05  # seconds without a new connection where the process has no file left
NO_FILE_LEFT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Site(Protocol):
    """What is served."""

    def may_wait(self, request: Request) -> bool:
        """Say whether the answer may take its time, as a planned one does."""
        ...

    def answer(self, request: Request, address: str) -> Response | None:
        """Answer; None breaks the connection."""
        ...


class Listener:
    """
    A server on one port, which it holds from the start to `close()`.

    KMS answers in microseconds and one request at a time, so one thread serves all connections,
    without a change of threads for each request. Calls that may wait get a thread of their own.

    Raises:
        OSError: If it can't listen there, in a sentence.
    """

    def __init__(self, site: Site, host: str, port: int, name: str = "kmsmock-server") -> None:
        self._site = site
        self._name = name
        self._socket = listen(host, port)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._waker, self._alarm = socket.socketpair()
        for end in (self._waker, self._alarm):
            end.setblocking(False)
        self._connections: set[Connection] = set()
        self._lingering: deque[Connection] = deque()
        self._answered: deque[tuple[Connection, bytes | None]] = deque()
        self._workers: set[threading.Thread] = set()
        self._runs = False
        self._resumes_at: float | None = None
        self._thread: threading.Thread | None = None
        self._selector.register(self._alarm, selectors.EVENT_READ, self._wake_up)
        self._selector.register(self._socket, selectors.EVENT_READ, self._accept)
        LISTENERS.add(self)
        self.resume()

    def resume(self) -> None:
        """Serve; connections that were made meanwhile have waited."""
        self._runs = True
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Let nobody wait who is being served, and then serve nobody until `resume()`."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        self._runs = False
        self._wake()
        thread.join()
        self._thread = None

    def close(self) -> None:
        """End all connections, and give the port free."""
        LISTENERS.discard(self)
        self.pause()
        self.abandon()
        for worker in tuple(self._workers):
            worker.join(LINGERING)

    def abandon(self) -> None:
        """Close what is open here; after a fork, the connections go on in the parent."""
        LISTENERS.discard(self)
        self._selector.close()
        for connection in self._connections:
            connection.socket.close()
        self._connections.clear()
        for opened in (self._socket, self._waker, self._alarm):
            opened.close()

    def _run(self) -> None:
        while self._runs:
            for key, events in self._selector.select(self._patience()):
                key.data(events)
            self._keep_time()

    def _patience(self) -> float | None:
        due = [self._lingering[0].ends_at] if self._lingering else []
        if self._resumes_at is not None:
            due.append(self._resumes_at)
        return max(min(due) - monotonic(), 0) if due else None

    def _keep_time(self) -> None:
        if self._resumes_at is not None and self._resumes_at <= monotonic():
            self._resumes_at = None
            self._selector.register(self._socket, selectors.EVENT_READ, self._accept)
        while self._lingering and self._lingering[0].ends_at <= monotonic():
            self._lingering.popleft().end()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._waker.send(b"\0")

    def _wake_up(self, _: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._alarm.recv(4096)
        while self._answered:
            connection, answer = self._answered.popleft()
            connection.take_answer(answer)

    def _accept(self, _: int) -> None:
        for _turn in range(BACKLOG):
            try:
                accepted, address = self._socket.accept()
            except OSError as error:
                if error.errno in NO_FILE_LEFT:
                    # The one who waits would be reported again at once, and forever.
                    self._selector.unregister(self._socket)
                    self._resumes_at = monotonic() + PAUSE
                return
            accepted.setblocking(False)
            with contextlib.suppress(OSError):  # it may have gone already
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, accepted, describe(address))
            self._connections.add(connection)
            self._selector.register(accepted, selectors.EVENT_READ, connection.on_event)

    # What follows is for connections.

    def watch(self, connection: "Connection", events: int) -> None:
        self._selector.modify(connection.socket, events, connection.on_event)

    def watch_anew(self, connection: "Connection", events: int) -> None:
        self._selector.register(connection.socket, events, connection.on_event)

    def ignore(self, connection: "Connection") -> None:
        self._selector.unregister(connection.socket)

    def linger(self, connection: "Connection") -> None:
        self._lingering.append(connection)

    def forget(self, connection: "Connection") -> None:
        self._connections.discard(connection)
        with contextlib.suppress(ValueError):
            self._lingering.remove(connection)

    def answer(self, connection: "Connection", request: Request) -> bytes | None:
        """Answer at once; an answer that may wait comes later, by `Connection.take_answer`."""
        if self._site.may_wait(request):
            connection.is_waiting = True
            worker = threading.Thread(
                target=self._answer_later,
                args=(connection, request),
                name=f"{self._name}-call",
                daemon=True,
            )
            self._workers.add(worker)
            worker.start()
            return b""
        return self._write(connection, request)

    def _answer_later(self, connection: "Connection", request: Request) -> None:
        self._answered.append((connection, self._write(connection, request)))
        self._workers.discard(threading.current_thread())
        self._wake()

    def _write(self, connection: "Connection", request: Request) -> bytes | None:
        response = self._site.answer(request, connection.address)
        return None if response is None else write(response, request)


class Connection:
    """One client: what it has sent and is not answered yet, and what it is still to be sent."""

    def __init__(self, listener: Listener, accepted: socket.socket, address: str) -> None:
        self.socket = accepted
        self.address = address
        self.is_waiting = False  # for an answer that takes its time
        self.ends_at = 0.0
        self._listener = listener
        self._reader = Reader()
        self._unsent = bytearray()
        self._closes = False  # once all is sent
        self._has_unread = False  # at the end: the client may not have read our last answer
        self._is_over = False  # nothing more comes from the client
        self._watched = selectors.EVENT_READ
        self._is_closed = False

    def on_event(self, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._receive()
            if events & selectors.EVENT_WRITE and not self._is_closed:
                self._serve()
        except OSError:  # the client has gone
            self.end()

    def take_answer(self, answer: bytes | None) -> None:
        if self._is_closed:
            return
        self.is_waiting = False
        try:
            if answer is None:
                self.end()
            else:
                self._unsent += answer
                self._serve()
        except OSError:
            self.end()

    def end(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            if self._watched:
                self._listener.ignore(self)
            self._listener.forget(self)
            self.socket.close()

    def _receive(self) -> None:
        try:
            data = self.socket.recv(PIECE)
        except BlockingIOError:
            return
        if self.ends_at:
            if not data:
                self.end()
            return
        self._is_over = not data
        self._reader.feed(data)
        self._serve()

    def _serve(self) -> None:
        """Answer what has come, in order, and send what there is to send."""
        while not (self.is_waiting or self._closes or len(self._unsent) > LONGEST_UNSENT):
            try:
                request = self._reader.next()
            except Refusal as refusal:
                self._unsent += write_refusal(refusal)
                self._closes = self._has_unread = True
                break
            if request is None:
                if self._reader.asks_for_continue():
                    self._unsent += CONTINUE
                break
            self._closes = not request.keeps_open
            answer = self._listener.answer(self, request)
            if answer is None:
                self.end()
                return
            self._unsent += answer
        self._send()

    def _send(self) -> None:
        if self._unsent:
            try:
                sent = self.socket.send(self._unsent)
            except BlockingIOError:
                sent = 0
            del self._unsent[:sent]
        if not self._unsent and not self.is_waiting and (self._closes or self._is_over):
            self._finish()
            return
        self._watch()

    def _finish(self) -> None:
        if not self._has_unread or self._is_over:
            self.end()
            return
        # A socket that is closed with something unread in it resets the connection, and the
        # client loses the answer: so say that no more comes, and throw away what still does.
        self.socket.shutdown(socket.SHUT_WR)
        self.ends_at = monotonic() + LINGERING
        self._listener.linger(self)
        self._watch()

    def _watch(self) -> None:
        reads = not (self._is_over or self.is_waiting or len(self._unsent) > LONGEST_UNSENT)
        events = selectors.EVENT_READ * reads | selectors.EVENT_WRITE * bool(self._unsent)
        if events == self._watched:
            return
        if not self._watched:
            self._listener.watch_anew(self, events)
        elif events:
            self._listener.watch(self, events)
        else:
            self._listener.ignore(self)
        self._watched = events


def listen(host: str, port: int) -> socket.socket:
    """
    Raises:
        OSError: If nobody can listen there, in a sentence.
    """
    try:
        # In bytes: for a string Python imports the tables of IDNA.
        name = host.encode()
        family, *_, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is taken: give another one, or 0 for a free one"
        else:
            reason = f"nobody can listen on port {port} of {host}: {error.strerror or error}"
        raise OSError(error.errno, reason) from None


def describe(address: tuple[object, ...]) -> str:
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


# All that are open in this process. A fork is made while none of their threads runs: a child with a
# copy of a lock that a thread of its parent holds would wait for it forever.
LISTENERS: Final["weakref.WeakSet[Listener]"] = weakref.WeakSet()


def _pause_all() -> None:
    for listener in tuple(LISTENERS):
        listener.pause()


def _resume_all() -> None:
    for listener in tuple(LISTENERS):
        if listener._thread is None:
            listener.resume()


def _abandon_all() -> None:
    for listener in tuple(LISTENERS):
        listener.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_pause_all, after_in_parent=_resume_all, after_in_child=_abandon_all)
