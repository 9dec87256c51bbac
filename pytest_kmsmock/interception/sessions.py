"""The sessions and clients that we hand out."""

import os
import sys
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session

    from pytest_kmsmock.stubs import KMSClient

# The example of AWS's own documentation, which no secret scanner takes for a real key.
ACCESS_KEY_ID: Final = "AKIAIOSFODNN7EXAMPLE"
SECRET_ACCESS_KEY: Final = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class AccessKey(NamedTuple):
    """What requests are signed with; the id tells who makes them, and the rest opens nothing."""

    access_key_id: str = ACCESS_KEY_ID
    secret_access_key: str = SECRET_ACCESS_KEY
    session_token: str | None = None

    @classmethod
    def of(cls, access_key_id: str) -> "AccessKey":
        """Return what goes with an id: those of sessions need a token."""
        token = f"{access_key_id}-EXAMPLE-TOKEN" if access_key_id.startswith("ASIA") else None
        return cls(access_key_id=access_key_id, session_token=token)


THROW_AWAY: Final = AccessKey()

# Files of the machine are not read: a missing profile or a strange retry mode is not our clients'.
ISOLATED: Final[dict[str, tuple[str | None, str | None, str | None, None]]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def new_session(region_name: str, access_key: AccessKey = THROW_AWAY) -> "Session":
    """Make a session that has throw-away credentials and reads no file of the machine."""
    import botocore.session  # noqa: PLC0415 - 130 ms, which a run without KMS does not pay

    session = botocore.session.Session(session_vars=ISOLATED)
    session.set_config_variable("region", region_name)
    session.set_credentials(*access_key)
    loader = shared_loader(session.get_config_variable("data_path"))
    session.register_component("data_loader", loader)
    return session


@cache
def shared_loader(data_path: str | None) -> Any:
    """Return the process's one loader: each of its own would read the models again, for 40 ms."""
    from botocore.loaders import create_loader  # noqa: PLC0415 - there is a session already

    return create_loader(data_path)


def new_boto3_session(
    region_name: str, access_key: AccessKey = THROW_AWAY
) -> "boto3.session.Session":
    """Make a boto3 session like `new_session()`'s."""
    try:
        import boto3  # noqa: PLC0415 - it need not be installed
    except ModuleNotFoundError:
        raise ImportError("boto3_session() needs boto3: install it, or use session()") from None
    return boto3.session.Session(botocore_session=new_session(region_name, access_key))


def read_only_credentials(access_key: AccessKey) -> "ReadOnlyCredentials":
    """Return an access key as botocore has it."""
    from botocore.credentials import ReadOnlyCredentials  # noqa: PLC0415 - as above

    return ReadOnlyCredentials(*access_key)


def new_client(region_name: str, access_key: AccessKey = THROW_AWAY, **options: Any) -> "KMSClient":
    client: Any = new_session(region_name, access_key).create_client("kms", **options)
    return client  # type: ignore[no-any-return]  # the stubs of botocore know no service


def client_options() -> tuple[str, ...]:
    """List the keywords of `create_client` that `new_client` takes."""
    import inspect  # noqa: PLC0415 - for an error only

    from botocore.session import Session  # noqa: PLC0415 - there is a session already

    names = tuple(inspect.signature(Session.create_client).parameters)
    return tuple(name for name in names if name not in ("self", "service_name", "region_name"))


def shared_client(region_name: str, access_key: AccessKey = THROW_AWAY) -> "KMSClient":
    """
    Return the process's one client for a Region and a caller: a new one would cost milliseconds.

    One that a test has changed, as Stubber does, is not handed out again.
    """
    shared = _share_client(region_name, access_key)
    if shared.is_changed:
        forget_shared_clients()
        shared = _share_client(region_name, access_key)
    return shared.client


def forget_shared_clients() -> None:
    """Let the next mock make new clients, for those that there are have learned something."""
    _share_client.cache_clear()


# Enough for all who act in a test; those of other tests go.
@lru_cache(maxsize=64)
def _share_client(region_name: str, access_key: AccessKey) -> "SharedClient":
    return SharedClient(new_client(region_name, access_key))


class SharedClient:
    """A client, and whether one who was given it has set an attribute or registered a handler."""

    def __init__(self, client: "KMSClient") -> None:
        self.client = client
        # Of the client, and of what it is made of. It makes its classes of exceptions when it is
        # asked for them, and is no other one then.
        made: Any = client
        made.exceptions  # noqa: B018 - asked for
        parts = (made, made.meta, made.meta.config, made._endpoint, made._request_signer)
        self._attributes = [(vars(part), dict(vars(part))) for part in parts]
        self._has_other_handlers = False
        events = client.meta.events
        for name in ("register", "register_first", "register_last", "unregister"):
            setattr(events, name, self._noting(getattr(events, name)))

    @property
    def is_changed(self) -> bool:
        return self._has_other_handlers or any(now != first for now, first in self._attributes)

    def _noting(self, change: Callable[..., None]) -> Callable[..., None]:
        @wraps(change)
        def note_and_change(*args: Any, **kwargs: Any) -> None:
            self._has_other_handlers = True
            change(*args, **kwargs)

        return note_and_change


def configured_region() -> str | None:
    """Return the Region that botocore takes from the environment or else the config file."""
    variable = os.environ.get
    region = variable("AWS_DEFAULT_REGION")
    if region:
        return region
    path = _expand(variable("AWS_CONFIG_FILE") or "~/.aws/config", variable("HOME"))
    if not isfile(path):  # noqa: PTH113 - asked for each mock, in a third of the time
        return None
    profile = variable("AWS_DEFAULT_PROFILE") or variable("AWS_PROFILE")
    return _region_in_file(Path(path).absolute(), profile)


@cache
def _expand(path: str, home: str | None) -> str:
    """Expand `~` in *path*, once for each *home* that it stands for."""
    return str(Path(path).expanduser())


@cache
def _region_in_file(path: Path, profile: str | None) -> str | None:
    import botocore.session  # noqa: PLC0415 - as above
    from botocore.exceptions import ProfileNotFound  # noqa: PLC0415 - as above

    session = botocore.session.Session(profile=profile)
    session.set_config_variable("config_file", str(path))
    try:
        region: str | None = session.get_config_variable("region", methods=("config",))
    except ProfileNotFound:
        # The error of whoever makes a session for it, not of a mock that could do without.
        return None
    return region


def is_async(session: "Session") -> bool:
    """Tell a session of aiobotocore, whose handlers and answers are awaited, from botocore's."""
    aiobotocore = sys.modules.get("aiobotocore.session")
    return aiobotocore is not None and isinstance(session, aiobotocore.AioSession)
