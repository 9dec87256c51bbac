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
        Return a handle on a custom key store, and on the key manager or cluster behind it.

        If no store has that name, it is created with plausible parameters and connected:

            store = kms_mock.key_store("my-store")
            kms.create_key(
                Origin="EXTERNAL_KEY_STORE",
                CustomKeyStoreId=store.custom_key_store_id,
                XksKeyId="key-1",
            )
            store.switch_off()

        Args:
            name_or_id: The CustomKeyStoreName or CustomKeyStoreId.
            type: The CustomKeyStoreType, "AWS_CLOUDHSM" or "EXTERNAL_KEY_STORE". By default that of
                the existing store, or "EXTERNAL_KEY_STORE" for a new one.
            region_name: The store's Region; by default the mock's.

        Raises:
            TypeError: If the name is not a string.
            ValueError: For an invalid type, or another than the store has; for an unknown id; if
                KMS refuses to create the store.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.key_stores.handles import open_key_store  # noqa: PLC0415 - see KmsMock._open

        return open_key_store(self._place(region_name), name_or_id, type)

    @explained
    def external_key_manager(self, uri: str) -> "KeyStoreHandle":
        """
        Return a handle on an external key manager, whether a key store uses it yet or not.

            kms_mock.external_key_manager("https://xks.example.com/kms/xks/v1").refuse("denied")

        Args:
            uri: The XksProxyUriEndpoint followed by the XksProxyUriPath.

        Raises:
            TypeError: If *uri* is not a string.
            ValueError: If it is not a valid address of a proxy.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.key_stores.handles import find_key_manager  # noqa: PLC0415 - see KmsMock._open

        return find_key_manager(self._place(), uri)

    @explained
    def cloudhsm_cluster(
        self, cluster_id: str, *, restored_from: str | None = None
    ) -> "KeyStoreHandle":
        """
        Return a handle on a CloudHSM cluster, whether a key store uses it yet or not.

            kms_mock.cloudhsm_cluster("cluster-abcdefghijk").refuse("not active")

        Args:
            cluster_id: The CloudHsmClusterId.
            restored_from: The id of the cluster from whose backup this one was created.
                UpdateCustomKeyStore can replace the one by the other.

        Raises:
            TypeError: If an id is not a string.
            ValueError: If it is not a valid cluster id.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.key_stores.handles import find_cluster  # noqa: PLC0415 - see KmsMock._open

        return find_cluster(self._place(), cluster_id, restored_from)
