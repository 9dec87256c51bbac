"""KeyMetadata: how a key describes itself."""

from typing import Any

from pytest_kmsmock._kms.domain.keys import AWS_KMS, EXTERNAL, Key
from pytest_kmsmock._kms.domain.states import ENABLED, PENDING_DELETION, PENDING_REPLICA_DELETION

# usage -> the one list of algorithms that is shown (rules KEY-13)
ALGORITHM_MEMBERS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}


def describe_algorithms(key: Key) -> dict[str, Any]:
    """Return spec, usage and algorithms as KeyMetadata and GetPublicKey show them."""
    family = key.family
    members: dict[str, Any] = {
        "KeySpec": family.spec.name,
        "KeyUsage": family.usage,
        ALGORITHM_MEMBERS[family.usage]: list(family.spec.algorithms(family.usage)),
    }
    if family.spec.has_legacy_name:
        # The deprecated member's enum stops before Ed25519, ML-DSA and ML-KEM (rules KEY-14;
        # assumed).
        members["CustomerMasterKeySpec"] = family.spec.name
    return members


def describe_material(material_id: bytes | None) -> dict[str, Any]:
    """Return KeyMaterialId for a material that has an id: a symmetric key's (wire-facts C5)."""
    return {} if material_id is None else {"KeyMaterialId": material_id.hex()}


def describe_key(key: Key) -> dict[str, Any]:
    """Return KeyMetadata (rules KEY-11 to KEY-20, wire-facts C1 to C6)."""
    family, state = key.family, key.state
    metadata = {
        "AWSAccountId": family.account_id,
        "KeyId": family.key_id,
        "Arn": key.arn,
        "CreationDate": key.creation_date,
        "Enabled": state == ENABLED,
        "Description": key.description,
        "KeyState": state,
        "Origin": family.origin,
        "KeyManager": family.manager,
        "MultiRegion": family.is_multi_region,
        **describe_algorithms(key),
    }
    current = family.current
    if current is not None and current.material_id is not None and is_shown(key):
        metadata["CurrentKeyMaterialId"] = current.material_id.hex()
    if state == PENDING_DELETION:
        metadata["DeletionDate"] = key.deletion_date
    if state == PENDING_REPLICA_DELETION:
        metadata["PendingDeletionWindowInDays"] = key.pending_window_days
    if family.origin == EXTERNAL:
        metadata |= describe_expiration(key)
    if family.is_multi_region:
        metadata["MultiRegionConfiguration"] = describe_relatives(key)
    if key.key_store is not None:
        metadata |= key.key_store.describe_key(key)
    return metadata


def is_shown(key: Key) -> bool:
    """Tell whether the current material's id is shown: a replica being made has none yet (Z3)."""
    return key.family.origin in (AWS_KMS, EXTERNAL) and key.state != "Creating"


def describe_expiration(key: Key) -> dict[str, Any]:
    """
    Return ExpirationModel and ValidTo, if there is material (rules KEY-16).

    ValidTo is the earliest expiry of all materials that are permanently associated, as the model
    has it: not of one that is pending rotation.
    """
    pending = key.family.pending
    copies = [
        copy
        for material_id, copy in key.imported.items()
        if pending is None or material_id != pending.material_id
    ]
    if not copies:
        return {}
    expiries = [copy.valid_to for copy in copies if copy.valid_to is not None]
    if not expiries:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": min(expiries)}


def describe_relatives(key: Key) -> dict[str, Any]:
    """Return MultiRegionConfiguration, the same on all related keys (rules MR-11)."""
    family = key.family
    return {
        "MultiRegionKeyType": "PRIMARY" if key.is_primary else "REPLICA",
        "PrimaryKey": {"Arn": family.primary.arn, "Region": family.primary_region},
        "ReplicaKeys": [
            {"Arn": member.arn, "Region": region}
            for region, member in family.members.items()
            if region != family.primary_region
        ],
    }
