"""What a server in front of a mock costs: a request of eight connections, start and stop."""

import json
import logging
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from moto.server import ThreadedMotoServer

from benchmarks.timing import Figure, Measure, by_turns
from pytest_kmsmock import mock_kms
from pytest_kmsmock.serving.server import KmsServer

CONNECTIONS = 8
HEAD = (
    "{method} / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
    "Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: TrentService.{operation}\r\n"
    "X-Amz-Date: 20261128T120000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
    "Credential=AKIAIOSFODNN7EXAMPLE/20261128/us-east-1/kms/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=00\r\n\r\n"
)


def measure_serving(rounds: int, requests: int) -> Iterator[Figure]:
    """The client is a process of its own, as moto's server and ours each are a thread of this."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    try:
        with mock_kms(region_name="us-east-1") as mock, mock.serve() as server:
            seconds = by_turns(
                {
                    "ours": load(server.port, requests),
                    "moto": load(moto.get_host_and_port()[1], max(requests // 10, 20)),
                },
                rounds,
            )
    finally:
        moto.stop()
    yield Figure(
        name="Encrypt over HTTP, 8 connections",
        seconds=seconds,
        reach="at most 0.2 of moto's server",
        reached=seconds["ours"] <= 0.2 * seconds["moto"],
        note=f"{1 / seconds['ours']:.0f} requests/s",
    )
    with mock_kms() as mock:
        taken = by_turns({"ours": start_and_stop(mock.serve())}, rounds * 5)
    yield Figure(
        name="start and stop of a server",
        seconds=taken,
        reach="20 ms",
        reached=taken["ours"] <= 0.020,
    )


def start_and_stop(server: KmsServer) -> Measure:
    def measure() -> float:
        start = time.perf_counter()
        server.start()
        server.stop()
        return time.perf_counter() - start

    return measure


def load(port: int, requests: int) -> Measure:
    """Return a measure of one request, averaged over many of several connections at once."""
    command = [sys.executable, "-m", "benchmarks.serving", str(port), str(requests)]

    def measure() -> float:
        return float(subprocess.run(command, check=True, capture_output=True).stdout)

    return measure


def write_request(operation: str, members: dict[str, str]) -> bytes:
    body = json.dumps(members)
    return (HEAD.format(method="POST", operation=operation, length=len(body)) + body).encode()


class Client:
    """A connection that asks the same again and again, and anew if the server has closed it."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        self._received = b""
        self.socket.sendall(self._request)

    def receive(self) -> bytes | None:
        """Return the body, once all of it has come."""
        self._received += self.socket.recv(65536)
        head, end, body = self._received.partition(b"\r\n\r\n")
        fields = dict(line.lower().partition(b":")[::2] for line in head.split(b"\r\n")[1:])
        if not end or len(body) < int(fields[b"content-length"]):
            return None
        assert b" 200 " in head[:20], head
        if fields.get(b"connection", b"").strip() == b"close":
            self.socket.close()
            self.connect()
        return body


def run_client(port: int, requests: int) -> float:
    """Return the seconds for a request, where eight are under way at any time."""
    creator = Client(port, write_request("CreateKey", {}))
    creator.ask()
    while (created := creator.receive()) is None:
        pass
    key_id = json.loads(created)["KeyMetadata"]["KeyId"]
    request = write_request("Encrypt", {"KeyId": key_id, "Plaintext": "aGVsbG8="})
    with selectors.DefaultSelector() as selector:
        start = time.perf_counter()
        for _ in range(CONNECTIONS):
            client = Client(port, request)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        done = 0
        while done < requests:
            for key, _ in selector.select():
                client = key.data
                if client.receive() is None:
                    continue
                done += 1
                if client.socket is not key.fileobj:
                    selector.unregister(key.fileobj)
                    selector.register(client.socket, selectors.EVENT_READ, client)
                client.ask()
        return (time.perf_counter() - start) / requests


if __name__ == "__main__":
    sys.stdout.write(f"{run_client(int(sys.argv[1]), int(sys.argv[2]))}\n")
