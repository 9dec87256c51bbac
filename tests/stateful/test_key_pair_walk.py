"""Random walks: two live keys never share a key pair, whatever is copied, closed and restored."""

from collections import defaultdict, deque
from collections.abc import Callable
from copy import deepcopy
from itertools import chain, combinations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pytest_kmsmock import KmsMock, Snapshot
from pytest_kmsmock._kms.crypto.pool import POOL
from tests.stateful.ground import places

EXPONENT = 65537


@pytest.fixture(scope="module")
def make_pairs():
    """Make pairs of a few primes, any two of which are a pair: else each would take 50 ms."""
    numbers = [rsa.generate_private_key(EXPONENT, 2048).private_numbers() for _ in range(8)]
    primes = [*chain.from_iterable((one.p, one.q) for one in numbers)]

    def make_pairs():
        for p, q in combinations(primes, 2):
            d = pow(EXPONENT, -1, (p - 1) * (q - 1))
            yield rsa.RSAPrivateNumbers(
                p=p,
                q=q,
                d=d,
                dmp1=rsa.rsa_crt_dmp1(d, p),
                dmq1=rsa.rsa_crt_dmq1(d, q),
                iqmp=rsa.rsa_crt_iqmp(p, q),
                public_numbers=rsa.RSAPublicNumbers(EXPONENT, p * q),
            ).private_key(unsafe_skip_rsa_key_validation=True)

    return make_pairs


@pytest.fixture
def renew_pool(monkeypatch, make_pairs):
    """Give a walk the pool of a process in which no mock has run yet."""

    def renew_pool():
        pairs = make_pairs()
        monkeypatch.setattr(POOL, "_free", defaultdict(deque))
        monkeypatch.setattr(POOL, "obtain", lambda bits, find_store: next(pairs))

    return renew_pool


class Walk(RuleBasedStateMachine):
    """Mocks that live side by side, and snapshots of them; which one a step takes is drawn."""

    def __init__(self, renew_pool: Callable[[], None]) -> None:
        super().__init__()
        renew_pool()
        self.mocks: list[KmsMock] = []
        self.snapshots: list[Snapshot] = []
        self.start()

    def teardown(self) -> None:
        # Not earlier: it uses all keys, and it is the first use that goes wrong.
        try:
            for snapshot in self.snapshots:
                self.start()
                self.mocks[-1].restore(snapshot)
            for mock in self.mocks:
                create_key(mock)  # which is given what has wrongly been given back
            self.compare()
        finally:
            for mock in self.mocks:
                mock.stop()

    @rule()
    def start(self) -> None:
        self.mocks.append(KmsMock().start())
        create_key(self.mocks[-1])

    @rule(place=places)
    def stop(self, place: int) -> None:
        mock = self.choose(place)
        mock.stop()
        self.mocks.remove(mock)
        if not self.mocks:
            self.start()

    @rule(place=places)
    def reset(self, place: int) -> None:
        self.choose(place).reset()

    @rule(place=places)
    def create_key(self, place: int) -> None:
        create_key(self.choose(place))

    @rule(place=places)
    def first_use(self, place: int) -> None:
        """Make the key pairs of one mock, where the others have theirs still to make."""
        public_keys(self.choose(place))

    @rule(place=places)
    def snapshot(self, place: int) -> None:
        self.snapshots.append(self.choose(place).snapshot())

    @precondition(lambda self: self.snapshots)
    @rule(place=places, which=places)
    def restore(self, place: int, which: int) -> None:
        self.choose(place).restore(self.snapshots[which % len(self.snapshots)])

    @precondition(lambda self: self.snapshots)
    @rule(which=places)
    def copy_snapshot(self, which: int) -> None:
        self.snapshots.append(deepcopy(self.snapshots[which % len(self.snapshots)]))

    def compare(self) -> None:
        """Use all keys: a key has one pair, in all copies of it, and a pair has one key."""
        pairs, owners = defaultdict(set), defaultdict(set)
        for mock in self.mocks:
            for key_id, public_key in public_keys(mock).items():
                pairs[key_id].add(public_key)
                owners[public_key].add(key_id)

        assert [] == [key_id for key_id, of_it in pairs.items() if len(of_it) > 1]
        assert [] == [sorted(of_it) for of_it in owners.values() if len(of_it) > 1]

    def choose(self, place: int) -> KmsMock:
        return self.mocks[place % len(self.mocks)]


def create_key(mock: KmsMock) -> None:
    mock.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")


def public_keys(mock: KmsMock) -> dict[str, bytes]:
    """Use all keys of a mock that may be covered by others, so that no client reaches it."""
    region = mock._service.world.account(mock.account_id).region(mock.region_name)
    return {key_id: key.material.public_key() for key_id, key in region.keys.items()}


@pytest.mark.slow
def test_key_pair_walk(renew_pool):
    """No two live keys have the same public key, in whatever order mocks come, go and copy."""
    run_state_machine_as_test(
        lambda: Walk(renew_pool),
        settings=settings(max_examples=40, stateful_step_count=12, deadline=None),
    )
