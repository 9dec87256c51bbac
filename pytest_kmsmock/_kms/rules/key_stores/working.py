"""The custom key store in which a key or random bytes are to be made; few tests have one."""

from pytest_kmsmock._kms.domain.key_stores.links import ClusterLink
from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
from pytest_kmsmock._kms.errors import unsupported, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.key_stores.clusters import check_condition
from pytest_kmsmock._kms.rules.key_stores.finding import find_key_store, require_connection_state
from pytest_kmsmock._kms.rules.key_stores.proxies import check_external_key


def find_store_for_key(
    ctx: Context, request: RequestMembers, store_id: str, origin: str
) -> KeyStore:
    """
    Return the custom key store *store_id*, ready for the key of *origin* that the request makes.

    Raises:
        KmsError: As rules CKS-17, CKS-18; the texts about external keys are K9 and K10 of the
            wire-facts, the others assumed.
    """
    store = find_key_store(ctx.region, store_id)
    if store.kind != origin:
        raise validation(
            f"Custom key store {store_id} is of type {store.kind}, which is not valid when Origin"
            f" is {origin}"
        )
    require_connection_state(store, "CONNECTED")
    if isinstance(store.link, ClusterLink):
        check_condition(store.link.cluster, ctx.model.name)
    else:
        check_external_key(store, store.link, request["XksKeyId"])
    return store


def check_store_of_random(ctx: Context, store_id: str) -> None:
    """
    Let the CloudHSM cluster of the custom key store *store_id* make random bytes.

    Raises:
        KmsError: UnsupportedOperationException for an external key store (rules DK-14; the text is
            assumed); or as `find_key_store()`, for one that is not connected or does not work.
    """
    store = find_key_store(ctx.region, store_id)
    if not isinstance(store.link, ClusterLink):
        raise unsupported(f"{store_id} is not an AWS CloudHSM key store.")
    require_connection_state(store, "CONNECTED")
    check_condition(store.link.cluster, ctx.model.name)
