"""RSA key pairs are dear: made on first use, recycled between mocks, never shared while alive."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pytest_kmsmock._kms.lazily import lazily
from pytest_kmsmock._kms.locking import new_lock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

Generate: TypeAlias = "Callable[[int], rsa.RSAPrivateKey]"


def generate_rsa(bits: int) -> "rsa.RSAPrivateKey":
    """Make an RSA key pair with exponent 65537: 40 ms at 2048 bits, up to a second at 4096."""
    with lazily():
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - few tests use RSA
            rsa,
        )

    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


class KeyPairStore(Protocol):
    """Pairs that outlive a process. What it takes or keeps is its own until it ends."""

    def take(self, bits: int) -> "rsa.RSAPrivateKey | None": ...

    def keep(self, pair: "rsa.RSAPrivateKey") -> None: ...


# Called when a pair is needed, and not before: most runs need none.
FindStore: TypeAlias = Callable[[], KeyPairStore | None]


class KeyPairPool:
    """
    RSA key pairs that no living KMS uses.

    What changes is the stock of free pairs, under a lock. A pair is out on lease to one owner at
    a time.
    """

    def __init__(self, generate: Generate = generate_rsa) -> None:
        self.generate = generate
        self._free: defaultdict[int, deque[rsa.RSAPrivateKey]] = defaultdict(deque)
        self._lock = new_lock()

    def lease(self, bits: int, find_store: FindStore | None = None) -> "rsa.RSAPrivateKey":
        """Hand out the pair that has been free for longest, or one that was none's so far."""
        with self._lock:
            free = self._free[bits]
            if free:
                return free.popleft()
        # Outside the lock: OpenSSL releases the GIL, so other threads need not wait for us.
        return self.obtain(bits, find_store)

    def obtain(self, bits: int, find_store: FindStore | None) -> "rsa.RSAPrivateKey":
        """Hand out a pair that this process has not had yet: of an earlier process, or new."""
        store = None if find_store is None else find_store()
        if store is None:
            return self.generate(bits)
        key = store.take(bits)
        if key is None:
            key = self.generate(bits)
            store.keep(key)
        return key

    def give_back(self, keys: "Iterable[rsa.RSAPrivateKey]") -> None:
        """Take back pairs that were leased here; their owner must not use them any more."""
        with self._lock:
            for key in keys:
                self._free[key.key_size].append(key)


# Module state on purpose: the pairs of a finished mock serve the next one in the process.
POOL = KeyPairPool()


class Leases:
    """
    What the keys of one KMS have on loan from the pool.

    What changes is the list of loans, under a lock: it grows with `rsa`, and ends with `close` or
    `retire`. With *reuse* off every pair is fresh, and none is given back or stored.
    """

    def __init__(
        self,
        pool: KeyPairPool = POOL,
        reuse: bool = True,
        find_store: FindStore | None = None,
    ) -> None:
        self._pool = pool
        self._reuse = reuse
        self._find_store = find_store if reuse else None
        self._loans: list[rsa.RSAPrivateKey] | None = [] if reuse else None
        self._lock = new_lock()

    def rsa(self, bits: int) -> "rsa.RSAPrivateKey":
        """Lease a pair until `close`; after the end, one that was none's and never comes back."""
        if self._loans is None:
            return self._pool.obtain(bits, self._find_store)
        key = self._pool.lease(bits, self._find_store)
        with self._lock:
            if self._loans is not None:
                self._loans.append(key)
        return key

    def retire(self) -> "Leases":
        """
        Keep what is on loan for good, and return successors for the keys that are yet to come.

        For a KMS that is copied. A key of both makes its pair at its first use in either one, maybe
        after the other has been closed; so nothing that was leased here is ever given back.
        """
        with self._lock:
            self._loans = None
        return self.__deepcopy__(None)

    def __deepcopy__(self, memo: object) -> "Leases":
        # The keys of a copied KMS have theirs from here; those that it makes itself are its own.
        return Leases(self._pool, self._reuse, self._find_store)

    def close(self) -> None:
        """Give everything back. Doing it twice does no harm."""
        with self._lock:
            loans, self._loans = self._loans, None
        self._pool.give_back(loans or ())
