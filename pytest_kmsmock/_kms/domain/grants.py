"""Grants: what each records, for the operations on them and for whoever decides by them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False, kw_only=True)
class Grant:
    """
    One grant on one key of one Region (rules GRANT-18); nothing of it changes but its *tokens*.

    *constraints* is the request's structure, {} where there is none. Every call of CreateGrant
    that returns this grant adds a token (rules GRANT-8, GRANT-20).
    """

    grant_id: str
    grantee_principal: str
    retiring_principal: str | None
    operations: tuple[str, ...]
    constraints: Mapping[str, Mapping[str, str]]
    name: str | None
    issuing_account: str
    creation_date: datetime
    tokens: set[str] = field(default_factory=set)
