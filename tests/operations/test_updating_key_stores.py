"""UpdateCustomKeyStore: what changes, and what KMS looks at before it does."""

import pytest

from tests.operations.key_store_requests import (
    CLOUDHSM,
    CLUSTER,
    CLUSTER_TROUBLES,
    ENDPOINT,
    OTHER_CLUSTER,
    OTHER_CREDENTIAL,
    OTHER_SERVICE,
    PATH,
    PROXY_TROUBLES,
    PUBLIC,
    SERVICE,
    SERVICE_TROUBLES,
    URI,
    VPC,
    connect,
    connection_of,
    create_connected_store,
    create_key_in_store,
    create_store,
    describe_store,
    describe_stores,
    disconnect,
    wrong_connection,
)
from tests.operations.refusals import invalid
from tests.vocabulary import ACCOUNT, members, refusal

ELSEWHERE = "https://elsewhere.example.com"
OTHER_PATH = "/two/kms/xks/v1"


def update(kms, store_id, **changes):
    kms.update_custom_key_store(CustomKeyStoreId=store_id, **changes)


def refuse_update(kms, store_id, **changes):
    """Ask for a change that KMS must refuse, and prove that it makes none."""
    before = describe_stores(kms)

    refused = refusal(kms.update_custom_key_store, CustomKeyStoreId=store_id, **changes)

    assert before == describe_stores(kms)

    return refused


def proxy_of(kms, store_id):
    return describe_store(kms, store_id)["XksProxyConfiguration"]


class TestName:
    """NewCustomKeyStoreName, for stores of both types."""

    @pytest.mark.parametrize("request_", [CLOUDHSM, PUBLIC], ids=["CloudHSM", "external"])
    def test_new_name(self, kms, request_):
        """The answer has no members, and nothing but the name has changed."""
        store_id = create_store(kms, **request_)
        entry = describe_store(kms, store_id)

        answered = members(
            kms.update_custom_key_store(CustomKeyStoreId=store_id, NewCustomKeyStoreName="new")
        )

        assert {} == answered
        assert {**entry, "CustomKeyStoreName": "new"} == describe_store(kms, store_id)

    def test_name_of_another_store(self, kms):
        """A name that another store has is refused (rules CKS-4; text assumed)."""
        create_store(kms, "other", **PUBLIC)
        store_id = create_store(kms, **CLOUDHSM)

        assert (
            "CustomKeyStoreNameInUseException",
            "The custom key store name other is in use.",
        ) == refuse_update(kms, store_id, NewCustomKeyStoreName="other")

    def test_same_name(self, kms):
        """A store may be given the name that it has (assumed)."""
        store_id = create_store(kms, **CLOUDHSM)

        update(kms, store_id, NewCustomKeyStoreName="store")

        assert "store" == describe_store(kms, store_id)["CustomKeyStoreName"]

    def test_nothing(self, kms):
        """An update that names no change makes none (assumed)."""
        store_id = create_store(kms, **CLOUDHSM)
        entry = describe_store(kms, store_id)

        update(kms, store_id)

        assert entry == describe_store(kms, store_id)

    def test_with_another_change_that_is_refused(self, kms, kms_mock):
        """If one change is refused, none is made."""
        store_id = create_store(kms, **CLOUDHSM)
        kms_mock.cloudhsm_cluster(CLUSTER).refuse("not active")

        assert (
            "CloudHsmClusterNotActiveException"
            == (
                refuse_update(
                    kms, store_id, NewCustomKeyStoreName="new", KeyStorePassword="changed"
                )[0]
            )
        )

    def test_with_a_cluster_that_is_not_ready(self, kms, kms_mock):
        """A name changes whatever the cluster's condition (assumed)."""
        store_id = create_store(kms, **CLOUDHSM)
        kms_mock.cloudhsm_cluster(CLUSTER).refuse("not active")

        update(kms, store_id, NewCustomKeyStoreName="new")

        assert "new" == describe_store(kms, store_id)["CustomKeyStoreName"]


