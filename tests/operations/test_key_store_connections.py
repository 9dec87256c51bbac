"""ConnectCustomKeyStore, DisconnectCustomKeyStore: the states of a store, and what each allows."""

import time

import pytest

from tests.operations.key_store_requests import (
    CLOUDHSM,
    CLUSTER,
    CLUSTER_TROUBLES,
    OTHER_CREDENTIAL,
    PROXY_TROUBLES,
    PUBLIC,
    SERVICE_TROUBLES,
    TYPES,
    URI,
    VPC,
    connect,
    connection_of,
    create_connected_store,
    create_store,
    describe_stores,
    disconnect,
    store_not_found,
    wrong_connection,
)
from tests.operations.refusals import invalid
from tests.vocabulary import members, refusal

CONNECTED = ("CONNECTED", None)
DISCONNECTED = ("DISCONNECTED", None)
CONNECTING = ("CONNECTING", None)
STATES = ["CONNECTED", "CONNECTING", "DISCONNECTED", "DISCONNECTING", "FAILED"]
A_WHILE = 600

# ConnectionErrorCodes of stores of both types, and of CloudHSM key stores alone (the model).
COMMON_CODES = ["INTERNAL_ERROR", "INVALID_CREDENTIALS", "NETWORK_ERRORS"]
CLOUDHSM_CODES = [
    "CLUSTER_NOT_FOUND",
    "INSUFFICIENT_CLOUDHSM_HSMS",
    "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
    "SUBNET_NOT_FOUND",
    "USER_LOCKED_OUT",
    "USER_LOGGED_IN",
    "USER_NOT_FOUND",
]


@pytest.fixture
def store_in(kms, kms_mock, monkeypatch):
    """Bring a CloudHSM key store into a state, and return its id."""

    def bring(state):
        store_id = create_store(kms, **CLOUDHSM)
        cluster = kms_mock.cloudhsm_cluster(CLUSTER)
        if state == "DISCONNECTED":
            return store_id
        if state == "CONNECTING":
            cluster.slow_down(A_WHILE)
        elif state == "FAILED":
            cluster.fail_to_connect("USER_LOCKED_OUT")
        connect(kms, store_id)
        if state == "DISCONNECTING":
            disconnect(kms, store_id)
            # Disconnecting ends with the present moment, unless somebody sets the time back.
            hour_ago = time.time() - 3600
            monkeypatch.setattr(time, "time", lambda: hour_ago)
        assert state == connection_of(kms, store_id)[0]
        return store_id

    return bring


