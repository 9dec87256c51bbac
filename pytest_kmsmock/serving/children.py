"""What becomes of the processes that a test starts: a copy, the test's own KMS, or a refusal."""

import atexit
import os
import weakref
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

# Before the hooks of install(), as in the listener.
from pytest_kmsmock._kms import locking  # noqa: F401
from pytest_kmsmock.interception.served import SERVERS
from pytest_kmsmock.options import Children as Mode
from pytest_kmsmock.serving.environment import ENDPOINT, environment_of, proxy_exceptions
from pytest_kmsmock.stack import ACTIVE

if TYPE_CHECKING:
    from pytest_kmsmock.options import Defaults
    from pytest_kmsmock.serving.http11 import Request, Response
    from pytest_kmsmock.serving.listener import Listener
    from pytest_kmsmock.serving.server import Mock as ServedMock
    from pytest_kmsmock.serving.site import Site

    class Mock(ServedMock, Protocol):
        children: "Mode"

    class Mocks(Protocol):
        """The active mocks, as this module sees them."""

        defaults: Defaults

        @property
        def current(self) -> Mock | None: ...

        @property
        def mocks(self) -> "tuple[Mock, ...]": ...

        @property
        def refuse_outside(self) -> bool: ...


# Where each function that makes a process takes the environment: None stands for our own.
FORK_EXEC: Final = 5
POSIX_SPAWN: Final = 2

REASONS: Final = {
    "refuse": "and kmsmock_children is 'refuse'",
    "outside": "and kmsmock_outside is 'error'",
    "over": "while no KMS mock was active that serves such processes",
}


