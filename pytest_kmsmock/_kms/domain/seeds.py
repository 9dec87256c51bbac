"""What a test gives to a new key that AWS would draw: its id and its material."""

from typing import NamedTuple

from pytest_kmsmock._kms.crypto.materials.making import Material


class KeySeed(NamedTuple):
    """The id and the material of the key that CreateKey is about to make; None: as always."""

    key_id: str | None = None
    material: Material | None = None


NOTHING = KeySeed()
