"""The operations of KMS, a module per family: what is called is imported, once it is called."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final

from pytest_kmsmock._kms.lazily import lazily
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
        "encapsulation": ("Encapsulate", "Decapsulate"),
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


@cache
def find_operation(name: str) -> Operation | None:
    """Return the operation *name*, or None if it is not built."""
    family = _FAMILY_OF.get(name)
    if family is None:
        return None
    # Before the look-up, always: a module registers its first operations while it is still being
    # imported by another thread, and their helpers may not be there yet.
    with lazily():
        import_module(f"{__name__}.{family}")
    return REGISTRY[name]


def all_operations() -> Mapping[str, Operation]:
    """Return all operations that are built, by name."""
    return {name: operation for name in _FAMILY_OF if (operation := find_operation(name))}
