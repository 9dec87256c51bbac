"""Custom key stores: making, changing, connecting, describing and deleting them."""

from typing import Final

from pytest_kmsmock._kms.domain.changes import change, drop, put
from pytest_kmsmock._kms.domain.identifiers import draw_unused
from pytest_kmsmock._kms.domain.key_stores.links import ClusterLink, Link, ProxyLink
from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
from pytest_kmsmock._kms.domain.keys import AWS_CLOUDHSM
from pytest_kmsmock._kms.domain.lifecycle import plan_end_of_connecting, plan_end_of_disconnecting
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.errors import KmsError, limit_exceeded, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.key_stores.clusters import (
    change_cluster_link,
    check_cluster_link,
    check_condition,
    read_cluster_link,
)
from pytest_kmsmock._kms.rules.key_stores.finding import (
    check_name,
    find_key_store,
    find_key_store_by_name,
    find_repeated,
    refuse_foreign_members,
    require_connection_state,
    require_members,
)
from pytest_kmsmock._kms.rules.key_stores.proxies import (
    change_proxy_link,
    check_proxy_link,
    read_proxy_link,
)
from pytest_kmsmock._kms.rules.operation import operation

IDENTIFYING: Final = frozenset({"CustomKeyStoreId", "NewCustomKeyStoreName"})
# What may change while a store is connected (rules CKS-9).
CHANGEABLE_WHEN_CONNECTED: Final = IDENTIFYING | {
    "XksProxyAuthenticationCredential",
    "XksProxyUriPath",
}


@operation("CreateCustomKeyStore")
def create_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html"""
    kind = request.get("CustomKeyStoreType", AWS_CLOUDHSM)
    require_members(request, kind)
    refuse_foreign_members(request, kind)
    name = request["CustomKeyStoreName"]
    link: Link
    if kind == AWS_CLOUDHSM:
        link = read_cluster_link(ctx, request)
    else:
        link = read_proxy_link(ctx, request)
    if (known := find_repeated(ctx.region, name, link)) is not None:
        return {"CustomKeyStoreId": known.store_id}
    check_name(ctx.region, name)
    check_link(ctx, link)
    quota = ctx.world.quotas.custom_key_stores
    if len(ctx.region.key_stores) >= quota:
        raise limit_exceeded(f"The account already has the maximum of {quota} custom key stores.")

    store_id = draw_unused(
        lambda source: f"cks-{source.token_bytes(9).hex()[:17]}",
        ctx.region.key_stores.__contains__,
        ctx.world.source,
    )
    store = KeyStore(store_id=store_id, name=name, creation_date=ctx.now, link=link)
    put(ctx.region.key_stores, store_id, store)
    return {"CustomKeyStoreId": store_id}


@operation("UpdateCustomKeyStore")
def update_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html"""
    store = find_key_store(ctx.region, request["CustomKeyStoreId"])
    refuse_foreign_members(request, store.kind)
    if request.keys() <= CHANGEABLE_WHEN_CONNECTED:
        require_connection_state(store, "CONNECTED", "DISCONNECTED")
    else:
        require_connection_state(store, "DISCONNECTED")
    name = request.get("NewCustomKeyStoreName", store.name)
    if name != store.name:
        check_name(ctx.region, name)
    link = store.link
    if not request.keys() <= IDENTIFYING:
        link = change_link(ctx, request, link)
        check_link(ctx, link, store)

    change(store, name=name, link=link)
    if isinstance(link, ProxyLink):
        put(ctx.world.key_managers, link.settings.uri, link.manager)
    return {}


@operation("DeleteCustomKeyStore")
def delete_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html"""
    store = find_key_store(ctx.region, request["CustomKeyStoreId"])
    if store.keys:
        raise KmsError(
            "CustomKeyStoreHasCMKsException",
            f"Custom key store {store.store_id} contains KMS keys.",
        )
    require_connection_state(store, "DISCONNECTED")

    drop(ctx.region.key_stores, store.store_id)
    return {}


@operation("ConnectCustomKeyStore")
def connect_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html

    The store is CONNECTING until the next request, unless a test has slowed its cluster down; then
    it turns out whether it is CONNECTED or FAILED. AWS takes up to twenty minutes.
    """
    store = find_key_store(ctx.region, request["CustomKeyStoreId"])
    require_connection_state(store, "CONNECTED", "CONNECTING", "DISCONNECTED")
    if store.connection_state != "DISCONNECTED":
        return {}
    if isinstance(store.link, ClusterLink):
        check_condition(store.link.cluster, ctx.model.name)

    store.set_state("CONNECTING")
    plan_end_of_connecting(ctx.world, store, ctx.now)
    return {}


@operation("DisconnectCustomKeyStore")
def disconnect_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html

    The store is DISCONNECTING until the next request.
    """
    store = find_key_store(ctx.region, request["CustomKeyStoreId"])
    require_connection_state(store, "CONNECTED", "CONNECTING", "FAILED")

    store.set_state("DISCONNECTING")
    plan_end_of_disconnecting(ctx.world, store, ctx.now)
    return {}


@operation("DescribeCustomKeyStores")
def describe_custom_key_stores(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html"""
    store_id, name = request.get("CustomKeyStoreId"), request.get("CustomKeyStoreName")
    stores = ctx.region.key_stores
    if store_id is not None and name is not None:
        raise validation("Please specify either CustomKeyStoreId or CustomKeyStoreName.")
    if store_id is not None:
        stores = {store_id: find_key_store(ctx.region, store_id)}
    elif name is not None:
        found = find_key_store_by_name(ctx.region, name)
        stores = {found.store_id: found}
    chosen, paging = page("DescribeCustomKeyStores", request, sorted(stores), default_limit=1000)
    return {"CustomKeyStores": [stores[chosen_id].describe() for chosen_id in chosen], **paging}


def change_link(ctx: Context, request: RequestMembers, link: Link) -> Link:
    if isinstance(link, ClusterLink):
        return change_cluster_link(ctx, request, link)
    return change_proxy_link(ctx, request, link)


def check_link(ctx: Context, link: Link, own: KeyStore | None = None) -> None:
    if isinstance(link, ClusterLink):
        check_cluster_link(ctx, link, own)
    else:
        check_proxy_link(ctx, link, own)