class TestCluster:
    """CloudHsmClusterId: another cluster, of the same backup history."""

    def test_related(self, kms, kms_mock):
        """A cluster that was made from a backup takes the other's place (rules CKS-11)."""
        kms_mock.cloudhsm_cluster(OTHER_CLUSTER, restored_from=CLUSTER)
        store_id = create_store(kms, **CLOUDHSM)

        update(kms, store_id, CloudHsmClusterId=OTHER_CLUSTER)

        assert OTHER_CLUSTER == describe_store(kms, store_id)["CloudHsmClusterId"]

    def test_keys_in_it(self, kms, kms_mock):
        """The keys go on in the related cluster."""
        kms_mock.cloudhsm_cluster(OTHER_CLUSTER, restored_from=CLUSTER)
        store_id = create_connected_store(kms)
        key_arn = create_key_in_store(kms, "AWS_CLOUDHSM", store_id)
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        disconnect(kms, store_id)
        update(kms, store_id, CloudHsmClusterId=OTHER_CLUSTER)
        connect(kms, store_id)

        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
        assert (
            OTHER_CLUSTER == (kms.describe_key(KeyId=key_arn)["KeyMetadata"]["CloudHsmClusterId"])
        )

    def test_unrelated(self, kms):
        """A cluster with another certificate is refused (rules CKS-11; text assumed)."""
        store_id = create_store(kms, **CLOUDHSM)

        assert (
            "CloudHsmClusterNotRelatedException",
            f"Cluster {OTHER_CLUSTER} is not related to cluster {CLUSTER}.",
        ) == refuse_update(kms, store_id, CloudHsmClusterId=OTHER_CLUSTER)

    def test_same(self, kms):
        """A store may be given the cluster that it has (the model)."""
        store_id = create_store(kms, **CLOUDHSM)

        update(kms, store_id, CloudHsmClusterId=CLUSTER)

        assert CLUSTER == describe_store(kms, store_id)["CloudHsmClusterId"]

    @pytest.mark.parametrize("trouble", ["not found", "not active", "invalid configuration"])
    def test_not_ready(self, kms, kms_mock, trouble):
        """A cluster that won't do is refused with the model's exception (texts assumed)."""
        store_id = create_store(kms, **CLOUDHSM)
        related = kms_mock.cloudhsm_cluster(OTHER_CLUSTER, restored_from=CLUSTER)
        related.refuse(trouble)

        assert CLUSTER_TROUBLES[trouble] == refuse_update(
            kms, store_id, CloudHsmClusterId=OTHER_CLUSTER
        )


