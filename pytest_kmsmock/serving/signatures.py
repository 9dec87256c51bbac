"""Who signed a request, and for which Region: the form of SigV4 is checked, signatures are not."""

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from pytest_kmsmock._kms.errors import KmsError

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "kms"
TERMINATOR: Final = "aws4_request"


class Signer(NamedTuple):
    """What a credential scope tells."""

    access_key_id: str
    region: str


def read_signer(headers: dict[str, str], query: str) -> Signer:
    """
    Read the signature of a request.

    Args:
        headers: Their names in lower case.
        query: What follows the question mark of the request's target.

    Raises:
        KmsError: As AWS's front end refuses (FE7 to FE9).
    """
    authorization = headers.get("authorization")
    is_presigned = bool(query) and "X-Amz-Algorithm" in parse_qs(query, keep_blank_values=True)
    if is_presigned and authorization is not None:
        raise KmsError(
            "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header.",
        )
    if is_presigned or not authorization:
        # A URL that is presigned counts for nothing at a JSON service (assumed).
        raise KmsError("MissingAuthenticationTokenException", "Missing Authentication Token")
    credential = read_credential(authorization, headers)
    parts = credential.split("/")
    if len(parts) != 5 or "" in parts:
        raise KmsError(
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{credential}'",
        )
    access_key_id, date, region, service, terminator = parts
    wrong = []
    if service != SERVICE:
        wrong.append(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    if terminator != TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not "
            f"'{terminator}'. "
        )
    if not re.fullmatch(r"\d{8}", date, re.ASCII):
        told = headers.get("x-amz-date", "")
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{date}' != '{told[:8]}', from '{told}'. "
        )
    if wrong:
        raise KmsError("InvalidSignatureException", "".join(wrong))
    return Signer(access_key_id, region)


def read_credential(authorization: str, headers: dict[str, str]) -> str:
    """
    Return the credential of an Authorization header whose other parts are there, too.

    Raises:
        KmsError: IncompleteSignatureException, with a sentence for each part that is missing.
    """
    algorithm, _, rest = authorization.partition(" ")
    # A space behind the comma is usual, and not needed (FE10).
    pairs = (part.strip().partition("=") for part in rest.split(","))
    parts = {name: value for name, _, value in pairs if value}
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if name not in parts or algorithm != ALGORITHM
    ]
    if "x-amz-date" not in headers and "date" not in headers:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing:
        raise KmsError(
            "IncompleteSignatureException", " ".join([*missing, f"Authorization={authorization}"])
        )
    return parts["Credential"]
