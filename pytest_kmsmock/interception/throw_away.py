"""Throw-away credentials: what requests are signed with that never get to AWS."""

from typing import Any

from botocore.credentials import Credentials, ReadOnlyCredentials

from pytest_kmsmock.interception.in_flight import Mocks
from pytest_kmsmock.interception.sessions import ACCESS_KEY_ID, SECRET_ACCESS_KEY


def is_sealed(mocks: Mocks) -> bool:
    """Say whether no KMS request can get to AWS, so that it matters to nobody who signs it."""
    return mocks.current is not None or mocks.refuse_outside


class ThrowAway(Credentials):
    """Credentials that open nothing."""

    def __init__(self) -> None:
        super().__init__(ACCESS_KEY_ID, SECRET_ACCESS_KEY, method="kmsmock")


class Lent:
    """
    What lent credentials are, sync and async: throw-away ones while no request can get to AWS.

    A client may live longer than its mock. Then it has those that its session finds, as without us.
    """

    def __init__(self, session: Any, mocks: Mocks) -> None:
        super().__init__()
        self._session = session
        self._mocks = mocks


class LentCredentials(Lent, ThrowAway):
    """See `Lent`."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials | None:  # type: ignore[override]
        if is_sealed(self._mocks):
            return super().get_frozen_credentials()
        found = self._session.get_credentials()
        return None if found is None else found.get_frozen_credentials()
