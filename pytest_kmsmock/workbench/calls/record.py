"""What was called: an immutable record of each request that a mock was asked."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, SupportsIndex, overload

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import codec, model
from pytest_kmsmock.interception.exchange import Exchange, Origin, copy_containers
from pytest_kmsmock.workbench.caller import Caller
from pytest_kmsmock.workbench.calls.showing import Display, write_request, write_response
from pytest_kmsmock.workbench.wording import refuse_unknown, say_times

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.decision import Decision
    from pytest_kmsmock._kms.access.principals import Principal
    from pytest_kmsmock._kms.service import Response
    from pytest_kmsmock.vocabulary import OperationName

# Enough for any test; a mock that lives as long as a suite shall not keep all of it in memory.
KEPT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallError:
    """
    The error of a call.

    *code* is the error code of AWS, or the name of botocore's exception if there was no answer.
    *message* is None if AWS sent none, and *status* (the HTTP status) if there was no answer.
    """

    code: str
    message: str | None
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Call:
    """
    One request to KMS. If botocore retries a call, each attempt is a `Call`.

    Args:
        operation: The name of the operation, such as "GenerateDataKey".
        parameters: The parameters, as the caller gave them.
        region: The Region of the client.
        account_id: The account id of the caller.
        principal: The ARN of the caller.
        key_arn: The ARN of the key, if KMS found one: of the first key if the call names several,
            of the new key if it creates one.
        time: The time of the call, by the mock's clock.
        attempt: The number of the attempt, from 1; None if the client does not say, because it is
            older than the plugin or in another process.
        response: The members of the answer, without botocore's ResponseMetadata; None if there was
            an error or no answer.
        error: The error; None if there was none.
        origin: The client's address, if it is in another process (see `KmsMock.serve()`).
        request_id: The RequestId of the answer or error. Equality of calls does not depend on it.
        planned: The planned fault that made the call fail; None if there was none.
        decision: Whether the caller was allowed, and why; None if KMS refused the request before
            it checked permissions.

    .. versionadded:: 0.1.0
    """

    operation: str
    parameters: dict[str, Any]
    region: str
    account_id: str
    principal: str
    key_arn: str | None
    time: datetime
    attempt: int | None
    response: dict[str, Any] | None = None
    error: CallError | None = None
    origin: Origin | None = None
    request_id: str | None = field(default=None, compare=False)
    planned: str | None = None
    decision: "Decision | None" = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"<Call {self.summarise()}>"

    def summarise(self) -> str:
        """Describe the call in a line, without its answer but with the code of an error."""
        error = "" if self.error is None else f" -> {self.error.code}"
        return f"{self._show_request(Display())}{error}"

    def show(self, *, secrets: bool = False) -> str:
        """
        Describe the call and its answer in a line. Blobs are shown by their length.

        Args:
            secrets: Show also the members that AWS's model calls sensitive, such as Plaintext.
        """
        display = Display(secrets=secrets)
        text = self._show_request(display)
        if self.error is not None:
            message = "" if self.error.message is None else f": {self.error.message}"
            text += f" -> {self.error.code}{message}"
        elif self.response:
            text += f" -> {write_response(self.operation, self.response, display)}"
        return text

    def _show_request(self, display: Display) -> str:
        retry = f", attempt {self.attempt}" if self.attempt and self.attempt > 1 else ""
        return f"{write_request(self.operation, self.parameters, display)}{retry}"


class Entry(NamedTuple):
    """
    What is noted of a request; the call is made of it when somebody looks.

    A mock keeps ten thousand, and each call pays for the memory: so what is not shown is not here,
    and the exchange itself is not.
    """

    operation: str
    region: str
    body: bytes
    attempt: int | None
    parameters: dict[str, Any] | None
    origin: Origin | None
    response: "Response"
    connection_error: str | None = None
    planned: str | None = None

    def read(self) -> Call:
        return replace(
            read_request(self, self.response.caller, self.response.date),
            key_arn=self.response.key_arn,
            response=self._read_response(),
            error=self._read_error(),
            request_id=self.response.request_id,
            planned=self.planned,
            decision=self.response.decision,
        )

    def _read_response(self) -> dict[str, Any] | None:
        if self.connection_error is not None or self.response.error is not None:
            return None
        return codec.to_client(self.operation, self.response.result or {})

    def _read_error(self) -> CallError | None:
        if self.connection_error is not None:
            return CallError(code=self.connection_error, message=None, status=None)
        if (error := self.response.error) is not None:
            return CallError(
                code=error.code, message=error.message, status=model.status_of(error.code)
            )
        return None


def make_entry(
    exchange: Exchange,
    response: "Response",
    connection_error: str | None = None,
    planned: str | None = None,
) -> Entry:
    return Entry(  # by position: half the time of keywords
        exchange.operation,
        exchange.region,
        exchange.body,
        exchange.attempt,
        exchange.parameters,
        exchange.origin,
        response,
        connection_error,
        planned,
    )


def read_request(noted: Exchange | Entry, caller: "Principal", time: datetime) -> Call:
    return Call(
        operation=noted.operation,
        parameters=read_parameters(noted),
        region=noted.region,
        account_id=caller.account_id,
        principal=caller.arn,
        key_arn=None,
        time=time,
        attempt=noted.attempt,
        origin=noted.origin,
    )


def read_parameters(noted: Exchange | Entry) -> dict[str, Any]:
    """Return what the caller gave, or else what KMS was sent; nothing if that can't be read."""
    if noted.parameters is not None:
        parameters: dict[str, Any] = copy_containers(noted.parameters)
        return parameters
    try:
        return codec.decode(noted.operation, noted.body)
    except KmsError:
        return {}