class Children:
    """
    How the processes that a test starts find KMS.

    One listener answers for whichever mock is active. It is started by the first child that needs
    it, and closed with the run. What makes processes is wrapped below `subprocess` and
    `multiprocessing`, so that all of them are seen, and nothing is written to `os.environ`.
    """

    def __init__(self, mocks: "Mocks") -> None:
        self._mocks = mocks
        self._listener: Listener | None = None
        self._url: str | None = None
        self._sites: weakref.WeakKeyDictionary[Mock, Site] = weakref.WeakKeyDictionary()
        self._forking: Mode = "copy"
        self._is_installed = False
        self.began_under: Defaults | None = None

    def install(self) -> None:
        """See every process that is made from now on; once is enough."""
        if self._is_installed or not hasattr(os, "register_at_fork"):  # Windows makes others
            return
        self._is_installed = True
        os.register_at_fork(before=self._before_fork, after_in_child=self._after_fork)
        self._wrap("_posixsubprocess", "fork_exec", FORK_EXEC, self._complete_lines)
        self._wrap("subprocess", "_fork_exec", FORK_EXEC, self._complete_lines)
        self._wrap("os", "posix_spawn", POSIX_SPAWN, self._complete_mapping)
        self._wrap("os", "posix_spawnp", POSIX_SPAWN, self._complete_mapping)

    def _wrap(
        self, module_name: str, name: str, position: int, complete: Callable[[Any], Any]
    ) -> None:
        module = import_module(module_name)
        original: Callable[..., Any] | None = getattr(module, name, None)
        if original is None:  # of another version of Python
            return

        def spawn(*arguments: Any, **options: Any) -> Any:
            if self.mode == "copy":
                return original(*arguments, **options)
            completed = complete(arguments[position])
            return original(*arguments[:position], completed, *arguments[position + 1 :], **options)

        setattr(module, name, spawn)

    @property
    def mode(self) -> Mode:
        """What becomes of a process that is made now."""
        mock = self._mocks.current
        if mock is None and "PYTEST_CURRENT_TEST" not in os.environ:
            # Not a test's, but a worker of pytest-xdist, say, which has mocks of its own.
            return "copy"
        mode: Mode = self._mocks.defaults.children if mock is None else mock.children
        return "refuse" if mode == "copy" and self._mocks.refuse_outside else mode

    @property
    def url(self) -> str:
        if self._url is None:
            from pytest_kmsmock.serving.listener import Listener  # noqa: PLC0415 - few runs need it

            self._listener = Listener(self, "127.0.0.1", 0, name="kmsmock-children")
            self._url = f"http://127.0.0.1:{self._listener.port}"
            SERVERS[self._listener.port] = None
            self.began_under = self._mocks.defaults
            atexit.register(self.close)
        return self._url

    def close(self) -> None:
        """End the listener, if one was needed; the next child that needs one has another."""
        listener, self._listener, self._url = self._listener, None, None
        if listener is not None:
            del SERVERS[listener.port]
            listener.close()
            atexit.unregister(self.close)

    # What the listener shows.

    def may_wait(self, request: "Request") -> bool:
        site = self._site
        return site is not None and site.may_wait(request)

    def answer(self, request: "Request", address: str) -> "Response | None":
        site = self._site
        if site is not None:
            return site.answer(request, address)
        from pytest_kmsmock.serving.front_end import refuse  # noqa: PLC0415 - see url

        return refuse(request, self._refusal)

    @property
    def _site(self) -> "Site | None":
        mock = self._mocks.current
        if mock is None or mock.children != "serve":
            return None
        if mock not in self._sites:
            from pytest_kmsmock.serving.site import Site  # noqa: PLC0415 - see url

            self._sites[mock] = Site(mock, "loopback")
        return self._sites[mock]

    @property
    def _refusal(self) -> str:
        mock = self._mocks.current
        mode = self._mocks.defaults.children if mock is None else mock.children
        if mode == "refuse":
            return REASONS["refuse"]
        return REASONS["outside" if mode == "copy" and self._mocks.refuse_outside else "over"]

    # What a child gets.

    def _complete_lines(self, given: list[bytes] | None) -> list[bytes]:
        """Complete an environment as `fork_exec` takes it."""
        environment = dict(os.environ)
        if given is not None:
            pairs = (os.fsdecode(line).partition("=") for line in given)
            environment = {name: value for name, _, value in pairs}
        environment.update(self._additions(environment))
        return [os.fsencode(f"{name}={value}") for name, value in environment.items()]

    def _complete_mapping(self, given: Mapping[Any, Any] | None) -> Mapping[Any, Any]:
        """Complete an environment as `posix_spawn` takes it; None stands for ours since 3.13."""
        outer: Mapping[Any, Any] = os.environ if given is None else given
        strings = {os.fsdecode(name): os.fsdecode(value) for name, value in outer.items()}
        return {**outer, **self._additions(strings)}

    def _additions(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return what is to be set in a child's environment, beside what is given or instead."""
        mock = self._mocks.current
        region = mock.region_name if mock is not None else self._mocks.defaults.region_name
        wanted = environment_of(self.url, region or "us-east-1", given)
        found = given.get(ENDPOINT)
        if found is not None and found != os.environ.get(ENDPOINT):
            # The code itself has chosen where its child goes.
            return proxy_exceptions(given)
        names = {ENDPOINT, "AWS_EC2_METADATA_DISABLED", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}
        names |= {"NO_PROXY", "no_proxy"}
        if not CREDENTIALS & given.keys():
            names |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
            if not REGION & given.keys():
                names |= REGION
        return {name: wanted[name] for name in names}

    # What a fork does.

    def _before_fork(self) -> None:
        self._forking = "copy" if self._mocks.current is None else self.mode
        if self.mode == "copy":
            return
        self.url  # noqa: B018 - the listener has to be there before the child is
        if self._listener is not None:
            self._listener.pause()  # it may be newer than the hook that pauses all

    def _after_fork(self) -> None:
        from pytest_kmsmock.serving import forked  # noqa: PLC0415 - in few processes only

        self._listener = None  # the parent's
        mocks = self._mocks.mocks
        if self._url is not None and self.mode != "copy":
            os.environ.update(self._additions(os.environ))
        if self._forking == "serve":
            assert self._url is not None
            forked.serve(mocks, self._url)
        elif self._forking == "refuse" and any(mock.children == "refuse" for mock in mocks):
            forked.refuse(mocks, REASONS["refuse"])
        else:
            forked.warn_once(mocks)


CREDENTIALS: Final = frozenset({"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
REGION: Final = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})

CHILDREN: Final = Children(cast("Mocks", ACTIVE))
