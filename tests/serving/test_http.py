"""HTTP/1.1 over raw sockets: where requests end, and what becomes of connections (FE14)."""

import contextlib
import socket

import pytest

from tests.serving.raw import PATIENCE, request

HEAD = request(length=False, body=b"")[:-2]


def chunked(*pieces, trailers=b"", extension=b"", **headers):
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    head = request(length=False, body=b"", transfer_encoding="chunked", **headers)
    return head + body + b"0\r\n" + trailers + b"\r\n"


@pytest.mark.parametrize("operation", ["ListKeys", "None", "DescribeKey"])
def test_connection_stays_open(wire, operation):
    """A connection is kept alive, also after an error."""
    for _ in range(3):
        assert "Connection" not in wire.ask(request(operation)).headers


def test_close_is_honoured(wire):
    """A client that wants the connection closed has it closed."""
    answer = wire.ask(request(connection="close"))

    assert (200, "close") == (answer.status, answer.headers["Connection"])
    assert wire.is_closed()


def test_pipelined_requests(wire):
    """Requests that are sent before the answers are answered in order."""
    names = ["ListKeys", "None", "CreateKey", "ListAliases"] * 50
    wire.send(b"".join(request(name) for name in names))

    answers = [wire.read() for _ in names]

    members = {"ListKeys": "Keys", "None": "__type", "CreateKey": "KeyMetadata"}
    assert [members.get(name, "Aliases") for name in names] == [
        next(iter(answer.json)) for answer in answers
    ]


@pytest.mark.slow
def test_pipelined_requests_of_a_client_that_reads_late(wire):
    """A client that sends much more than it reads gets all its answers, once it reads."""
    one = request("ListKeyz", body=b"")
    data = one * 12_000
    sent = 0
    wire.socket.settimeout(0.2)  # so long nothing has moved: both sides are full, or all is sent
    with contextlib.suppress(TimeoutError):
        while sent < len(data):
            sent += wire.socket.send(data[sent:])
    wire.socket.settimeout(PATIENCE)

    whole = sent // len(one)

    assert whole > 1000
    assert {400} == {wire.read().status for _ in range(whole)}


def test_request_in_single_bytes(wire):
    """A client that sends byte by byte is answered like any other."""
    for byte in request("CreateKey"):
        wire.send(bytes([byte]))

    assert 200 == wire.read().status


def test_slow_client_keeps_nobody_waiting(connect):
    """While one client is in the middle of its request, others are answered."""
    slow, other = connect(), connect()
    data = request()
    slow.send(data[:-1])

    assert 200 == other.ask(data).status
    slow.send(data[-1:])
    assert 200 == slow.read().status


@pytest.mark.parametrize("sent", [0, 1, 30, -1])
def test_vanishing_client(connect, sent):
    """A client that vanishes in the middle of a request leaves nothing behind."""
    gone = connect()
    gone.send(request()[:sent])
    gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # by a reset
    gone.close()

    assert 200 == connect().ask(request()).status


def test_client_that_says_no_more_comes(wire):
    """A client that shuts its side down after its request gets its answer, and then the end."""
    wire.send(request())
    wire.socket.shutdown(socket.SHUT_WR)

    assert 200 == wire.read().status
    assert wire.is_closed()


def test_hundred_connections_at_once(connect):
    """A hundred connections are made, used and used again side by side."""
    wires = [connect() for _ in range(100)]
    for _ in range(2):
        for wire in wires:
            wire.send(request())

        assert [200] * 100 == [wire.read().status for wire in wires]


def test_continue_is_answered_before_the_body(wire):
    """A client that waits for 100 Continue is given it, and then the answer."""
    data = request("CreateKey", expect="100-continue")
    head, body = data[:-2], data[-2:]

    assert 100 == wire.ask(head).status
    assert 200 == wire.ask(body).status


def test_continue_is_not_needed_where_the_body_is_there(wire):
    """A client that does not wait for 100 Continue is answered at once."""
    assert 200 == wire.ask(request("CreateKey", expect="100-continue")).status


def test_continue_before_chunks(wire):
    """A client that waits before its chunks is given 100 Continue, too."""
    data = chunked(b"{}", expect="100-continue")
    head, separator, body = data.partition(b"\r\n\r\n")

    assert 100 == wire.ask(head + separator).status
    assert 200 == wire.ask(body).status


def test_continue_for_a_body_too_large(wire):
    """A body that is too large is refused before it is sent, if the client waits."""
    data = request(body=b"", expect="100-continue", content_length="999999999")

    assert 413 == wire.ask(data).status
    assert wire.is_closed()


def test_other_expectations(wire):
    """Another expectation than 100-continue fails (RFC 9110 10.1.1)."""
    assert 417 == wire.ask(request(expect="the-unexpected")).status


