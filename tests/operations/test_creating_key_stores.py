"""CreateCustomKeyStore: what a store needs, what must be unique, and what KMS looks at."""

import pytest

from tests.operations.key_store_requests import (
    CLOUDHSM,
    CLUSTER,
    CLUSTER_TROUBLES,
    CREDENTIAL,
    ENDPOINT,
    OTHER_CLUSTER,
    OTHER_CREDENTIAL,
    OTHER_SERVICE,
    PROXY_TROUBLES,
    PUBLIC,
    SERVICE,
    SERVICE_TROUBLES,
    TYPES,
    URI,
    VPC,
    create_connected_store,
    create_store,
    describe_store,
    describe_stores,
)
from tests.operations.refusals import at_most, invalid, violation
from tests.vocabulary import ACCOUNT, lower_quotas, refusal

NAME_IN_USE = (
    "CustomKeyStoreNameInUseException",
    "The custom key store name store is in use.",
)
URI_IN_USE = ("XksProxyUriInUseException", f"The proxy URI {URI} is in use.")
ENDPOINT_IN_USE = (
    "XksProxyUriEndpointInUseException",
    f"The proxy URI endpoint {ENDPOINT} is in use.",
)
SERVICE_IN_USE = (
    "XksProxyVpcEndpointServiceInUseException",
    f"The VPC endpoint service {SERVICE} is in use.",
)
ELSEWHERE = {"XksProxyUriEndpoint": "https://elsewhere.example.com"}


def cluster_in_use(cluster_id):
    return (
        "CloudHsmClusterInUseException",
        f"Cluster {cluster_id} is already associated with a custom key store.",
    )


def refuse_store(kms, name="store", /, **request):
    """Ask for a store that KMS must refuse, and prove that it makes none."""
    before = describe_stores(kms)

    refused = refusal(kms.create_custom_key_store, CustomKeyStoreName=name, **request)

    assert before == describe_stores(kms)

    return refused


def without(request, member):
    return {name: value for name, value in request.items() if name != member}


class TestMembers:
    """Each type has members of its own (texts assumed)."""

    @pytest.mark.parametrize(
        ("kind", "member"),
        [
            (kind, member)
            for kind, request in TYPES.items()
            for member in request
            if member != "CustomKeyStoreType"
        ],
    )
    def test_missing(self, kms, kind, member):
        """A store needs every member of its type (rules CKS-2)."""
        assert invalid(
            f"{member} is required for a custom key store of type {kind}."
        ) == refuse_store(kms, **without(TYPES[kind], member))

    @pytest.mark.parametrize("member", [*without(VPC, "CustomKeyStoreType")])
    def test_of_an_external_store(self, kms, member):
        """A CloudHSM key store has no proxy (rules CKS-3)."""
        assert invalid(
            f"{member} is not valid for a custom key store of type AWS_CLOUDHSM."
        ) == refuse_store(kms, **CLOUDHSM, **{member: VPC[member]})

    @pytest.mark.parametrize("member", CLOUDHSM)
    def test_of_a_cloudhsm_store(self, kms, member):
        """An external key store has no cluster (rules CKS-3)."""
        assert invalid(
            f"{member} is not valid for a custom key store of type EXTERNAL_KEY_STORE."
        ) == refuse_store(kms, **PUBLIC, **{member: CLOUDHSM[member]})

    def test_no_endpoint_service(self, kms):
        """The connectivity VPC_ENDPOINT_SERVICE needs the name of a service (rules CKS-2)."""
        assert invalid(
            "XksProxyVpcEndpointServiceName is required when XksProxyConnectivity is"
            " VPC_ENDPOINT_SERVICE."
        ) == refuse_store(kms, **without(VPC, "XksProxyVpcEndpointServiceName"))

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("XksProxyVpcEndpointServiceName", SERVICE),
            ("XksProxyVpcEndpointServiceOwner", ACCOUNT),
        ],
    )
    def test_unneeded_endpoint_service(self, kms, member, value):
        """The connectivity PUBLIC_ENDPOINT has no service (rules CKS-3)."""
        assert invalid(
            f"{member} is not valid when XksProxyConnectivity is PUBLIC_ENDPOINT."
        ) == refuse_store(kms, **PUBLIC, **{member: value})


