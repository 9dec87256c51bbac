"""The server that a test starts in front of its mock."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING

from pytest_kmsmock.interception.served import SERVERS
from pytest_kmsmock.serving.environment import Credentials, environment_of, write_profile
from pytest_kmsmock.serving.listener import Listener
from pytest_kmsmock.serving.site import Site

if TYPE_CHECKING:
    from typing import Protocol

    from pytest_kmsmock.serving import admin, front_end
    from pytest_kmsmock.workbench.principals.principal import PrincipalHandle

    class Mock(front_end.Answerer, admin.Mock, Protocol):
        """A mock that can be served."""

        def _adopt_server(self, server: "KmsServer") -> None: ...

        def _raise_bugs(self, failure: BaseException | None) -> None: ...


# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True


class ServerFailed(RuntimeError):
    """A request of another process met a bug in this package, and got HTTP status 500."""


class KmsServer:
    """
    An HTTP server for one mock: what `KmsMock.serve()` returns.

    Other processes use the mock's keys, clock, calls and faults through it. It ends with the mock.
    A `with` starts and stops it:

        >>> with kms_mock.serve() as server:
        ...     child_environment = {**os.environ, **server.environment}
        >>> child_environment["AWS_ENDPOINT_URL_KMS"].startswith("http://127.0.0.1:")
        True

    .. versionadded:: 0.1.0
    """

    def __init__(self, mock: "Mock", *, host: str, port: int, reach: "admin.Reach") -> None:
        check_address(host, port)
        self._mock = mock
        self._host = host
        self._asked_port = port
        self._reach = reach
        self._listener: Listener | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def __repr__(self) -> str:
        return f"<KmsServer {'not started' if self._listener is None else self.url}>"

    def __enter__(self) -> "KmsServer":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop(failure)

    def start(self) -> "KmsServer":
        """
        Start the server. When this returns, it answers. Does nothing if it is started.

        Raises:
            OSError: If the port is taken.
            ValueError: If the mock is not active.
        """
        if self._listener is None:
            self._mock._adopt_server(self)
            site = Site(self._mock, self._reach)
            self._listener = Listener(site, self._host, self._asked_port)
            SERVERS[self._listener.port] = self._mock
        return self

    def stop(self) -> None:
        """
        Stop the server. Does nothing if it is not started.

        Raises:
            ServerFailed: If a request failed because of a bug in this package.
        """
        self._stop(None)

    def _stop(self, failure: BaseException | None) -> None:
        listener, self._listener = self._listener, None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        if listener is not None:
            del SERVERS[listener.port]
            listener.close()
            self._mock._raise_bugs(failure)

    @property
    def port(self) -> int:
        """
        The port that the server listens on.

        Raises:
            ValueError: If it is not started.
        """
        if self._listener is None:
            raise ValueError("this server is not started: start() it, or use it in a `with`")
        return self._listener.port

    @property
    def url(self) -> str:
        """
        The endpoint URL, such as "http://127.0.0.1:40123".

        Raises:
            ValueError: If it is not started.
        """
        return f"http://{host_in_url(self._host)}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """
        The environment variables of a process that uses this KMS; merge them into `os.environ`.

        They set the endpoint for KMS, fake credentials, the mock's Region and an empty profile, and
        they turn off the metadata service and proxies.

        Raises:
            ValueError: If it is not started.
        """
        return environment_of(self.url, self._mock.region_name, os.environ)

    def environment_as(self, principal: "PrincipalHandle") -> dict[str, str]:
        """
        Return `environment` with the credentials of a principal.

        Args:
            principal: A handle of this mock, such as `kms_mock.role("worker")`.

        Raises:
            TypeError: If *principal* is not a handle.
            ValueError: If the server is not started.

        .. versionadded:: 0.1.0
        """
        found = getattr(principal, "credentials", None)
        if found is None:
            raise TypeError(
                f"environment_as({principal!r}) takes a handle such as kms_mock.role('worker')"
            )
        credentials = Credentials(found.access_key, found.secret_key, found.token or "")
        url = self.url
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="kmsmock-")
        profile = write_profile(Path(self._folder.name), credentials)
        return environment_of(url, self._mock.region_name, os.environ, credentials, profile)


def check_address(host: object, port: object) -> None:
    """
    Raises:
        TypeError, ValueError: Unless that is a host and a port.
    """
    if not isinstance(host, str):
        raise TypeError(f"host={host!r} is not a string")
    if not isinstance(port, int) or isinstance(port, bool):
        raise TypeError(f"port={port!r} is not a number")
    if not 0 <= port < 2**16:
        raise ValueError(f"port={port} is not a port: give 1 to 65535, or 0 for a free one")


def host_in_url(host: str) -> str:
    """Return what a client of this machine puts into a URL, to reach a server on *host*."""
    if host in ("", "0.0.0.0"):
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host
