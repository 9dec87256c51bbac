"""The grant tokens that come with a request."""

from collections.abc import Sequence
from typing import Final

from pytest_kmsmock._kms.domain.grants import read_grant_token
from pytest_kmsmock._kms.errors import invalid_grant_token
from pytest_kmsmock._kms.rules.context import Context

NO_TOKENS: Final[frozenset[str]] = frozenset()


def check_grant_tokens(ctx: Context, tokens: Sequence[str]) -> None:
    """
    Refuse strings that are no grant tokens; one of a grant that is gone does no harm (GRANT-21).

    Raises:
        KmsError: InvalidGrantTokenException.
    """
    for token in tokens:
        if read_grant_token(token, ctx.world.token_secrets) is None:
            raise invalid_grant_token()


def read_grant_tokens(ctx: Context, tokens: Sequence[str]) -> frozenset[str]:
    """Return the ids of the grants that *tokens* were made for."""
    read = (read_grant_token(token, ctx.world.token_secrets) for token in tokens)
    return frozenset(grant_id for grant_id in read if grant_id is not None)
