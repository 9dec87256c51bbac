"""The mock: the handle that a test holds on an in-memory KMS."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from pytest_kmsmock.interception import hooks
from pytest_kmsmock.interception.sessions import (
    THROW_AWAY,
    AccessKey,
    client_options,
    configured_region,
    forget_shared_clients,
    new_boto3_session,
    new_client,
    new_session,
    shared_client,
)
from pytest_kmsmock.options import Children, Options, check_region, check_switch
from pytest_kmsmock.serving.children import CHILDREN
from pytest_kmsmock.serving.offer import OffersServing
from pytest_kmsmock.stack import ACTIVE
from pytest_kmsmock.workbench.bench import Workbench
from pytest_kmsmock.workbench.wording import explained, suggest

if TYPE_CHECKING:
    import boto3
    from botocore.session import Session

    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock._kms.service import Request, Response, Service
    from pytest_kmsmock.interception.exchange import Exchange, Outcome
    from pytest_kmsmock.story.past import Past
    from pytest_kmsmock.story.section import Story
    from pytest_kmsmock.stubs import KMSClient
    from pytest_kmsmock.workbench.calls.record import Call, Record
    from pytest_kmsmock.workbench.clock import MockClock
    from pytest_kmsmock.workbench.faults.holding import Ticket
    from pytest_kmsmock.workbench.faults.planning import Faults, Scope
    from pytest_kmsmock.workbench.principals.acting import Cast
    from pytest_kmsmock.workbench.strictness import Strictness
    from pytest_kmsmock.workbench.subject import TakenBy

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

if TYPE_CHECKING:
    fixed = property
else:

    class fixed(property):  # noqa: N801 - it stands for property
        """A property that says, when somebody sets it, when it could have been chosen."""

        def __set__(self, mock: object, value: object) -> NoReturn:
            name = self.fget.__name__
            raise AttributeError(
                f"the {name} of a mock can't be changed once it is made: give it to"
                f" mock_kms({name}=...), KmsMock({name}=...) or the marker kms"
            )


class KmsMock(Workbench, OffersServing):
    """
    An in-memory KMS, and the handle that a test has on it.

    It answers every KMS request of the process while it is the latest of the active mocks: those of
    all clients, sessions and threads. Each start begins with an empty KMS.

    Args:
        region_name: The Region of `client()`, and of KMS clients for which the code names none. By
            default the one in the ini option `kmsmock_region`, in the environment or in the AWS
            config file, or else us-east-1.
        account_id: The caller's account, 12 digits.
        wire: If true, botocore signs, sends, retries and parses as it does with AWS, and only the
            network is replaced.
        unfired_faults: What happens at the end of a test to planned faults that never fired:
            "error" (the default) raises `UnfiredFaults`, "ignore" does nothing.
        auto_create_keys: If true, a key or an alias is created when a request names one that does
            not exist.
        children: What KMS the processes use that are started while the mock is active. With "copy"
            (the default) a forked process has a copy of this KMS, and other processes have none.
            With "serve" all of them use this KMS. With "refuse" their KMS calls fail.
        caller: Who makes requests with credentials that belong to no principal of the test:
            "role/worker", "user/alice", "root", or an ARN. By default the user `kmsmock`, an
            administrator.
        access: What happens to a request that AWS would deny: "enforce" (the default) denies it,
            "warn" answers it and emits a `KmsAccessWarning`, "off" checks nothing.
        identities: Whose access keys are known: with "declared" (the default) those of the test's
            principals, with "moto" also those that moto's IAM and STS have created, with the
            policies that moto has for them.
        consistency: When a new grant can be used without its token: "immediate" (the default), or
            "eventual", which is after five minutes of the mock's clock.

    Raises:
        ValueError: For an invalid value, such as a Region that does not exist.

    .. versionadded:: 0.1.0
    """

    _service: "Service"
    _request_class: "type[Request]"
    _last_test: str | None = None  # in which it was stopped

    @explained
    def __init__(
        self,
        *,
        region_name: str | None = None,
        account_id: str | None = None,
        wire: bool | None = None,
        unfired_faults: Literal["error", "ignore"] | None = None,
        auto_create_keys: bool | None = None,
        children: Children | None = None,
        caller: str | None = None,
        access: Literal["enforce", "warn", "off"] | None = None,
        identities: Literal["declared", "moto"] | None = None,
        consistency: Literal["immediate", "eventual"] | None = None,
    ) -> None:
        self._set_up(
            Options(
                region_name=region_name,
                account_id=account_id,
                wire=wire,
                unfired_faults=unfired_faults,
                auto_create_keys=auto_create_keys,
                children=children,
                caller=caller,
                access=access,
                identities=identities,
                consistency=consistency,
            )
        )

    def _set_up(self, options: Options) -> None:
        parts, defaults = parts_of_a_mock(), ACTIVE.defaults
        self._configured_region = options.region_name or defaults.region_name
        self._region_name = self._configured_region
        self._account_id = options.account_id or defaults.account_id
        self._wire = defaults.wire if options.wire is None else options.wire
        self._children: Children = options.children or defaults.children
        self._auto_create_keys = (
            defaults.auto_create_keys
            if options.auto_create_keys is None
            else options.auto_create_keys
        )
        self._access = options.access or defaults.access
        self._identities = options.identities or defaults.identities
        self._consistency = options.consistency or "immediate"
        self._cast = parts.Cast(options.caller)
        self._reuse_key_pairs = defaults.reuse_key_pairs
        self._find_key_pair_store = defaults.find_key_pair_store
        self._usage = defaults.usage
        self._record = parts.Record()
        self._faults = parts.Faults(options.unfired_faults or defaults.unfired_faults)

    def __repr__(self) -> str:
        return f"<KmsMock {self.account_id} {self.region_name}>"

    if not TYPE_CHECKING:  # or else any name would pass a type check

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_") or hasattr(type(self), name):
                return super().__getattribute__(name)  # what a property has raised, once more
            raise AttributeError(f"'KmsMock' object has no attribute {name!r}{place_of(name)}")

    @fixed
    def region_name(self) -> str:
        """The Region of `client()`, and of KMS clients for which the code names none."""
        if self._region_name is None:
            self._region_name = configured_region() or "us-east-1"
        return self._region_name

    @fixed
    def account_id(self) -> str:
        """The caller's account, 12 digits."""
        return self._account_id

    @fixed
    def children(self) -> Children:
        """What KMS the processes use that are started while the mock is active; see `KmsMock`."""
        return self._children

    @fixed
    def access(self) -> Literal["enforce", "warn", "off"]:
        """What happens to a request that AWS would deny: "enforce", "warn" or "off"."""
        return self._access

    @fixed
    def identities(self) -> Literal["declared", "moto"]:
        """Whose access keys are known: those of the test's principals, or also those of moto."""
        return self._identities

    @fixed
    def consistency(self) -> Literal["immediate", "eventual"]:
        """When a new grant can be used without its token: at once, or after five minutes."""
        return self._consistency

    @property
    def wire(self) -> bool:
        """
        Whether botocore signs, sends, retries and parses, and only the network is replaced.

        You can set it at any time. It applies from the next call on.
        """
        return self._wire

    @wire.setter
    def wire(self, value: bool) -> None:
        check_switch("wire", value)
        self._wire = value

    @property
    def auto_create_keys(self) -> bool:
        """
        Whether a key or an alias is created when a request names one that does not exist.

        You can set it at any time.
        """
        return self._auto_create_keys

    @auto_create_keys.setter
    def auto_create_keys(self, value: bool) -> None:
        check_switch("auto_create_keys", value)
        self._auto_create_keys = value
        if hasattr(self, "_service"):
            self._service.world.makes_missing_keys = value

    @fixed
    def unfired_faults(self) -> Literal["error", "ignore"]:
        """What happens in the current test to planned faults that never fired."""
        return self._faults.policy

    @property
    def strict(self) -> "Strictness":
        """
        The options that decide how strict the mock is, as they are in the current test.

            >>> kms_mock.strict  # doctest: +NORMALIZE_WHITESPACE
            Strictness(unfired_faults='error', access='enforce', auto_create_keys=False,
                       outside='allow')

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.strictness import Strictness  # noqa: PLC0415 - see parts_of_a_mock

        return Strictness(
            unfired_faults=self.unfired_faults,
            access=self.access,
            auto_create_keys=self.auto_create_keys,
            outside=ACTIVE.outside,
        )

    def __enter__(self) -> NoReturn:
        raise TypeError(
            "a KmsMock is not a context manager: write `with mock_kms() as mock:`, with the same"
            " arguments, or use its start() and stop()"
        )

    def __exit__(self, *_: object) -> None:
        """Be there, or else Python would say so before `__enter__` can say what to do."""

    @property
    def clock(self) -> "MockClock":
        """The time of this KMS, at which keys are deleted or rotated, and key material expires."""
        from pytest_kmsmock.workbench.clock import MockClock  # noqa: PLC0415 - see parts_of_a_mock

        if not hasattr(self, "_service"):
            self._require_active()
        return MockClock(lambda: self._service, self._require_active)

    def client(self, region_name: str | None = None, **options: Any) -> "KMSClient":
        """
        Return a botocore client for KMS.

        Without *options*, all tests of the process share one client: it has no state of the mock.
        Do not register event handlers on it.

        Args:
            region_name: The client's Region; by default the mock's.
            options: The arguments of `botocore.session.Session.create_client()`, such as `config`.
        """
        return self._client(THROW_AWAY, region_name, options)

    def _client(
        self, access_key: AccessKey, region_name: str | None, options: Mapping[str, Any]
    ) -> "KMSClient":
        if region_name is None:
            region_name = self.region_name
        else:
            check_region("region_name", region_name)
        if options:
            try:
                return new_client(region_name, access_key, **options)
            except TypeError:
                refuse_unknown_options(options)  # or else it is botocore that must explain
                raise
        return shared_client(region_name, access_key)

    def session(self) -> "Session":
        """Return a new botocore session with the mock's Region and fake credentials."""
        return new_session(self.region_name)

    def boto3_session(self) -> "boto3.session.Session":
        """
        Return a new boto3 session like `session()`.

        Raises:
            ImportError: If boto3 is not installed.
        """
        return new_boto3_session(self.region_name)

    def start(self) -> "KmsMock":
        """Answer all KMS requests from now on, with an empty KMS. Does nothing if active."""
        if not ACTIVE.has(self):
            try:
                ACTIVE.start(self)
            except BaseException:
                ACTIVE.stop(self)
                raise
        return self

    def stop(self) -> None:
        """
        End the mock, however it was started. Does nothing if it is not active.

        Raises:
            UnfiredFaults: If planned faults never fired.
        """
        ACTIVE.stop(self)

    def reset(self) -> None:
        """
        Remove all keys, aliases, grants, principals, calls and planned faults, as if just started.

        A test that uses a role or a user after it declares it again.
        """
        with ACTIVE.lock:
            if ACTIVE.has(self):
                former = self._service.world
                self._open()
                self._bury(former, taken_by="reset")

    def _plan_of_test(self, policy: Literal["error", "ignore"] | None) -> "Scope":
        """Let the faults that a test plans end with it, once this has begun; for the plugin."""
        return parts_of_a_mock().Scope(self._faults, policy)

    def _goes_by_wire(self, operation: str) -> bool:
        """Say whether botocore is to send a request, and to read what comes back; for the seams."""
        return self._wire or self._faults.concern(operation)

    def _has_plan_for(self, operation: str) -> bool:
        """Say whether a request could be hit by a planned fault; for the seams."""
        return self._faults.concern(operation)

    def _respond(self, exchange: "Exchange") -> "Response":
        """Answer a request; for the seams."""
        response = self._perform(exchange)
        self._record.add(exchange, response)
        if response.warnings or self._usage is not None:
            self._look_at(response)
        return response

    def _respond_as_planned(self, exchange: "Exchange") -> "Outcome":
        """Answer a request that may fail as planned, or wait before; for the seams."""
        ticket = self._hold_up(exchange)
        if ticket is not None:
            ticket.wait()
        return self._respond_unheld(exchange)

    def _hold_up(self, exchange: "Exchange") -> "Ticket | None":
        """Return what a request has to wait for, if the test holds it; for the seams."""
        return self._faults.admit(self._announce(exchange))

    def _respond_unheld(self, exchange: "Exchange") -> "Outcome":
        """Answer a request that may fail as planned, and has waited; for the seams."""
        request, service = self._read(exchange), self._service
        outcome = self._faults.respond(
            self._announce(exchange),
            perform=partial(self._perform, exchange),
            refuse=partial(service.refuse, request),
            clock=self.clock,
            read_timeout=exchange.read_timeout,
        )
        self._record.add(exchange, outcome.response, outcome.connection_error, outcome.planned)
        if outcome.response.warnings or self._usage is not None:
            self._look_at(outcome.response)
        return outcome

    def _look_at(self, response: "Response") -> None:
        """Note what was allowed, and warn of what would have been denied."""
        from pytest_kmsmock.workbench.warned import KmsAccessWarning, warn  # noqa: PLC0415 - see parts_of_a_mock

        if self._usage is not None:
            self._usage.add(response.decision)
        for text in response.warnings:
            warn(text, KmsAccessWarning)

    def _announce(self, exchange: "Exchange") -> "Call":
        service = self._service
        caller = service.caller_of(self._read(exchange))
        return self._record.announce(exchange, caller, service.world.clock.now())

    def _perform(self, exchange: "Exchange") -> "Response":
        if exchange.operation == "CreateKey" and b'"_custom_' in exchange.body:
            return self._known_keys.create_with_localstack_tags(exchange)
        return self._service.respond(self._read(exchange))

    def _read(self, exchange: "Exchange") -> "Request":
        return self._request_class(  # by position: half the time of keywords
            exchange.operation,
            exchange.region,
            self._account_id,
            exchange.body,
            exchange.access_key_id,
        )

    def _require_active(self) -> None:
        """
        Raises:
            ValueError: If nobody would notice what is done to this mock.
        """
        if not ACTIVE.has(self):
            raise ValueError("this mock is not active: start() it, or use it inside mock_kms()")

    def _open(self, model: "KmsMock | None" = None) -> None:
        parts = parts_of_a_mock()
        hooks.catch_up(ACTIVE)
        CHILDREN.install()
        if model is None:
            world = parts.World(
                reuse_key_pairs=self._reuse_key_pairs,
                find_key_pair_store=self._find_key_pair_store,
            )
            service = parts.Service(world)
        else:
            service = parts.Service(model._copy_world())
        service.world.makes_missing_keys = self._auto_create_keys
        self._go_on(service)
        if model is None and ACTIVE.defaults.seed_file is not None:
            self._load_at_start(ACTIVE.defaults.seed_file, service)
        # From here on it is another KMS, all of it.
        self._service, self._request_class = service, parts.Request
        self._record.clear()
        self._faults.clear()

    def _close(self) -> None:
        self._bury(self._service.world)

    def _bury(self, world: "World", *, taken_by: "TakenBy | None" = None) -> None:
        """Close a world that answers no more, and remember what it is recognised by."""
        parts = parts_of_a_mock()
        if ACTIVE.past is None:
            ACTIVE.past = parts.Past()
        now = None if taken_by is None else self._service.world
        ACTIVE.past.remember(world, mock=self, taken_by=taken_by, now=now)
        self._last_test = parts.current_test()
        world.close()

    def _story(self, mark: object, *, secrets: bool) -> "Story":
        """Return the calls so far, and what explains them; those before *mark* are not shown."""
        from pytest_kmsmock.story.section import Story  # noqa: PLC0415 - for a failing test only

        return Story(
            calls=tuple(self.calls),
            earlier=self._record.count_until(mark),
            mock=self,
            world=self._service.world,
            past=ACTIVE.past,
            secrets=secrets,
        )

    def _settle(self, failure: BaseException | None) -> None:
        """
        Raises:
            UnfiredFaults: For planned faults that never fired, unless there was a *failure*.
            ServerFailed: For a bug of this package that a request of another process met, likewise.
        """
        if self._faults.have_fired:
            # They remember it: standard and adaptive retries have a quota, and a rate.
            forget_shared_clients()
        try:
            if self._servers or self._bugs:
                self._end_serving(failure)
        finally:
            self._faults.finish(failure)