class TestConnecting:
    """A store is CONNECTING until the next request, which finds it CONNECTED or FAILED."""

    @pytest.mark.parametrize("kind", TYPES)
    def test_answer(self, kms, kind):
        """Connecting answers no members; soon the store is CONNECTED (wire-facts K17, CKS-6)."""
        store_id = create_store(kms, **TYPES[kind])

        answered = members(kms.connect_custom_key_store(CustomKeyStoreId=store_id))

        assert {} == answered
        assert CONNECTED == connection_of(kms, store_id)

    @pytest.mark.parametrize("kind", TYPES)
    def test_answer_to_disconnecting(self, kms, kind):
        """Disconnecting answers no members, and soon the store is DISCONNECTED (rules CKS-6)."""
        store_id = create_connected_store(kms, kind)

        answered = members(kms.disconnect_custom_key_store(CustomKeyStoreId=store_id))

        assert {} == answered
        assert DISCONNECTED == connection_of(kms, store_id)

    def test_slow_cluster(self, kms, kms_mock):
        """A slow cluster keeps its store CONNECTING for as long as it takes (rules CKS-6)."""
        kms_mock.clock.freeze()
        kms_mock.cloudhsm_cluster(CLUSTER).slow_down(A_WHILE)
        store_id = create_connected_store(kms)
        kms_mock.clock.advance(seconds=A_WHILE - 0.001)
        before = connection_of(kms, store_id)

        kms_mock.clock.advance(seconds=0.001)

        assert CONNECTING == before
        assert CONNECTED == connection_of(kms, store_id)

    def test_interrupted(self, kms, kms_mock):
        """A second attempt to connect takes its own time, whenever the first would have ended."""
        kms_mock.clock.freeze()
        kms_mock.cloudhsm_cluster(CLUSTER).slow_down(A_WHILE)
        store_id = create_connected_store(kms)
        kms_mock.clock.advance(seconds=A_WHILE / 2)
        disconnect(kms, store_id)
        connect(kms, store_id)
        kms_mock.clock.advance(seconds=A_WHILE / 2)
        when_the_first_ends = connection_of(kms, store_id)

        kms_mock.clock.advance(seconds=A_WHILE / 2)

        assert CONNECTING == when_the_first_ends
        assert CONNECTED == connection_of(kms, store_id)

    def test_told_again(self, kms, kms_mock):
        """A store that is CONNECTING is not set back by being told to connect (rules CKS-7)."""
        kms_mock.clock.freeze()
        kms_mock.cloudhsm_cluster(CLUSTER).slow_down(A_WHILE)
        store_id = create_connected_store(kms)
        kms_mock.clock.advance(seconds=A_WHILE / 2)
        connect(kms, store_id)

        kms_mock.clock.advance(seconds=A_WHILE / 2)

        assert CONNECTED == connection_of(kms, store_id)

    @pytest.mark.parametrize("kind", TYPES)
    def test_told_when_connected(self, kms, kms_mock, kind):
        """Nothing happens to a CONNECTED store that is told to connect (CKS-7; assumed)."""
        store_id = create_connected_store(kms, kind)
        kms_mock.key_store(store_id).fail_to_connect("INTERNAL_ERROR")

        connect(kms, store_id)

        assert CONNECTED == connection_of(kms, store_id)

    def test_given_up(self, kms, kms_mock):
        """A store that was disconnected while CONNECTING stays DISCONNECTED."""
        kms_mock.cloudhsm_cluster(CLUSTER).slow_down(A_WHILE)
        store_id = create_connected_store(kms)
        disconnect(kms, store_id)

        kms_mock.clock.advance(seconds=A_WHILE)

        assert DISCONNECTED == connection_of(kms, store_id)

    @pytest.mark.parametrize("kind", TYPES)
    def test_failing_afterwards(self, kms, kms_mock, kind):
        """A store stays CONNECTED when what stands behind it fails later (the model)."""
        store_id = create_connected_store(kms, kind)

        kms_mock.key_store("store").switch_off()

        assert CONNECTED == connection_of(kms, store_id)


class TestStates:
    """Which operation is allowed in which connection state."""

    @pytest.mark.parametrize("state", STATES)
    def test_connect(self, kms, store_in, state):
        """A store that is FAILED or DISCONNECTING can't be connected (rules CKS-7)."""
        store_id = store_in(state)
        request = {"CustomKeyStoreId": store_id}
        if state in ("DISCONNECTING", "FAILED"):
            assert wrong_connection(store_id, state) == refusal(
                kms.connect_custom_key_store, **request
            )
        else:
            assert {} == members(kms.connect_custom_key_store(**request))
            after = "CONNECTING" if state == "CONNECTING" else "CONNECTED"
            assert after == connection_of(kms, store_id)[0]

    @pytest.mark.parametrize("state", STATES)
    def test_disconnect(self, kms, store_in, state):
        """A store that is DISCONNECTED or DISCONNECTING can't be disconnected (rules CKS-8)."""
        store_id = store_in(state)
        request = {"CustomKeyStoreId": store_id}
        if state in ("DISCONNECTED", "DISCONNECTING"):
            assert wrong_connection(store_id, state) == refusal(
                kms.disconnect_custom_key_store, **request
            )
        else:
            assert {} == members(kms.disconnect_custom_key_store(**request))
            assert DISCONNECTED == connection_of(kms, store_id)

    @pytest.mark.parametrize("state", STATES)
    def test_delete(self, kms, store_in, state):
        """A store must be DISCONNECTED to be deleted (rules CKS-9)."""
        store_id = store_in(state)
        request = {"CustomKeyStoreId": store_id}
        if state != "DISCONNECTED":
            assert wrong_connection(store_id, state) == refusal(
                kms.delete_custom_key_store, **request
            )
        else:
            assert {} == members(kms.delete_custom_key_store(**request))
            assert [] == describe_stores(kms)

    @pytest.mark.parametrize("state", STATES)
    def test_rename(self, kms, store_in, state):
        """A name may change while the store is CONNECTED, and while it is not (rules CKS-9)."""
        store_id = store_in(state)
        request = {"CustomKeyStoreId": store_id, "NewCustomKeyStoreName": "renamed"}
        if state not in ("CONNECTED", "DISCONNECTED"):
            assert wrong_connection(store_id, state) == refusal(
                kms.update_custom_key_store, **request
            )
        else:
            assert {} == members(kms.update_custom_key_store(**request))
            assert ["renamed"] == [entry["CustomKeyStoreName"] for entry in describe_stores(kms)]

    @pytest.mark.parametrize("state", STATES)
    def test_update(self, kms, store_in, state):
        """What else a CloudHSM key store has changes while it is DISCONNECTED (rules CKS-9)."""
        store_id = store_in(state)
        request = {"CustomKeyStoreId": store_id, "KeyStorePassword": "changed"}
        if state != "DISCONNECTED":
            assert wrong_connection(store_id, state) == refusal(
                kms.update_custom_key_store, **request
            )
        else:
            assert {} == members(kms.update_custom_key_store(**request))

    @pytest.mark.parametrize(
        "operation",
        ["connect_custom_key_store", "disconnect_custom_key_store", "update_custom_key_store"],
    )
    def test_unknown_store(self, kms, operation):
        """A store that does not exist is not found (rules CKS-12)."""
        assert store_not_found("cks-0") == refusal(
            getattr(kms, operation), CustomKeyStoreId="cks-0"
        )


