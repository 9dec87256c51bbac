"""Key states and the events that change them, as a transition table."""

from typing import Final, Literal, TypeAlias

KeyState: TypeAlias = Literal[
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingReplicaDeletion",
    "PendingImport",
    "Unavailable",
    "Creating",
    "Updating",
]

ENABLED: Final = "Enabled"
DISABLED: Final = "Disabled"
PENDING_DELETION: Final = "PendingDeletion"
PENDING_REPLICA_DELETION: Final = "PendingReplicaDeletion"
PENDING_IMPORT: Final = "PendingImport"
UNAVAILABLE: Final = "Unavailable"
CREATING: Final = "Creating"
UPDATING: Final = "Updating"

ALL_STATES: Final[tuple[KeyState, ...]] = (
    ENABLED,
    DISABLED,
    PENDING_DELETION,
    PENDING_REPLICA_DELETION,
    PENDING_IMPORT,
    UNAVAILABLE,
    CREATING,
    UPDATING,
)

KeyEvent: TypeAlias = Literal[
    "enable",
    "disable",
    "schedule deletion",
    "await replicas",
    "replicas are gone",
    "cancel deletion",
    "material arrives",
    "material leaves",
    "creation ends",
    "creation ends without material",
]

# (state, event) -> state. Unavailable and Updating are not here: they lie over a state and pass
# (`Key.overlay`), as a disconnected key store and a change of the primary Region do.
TRANSITIONS: Final[dict[tuple[KeyState, KeyEvent], KeyState]] = {
    (ENABLED, "enable"): ENABLED,
    (DISABLED, "enable"): ENABLED,
    (ENABLED, "disable"): DISABLED,
    (DISABLED, "disable"): DISABLED,
    (ENABLED, "schedule deletion"): PENDING_DELETION,
    (DISABLED, "schedule deletion"): PENDING_DELETION,
    (PENDING_IMPORT, "schedule deletion"): PENDING_DELETION,
    (CREATING, "schedule deletion"): PENDING_DELETION,
    (ENABLED, "await replicas"): PENDING_REPLICA_DELETION,
    (DISABLED, "await replicas"): PENDING_REPLICA_DELETION,
    (PENDING_IMPORT, "await replicas"): PENDING_REPLICA_DELETION,
    (PENDING_REPLICA_DELETION, "replicas are gone"): PENDING_DELETION,
    (PENDING_DELETION, "cancel deletion"): DISABLED,
    (PENDING_REPLICA_DELETION, "cancel deletion"): DISABLED,
    (PENDING_IMPORT, "material arrives"): ENABLED,
    (ENABLED, "material arrives"): ENABLED,
    (DISABLED, "material arrives"): DISABLED,
    (ENABLED, "material leaves"): PENDING_IMPORT,
    (DISABLED, "material leaves"): PENDING_IMPORT,
    (PENDING_IMPORT, "material leaves"): PENDING_IMPORT,
    # rules IMP-26: deleting material does not take a key out of its deletion.
    (PENDING_DELETION, "material leaves"): PENDING_DELETION,
    (PENDING_REPLICA_DELETION, "material leaves"): PENDING_REPLICA_DELETION,
    (CREATING, "creation ends"): ENABLED,
    (CREATING, "creation ends without material"): PENDING_IMPORT,
}
