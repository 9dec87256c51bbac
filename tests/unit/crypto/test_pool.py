"""RSA pairs are recycled, and never shared by two living owners."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pytest_kmsmock._kms.crypto.materials.making import generate
from pytest_kmsmock._kms.crypto.pool import POOL, KeyPairPool, Leases
from pytest_kmsmock._kms.crypto.specs import SPECS


@dataclass(frozen=True)
class Pair:
    """Stands for an RSA pair, which takes too long to make by the dozen."""

    key_size: int
    number: int


class CountingPool(KeyPairPool):
    """A pool of stand-ins that counts what it made."""

    def __init__(self):
        super().__init__(self._make)
        self.made = 0
        self._counting = threading.Lock()

    def _make(self, bits):
        with self._counting:
            self.made += 1
            return Pair(bits, self.made)


class Store:
    """What earlier processes have left, and what this one has kept."""

    def __init__(self, *left):
        self.left = list(left)
        self.kept = []

    def take(self, bits):
        assert {bits} >= {pair.key_size for pair in self.left}
        return self.left.pop(0) if self.left else None

    def keep(self, key):
        self.kept.append(key)


def test_lease_twice():
    """Two leases give two pairs."""
    leases = Leases(CountingPool())

    assert leases.rsa(2048) != leases.rsa(2048)


def test_close_recycles():
    """What one KMS gave back, the next one gets."""
    pool = CountingPool()
    first = Leases(pool)
    pair = first.rsa(2048)
    first.close()

    assert Leases(pool).rsa(2048) is pair
    assert pool.made == 1


def test_close_twice():
    """A pair is given back once, however often its lender closes."""
    pool = CountingPool()
    first = Leases(pool)
    first.rsa(2048)
    first.close()
    first.close()
    second = Leases(pool)

    assert second.rsa(2048) != second.rsa(2048)


def test_lease_another_size():
    """A free pair of another size is not handed out."""
    pool = CountingPool()
    first = Leases(pool)
    first.rsa(2048)
    first.close()

    assert Leases(pool).rsa(4096) == Pair(4096, 2)


def test_lease_oldest_first():
    """The pair that has been free for longest goes first."""
    pool = CountingPool()
    first = Leases(pool)
    pairs = [first.rsa(2048) for _ in range(3)]
    first.close()
    second = Leases(pool)

    assert pairs == [second.rsa(2048) for _ in range(3)]


def test_without_reuse():
    """With reuse off every pair is fresh, and none comes back to the pool."""
    pool = CountingPool()
    reusing = Leases(pool)
    reusing.rsa(2048)
    reusing.close()
    leases = Leases(pool, reuse=False)
    found = [leases.rsa(2048), leases.rsa(2048)]
    leases.close()

    assert found == [Pair(2048, 2), Pair(2048, 3)]
    assert Leases(pool).rsa(2048) == Pair(2048, 1)


def test_lease_after_close():
    """A key first used after its KMS was closed gets a fresh pair that nobody else will get."""
    pool = CountingPool()
    leases = Leases(pool)
    leases.rsa(2048)
    leases.close()

    assert leases.rsa(2048) == Pair(2048, 2)
    assert Leases(pool).rsa(2048) == Pair(2048, 1)


def test_lease_after_retiring():
    """A key whose KMS was copied before its first use gets a pair that nobody else will get."""
    pool = CountingPool()
    leases = Leases(pool)
    before = leases.rsa(2048)
    successors = leases.retire()
    after = leases.rsa(2048)
    leases.close()
    successors.close()

    assert {before, after}.isdisjoint([Leases(pool).rsa(2048) for _ in range(3)])


def test_successors_recycle():
    """The keys that a KMS makes after it was copied have pairs that go back to the pool."""
    pool = CountingPool()
    successors = Leases(pool).retire()
    pair = successors.rsa(2048)
    successors.close()

    assert Leases(pool).rsa(2048) is pair


def test_successors_without_reuse():
    """With reuse off, pairs are fresh after a copy, too."""
    pool = CountingPool()
    successors = Leases(pool, reuse=False).retire()
    successors.rsa(2048)
    successors.close()

    assert Leases(pool).rsa(2048) == Pair(2048, 2)


def test_close_while_generating():
    """A pair that was being made while its KMS closed is not given back."""
    leases = None

    def make(bits):
        leases.close()
        return Pair(bits, 1)

    pool = KeyPairPool(make)
    leases = Leases(pool)
    pair = leases.rsa(2048)
    other = KeyPairPool(lambda bits: Pair(bits, 2))
    pool.generate = other.generate

    assert pair == Pair(2048, 1)
    assert Leases(pool).rsa(2048) == Pair(2048, 2)


def test_lease_from_store():
    """A pair comes from this process if one is free, else from an earlier one, else it is new."""
    pool, store = CountingPool(), Store(Pair(2048, 70), Pair(2048, 71))
    pool.give_back([Pair(2048, 60)])
    leases = Leases(pool, find_store=lambda: store)

    leased = [leases.rsa(2048).number for _ in range(4)]

    assert [60, 70, 71, 1] == leased
    assert [Pair(2048, 1)] == store.kept


def test_recycle_from_store():
    """A pair of an earlier process goes from one KMS to the next as any other."""
    pool, store = CountingPool(), Store(Pair(2048, 70))
    for _ in range(2):
        leases = Leases(pool, find_store=lambda: store)
        pair = leases.rsa(2048)
        leases.close()

        assert Pair(2048, 70) == pair


def test_lease_after_the_end_from_store():
    """After a KMS was copied or closed its keys have pairs of earlier processes, for good."""
    pool, store = CountingPool(), Store(*(Pair(2048, number) for number in (70, 71, 72)))
    leases = Leases(pool, find_store=lambda: store)
    successors = leases.retire()
    leased = [leases.rsa(2048), successors.rsa(2048)]
    successors.close()
    leased.append(successors.rsa(2048))

    assert [70, 71, 72] == [pair.number for pair in leased]
    assert [71, 1] == [pool.lease(2048).number for _ in range(2)]


def test_store_is_not_looked_for():
    """Nobody looks for a store before a pair is needed that this process has not had."""
    pool = CountingPool()
    pool.give_back([Pair(2048, 60)])
    looked = []
    leases = Leases(pool, find_store=lambda: looked.append("for a store"))
    leases.rsa(2048)
    leases.retire().close()

    assert [] == looked
    assert Pair(2048, 1) == leases.rsa(2048)
    assert ["for a store"] == looked


def test_store_without_reuse():
    """With reuse off no pair comes from an earlier process, and none is kept."""
    store = Store(Pair(2048, 70))
    leases = Leases(CountingPool(), reuse=False, find_store=lambda: store)

    assert [Pair(2048, 1), Pair(2048, 2)] == [leases.rsa(2048), leases.retire().rsa(2048)]
    assert ([Pair(2048, 70)], []) == (store.left, store.kept)


def test_lease_while_another_generates():
    """A slow generation does not keep others from the free pairs."""
    generating, done = threading.Event(), threading.Event()

    def make(bits):
        generating.set()
        assert done.wait(10)
        return Pair(bits, 1)

    pool = KeyPairPool(make)
    pool.give_back([Pair(4096, 0)])
    with ThreadPoolExecutor() as executor:
        slow = executor.submit(pool.lease, 2048)
        assert generating.wait(10)
        quick = pool.lease(4096)
        done.set()

    assert (quick, slow.result()) == (Pair(4096, 0), Pair(2048, 1))


def test_race_between_leases():
    """Threads that race for free and for new pairs never get the same one."""
    pool = CountingPool()
    pool.give_back([pool.generate(2048) for _ in range(20)])
    barrier = threading.Barrier(8)

    def take(_):
        barrier.wait()
        leases = Leases(pool)
        return [leases.rsa(2048) for _ in range(10)]

    with ThreadPoolExecutor(8) as executor:
        found = [pair for pairs in executor.map(take, range(8)) for pair in pairs]

    assert len(set(found)) == len(found) == pool.made == 80


def test_race_for_one_key(source):
    """Threads that use a key for the first time at once make one pair."""
    made = []

    def make(bits):
        made.append(bits)
        return POOL.lease(bits)

    leases = Leases(KeyPairPool(make))
    material = generate(SPECS["RSA_2048"], source=source, leases=leases)
    barrier = threading.Barrier(8)

    def use(_):
        barrier.wait()
        return material.public_key()

    with ThreadPoolExecutor(8) as executor:
        found = set(executor.map(use, range(8)))

    assert made == [2048]
    assert len(found) == 1


def test_pairs_differ(source, leases):
    """Two RSA keys of one KMS have different pairs."""
    spec = SPECS["RSA_2048"]
    first = generate(spec, source=source, leases=leases)
    second = generate(spec, source=source, leases=leases)

    assert first.public_key() != second.public_key()


def test_generate_is_lazy(source):
    """Creating a key makes no pair; using it makes one."""
    pool = CountingPool()
    generate(SPECS["RSA_4096"], source=source, leases=Leases(pool))

    assert pool.made == 0
