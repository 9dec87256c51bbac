"""Grants and grant tokens: what each records, for the operations on them and whoever decides."""

import binascii
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.crypto.randomness import RandomSource

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key

_GRANT_ID: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)

# A real token names its grant in the open and goes on with 264 bytes that only KMS can make
# (botocore's CreateGrant example, taken apart).
_BEFORE_ID: Final = bytes.fromhex("010a40")
_AFTER_ID: Final = bytes.fromhex("228802")
_SEALED_LENGTH: Final = 264
_TAG_LENGTH: Final = 32


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Grant:
    """
    One grant on one key in one Region (rules GRANT-18).

    *constraints* is the request's structure, {} where it had none. Either principal of a pair is
    None: a grantee or retiring principal is an IAM one or a service.
    """

    grant_id: str
    key: "Key"
    grantee_principal: str | None
    grantee_service_principal: str | None
    retiring_principal: str | None
    retiring_service_principal: str | None
    operations: tuple[str, ...]
    constraints: Mapping[str, Any]
    name: str | None
    issuing_account: str
    creation_date: datetime

    def is_repeated_by(self, other: "Grant") -> bool:
        """Tell whether *other* asks for the same again, under the same name (rules GRANT-8)."""
        return self.name is not None and self.terms == other.terms

    @property
    def terms(self) -> tuple[Any, ...]:
        return (
            self.name,
            self.grantee_principal,
            self.grantee_service_principal,
            self.retiring_principal,
            self.retiring_service_principal,
            frozenset(self.operations),
            self.constraints,
        )


def is_grant_id(value: str) -> bool:
    return _GRANT_ID.fullmatch(value) is not None


def new_grant_token(grant_id: str, secret: bytes, source: RandomSource) -> str:
    """
    Return one more token for a grant; every one differs (rules GRANT-2).

    *secret* is the world's: whoever knows it can tell a token of this mock from any other.
    """
    head = _BEFORE_ID + grant_id.encode() + _AFTER_ID
    sealed = source.token_bytes(_SEALED_LENGTH - _TAG_LENGTH)
    tag = hmac.digest(secret, head + sealed, "sha256")
    return urlsafe_b64encode(head + sealed + tag).rstrip(b"=").decode()


def read_grant_token(token: str, secrets: Iterable[bytes]) -> str | None:
    """Return the id of the grant that *token* was made for, or None if it is no token of ours."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    body, tag = raw[:-_TAG_LENGTH], raw[-_TAG_LENGTH:]
    if not any(hmac.compare_digest(hmac.digest(secret, body, "sha256"), tag) for secret in secrets):
        return None
    return body[len(_BEFORE_ID) : len(_BEFORE_ID) + 64].decode()
