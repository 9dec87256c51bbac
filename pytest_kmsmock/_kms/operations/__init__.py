"""The operations of KMS, a module per family: what is called is imported, once it is called."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from pytest_kmsmock._kms.rules.operation import REGISTRY, Operation

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "agreement": ("DeriveSharedSecret",),
        "aliases": ("CreateAlias", "UpdateAlias", "DeleteAlias", "ListAliases"),
        "data_keys": (
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateRandom",
        ),
        "encryption": ("Encrypt", "Decrypt", "ReEncrypt"),
        "grants": (
            "CreateGrant",
            "ListGrants",
            "ListRetirableGrants",
            "RetireGrant",
            "RevokeGrant",
        ),
        "importing": ("GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial"),
        "key_stores": (
            "CreateCustomKeyStore",
            "UpdateCustomKeyStore",
            "DeleteCustomKeyStore",
            "ConnectCustomKeyStore",
            "DisconnectCustomKeyStore",
            "DescribeCustomKeyStores",
        ),
        "keys": ("CreateKey", "DescribeKey", "ListKeys", "UpdateKeyDescription"),
        "lifecycle": ("EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"),
        "mac": ("GenerateMac", "VerifyMac"),
        "policies": ("GetKeyPolicy", "PutKeyPolicy", "ListKeyPolicies"),
        "replication": ("ReplicateKey", "UpdatePrimaryRegion"),
        "rotation": (
            "EnableKeyRotation",
            "DisableKeyRotation",
            "GetKeyRotationStatus",
            "RotateKeyOnDemand",
            "ListKeyRotations",
        ),
        "signing": ("Sign", "Verify", "GetPublicKey"),
        "tags": ("TagResource", "UntagResource", "ListResourceTags"),
        "usage": ("GetKeyLastUsage",),
    }
)

_FAMILY_OF: Final = {name: family for family, names in FAMILIES.items() for name in names}


def find_operation(name: str) -> Operation | None:
    """Return the operation *name*, or None if it is not built."""
    found = REGISTRY.get(name)
    if found is None and name in _FAMILY_OF:
        import_module(f"{__name__}.{_FAMILY_OF[name]}")
        found = REGISTRY[name]
    return found


def all_operations() -> Mapping[str, Operation]:
    """Return all operations that are built, by name."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
    return REGISTRY
