"""Custom key stores."""

from dataclasses import dataclass
from typing import Any

from pytest_kmsmock._kms.domain.keys import Key


@dataclass(slots=True, eq=False, kw_only=True)
class KeyStore:
    """A custom key store of one account and Region."""

    store_id: str
    name: str

    def describe_key(self, key: Key) -> dict[str, Any]:
        """Return the members of KeyMetadata that keys in this store have (rules KEY-18)."""
        return {"CustomKeyStoreId": self.store_id}
