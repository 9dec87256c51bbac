"""What a mock offers to other processes."""

from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.subject import Subject

if TYPE_CHECKING:
    from pytest_kmsmock.serving.server import KmsServer

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True


class OffersServing(Subject):
    """A server in front of the mock, for other processes and other languages."""

    _servers: "tuple[KmsServer, ...]" = ()
    _bugs: tuple[Exception, ...] = ()

    def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> "KmsServer":
        """
        Return a server in front of this mock, for other processes and other languages.

        A `with` or `start()` starts it. It ends with the `with`, by `stop()`, or with the mock.

            >>> with kms_mock.serve() as server:
            ...     kms = kms_mock.client(endpoint_url=server.url)
            ...     key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> kms_mock.assert_called("CreateKey", times=1)

        Args:
            host: The address to listen on. If it is no loopback address, other machines can use it.
            port: The port to listen on; by default a free one.

        Raises:
            TypeError, ValueError: For an invalid address, or if the mock is not active.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.serving.server import KmsServer  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        return KmsServer(
            self,  # type: ignore[arg-type]  # the other subjects' parts come with KmsMock
            host=host,
            port=port,
            reach="loopback",
        )

    def _adopt_server(self, server: "KmsServer") -> None:
        """Let *server* end with this mock; for the server, when it starts."""
        self._require_active()
        self._servers = (*self._servers, server)

    def _note_bug(self, bug: Exception) -> None:
        """Keep what went wrong with a request of another process; for the servers."""
        self._bugs = (*self._bugs, bug)

    def _raise_bugs(self, failure: BaseException | None) -> None:
        """
        Let the test fail whose requests met bugs of this package; for the servers.

        Raises:
            ServerFailed: For the first of them, unless there is a *failure*: that has it as a note.
        """
        if not self._bugs:
            return
        from pytest_kmsmock.interception.errors import add_note  # noqa: PLC0415 - see KmsMock._open
        from pytest_kmsmock.serving.server import ServerFailed  # noqa: PLC0415 - as above

        bugs, self._bugs = self._bugs, ()
        text = f"{len(bugs)} of the requests served met a bug in pytest-kmsmock"
        if failure is None:
            raise ServerFailed(f"{text}: {bugs[0]!r}") from bugs[0]
        add_note(failure, f"{text}: {bugs[0]!r}")

    def _end_serving(self, failure: BaseException | None) -> None:
        servers, self._servers = self._servers, ()
        for server in servers:
            server._stop(failure)
        self._raise_bugs(failure)
