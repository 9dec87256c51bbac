"""What a mock offers about custom key stores and what stands behind them."""

from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.subject import Subject
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock.workbench.key_stores.handles import KeyStoreHandle, KeyStoreType


class OffersKeyStores(Subject):
    """Custom key stores at hand, to break what stands behind them."""

    @explained
    def key_store(
        self,
        name_or_id: str,
        type: "KeyStoreType | None" = None,  # noqa: A002 - AWS's word
        *,
        region_name: str | None = None,
    ) -> "KeyStoreHandle":
        """
        Return a handle on a custom key store, and on what stands behind it.

        If no store has that name, one is made with plausible parameters and connected, so that it
        can be used at once:

            store = kms_mock.key_store("my-store")
            kms.create_key(
                Origin="EXTERNAL_KEY_STORE",
                CustomKeyStoreId=store.custom_key_store_id,
                XksKeyId="key-1",
            )
            store.switch_off()

        Args:
            name_or_id: CustomKeyStoreName or CustomKeyStoreId.
            type: CustomKeyStoreType: "AWS_CLOUDHSM", or by default "EXTERNAL_KEY_STORE" for a store
                to be made; one that is there has the type that it has.
            region_name: The store's Region; the mock's by default.

        Raises:
            TypeError: If the name is no string.
            ValueError: For a type that can't be or that the store does not have, an id that no
                store has, or a store that KMS does not make.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.key_stores.handles import open_key_store  # noqa: PLC0415 - see KmsMock._open

        return open_key_store(self._place(region_name), name_or_id, type)

    @explained
    def external_key_manager(self, uri: str) -> "KeyStoreHandle":
        """
        Return a handle on an external key manager, before there is a key store for it or after.

            kms_mock.external_key_manager("https://xks.example.com/kms/xks/v1").refuse("denied")

        Args:
            uri: XksProxyUriEndpoint followed by XksProxyUriPath.

        Raises:
            TypeError: If that is no string.
            ValueError: If a proxy can't be there.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.key_stores.handles import find_key_manager  # noqa: PLC0415 - see KmsMock._open

        return find_key_manager(self._place(), uri)

    @explained
    def cloudhsm_cluster(
        self, cluster_id: str, *, restored_from: str | None = None
    ) -> "KeyStoreHandle":
        """
        Return a handle on a CloudHSM cluster, before there is a key store for it or after.

            kms_mock.cloudhsm_cluster("cluster-abcdefghijk").refuse("not active")

        Args:
            cluster_id: CloudHsmClusterId.
            restored_from: The id of a cluster of whose backup this one was made, so that
                UpdateCustomKeyStore takes the one for the other.

        Raises:
            TypeError: If an id is no string.
            ValueError: If it can't be that of a cluster.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.key_stores.handles import find_cluster  # noqa: PLC0415 - see KmsMock._open

        return find_cluster(self._place(), cluster_id, restored_from)
