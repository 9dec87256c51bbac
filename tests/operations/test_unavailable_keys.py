"""Keys in custom key stores that are not connected, or that fail while they are."""

import pytest

from tests.operations.key_store_requests import (
    CALLS,
    CLUSTER_OUT_OF_REACH,
    TYPES,
    connect,
    create_connected_store,
    create_key_in_store,
    cryptographic_calls,
    disconnect,
)
from tests.vocabulary import describe, refusal


@pytest.fixture(params=TYPES)
def kind(request):
    """Each type of custom key store."""
    return request.param


@pytest.fixture
def store_id(kms, kind):
    """A connected store of that type."""
    return create_connected_store(kms, kind)


@pytest.fixture
def key_arn(kms, kind, store_id):
    """A key in that store."""
    return create_key_in_store(kms, kind, store_id)


def unavailable(key_arn):
    """Return the refusal of a key whose store is not connected (wire-facts S15)."""
    return "KMSInvalidStateException", f"{key_arn} is unavailable."


class TestUnavailable:
    """While its store is not connected, a key is Unavailable."""

    def state_of(self, kms, key_arn):
        metadata = describe(kms, key_arn)
        return metadata["KeyState"], metadata["Enabled"]

    @pytest.mark.parametrize("call", CALLS)
    def test_use(self, kms, store_id, key_arn, call):
        """No cryptographic operation uses an unavailable key (wire-facts S15)."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        function, request = cryptographic_calls(kms, key_arn, blob)[call]
        disconnect(kms, store_id)

        assert unavailable(key_arn) == refusal(function, **request)

    def test_dry_run(self, kms, store_id, key_arn):
        """A dry run is refused as the call itself would be (rules DRY-2)."""
        disconnect(kms, store_id)

        assert unavailable(key_arn) == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"x", DryRun=True
        )

    def test_reconnecting(self, kms, store_id, key_arn):
        """A key comes back with its store, and so do its ciphertexts (rules CKS-14)."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        disconnect(kms, store_id)
        meanwhile = self.state_of(kms, key_arn)
        connect(kms, store_id)

        assert ("Unavailable", False) == meanwhile
        assert ("Enabled", True) == self.state_of(kms, key_arn)
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_failed_store(self, kms, kms_mock, store_id, key_arn):
        """A store that can't reconnect keeps its keys from use (rules CKS-14)."""
        disconnect(kms, store_id)
        kms_mock.key_store(store_id).fail_to_connect("INTERNAL_ERROR")
        connect(kms, store_id)

        assert ("Unavailable", False) == self.state_of(kms, key_arn)

    def test_store_that_is_connecting(self, kms, kms_mock):
        """A key waits until its store has connected (rules CKS-14)."""
        store_id = create_connected_store(kms)
        key_arn = create_key_in_store(kms, "AWS_CLOUDHSM", store_id)
        disconnect(kms, store_id)
        kms_mock.key_store(store_id).slow_down(600)
        connect(kms, store_id)
        meanwhile = self.state_of(kms, key_arn)

        kms_mock.clock.advance(minutes=10)

        assert ("Unavailable", False) == meanwhile
        assert ("Enabled", True) == self.state_of(kms, key_arn)

    def test_disabled_key(self, kms, store_id, key_arn):
        """A key that was disabled before is disabled again afterwards (rules CKS-14)."""
        kms.disable_key(KeyId=key_arn)
        disconnect(kms, store_id)
        meanwhile = self.state_of(kms, key_arn)
        connect(kms, store_id)

        assert ("Unavailable", False) == meanwhile
        assert ("Disabled", False) == self.state_of(kms, key_arn)

    @pytest.mark.parametrize(
        ("switches", "afterwards"),
        [
            (["disable_key"], ("Disabled", False)),
            (["enable_key"], ("Enabled", True)),
            (["disable_key", "enable_key"], ("Enabled", True)),
        ],
        ids=["disable", "enable", "disable and enable"],
    )
    def test_switching(self, kms, store_id, key_arn, switches, afterwards):
        """Enabling and disabling show once the store is connected again (rules CKS-15)."""
        disconnect(kms, store_id)
        for switch in switches:
            getattr(kms, switch)(KeyId=key_arn)
        meanwhile = self.state_of(kms, key_arn)

        connect(kms, store_id)

        assert ("Unavailable", False) == meanwhile
        assert afterwards == self.state_of(kms, key_arn)

    def test_managing(self, kms, store_id, key_arn):
        """What needs no material works with an unavailable key (rules CKS-19)."""
        disconnect(kms, store_id)

        kms.update_key_description(KeyId=key_arn, Description="described")
        kms.tag_resource(KeyId=key_arn, Tags=[{"TagKey": "k", "TagValue": "v"}])
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)

        assert "described" == describe(kms, "alias/app")["Description"]
        assert [{"TagKey": "k", "TagValue": "v"}] == kms.list_resource_tags(KeyId=key_arn)["Tags"]

    def test_other_stores(self, kms, kms_mock, store_id, key_arn):
        """The keys of other stores are used on."""
        other = kms_mock.key_store("other")
        theirs = create_key_in_store(kms, "EXTERNAL_KEY_STORE", other.custom_key_store_id)

        disconnect(kms, store_id)

        assert ("Unavailable", False) == self.state_of(kms, key_arn)
        assert ("Enabled", True) == self.state_of(kms, theirs)