class TestFailing:
    """An attempt that fails, with its ConnectionErrorCode."""

    @pytest.mark.parametrize("code", [*COMMON_CODES, *CLOUDHSM_CODES])
    def test_cloudhsm(self, kms, kms_mock, code):
        """A CloudHSM key store tells why it FAILED (wire-facts K3, K18)."""
        kms_mock.cloudhsm_cluster(CLUSTER).fail_to_connect(code)

        assert ("FAILED", code) == connection_of(kms, create_connected_store(kms))

    @pytest.mark.parametrize("code", COMMON_CODES)
    def test_external(self, kms, kms_mock, code):
        """An external key store fails for the reasons of all stores, too (wire-facts K16)."""
        kms_mock.external_key_manager(URI).fail_to_connect(code)

        assert ("FAILED", code) == connection_of(
            kms, create_connected_store(kms, "EXTERNAL_KEY_STORE")
        )

    @pytest.mark.parametrize("trouble", PROXY_TROUBLES)
    @pytest.mark.parametrize("request_", [PUBLIC, VPC], ids=["public", "VPC"])
    def test_proxy(self, kms, kms_mock, request_, trouble):
        """What is wrong with a proxy shows when its store connects (wire-facts K16)."""
        store_id = create_store(kms, **request_)
        kms_mock.external_key_manager(URI).refuse(trouble)
        connect(kms, store_id)

        assert ("FAILED", PROXY_TROUBLES[trouble][2]) == connection_of(kms, store_id)

    @pytest.mark.parametrize("trouble", SERVICE_TROUBLES)
    def test_endpoint_service(self, kms, kms_mock, trouble):
        """So does what is wrong with a VPC endpoint service (wire-facts K16)."""
        store_id = create_store(kms, **VPC)
        kms_mock.external_key_manager(URI).refuse(trouble)
        connect(kms, store_id)

        assert ("FAILED", SERVICE_TROUBLES[trouble][2]) == connection_of(kms, store_id)

    @pytest.mark.parametrize("trouble", SERVICE_TROUBLES)
    def test_no_endpoint_service_in_between(self, kms, kms_mock, trouble):
        """A store with a public endpoint connects without any VPC endpoint service."""
        store_id = create_store(kms, **PUBLIC)
        kms_mock.external_key_manager(URI).refuse(trouble)
        connect(kms, store_id)

        assert CONNECTED == connection_of(kms, store_id)

    def test_codes(self, kms):
        """These are all ConnectionErrorCodes of the model."""
        model = kms.meta.service_model.shape_for("ConnectionErrorCodeType").enum
        proven = [*COMMON_CODES, *CLOUDHSM_CODES]
        proven += [code for _, _, code in (PROXY_TROUBLES | SERVICE_TROUBLES).values()]

        assert {*model} == {*proven}

    @pytest.mark.parametrize("trouble", ["not active", "invalid configuration"])
    def test_cluster_that_connecting_refuses(self, kms, kms_mock, trouble):
        """Connecting refuses a cluster that is not ready, and changes nothing (the model)."""
        store_id = create_store(kms, **CLOUDHSM)
        kms_mock.cloudhsm_cluster(CLUSTER).refuse(trouble)

        assert CLUSTER_TROUBLES[trouble] == refusal(
            kms.connect_custom_key_store, CustomKeyStoreId=store_id
        )
        assert DISCONNECTED == connection_of(kms, store_id)

    @pytest.mark.parametrize(
        ("trouble", "outcome"),
        [
            ("unreachable", ("FAILED", "NETWORK_ERRORS")),
            ("not found", ("FAILED", "CLUSTER_NOT_FOUND")),
            ("not active", ("FAILED", "INSUFFICIENT_CLOUDHSM_HSMS")),
            ("invalid configuration", CONNECTED),
            ("incorrect trust anchor", CONNECTED),
        ],
    )
    def test_cluster_that_changes_meanwhile(self, kms, kms_mock, trouble, outcome):
        """What becomes of a cluster while its store is CONNECTING decides (assumed)."""
        cluster = kms_mock.cloudhsm_cluster(CLUSTER)
        cluster.slow_down(A_WHILE)
        store_id = create_connected_store(kms)

        cluster.refuse(trouble)
        kms_mock.clock.advance(seconds=A_WHILE)

        assert outcome == connection_of(kms, store_id)

    def test_reconnecting(self, kms, kms_mock):
        """A FAILED store is disconnected, and then connected again (wire-facts K17)."""
        cluster = kms_mock.cloudhsm_cluster(CLUSTER)
        cluster.fail_to_connect("USER_NOT_FOUND")
        store_id = create_connected_store(kms)
        failed = connection_of(kms, store_id)
        cluster.switch_on()
        refused = refusal(kms.connect_custom_key_store, CustomKeyStoreId=store_id)
        disconnect(kms, store_id)
        disconnected = connection_of(kms, store_id)

        connect(kms, store_id)

        assert ("FAILED", "USER_NOT_FOUND") == failed
        assert wrong_connection(store_id, "FAILED") == refused
        assert DISCONNECTED == disconnected
        assert CONNECTED == connection_of(kms, store_id)


