"""Finding custom key stores, and what their connection state allows."""

from pytest_kmsmock._kms.domain.key_stores import ConnectionState, KeyStore
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import KmsError


def find_key_store(region: Region, store_id: str | None, name: str | None = None) -> KeyStore:
    """
    Find a custom key store by its id or name.

    Raises:
        KmsError: CustomKeyStoreNotFoundException (wire-facts K1; the text is assumed).
    """
    for store in region.key_stores.values():
        if store.store_id == store_id or store.name == name:
            return store
    raise KmsError(
        "CustomKeyStoreNotFoundException", f"Custom key store {store_id or name} is not found."
    )


def require_connection_state(store: KeyStore, *states: ConnectionState) -> None:
    """
    Refuse what the store's connection state does not allow (rules CKS-7 to CKS-9, CKS-17).

    Raises:
        KmsError: CustomKeyStoreInvalidStateException (the text is assumed).
    """
    if store.connection_state not in states:
        raise KmsError(
            "CustomKeyStoreInvalidStateException",
            f"Custom key store {store.store_id} is {store.connection_state}, which is not valid"
            " for this operation.",
        )