def refuse_unknown_options(options: Mapping[str, object]) -> None:
    """
    Raises:
        TypeError: For a keyword that `client()` does not take.
    """
    known = ("region_name", *client_options())
    for name in options:
        if name not in known:
            raise TypeError(
                f"client() has no argument {name!r}{suggest(name, known)}"
                f" (it takes {', '.join(known)})"
            ) from None


def place_of(name: str) -> str:
    """Ask whether an attribute was meant that a mock has elsewhere, or under another name."""
    from pytest_kmsmock._kms.wire.model import operation_names  # noqa: PLC0415 - for an error only
    from pytest_kmsmock.workbench.calls.record import Calls  # noqa: PLC0415 - as above
    from pytest_kmsmock.workbench.clock import MockClock  # noqa: PLC0415 - as above

    for part, kind in {"clock": MockClock, "calls": Calls}.items():
        if hasattr(kind, name):
            return f": did you mean kms_mock.{part}.{name}?"
    if name.islower() and name.title().replace("_", "") in operation_names():
        return f": did you mean kms_mock.client().{name}?"
    return suggest(name, [known for known in dir(KmsMock) if not known.startswith("_")])


class Parts(NamedTuple):
    """What a mock is made of."""

    Cast: "type[Cast]"
    Faults: "type[Faults]"
    Past: "type[Past]"
    Record: "type[Record]"
    Request: "type[Request]"
    Scope: "type[Scope]"
    Service: "type[Service]"
    World: "type[World]"
    current_test: "Callable[[], str | None]"


@cache
def parts_of_a_mock() -> Parts:
    """Import the engine and what is built on it: 0.1 s, that a run without KMS does not pay."""
    from pytest_kmsmock._kms.domain.world import World  # noqa: PLC0415 - see above
    from pytest_kmsmock._kms.service import Request, Service  # noqa: PLC0415 - see above
    from pytest_kmsmock.story.past import Past, current_test  # noqa: PLC0415 - see above
    from pytest_kmsmock.workbench.calls.record import Record  # noqa: PLC0415 - see above
    from pytest_kmsmock.workbench.faults.planning import Faults, Scope  # noqa: PLC0415 - see above
    from pytest_kmsmock.workbench.principals.acting import Cast  # noqa: PLC0415 - see above

    return Parts(Cast, Faults, Past, Record, Request, Scope, Service, World, current_test)


def make_mock(options: Options) -> KmsMock:
    """Make a mock of *options* that have been checked."""
    mock = KmsMock.__new__(KmsMock)
    mock._set_up(options)
    return mock
