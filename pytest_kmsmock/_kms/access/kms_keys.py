"""
The condition keys of KMS, with the value that each has at each permission.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.access.condition_keys import (
    ENCRYPTING,
    ConditionKey,
    Found,
    Reader,
    by_folded,
    key,
    write_bool,
)
from pytest_kmsmock._kms.crypto.algorithms import RAW, SYMMETRIC_DEFAULT
from pytest_kmsmock._kms.domain.identifiers import is_alias, read_arn
from pytest_kmsmock._kms.domain.keys import AWS_KMS, KeyFamily
from pytest_kmsmock._kms.wire.model import dns_suffix_of, partition_of

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.context import RequestValues

# GetKeyLastUsage knows no earlier use (wire-facts V17).
TRACKING_START: Final = datetime(2026, 4, 23, tzinfo=timezone.utc)

_BY_ALIAS: Final = ENCRYPTING | {
    "Sign",
    "Verify",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
    "DescribeKey",
    "GetPublicKey",
}
_OF_ACCOUNT: Final = frozenset(
    {
        "CreateKey",
        "CreateAlias",
        "UpdateAlias",
        "DeleteAlias",
        "TagResource",
        "CreateCustomKeyStore",
        "UpdateCustomKeyStore",
        "DeleteCustomKeyStore",
        "ConnectCustomKeyStore",
        "DisconnectCustomKeyStore",
        "DescribeCustomKeyStores",
    }
)
_VIA: Final = frozenset({"CreateKey", "CreateAlias", "UpdateAlias", "DeleteAlias", "TagResource"})


def _member(name: str, *actions: str, default: Any = None) -> Reader:
    """Read a member of the request at *actions*; one that was left out has its default (AZ126)."""

    def read(values: "RequestValues", _: str) -> Found:
        if values.action not in actions:
            return None
        value = values.facts.members.get(name, default)
        if value is None:
            return None
        if isinstance(value, datetime):
            return f"{value.timestamp():.6f}".rstrip("0").rstrip(".")
        if isinstance(value, list | tuple):
            return tuple(value)
        return write_bool(value) if isinstance(value, bool) else str(value)

    return read


def _of_family(read: Callable[[KeyFamily], str], member: str, default: str) -> Reader:
    """Read what a key is, or is to be: at CreateKey, and at ReplicateKey of the primary key."""

    def read_it(values: "RequestValues", _: str) -> Found:
        if values.key is not None:
            return read(values.key.family) if values.is_key_resource else None
        if values.action != "CreateKey":
            return None
        return str(values.facts.members.get(member, default))

    return read_it


def _key_spec(values: "RequestValues", _: str) -> Found:
    if values.key is not None:
        return values.key.family.spec.name if values.is_key_resource else None
    if values.action != "CreateKey":
        return None
    members = values.facts.members
    spec: str = members.get("KeySpec") or members.get("CustomerMasterKeySpec") or SYMMETRIC_DEFAULT
    return spec


def _multi_region(values: "RequestValues", _: str) -> Found:
    if values.key is not None:
        return write_bool(values.key.family.is_multi_region) if values.is_key_resource else None
    if values.action != "CreateKey":
        return None
    return write_bool(values.facts.members.get("MultiRegion"))


def _multi_region_type(values: "RequestValues", _: str) -> Found:  # AZ135
    if values.key is not None:
        if not values.is_key_resource or not values.key.family.is_multi_region:
            return None
        is_replica = values.action == "CreateKey" or not values.key.is_primary
        return "REPLICA" if is_replica else "PRIMARY"
    is_asked = values.action == "CreateKey" and values.facts.members.get("MultiRegion")
    return "PRIMARY" if is_asked else None


def _encryption_algorithm(values: "RequestValues", _: str) -> Found:
    action = values.action
    if action not in ENCRYPTING:
        return None
    member = {
        "ReEncryptFrom": "SourceEncryptionAlgorithm",
        "ReEncryptTo": "DestinationEncryptionAlgorithm",
    }.get(action, "EncryptionAlgorithm")
    algorithm: str = values.facts.members.get(member, SYMMETRIC_DEFAULT)
    return algorithm


def _grant_constraint_type(values: "RequestValues", _: str) -> Found:
    constraints: Mapping[str, Any] = {}
    if values.action == "CreateGrant":
        constraints = values.facts.members.get("Constraints") or {}
    elif values.action == "RetireGrant" and values.grant is not None:
        constraints = values.grant.constraints
    for name in ("EncryptionContextEquals", "EncryptionContextSubset"):
        if constraints.get(name):
            return name
    return None


def _grant_source_arn(values: "RequestValues", _: str) -> Found:
    if values.action != "CreateGrant":
        return None
    source_arn: str | None = (values.facts.members.get("Constraints") or {}).get("SourceArn")
    return source_arn


def _is_for_aws_resource(values: "RequestValues", _: str) -> Found:  # AZ109
    if values.action not in ("CreateGrant", "ListGrants", "RevokeGrant"):
        return None
    principal = values.facts.principal
    return write_bool(principal.via or principal.kind == "Service")


def _request_alias(values: "RequestValues", _: str) -> Found:  # AZ129
    identifier = values.facts.members.get(values.member)
    if values.action not in _BY_ALIAS or identifier is None or not is_alias(identifier):
        return None
    arn = read_arn(identifier)
    return str(identifier) if arn is None else arn.resource


def _resource_aliases(values: "RequestValues", _: str) -> Found:
    return None if values.key is None or values.action == "CreateKey" else values.key.aliases


def _same_key(values: "RequestValues", _: str) -> Found:
    if values.action not in ("ReEncryptFrom", "ReEncryptTo"):
        return None
    return write_bool(values.same_key)


def _days_without_usage(values: "RequestValues", _: str) -> Found:  # AZ141
    if values.action not in ("DisableKey", "ScheduleKeyDeletion") or values.key is None:
        return None
    last = values.key.last_usage
    since = max(TRACKING_START, values.key.creation_date) if last is None else last.timestamp
    return str(max((values.facts.now - since).days, 0))


def _attestation(values: "RequestValues", suffix: str) -> Found:
    document = values.document
    if document is None:
        return None
    if suffix == "imagesha384":
        measured = document.pcrs.get(0)
    elif suffix.startswith("nitrotpmpcr"):
        measured = _measured(document.nitrotpm_pcrs, suffix.removeprefix("nitrotpmpcr"))
    else:
        measured = _measured(document.pcrs, suffix.removeprefix("pcr"))
    return None if measured is None else measured.hex()


def _measured(registers: Mapping[int, bytes], number: str) -> bytes | None:
    return registers.get(int(number)) if number.isdecimal() else None


def _caller_account(values: "RequestValues", _: str) -> Found:  # AZ137
    principal = values.facts.principal
    if principal.kind == "Service":
        return None
    is_known = values.key is not None or values.action in _OF_ACCOUNT
    return principal.account_id if is_known else None


def _via_service(values: "RequestValues", _: str) -> Found:  # AZ136
    via = values.facts.principal.via
    if not via or (values.key is None and values.action not in _VIA):
        return None
    return name_of_service(via[-1], values.facts.region)


def name_of_service(service: str, region: str) -> str:
    """Write a service as kms:ViaService does: "s3" is "s3.<region>.amazonaws.com"."""
    if "." in service:
        return service
    return f"{service}.{region}.{dns_suffix_of(partition_of(region))}"


_USAGE: Final = _of_family(lambda family: family.usage, "KeyUsage", "ENCRYPT_DECRYPT")
_PAIRS: Final = ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
_WRAPPING: Final = "GetParametersForImport"

KMS_KEYS: Final = (
    # Absent when left out, unlike other parameters (AZ127).
    key(
        "kms:BypassPolicyLockoutSafetyCheck",
        _member("BypassPolicyLockoutSafetyCheck", "CreateKey", "PutKeyPolicy"),
    ),
    key("kms:CallerAccount", _caller_account),
    key("kms:CustomerMasterKeySpec", _key_spec),
    key("kms:CustomerMasterKeyUsage", _USAGE),
    key("kms:DataKeyPairSpec", _member("KeyPairSpec", *_PAIRS)),
    key("kms:EncryptionAlgorithm", _encryption_algorithm),
    key(
        "kms:EncryptionContextKeys",
        lambda values, _: tuple(values.encryption_context),
        is_many=True,
    ),
    key("kms:ExpirationModel", _member("ExpirationModel", "ImportKeyMaterial")),
    key("kms:GrantConstraintSourceArn", _grant_source_arn),
    key("kms:GrantConstraintType", _grant_constraint_type),
    key("kms:GranteePrincipal", _member("GranteePrincipal", "CreateGrant")),
    key("kms:GranteeServicePrincipal", _member("GranteeServicePrincipal", "CreateGrant")),
    key("kms:GrantIsForAWSResource", _is_for_aws_resource),
    key("kms:GrantOperations", _member("Operations", "CreateGrant"), is_many=True),
    key("kms:KeyAgreementAlgorithm", _member("KeyAgreementAlgorithm", "DeriveSharedSecret")),
    key("kms:KeyOrigin", _of_family(lambda family: family.origin, "Origin", AWS_KMS)),
    key("kms:KeySpec", _key_spec),
    key("kms:KeyUsage", _USAGE),
    key("kms:MacAlgorithm", _member("MacAlgorithm", "GenerateMac", "VerifyMac")),
    key("kms:MessageType", _member("MessageType", "Sign", "Verify", default=RAW)),
    key("kms:MultiRegion", _multi_region),
    key("kms:MultiRegionKeyType", _multi_region_type),
    key(
        "kms:PolicyName",
        _member("PolicyName", "GetKeyPolicy", "PutKeyPolicy", default="default"),
    ),
    key("kms:PrimaryRegion", _member("PrimaryRegion", "UpdatePrimaryRegion")),
    key("kms:ReEncryptOnSameKey", _same_key),
    key("kms:ReplicaRegion", _member("ReplicaRegion", "ReplicateKey")),
    key("kms:RequestAlias", _request_alias),
    key("kms:ResourceAliases", _resource_aliases, is_many=True),
    key("kms:RetiringPrincipal", _member("RetiringPrincipal", "CreateGrant")),
    key("kms:RetiringServicePrincipal", _member("RetiringServicePrincipal", "CreateGrant")),
    key(
        "kms:RotationPeriodInDays",
        _member("RotationPeriodInDays", "EnableKeyRotation", default=365),
    ),
    key(
        "kms:ScheduleKeyDeletionPendingWindowInDays",
        _member("PendingWindowInDays", "ScheduleKeyDeletion", default=30),
    ),
    key("kms:SigningAlgorithm", _member("SigningAlgorithm", "Sign", "Verify")),
    key("kms:TrailingDaysWithoutKeyUsage", _days_without_usage),
    key("kms:ValidTo", _member("ValidTo", "ImportKeyMaterial")),
    key("kms:ViaService", _via_service),
    key("kms:WrappingAlgorithm", _member("WrappingAlgorithm", _WRAPPING)),
    key("kms:WrappingKeySpec", _member("WrappingKeySpec", _WRAPPING)),
)

KINDS_OF_KMS_KEYS: Final = (
    ConditionKey(
        name="kms:EncryptionContext:",
        prefix="kms:encryptioncontext:",
        read=lambda values, name: by_folded(values.encryption_context, name),
    ),
    ConditionKey(
        name="kms:RecipientAttestation:",
        prefix="kms:recipientattestation:",
        read=_attestation,
    ),
)
