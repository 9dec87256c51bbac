"""HTTP/1.1 from bytes to requests, and from responses to bytes: without a socket (RFC 9112)."""

import re
from http import HTTPStatus
from typing import Final, NamedTuple

# AWS's limits are not known. KMS takes no request of more than some ten kilobytes, and answers a
# body of megabytes with its own ValidationException (FE6).
LONGEST_HEAD: Final = 128 * 1024
LONGEST_BODY: Final = 16 * 1024 * 1024
# How much more is read and thrown away, so that a client which writes before it reads hears of it.
LONGEST_DRAINED: Final = 1024 * 1024 * 1024

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE: Final = re.compile(
    rb"(" + _TOKEN + rb") ([\x21-\xff]+) HTTP/([0-9])\.([0-9])[ \t]*\r?\n"
)
_FIELD: Final = re.compile(
    rb"(" + _TOKEN + rb"):[ \t]*((?:[^\x00\r\n]*[^\x00\r\n \t])?)[ \t]*\r?\n"
)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_NO_START: Final = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_LONGEST_LINE: Final = 8 * 1024  # of a chunk's size with extensions, and of a trailer

# Fields that decide where a request ends, or whom it is for: twice is a way to smuggle.
_ONCE: Final = frozenset({"host", "content-length"})


class Refusal(Exception):
    """What is no request; it is answered with *status*, and the connection ends."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


class Request(NamedTuple):
    """
    A request; the names of *headers* are in lower case, and repeated ones are joined by commas.

    *is_too_large* says that the body was longer than LONGEST_BODY, and was thrown away.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    keeps_open: bool
    is_http_1_0: bool = False
    is_too_large: bool = False


class Response(NamedTuple):
    """An answer; `Content-Length` and what concerns the connection is added by `write()`."""

    status: int
    headers: dict[str, str]
    body: bytes


class Head(NamedTuple):
    """A request as far as its body, and how long that is: None if it comes in chunks."""

    request: Request
    length: int | None
    expects_continue: bool