@pytest.mark.parametrize(
    "data",
    [
        chunked(b"{}"),
        chunked(b"{", b'"Limit"', b":", b"7}"),
        chunked(b"{}", extension=b';name="value"'),
        chunked(b"{}", extension=b" ; a;b=c"),
        chunked(b"{}", trailers=b"x-checksum: abc\r\nx-other: 1\r\n"),
        chunked(b'{"Marker": null}' + b" " * 70_000),
        chunked(b"{}").replace(b"chunked", b"Chunked"),
        chunked(),
    ],
    ids=["one", "many", "extension", "extensions", "trailers", "long", "case", "empty"],
)
@pytest.mark.parametrize("piece", [1, 7, 1_000_000], ids=["bytes", "sevens", "whole"])
def test_chunked_bodies(wire, data, piece):
    """A body in chunks, with extensions and trailers, is read however it comes in."""
    if piece == 1 and len(data) > 10_000:
        piece = 1000
    for start in range(0, len(data), piece):
        wire.send(data[start : start + piece])

    assert 200 == wire.read().status
    assert 200 == wire.ask(request()).status


def test_chunked_body_too_large(wire):
    """A body in chunks that gets too large is read to its end before it is refused."""
    piece = b"x" * 1_000_000

    assert 413 == wire.ask(chunked(*[piece] * 18)).status
    assert 200 == wire.ask(request()).status


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"0x2\r\n{}\r\n",
        b"1_0\r\n",
        b"\r\n",
        b"2\r\n{}x\r\n",
        b"f" * 9000,
        b"2" + b";" * 9000,
        b"0\r\nno trailer\r\n\r\n",
        b"f" * 17 + b"\r\n",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_broken_chunks(wire, body):
    """Chunks that can't be told apart are a 400, and the connection ends."""
    head = request(length=False, body=b"", transfer_encoding="chunked")

    assert 400 == wire.ask(head + body).status
    assert wire.is_closed()


def test_http_1_0_closes(wire):
    """HTTP/1.0 is answered, also without a Host, and closed."""
    answer = wire.ask(request(version="HTTP/1.0", host=None))

    assert (200, "close") == (answer.status, answer.headers["Connection"])
    assert wire.is_closed()


def test_http_1_0_kept_alive(wire):
    """HTTP/1.0 is kept open for a client that asks for it, and told so."""
    for _ in range(2):
        answer = wire.ask(request(version="HTTP/1.0", connection="Keep-Alive"))

        assert (200, "keep-alive") == (answer.status, answer.headers["Connection"])


def test_offer_of_http_2_is_declined(wire):
    """An offer of HTTP/2 in a request is ignored: the answer is HTTP/1.1's."""
    offer = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2_settings": "AAMA"}

    assert 200 == wire.ask(request(**offer)).status
    assert 200 == wire.ask(request(**offer)).status


def test_http_2_at_once(wire):
    """HTTP/2 without an offer is refused."""
    answer = wire.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    assert 505 == answer.status
    assert wire.is_closed()


@pytest.mark.parametrize(
    "data",
    [
        b"NONSENSE\r\n\r\n",
        b"NONSENSE\r\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1 x\r\nHost: x\r\n\r\n",
        b"GET / HTTP/x\r\n",
        b"G\x00T / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        HEAD + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
        HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        HEAD + b"content-length: 2, 2\r\n\r\n{}",
        HEAD + b"content-length: two\r\n\r\n{}",
        HEAD + b"content-length: -2\r\n\r\n{}",
        HEAD + b"content-length: +2\r\n\r\n{}",
        HEAD + b"content-length: 0x2\r\n\r\n{}",
        HEAD + "content-length: ²\r\n\r\n{}".encode("latin-1"),
        HEAD + b"content-length: \r\n\r\n{}",
        HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"host: other\r\n\r\n",
        HEAD + b"no colon\r\n\r\n",
        HEAD + b"space : before\r\n\r\n",
        HEAD + b": no name\r\n\r\n",
        HEAD + b"folded: a\r\n b\r\n\r\n",
        HEAD + b"nul: \x00\r\n\r\n",
        HEAD + b"bare: \rcarriage\r\n\r\n",
        request(host=None),
    ],
    ids=lambda data: repr(data[-40:]),
)
def test_no_request(wire, data):
    """What is no request, or could be read in two ways, is a 400, and the connection ends."""
    answer = wire.ask(data)

    assert (400, "close") == (answer.status, answer.headers["Connection"])
    assert wire.is_closed()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n", 501),
        (HEAD + b"content-length: 99999999999999999999\r\n\r\n", 413),
        (HEAD + b"content-length: 99999999999\r\n\r\n", 413),
        (HEAD + b"x: " + b"y" * 200_000, 431),
        (b"G" * 200_000, 431),
    ],
    ids=["encoding", "length", "gigabytes", "header", "method"],
)
def test_more_than_can_be_served(wire, data, status):
    """What is more than a server can do is refused as such, and the connection ends."""
    assert status == wire.ask(data).status
    assert wire.is_closed()


def test_refusal_reaches_a_client_that_still_sends(wire):
    """A client that goes on sending after its mistake reads why it was refused."""
    wire.send(b"NONSENSE\r\n" + b"x" * 3_000_000)

    assert 400 == wire.read().status


def test_lenient_reading(wire):
    """Lines that end in LF, and empty lines between requests, do no harm."""
    data = b"\r\n\n" + request().replace(b"\r\n", b"\n") + b"\r\n" + request()
    wire.send(data)

    assert [200, 200] == [wire.read().status, wire.read().status]
