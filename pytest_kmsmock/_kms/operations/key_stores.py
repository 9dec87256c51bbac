"""Custom key stores: making, changing, connecting, describing and deleting them."""

from typing import Final

from pytest_kmsmock._kms.domain.backing import CloudHsmCluster, Trouble
from pytest_kmsmock._kms.domain.key_stores import (
    PROXY_SENTENCES,
    CloudHsmKeyStore,
    ExternalKeyStore,
    KeyStore,
)
from pytest_kmsmock._kms.domain.lifecycle import plan_end_of_connecting, plan_end_of_disconnecting
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.domain.world import Region
from pytest_kmsmock._kms.errors import KmsError, limit_exceeded, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.key_stores import find_key_store, require_connection_state
from pytest_kmsmock._kms.rules.operation import operation

CLOUDHSM: Final = "AWS_CLOUDHSM"
EXTERNAL: Final = "EXTERNAL_KEY_STORE"
VPC: Final = "VPC_ENDPOINT_SERVICE"

CLOUDHSM_MEMBERS: Final = ("CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate")
EXTERNAL_MEMBERS: Final = (
    "XksProxyConnectivity",
    "XksProxyAuthenticationCredential",
    "XksProxyUriEndpoint",
    "XksProxyUriPath",
)
VPC_MEMBERS: Final = ("XksProxyVpcEndpointServiceName", "XksProxyVpcEndpointServiceOwner")
# What may change while a store is not disconnected (rules CKS-9).
CHANGEABLE_AT_ANY_TIME: Final = frozenset(
    {
        "CustomKeyStoreId",
        "NewCustomKeyStoreName",
        "XksProxyAuthenticationCredential",
        "XksProxyUriPath",
    }
)

# What the proxy answers when KMS makes or changes a store -> the exception (K11 to K13; CKS-4).
_PROXY_ERRORS: Final[dict[Trouble, str]] = {
    "unreachable": "XksProxyUriUnreachableException",
    "timed out": "XksProxyUriUnreachableException",
    "bad credential": "XksProxyIncorrectAuthenticationCredentialException",
    "denied": "XksProxyInvalidConfigurationException",
    "invalid path": "XksProxyInvalidConfigurationException",
    "invalid response": "XksProxyInvalidResponseException",
}


# AWS documents which exception each check raises and none of the texts: all are assumed, but those
# of the proxy.


@operation("CreateCustomKeyStore")
def create_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html"""
    store: KeyStore
    if request.get("CustomKeyStoreType", CLOUDHSM) == CLOUDHSM:
        store = read_cloudhsm_store(ctx, request)
        if (existing := find_repeated(ctx.region, store)) is not None:
            return {"CustomKeyStoreId": existing.store_id}
        check_name(ctx.region, store.name)
        check_cluster(ctx.region, store.cluster, store)
    else:
        store = read_external_store(ctx, request)
        check_name(ctx.region, store.name)
        check_addresses(ctx.region, store)
        check_proxy(store)
    quota = ctx.world.quotas.custom_key_stores
    if len(ctx.region.key_stores) >= quota:
        raise limit_exceeded(f"The account already has the maximum of {quota} custom key stores.")

    ctx.region.key_stores[store.store_id] = store
    return {"CustomKeyStoreId": store.store_id}


@operation("UpdateCustomKeyStore")
def update_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html"""
    store = find_key_store(ctx.region, request["CustomKeyStoreId"])
    if not request.keys() <= CHANGEABLE_AT_ANY_TIME:
        require_connection_state(store, "DISCONNECTED")
    name = request.get("NewCustomKeyStoreName", store.name)
    if name != store.name:
        check_name(ctx.region, name)
    if isinstance(store, CloudHsmKeyStore):
        update_cloudhsm_store(ctx, request, store)
    elif isinstance(store, ExternalKeyStore):
        update_external_store(ctx, request, store)
    store.name = name
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
    del ctx.region.key_stores[store.store_id]
    return {}