class TestShape:
    """The limits of the model; values that are secrets are not printed."""

    @pytest.mark.parametrize(
        ("member", "value", "expected"),
        [
            pytest.param(
                "KeyStorePassword",
                "x" * 33,
                violation("Value at 'keyStorePassword'", at_most(32)),
                id="password of 33",
            ),
            pytest.param(
                "TrustAnchorCertificate",
                "x" * 5001,
                violation(f"Value '{'x' * 5001}' at 'trustAnchorCertificate'", at_most(5000)),
                id="certificate of 5001",
            ),
            pytest.param(
                "CloudHsmClusterId",
                "cluster-0000000000000",
                violation(
                    "Value 'cluster-0000000000000' at 'cloudHsmClusterId'",
                    "Member must satisfy regular expression pattern: cluster-[2-7a-zA-Z]{11,16}",
                ),
                id="cluster id",
            ),
        ],
    )
    def test_cloudhsm(self, kms, member, value, expected):
        """Password, certificate and cluster id have their limits (quotas Q-38, Q-39)."""
        assert expected == refuse_store(kms, **{**CLOUDHSM, member: value})

    @pytest.mark.parametrize("length", [7, 32])
    def test_password(self, kms, length):
        """A password has 7 to 32 characters (quotas Q-38)."""
        store_id = create_store(kms, **{**CLOUDHSM, "KeyStorePassword": "x" * length})

        assert [store_id] == [entry["CustomKeyStoreId"] for entry in describe_stores(kms)]

    def test_name(self, kms):
        """A name has at most 256 characters (quotas Q-37)."""
        name = "n" * 257
        create_store(kms, name[1:], **CLOUDHSM)

        assert violation(f"Value '{name}' at 'customKeyStoreName'", at_most(256)) == refuse_store(
            kms, name, **PUBLIC
        )

    @pytest.mark.parametrize(
        ("member", "value", "constraint"),
        [
            pytest.param("AccessKeyId", "A" * 31, at_most(30), id="id of 31"),
            pytest.param("RawSecretAccessKey", "s" * 65, at_most(64), id="secret of 65"),
            pytest.param(
                "AccessKeyId",
                "1" * 20,
                "Member must satisfy regular expression pattern: ^[A-Z2-7]+$",
                id="id not in base 32",
            ),
        ],
    )
    def test_credential(self, kms, member, value, constraint):
        """A proxy's credential has its limits, and is a secret (quotas Q-41)."""
        credential = {**CREDENTIAL, member: value}
        where = f"xksProxyAuthenticationCredential.{member[0].lower()}{member[1:]}"

        assert violation(f"Value at '{where}'", constraint) == refuse_store(
            kms, **{**PUBLIC, "XksProxyAuthenticationCredential": credential}
        )

    @pytest.mark.parametrize(
        ("changed", "where", "least"),
        [
            ({**CLOUDHSM, "KeyStorePassword": "x" * 6}, "at 'keyStorePassword'", 7),
            ({**CLOUDHSM, "TrustAnchorCertificate": ""}, "'' at 'trustAnchorCertificate'", 1),
            ({**PUBLIC, "CustomKeyStoreName": ""}, "'' at 'customKeyStoreName'", 1),
            (
                {
                    **PUBLIC,
                    "XksProxyAuthenticationCredential": {**CREDENTIAL, "AccessKeyId": "A" * 19},
                },
                "at 'xksProxyAuthenticationCredential.accessKeyId'",
                20,
            ),
            (
                {
                    **PUBLIC,
                    "XksProxyAuthenticationCredential": {
                        **CREDENTIAL,
                        "RawSecretAccessKey": "s" * 42,
                    },
                },
                "at 'xksProxyAuthenticationCredential.rawSecretAccessKey'",
                43,
            ),
        ],
        ids=["password", "certificate", "name", "access key id", "secret"],
    )
    def test_too_short(self, unchecked_kms, changed, where, least):
        """What is too short is refused, too (quotas Q-37, Q-38, Q-39, Q-41)."""
        request = {"CustomKeyStoreName": "store", **changed}

        assert violation(
            f"Value {where}", f"Member must have length greater than or equal to {least}"
        ) == refusal(unchecked_kms.create_custom_key_store, **request)


