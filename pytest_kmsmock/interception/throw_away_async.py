"""Throw-away credentials as aiobotocore wants them: they are awaited."""

from typing import Any

from aiobotocore.credentials import AioCredentials

from pytest_kmsmock.interception.sessions import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from pytest_kmsmock.interception.throw_away import Lent, is_sealed


class ThrowAwayAsync(AioCredentials):  # type: ignore[misc]  # without types
    """Credentials that open nothing."""

    def __init__(self) -> None:
        super().__init__(ACCESS_KEY_ID, SECRET_ACCESS_KEY, method="kmsmock")


class LentCredentialsAsync(Lent, ThrowAwayAsync):
    """See `Lent`."""

    async def get_frozen_credentials(self) -> Any:
        if is_sealed(self._mocks):
            return await super().get_frozen_credentials()
        found = await self._session.get_credentials()
        return None if found is None else await found.get_frozen_credentials()
