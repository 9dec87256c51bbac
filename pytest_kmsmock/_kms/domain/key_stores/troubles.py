"""What can be wrong with what stands behind a custom key store, and how AWS says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyTrouble:
    """
    Why an external key store proxy does not serve KMS.

    *sentence* is the message of every refusal, *exception* its code when a store is made or
    changed, *connection_error* the ConnectionErrorCode of a store that can't connect. With
    *concerns_vpc*, only stores are concerned that reach their proxy by a VPC endpoint service.
    """

    sentence: str
    exception: str
    connection_error: str
    concerns_vpc: bool = False


# The sentences are those of wire-facts K11 to K13 where they have one; the others are assumed, and
# so is the exception for a proxy that denies or that has no valid TLS.
PROXY_TROUBLES: Final[Mapping[str, ProxyTrouble]] = MappingProxyType(
    {
        "unreachable": ProxyTrouble(
            sentence="AWS KMS cannot communicate with your external key store proxy.",
            exception="XksProxyUriUnreachableException",
            connection_error="XKS_PROXY_NOT_REACHABLE",
        ),
        "timed out": ProxyTrouble(
            sentence="The external key store proxy did not respond to the request in the time"
            " allotted. Retry the request. If you see this error repeatedly, report it to your"
            " external key store proxy administrator.",
            exception="XksProxyUriUnreachableException",
            connection_error="XKS_PROXY_TIMED_OUT",
        ),
        "bad credential": ProxyTrouble(
            sentence="The external key store proxy rejected the request because it could not"
            " authenticate AWS KMS. Verify the credentials for your external key store and update"
            " if necessary.",
            exception="XksProxyIncorrectAuthenticationCredentialException",
            connection_error="INVALID_CREDENTIALS",
        ),
        "denied": ProxyTrouble(
            sentence="The external key store proxy denied access to the operation. Verify that the"
            " user and the external key are both authorized for this operation, and try the request"
            " again.",
            exception="XksProxyInvalidConfigurationException",
            connection_error="XKS_PROXY_ACCESS_DENIED",
        ),
        "invalid path": ProxyTrouble(
            sentence="The external key store proxy rejected the request because of an invalid URI"
            " path. Verify the URI path for your external key store and update if necessary.",
            exception="XksProxyInvalidConfigurationException",
            connection_error="XKS_PROXY_INVALID_CONFIGURATION",
        ),
        "invalid response": ProxyTrouble(
            sentence="AWS KMS cannot interpret the response it received from the external key store"
            " proxy. If you see this error repeatedly, report it to your external key store proxy"
            " administrator.",
            exception="XksProxyInvalidResponseException",
            connection_error="XKS_PROXY_INVALID_RESPONSE",
        ),
        "invalid TLS": ProxyTrouble(
            sentence="AWS KMS cannot connect to the external key store proxy because the TLS"
            " configuration is invalid.",
            exception="XksProxyInvalidConfigurationException",
            connection_error="XKS_PROXY_INVALID_TLS_CONFIGURATION",
        ),
        "no endpoint service": ProxyTrouble(
            sentence="AWS KMS cannot find the VPC endpoint service that it uses to communicate with"
            " the external key store proxy.",
            exception="XksProxyVpcEndpointServiceNotFoundException",
            connection_error="XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
            concerns_vpc=True,
        ),
        "invalid endpoint service": ProxyTrouble(
            sentence="The VPC endpoint service does not fulfill the requirements for an external"
            " key store.",
            exception="XksProxyVpcEndpointServiceInvalidConfigurationException",
            connection_error="XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION",
            concerns_vpc=True,
        ),
    }
)

# What a proxy says about one external key (wire-facts K8, K9, K14, K15).
NO_SUCH_KEY: Final = (
    "The external key store proxy rejected the request because it could not find the external key."
)
DISABLED_KEY: Final = (
    "The external key store proxy rejected the request because the external key is not enabled in"
    " the external key manager."
)
WRONG_USAGE: Final = (
    "The external key store proxy rejected the request because the external key does not support"
    " the requested operation."
)
BAD_CIPHERTEXT: Final = (
    "The external key store proxy rejected the request because the specified ciphertext or"
    " additional authenticated data is corrupted, missing, or otherwise invalid."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterTrouble:
    """
    Why a CloudHSM cluster does not serve KMS.

    The *operations* refuse with *exception* and *sentence* (whose text is assumed); a store that
    connects nevertheless fails with *connection_error*, unless that is None. *stops_use* says
    whether the keys in the cluster are out of reach.
    """

    sentence: str
    exception: str
    operations: frozenset[str]
    connection_error: str | None
    stops_use: bool = False


# Which operation knows which exception is the model's; which cluster is out of reach is assumed.
CLUSTER_TROUBLES: Final[Mapping[str, ClusterTrouble]] = MappingProxyType(
    {
        "unreachable": ClusterTrouble(
            sentence="KMS cannot communicate with your CloudHSM cluster",  # wire-facts K7
            exception="CustomKeyStoreInvalidStateException",
            operations=frozenset({"CreateKey", "GenerateRandom"}),
            connection_error="NETWORK_ERRORS",
            stops_use=True,
        ),
        "not found": ClusterTrouble(
            sentence="The CloudHSM cluster was not found.",
            exception="CloudHsmClusterNotFoundException",
            operations=frozenset({"CreateCustomKeyStore", "UpdateCustomKeyStore"}),
            connection_error="CLUSTER_NOT_FOUND",
            stops_use=True,
        ),
        "not active": ClusterTrouble(
            sentence="The CloudHSM cluster is not active.",
            exception="CloudHsmClusterNotActiveException",
            operations=frozenset(
                {"ConnectCustomKeyStore", "CreateCustomKeyStore", "UpdateCustomKeyStore"}
            ),
            connection_error="INSUFFICIENT_CLOUDHSM_HSMS",
            stops_use=True,
        ),
        "invalid configuration": ClusterTrouble(
            sentence="The CloudHSM cluster does not meet the configuration requirements.",
            exception="CloudHsmClusterInvalidConfigurationException",
            operations=frozenset(
                {
                    "ConnectCustomKeyStore",
                    "CreateCustomKeyStore",
                    "CreateKey",
                    "UpdateCustomKeyStore",
                }
            ),
            connection_error=None,
        ),
        "incorrect trust anchor": ClusterTrouble(
            sentence="The trust anchor certificate is not that of the CloudHSM cluster.",
            exception="IncorrectTrustAnchorException",
            operations=frozenset({"CreateCustomKeyStore"}),
            connection_error=None,
        ),
    }
)
