"""DescribeCustomKeyStores and DeleteCustomKeyStore, and what a new store is like."""

import re
from datetime import timedelta

import pytest

from tests.operations.key_store_requests import (
    CLOUDHSM,
    CLUSTER,
    CREDENTIAL,
    ENDPOINT,
    PATH,
    PUBLIC,
    SERVICE,
    TYPES,
    VPC,
    connect,
    create_connected_store,
    create_key_in_store,
    create_store,
    describe_store,
    describe_stores,
    disconnect,
    store_not_found,
    wrong_connection,
)
from tests.operations.refusals import invalid, violation
from tests.vocabulary import ACCOUNT, members, refusal


class TestEntry:
    """What DescribeCustomKeyStores says of a new store."""

    def test_id(self, kms):
        """CreateCustomKeyStore answers an id and nothing else (rules CKS-1)."""
        answer = members(kms.create_custom_key_store(CustomKeyStoreName="store", **CLOUDHSM))

        assert ["CustomKeyStoreId"] == [*answer]
        assert re.fullmatch(r"cks-[0-9a-f]{17}", answer["CustomKeyStoreId"])

    @pytest.mark.parametrize("kind", [{}, {"CustomKeyStoreType": "AWS_CLOUDHSM"}])
    def test_cloudhsm(self, kms, kms_mock, kind):
        """CloudHSM is the default; its password is not shown (wire-facts K3, CKS-1, CKS-13)."""
        kms_mock.clock.freeze()
        store_id = create_store(kms, **CLOUDHSM, **kind)

        assert {
            "CustomKeyStoreId": store_id,
            "CustomKeyStoreName": "store",
            "CustomKeyStoreType": "AWS_CLOUDHSM",
            "CloudHsmClusterId": CLUSTER,
            "TrustAnchorCertificate": CLOUDHSM["TrustAnchorCertificate"],
            "ConnectionState": "DISCONNECTED",
            "CreationDate": kms_mock.clock.now(),
        } == describe_store(kms, store_id)

    def test_external(self, kms, kms_mock):
        """Of the proxy's credential the access key id is shown alone (wire-facts K4, CKS-13)."""
        kms_mock.clock.freeze()
        store_id = create_store(kms, **PUBLIC)

        assert {
            "CustomKeyStoreId": store_id,
            "CustomKeyStoreName": "store",
            "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "XksProxyConfiguration": {
                "Connectivity": "PUBLIC_ENDPOINT",
                "AccessKeyId": CREDENTIAL["AccessKeyId"],
                "UriEndpoint": ENDPOINT,
                "UriPath": PATH,
            },
            "ConnectionState": "DISCONNECTED",
            "CreationDate": kms_mock.clock.now(),
        } == describe_store(kms, store_id)

    @pytest.mark.parametrize(
        ("owner", "shown"),
        [
            ({}, ACCOUNT),
            ({"XksProxyVpcEndpointServiceOwner": "111122223333"}, "111122223333"),
        ],
        ids=["own", "foreign"],
    )
    def test_external_over_vpc(self, kms, owner, shown):
        """The VPC endpoint service is shown, by default as the caller's own (wire-facts K4)."""
        store_id = create_store(kms, **VPC, **owner)

        assert {
            "Connectivity": "VPC_ENDPOINT_SERVICE",
            "AccessKeyId": CREDENTIAL["AccessKeyId"],
            "UriEndpoint": ENDPOINT,
            "UriPath": PATH,
            "VpcEndpointServiceName": SERVICE,
            "VpcEndpointServiceOwner": shown,
        } == describe_store(kms, store_id)["XksProxyConfiguration"]