class TestSecrets:
    """What KMS was told of passwords and credentials has to be what holds behind the store."""

    def test_password(self, kms, kms_mock):
        """After `kmsuser` got another password, KMS is told of it (the model)."""
        cluster = kms_mock.cloudhsm_cluster(CLUSTER)
        cluster.change_password("changed")
        store_id = create_connected_store(kms)
        failed = connection_of(kms, store_id)
        disconnect(kms, store_id)
        kms.update_custom_key_store(CustomKeyStoreId=store_id, KeyStorePassword="changed")

        connect(kms, store_id)

        assert ("FAILED", "INVALID_CREDENTIALS") == failed
        assert CONNECTED == connection_of(kms, store_id)

    def test_credential(self, kms, kms_mock):
        """After the proxy got another credential, KMS is told of it (wire-facts K11)."""
        store_id = create_store(kms, **PUBLIC)
        proxy = kms_mock.external_key_manager(URI)
        proxy.change_credential(*OTHER_CREDENTIAL.values())
        connect(kms, store_id)
        failed = connection_of(kms, store_id)
        disconnect(kms, store_id)
        kms.update_custom_key_store(
            CustomKeyStoreId=store_id, XksProxyAuthenticationCredential=OTHER_CREDENTIAL
        )

        connect(kms, store_id)

        assert ("FAILED", "INVALID_CREDENTIALS") == failed
        assert CONNECTED == connection_of(kms, store_id)


def test_request_with_both_kinds_of_members(kms):
    """UpdateCustomKeyStore refuses the members of the other type (CKS-3; text assumed)."""
    store_id = create_store(kms, **CLOUDHSM)

    assert invalid(
        "XksProxyUriPath is not valid for a custom key store of type AWS_CLOUDHSM."
    ) == refusal(
        kms.update_custom_key_store, CustomKeyStoreId=store_id, XksProxyUriPath="/kms/xks/v1"
    )
