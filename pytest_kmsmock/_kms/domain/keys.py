"""KMS keys: what related multi-Region keys share, and what each key owns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pytest_kmsmock._kms.crypto.materials.making import Material
from pytest_kmsmock._kms.crypto.specs import KeySpec
from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.states import (
    ENABLED,
    PENDING_DELETION,
    PENDING_REPLICA_DELETION,
    TRANSITIONS,
    KeyEvent,
    KeyState,
)

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.aliases import Alias
    from pytest_kmsmock._kms.domain.grants import Grant
    from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
    from pytest_kmsmock._kms.domain.rotation import Rotation

AWS_KMS: Final = "AWS_KMS"
EXTERNAL: Final = "EXTERNAL"
AWS_CLOUDHSM: Final = "AWS_CLOUDHSM"
EXTERNAL_KEY_STORE: Final = "EXTERNAL_KEY_STORE"

MaterialState: TypeAlias = Literal[
    "CURRENT", "NON_CURRENT", "PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
]


@dataclass(slots=True, eq=False, kw_only=True)
class MaterialVersion:
    """
    One generation of a key's material, shared by related multi-Region keys.

    *material* is None for imported material: every related key holds its own copy
    (`Key.imported`), since each Region imports, expires and deletes by itself (rules IMP-21).
    *material_id* is None for keys that are not symmetric (wire-facts C5); *fingerprint* tells the
    imported material of those from any other. Rotation changes *state*, *rotation_date* and
    *rotation_type*; an import changes *description*. How a version that is not current shows
    itself is asked of `KeyFamily.state_of()`.
    """

    material: Material | None
    material_id: bytes | None
    fingerprint: bytes | None = None
    state: MaterialState = "CURRENT"
    rotation_date: datetime | None = None
    rotation_type: Literal["AUTOMATIC", "ON_DEMAND"] | None = None
    description: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class ImportedMaterial:
    """A Region's own copy of imported material; *valid_to* is None where it never expires."""

    material: Material
    valid_to: datetime | None


@dataclass(slots=True, eq=False, kw_only=True)
class LastUsage:
    """The last successful cryptographic operation with a key (rules USE-2)."""

    operation: str
    timestamp: datetime
    request_id: str


@dataclass(slots=True, eq=False, kw_only=True)
class KeyFamily:
    """
    What related multi-Region keys share (rules MR-3); a single-Region key is a family of one.

    Rotation and import append to *versions* and move *current*; replication and
    UpdatePrimaryRegion change *members* and *primary_region*.
    """

    key_id: str
    account_id: str
    partition: str
    spec: KeySpec
    usage: str
    origin: str
    manager: Literal["CUSTOMER", "AWS"] = "CUSTOMER"
    is_multi_region: bool = False
    primary_region: str
    members: "dict[str, Key]" = field(default_factory=dict)
    versions: list[MaterialVersion] = field(default_factory=list)
    rotation: "Rotation | None" = None
    on_demand_rotations: int = 0

    @property
    def current(self) -> MaterialVersion | None:
        """The version that encrypts and signs; None before the first import."""
        # The last version, or the one before it: at most one waits for its rotation.
        for version in reversed(self.versions):
            if version.state == "CURRENT":
                return version
        return None

    @property
    def pending(self) -> MaterialVersion | None:
        """The imported version that waits for its rotation, if there is one (rules IMP-19)."""
        if self.versions and self.versions[-1].state == "PENDING_ROTATION":
            return self.versions[-1]
        return None

    def state_of(self, version: MaterialVersion) -> MaterialState:
        """
        Return the state of *version* as callers see it.

        Pending material is first awaited in every related key (rules IMP-22): that depends on who
        they are and what they have at the moment, so it is not written down in the version.
        """
        if version.state == "PENDING_ROTATION" and not all(
            key.material_of(version) is not None for key in self.members.values()
        ):
            return "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
        return version.state

    @property
    def primary(self) -> "Key":
        return self.members[self.primary_region]


@dataclass(slots=True, eq=False, kw_only=True)
class Key:
    """A KMS key in one Region. Operations change it; its state only through `apply()`."""

    family: KeyFamily
    region: str
    arn: str
    creation_date: datetime
    description: str = ""
    policy: str | None = None  # None: the default policy, made when somebody reads it
    # account id -> the actions that RAM allows it: with whom the key is shared
    shares: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    aliases: "dict[str, Alias]" = field(default_factory=dict)
    grants: "dict[str, Grant]" = field(default_factory=dict)
    imported: dict[bytes | None, ImportedMaterial] = field(default_factory=dict)
    deletion_date: datetime | None = None
    pending_window_days: int | None = None
    last_usage: LastUsage | None = None
    key_store: "KeyStore | None" = None
    external_key_id: str = ""  # XksKeyId; "" outside external key stores
    own_state: KeyState = ENABLED
    overlay: KeyState | None = None

    @property
    def key_id(self) -> str:
        return self.family.key_id

    @property
    def is_primary(self) -> bool:
        return self.family.primary_region == self.region

    @property
    def state(self) -> KeyState:
        """The state that callers see: an overlay, if there is one, hides the key's own state."""
        if self.overlay is None or self.is_pending_deletion:
            return self.own_state
        return self.overlay

    @property
    def is_pending_deletion(self) -> bool:
        return self.own_state in (PENDING_DELETION, PENDING_REPLICA_DELETION)

    def apply(self, event: KeyEvent) -> None:
        """Change the state; an event that the table does not know is a bug and a KeyError."""
        change(self, own_state=TRANSITIONS[self.own_state, event])

    def cover(self, overlay: Literal["Unavailable", "Updating"] | None) -> None:
        """Lay a passing state over the key's own one, or take it away."""
        change(self, overlay=overlay)

    def material_of(self, version: MaterialVersion) -> Material | None:
        """Return this Region's copy of *version*; None where it is not (or no longer) imported."""
        if version.material is not None:
            return version.material
        copy = self.imported.get(version.material_id)
        return None if copy is None else copy.material

    @property
    def has_all_material(self) -> bool:
        """Whether all that is permanently associated is here, pending material aside (IMP-20)."""
        return self.family.current is not None and all(
            self.material_of(version) is not None
            for version in self.family.versions
            if version.state != "PENDING_ROTATION"
        )

    @property
    def material(self) -> Material:
        """The current material; asked only of keys whose state lets them be used."""
        version = self.family.current
        material = None if version is None else self.material_of(version)
        if material is None:
            raise LookupError(f"{self.arn} has no material in state {self.state}")
        return material