def check_operation(name: object) -> None:
    """
    Raises:
        TypeError, ValueError: Unless *name* is that of an operation; with the nearest ones.
    """
    refuse_unknown(name, model.operation_names(), "KMS has no operation")


class Record:
    """The latest requests of one mock; requests add to it, and tests forget them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self.is_cut = False

    def add(
        self,
        exchange: Exchange,
        response: "Response",
        connection_error: str | None = None,
        planned: str | None = None,
    ) -> None:
        if len(self._entries) == KEPT:
            self.is_cut = True
        self._entries.append(make_entry(exchange, response, connection_error, planned))

    def forget(self, entries: tuple[Entry, ...]) -> None:
        forgotten = set(map(id, entries))
        kept = [entry for entry in self._entries.copy() if id(entry) not in forgotten]
        self._entries = deque(kept, maxlen=KEPT)
        self.is_cut = self.is_cut and bool(kept)

    def mark(self) -> object:
        """Return what stands for this moment in the record."""
        return self._entries[-1] if self._entries else None

    def count_until(self, mark: object) -> int:
        """Count the requests up to *mark*; none if it is not known, or no longer."""
        for index, entry in enumerate(self._entries):
            if entry is mark:
                return index + 1
        return 0

    def announce(self, exchange: Exchange, caller: "Principal", time: datetime) -> Call:
        """Return the call that a request is about to become, as yet without an answer."""
        return read_request(exchange, caller, time)

    def view(self) -> "Calls":
        return Calls(tuple(self._entries.copy()), self)


class Calls(Sequence[Call]):
    """
    A sequence of calls, in the order of their answers. Later calls do not change it.

    It is equal to a list of the same calls. A mock keeps its last 10,000 calls.

        >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        >>> blob = kms.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
        >>> [call.operation for call in kms_mock.calls]
        ['CreateKey', 'Encrypt']
        >>> kms_mock.calls.of("Encrypt").last.parameters["Plaintext"]
        b'hi'
        >>> kms_mock.calls.of("Decrypt") == []
        True

    .. versionadded:: 0.1.0
    """

    __hash__ = None  # type: ignore[assignment]  # as lists have none

    def __init__(
        self, entries: tuple[Entry, ...], record: Record, operation: str | None = None
    ) -> None:
        self._entries = entries
        self._record = record
        self._operation = operation

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Call: ...

    @overload
    def __getitem__(self, index: slice) -> "Calls": ...

    def __getitem__(self, index: int | slice) -> "Call | Calls":
        if isinstance(index, slice):
            return self._choose(self._entries[index], self._operation)
        if not isinstance(index, SupportsIndex):
            raise TypeError(
                "the index of a call is a number: write calls[0], calls[-1], or"
                f" calls.of({index!r})"
            )
        if not -len(self) <= index < len(self):
            raise IndexError(f"there is no call {index}: {self._say_how_many()}")
        return self._entries[index].read()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Calls, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(
            call == its for call, its in zip(self, other, strict=True)
        )

    def __repr__(self) -> str:
        return repr(list(self))

    @property
    def last(self) -> Call:
        """
        The last call.

        Raises:
            IndexError: If there is none.
        """
        if not self._entries:
            raise IndexError(self._say_how_many())
        return self[-1]

    def _say_how_many(self) -> str:
        if not self._entries:
            return f"{self._operation} was not called" if self._operation else "nothing was called"
        return f"{self._operation or 'KMS'} was called {say_times(len(self))}"

    @property
    def is_cut(self) -> bool:
        """Whether there were more calls than the mock keeps."""
        return self._record.is_cut

    def of(self, operation: "OperationName") -> "Calls":
        """
        Return the calls of one operation.

        Raises:
            ValueError: For an unknown operation, with the nearest names.
        """
        return self._of(operation)

    def _of(self, operation: str) -> "Calls":
        check_operation(operation)
        chosen = tuple(entry for entry in self._entries if entry.operation == operation)
        return self._choose(chosen, operation)

    def by(self, caller: Caller) -> "Calls":
        """
        Return the calls of one caller. Calls of a role are those of all its sessions.

            >>> worker = kms_mock.role("worker").allow("kms:ListKeys")
            >>> answer = worker.client().list_keys()
            >>> [call.principal for call in kms_mock.calls.by(worker)]
            ['arn:aws:sts::123456789012:assumed-role/worker/kmsmock']

        Args:
            caller: A handle of a principal or an account.

        Raises:
            TypeError: If *caller* is not a handle.
        """
        if not isinstance(caller, Caller):
            raise TypeError(f"by() takes a handle, as of kms_mock.role(), not {caller!r}")
        chosen = [entry for entry in self._entries if caller._is_caller(entry.response.caller)]
        return self._choose(tuple(chosen), self._operation)

    def reset(self) -> None:
        """Remove these calls from the mock's record. This object keeps them."""
        self._record.forget(self._entries)

    def show(self, *, secrets: bool = False) -> str:
        """
        Describe the calls, a line each; see `Call.show`.

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> answer = kms.encrypt(KeyId="alias/none", Plaintext=b"hi")
            Traceback (most recent call last):
            ...
            botocore.errorfactory.NotFoundException: ...
            >>> print(kms_mock.calls.of("Encrypt").show())  # doctest: +ELLIPSIS
            Encrypt(KeyId='alias/none', Plaintext=<2 bytes>) -> NotFoundException: Alias ...
            >>> print(kms_mock.calls.of("Encrypt").show(secrets=True))  # doctest: +ELLIPSIS
            Encrypt(KeyId='alias/none', Plaintext=b'hi') -> NotFoundException: Alias ...
        """
        return "\n".join(call.show(secrets=secrets) for call in self)

    def _choose(self, entries: tuple[Entry, ...], operation: str | None) -> "Calls":
        return Calls(entries, self._record, operation)