class TestUniqueness:
    """What serves one store must not serve another (rules CKS-4; texts assumed)."""

    @pytest.mark.parametrize("kind", TYPES)
    def test_name(self, kms, kind):
        """A name is one store's, whatever the types."""
        create_store(kms, **CLOUDHSM)
        request = {
            **TYPES[kind],
            **({"CloudHsmClusterId": OTHER_CLUSTER} if kind[0] == "A" else {}),
        }

        assert NAME_IN_USE == refuse_store(kms, **request)

    def test_name_in_another_region(self, kms, kms_mock):
        """A name may be used again in another Region."""
        create_store(kms, **PUBLIC)
        elsewhere = kms_mock.client("eu-west-1")

        create_store(elsewhere, **PUBLIC)

        assert ["store"] == [entry["CustomKeyStoreName"] for entry in describe_stores(elsewhere)]

    def test_cluster(self, kms):
        """A cluster is one store's."""
        create_store(kms, **CLOUDHSM)

        assert cluster_in_use(CLUSTER) == refuse_store(kms, "other", **CLOUDHSM)

    def test_cluster_in_another_region(self, kms, kms_mock):
        """A cluster is one store's in the whole account."""
        create_store(kms, **CLOUDHSM)

        assert cluster_in_use(CLUSTER) == refuse_store(kms_mock.client("eu-west-1"), **CLOUDHSM)

    def test_related_cluster(self, kms, kms_mock):
        """Clusters that share a backup history count as one."""
        kms_mock.cloudhsm_cluster(OTHER_CLUSTER, restored_from=CLUSTER)
        create_store(kms, **CLOUDHSM)
        request = {**CLOUDHSM, "CloudHsmClusterId": OTHER_CLUSTER}

        assert cluster_in_use(OTHER_CLUSTER) == refuse_store(kms, "other", **request)

    def test_unrelated_cluster(self, kms):
        """Two clusters that have nothing in common serve two stores."""
        create_store(kms, **CLOUDHSM)
        create_store(kms, "other", **{**CLOUDHSM, "CloudHsmClusterId": OTHER_CLUSTER})

        assert 2 == len(describe_stores(kms))

    def test_uri(self, kms):
        """Endpoint and path together are one store's."""
        create_store(kms, **PUBLIC)

        assert URI_IN_USE == refuse_store(kms, "other", **PUBLIC)

    def test_path(self, kms):
        """A public endpoint may serve two stores on different paths."""
        create_store(kms, **PUBLIC)
        create_store(kms, "other", **{**PUBLIC, "XksProxyUriPath": "/two/kms/xks/v1"})

        assert 2 == len(describe_stores(kms))

    @pytest.mark.parametrize(
        ("first", "second"),
        [(PUBLIC, VPC), (VPC, PUBLIC), (VPC, VPC)],
        ids=["public, VPC", "VPC, public", "VPC, VPC"],
    )
    def test_endpoint(self, kms, first, second):
        """The private DNS name of a VPC endpoint service is one store's, whatever the path."""
        create_store(kms, **first)
        request = {**second, "XksProxyUriPath": "/two/kms/xks/v1"}
        if second is VPC:
            request["XksProxyVpcEndpointServiceName"] = OTHER_SERVICE

        assert ENDPOINT_IN_USE == refuse_store(kms, "other", **request)

    def test_endpoint_service(self, kms):
        """A VPC endpoint service is one store's."""
        create_store(kms, **VPC)

        assert SERVICE_IN_USE == refuse_store(kms, "other", **{**VPC, **ELSEWHERE})

    def test_everything_again_once_it_is_free(self, kms):
        """What a deleted store had may serve a new one."""
        for kind in TYPES.values():
            kms.delete_custom_key_store(CustomKeyStoreId=create_store(kms, **kind))
            store_id = create_store(kms, **kind)
            kms.delete_custom_key_store(CustomKeyStoreId=store_id)

        assert [] == describe_stores(kms)


class TestRepetition:
    """The same request once more."""

    @pytest.mark.parametrize("kind", TYPES)
    def test_while_disconnected(self, kms, kind):
        """
        It makes no second store, but answers the first one's id (wire-facts K19, rules CKS-5).

        For external key stores that is assumed.
        """
        store_id = create_store(kms, **TYPES[kind])

        assert store_id == create_store(kms, **TYPES[kind])
        assert 1 == len(describe_stores(kms))

    @pytest.mark.parametrize("kind", TYPES)
    def test_while_connected(self, kms, kind):
        """It is refused, for the name is taken (wire-facts K19)."""
        create_connected_store(kms, kind)

        assert NAME_IN_USE == refuse_store(kms, **TYPES[kind])

    @pytest.mark.parametrize(
        ("kind", "changed"),
        [
            ("AWS_CLOUDHSM", {"CloudHsmClusterId": OTHER_CLUSTER}),
            ("AWS_CLOUDHSM", {"KeyStorePassword": "another"}),
            ("AWS_CLOUDHSM", {"TrustAnchorCertificate": "another"}),
            ("EXTERNAL_KEY_STORE", ELSEWHERE),
            ("EXTERNAL_KEY_STORE", {"XksProxyAuthenticationCredential": OTHER_CREDENTIAL}),
        ],
        ids=["cluster", "password", "certificate", "endpoint", "credential"],
    )
    def test_with_one_change(self, kms, kind, changed):
        """It is refused, unless all properties are the same (wire-facts K19)."""
        create_store(kms, **TYPES[kind])

        assert NAME_IN_USE == refuse_store(kms, **{**TYPES[kind], **changed})


