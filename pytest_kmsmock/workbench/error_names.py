"""The errors that a test may name: codes of AWS, and botocore's own where there is no answer."""

from typing import Final

from pytest_kmsmock._kms.wire import model
from pytest_kmsmock.interception.exchange import CONNECTION_ERRORS
from pytest_kmsmock.workbench.wording import refuse_unknown, simplify

# What other services and libraries call the same thing.
OTHER_WORDS: Final = {
    "throttl": "ThrottlingException",
    "toomanyrequest": "ThrottlingException",
    "requestlimit": "ThrottlingException",
    "slowdown": "ThrottlingException",
    "accessdenied": "AccessDeniedException",
    "unauthorized": "AccessDeniedException",
    "notauthorized": "AccessDeniedException",
    "notfound": "NotFoundException",
    "internal": "KMSInternalException",
    "servererror": "KMSInternalException",
}
# Classes that stand for many errors.
GENERAL: Final = ("BotoCoreError", "ClientError", "ConnectionError", "HTTPClientError")


def read_error_name(error: object) -> str:
    """
    Read the name of an error: a code, a name of botocore, or an exception class.

    Raises:
        TypeError: If it is something else.
        ValueError: If there is no such error, with what was probably meant.
    """
    name = error.__name__ if isinstance(error, type) and issubclass(error, Exception) else error
    if isinstance(error, Exception):
        raise TypeError(f"{error!r} is an exception instance: give its code or its class")
    if name in GENERAL:
        raise ValueError(
            f"{name} stands for many errors: name one by its code, such as 'ThrottlingException'"
        )
    known = (*model.error_codes(), *CONNECTION_ERRORS)
    if isinstance(name, str) and name not in known:
        for word, meant in OTHER_WORDS.items():
            if word in simplify(name) and simplify(name) not in map(simplify, known):
                raise ValueError(f"KMS has no error {name!r}: did you mean {meant!r}?")
    refuse_unknown(name, known, "KMS has no error")
    assert isinstance(name, str)
    return name
