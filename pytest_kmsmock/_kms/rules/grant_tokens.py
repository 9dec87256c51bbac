"""The grant tokens that come with a request."""

from collections.abc import Sequence

from pytest_kmsmock._kms.domain.grants import read_grant_token
from pytest_kmsmock._kms.errors import invalid_grant_token
from pytest_kmsmock._kms.rules.context import Context


def check_grant_tokens(ctx: Context, tokens: Sequence[str]) -> None:
    """
    Refuse strings that are no grant tokens; one of a grant that is gone does no harm (GRANT-21).

    Raises:
        KmsError: InvalidGrantTokenException.
    """
    for token in tokens:
        if read_grant_token(token, ctx.world.token_secrets) is None:
            raise invalid_grant_token()
