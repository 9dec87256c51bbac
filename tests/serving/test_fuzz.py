"""A server survives whatever comes: random bytes, random HTTP, random JSON; and it forgets it."""

import gc
import json
import random
import socket
import sys

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.wire import model
from pytest_kmsmock.serving.http11 import Reader, Refusal
from tests.serving.raw import Wire, encode, request

FUZZED = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

TOKENS = [
    b"POST / HTTP/1.1\r\n",
    b"GET /_kmsmock/calls HTTP/1.0\r\n",
    b"host: x\r\n",
    b"content-length: 2\r\n",
    b"content-length: 99999\r\n",
    b"transfer-encoding: chunked\r\n",
    b"expect: 100-continue\r\n",
    b"connection: close\r\n",
    b"connection: keep-alive\r\n",
    b"upgrade: h2c\r\n",
    b"x-amz-target: TrentService.ListKeys\r\n",
    b"content-type: application/x-amz-json-1.1\r\n",
    b"\r\n",
    b"\n",
    b"{}",
    b"2\r\n{}\r\n",
    b"0\r\n\r\n",
    b"\x00",
    request(),
]


def survive(port: int, data: bytes) -> None:
    """Send *data*, take what comes, and see that the next client is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except ConnectionError:
            pass
    wire = Wire(port)
    assert 200 == wire.ask(request()).status
    wire.close()


@FUZZED
@given(st.binary(max_size=2000))
def test_random_bytes(server, data):
    """Random bytes do no harm."""
    survive(server.port, data)


@FUZZED
@given(st.lists(st.sampled_from(TOKENS), max_size=25).map(b"".join))
def test_random_http(server, data):
    """Pieces of HTTP in any order do no harm."""
    survive(server.port, data)


def values(shape: model.Shape, depth: int = 0) -> st.SearchStrategy:
    """Make values that are nearly of a shape."""
    wrong = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9), st.just([]))
    match shape.type:
        case "structure" if depth < 4:
            members = {name: values(part, depth + 1) for name, part in shape.members.items()}
            right = st.fixed_dictionaries({}, optional=members)
        case "list":
            right = st.lists(values(shape.parts["member"], depth + 1), max_size=3)
        case "map":
            right = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
        case "string" if shape.enum:
            right = st.sampled_from(shape.enum)
        case "blob":
            right = st.binary(max_size=40).map(encode)
        case "integer":
            right = st.integers(-1, 2000)
        case "boolean":
            right = st.booleans()
        case _:
            right = st.text(max_size=40)
    return st.one_of(right, right, right, wrong)


REQUESTS = st.sampled_from(model.operation_names()).flatmap(
    lambda name: st.tuples(st.just(name), values(model.operation(name).input))
)


@FUZZED
@given(REQUESTS)
def test_random_requests(server, asked):
    """A request that is nearly right is an answer of KMS, never a fault of the server."""
    operation, members = asked
    wire = Wire(server.port)
    answer = wire.ask(request(operation, body=json.dumps(members).encode()))
    wire.close()

    assert answer.status in (200, 400)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["POST", "GET", "HEAD", "OPTIONS"]),
            st.lists(
                st.tuples(
                    st.text("abcdefgh", min_size=1, max_size=8).map("x-{}".format),
                    st.text("az09:;,= ()~!", min_size=1, max_size=20).map(str.strip).filter(bool),
                ),
                max_size=5,
                unique_by=lambda header: header[0],
            ),
            st.lists(st.binary(min_size=1, max_size=50), max_size=4),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 60),
)
def test_requests_are_read_as_h11_reads_them(requests, piece):
    """Well-formed requests are read as h11 reads them, in whatever pieces they come."""
    data, expected = b"", []
    for method, headers, body, is_chunked in requests:
        client = h11.Connection(h11.CLIENT)
        kind = (
            ("Transfer-Encoding", "chunked")
            if is_chunked
            else ("Content-Length", str(len(b"".join(body))))
        )
        event = h11.Request(method=method, target="/", headers=[("Host", "x"), kind, *headers])
        data += client.send(event) or b""
        for part in body:
            data += client.send(h11.Data(data=part)) or b""
        data += client.send(h11.EndOfMessage()) or b""
        expected.append((method, dict(headers), b"".join(body)))

    reader, found = Reader(), []
    for start in range(0, len(data), piece):
        reader.feed(data[start : start + piece])
        while (one := reader.next()) is not None:
            others = {name: value for name, value in one.headers.items() if name.startswith("x-")}
            found.append((one.method, others, one.body))

    assert expected == found
    assert not reader.has_begun


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(b"".join), st.integers(1, 50))
def test_pieces_do_not_matter(data, piece):
    """What is read of a connection does not depend on the pieces in which it came."""

    def read(pieces):
        reader, found = Reader(), []
        try:
            for one in pieces:
                reader.feed(one)
                while (got := reader.next()) is not None:
                    found.append(got)
        except Refusal as refusal:
            found.append(refusal.status)
        return found

    cut = [data[start : start + piece] for start in range(0, len(data), piece)]

    assert read([data]) == read(cut)


@pytest.mark.slow
def test_memory_stays_flat(server, mock):
    """A hundred thousand requests, of many connections and names, leave nothing behind."""
    draw = random.Random(17)

    def send(count):
        wire = Wire(server.port)
        for number in range(count):
            if not number % 500:
                wire.close()
                wire = Wire(server.port)
            name = draw.choice(["ListKeys", f"Unknown{draw.random()}", "DescribeKey"])
            wire.ask(request(name, authorization=None if draw.random() < 0.1 else AUTHORIZED))
        wire.close()

    def count():
        # Of the process as a whole nothing can be said: other tests leave its memory in pieces.
        gc.collect()
        return sys.getallocatedblocks()

    send(30_000)  # until the record is full, which keeps 10,000 calls
    before = count()
    send(70_000)

    assert count() - before < 20_000


AUTHORIZED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20261128/eu-west-1/kms/aws4_request, SignedHeaders=host, "
    "Signature=0"
)
