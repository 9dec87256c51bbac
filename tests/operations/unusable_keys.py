"""Keys in the states in which KMS does not use them, and what it answers about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.vocabulary import create_key

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient


def leave(kms: "KMSClient", key_arn: str) -> None:
    """Do nothing: the key is born in its state."""


def disable(kms: "KMSClient", key_arn: str) -> None:
    kms.disable_key(KeyId=key_arn)


def schedule_deletion(kms: "KMSClient", key_arn: str) -> None:
    kms.schedule_key_deletion(KeyId=key_arn)


@dataclass(frozen=True, kw_only=True)
class Unusable:
    """A way to bring a key into a state, and the refusal (wire-facts S1, S2, S3)."""

    code: str
    sentence: str
    enter: Callable[["KMSClient", str], None] = leave
    members: Mapping[str, Any] = field(default_factory=dict)

    def create(self, kms: "KMSClient", **members: Any) -> str:
        """Make such a key and return its ARN."""
        key_arn = create_key(kms, **members, **self.members)
        self.enter(kms, key_arn)
        return key_arn

    def refusal(self, key_arn: str) -> tuple[str, str]:
        """Return code and message with which AWS refuses to use the key."""
        return self.code, f"{key_arn} {self.sentence}"


DISABLED = Unusable(code="DisabledException", sentence="is disabled.", enter=disable)
PENDING_DELETION = Unusable(
    code="KMSInvalidStateException", sentence="is pending deletion.", enter=schedule_deletion
)
PENDING_IMPORT = Unusable(
    code="KMSInvalidStateException",
    sentence="is pending import.",
    members={"Origin": "EXTERNAL"},
)

UNUSABLE = {
    "disabled": DISABLED,
    "pending deletion": PENDING_DELETION,
    "pending import": PENDING_IMPORT,
}