class TestDescribing:
    """DescribeCustomKeyStores finds one store, or lists all."""

    def test_none(self, kms):
        """Without stores the list is empty (wire-facts K2)."""
        assert {"CustomKeyStores": [], "Truncated": False} == members(
            kms.describe_custom_key_stores()
        )

    @pytest.mark.parametrize("member", ["CustomKeyStoreId", "CustomKeyStoreName"])
    def test_one(self, kms, member):
        """A store is found by its id and by its name (rules CKS-13)."""
        create_store(kms, **CLOUDHSM)
        entry = describe_store(kms, create_store(kms, "wanted", **PUBLIC))

        found = kms.describe_custom_key_stores(**{member: entry[member]})

        assert [entry] == found["CustomKeyStores"]

    @pytest.mark.parametrize("member", ["CustomKeyStoreId", "CustomKeyStoreName"])
    def test_unknown(self, kms, member):
        """An id or a name that no store has is not found (wire-facts K1, rules CKS-12)."""
        create_store(kms, **CLOUDHSM)

        assert store_not_found("unknown") == refusal(
            kms.describe_custom_key_stores, **{member: "unknown"}
        )

    def test_id_and_name(self, kms):
        """Id and name are not given together (rules CKS-13; text assumed)."""
        store_id = create_store(kms, **CLOUDHSM)

        assert invalid("Please specify either CustomKeyStoreId or CustomKeyStoreName.") == refusal(
            kms.describe_custom_key_stores, CustomKeyStoreId=store_id, CustomKeyStoreName="store"
        )

    def test_pages(self, kms):
        """Pages of one store each list all stores (quotas Q-49)."""
        created = {create_store(kms, **CLOUDHSM), create_store(kms, "other", **PUBLIC)}

        first = kms.describe_custom_key_stores(Limit=1)
        second = kms.describe_custom_key_stores(Limit=1, Marker=first["NextMarker"])

        listed = [page["CustomKeyStores"][0]["CustomKeyStoreId"] for page in (first, second)]
        assert created == {*listed}
        assert (True, False) == (first["Truncated"], second["Truncated"])

    @pytest.mark.parametrize(
        ("limit", "constraint"),
        [
            (0, "Member must have value greater than or equal to 1"),
            (1001, "Member must have value less than or equal to 1000"),
        ],
    )
    def test_limit(self, unchecked_kms, limit, constraint):
        """A page has 1 to 1000 stores (quotas Q-49)."""
        assert violation(f"Value '{limit}' at 'limit'", constraint) == refusal(
            unchecked_kms.describe_custom_key_stores, Limit=limit
        )

    def test_other_region(self, kms, kms_mock):
        """A store is seen in its Region alone."""
        store_id = create_store(kms, **CLOUDHSM)
        elsewhere = kms_mock.client("eu-west-1")

        assert [] == describe_stores(elsewhere)
        assert store_not_found(store_id) == refusal(
            elsewhere.describe_custom_key_stores, CustomKeyStoreId=store_id
        )


class TestDeleting:
    """DeleteCustomKeyStore takes away what is empty and disconnected."""

    def test_answer(self, kms):
        """It answers no members, and the store is gone (rules CKS-10)."""
        store_id = create_store(kms, **CLOUDHSM)

        assert {} == members(kms.delete_custom_key_store(CustomKeyStoreId=store_id))
        assert store_not_found(store_id) == refusal(
            kms.describe_custom_key_stores, CustomKeyStoreId=store_id
        )

    @pytest.mark.parametrize("kind", TYPES)
    def test_with_a_key(self, kms, kind):
        """A store with a key in it stays, connected or not (rules CKS-10; text assumed)."""
        store_id = create_connected_store(kms, kind)
        create_key_in_store(kms, kind, store_id)
        expected = (
            "CustomKeyStoreHasCMKsException",
            f"Custom key store {store_id} contains KMS keys.",
        )

        assert expected == refusal(kms.delete_custom_key_store, CustomKeyStoreId=store_id)
        disconnect(kms, store_id)
        assert expected == refusal(kms.delete_custom_key_store, CustomKeyStoreId=store_id)

    @pytest.mark.parametrize("kind", TYPES)
    def test_with_a_key_pending_deletion(self, kms, kms_mock, kind):
        """A key that waits for its deletion keeps the store until it is gone (rules CKS-10)."""
        store_id = create_connected_store(kms, kind)
        key_arn = create_key_in_store(kms, kind, store_id)
        disconnect(kms, store_id)
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
        kms_mock.clock.advance(timedelta(days=7, seconds=-1))
        refused = refusal(kms.delete_custom_key_store, CustomKeyStoreId=store_id)
        kms_mock.clock.advance(seconds=1)

        kms.delete_custom_key_store(CustomKeyStoreId=store_id)

        assert "CustomKeyStoreHasCMKsException" == refused[0]
        assert [] == describe_stores(kms)

    def test_connected(self, kms):
        """A connected store has to be disconnected first (rules CKS-9)."""
        store_id = create_store(kms, **CLOUDHSM)
        connect(kms, store_id)

        assert wrong_connection(store_id, "CONNECTED") == refusal(
            kms.delete_custom_key_store, CustomKeyStoreId=store_id
        )

    def test_unknown(self, kms):
        """A store that is not there can't be deleted (rules CKS-12)."""
        assert store_not_found("cks-0") == refusal(
            kms.delete_custom_key_store, CustomKeyStoreId="cks-0"
        )
