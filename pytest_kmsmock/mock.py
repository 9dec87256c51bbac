"""The mock: what a test holds, the stack of those that are active, and the ways to start one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, overload

from pytest_kmsmock import interception
from pytest_kmsmock.options import Defaults, Options, check_region, read_options
from pytest_kmsmock.sessions import configured_region, new_client, new_session, shared_client

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_kms import KMSClient

    from pytest_kmsmock._kms.domain.clock import Clock
    from pytest_kmsmock._kms.service import Request, Response, Service
    from pytest_kmsmock.key_stores import KeyStoreHandle, KeyStoreType, Place

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class KmsMock:
    """
    An in-memory KMS, and the handle that a test has on it.

    It answers every KMS request of the process while it is the latest of the active mocks: those of
    all clients, sessions and threads. Each start begins with an empty KMS.

    Args:
        region_name: The Region of sessions that have none configured, and of `client()`. By default
            that of the ini option `kmsmock_region`, of the environment, of the AWS config file, or
            else us-east-1.
        account_id: The caller's account, 12 digits.
        wire: Let botocore sign, send, retry and parse as it does with AWS, and answer only in the
            place of the network.

    Raises:
        ValueError: For a Region or account that can't be.

    .. versionadded:: 0.1.0
    """

    _service: "Service"
    _make_request: "partial[Request]"

    def __init__(
        self,
        *,
        region_name: str | None = None,
        account_id: str | None = None,
        wire: bool | None = None,
    ) -> None:
        options = Options(region_name=region_name, account_id=account_id, wire=wire)
        defaults = ACTIVE.defaults
        self._region_name = options.region_name or defaults.region_name
        self.account_id = options.account_id or defaults.account_id
        self.wire = defaults.wire if options.wire is None else options.wire
        self._reuse_key_pairs = defaults.reuse_key_pairs

    def __repr__(self) -> str:
        return f"<KmsMock {self.account_id} {self.region_name}>"

    @property
    def region_name(self) -> str:
        """The Region of sessions that have none configured, and of `client()`."""
        if self._region_name is None:
            self._region_name = configured_region() or "us-east-1"
        return self._region_name

    @property
    def clock(self) -> "Clock":
        """The time of this KMS: deletions, rotations and expiries follow it."""
        return self._service.world.clock

    def client(self, region_name: str | None = None, **options: Any) -> "KMSClient":
        """
        Return a botocore client for KMS.

        Without *options* it is one that all tests of the process share, for it holds no state of
        the mock: register no handlers on it.

        Args:
            region_name: The client's Region; the mock's by default.
            options: What `create_client` of a botocore session takes, such as `config`.
        """
        region_name = region_name or self.region_name
        if options:
            return new_client(region_name, **options)
        return shared_client(region_name)

    def session(self) -> "Session":
        """Return a new botocore session that has the mock's Region and throw-away credentials."""
        return new_session(self.region_name)

    def key_store(
        self,
        name_or_id: str,
        type: "KeyStoreType | None" = None,  # noqa: A002 - AWS's word
        *,
        region_name: str | None = None,
    ) -> "KeyStoreHandle":
        """
        Return a handle on a custom key store, and on what stands behind it.

        If no store has that name, one is made with plausible parameters and connected, so that it
        can be used at once:

            store = kms_mock.key_store("my-store")
            kms.create_key(
                Origin="EXTERNAL_KEY_STORE",
                CustomKeyStoreId=store.custom_key_store_id,
                XksKeyId="key-1",
            )
            store.switch_off()

        Args:
            name_or_id: CustomKeyStoreName or CustomKeyStoreId.
            type: CustomKeyStoreType: "AWS_CLOUDHSM", or by default "EXTERNAL_KEY_STORE" for a store
                to be made; one that is there has the type that it has.
            region_name: The store's Region; the mock's by default.

        Raises:
            TypeError: If the name is no string.
            ValueError: For a type that can't be or that the store does not have, an id that no
                store has, or a store that KMS does not make.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.key_stores import open_key_store  # noqa: PLC0415 - see _open

        return open_key_store(self._place(region_name), name_or_id, type)

    def external_key_manager(self, uri: str) -> "KeyStoreHandle":
        """
        Return a handle on an external key manager, before there is a key store for it or after.

            kms_mock.external_key_manager("https://xks.example.com/kms/xks/v1").refuse("denied")

        Args:
            uri: XksProxyUriEndpoint followed by XksProxyUriPath.

        Raises:
            TypeError: If that is no string.
            ValueError: If a proxy can't be there.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.key_stores import find_key_manager  # noqa: PLC0415 - see _open

        return find_key_manager(self._place(), uri)

    def cloudhsm_cluster(
        self, cluster_id: str, *, restored_from: str | None = None
    ) -> "KeyStoreHandle":
        """
        Return a handle on a CloudHSM cluster, before there is a key store for it or after.

            kms_mock.cloudhsm_cluster("cluster-abcdefghijk").refuse("not active")

        Args:
            cluster_id: CloudHsmClusterId.
            restored_from: The id of a cluster of whose backup this one was made, so that
                UpdateCustomKeyStore takes the one for the other.

        Raises:
            TypeError: If an id is no string.
            ValueError: If it can't be that of a cluster.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.key_stores import find_cluster  # noqa: PLC0415 - see _open

        return find_cluster(self._place(), cluster_id, restored_from)

    def start(self) -> "KmsMock":
        """Become the mock that answers, with an empty KMS; do nothing if it is active already."""
        ACTIVE.start(self)
        return self

    def stop(self) -> None:
        """Answer no more, whoever started it; do nothing if it is not active."""
        ACTIVE.stop(self)

    def reset(self) -> None:
        """Forget all keys, aliases and grants, as if just started."""
        with ACTIVE.lock:
            if ACTIVE.has(self):
                self._close()
                self._open()

    def respond(self, exchange: interception.Exchange) -> "Response":
        """Answer a request; for the interception."""
        return self._service.respond(
            self._make_request(
                operation=exchange.operation,
                region=exchange.region,
                body=exchange.body,
                access_key_id=exchange.access_key_id,
            )
        )

    def _place(self, region_name: str | None = None) -> "Place":
        from pytest_kmsmock.key_stores import Place  # noqa: PLC0415 - see _open

        if region_name is not None:
            check_region("region_name", region_name)
        if not ACTIVE.has(self):
            raise ValueError("this mock is not active: start() it, or use it inside mock_kms()")
        return Place(
            service=lambda: self._service,
            account_id=self.account_id,
            region_name=region_name or self.region_name,
        )

    def _open(self) -> None:
        # The engine brings cryptography with it, and takes 0.1 s the first time.
        from pytest_kmsmock._kms.domain.world import World  # noqa: PLC0415 - see above
        from pytest_kmsmock._kms.service import Request, Service  # noqa: PLC0415 - see above

        self._service = Service(World(reuse_key_pairs=self._reuse_key_pairs))
        self._make_request = partial(Request, account_id=self.account_id)

    def _close(self) -> None:
        self._service.world.close()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """
    One activation of a mock.

    It *created* the mock, *joined* it, or is what the mock's own `start` did. *settled* are the
    options that have had their say before: a decorator with one of them just joins.
    """

    mock: KmsMock
    kind: Literal["created", "joined", "started"]
    settled: tuple[Options, ...] = ()

    def __enter__(self) -> KmsMock:
        return self.mock

    def __exit__(self, *_: object) -> None:
        ACTIVE.end(self)


class ActiveMocks:
    """
    The stack of active mocks, one for the process: worker threads are served too.

    Turns end in any order, and a mock lives until the last of its turns has ended.
    """

    def __init__(self) -> None:
        self.defaults = Defaults()
        self.lock = threading.RLock()
        self._turns: tuple[Turn, ...] = ()

    @property
    def current(self) -> KmsMock | None:
        turns = self._turns
        return turns[-1].mock if turns else None

    @property
    def refuse_outside(self) -> bool:
        return self.defaults.outside == "error"

    def begin(self, options: Options, settled: tuple[Options, ...] = ()) -> Turn:
        """Join the active mock, or start one if there is none or *options* ask for their own."""
        with self.lock:
            top = self._turns[-1] if self._turns else None
            if top is not None and joins(options, top):
                return self._push(Turn(mock=top.mock, kind="joined", settled=top.settled + settled))
            mock = KmsMock(
                region_name=options.region_name, account_id=options.account_id, wire=options.wire
            )
            return self._push(Turn(mock=mock, kind="created", settled=settled))

    def end(self, turn: Turn) -> None:
        """End *turn*, if it has not ended; a mock's first turn takes its own starts with it."""
        self._end(
            lambda one: (
                one is turn
                or (one.mock is turn.mock and turn.kind == "created" and one.kind == "started")
            )
        )

    def has(self, mock: KmsMock) -> bool:
        return any(turn.mock is mock for turn in self._turns)

    def start(self, mock: KmsMock) -> None:
        with self.lock:
            if not self.has(mock):
                self._push(Turn(mock=mock, kind="started"))

    def stop(self, mock: KmsMock) -> None:
        self._end(lambda one: one.mock is mock)

    def _push(self, turn: Turn) -> Turn:
        if not self.has(turn.mock):
            turn.mock._open()
        self._turns += (turn,)
        return turn

    def _end(self, ends: Callable[[Turn], bool]) -> None:
        with self.lock:
            ended = [turn for turn in self._turns if ends(turn)]
            self._turns = tuple(turn for turn in self._turns if turn not in ended)
            for mock in {turn.mock for turn in ended}:
                if not self.has(mock):
                    mock._close()