@operation("ConnectCustomKeyStore")
def connect_custom_key_store(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html

    The store is CONNECTING until the next request; AWS takes up to twenty minutes.
    """
    store = find_key_store(ctx.region, request["CustomKeyStoreId"])
    require_connection_state(store, "CONNECTED", "CONNECTING", "DISCONNECTED")
    if isinstance(store, CloudHsmKeyStore):
        check_condition(store.cluster)
    if store.connection_state == "DISCONNECTED":
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
    if store_id is not None and name is not None:
        raise validation("Please specify either CustomKeyStoreId or CustomKeyStoreName.")
    stores = ctx.region.key_stores
    if store_id is not None or name is not None:
        found = find_key_store(ctx.region, store_id, name)
        stores = {found.store_id: found}
    chosen, paging = page("DescribeCustomKeyStores", request, sorted(stores), default_limit=1000)
    return {"CustomKeyStores": [stores[chosen_id].describe() for chosen_id in chosen], **paging}


def read_cloudhsm_store(ctx: Context, request: RequestMembers) -> CloudHsmKeyStore:
    check_members(request, CLOUDHSM, CLOUDHSM_MEMBERS, (*EXTERNAL_MEMBERS, *VPC_MEMBERS))
    return CloudHsmKeyStore(
        store_id=new_store_id(ctx),
        name=request["CustomKeyStoreName"],
        creation_date=ctx.now,
        cluster=ctx.world.cluster(request["CloudHsmClusterId"]),
        password=request["KeyStorePassword"],
        trust_anchor=request["TrustAnchorCertificate"],
    )


def read_external_store(ctx: Context, request: RequestMembers) -> ExternalKeyStore:
    check_members(request, EXTERNAL, EXTERNAL_MEMBERS, CLOUDHSM_MEMBERS)
    connectivity = request["XksProxyConnectivity"]
    service_name = request.get("XksProxyVpcEndpointServiceName")
    if (connectivity == VPC) is (service_name is None):
        needed = "required" if connectivity == VPC else "not valid"
        raise validation(
            f"XksProxyVpcEndpointServiceName is {needed} when XksProxyConnectivity is"
            f" {connectivity}."
        )
    endpoint, path = request["XksProxyUriEndpoint"], request["XksProxyUriPath"]
    return ExternalKeyStore(
        store_id=new_store_id(ctx),
        name=request["CustomKeyStoreName"],
        creation_date=ctx.now,
        manager=ctx.world.key_manager(endpoint + path),
        connectivity=connectivity,
        credential=read_credential(request),
        uri_endpoint=endpoint,
        uri_path=path,
        vpc_endpoint_service_name=service_name,
        vpc_endpoint_service_owner=request.get("XksProxyVpcEndpointServiceOwner"),
    )


def update_cloudhsm_store(ctx: Context, request: RequestMembers, store: CloudHsmKeyStore) -> None:
    """Check what changes in a CloudHSM key store, then change it."""
    check_members(request, CLOUDHSM, (), (*EXTERNAL_MEMBERS, *VPC_MEMBERS))
    cluster = store.cluster
    if (cluster_id := request.get("CloudHsmClusterId")) is not None:
        cluster = ctx.world.cluster(cluster_id)
        if cluster.certificate != store.cluster.certificate:
            raise KmsError(
                "CloudHsmClusterNotRelatedException",
                f"Cluster {cluster_id} is not related to cluster {store.cluster.cluster_id}.",
            )
        check_cluster(ctx.region, cluster, store)
    store.cluster = cluster
    store.password = request.get("KeyStorePassword", store.password)


def update_external_store(ctx: Context, request: RequestMembers, store: ExternalKeyStore) -> None:
    """Check what changes in an external key store, by making the store that it will be."""
    check_members(request, EXTERNAL, (), CLOUDHSM_MEMBERS)
    endpoint = request.get("XksProxyUriEndpoint", store.uri_endpoint)
    path = request.get("XksProxyUriPath", store.uri_path)
    connectivity = request.get("XksProxyConnectivity", store.connectivity)
    service_name = request.get("XksProxyVpcEndpointServiceName", store.vpc_endpoint_service_name)
    if connectivity == VPC and service_name is None:
        raise validation(
            "XksProxyVpcEndpointServiceName is required when XksProxyConnectivity is"
            f" {connectivity}."
        )
    changed = ExternalKeyStore(
        store_id=store.store_id,
        name=store.name,
        creation_date=store.creation_date,
        manager=ctx.world.key_manager(endpoint + path),
        connectivity=connectivity,
        credential=(
            read_credential(request)
            if "XksProxyAuthenticationCredential" in request
            else store.credential
        ),
        uri_endpoint=endpoint,
        uri_path=path,
        vpc_endpoint_service_name=service_name if connectivity == VPC else None,
        vpc_endpoint_service_owner=request.get(
            "XksProxyVpcEndpointServiceOwner", store.vpc_endpoint_service_owner
        ),
    )
    check_addresses(ctx.region, changed)
    if request.keys() & {*EXTERNAL_MEMBERS, *VPC_MEMBERS}:
        check_proxy(changed)
    for field in ("manager", "connectivity", "credential", "uri_endpoint", "uri_path"):
        setattr(store, field, getattr(changed, field))
    store.vpc_endpoint_service_name = changed.vpc_endpoint_service_name
    store.vpc_endpoint_service_owner = changed.vpc_endpoint_service_owner


def new_store_id(ctx: Context) -> str:
    return f"cks-{ctx.world.source.token_bytes(9).hex()[:17]}"


def read_credential(request: RequestMembers) -> tuple[str, str]:
    credential = request["XksProxyAuthenticationCredential"]
    return credential["AccessKeyId"], credential["RawSecretAccessKey"]


def check_members(
    request: RequestMembers, kind: str, required: tuple[str, ...], foreign: tuple[str, ...]
) -> None:
    """Require the members of one type of store and refuse the other's (rules CKS-2, CKS-3)."""
    for member in required:
        if member not in request:
            raise validation(f"{member} is required for a custom key store of type {kind}.")
    for member in foreign:
        if member in request:
            raise validation(f"{member} is not valid for a custom key store of type {kind}.")


def check_name(region: Region, name: str) -> None:
    if any(store.name == name for store in region.key_stores.values()):
        raise KmsError(
            "CustomKeyStoreNameInUseException", f"The custom key store name {name} is in use."
        )


def find_repeated(region: Region, store: CloudHsmKeyStore) -> KeyStore | None:
    """Find the disconnected store that *store* would be once more (wire-facts K19)."""
    for known in region.key_stores.values():
        if (
            isinstance(known, CloudHsmKeyStore)
            and known.connection_state == "DISCONNECTED"
            and (known.name, known.cluster, known.password, known.trust_anchor)
            == (store.name, store.cluster, store.password, store.trust_anchor)
        ):
            return known
    return None


def check_cluster(region: Region, cluster: CloudHsmCluster, store: CloudHsmKeyStore) -> None:
    """
    Refuse a cluster that can't serve *store*.

    Raises:
        KmsError: As rules CKS-4 and the model's documentation of the CloudHsmCluster exceptions.
    """
    for known in region.key_stores.values():
        if (
            isinstance(known, CloudHsmKeyStore)
            and known.store_id != store.store_id
            and known.cluster is cluster
        ):
            raise KmsError(
                "CloudHsmClusterInUseException",
                f"Cluster {cluster.cluster_id} is already associated with a custom key store.",
            )
    if not cluster.exists:
        raise KmsError(
            "CloudHsmClusterNotFoundException", f"Cluster {cluster.cluster_id} was not found."
        )
    check_condition(cluster)
    if cluster.trust_anchor not in (None, store.trust_anchor):
        raise KmsError(
            "IncorrectTrustAnchorException",
            f"The trust anchor certificate is not that of cluster {cluster.cluster_id}.",
        )


def check_condition(cluster: CloudHsmCluster) -> None:
    if not cluster.is_active:
        raise KmsError(
            "CloudHsmClusterNotActiveException", f"Cluster {cluster.cluster_id} is not active."
        )
    if not cluster.is_well_configured:
        raise KmsError(
            "CloudHsmClusterInvalidConfigurationException",
            f"Cluster {cluster.cluster_id} does not meet the configuration requirements.",
        )


def check_addresses(region: Region, store: ExternalKeyStore) -> None:
    """
    Refuse an address that another external key store of the Region has.

    A private DNS name is one store's alone; a public endpoint may be shared on different paths
    (model: CreateCustomKeyStore, XksProxyUriEndpoint).

    Raises:
        KmsError: As rules CKS-4.
    """
    for other in region.key_stores.values():
        if not isinstance(other, ExternalKeyStore) or other.store_id == store.store_id:
            continue
        if other.uri == store.uri:
            raise KmsError("XksProxyUriInUseException", f"The proxy URI {store.uri} is in use.")
        if other.uri_endpoint == store.uri_endpoint and VPC in (
            other.connectivity,
            store.connectivity,
        ):
            raise KmsError(
                "XksProxyUriEndpointInUseException",
                f"The proxy URI endpoint {store.uri_endpoint} is in use.",
            )
        service_name = store.vpc_endpoint_service_name
        if service_name is not None and other.vpc_endpoint_service_name == service_name:
            raise KmsError(
                "XksProxyVpcEndpointServiceInUseException",
                f"The VPC endpoint service {service_name} is in use.",
            )


def check_proxy(store: ExternalKeyStore) -> None:
    """
    Ask a public proxy for its health; one in a VPC is asked when the store connects.

    Raises:
        KmsError: What is wrong with it.
    """
    if store.connectivity == VPC:
        return
    trouble = store.manager.check_health(store.credential)
    if trouble is not None:
        raise KmsError(_PROXY_ERRORS[trouble], PROXY_SENTENCES[trouble])
