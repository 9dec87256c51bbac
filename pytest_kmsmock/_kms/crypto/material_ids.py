"""The key material id: 32 bytes that name one material of one KMS key."""

import hmac


def key_material_id(key_id: str, material: bytes) -> bytes:
    """
    Compute the id of a symmetric key's material; KeyMaterialId is its lower-case hex.

    The same material has another id in another key (wire-facts M20, rules IMP-17). A related
    multi-Region key has the same key id, so its ids agree.
    """
    return hmac.digest(material, b"key material id\0" + key_id.encode(), "sha256")
