"""CloudHSM key stores: what a request says of the cluster, and whether the cluster will do."""

from dataclasses import replace

from pytest_kmsmock._kms.domain.key_stores.backing import CloudHsmCluster
from pytest_kmsmock._kms.domain.key_stores.links import ClusterLink
from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
from pytest_kmsmock._kms.domain.key_stores.troubles import CLUSTER_TROUBLES
from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.key_stores.finding import links_elsewhere


def read_cluster_link(ctx: Context, request: RequestMembers) -> ClusterLink:
    """Return the link that CreateCustomKeyStore asks for."""
    return ClusterLink(
        cluster=ctx.world.cluster(request["CloudHsmClusterId"]),
        password=request["KeyStorePassword"],
        trust_anchor=request["TrustAnchorCertificate"],
    )


def change_cluster_link(ctx: Context, request: RequestMembers, link: ClusterLink) -> ClusterLink:
    """
    Return what UpdateCustomKeyStore makes of *link*.

    Raises:
        KmsError: CloudHsmClusterNotRelatedException, for a cluster of another backup history
            (rules CKS-11).
    """
    cluster = link.cluster
    if (cluster_id := request.get("CloudHsmClusterId")) is not None:
        cluster = ctx.world.cluster(cluster_id)
        if cluster.certificate != link.cluster.certificate:
            raise KmsError(
                "CloudHsmClusterNotRelatedException",
                f"Cluster {cluster_id} is not related to cluster {link.cluster.cluster_id}.",
            )
    return replace(link, cluster=cluster, password=request.get("KeyStorePassword", link.password))


def check_cluster_link(ctx: Context, link: ClusterLink, own: KeyStore | None) -> None:
    """
    Refuse a cluster that can't serve *own*, which is None while the store is not made.

    Raises:
        KmsError: CloudHsmClusterInUseException for a cluster that serves another store of the
            account, or that is related to one which does (the model); or as `check_condition()`.
    """
    cluster = link.cluster
    for _, other in links_elsewhere(ctx, own):
        if isinstance(other, ClusterLink) and other.cluster.certificate == cluster.certificate:
            raise KmsError(
                "CloudHsmClusterInUseException",
                f"Cluster {cluster.cluster_id} is already associated with a custom key store.",
            )
    check_condition(cluster, ctx.model.name)


def check_condition(cluster: CloudHsmCluster, operation: str) -> None:
    """
    Refuse *operation* if the cluster's condition does not allow it.

    Raises:
        KmsError: The exception that the model has for the condition and the operation.
    """
    trouble = cluster.trouble
    if trouble is None:
        return
    if trouble.stops_use and operation in CLUSTER_TROUBLES["unreachable"].operations:
        trouble = CLUSTER_TROUBLES["unreachable"]
    if operation in trouble.operations:
        raise KmsError(trouble.exception, trouble.sentence)
