"""External key stores: what a request says of proxy and external key, and whether they will do."""

from dataclasses import replace

from pytest_kmsmock._kms.domain.key_stores.backing import (
    DECRYPT,
    ENCRYPT,
    VPC_ENDPOINT_SERVICE,
    ExternalKey,
    ExternalKeyMissing,
    ProxyFailure,
    ProxySettings,
)
from pytest_kmsmock._kms.domain.key_stores.links import ProxyLink
from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
from pytest_kmsmock._kms.errors import KmsError, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.key_stores.finding import VPC_MEMBERS, links_elsewhere


def read_proxy_link(ctx: Context, request: RequestMembers) -> ProxyLink:
    """
    Return the link that CreateCustomKeyStore asks for.

    Raises:
        KmsError: ValidationException for a VPC endpoint service that is missing, or unasked for
            (rules CKS-2).
    """
    settings = read_vpc(
        ctx,
        request,
        ProxySettings(
            connectivity=request["XksProxyConnectivity"],
            credential=read_credential(request),
            uri_endpoint=request["XksProxyUriEndpoint"],
            uri_path=request["XksProxyUriPath"],
        ),
    )
    return ProxyLink(manager=ctx.world.key_manager(settings.uri), settings=settings)


def change_proxy_link(ctx: Context, request: RequestMembers, link: ProxyLink) -> ProxyLink:
    """
    Return what UpdateCustomKeyStore makes of *link*.

    Another address leads to the same external key manager, as AWS asks its callers to see to,
    unless a test has prepared another one there.

    Raises:
        KmsError: ValidationException, as `read_proxy_link()`, and for another connectivity without
            another endpoint (the model).
    """
    settings = link.settings
    connectivity = request.get("XksProxyConnectivity", settings.connectivity)
    endpoint = request.get("XksProxyUriEndpoint", settings.uri_endpoint)
    if connectivity != settings.connectivity and endpoint == settings.uri_endpoint:
        raise validation(
            f"XksProxyUriEndpoint must change when XksProxyConnectivity changes to {connectivity}."
        )
    if "XksProxyAuthenticationCredential" in request:
        settings = replace(settings, credential=read_credential(request))
    settings = read_vpc(
        ctx,
        request,
        replace(
            settings,
            connectivity=connectivity,
            uri_endpoint=endpoint,
            uri_path=request.get("XksProxyUriPath", settings.uri_path),
        ),
    )
    return ProxyLink(
        manager=ctx.world.key_managers.get(settings.uri, link.manager), settings=settings
    )


def read_credential(request: RequestMembers) -> tuple[str, str]:
    credential = request["XksProxyAuthenticationCredential"]
    return credential["AccessKeyId"], credential["RawSecretAccessKey"]


def read_vpc(ctx: Context, request: RequestMembers, settings: ProxySettings) -> ProxySettings:
    """
    Return *settings* with the VPC endpoint service that the request names, or without any.

    The caller's account owns the service unless the request or the settings have another owner.

    Raises:
        KmsError: ValidationException for one that is missing, or that public endpoints don't have.
    """
    connectivity = settings.connectivity
    if connectivity != VPC_ENDPOINT_SERVICE:
        for member in VPC_MEMBERS:
            if member in request:
                raise validation(
                    f"{member} is not valid when XksProxyConnectivity is {connectivity}."
                )
        return replace(settings, service_name=None, service_owner=None)
    name, owner = VPC_MEMBERS
    service_name = request.get(name, settings.service_name)
    if service_name is None:
        raise validation(f"{name} is required when XksProxyConnectivity is {connectivity}.")
    service_owner = request.get(owner, settings.service_owner) or ctx.region.account_id
    return replace(settings, service_name=service_name, service_owner=service_owner)


def check_proxy_link(ctx: Context, link: ProxyLink, own: KeyStore | None) -> None:
    """
    Refuse an address that another store has, or a proxy that can't serve *own*.

    *own* is None while the store is not made. A private DNS name is one store's alone; a public
    endpoint may be shared on different paths. KMS asks a public proxy for its health; of one in a
    VPC, it looks at the endpoint service, and reaches it when the store connects (the model).

    Raises:
        KmsError: The exception that the model has for it (rules CKS-4, wire-facts K11, K12).
    """
    settings = link.settings
    for region, other in links_elsewhere(ctx, own):
        if region is ctx.region and isinstance(other, ProxyLink):
            check_addresses(settings, other.settings)
    trouble = link.manager.check_health(settings)
    if trouble is not None and trouble.concerns_vpc is settings.over_vpc:
        raise KmsError(trouble.exception, trouble.sentence)


def check_addresses(new: ProxySettings, other: ProxySettings) -> None:
    if new.uri == other.uri:
        raise KmsError("XksProxyUriInUseException", f"The proxy URI {new.uri} is in use.")
    if new.uri_endpoint == other.uri_endpoint and (new.over_vpc or other.over_vpc):
        raise KmsError(
            "XksProxyUriEndpointInUseException",
            f"The proxy URI endpoint {new.uri_endpoint} is in use.",
        )
    if new.service_name is not None and new.service_name == other.service_name:
        raise KmsError(
            "XksProxyVpcEndpointServiceInUseException",
            f"The VPC endpoint service {new.service_name} is in use.",
        )


def check_external_key(store: KeyStore, link: ProxyLink, external_key_id: str) -> None:
    """
    Refuse an external key that can't be the material of one more key (rules CKS-18).

    Raises:
        KmsError: The exception that the model has for it (wire-facts K9, K10); for a proxy in
            trouble CustomKeyStoreInvalidStateException (wire-facts K13).
    """
    if any(key.external_key_id == external_key_id for key in store.keys.values()):
        raise KmsError(
            "XksKeyAlreadyInUseException",
            f"The external key {external_key_id} is already associated with a KMS key.",
        )
    try:
        external_key = link.manager.describe_key(external_key_id, link.settings)
    except ExternalKeyMissing as failure:
        raise KmsError("XksKeyNotFoundException", failure.sentence) from None
    except ProxyFailure as failure:
        raise KmsError("CustomKeyStoreInvalidStateException", failure.sentence) from None
    if (wrong := find_wrong_property(external_key)) is not None:
        raise KmsError("XksKeyInvalidConfigurationException", wrong)


def find_wrong_property(key: ExternalKey) -> str | None:
    """Say which property makes an external key useless to KMS, in AWS's words (K10)."""
    if key.spec != "AES_256":
        return (
            "The key spec of the external key must be AES_256. The key spec of specified external"
            f" key is {key.spec}."
        )
    if not key.is_enabled:
        return (
            "The status of the external key must be ENABLED. The status of specified external key"
            " is DISABLED."
        )
    if not {ENCRYPT, DECRYPT} <= set(key.usages):
        return (
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of"
            f" specified external key is {', '.join(key.usages)}."
        )
    return None
