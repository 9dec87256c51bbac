"""A key at hand, wherever the mock has it at the moment."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.keys.sharing import share, unshare
from pytest_kmsmock.workbench.place import Place, say_gone

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key


class KeyHandle:
    """
    A key of the mock, with its material, which KMS never returns.

    It reads the key each time, so it is right after rotations, `restore()` and `reset()`, too.

    .. versionadded:: 0.1.0
    """

    def __init__(self, key: "Key", place: Place) -> None:
        self._key_id = key.key_id
        self._arn = key.arn
        self._account_id = key.family.account_id
        self._region_name = key.region
        self._place = place

    def __repr__(self) -> str:
        return f"<KeyHandle {self.arn}>"

    @property
    def key_id(self) -> str:
        """The key id, without an ARN."""
        return self._key_id

    @property
    def arn(self) -> str:
        """The key ARN."""
        return self._arn

    @property
    def region_name(self) -> str:
        """The key's Region."""
        return self._region_name

    def public_key(self) -> bytes:
        """
        Return the public key: a DER-encoded SubjectPublicKeyInfo, in any state of the key.

        Raises:
            TypeError: If the key is not asymmetric.
            LookupError: If the key no longer exists, or has no material (yet).
        """
        return self._find().material.public_key()

    def material(self) -> bytes:
        """
        Return the current key material: raw bytes, or a private key in DER-encoded PKCS#8.

        Raises:
            LookupError: If the key no longer exists, or has no material (yet).
        """
        return self._find().material.private_key()

    def share(self, account_id: str, *, actions: Iterable[str] | None = None) -> None:
        """
        Share the key with another account, as `KmsMock.share_key()` does.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If the key no longer exists, or *account_id* is invalid.
        """
        share(self._place, self._arn, account_id, actions=actions, region_name=None)

    def unshare(self, account_id: str) -> None:
        """
        Stop sharing the key with an account.

        Raises:
            ValueError: If the key no longer exists, or is not shared with *account_id*.
        """
        unshare(self._place, self._arn, account_id, region_name=None)

    def _find(self) -> "Key":
        account = self._place.world.accounts.get(self._account_id)
        region = None if account is None else account.regions.get(self._region_name)
        key = None if region is None else region.keys.get(self._key_id)
        if key is None:
            raise LookupError(say_gone(self._arn))
        return key
