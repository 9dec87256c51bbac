"""A request as conditions see it: what it has for each key, read when a statement asks for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.access.all_keys import find_key
from pytest_kmsmock._kms.access.condition_keys import ENCRYPTING
from pytest_kmsmock._kms.access.facts import KeyMoment, RequestFacts
from pytest_kmsmock._kms.crypto.errors import BadDocument
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.lazily import lazily

if TYPE_CHECKING:
    from pytest_kmsmock._kms.crypto.nitro.documents import AttestationDocument


_ATTESTED: Final = frozenset(
    {"Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"}
)


class RequestValues:
    """The condition keys of a request, at one permission that it needs."""

    __slots__ = (
        "_known",
        "account_id",
        "action",
        "facts",
        "grant",
        "key",
        "member",
        "region",
        "same_key",
    )

    facts: RequestFacts
    action: str  # without kms:
    key: KeyMoment | None
    account_id: str  # of whom the resource is
    member: str  # of the request, that names the key
    grant: Grant | None  # to be retired
    region: str  # in which the permission is asked
    same_key: bool  # on both sides of a ReEncrypt

    def __init__(
        self,
        facts: RequestFacts,
        action: str,
        *,
        key: KeyMoment | None = None,
        account_id: str,
        member: str = "KeyId",
        grant: Grant | None = None,
        region: str | None = None,
        same_key: bool = False,
    ) -> None:
        self.facts = facts
        self.action = action.removeprefix("kms:")
        self.key = key
        self.account_id = account_id
        self.member = member
        self.grant = grant
        self.region = region or facts.region
        self.same_key = same_key
        self._known: dict[str, tuple[str, ...] | None] = {}

    def get(self, key: str, /) -> tuple[str, ...] | None:
        try:
            return self._known[key]
        except KeyError:
            found = self._known[key] = self._read(key)
            return found

    def _read(self, key: str) -> tuple[str, ...] | None:
        told = self.facts.principal.context
        if key in told:
            return told[key] or None
        known = find_key(key)
        if known is None:
            return None
        found = known.read(self, key[len(known.prefix) :] if known.prefix else "")
        if isinstance(found, str):
            return (found,)
        return found or None

    @property
    def is_key_resource(self) -> bool:
        """Whether the keys about a KMS key are there; RetireGrant knows few of them (AZ133)."""
        return self.key is not None and self.action != "RetireGrant"

    @property
    def encryption_context(self) -> Mapping[str, str]:
        """The pairs of this side of the request, or of the constraint of a grant (AZ132)."""
        members = self.facts.members
        constraints: Mapping[str, Any]
        match self.action:
            case "ReEncryptFrom":
                return members.get("SourceEncryptionContext") or {}
            case "ReEncryptTo":
                return members.get("DestinationEncryptionContext") or {}
            case "CreateGrant":
                constraints = members.get("Constraints") or {}
            case "RetireGrant":
                constraints = {} if self.grant is None else self.grant.constraints
            case _:
                if self.action not in ENCRYPTING:
                    return {}
                return members.get("EncryptionContext") or {}
        return (
            constraints.get("EncryptionContextEquals")
            or constraints.get("EncryptionContextSubset")
            or {}
        )

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags in the request."""
        if self.action not in ("CreateKey", "TagResource", "ReplicateKey"):
            return {}
        return {tag["TagKey"]: tag["TagValue"] for tag in self.facts.members.get("Tags", ())}

    @property
    def document(self) -> "AttestationDocument | None":
        """The attestation document, if there is one that holds (AZ142)."""
        document = self.facts.members.get("Recipient", {}).get("AttestationDocument")
        if document is None or self.action not in _ATTESTED:
            return None
        with lazily():
            from pytest_kmsmock._kms.crypto.nitro import (  # noqa: PLC0415 - for few requests
                documents,
            )
        try:
            return documents.verify(document)
        except BadDocument:
            return None
