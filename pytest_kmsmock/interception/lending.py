"""What KMS clients are lent when they are made: the tests' Region, and throw-away credentials."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import NoRegionError

from pytest_kmsmock.interception.errors import add_note
from pytest_kmsmock.interception.in_flight import Mocks
from pytest_kmsmock.interception.throw_away import LentCredentials, is_sealed

if TYPE_CHECKING:
    from typing import TypeAlias

    Positional: TypeAlias = tuple[Any, ...]
    Named: TypeAlias = dict[str, Any]

# Where `create_client` takes its config, if not by name.
CONFIG: Final = 9

# For a client that is made where nobody would lend it one, as in the import of a module.
NO_REGION: Final = (
    "pytest-kmsmock: no mock is active that would lend this KMS client a Region. Set the ini option"
    " kmsmock_region, which holds for clients that are made at import time, too; or"
    " AWS_DEFAULT_REGION."
)

# What a profile says to have its credentials made elsewhere: by a service, or by a process.
MADE_ELSEWHERE: Final = (
    "credential_process",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
)


class Loan(NamedTuple):
    """
    What a KMS client is lent while it is made.

    *credentials* says whether it shall not ask for its session's. *region_name* is lent if not
    None; *usual_region* is then what the session itself would have found.
    """

    session: Any
    credentials: bool
    region_name: str | None
    usual_region: str | None


# The loan of the client that is being made, in this thread or task; None unless it is for KMS.
LOAN: Final[ContextVar[Loan | None]] = ContextVar("kmsmock_loan", default=None)


class Lender:
    """
    What is put around the methods by which a client gets its Region and its credentials.

    Only while a client is made it is known what they are for. A session keeps what it has found,
    and hands it to its clients of all services, also when the mock is over: it finds nothing of us.
    """

    def __init__(self, mocks: Mocks) -> None:
        self._mocks = mocks

    def create_client(self, wrapped: Any, session: Any, args: "Positional", kwargs: "Named") -> Any:
        with self._lend(session, args, kwargs) as (args, kwargs):
            return wrapped(*args, **kwargs)

    async def create_client_async(
        self, wrapped: Any, session: Any, args: "Positional", kwargs: "Named"
    ) -> Any:
        with self._lend(session, args, kwargs) as (args, kwargs):
            return await wrapped(*args, **kwargs)

    def get_credentials(
        self, wrapped: Any, session: Any, args: "Positional", kwargs: "Named"
    ) -> Any:
        if needs_credentials(session):
            return LentCredentials(session, self._mocks)
        return wrapped(*args, **kwargs)

    async def get_credentials_async(
        self, wrapped: Any, session: Any, args: "Positional", kwargs: "Named"
    ) -> Any:
        if needs_credentials(session):
            from pytest_kmsmock.interception.throw_away_async import (  # noqa: PLC0415 - few await
                LentCredentialsAsync,
            )

            return LentCredentialsAsync(session, self._mocks)
        return await wrapped(*args, **kwargs)

    def find_region_of_machine(
        self, wrapped: Any, provider: object, args: "Positional", kwargs: "Named"
    ) -> Any:
        """Ask no metadata service, as `defaults_mode=auto` would, but say that it knows none."""
        loan = LOAN.get()
        return None if loan is not None and loan.credentials else wrapped(*args, **kwargs)

    async def find_region_of_machine_async(
        self, wrapped: Any, provider: object, args: "Positional", kwargs: "Named"
    ) -> Any:
        asked = self.find_region_of_machine(wrapped, provider, args, kwargs)
        return None if asked is None else await asked

    @contextmanager
    def _lend(
        self, session: Any, args: "Positional", kwargs: "Named"
    ) -> "Iterator[tuple[Positional, Named]]":
        """Give the arguments to make a client with; while it is made, its loan is known."""
        loan = None
        if (args[0] if args else kwargs.get("service_name")) == "kms":
            loan = self._find_loan(session, args, kwargs)
        used_before = session._last_client_region_used
        token = LOAN.set(loan)
        if loan is not None and loan.region_name is not None:
            if len(args) > 1:
                args = (args[0], loan.region_name, *args[2:])
            else:
                kwargs = {**kwargs, "region_name": loan.region_name}
        try:
            yield args, kwargs
        except NoRegionError as error:
            if loan is not None:
                add_note(error, NO_REGION)
            raise
        finally:
            LOAN.reset(token)
            if loan is not None and loan.region_name is not None:
                session._last_client_region_used = loan.usual_region or used_before

    def _find_loan(self, session: Any, args: "Positional", kwargs: "Named") -> Loan:
        mock = self._mocks.current
        lent = usual = None
        if not names_region(session, args, kwargs):
            lent = self._mocks.configured_region
            if lent is not None or mock is not None:
                usual = session.get_config_variable("region")
            if lent is None and usual is None and mock is not None:
                lent = mock.region_name
        return Loan(
            session=session,
            credentials=is_sealed(self._mocks),
            region_name=lent,
            usual_region=usual,
        )


def names_region(session: Any, args: "Positional", kwargs: "Named") -> bool:
    """Say whether the code names a Region for the client: for it, in its config, or its session."""
    region = args[1] if len(args) > 1 else kwargs.get("region_name")
    configs = (
        args[CONFIG] if len(args) > CONFIG else kwargs.get("config"),
        session.get_default_client_config(),
    )
    return (
        region is not None
        or any(config is not None and config.region_name is not None for config in configs)
        or session.instance_variables().get("region") is not None
    )


def needs_credentials(session: Any) -> bool:
    """Say whether *session*, which makes a client, is to find some without asking for any."""
    loan = LOAN.get()
    if loan is None or loan.session is not session:
        return False
    if loan.usual_region is not None:
        # Where it would ask STS, if it asks at all now: it keeps that in mind.
        session._last_client_region_used = loan.usual_region
    return loan.credentials and session._credentials is None and not has_keys(session)


def has_keys(session: Any) -> bool:
    """Say whether *session* finds credentials in the environment or a file, and nowhere before."""
    if session.instance_variables().get("profile") is None:
        if os.environ.get("AWS_ACCESS_KEY_ID"):
            return True
        if os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return False
    profile = session.get_scoped_config()
    return "aws_access_key_id" in profile and not any(name in profile for name in MADE_ELSEWHERE)
