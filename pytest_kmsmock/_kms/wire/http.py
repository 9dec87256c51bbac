"""What surrounds a response on the wire: its headers, and the bodies of errors."""

import json
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import model


def headers(request_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """
    Return the headers of an answer (wire-facts W7), successful or not.

    *now* is in UTC.
    """
    return {
        "x-amzn-RequestId": request_id,
        "Cache-Control": "no-cache, no-store, must-revalidate, private",
        "Expires": "0",
        "Pragma": "no-cache",
        "Date": format_datetime(now, usegmt=True),
        "Content-Type": "application/x-amz-json-1.1",
        "Content-Length": str(len(body)),
    }


def error_body(error: KmsError) -> bytes:
    """Write *error* as JSON; without a message, it has no such member (wire-facts W1 to W5)."""
    members = {"__type": error.code}
    if error.message is not None:
        # A capital letter for the one error that comes from another layer (wire-facts W2, X15).
        name = "Message" if error.code == "AccessDeniedException" else "message"
        members[name] = error.message
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def parsed_error(error: KmsError) -> dict[str, Any]:
    """
    Return what botocore makes of `error_body()`, but for `ResponseMetadata`.

    An error that the model knows has its message at the top level too.
    """
    parsed: dict[str, Any] = {"Error": {"Message": error.message or "", "Code": error.code}}
    if error.message is not None and model.is_modeled_error(error.code):
        parsed["message"] = error.message
    return parsed
