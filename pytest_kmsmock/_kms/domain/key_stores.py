"""Custom key stores: what one is, its connection, and the keys in it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pytest_kmsmock._kms.domain.backing import (
    CONNECTION_ERROR_CODES,
    CloudHsmCluster,
    ExternalKeyManager,
    ProxyFailure,
)
from pytest_kmsmock._kms.errors import KmsError, invalid_state

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key

ConnectionState: TypeAlias = Literal[
    "CONNECTED", "CONNECTING", "FAILED", "DISCONNECTED", "DISCONNECTING"
]

# What a proxy refuses -> how AWS tells it (wire-facts K8, K9, K11 to K15; those about time and
# reach were not found as texts of the service: assumed).
PROXY_SENTENCES: Final = {
    "unreachable": "AWS KMS cannot communicate with your external key store proxy.",
    "timed out": "The external key store proxy did not respond to the request in the time"
    " allotted.",
    "invalid response": "AWS KMS cannot interpret the response it received from the external key"
    " store proxy.",
    "bad credential": "The external key store proxy rejected the request because it could not"
    " authenticate AWS KMS. Verify the credentials for your external key store and update if"
    " necessary.",
    "denied": "The external key store proxy denied access to the operation. Verify that the user"
    " and the external key are both authorized for this operation, and try the request again.",
    "invalid path": "The external key store proxy rejected the request because of an invalid URI"
    " path. Verify the URI path for your external key store and update if necessary.",
    "no such key": "The external key store proxy rejected the request because it could not find"
    " the external key.",
    "disabled key": "The external key store proxy rejected the request because the external key is"
    " not enabled in the external key manager.",
    "wrong usage": "The external key store proxy rejected the request because the external key"
    " does not support the requested operation.",
    "bad ciphertext": "The external key store proxy rejected the request because the specified"
    " ciphertext or additional authenticated data is corrupted, missing, or otherwise invalid.",
}


@dataclass(slots=True, eq=False, kw_only=True)
class KeyStore:
    """
    A custom key store of one account and Region.

    Connecting and disconnecting change *connection_state* and *connection_error_code*,
    UpdateCustomKeyStore the rest.
    """

    store_id: str
    name: str
    creation_date: datetime
    connection_state: ConnectionState = "DISCONNECTED"
    connection_error_code: str | None = None
    keys: "dict[str, Key]" = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """CustomKeyStoreType."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Return a CustomKeyStoresListEntry (wire-facts K3, K4); no secret is in it."""
        entry: dict[str, Any] = {
            "CustomKeyStoreId": self.store_id,
            "CustomKeyStoreName": self.name,
            "CustomKeyStoreType": self.kind,
            "ConnectionState": self.connection_state,
            "CreationDate": self.creation_date,
        }
        if self.connection_state == "FAILED":
            entry["ConnectionErrorCode"] = self.connection_error_code
        return entry

    def describe_key(self, key: "Key") -> dict[str, Any]:
        """Return the members of KeyMetadata that keys in this store have (rules KEY-18)."""
        return {"CustomKeyStoreId": self.store_id}

    def try_to_connect(self) -> str | None:
        """Return the ConnectionErrorCode with which a connection fails, or None."""
        raise NotImplementedError

    def add_key(self, key: "Key") -> None:
        key.key_store = self
        self.keys[key.key_id] = key

    def set_state(self, state: ConnectionState, error_code: str | None = None) -> None:
        """Change the connection; keys of a store that is not connected are Unavailable (CKS-14)."""
        self.connection_state = state
        self.connection_error_code = error_code
        for key in self.keys.values():
            key.cover(None if state == "CONNECTED" else "Unavailable")

    def protect(self, key: "Key", blob: bytes) -> bytes:
        """
        Give *blob*, sealed by KMS, the store's own protection.

        Raises:
            KmsError: KMSInvalidStateException, whatever fails inside the store (rules CKS-16).
        """
        raise NotImplementedError

    def unprotect(self, key: "Key", blob: bytes) -> bytes:
        """Undo `protect()`."""
        raise NotImplementedError


