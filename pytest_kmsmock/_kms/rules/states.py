"""In which states of its key an operation works: the rows of AWS's key-state table."""

from collections.abc import Collection
from typing import Final

from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.states import (
    ALL_STATES,
    CREATING,
    DISABLED,
    PENDING_DELETION,
    PENDING_IMPORT,
    PENDING_REPLICA_DELETION,
    UNAVAILABLE,
    UPDATING,
    KeyState,
)
from pytest_kmsmock._kms.errors import KmsError, invalid_state

# state -> how AWS words the refusal (wire-facts S1 to S3, S13 to S15). "is pending replica
# deletion" was never recorded (assumed).
_SENTENCES: Final[dict[KeyState, str]] = {
    DISABLED: "is disabled.",
    PENDING_DELETION: "is pending deletion.",
    PENDING_REPLICA_DELETION: "is pending replica deletion.",
    PENDING_IMPORT: "is pending import.",
    UNAVAILABLE: "is unavailable.",
    CREATING: "is creating.",
    UPDATING: "is updating.",
}


def refusal(key: Key, state: KeyState) -> KmsError:
    """Return the error for a *key* that is in *state*, which an operation does not accept."""
    message = f"{key.arn} {_SENTENCES[state]}"
    return KmsError("DisabledException", message) if state == DISABLED else invalid_state(message)


class States:
    """The requirement that a key is in none of the *refused* states."""

    def __init__(self, refused: Collection[KeyState]) -> None:
        self.refused = frozenset(refused)

    def __str__(self) -> str:
        return "not " + ", ".join(state for state in ALL_STATES if state in self.refused)

    def check(self, key: Key, operation: str) -> None:
        state = key.state
        if state in self.refused:
            raise refusal(key, state)


class PendingDeletionOnly(States):
    """CancelKeyDeletion's row: the only operation that wants a key to be on its way out."""

    def __init__(self) -> None:
        super().__init__(set(ALL_STATES) - set(_LEAVING))

    def check(self, key: Key, operation: str) -> None:
        if key.state in self.refused:
            raise invalid_state(f"{key.arn} is not pending deletion.")  # wire-facts S12


_LEAVING: Final = (PENDING_DELETION, PENDING_REPLICA_DELETION)
_UNUSABLE: Final = (DISABLED, *_LEAVING, PENDING_IMPORT, CREATING)

# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html, a row each
USABLE = States({*_UNUSABLE, UNAVAILABLE})
GRANTABLE = States(_UNUSABLE)
ROTATABLE = States({DISABLED, *_LEAVING, CREATING})
ROTATABLE_ON_DEMAND = States(_UNUSABLE)
REPLICABLE = States({*_UNUSABLE, UPDATING})
READABLE = States({*_LEAVING, PENDING_IMPORT, CREATING})  # GetPublicKey; wire-facts S7
SWITCHABLE = States({*_LEAVING, PENDING_IMPORT, CREATING, UPDATING})
CHANGEABLE = States(_LEAVING)
DELETABLE = States({*_LEAVING, UPDATING})
CANCELLABLE = PendingDeletionOnly()
WRAPPABLE = States({*_LEAVING, CREATING, UPDATING})  # GetParametersForImport
IMPORTABLE = States({*_LEAVING, CREATING})
MATERIAL_DELETABLE = States({CREATING, UPDATING})
