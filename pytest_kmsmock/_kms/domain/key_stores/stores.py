"""Custom key stores: what one is, its connection, and the keys in it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pytest_kmsmock._kms.domain.changes import change, put
from pytest_kmsmock._kms.domain.key_stores.links import Link

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key

ConnectionState: TypeAlias = Literal[
    "CONNECTED", "CONNECTING", "FAILED", "DISCONNECTED", "DISCONNECTING"
]


@dataclass(slots=True, eq=False, kw_only=True)
class KeyStore:
    """
    A custom key store of one account and Region.

    UpdateCustomKeyStore changes *name* and *link*, CreateKey and deletions *keys*; connecting and
    disconnecting change *connection_state*, *connection_error_code* and *connects_at*, which is
    when the attempt ends that is under way.
    """

    store_id: str
    name: str
    creation_date: datetime
    link: Link
    connection_state: ConnectionState = "DISCONNECTED"
    connection_error_code: str | None = None
    connects_at: datetime | None = None
    keys: "dict[str, Key]" = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """CustomKeyStoreType."""
        return self.link.kind

    def describe(self) -> dict[str, Any]:
        """
        Return a CustomKeyStoresListEntry (wire-facts K3, K4); no secret is in it.

        What is None is not there: ConnectionErrorCode unless the store is FAILED, and the VPC
        endpoint service of a public proxy.
        """
        return {
            "CustomKeyStoreId": self.store_id,
            "CustomKeyStoreName": self.name,
            "CustomKeyStoreType": self.kind,
            "ConnectionState": self.connection_state,
            "ConnectionErrorCode": self.connection_error_code,
            "CreationDate": self.creation_date,
            **self.link.describe(),
        }

    def describe_key(self, key: "Key") -> dict[str, Any]:
        """Return the members of KeyMetadata that keys in this store have (rules KEY-18)."""
        return {"CustomKeyStoreId": self.store_id, **self.link.describe_key(key)}

    def add_key(self, key: "Key") -> None:
        change(key, key_store=self)
        put(self.keys, key.key_id, key)

    def set_state(self, state: ConnectionState, error_code: str | None = None) -> None:
        """Change the connection; keys of a store that is not connected are Unavailable (CKS-14)."""
        change(self, connection_state=state, connection_error_code=error_code, connects_at=None)
        for key in self.keys.values():
            key.cover(None if state == "CONNECTED" else "Unavailable")
