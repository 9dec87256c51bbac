"""What a client has raised, by the code that it has, whatever its class."""

import botocore.exceptions

from pytest_kmsmock.interception.exchange import CONNECTION_ERRORS


def code_of(error: BaseException) -> str | None:
    """Return AWS's code, or botocore's name of an error of the connection; None for others."""
    if isinstance(error, botocore.exceptions.ClientError):
        return str(error.response["Error"]["Code"])
    for name in CONNECTION_ERRORS:
        if isinstance(error, getattr(botocore.exceptions, name)):
            return name
    return None


def message_of(error: BaseException) -> str:
    """Return AWS's words, or else botocore's."""
    if isinstance(error, botocore.exceptions.ClientError):
        return str(error.response["Error"]["Message"])
    return str(error)


def operation_of(error: BaseException) -> str | None:
    """Return the operation that was refused, as far as the error knows it."""
    name: str | None = getattr(error, "operation_name", None)
    return name
