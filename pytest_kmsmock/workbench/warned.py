"""What a test is warned of, and from which of its lines."""

import sys
import warnings
from pathlib import Path
from typing import Final


class KmsAccessWarning(UserWarning):
    """
    A call was answered that AWS would deny, because the mock has `access="warn"`.

    .. versionadded:: 0.1.0
    """


class KmsPolicyWarning(UserWarning):
    """
    A policy names an action of KMS or a condition key that does not exist.

    .. versionadded:: 0.1.0
    """


PACKAGE: Final = str(Path(__file__).parents[1])

# What lies between a test and us.
_BETWEEN: Final = ("aiobotocore", "boto3", "botocore", "wrapt", "contextlib")


def warn(text: str, category: type[Warning]) -> None:
    """Warn of the line in the caller's code, behind us and behind the clients."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None:
        name = frame.f_globals.get("__name__", "").partition(".")[0]
        if not frame.f_code.co_filename.startswith(PACKAGE) and name not in _BETWEEN:
            break
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)
