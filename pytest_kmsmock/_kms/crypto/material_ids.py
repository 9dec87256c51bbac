"""The key material id: 32 bytes that name one material of one KMS key."""

from hashlib import sha256


def key_material_id(key_id: str, material: bytes) -> bytes:
    """
    Compute the id of a symmetric key's material; KeyMaterialId is its lower-case hex.

    The same material has another id in another key (wire-facts M20, rules IMP-17). A related
    multi-Region key has the same key id, so its ids agree.
    """
    # The parts can't run into each other: no key id is empty, or has a NUL. What lies in a test's
    # memory anyway need not be kept from whoever knows the id; HMAC takes four times as long.
    return sha256(b"".join((key_id.encode(), b"\0", material))).digest()
