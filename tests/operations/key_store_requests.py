"""Custom key stores of each type: what their requests say, and what KMS answers about them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.vocabulary import create_key

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

CLUSTER = "cluster-abcdefghijk"
OTHER_CLUSTER = "cluster-mnopqrstuvw"
CLOUDHSM = {
    "CloudHsmClusterId": CLUSTER,
    "KeyStorePassword": "kmsPswd",
    "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
}
CREDENTIAL = {
    "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
    "RawSecretAccessKey": "Dx7/secret+" * 4,
}
OTHER_CREDENTIAL = {"AccessKeyId": "7" * 20, "RawSecretAccessKey": "x" * 43}
ENDPOINT = "https://xks.example.com"
PATH = "/one/kms/xks/v1"
URI = ENDPOINT + PATH
PUBLIC = {
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    "XksProxyUriEndpoint": ENDPOINT,
    "XksProxyUriPath": PATH,
    "XksProxyAuthenticationCredential": CREDENTIAL,
}
SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
OTHER_SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-fedcba98765432100"
VPC = {
    **PUBLIC,
    "XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
    "XksProxyVpcEndpointServiceName": SERVICE,
}

# What makes a store of each type, and what a key in it needs besides the store's id.
TYPES = {"AWS_CLOUDHSM": CLOUDHSM, "EXTERNAL_KEY_STORE": PUBLIC}
IN_STORE = {
    "AWS_CLOUDHSM": {"Origin": "AWS_CLOUDHSM"},
    "EXTERNAL_KEY_STORE": {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "external-key"},
}


def create_store(kms: "KMSClient", name: str = "store", /, **members: Any) -> str:
    """Create a custom key store and return its id."""
    return kms.create_custom_key_store(CustomKeyStoreName=name, **members)["CustomKeyStoreId"]


def connect(kms: "KMSClient", store_id: str) -> None:
    kms.connect_custom_key_store(CustomKeyStoreId=store_id)


def disconnect(kms: "KMSClient", store_id: str) -> None:
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)


def create_connected_store(kms: "KMSClient", kind: str = "AWS_CLOUDHSM") -> str:
    """Create and connect a custom key store, and return its id."""
    store_id = create_store(kms, **TYPES[kind])
    connect(kms, store_id)
    return store_id


def create_key_in_store(kms: "KMSClient", kind: str, store_id: str, **members: Any) -> str:
    """Create a key in a store of that type, and return its ARN."""
    return create_key(kms, CustomKeyStoreId=store_id, **{**IN_STORE[kind], **members})


def describe_store(kms: "KMSClient", store_id: str) -> dict[str, Any]:
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreId=store_id)["CustomKeyStores"]
    return dict(entry)


def describe_stores(kms: "KMSClient") -> list[dict[str, Any]]:
    return [dict(entry) for entry in kms.describe_custom_key_stores()["CustomKeyStores"]]


def connection_of(kms: "KMSClient", store_id: str) -> tuple[str, str | None]:
    """Return ConnectionState and ConnectionErrorCode of a store."""
    entry = describe_store(kms, store_id)
    return entry["ConnectionState"], entry.get("ConnectionErrorCode")


def store_not_found(id_or_name: str) -> tuple[str, str]:
    """Return the refusal of a store that does not exist (wire-facts K1; text assumed)."""
    return (
        "CustomKeyStoreNotFoundException",
        f"Custom key store {id_or_name} is not found.",
    )


def wrong_connection(store_id: str, state: str) -> tuple[str, str]:
    """Return the refusal of a store that is connected or is not (rules CKS-7; text assumed)."""
    return (
        "CustomKeyStoreInvalidStateException",
        f"Custom key store {store_id} is {state}, which is not valid for this operation.",
    )


CLUSTER_OUT_OF_REACH = "KMS cannot communicate with your CloudHSM cluster"

# What can be wrong with a cluster -> the exception and its text, which is assumed.
CLUSTER_TROUBLES = {
    "not found": (
        "CloudHsmClusterNotFoundException",
        "The CloudHSM cluster was not found.",
    ),
    "not active": (
        "CloudHsmClusterNotActiveException",
        "The CloudHSM cluster is not active.",
    ),
    "invalid configuration": (
        "CloudHsmClusterInvalidConfigurationException",
        "The CloudHSM cluster does not meet the configuration requirements.",
    ),
    "incorrect trust anchor": (
        "IncorrectTrustAnchorException",
        "The trust anchor certificate is not that of the CloudHSM cluster.",
    ),
}

# What can be wrong with a proxy -> what AWS says of it, and the exception of a store that is made
# or changed (wire-facts K11 to K13; the other texts are assumed), and the ConnectionErrorCode
# (wire-facts K16).
PROXY_TROUBLES = {
    "unreachable": (
        "AWS KMS cannot communicate with your external key store proxy.",
        "XksProxyUriUnreachableException",
        "XKS_PROXY_NOT_REACHABLE",
    ),
    "timed out": (
        "The external key store proxy did not respond to the request in the time allotted. Retry"
        " the request. If you see this error repeatedly, report it to your external key store"
        " proxy administrator.",
        "XksProxyUriUnreachableException",
        "XKS_PROXY_TIMED_OUT",
    ),
    "bad credential": (
        "The external key store proxy rejected the request because it could not authenticate AWS"
        " KMS. Verify the credentials for your external key store and update if necessary.",
        "XksProxyIncorrectAuthenticationCredentialException",
        "INVALID_CREDENTIALS",
    ),
    "denied": (
        "The external key store proxy denied access to the operation. Verify that the user and the"
        " external key are both authorized for this operation, and try the request again.",
        "XksProxyInvalidConfigurationException",
        "XKS_PROXY_ACCESS_DENIED",
    ),
    "invalid path": (
        "The external key store proxy rejected the request because of an invalid URI path. Verify"
        " the URI path for your external key store and update if necessary.",
        "XksProxyInvalidConfigurationException",
        "XKS_PROXY_INVALID_CONFIGURATION",
    ),
    "invalid response": (
        "AWS KMS cannot interpret the response it received from the external key store proxy. If"
        " you see this error repeatedly, report it to your external key store proxy"
        " administrator.",
        "XksProxyInvalidResponseException",
        "XKS_PROXY_INVALID_RESPONSE",
    ),
    "invalid TLS": (
        "AWS KMS cannot connect to the external key store proxy because the TLS configuration is"
        " invalid.",
        "XksProxyInvalidConfigurationException",
        "XKS_PROXY_INVALID_TLS_CONFIGURATION",
    ),
}
# The same of a VPC endpoint service.
SERVICE_TROUBLES = {
    "no endpoint service": (
        "AWS KMS cannot find the VPC endpoint service that it uses to communicate with the"
        " external key store proxy.",
        "XksProxyVpcEndpointServiceNotFoundException",
        "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
    ),
    "invalid endpoint service": (
        "The VPC endpoint service does not fulfill the requirements for an external key store.",
        "XksProxyVpcEndpointServiceInvalidConfigurationException",
        "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
    ),
}

# Every use of a key in a custom key store.
CALLS = [
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
]


def cryptographic_calls(
    kms: "KMSClient", key_arn: str, blob: bytes
) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Return all calls that use a key which has made *blob*, by name."""
    other = create_key(kms)
    theirs = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    return {
        "Encrypt": (kms.encrypt, {"KeyId": key_arn, "Plaintext": b"x"}),
        "Decrypt": (kms.decrypt, {"CiphertextBlob": blob}),
        "ReEncryptFrom": (kms.re_encrypt, {"CiphertextBlob": blob, "DestinationKeyId": other}),
        "ReEncryptTo": (kms.re_encrypt, {"CiphertextBlob": theirs, "DestinationKeyId": key_arn}),
        "GenerateDataKey": (kms.generate_data_key, {"KeyId": key_arn, "KeySpec": "AES_256"}),
        "GenerateDataKeyWithoutPlaintext": (
            kms.generate_data_key_without_plaintext,
            {"KeyId": key_arn, "KeySpec": "AES_256"},
        ),
    }
