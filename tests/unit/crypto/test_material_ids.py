"""A key material id names one material of one key."""

from pytest_kmsmock._kms.crypto.material_ids import key_material_id

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


def test_key_material_id_length():
    """An id has the 32 bytes that KeyMaterialId shows as 64 hex digits (wire-facts M20)."""

    assert len(key_material_id(KEY_ID, bytes(32))) == 32


def test_key_material_id_again():
    """The same material in the same key has the same id (rules IMP-17)."""

    assert key_material_id(KEY_ID, b"m" * 32) == key_material_id(KEY_ID, b"m" * 32)


def test_key_material_id_in_another_key():
    """The same material in another key has another id (wire-facts M20)."""

    assert key_material_id(KEY_ID, b"m" * 32) != key_material_id("mrk-1", b"m" * 32)


def test_key_material_id_of_other_material():
    """Other material in the same key has another id."""

    assert key_material_id(KEY_ID, b"m" * 32) != key_material_id(KEY_ID, b"n" * 32)
