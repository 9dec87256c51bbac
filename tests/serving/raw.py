"""A client of bytes: what goes over the wire is what a test writes."""

import json
import socket
from base64 import b64encode
from typing import Any, NamedTuple

SCOPE = "20261128/eu-west-1/kms/aws4_request"
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{SCOPE}, "
    f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}"
)
# Long enough on a busy machine; where a test waits for it, something hangs.
PATIENCE = 20.0


class Answer(NamedTuple):
    """A response as it was sent; the names of *headers* as they were spelt."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._buffer = b""

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def administer(
        self, method: str, path: str, arguments: object = None, **headers: str
    ) -> Answer:
        """Ask the admin face."""
        body = b"" if arguments is None else json.dumps(arguments).encode()
        target = f"/_kmsmock/{path}"
        return self.ask(request(None, method=method, target=target, body=body, **headers))

    def ask(self, data: bytes, **how: bool) -> Answer:
        self.send(data)
        return self.read(**how)

    def read(self, *, head_only: bool = False) -> Answer:
        """Read one response, and leave what follows it."""
        head, _, rest = self._read_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert "HTTP/1.1" == version
        headers = dict(line.split(": ", 1) for line in lines)
        length = 0 if head_only else int(headers.get("Content-Length", "0"))
        while len(rest) < length:
            rest += self._receive()
        self._buffer = rest[length:]
        return Answer(int(status), headers, rest[:length])

    def is_closed(self) -> bool:
        """Wait for what comes next, and say whether it is the end."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return True
        self._buffer += data
        return not data

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += self._receive()
        return self._buffer

    def _receive(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"the server has closed; before that came {self._buffer!r}")
        return data


def request(
    operation: str | None = "ListKeys",
    members: object = None,
    *,
    method: str = "POST",
    target: str = "/",
    version: str = "HTTP/1.1",
    body: bytes | None = None,
    length: bool = True,
    **headers: str | None,
) -> bytes:
    """
    Write a request as an SDK would, but for what is given.

    A header is given with underscores for dashes; None leaves it out.
    """
    if body is None:
        body = json.dumps({} if members is None else members, default=encode).encode()
    fields: dict[str, str | None] = {
        "host": "127.0.0.1",
        "content-type": "application/x-amz-json-1.1",
        "x-amz-date": "20261128T120000Z",
        "authorization": AUTHORIZATION,
        "x-amz-target": None if operation is None else f"TrentService.{operation}",
        "content-length": str(len(body)) if length else None,
    }
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    head = "\r\n".join([f"{method} {target} {version}", *lines, "", ""])
    return head.encode("latin-1") + body


def encode(value: bytes) -> str:
    return b64encode(value).decode()