class TestDeletion:
    """A key in a store is deleted as any key."""

    @pytest.mark.parametrize("order", ["before", "after"])
    def test_disconnecting(self, kms, store_id, key_arn, order):
        """A key that waits for its deletion is not Unavailable (DEL-3, DEL-11, CKS-14)."""
        if order == "after":
            disconnect(kms, store_id)
        kms.schedule_key_deletion(KeyId=key_arn)
        if order == "before":
            disconnect(kms, store_id)

        assert "PendingDeletion" == describe(kms, key_arn)["KeyState"]
        assert ("KMSInvalidStateException", f"{key_arn} is pending deletion.") == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"x"
        )

    def test_cancelled(self, kms, store_id, key_arn):
        """A key whose deletion is cancelled is Unavailable first, then Disabled (DEL-11)."""
        kms.schedule_key_deletion(KeyId=key_arn)
        disconnect(kms, store_id)
        kms.cancel_key_deletion(KeyId=key_arn)
        meanwhile = describe(kms, key_arn)["KeyState"]

        connect(kms, store_id)

        assert "Unavailable" == meanwhile
        assert "Disabled" == describe(kms, key_arn)["KeyState"]

    def test_done(self, kms, kms_mock, kind, store_id, key_arn):
        """After the waiting period the key is gone, and with it what it had of the store."""
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
        kms_mock.clock.advance(days=7)

        assert ("NotFoundException", f"Key '{key_arn}' does not exist") == refusal(
            kms.describe_key, KeyId=key_arn
        )
        assert "Enabled" == (describe(kms, create_key_in_store(kms, kind, store_id))["KeyState"])


class TestClusterOutOfReach:
    """A cluster that fails while its store is CONNECTED."""

    @pytest.mark.parametrize("trouble", ["unreachable", "not found", "not active"])
    @pytest.mark.parametrize("call", CALLS)
    def test_use(self, kms, kms_mock, call, trouble):
        """KMS says that it can't reach the cluster (wire-facts K6, K7, rules CKS-16)."""
        store_id = create_connected_store(kms)
        key_arn = create_key_in_store(kms, "AWS_CLOUDHSM", store_id)
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        function, request = cryptographic_calls(kms, key_arn, blob)[call]
        kms_mock.key_store("store").refuse(trouble)

        assert ("KMSInvalidStateException", CLUSTER_OUT_OF_REACH) == refusal(function, **request)
        assert "Enabled" == describe(kms, key_arn)["KeyState"]

    @pytest.mark.parametrize("trouble", ["invalid configuration", "incorrect trust anchor"])
    def test_use_of_a_cluster_within_reach(self, kms, kms_mock, trouble):
        """What matters to the making of a store does not stop the use of its keys (assumed)."""
        store_id = create_connected_store(kms)
        key_arn = create_key_in_store(kms, "AWS_CLOUDHSM", store_id)
        kms_mock.key_store("store").refuse(trouble)

        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_use_after_it_is_back(self, kms, kms_mock):
        """When the cluster is back, so are its keys, without anybody reconnecting the store."""
        store_id = create_connected_store(kms)
        key_arn = create_key_in_store(kms, "AWS_CLOUDHSM", store_id)
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        store = kms_mock.key_store("store")
        store.switch_off()
        refused = refusal(kms.decrypt, CiphertextBlob=blob)
        store.switch_on()

        assert ("KMSInvalidStateException", CLUSTER_OUT_OF_REACH) == refused
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
