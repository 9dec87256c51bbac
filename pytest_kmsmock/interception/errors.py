"""What a client has raised: its code, whatever its class, and a note that is shown with it."""

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


def add_note(failure: BaseException, text: str) -> None:
    """Add *text*, once, to what is shown of an exception: as `add_note()` from Python 3.11 on."""
    notes: list[str] = getattr(failure, "__notes__", [])
    if text not in notes:  # it may be reported twice, such as by unittest's subtests
        failure.__notes__ = [*notes, text]  # type: ignore[attr-defined]  # new in Python 3.11
