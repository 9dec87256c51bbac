"""The pipeline: from a request's bytes to an answer of AWS, one step after the other."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import get_ident
from typing import Any, NamedTuple, TypeVar

from pytest_kmsmock._kms.access.decision import Decision
from pytest_kmsmock._kms.access.settings import AccessSettings
from pytest_kmsmock._kms.domain.changes import whole
from pytest_kmsmock._kms.domain.identifiers import new_uuid
from pytest_kmsmock._kms.domain.lifecycle import settle
from pytest_kmsmock._kms.domain.principals import Principal, was_given_out
from pytest_kmsmock._kms.domain.seeds import NOTHING, KeySeed
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.errors import KmsError, unrecognized_client
from pytest_kmsmock._kms.locking import CallLock
from pytest_kmsmock._kms.operations import find_operation
from pytest_kmsmock._kms.rules.context import Context, Outcome
from pytest_kmsmock._kms.rules.grant_tokens import check_grant_tokens
from pytest_kmsmock._kms.rules.missing_keys import provide_missing_keys
from pytest_kmsmock._kms.rules.operation import Operation, stop_dry_run
from pytest_kmsmock._kms.rules.permissions import Decided, authorise, decision_of
from pytest_kmsmock._kms.rules.usage import USAGE_TRACKED, record_last_usage
from pytest_kmsmock._kms.wire import codec, http, model, validation
from pytest_kmsmock._kms.wire.clients import ClientModel

T = TypeVar("T")


class Request(NamedTuple):
    """
    What reached KMS: the body as sent, the Region asked, and by whose access key.

    *account_id* is the account of a caller whom nobody has declared. *is_setup* is what the test
    itself sets up: nobody is refused, as the account's administrator. A named tuple, as the
    response is, since every call makes one.
    """

    operation: str
    region: str
    account_id: str
    body: bytes
    access_key_id: str | None = None
    seed: KeySeed = NOTHING
    is_setup: bool = False


def carry_out(operation: Operation, ctx: Context) -> None:
    """
    Do what a request asks for; its outcome is in the context.

    One after the other, in the order that was measured: shape before look-up before usage and state
    before everything that the operation decides itself (wire-facts W18, W19, G42).

    Raises:
        KmsError: As AWS refuses it.
    """
    model, uses, outcome = operation.model, operation.uses, ctx.outcome
    request = codec.decode(model.name, ctx.body)
    validation.validate(model.name, request)
    if ctx.world.makes_missing_keys:
        provide_missing_keys(ctx, request, uses)
    keys = outcome.keys = [use.locate(ctx, request, use) for use in uses]
    tokens = request.get("GrantTokens")
    # DescribeKey takes tokens, but its model has no refusal of them: they do no harm (assumed).
    if tokens and "InvalidGrantTokenException" in model.error_codes:
        check_grant_tokens(ctx, tokens)
    is_same_key = len(keys) == 2 and keys[0] is keys[1]
    authorise(ctx, request, operation.asks(ctx, request, keys), is_same_key)
    for use, key in zip(uses, keys, strict=True):
        if key is not None:
            for requirement in use.requirements:
                requirement.check(key, use.action or model.name)
    outcome.result = operation.perform(ctx, request, *keys) or {}
    stop_dry_run(request)
    if model.name in USAGE_TRACKED:
        for key in keys:
            if key is not None:
                record_last_usage(ctx, key)


class Service:
    """One in-memory KMS. Thread-safe: a lock serialises the requests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.access = AccessSettings()
        self._lock = CallLock()

    @property
    def lock(self) -> "threading.RLock":
        """What to hold while reading or changing the world between calls."""
        return self._lock.held

    def respond(self, request: Request) -> "Response":
        """
        Answer *request*.

        Raises:
            NotImplementedError: For an operation that is not built; anything else that is raised
                is a bug of this package, for errors of AWS are answers.
        """
        context, error = self.alone(partial(self._perform, request))
        outcome = context.outcome
        return Response(  # by position, as a context below: half the time of keywords
            request.operation,
            context.request_id,
            context.now,
            outcome.result if error is None else None,
            error,
            context.principal,
            arn_of_key(outcome),
            outcome.decided,
            outcome.warnings,
        )

    def refuse(self, request: Request, error: KmsError) -> "Response":
        """
        Answer *request* with *error*, whatever it asks for, and do nothing else.

        Raises:
            NotImplementedError: For an operation that is newer than our description of KMS.
        """
        if request.operation not in model.operation_names():
            raise not_served(request.operation)
        context = self.alone(partial(self._receive, request, model.operation(request.operation)))
        return Response(
            operation=request.operation,
            request_id=context.request_id,
            date=context.now,
            result=None,
            error=error,
            caller=context.principal,
        )

    def caller_of(self, request: Request) -> Principal:
        """
        Return the principal as whom *request* is made.

        One of kind "Unknown" has an access key of ours that this world does not know, or that is
        of another partition: nobody becomes an administrator by mistake.
        """
        return self._identify(request)[0]

    def _identify(self, request: Request) -> tuple[Principal, bool]:
        """Return who makes *request*, and whether the test has said that it is they."""
        caller, found = self.access.caller, None
        if not request.is_setup:
            if request.access_key_id is not None:
                found = self._find(request.access_key_id)
            if found is None and caller is not None:
                found = self._find(caller)
            if found is not None:
                return only_in_partition(found, request), True
        administrator = self.world.principals.administrator(
            request.account_id, model.partition_of(request.region), self.world.clock
        )
        return administrator, caller is not None

    def copy_world(self) -> World:
        """Return a copy of the world, which is this one at the moment that no call is under way."""

        def copy() -> World:
            return self.world.copy()

        return self.alone(copy)

    def settle(self) -> World:
        """Let happen what is due, as each request does, and return the world."""
        self.alone(lambda: settle(self.world, self.world.clock.now()))
        return self.world

    def alone(self, work: Callable[[], T]) -> T:
        """
        Do *work* while no call is under way, and all of it or nothing: if it raises, the world is
        as it was.

        Whatever concerns a whole world goes this way: calls, snapshots, and what a test gives it.
        """
        lock, me = self._lock, get_ident()
        if me in lock.present:
            with lock.held:
                return whole(work)
        if lock.present:
            lock.give_way()
        try:
            lock.present.add(me)
            with lock.held:
                return whole(work)
        finally:
            lock.present.discard(me)

    def _perform(self, request: Request) -> tuple[Context, KmsError | None]:
        # In here, for a fork waits for calls: in a child, another thread's import would never end.
        operation = find_operation(request.operation)
        if operation is None:
            raise not_served(request.operation)
        context = self._receive(request, operation.model)
        try:
            if context.principal.kind == "Unknown":
                raise unrecognized_client()
            carry_out(operation, context)
        except KmsError as refused:
            return context, refused
        return context, None

    def _find(self, access_key_id: str) -> Principal | None:
        found = self.world.principals.find(access_key_id)
        if found is None and self.access.find_elsewhere is not None:
            found = self.access.find_elsewhere(access_key_id)
        if found is None and was_given_out(access_key_id):
            return Principal("", "", kind="Unknown")
        return found

    def _receive(self, request: Request, operation: model.OperationModel) -> Context:
        world = self.world
        now = world.clock.now()
        if world.due:
            settle(world, now)
        principal, is_declared = self._identify(request)
        region = world.region(principal.account_id or request.account_id, request.region)
        return Context(
            world,
            region,
            principal,
            operation,
            new_uuid(world.source),
            now,
            request.body,
            Outcome(),
            request.seed,
            self.access,
            request.is_setup,
            not is_declared,
        )


