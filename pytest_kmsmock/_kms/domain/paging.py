"""Pages of a list, with markers that survive changes between two calls."""

import binascii
import json
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire.codec import is_deep
from pytest_kmsmock._kms.wire.model import operation as operation_model


def page(
    operation: str,
    request: Mapping[str, Any],
    items: Sequence[str],
    *,
    default_limit: int,
    scope: str = "",
) -> tuple[Sequence[str], dict[str, Any]]:
    """
    Cut the page that *request* asks for out of *items*, which are sorted.

    Returns the page and the members Truncated and, only where it is true, NextMarker
    (rules PAGE-2). A marker names the last item that was given out, as ListAliases's real ones do
    (rules PAGE-5), so items that come or go between two calls do no harm. One that was given out
    in another *scope* is as none.

    Raises:
        KmsError: InvalidMarkerException for a marker that is not from this operation, or
            ValidationException where the operation does not have the former.
    """
    marker = request.get("Marker")
    start = 0 if marker is None else bisect_right(items, read_marker(operation, marker, scope))
    limit = request.get("Limit", default_limit)
    chosen = items[start : start + limit]
    if start + limit >= len(items):
        return chosen, {"Truncated": False}
    return chosen, {"Truncated": True, "NextMarker": write_marker(operation, chosen[-1], scope)}


def write_marker(operation: str, last: str, scope: str = "") -> str:
    # As UTF-8 rather than in escapes: after a tag key of 128 characters, too, a marker has to stay
    # within the 1,024 that the model allows (quotas Q-50).
    content = [operation, last, scope] if scope else [operation, last]
    return b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()


def read_marker(operation: str, marker: str, scope: str = "") -> str:
    text, content = "", None
    try:
        text = b64decode(marker, validate=True).decode()
        content = json.loads(text)
    except (binascii.Error, ValueError):
        pass
    except RecursionError:
        if not is_deep(text):
            raise  # the caller has left no room on the stack
    match content:
        case [str(name), str(last)] if name == operation and not scope:
            return last
        case [str(name), str(last), str(given)] if name == operation and given == scope != "":
            return last
    # Text and code were never recorded (rules PAGE-4; assumed).
    code = "InvalidMarkerException"
    if code not in operation_model(operation).error_codes:
        code = "ValidationException"
    raise KmsError(code, "Could not deserialize marker")
