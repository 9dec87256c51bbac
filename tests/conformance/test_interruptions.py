"""A call that something interrupts, at whatever step, has been made or has changed nothing."""

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

import pytest_kmsmock._kms
from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock._kms.crypto.seeded import SeededRandomness
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.service import Request, Service
from tests.conformance.minimal_requests import MINIMAL, prepare
from tests.conformance.observation import observe
from tests.conformance.stage import Stage
from tests.vocabulary import ACCOUNT, REGION, create_key

ENGINE: Final = Path(pytest_kmsmock._kms.__file__).parent
# Where worlds are changed: all else computes.
PLACES: Final = tuple(
    str(ENGINE / place) for place in ("domain", "operations", "rules", "service.py", "locking.py")
)


def encode(members: dict[str, Any]) -> bytes:
    return json.dumps(members, default=lambda blob: b64encode(blob).decode()).encode()


class Interruption(BaseException):
    """What a signal's handler raises, whether a test's timeout or Ctrl-C."""


@contextmanager
def interruption(step: int) -> Iterator[None]:
    """Raise at the line of the engine that is the *step*-th to be run."""
    left = step

    def trace_call(frame: FrameType, event: str, argument: object) -> Any:
        return trace_line if frame.f_code.co_filename.startswith(PLACES) else None

    def trace_line(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise Interruption
        return trace_line

    before = sys.gettrace()
    sys.settrace(trace_call)
    try:
        yield
    finally:
        sys.settrace(before)


def interrupt_everywhere(world: World, request: Request, stride: int) -> set[str]:
    """
    Make a call again and again, each time to a copy of *world* and interrupted somewhere else.

    Return what became of the calls: "nothing", "all", or what else could be seen.
    """
    nothing = observe(world.copy())
    service = Service(world.copy())
    assert service.respond(request).error is None
    everything = observe(service.world)
    outcomes = set()
    for step in range(1, 10_000, stride):
        service = Service(world.copy())
        try:
            with interruption(step):
                service.respond(request)
        except Interruption:
            picture = observe(service.world)
            is_made = "all" if picture == everything else f"torn at step {step}"
            outcomes.add("nothing" if picture == nothing else is_made)
            assert service.alone(lambda: True)
        else:
            return outcomes
    raise AssertionError("it never came to an end")


PAIR: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsMock]:
    monkeypatch.setattr(
        "pytest_kmsmock._kms.crypto.materials.rsa.make_rsa", lambda bits, seed: PAIR
    )
    with mock_kms(region_name=REGION, account_id=ACCOUNT, isolated=True) as mock:
        mock.clock.freeze()
        yield mock


def request_for(mock: KmsMock, operation: str, members: dict[str, Any]) -> Request:
    mock._service.world.source = SeededRandomness("the same for every copy")
    mock._service.respond(  # so that what is due by now has happened
        Request(operation="ListKeys", region=REGION, account_id=ACCOUNT, body=b"{}")
    )
    return Request(operation=operation, region=REGION, account_id=ACCOUNT, body=encode(members))


EVERY_LINE: Final = pytest.param(1, marks=pytest.mark.slow, id="every line")
SOME_LINES: Final = pytest.param(7, id="some lines")


@pytest.mark.sweep(7)
@pytest.mark.parametrize("stride", [EVERY_LINE, SOME_LINES])
@pytest.mark.parametrize("operation", sorted(MINIMAL))
def test_interrupted_call(mock: KmsMock, operation: str, stride: int) -> None:
    """An interrupted call leaves all that it does, or nothing, and KMS free for the next one."""
    request = request_for(mock, operation, prepare(Stage(mock=mock), operation))

    assert interrupt_everywhere(mock._service.world, request, stride) <= {"nothing", "all"}


def let_everything_be_due(mock: KmsMock) -> None:
    """Plan one of each of the things that happen by themselves, and let their time come."""
    stage, kms = Stage(mock=mock), mock.client()
    kms.schedule_key_deletion(KeyId=create_key(kms), PendingWindowInDays=7)
    key = create_key(kms)
    kms.create_alias(AliasName="alias/leaving", TargetKeyId=key)
    kms.create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Decrypt"]
    )
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=8)
    kms.enable_key_rotation(KeyId=create_key(kms), RotationPeriodInDays=90)
    related = create_key(kms, MultiRegion=True)
    kms.replicate_key(KeyId=related, ReplicaRegion="eu-west-1")
    kms.update_primary_region(KeyId=related, PrimaryRegion="eu-west-1")
    store = stage.create_key_store()
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    mock.clock.advance(days=100)


SITUATIONS: Final[dict[str, Callable[[KmsMock], None]]] = {
    "everything is due": let_everything_be_due,
    "keys are missing": lambda mock: setattr(mock._service.world, "makes_missing_keys", True),
}


@pytest.mark.parametrize("stride", [EVERY_LINE, SOME_LINES])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_interrupted_call_in_a_special_situation(
    mock: KmsMock, situation: str, stride: int
) -> None:
    """What happens along with a call belongs to it: it has happened, or will in the next one."""
    request = Request(
        operation="Encrypt",
        region=REGION,
        account_id=ACCOUNT,
        body=encode({"KeyId": "alias/app", "Plaintext": b"x"}),
    )
    mock.create_key(alias="app" if situation == "everything is due" else "other")
    SITUATIONS[situation](mock)
    mock._service.world.source = SeededRandomness("the same for every copy")

    assert {"nothing", "all"} == interrupt_everywhere(mock._service.world, request, stride)


def test_call_without_room_on_the_stack(mock: KmsMock) -> None:
    """A call for which there is no stack left has been made or has changed nothing, too."""
    kms = mock.client()
    target = create_key(kms)

    def call_at(depth: int, name: str) -> None:
        if depth:
            call_at(depth - 1, name)
        else:
            kms.create_alias(AliasName=name, TargetKeyId=target)

    depths = range(sys.getrecursionlimit() - 30, 100, -1)
    failures = 0
    for depth in depths:
        name = f"alias/{depth}"
        try:
            call_at(depth, name)
        except RecursionError:
            failures += 1
        else:
            break

    region = mock._service.world.account(ACCOUNT).region(REGION)
    assert failures
    assert [name] == sorted(region.aliases) == sorted(next(iter(region.keys.values())).aliases)
