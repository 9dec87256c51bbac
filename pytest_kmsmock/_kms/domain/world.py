"""Everything one mock holds, nested as AWS nests it: accounts, then Regions, then keys."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from pytest_kmsmock._kms.crypto.pool import FindStore, Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource, SystemRandomness
from pytest_kmsmock._kms.domain.aliases import PREDEFINED_AWS_ALIASES, Alias
from pytest_kmsmock._kms.domain.changes import drop, insert, note, put, remove, replace
from pytest_kmsmock._kms.domain.clock import Clock
from pytest_kmsmock._kms.domain.copying import copied
from pytest_kmsmock._kms.domain.identifiers import Arn
from pytest_kmsmock._kms.domain.keys import Key, KeyFamily, MaterialVersion
from pytest_kmsmock._kms.domain.principals import Document, Principals
from pytest_kmsmock._kms.domain.quotas import Quotas
from pytest_kmsmock._kms.lazily import lazily
from pytest_kmsmock._kms.wire.model import partition_of

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.ciphertexts import KnownCiphertext
    from pytest_kmsmock._kms.domain.grants import Grant
    from pytest_kmsmock._kms.domain.imports import ImportParameters
    from pytest_kmsmock._kms.domain.key_stores.backing import CloudHsmCluster, ExternalKeyManager
    from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore

DueKind: TypeAlias = Literal[
    "deletion",
    "end of connecting",
    "end of creation",
    "end of disconnecting",
    "end of update",
    "material expiry",
    "rotation",
]
Subject: TypeAlias = "Key | KeyStore"
# When, which of those planned, what, and to whom.
Event: TypeAlias = "tuple[datetime, int, DueKind, Subject]"


@dataclass(slots=True, eq=False, kw_only=True)
class Region:
    """One Region of one account: its keys and aliases, with the orders in which AWS lists them."""

    name: str
    account_id: str
    partition: str
    keys: dict[str, Key] = field(default_factory=dict)
    key_ids: list[str] = field(default_factory=list)  # sorted
    aliases: dict[str, Alias] = field(default_factory=dict)
    # Sorted; the predefined ones are listed before they have a target (wire-facts A12).
    alias_names: list[str] = field(default_factory=lambda: list(PREDEFINED_AWS_ALIASES))
    key_stores: "dict[str, KeyStore]" = field(default_factory=dict)

    def arn(self, resource: str) -> str:
        """Return the ARN of `key/<id>` or `alias/<name>` here."""
        return str(Arn(self.partition, self.name, self.account_id, resource))

    def add_key(self, key: Key) -> None:
        put(self.keys, key.key_id, key)
        insert(self.key_ids, key.key_id)
        put(key.family.members, self.name, key)

    def remove_key(self, key: Key) -> None:
        """Forget *key* and what hangs on it: aliases, grants, tags, policy (rules DEL-5)."""
        for alias in list(key.aliases.values()):
            self.remove_alias(alias)
        drop(self.keys, key.key_id)
        remove(self.key_ids, key.key_id)
        drop(key.family.members, self.name)

    def add_alias(self, alias: Alias) -> None:
        put(self.aliases, alias.name, alias)
        if alias.name not in PREDEFINED_AWS_ALIASES:
            insert(self.alias_names, alias.name)
        put(alias.target.aliases, alias.name, alias)

    def remove_alias(self, alias: Alias) -> None:
        drop(self.aliases, alias.name)
        remove(self.alias_names, alias.name)
        drop(alias.target.aliases, alias.name)


# The policies at each level of an organization, from its root down to the account.
Levels: TypeAlias = tuple[tuple[Document, ...], ...]


class ControlPolicies(NamedTuple):
    """Which limit a request: those around the caller, and those around the resource."""

    service: Levels
    resource: Levels


NO_CONTROL: Final = ControlPolicies((), ())
NO_ORGANIZATIONS: Final[Mapping[str, str]] = {}


@dataclass(slots=True, eq=False, kw_only=True)
class Account:
    """
    An account, with its place in an organization: a test may set *org_id* and the control policies.

    An account without levels is not limited.
    """

    account_id: str
    regions: dict[str, Region] = field(default_factory=dict)
    org_id: str | None = None
    service_control_policies: Levels = ()
    resource_control_policies: Levels = ()

    def region(self, name: str) -> Region:
        region = self.regions.get(name)
        if region is None:
            region = self.regions[name] = Region(
                name=name, account_id=self.account_id, partition=partition_of(name)
            )
        return region


class World:
    """
    The state of one mock; nothing in it outlives the mock but key pairs, which go back to a pool.

    Not thread-safe on its own: the service's lock guards it.
    """

    def __init__(
        self,
        *,
        source: RandomSource | None = None,
        quotas: Quotas | None = None,
        reuse_key_pairs: bool = True,
        find_key_pair_store: FindStore | None = None,
    ) -> None:
        self.clock = Clock()
        self.source: RandomSource = SystemRandomness() if source is None else source
        self.quotas = Quotas() if quotas is None else quotas
        self.leases = Leases(reuse=reuse_key_pairs, find_store=find_key_pair_store)
        self.accounts: dict[str, Account] = {}
        self.principals = Principals()
        # key material id -> what it belongs to: a ciphertext names its material (design, 5).
        self.materials: dict[bytes, tuple[KeyFamily, MaterialVersion]] = {}
        # import token -> what it stands for; expired ones stay, to be told from foreign ones.
        self.import_parameters: dict[bytes, ImportParameters] = {}
        self.grants: dict[str, Grant] = {}  # on all keys: a grant token does not say which
        # What grant tokens are sealed with: the first for new ones, all for those that are shown.
        self.token_secrets: tuple[bytes, ...] = (self.source.token_bytes(32),)
        # ciphertexts that a test has made known, such as real ones of AWS
        self.known_ciphertexts: dict[bytes, KnownCiphertext] = {}
        self.makes_missing_keys = False
        self.due: list[Event] = []  # what is to come, as a heap
        # What stands behind custom key stores, by cluster id and by proxy URI.
        self.clusters: dict[str, CloudHsmCluster] = {}
        self.key_managers: dict[str, ExternalKeyManager] = {}
        self._planned = 0

    def region(self, account_id: str, name: str) -> Region:
        try:
            return self.accounts[account_id].regions[name]
        except KeyError:  # the first time
            return self.account(account_id).region(name)

    def account(self, account_id: str) -> Account:
        account = self.accounts.get(account_id)
        if account is None:
            account = self.accounts[account_id] = Account(account_id=account_id)
        return account

    @property
    def org_ids(self) -> Mapping[str, str]:
        """The organizations of the accounts that are in one."""
        found = NO_ORGANIZATIONS  # each call asks
        for account_id, account in self.accounts.items():
            if account.org_id is not None:
                found = {**found, account_id: account.org_id}
        return found

    def control_policies(self, caller_account: str, account_id: str) -> ControlPolicies:
        """Return those around a caller of the one account at a resource of the other."""
        own = other = self.accounts.get(account_id)
        if caller_account != account_id:
            own = self.accounts.get(caller_account)
        service = () if own is None else own.service_control_policies
        resource = () if other is None else other.resource_control_policies
        return ControlPolicies(service, resource) if service or resource else NO_CONTROL

    def has_key(self, key_id: str) -> bool:
        """Tell whether a key of any account and Region has this id."""
        return any(
            key_id in region.keys
            for account in self.accounts.values()
            for region in account.regions.values()
        )

    def region_of(self, key: Key) -> Region:
        return self.region(key.family.account_id, key.region)

    def add_version(self, family: KeyFamily, version: MaterialVersion) -> None:
        replace(family.versions, [*family.versions, version])
        if version.material_id is not None:
            put(self.materials, version.material_id, (family, version))

    def remove_version(self, family: KeyFamily, version: MaterialVersion) -> None:
        """Forget material that was never used: imported, and pending rotation (rules IMP-25)."""
        replace(family.versions, [other for other in family.versions if other is not version])
        if version.material_id is not None:
            drop(self.materials, version.material_id)

    def forget_family(self, family: KeyFamily) -> None:
        """Make its ciphertexts undecryptable, once the last related key is gone (rules DEL-12)."""
        for version in family.versions:
            if version.material_id is not None:
                drop(self.materials, version.material_id)

    def add_grant(self, grant: "Grant") -> None:
        put(self.grants, grant.grant_id, grant)
        put(grant.key.grants, grant.grant_id, grant)

    def remove_grant(self, grant: "Grant") -> None:
        drop(self.grants, grant.grant_id)
        drop(grant.key.grants, grant.grant_id)

    def cluster(self, cluster_id: str) -> "CloudHsmCluster":
        """Return the CloudHSM cluster of that id: every one exists unless a test says otherwise."""
        if cluster_id not in self.clusters:
            with lazily():
                from pytest_kmsmock._kms.domain.key_stores.backing import (  # noqa: PLC0415 - few tests have a store
                    CloudHsmCluster,
                )

            self.clusters[cluster_id] = CloudHsmCluster(
                cluster_id=cluster_id, certificate=cluster_id
            )
        return self.clusters[cluster_id]

    def key_manager(self, uri: str) -> "ExternalKeyManager":
        """Return the external key manager behind the proxy at *uri*, endpoint and path."""
        if uri not in self.key_managers:
            with lazily():
                from pytest_kmsmock._kms.domain.key_stores.backing import (  # noqa: PLC0415 - few tests have a store
                    ExternalKeyManager,
                )

            self.key_managers[uri] = ExternalKeyManager(source=self.source)
        return self.key_managers[uri]

    def plan(self, at: datetime, kind: DueKind, subject: Subject) -> None:
        """Let *kind* happen to *subject* at *at*, unless it no longer applies by then."""
        self._planned += 1
        event = (at, self._planned, kind, subject)
        note(self._forget, event)
        heapq.heappush(self.due, event)

    def _forget(self, event: Event) -> None:
        if event in self.due:
            self.due.remove(event)
            heapq.heapify(self.due)

    def _remember(self, event: Event) -> None:
        if event not in self.due:
            heapq.heappush(self.due, event)

    def next_due(self, now: datetime) -> tuple[datetime, DueKind, Subject] | None:
        """Take the earliest event that is due at *now*, or None."""
        if not self.due or self.due[0][0] > now:
            return None
        note(self._remember, self.due[0])
        at, _, kind, subject = heapq.heappop(self.due)
        return at, kind, subject

    def draw_from(self, source: RandomSource, token_secret: bytes) -> None:
        """Let all that is random come from *source* from here on; known grant tokens stay good."""
        self.source = source
        self.token_secrets = (token_secret, *self.token_secrets)
        for manager in self.key_managers.values():
            manager.source = source

    def copy(self) -> "World":
        """Return a world that is and will be as this one, and goes its own way."""
        self.leases = self.leases.retire()  # one key pair in two worlds: neither may give it back
        twin = World.__new__(World)
        twin.__dict__.update(copied(self.__dict__))
        return twin

    def close(self) -> None:
        """Give the key pairs on loan back to the pool; the world must not be used afterwards."""
        self.leases.close()