@dataclass(slots=True, eq=False, kw_only=True)
class CloudHsmKeyStore(KeyStore):
    """A store in a CloudHSM cluster. KMS's own sealing stands for the cluster's."""

    cluster: CloudHsmCluster
    password: str
    trust_anchor: str

    @property
    def kind(self) -> str:
        return "AWS_CLOUDHSM"

    def describe(self) -> dict[str, Any]:
        return {
            **KeyStore.describe(self),
            "CloudHsmClusterId": self.cluster.cluster_id,
            "TrustAnchorCertificate": self.trust_anchor,
        }

    def describe_key(self, key: "Key") -> dict[str, Any]:
        return {
            **KeyStore.describe_key(self, key),
            "CloudHsmClusterId": self.cluster.cluster_id,
        }

    def try_to_connect(self) -> str | None:
        cluster = self.cluster
        if not cluster.exists:
            return "CLUSTER_NOT_FOUND"
        if not cluster.is_active:
            return "INSUFFICIENT_CLOUDHSM_HSMS"
        if cluster.password not in (None, self.password):
            return "INVALID_CREDENTIALS"
        if not cluster.is_reachable:
            return "NETWORK_ERRORS"
        return cluster.connection_error

    def protect(self, key: "Key", blob: bytes) -> bytes:
        if not self.cluster.is_reachable or not self.cluster.exists:
            # wire-facts K7
            raise invalid_state("KMS cannot communicate with your CloudHSM cluster")
        return blob

    def unprotect(self, key: "Key", blob: bytes) -> bytes:
        return self.protect(key, blob)


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalKeyStore(KeyStore):
    """A store whose keys are in an external key manager, behind its proxy."""

    manager: ExternalKeyManager
    connectivity: str
    credential: tuple[str, str]  # access key id, secret
    uri_endpoint: str
    uri_path: str
    vpc_endpoint_service_name: str | None
    vpc_endpoint_service_owner: str | None

    @property
    def kind(self) -> str:
        return "EXTERNAL_KEY_STORE"

    @property
    def uri(self) -> str:
        return self.uri_endpoint + self.uri_path

    def describe(self) -> dict[str, Any]:
        configuration = {
            "Connectivity": self.connectivity,
            "AccessKeyId": self.credential[0],
            "UriEndpoint": self.uri_endpoint,
            "UriPath": self.uri_path,
            "VpcEndpointServiceName": self.vpc_endpoint_service_name,
            "VpcEndpointServiceOwner": self.vpc_endpoint_service_owner,
        }
        return {
            **KeyStore.describe(self),
            "XksProxyConfiguration": {
                name: value for name, value in configuration.items() if value is not None
            },
        }

    def describe_key(self, key: "Key") -> dict[str, Any]:
        return {
            **KeyStore.describe_key(self, key),
            "XksKeyConfiguration": {"Id": key.external_key_id},
        }

    def try_to_connect(self) -> str | None:
        trouble = self.manager.check_health(self.credential)
        return None if trouble is None else CONNECTION_ERROR_CODES[trouble]

    def protect(self, key: "Key", blob: bytes) -> bytes:
        try:
            return self.manager.encrypt(external_id_of(key), self.credential, blob)
        except ProxyFailure as failure:
            raise proxy_refusal(failure) from None

    def unprotect(self, key: "Key", blob: bytes) -> bytes:
        try:
            return self.manager.decrypt(external_id_of(key), self.credential, blob)
        except ProxyFailure as failure:
            raise proxy_refusal(failure) from None


def external_id_of(key: "Key") -> str:
    if key.external_key_id is None:
        raise LookupError(f"{key.arn} is in no external key store")
    return key.external_key_id


def proxy_refusal(failure: ProxyFailure) -> KmsError:
    return invalid_state(PROXY_SENTENCES[failure.reason])