def joins(options: Options, top: Turn) -> bool:
    """
    Raises:
        ValueError: For options that the mock to be joined can't fulfil.
    """
    if any(options is known for known in top.settled):
        return True
    if options.isolated:
        return False
    for name in ("region_name", "account_id", "wire"):
        asked = getattr(options, name)
        if asked is not None and asked != (given := getattr(top.mock, name)):
            raise ValueError(
                f"mock_kms({name}={asked!r}) joins the active mock, whose {name} is {given!r}: "
                "give it the same, or add isolated=True for a KMS of its own"
            )
    return True


ACTIVE: Final = ActiveMocks()
interception.install(ACTIVE)


class Activation:
    """What `mock_kms(...)` returns: a decorator, and a context manager that gives the handle."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._turns: list[Turn] = []

    def __call__(self, wrapped: Decorated) -> Decorated:
        from pytest_kmsmock.decorating import decorate  # noqa: PLC0415 - see cast_nets: wrapt

        decorated: Decorated = decorate(
            wrapped, self._options, partial(ACTIVE.begin, self._options)
        )
        return decorated

    def __enter__(self) -> KmsMock:
        self._turns.append(ACTIVE.begin(self._options))
        return self._turns[-1].mock

    def __exit__(self, *_: object) -> None:
        ACTIVE.end(self._turns.pop())

    async def __aenter__(self) -> KmsMock:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    def start(self) -> KmsMock:
        """Start a mock, or join the active one, and return the handle; do so once until stopped."""
        return self._turns[-1].mock if self._turns else self.__enter__()

    def stop(self) -> None:
        """End what was started, in any order with others; do nothing if nothing was."""
        while self._turns:
            self.__exit__()


@overload
def mock_kms(wrapped: Decorated, /) -> Decorated: ...


@overload
def mock_kms(
    *,
    region_name: str | None = None,
    account_id: str | None = None,
    wire: bool | None = None,
    isolated: bool = False,
) -> Activation: ...


def mock_kms(*wrapped: Any, **keywords: Any) -> Any:
    """
    Have all KMS requests answered in memory: as a decorator, bare or called, or in a `with`.

    It decorates functions, `async def`, generators, async generators (so also fixtures, below
    `@pytest.fixture`), and classes, each of whose tests gets a fresh KMS, set-up included. Inside
    an active mock it joins that one. As a context manager, sync or async, and by `start()`, it
    gives the handle:

        with mock_kms() as mock:
            key = mock.client().create_key()

    Args:
        region_name: See `KmsMock`.
        account_id: See `KmsMock`.
        wire: See `KmsMock`.
        isolated: Start a fresh KMS also inside an active mock, which waits meanwhile.

    Raises:
        TypeError: For an unknown keyword, or for something that can't be decorated.
        ValueError: For a value that can't be, or that the mock to be joined does not have.

    .. versionadded:: 0.1.0
    """
    activation = Activation(read_options(keywords, "mock_kms()"))
    if not wrapped:
        return activation
    if len(wrapped) > 1 or keywords:
        raise TypeError("mock_kms() takes options or, bare, the one thing to decorate; not both")
    return activation(wrapped[0])