def not_served(operation: str) -> NotImplementedError:
    return NotImplementedError(f"pytest-kmsmock does not serve {operation} yet")


def only_in_partition(principal: Principal, request: Request) -> Principal:
    """Return *principal*, or nobody in a Region of another partition than its own."""
    if principal.partition in (None, model.partition_of(request.region)):
        return principal
    return Principal("", request.account_id, kind="Unknown")


def arn_of_key(outcome: Outcome) -> str | None:
    """Return the ARN of the key that a call is about: the first that it names, or what it made."""
    for key in outcome.keys:
        if key is not None:
            return key.arn
    if outcome.result is None:
        return None
    arn: str | None = outcome.result.get("KeyMetadata", {}).get("Arn")
    return arn


class Response(NamedTuple):
    """
    An answer; *result* has the response's members, or *error* is what AWS refuses with.

    *caller*, *key_arn* and the decision are not sent: they are for whoever keeps a record.
    *warnings* are what a mock that only warns has to say.
    """

    operation: str
    request_id: str
    date: datetime
    result: dict[str, Any] | None
    error: KmsError | None
    caller: Principal
    key_arn: str | None = None
    decided: Decided | None = None
    warnings: tuple[str, ...] = ()

    @property
    def decision(self) -> Decision | None:
        """Whether it was allowed, and why; None where it did not come to a decision."""
        return decision_of(self.decided)

    @property
    def status(self) -> int:
        return 200 if self.error is None else model.status_of(self.error.code)

    def body(self) -> bytes:
        """Encode for the wire."""
        if self.error is not None:
            return http.error_body(self.error)
        return codec.encode(self.operation, self.result or {})

    def headers(self, length: int) -> dict[str, str]:
        """Return the headers of a body of *length* bytes."""
        return http.headers(self.request_id, self.date, length)

    def parsed(self, client: ClientModel | None = None) -> dict[str, Any]:
        """
        Return what botocore's parser would make of this answer, without the detour over JSON.

        It is the parser of a *client* whose model may know less; without one, it knows all.
        """
        if self.error is not None:
            parsed = http.parsed_error(self.error, self._metadata(len(self.body())))
            return parsed if client is None else client.see_error(parsed)
        members, length = codec.to_client_measured(self.operation, self.result or {})
        if client is not None:
            members = client.see(self.operation, members)
        members["ResponseMetadata"] = self._metadata(length)
        return members

    def _metadata(self, length: int) -> dict[str, Any]:
        return {
            "RequestId": self.request_id,
            "HTTPStatusCode": self.status,
            "HTTPHeaders": http.headers(self.request_id, self.date, length),
            "RetryAttempts": 0,
        }