class Reader:
    """
    Reads the requests of one connection, in the pieces in which they come.

    It takes what a lenient server takes where that is harmless, such as lines that end in LF, and
    refuses what would let two readers disagree on where a request ends.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._head: Head | None = None
        self._body = bytearray()
        self._missing = 0  # bytes of a body or of a chunk that are still to come
        self._drained = 0
        self._is_chunk_open = False
        self._is_in_trailers = False
        self._may_ask_for_body = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    @property
    def has_begun(self) -> bool:
        """Whether a request has begun to come, and is not whole."""
        return self._head is not None or bool(self._buffer)

    def asks_for_continue(self) -> bool:
        """Say whether the client waits for `CONTINUE` before it sends the body: true once."""
        asks = self._may_ask_for_body
        self._may_ask_for_body = False
        return asks

    def next(self) -> Request | None:
        """
        Return the next request, or None if it has not come whole.

        Raises:
            Refusal: For what is no request. Nothing can be read after it.
        """
        if self._head is None:
            self._head = self._read_head()
            if self._head is None:
                return None
            self._missing = self._head.length or 0
            self._may_ask_for_body = self._head.expects_continue
        is_whole = self._read_chunks() if self._head.length is None else self._read_body()
        if not is_whole:
            # What has come of the body shows that the client does not wait.
            self._may_ask_for_body &= not (self._body or self._buffer or self._drained)
            return None
        request = self._head.request
        if self._drained:
            request = request._replace(is_too_large=True)
        elif self._body:
            request = request._replace(body=bytes(self._body))
            self._body.clear()
        self._head, self._drained, self._may_ask_for_body = None, 0, False
        return request

    def _read_head(self) -> Head | None:
        buffer = self._buffer
        while (
            buffer and buffer[0] in b"\r\n"
        ):  # between requests, an empty line or two (RFC 9112 2.2)
            del buffer[:1]
        end = _END_OF_HEAD.search(buffer, max(self._searched - 2, 0))
        if end is None:
            if _NO_START.match(buffer) or (b"\n" in buffer and not _REQUEST_LINE.match(buffer)):
                # At once: such a client may wait for an answer to what it takes for a request.
                raise Refusal(HTTPStatus.BAD_REQUEST, "the request line is malformed")
            if len(buffer) > LONGEST_HEAD:
                raise Refusal(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long"
                )
            self._searched = len(buffer)
            return None
        head = bytes(buffer[: end.end()])
        del buffer[: end.end()]
        self._searched = 0
        return read_head(head)

    def _read_body(self) -> bool:
        if self._missing:
            self._take()
        return not self._missing

    def _take(self) -> None:
        """Take what has come of the missing bytes: into the body, or nowhere if that is full."""
        assert self._head is not None
        taken = min(self._missing, len(self._buffer))
        if self._drained or max(len(self._body) + taken, self._head.length or 0) > LONGEST_BODY:
            self._drained += taken + len(self._body)
            self._body.clear()
            if self._drained > LONGEST_DRAINED:
                raise too_large()
        elif taken == len(self._buffer) and not self._body:
            self._body, self._buffer = self._buffer, self._body
            self._missing -= taken
            return
        else:
            self._body += self._buffer[:taken]
        del self._buffer[:taken]
        self._missing -= taken

    def _read_chunks(self) -> bool:
        while not self._is_in_trailers:
            if self._missing:
                self._take()
                if self._missing:
                    return False
            if self._is_chunk_open and not self._end_chunk():
                return False
            line = self._read_line()
            if line is None:
                return False
            size = _CHUNK.fullmatch(line)
            if size is None:
                raise Refusal(HTTPStatus.BAD_REQUEST, "a chunk has no size")
            self._missing = int(size[1], 16)
            self._is_chunk_open = bool(self._missing)
            self._is_in_trailers = not self._missing
        while (line := self._read_line()) is not None:
            if not line.strip(b"\r\n"):
                self._is_in_trailers = False
                return True
            if _FIELD.fullmatch(line) is None:
                raise Refusal(HTTPStatus.BAD_REQUEST, "a trailer is malformed")
        return False

    def _end_chunk(self) -> bool:
        line = self._read_line()
        if line is None:
            return False
        if line.strip(b"\r\n"):
            raise Refusal(HTTPStatus.BAD_REQUEST, "a chunk is longer than its size")
        self._is_chunk_open = False
        return True

    def _read_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", 0, _LONGEST_LINE) + 1
        if not end:
            if len(self._buffer) >= _LONGEST_LINE:
                raise Refusal(HTTPStatus.BAD_REQUEST, "a line of the body is too long")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[:end]
        return line


def read_head(head: bytes) -> Head:
    """
    Read a request line and its headers, the empty line included.

    Raises:
        Refusal: If that is none.
    """
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request line is malformed")
    if line[3] != b"1":
        raise Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "this server speaks HTTP/1.1")
    headers = read_fields(head, line.end())
    is_http_1_0 = line[4] == b"0"
    if "host" not in headers and not is_http_1_0:
        raise Refusal(HTTPStatus.BAD_REQUEST, "there is no Host header")
    request = Request(
        method=line[1].decode(),
        target=line[2].decode("latin-1"),
        headers=headers,
        body=b"",
        keeps_open=keeps_open(headers.get("connection"), is_http_1_0),
        is_http_1_0=is_http_1_0,
    )
    length = read_length(headers)
    return Head(request, length, length != 0 and expects_continue(headers, length, is_http_1_0))


def read_fields(head: bytes, start: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    # The empty line is what ends them; see `_END_OF_HEAD`.
    while head[start : start + 1] not in (b"\r", b"\n"):
        field = _FIELD.match(head, start)
        if field is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "a header line is malformed")
        start = field.end()
        name, value = field[1].decode().lower(), field[2].decode("latin-1")
        if name in headers:
            if name in _ONCE:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"there are two headers {name}")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def keeps_open(connection: str | None, is_http_1_0: bool) -> bool:
    if connection is None:
        return not is_http_1_0
    options = [option.strip() for option in connection.lower().split(",")]
    return "keep-alive" in options if is_http_1_0 else "close" not in options


def read_length(headers: dict[str, str]) -> int | None:
    """
    Return how long the body is; None if it comes in chunks.

    Raises:
        Refusal: If that can't be told.
    """
    encoding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if encoding is not None:
        if length is not None:
            raise Refusal(
                HTTPStatus.BAD_REQUEST, "Content-Length does not go with Transfer-Encoding"
            )
        if encoding.lower() != "chunked":
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "the only Transfer-Encoding is chunked")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit()):
        raise Refusal(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
    if len(length) > 18 or int(length) > LONGEST_DRAINED:
        raise too_large()
    return int(length)


def too_large() -> Refusal:
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")


def expects_continue(headers: dict[str, str], length: int | None, is_http_1_0: bool) -> bool:
    """
    Raises:
        Refusal: For an expectation that nobody knows, or a body that is not worth sending.
    """
    expectation = headers.get("expect")
    if expectation is None or is_http_1_0:
        return False
    if expectation.lower() != "100-continue":
        raise Refusal(HTTPStatus.EXPECTATION_FAILED, "the only expectation is 100-continue")
    if length is not None and length > LONGEST_BODY:
        raise too_large()
    return True


def write(response: Response, request: Request) -> bytes:
    """Write the answer to *request*: `Content-Length` spelt so, for some clients want it so."""
    lines = [_status_line(response.status)]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"Content-Length: {len(response.body)}")
    if not request.keeps_open:
        lines.append("Connection: close")
    elif request.is_http_1_0:
        lines.append("Connection: keep-alive")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    # HEAD is answered like GET, without the body (RFC 9110 9.3.2).
    return head if request.method == "HEAD" else head + response.body


def write_refusal(refusal: Refusal) -> bytes:
    """Write the answer to what is no request; the connection ends with it."""
    body = refusal.reason.encode()
    head = (
        f"{_status_line(refusal.status)}\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _status_line(status: int) -> str:
    return _STATUS_LINES[status]


_STATUS_LINES: Final = {
    int(status): f"HTTP/1.1 {int(status)} {status.phrase}" for status in HTTPStatus
}