class TestProxy:
    """The address, the credential and the connectivity of an external key store's proxy."""

    @pytest.mark.parametrize("state", ["CONNECTED", "DISCONNECTED"])
    def test_credential_and_path(self, kms, state):
        """Credential and path may change while the store is CONNECTED (rules CKS-9)."""
        store_id = create_store(kms, **PUBLIC)
        if state == "CONNECTED":
            connect(kms, store_id)

        update(
            kms,
            store_id,
            XksProxyAuthenticationCredential=OTHER_CREDENTIAL,
            XksProxyUriPath=OTHER_PATH,
        )

        assert {
            "Connectivity": "PUBLIC_ENDPOINT",
            "AccessKeyId": OTHER_CREDENTIAL["AccessKeyId"],
            "UriEndpoint": ENDPOINT,
            "UriPath": OTHER_PATH,
        } == proxy_of(kms, store_id)
        assert (state, None) == connection_of(kms, store_id)

    @pytest.mark.parametrize(
        "changes",
        [
            {"XksProxyUriEndpoint": ELSEWHERE},
            {"XksProxyVpcEndpointServiceName": OTHER_SERVICE},
            {"XksProxyVpcEndpointServiceOwner": ACCOUNT},
            {"XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": ELSEWHERE},
            {"XksProxyUriPath": OTHER_PATH, "XksProxyUriEndpoint": ELSEWHERE},
        ],
        ids=", ".join,
    )
    def test_the_rest(self, kms, changes):
        """All else changes while the store is DISCONNECTED alone (rules CKS-9)."""
        store_id = create_store(kms, **VPC)
        connect(kms, store_id)
        connection_of(kms, store_id)

        refused = refuse_update(kms, store_id, **changes)
        disconnect(kms, store_id)
        update(kms, store_id, **changes)

        assert wrong_connection(store_id, "CONNECTED") == refused

    def test_to_vpc(self, kms):
        """A store gets a VPC endpoint service together with another endpoint (the model)."""
        store_id = create_store(kms, **PUBLIC)

        update(
            kms,
            store_id,
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyUriEndpoint=ELSEWHERE,
            XksProxyVpcEndpointServiceName=SERVICE,
        )

        assert {
            "Connectivity": "VPC_ENDPOINT_SERVICE",
            "AccessKeyId": PUBLIC["XksProxyAuthenticationCredential"]["AccessKeyId"],
            "UriEndpoint": ELSEWHERE,
            "UriPath": PATH,
            "VpcEndpointServiceName": SERVICE,
            "VpcEndpointServiceOwner": ACCOUNT,
        } == proxy_of(kms, store_id)

    def test_to_public(self, kms):
        """A store with a public endpoint has no VPC endpoint service any more (the model)."""
        store_id = create_store(kms, **VPC)

        update(
            kms,
            store_id,
            XksProxyConnectivity="PUBLIC_ENDPOINT",
            XksProxyUriEndpoint=ELSEWHERE,
        )

        assert {
            "Connectivity": "PUBLIC_ENDPOINT",
            "AccessKeyId": PUBLIC["XksProxyAuthenticationCredential"]["AccessKeyId"],
            "UriEndpoint": ELSEWHERE,
            "UriPath": PATH,
        } == proxy_of(kms, store_id)

    @pytest.mark.parametrize(
        ("request_", "connectivity"),
        [(PUBLIC, "VPC_ENDPOINT_SERVICE"), (VPC, "PUBLIC_ENDPOINT")],
        ids=["to VPC", "to public"],
    )
    def test_same_endpoint(self, kms, request_, connectivity):
        """Another connectivity needs another endpoint (the model; text assumed)."""
        store_id = create_store(kms, **request_)

        assert invalid(
            f"XksProxyUriEndpoint must change when XksProxyConnectivity changes to {connectivity}."
        ) == refuse_update(kms, store_id, XksProxyConnectivity=connectivity)

    def test_to_vpc_without_a_service(self, kms):
        """A VPC endpoint service has a name (the model; text assumed)."""
        store_id = create_store(kms, **PUBLIC)

        assert invalid(
            "XksProxyVpcEndpointServiceName is required when XksProxyConnectivity is"
            " VPC_ENDPOINT_SERVICE."
        ) == refuse_update(
            kms,
            store_id,
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyUriEndpoint=ELSEWHERE,
        )

    def test_service_of_a_public_store(self, kms):
        """A public proxy has no VPC endpoint service (the model; text assumed)."""
        store_id = create_store(kms, **PUBLIC)

        assert invalid(
            "XksProxyVpcEndpointServiceName is not valid when XksProxyConnectivity is"
            " PUBLIC_ENDPOINT."
        ) == refuse_update(kms, store_id, XksProxyVpcEndpointServiceName=SERVICE)

    def test_owner(self, kms):
        """The owner of a service stays with it, unless the request has another (the model)."""
        store_id = create_store(kms, **VPC, XksProxyVpcEndpointServiceOwner="111122223333")
        update(kms, store_id, XksProxyVpcEndpointServiceName=OTHER_SERVICE)
        kept = proxy_of(kms, store_id)["VpcEndpointServiceOwner"]

        update(kms, store_id, XksProxyVpcEndpointServiceOwner=ACCOUNT)

        assert "111122223333" == kept
        assert ACCOUNT == proxy_of(kms, store_id)["VpcEndpointServiceOwner"]

    def test_address_of_another_store(self, kms):
        """An address that another store has is refused (rules CKS-4; text assumed)."""
        create_store(kms, "other", **{**PUBLIC, "XksProxyUriPath": OTHER_PATH})
        store_id = create_store(kms, **PUBLIC)

        assert (
            "XksProxyUriInUseException",
            f"The proxy URI {ENDPOINT}{OTHER_PATH} is in use.",
        ) == refuse_update(kms, store_id, XksProxyUriPath=OTHER_PATH)

    @pytest.mark.parametrize("trouble", PROXY_TROUBLES)
    def test_proxy_in_trouble(self, kms, kms_mock, trouble):
        """A public proxy is asked for its health (wire-facts K11, K12, K13)."""
        message, code, _ = PROXY_TROUBLES[trouble]
        store_id = create_store(kms, **PUBLIC)
        kms_mock.external_key_manager(URI).refuse(trouble)

        assert (code, message) == refuse_update(
            kms, store_id, XksProxyAuthenticationCredential=OTHER_CREDENTIAL
        )

    @pytest.mark.parametrize("trouble", SERVICE_TROUBLES)
    def test_service_in_trouble(self, kms, kms_mock, trouble):
        """A VPC endpoint service that won't do is refused with the model's exception."""
        message, code, _ = SERVICE_TROUBLES[trouble]
        store_id = create_store(kms, **VPC)
        kms_mock.external_key_manager(URI).refuse(trouble)

        assert (code, message) == refuse_update(
            kms, store_id, XksProxyVpcEndpointServiceName=OTHER_SERVICE
        )


class TestKeysBehindAnotherAddress:
    """Which external keys there are where the store's proxy is now."""

    def test_same_key_manager(self, kms, kms_mock):
        """Another address leads to the same keys, as AWS asks its callers to see to."""
        store_id = create_connected_store(kms, "EXTERNAL_KEY_STORE")
        key_arn = create_key_in_store(kms, "EXTERNAL_KEY_STORE", store_id)
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

        update(kms, store_id, XksProxyUriPath=OTHER_PATH)

        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
        assert ("external-key",) == kms_mock.external_key_manager(ENDPOINT + OTHER_PATH).keys

    def test_another_key_manager(self, kms, kms_mock):
        """A key manager that the test has prepared there has keys of its own."""
        kms_mock.external_key_manager(ENDPOINT + OTHER_PATH)
        store_id = create_connected_store(kms, "EXTERNAL_KEY_STORE")
        key_arn = create_key_in_store(kms, "EXTERNAL_KEY_STORE", store_id)
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

        update(kms, store_id, XksProxyUriPath=OTHER_PATH)

        assert "KMSInvalidStateException" == refusal(kms.decrypt, CiphertextBlob=blob)[0]
