"""The mocks of a forked child: copies of the test's, which are told so, refused or bypassed."""

import http.client
import os
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pytest_kmsmock.interception.exchange import Exchange, Outcome
from pytest_kmsmock.interception.outside import CallOutsideMock
from pytest_kmsmock.interception.sessions import ACCESS_KEY_ID
from pytest_kmsmock.serving.front_end import CONTENT_TYPE, TARGET_PREFIX, describe_refusal

if TYPE_CHECKING:
    pass

PATIENCE: Final = 60.0  # seconds


class ForkedCopyWarning(UserWarning):
    """
    A forked process called KMS. It uses its own copy of the mock, which the test does not see.

    .. versionadded:: 0.1.0
    """


def warn_once(mocks: Iterable[Any]) -> None:
    """Let the first call in this process warn."""
    mocks = tuple(mocks)

    def warning(name: str, mock: Any) -> Callable[[Exchange], Any]:
        def respond(exchange: Exchange) -> Any:
            for one in mocks:
                for its in ANSWERING:
                    vars(one).pop(its, None)
            warnings.warn(
                f"{exchange.operation} was called in a forked process, on a copy of the test's "
                "KMS: the test sees neither the call nor what it changes. Set kmsmock_children = "
                "serve (or children='serve' to mock_kms or the marker kms) to have it answered by "
                "the test's own KMS",
                ForkedCopyWarning,
                stacklevel=2,
            )
            return getattr(mock, name)(exchange)

        return respond

    for mock in mocks:
        for name in ANSWERING:
            setattr(mock, name, warning(name, mock))


def refuse(mocks: Iterable[Any], reason: str) -> None:
    """Let all calls in this process fail."""

    def respond(exchange: Exchange) -> NoReturn:
        raise CallOutsideMock(describe_refusal(exchange.operation, reason))

    for mock in mocks:
        for name in ANSWERING:
            setattr(mock, name, respond)


def serve(mocks: Iterable[Any], url: str) -> None:
    """Let the KMS at *url* answer in this process, and the handles refuse."""
    forwarder = Forwarder(url)
    for mock in mocks:
        mock._goes_by_wire = mock._has_plan_for = lambda operation: True
        mock._respond_as_planned = mock._respond_unheld = forwarder.respond
        mock._hold_up = do_nothing
        mock._adopt_server = mock._open = refuse_handle
        mock._close = mock._settle = do_nothing
        mock._service = mock._record = mock._faults = Elsewhere()


ANSWERING: Final = ("_respond", "_respond_as_planned", "_respond_unheld")


def refuse_handle(*_: object) -> NoReturn:
    raise RuntimeError(
        "this handle is a copy in a forked process, where the test's own KMS answers: call KMS "
        "by a client here, and use the handle in the test's process"
    )


def do_nothing(*_: object) -> None:
    """Close and settle nothing: that is for the test's process to do."""


class Elsewhere:
    """In the place of what a mock holds: it is held in the test's process."""

    def __getattr__(self, name: str) -> NoReturn:
        refuse_handle()


class Forwarder:
    """Sends a request on to the server in the test's process."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")

    def respond(self, exchange: Exchange) -> Outcome:
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        try:
            connection.request("POST", "/", exchange.body, write_headers(exchange))
            received = connection.getresponse()
            answer: Any = Answer(received.status, dict(received.getheaders()), received.read())
        except (ConnectionError, http.client.BadStatusLine):
            # A planned failure, as the test's process plays it; or that process has ended.
            answer = None
        finally:
            connection.close()
        if answer is None:
            return Outcome(
                response=None,  # type: ignore[arg-type]  # never read, beside a connection error
                connection_error="ConnectionClosedError",
                planned="in the test's process",
            )
        return Outcome(response=answer)


class Answer:
    """The part of KMS's response that is sent over the wire."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._body = body

    def body(self) -> bytes:
        return self._body

    def headers(self, length: int) -> dict[str, str]:
        return self._headers


def write_headers(exchange: Exchange) -> dict[str, str]:
    scope = f"{exchange.access_key_id or ACCESS_KEY_ID}/20260101/{exchange.region}/kms/aws4_request"
    headers = {
        "Content-Type": CONTENT_TYPE,
        "X-Amz-Target": f"{TARGET_PREFIX}.{exchange.operation}",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "User-Agent": f"pytest-kmsmock, forked process {os.getpid()}",
    }
    if exchange.attempt is not None:
        headers["amz-sdk-request"] = f"attempt={exchange.attempt}"
    return headers