class TestBacking:
    """KMS looks at what is to stand behind a store before it makes the store."""

    @pytest.mark.parametrize("trouble", CLUSTER_TROUBLES)
    def test_cluster(self, kms, kms_mock, trouble):
        """A cluster that won't do is refused with the model's exception (texts assumed)."""
        kms_mock.cloudhsm_cluster(CLUSTER).refuse(trouble)

        assert CLUSTER_TROUBLES[trouble] == refuse_store(kms, **CLOUDHSM)

    def test_cluster_out_of_reach(self, kms, kms_mock):
        """KMS logs into the cluster when the store connects, and not before."""
        kms_mock.cloudhsm_cluster(CLUSTER).switch_off()

        store_id = create_store(kms, **CLOUDHSM)

        assert "DISCONNECTED" == describe_store(kms, store_id)["ConnectionState"]

    @pytest.mark.parametrize("trouble", PROXY_TROUBLES)
    def test_proxy(self, kms, kms_mock, trouble):
        """A public proxy is asked for its health (wire-facts K11, K12, K13)."""
        message, code, _ = PROXY_TROUBLES[trouble]
        kms_mock.external_key_manager(URI).refuse(trouble)

        assert (code, message) == refuse_store(kms, **PUBLIC)

    def test_proxy_that_is_slow(self, kms, kms_mock):
        """A proxy has a quarter of a second to answer (the guide)."""
        message, code, _ = PROXY_TROUBLES["timed out"]
        proxy = kms_mock.external_key_manager(URI)
        proxy.slow_down(0.26)
        refused = refuse_store(kms, **PUBLIC)
        proxy.slow_down(0.25)

        create_store(kms, **PUBLIC)

        assert (code, message) == refused

    def test_proxy_with_another_credential(self, kms, kms_mock):
        """A proxy takes its own credential alone (wire-facts K11)."""
        message, code, _ = PROXY_TROUBLES["bad credential"]
        proxy = kms_mock.external_key_manager(URI)
        proxy.change_credential(*OTHER_CREDENTIAL.values())
        refused = refuse_store(kms, **PUBLIC)

        create_store(kms, **{**PUBLIC, "XksProxyAuthenticationCredential": OTHER_CREDENTIAL})

        assert (code, message) == refused

    @pytest.mark.parametrize("trouble", PROXY_TROUBLES)
    def test_proxy_in_a_vpc(self, kms, kms_mock, trouble):
        """KMS reaches a proxy in a VPC when the store connects, and not before (the model)."""
        kms_mock.external_key_manager(URI).refuse(trouble)

        store_id = create_store(kms, **VPC)

        assert "DISCONNECTED" == describe_store(kms, store_id)["ConnectionState"]

    @pytest.mark.parametrize("trouble", SERVICE_TROUBLES)
    def test_endpoint_service(self, kms, kms_mock, trouble):
        """A VPC endpoint service that won't do is refused with the model's exception."""
        message, code, _ = SERVICE_TROUBLES[trouble]
        kms_mock.external_key_manager(URI).refuse(trouble)

        assert (code, message) == refuse_store(kms, **VPC)

    @pytest.mark.parametrize("trouble", SERVICE_TROUBLES)
    def test_no_endpoint_service_in_between(self, kms, kms_mock, trouble):
        """What is wrong with a VPC endpoint service is nothing to a public proxy."""
        kms_mock.external_key_manager(URI).refuse(trouble)

        store_id = create_store(kms, **PUBLIC)

        assert "DISCONNECTED" == describe_store(kms, store_id)["ConnectionState"]


class TestQuota:
    """An account has ten custom key stores in a Region."""

    def test_eleventh_store(self, kms, kms_mock):
        """The eleventh store is refused, whatever the types of the ten (Q-4; text assumed)."""
        create_store(kms, **CLOUDHSM)
        for number in range(9):
            path = {"XksProxyUriPath": f"/{number}/kms/xks/v1"}
            create_store(kms, f"store {number}", **{**PUBLIC, **path})

        assert (
            "LimitExceededException",
            "The account already has the maximum of 10 custom key stores.",
        ) == refuse_store(kms, "one more", **PUBLIC)

        create_store(kms_mock.client("eu-west-1"), **PUBLIC)

    def test_repetition(self, kms, kms_mock):
        """A request that makes no store is answered also where there is no room for one."""
        lower_quotas(kms_mock, custom_key_stores=1)
        store_id = create_store(kms, **CLOUDHSM)

        assert store_id == create_store(kms, **CLOUDHSM)
