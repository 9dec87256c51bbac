"""What surrounds a response on the wire: its headers, and the bodies of errors."""

import json
from datetime import datetime, timezone
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import model


def headers(request_id: str, now: datetime, length: int) -> dict[str, str]:
    """
    Return the headers of an answer (wire-facts W7), successful or not.

    The names are in lower case, as botocore hands them on. *now* is in UTC, *length* that of the
    body in bytes.
    """
    return {
        "x-amzn-requestid": request_id,
        "cache-control": "no-cache, no-store, must-revalidate, private",
        "expires": "0",
        "pragma": "no-cache",
        "date": _date(now.year, now.month, now.day, now.hour, now.minute, now.second),
        "content-type": "application/x-amz-json-1.1",
        "content-length": str(length),
    }


@lru_cache(maxsize=8)
def _date(year: int, month: int, day: int, hour: int, minute: int, second: int) -> str:
    moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    return format_datetime(moment, usegmt=True)


def error_body(error: KmsError) -> bytes:
    """Write *error* as JSON; without a message, it has no such member (wire-facts W1 to W5)."""
    members = {"__type": error.code}
    if error.message is not None:
        # A capital letter for the one error that comes from another layer (wire-facts W2, X15).
        name = "Message" if error.code == "AccessDeniedException" else "message"
        members[name] = error.message
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def parsed_error(error: KmsError, metadata: dict[str, Any]) -> dict[str, Any]:
    """
    Return what botocore makes of `error_body()`; *metadata* is the `ResponseMetadata`.

    An error that the model knows has its message at the top level too, where botocore puts it last.
    """
    parsed: dict[str, Any] = {
        "Error": {"Message": error.message or "", "Code": error.code},
        "ResponseMetadata": metadata,
    }
    if error.message is not None and model.is_modeled_error(error.code):
        parsed["message"] = error.message
    return parsed
