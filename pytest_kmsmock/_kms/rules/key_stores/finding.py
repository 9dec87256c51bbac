"""Finding custom key stores, what their connection state allows, and what must be unique."""

from collections.abc import Iterator
from typing import Final

from pytest_kmsmock._kms.domain.key_stores.links import Link
from pytest_kmsmock._kms.domain.key_stores.stores import ConnectionState, KeyStore
from pytest_kmsmock._kms.domain.keys import AWS_CLOUDHSM, EXTERNAL_KEY_STORE
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import KmsError, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers

# AWS documents which exception each check raises, and the text of hardly any: where no comment
# says otherwise, the texts here and in the two modules about the types are assumed.

CLOUDHSM_MEMBERS: Final = ("CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate")
PROXY_MEMBERS: Final = (
    "XksProxyConnectivity",
    "XksProxyAuthenticationCredential",
    "XksProxyUriEndpoint",
    "XksProxyUriPath",
)
VPC_MEMBERS: Final = ("XksProxyVpcEndpointServiceName", "XksProxyVpcEndpointServiceOwner")
# CustomKeyStoreType -> the members that it must have, and those of the other type
REQUIRED: Final = {AWS_CLOUDHSM: CLOUDHSM_MEMBERS, EXTERNAL_KEY_STORE: PROXY_MEMBERS}
FOREIGN: Final = {
    AWS_CLOUDHSM: (*PROXY_MEMBERS, *VPC_MEMBERS),
    EXTERNAL_KEY_STORE: CLOUDHSM_MEMBERS,
}


def find_key_store(region: Region, store_id: str) -> KeyStore:
    """
    Find a custom key store by its id.

    Raises:
        KmsError: CustomKeyStoreNotFoundException (wire-facts K1).
    """
    store = region.key_stores.get(store_id)
    if store is None:
        raise not_found(store_id)
    return store


def find_key_store_by_name(region: Region, name: str) -> KeyStore:
    """
    Find a custom key store by its name.

    Raises:
        KmsError: CustomKeyStoreNotFoundException (wire-facts K1).
    """
    for store in region.key_stores.values():
        if store.name == name:
            return store
    raise not_found(name)


def not_found(id_or_name: str) -> KmsError:
    return KmsError(
        "CustomKeyStoreNotFoundException", f"Custom key store {id_or_name} is not found."
    )


def require_connection_state(store: KeyStore, *states: ConnectionState) -> None:
    """
    Refuse what the store's connection state does not allow (rules CKS-7 to CKS-9, CKS-17).

    Raises:
        KmsError: CustomKeyStoreInvalidStateException.
    """
    if store.connection_state not in states:
        raise KmsError(
            "CustomKeyStoreInvalidStateException",
            f"Custom key store {store.store_id} is {store.connection_state}, which is not valid"
            " for this operation.",
        )


def require_members(request: RequestMembers, kind: str) -> None:
    """
    Require what a new store of this type needs (rules CKS-2).

    Raises:
        KmsError: ValidationException.
    """
    for member in REQUIRED[kind]:
        if member not in request:
            raise validation(f"{member} is required for a custom key store of type {kind}.")


def refuse_foreign_members(request: RequestMembers, kind: str) -> None:
    """
    Refuse what belongs to a store of the other type (rules CKS-3).

    Raises:
        KmsError: ValidationException.
    """
    for member in FOREIGN[kind]:
        if member in request:
            raise validation(f"{member} is not valid for a custom key store of type {kind}.")


def check_name(region: Region, name: str) -> None:
    """
    Refuse a name that a store of the Region has (rules CKS-4).

    Raises:
        KmsError: CustomKeyStoreNameInUseException.
    """
    if any(store.name == name for store in region.key_stores.values()):
        raise KmsError(
            "CustomKeyStoreNameInUseException", f"The custom key store name {name} is in use."
        )


def find_repeated(region: Region, name: str, link: Link) -> KeyStore | None:
    """
    Find the disconnected store that one more with this name and link would be.

    wire-facts K19 has it for CloudHSM key stores; for external ones it is assumed.
    """
    for store in region.key_stores.values():
        if (store.connection_state, store.name, store.link) == ("DISCONNECTED", name, link):
            return store
    return None


def links_elsewhere(ctx: Context, own: KeyStore | None) -> Iterator[tuple[Region, Link]]:
    """Yield the links of all custom key stores of the account but *own*, with their Regions."""
    for region in ctx.world.account(ctx.region.account_id).regions.values():
        for store in region.key_stores.values():
            if store is not own:
                yield region, store.link
