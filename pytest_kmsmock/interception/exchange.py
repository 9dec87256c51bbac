"""One KMS request on its way through a mock, without botocore's types, and what becomes of it."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from pytest_kmsmock._kms.service import Response

# What a client raises where the network fails it: the names of botocore's exceptions.
CONNECTION_ERRORS: Final = (
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ReadTimeoutError",
)


class Origin(NamedTuple):
    """
    The client of a request that came from another process.

    Args:
        address: Its host and port, such as "127.0.0.1:40312".
        user_agent: Its User-Agent, such as "aws-cli/2.31.0 ...", or "".

    .. versionadded:: 0.1.0
    """

    address: str
    user_agent: str


class Exchange(NamedTuple):
    """
    A request as it reached us; a named tuple, since every call makes one.

    *attempt* counts from 1. None stands for what a client that is older than the plugin does not
    tell: *attempt*, *parameters* (the caller's own, which nobody changes) and *read_timeout*
    (seconds; None too where the client waits forever). A request of this process has no *origin*.
    """

    operation: str
    region: str
    access_key_id: str | None
    body: bytes
    attempt: int | None
    parameters: dict[str, Any] | None = None
    read_timeout: float | None = None
    origin: Origin | None = None


class Outcome(NamedTuple):
    """
    What becomes of a request that goes by the wire.

    With a *connection_error*, one of CONNECTION_ERRORS, the client hears nothing: *response* is
    then what it has missed. *planned* is the failure as the test has planned it, and where.
    """

    response: "Response"
    connection_error: str | None = None
    planned: str | None = None


UNCHANGEABLE: Final = frozenset({bool, bytes, int, str})


def copy_containers(value: Any) -> Any:
    """Copy what can be changed later in a parameter or a member; bytes and strings are shared."""
    if isinstance(value, dict):  # before the others, and in this way: each call asks
        copied = value.copy() if type(value) is dict else dict(value.items())
        for name, item in value.items():
            if type(item) not in UNCHANGEABLE:
                copied[name] = copy_containers(item)
        return copied
    match value:
        case str() | bytes():
            return value
        case list() | tuple():
            return [copy_containers(item) for item in value]
        case bytearray():
            return bytes(value)
        case _:
            return value
