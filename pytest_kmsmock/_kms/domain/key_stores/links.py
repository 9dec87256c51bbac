"""How a custom key store reaches what stands behind it, and what that does with its keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_kmsmock._kms.domain.key_stores.backing import (
    CloudHsmCluster,
    ExternalKeyManager,
    ProxyFailure,
    ProxySettings,
)
from pytest_kmsmock._kms.domain.key_stores.troubles import CLUSTER_TROUBLES
from pytest_kmsmock._kms.errors import invalid_state

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key

EncryptionContext: TypeAlias = Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLink:
    """A CloudHSM key store's way to its cluster. KMS's own sealing stands for the cluster's."""

    cluster: CloudHsmCluster
    password: str
    trust_anchor: str

    @property
    def kind(self) -> str:
        """CustomKeyStoreType."""
        return "AWS_CLOUDHSM"

    @property
    def seconds_to_connect(self) -> float:
        return self.cluster.latency

    def try_to_connect(self) -> str | None:
        """Return the ConnectionErrorCode with which a connection fails, or None."""
        return self.cluster.try_to_connect(self.password)

    def describe(self) -> dict[str, Any]:
        """Return the members of a CustomKeyStoresListEntry that tell of it (wire-facts K3)."""
        return {
            "CloudHsmClusterId": self.cluster.cluster_id,
            "TrustAnchorCertificate": self.trust_anchor,
        }

    def describe_key(self, key: "Key") -> dict[str, Any]:
        """Return the members of KeyMetadata that tell of it (rules KEY-18)."""
        return {"CloudHsmClusterId": self.cluster.cluster_id}

    def protect(self, key: "Key", blob: bytes, context: EncryptionContext) -> bytes:
        """
        Give *blob*, which KMS sealed under the encryption context, the store's own protection.

        Raises:
            KmsError: KMSInvalidStateException, whatever fails inside the store (rules CKS-16).
        """
        trouble = self.cluster.trouble
        if trouble is not None and trouble.stops_use:
            raise invalid_state(CLUSTER_TROUBLES["unreachable"].sentence)
        return blob

    def unprotect(self, key: "Key", blob: bytes, context: EncryptionContext) -> bytes:
        """Undo `protect()`, which raises the same."""
        return self.protect(key, blob, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLink:
    """An external key store's way to its external key manager, through a proxy."""

    manager: ExternalKeyManager
    settings: ProxySettings

    @property
    def kind(self) -> str:
        return "EXTERNAL_KEY_STORE"

    @property
    def seconds_to_connect(self) -> float:
        return 0

    def try_to_connect(self) -> str | None:
        return self.manager.try_to_connect(self.settings)

    def describe(self) -> dict[str, Any]:
        """
        Return XksProxyConfiguration, with the access key id but not its secret (wire-facts K4).
        """
        settings = self.settings
        return {
            "XksProxyConfiguration": {
                "Connectivity": settings.connectivity,
                "AccessKeyId": settings.credential[0],
                "UriEndpoint": settings.uri_endpoint,
                "UriPath": settings.uri_path,
                "VpcEndpointServiceName": settings.service_name,
                "VpcEndpointServiceOwner": settings.service_owner,
            }
        }

    def describe_key(self, key: "Key") -> dict[str, Any]:
        return {"XksKeyConfiguration": {"Id": key.external_key_id}}

    def protect(self, key: "Key", blob: bytes, context: EncryptionContext) -> bytes:
        try:
            return self.manager.encrypt(key.external_key_id, self.settings, blob, context)
        except ProxyFailure as failure:
            raise invalid_state(failure.sentence) from None

    def unprotect(self, key: "Key", blob: bytes, context: EncryptionContext) -> bytes:
        try:
            return self.manager.decrypt(key.external_key_id, self.settings, blob, context)
        except ProxyFailure as failure:
            raise invalid_state(failure.sentence) from None


Link: TypeAlias = ClusterLink | ProxyLink
