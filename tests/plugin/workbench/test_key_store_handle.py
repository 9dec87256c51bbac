"""`KmsMock.key_store()` and its relatives: what a test holds on custom key stores."""

import inspect
import re
import textwrap

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.workbench.key_stores.handles import KeyStoreHandle
from tests.vocabulary import create_key, lower_quotas, refusal

CLUSTER = "cluster-abcdefghijk"
URI = "https://xks.example.com/kms/xks/v1"
CLOUDHSM = {
    "CloudHsmClusterId": CLUSTER,
    "KeyStorePassword": "kmsPswd",
    "TrustAnchorCertificate": "certificate",
}
TYPES = ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]
MEMBERS = {"AWS_CLOUDHSM": {}, "EXTERNAL_KEY_STORE": {"XksKeyId": "key-1"}}


def create_key_in(kms, store, kind="EXTERNAL_KEY_STORE"):
    return create_key(kms, Origin=kind, CustomKeyStoreId=store.custom_key_store_id, **MEMBERS[kind])


def complaint(kind, call):
    """Make a call that must be refused with an error of that kind, and return what it says."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def list_stores(kms):
    return [
        (entry["CustomKeyStoreName"], entry["CustomKeyStoreType"], entry["ConnectionState"])
        for entry in kms.describe_custom_key_stores()["CustomKeyStores"]
    ]


@pytest.fixture
def external(kms_mock):
    return kms_mock.key_store("external")


@pytest.fixture
def cloudhsm(kms_mock):
    return kms_mock.key_store("cloudhsm", "AWS_CLOUDHSM")


class TestKeyStore:
    """`key_store()` finds a store, or makes one."""

    @pytest.mark.parametrize("kind", TYPES)
    def test_one_line(self, kms, kms_mock, kind):
        """One line gives a store that is connected, and in which keys can be made and used."""
        store = kms_mock.key_store("mine", kind)

        key_arn = create_key_in(kms, store, kind)
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

        assert [("mine", kind, "CONNECTED")] == list_stores(kms)
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_default_type(self, kms, kms_mock):
        """A store that is made is an external one, unless the test says otherwise."""
        kms_mock.key_store("mine")

        assert [("mine", "EXTERNAL_KEY_STORE", "CONNECTED")] == list_stores(kms)

    @pytest.mark.parametrize("by", ["name", "id"])
    @pytest.mark.parametrize("kind", [None, "AWS_CLOUDHSM"])
    def test_store_that_is_there(self, kms, kms_mock, cloudhsm, by, kind):
        """A store that is there is found by name and by id, and is left as it is."""
        store_id = cloudhsm.custom_key_store_id
        kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)

        found = kms_mock.key_store({"name": "cloudhsm", "id": store_id}[by], kind)

        assert store_id == found.custom_key_store_id
        assert [("cloudhsm", "AWS_CLOUDHSM", "DISCONNECTED")] == list_stores(kms)

    def test_several(self, kms, kms_mock):
        """Stores of different names have nothing in common, and there may be ten."""
        for number in range(10):
            kms_mock.key_store(f"store {number}", TYPES[number % 2])
        kms_mock.key_store("store 1").switch_off()
        create_key_in(kms, kms_mock.key_store("store 3"))

        assert {"CONNECTED"} == {state for _, _, state in list_stores(kms)}
        with pytest.raises(ValueError, match="LimitExceededException"):
            kms_mock.key_store("one more")

    def test_region(self, kms_mock):
        """A store is in the mock's Region, or in the one that the test names."""
        elsewhere = kms_mock.client("eu-west-1")

        for kind in TYPES:
            here = kms_mock.key_store(kind, kind)
            there = kms_mock.key_store(kind, kind, region_name="eu-west-1")
            assert here.custom_key_store_id != there.custom_key_store_id

        kms_mock.key_store("EXTERNAL_KEY_STORE", region_name="eu-west-1").switch_off()
        create_key_in(kms_mock.client(), kms_mock.key_store("EXTERNAL_KEY_STORE"))
        assert sorted((kind, kind, "CONNECTED") for kind in TYPES) == sorted(list_stores(elsewhere))

    def test_china(self, kms_mock):
        """A mock whose stores are in another partition works the same."""
        store = kms_mock.key_store("mine", "AWS_CLOUDHSM", region_name="cn-north-1")

        assert (
            "arn:aws-cn:kms:cn-north-1:"
            == (create_key_in(kms_mock.client("cn-north-1"), store, "AWS_CLOUDHSM")[:26])
        )

    @pytest.mark.parametrize("wire", [False, True])
    def test_outside_of_fixtures(self, wire):
        """`mock_kms` gives the same handle, whichever way its requests take."""
        with mock_kms(isolated=True, wire=wire) as mock:
            kms = mock.session().create_client("kms")
            store = mock.key_store("mine")
            key_arn = create_key_in(kms, store)
            store.switch_off()
            code, _ = refusal(kms.encrypt, KeyId=key_arn, Plaintext=b"x")

        assert "KMSInvalidStateException" == code


class TestMisuse:
    """What can't be is refused, with what to do instead."""

    def test_unknown_id(self, kms_mock):
        """An id that no store has is not taken for a name."""
        said = complaint(ValueError, lambda: kms_mock.key_store("cks-0123456789abcdef0"))

        assert (
            "there is no custom key store cks-0123456789abcdef0 in us-east-1: use a name"
            " to create one"
        ) == said

    def test_other_type(self, kms_mock, cloudhsm):
        """A store that is there does not change its type."""
        said = complaint(ValueError, lambda: kms_mock.key_store("cloudhsm", "EXTERNAL_KEY_STORE"))

        assert (
            "the custom key store 'cloudhsm' is of type AWS_CLOUDHSM, not EXTERNAL_KEY_STORE:"
            " leave the type out, or give another name"
        ) == said

    def test_unknown_type(self, kms_mock):
        """A type that does not exist has a neighbour that does."""
        said = complaint(ValueError, lambda: kms_mock.key_store("mine", "CLOUDHSM"))

        assert (
            "'CLOUDHSM' is no type of custom key store: did you mean 'AWS_CLOUDHSM'? (there are"
            " AWS_CLOUDHSM, EXTERNAL_KEY_STORE)"
        ) == said

    def test_refused_name(self, kms_mock):
        """What KMS does not make is told in its words."""
        said = complaint(ValueError, lambda: kms_mock.key_store(""))

        assert (
            "KMS refuses CreateCustomKeyStore: ValidationException: 1 validation error detected:"
            " Value '' at 'customKeyStoreName' failed to satisfy constraint: Member must have"
            " length greater than or equal to 1"
        ) == said

    def test_region_that_cannot_be(self, kms_mock):
        """The Region's name must look like one."""
        with pytest.raises(ValueError, match="region_name 'mars' is not the name of a Region"):
            kms_mock.key_store("mine", region_name="mars")

    @pytest.mark.parametrize(
        "call",
        [
            lambda mock: mock.key_store("mine"),
            lambda mock: mock.external_key_manager(URI),
            lambda mock: mock.cloudhsm_cluster(CLUSTER),
        ],
        ids=["key_store", "external_key_manager", "cloudhsm_cluster"],
    )
    def test_inactive_mock(self, call):
        """A mock that answers nobody has no stores."""
        with pytest.raises(ValueError, match="this mock is not active: start"):
            call(KmsMock())

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda mock: mock.key_store(7), "name_or_id must be a string, not int"),
            (lambda mock: mock.external_key_manager(None), "uri must be a string, not NoneType"),
            (lambda mock: mock.cloudhsm_cluster(7), "a cluster's id must be a string, not int"),
            (
                lambda mock: mock.cloudhsm_cluster(CLUSTER, restored_from=7),
                "a cluster's id must be a string, not int",
            ),
        ],
        ids=["key_store", "external_key_manager", "cloudhsm_cluster", "restored_from"],
    )
    def test_no_string(self, kms_mock, call, message):
        """Names, ids and addresses are strings."""
        said = complaint(TypeError, lambda: call(kms_mock))

        assert message == said

    @pytest.mark.parametrize(
        "uri",
        ["https://xks.example.com", "http://xks.example.com/kms/xks/v1", "/kms/xks/v1", URI + "/"],
    )
    def test_uri(self, kms_mock, uri):
        """An external key manager is at an endpoint and a path, as CreateCustomKeyStore has it."""
        said = complaint(ValueError, lambda: kms_mock.external_key_manager(uri))

        assert (
            f"{uri!r} is not endpoint and path of an external key store proxy, such as"
            " 'https://xks.example.com/kms/xks/v1'"
        ) == said

    @pytest.mark.parametrize(
        "members",
        [{"cluster_id": "cluster-1"}, {"cluster_id": CLUSTER, "restored_from": "cluster-1"}],
        ids=["cluster_id", "restored_from"],
    )
    def test_cluster(self, kms_mock, members):
        """A cluster's id looks as that of AWS CloudHSM."""
        said = complaint(ValueError, lambda: kms_mock.cloudhsm_cluster(**members))

        assert (
            "'cluster-1' is not the id of a CloudHSM cluster, such as 'cluster-abcdefghijk'"
        ) == said

    def test_unknown_trouble(self, external, cloudhsm):
        """A trouble that does not exist has a neighbour that does."""
        of_a_proxy = complaint(ValueError, lambda: external.refuse("deny"))
        of_a_cluster = complaint(ValueError, lambda: cloudhsm.refuse("inactive"))

        assert (
            "'deny' is no trouble of an external key manager: did you mean 'denied'? (there are"
            " unreachable, timed out, bad credential, denied, invalid path, invalid response,"
            " invalid TLS, no endpoint service, invalid endpoint service)"
        ) == of_a_proxy
        assert (
            "'inactive' is no trouble of a CloudHSM cluster: did you mean 'not active'? (there are"
            " unreachable, not found, not active, invalid configuration, incorrect trust anchor)"
        ) == of_a_cluster

    def test_unknown_error_code(self, external, cloudhsm):
        """Each type of store has ConnectionErrorCodes of its own."""
        with pytest.raises(ValueError, match="'USER_LOCKED_OUT' is no ConnectionErrorCode of an"):
            external.fail_to_connect("USER_LOCKED_OUT")
        said = complaint(ValueError, lambda: cloudhsm.fail_to_connect("XKS_PROXY_TIMED_OUT"))

        assert (
            "'XKS_PROXY_TIMED_OUT' is no ConnectionErrorCode of a CloudHSM key store (there are"
            " INVALID_CREDENTIALS, CLUSTER_NOT_FOUND, NETWORK_ERRORS, INTERNAL_ERROR,"
            " INSUFFICIENT_CLOUDHSM_HSMS, USER_LOCKED_OUT, USER_NOT_FOUND, USER_LOGGED_IN,"
            " SUBNET_NOT_FOUND, INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET)"
        ) == said

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda store: store.refuse(7), "a trouble of an external key manager"),
            (lambda store: store.fail_to_connect(7), "a ConnectionErrorCode of an external key"),
            (lambda store: store.slow_down("1"), "seconds must be a number, not str"),
            (lambda store: store.slow_down(True), "seconds must be a number, not bool"),
            (lambda store: store.disable_key(7), "the id of an external key must be a string"),
            (lambda store: store.change_credential("A", None), "raw_secret_access_key must be a"),
            (lambda store: store.add_key("k", spec=7), "spec must be a string"),
            (lambda store: store.add_key("k", usages="ENCRYPT"), "usages must be several strings"),
        ],
    )
    def test_wrong_types(self, external, call, message):
        """Arguments of a wrong type are refused, and nothing is changed by them."""
        with pytest.raises(TypeError, match=message):
            call(external)

        assert () == external.keys

    @pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 86_401])
    def test_seconds(self, external, seconds):
        """Nothing takes less than no time, or more than a day."""
        said = complaint(ValueError, lambda: external.slow_down(seconds))

        assert f"seconds can't be {seconds}: take 0 to 86400, which is a day" == said

    @pytest.mark.parametrize(
        "call",
        [
            lambda store: store.keys,
            lambda store: store.add_key("k"),
            lambda store: store.disable_key("k"),
            lambda store: store.enable_key("k"),
            lambda store: store.delete_key("k"),
        ],
        ids=["keys", "add_key", "disable_key", "enable_key", "delete_key"],
    )
    def test_external_keys_of_a_cluster(self, cloudhsm, call):
        """A cluster has no external keys."""
        said = complaint(TypeError, lambda: call(cloudhsm))

        assert (
            "a CloudHSM cluster has no external keys: take the handle of an external key store"
        ) == said

    def test_secret_of_the_other_type(self, external, cloudhsm):
        """A cluster has no proxy's credential, and a proxy has no cluster's password."""
        with pytest.raises(TypeError, match="a CloudHSM cluster has no credentials: take"):
            cloudhsm.change_credential("A" * 20, "s" * 43)
        with pytest.raises(TypeError, match="an external key manager has no passwords: take"):
            external.change_password("password")

    @pytest.mark.parametrize("key_id", ["", "a/b", "k" * 129])
    def test_key_id(self, external, key_id):
        """The id of an external key is one that CreateKey takes."""
        said = complaint(ValueError, lambda: external.delete_key(key_id))

        assert f"{key_id!r} is not the id of an external key: 1 to 128 of A-Za-z0-9-_." == said

    def test_key_that_is_there(self, external):
        """A key that is there is not made again."""
        external.add_key("key-1")

        said = complaint(ValueError, lambda: external.add_key("key-1"))

        assert "there is an external key 'key-1' already: delete_key() it first" == said

    def test_deleted_key(self, external):
        """A deleted key does not come back by being enabled."""
        external.delete_key("key-1")

        said = complaint(ValueError, lambda: external.enable_key("key-1"))

        assert "the external key 'key-1' was deleted: add_key() makes another" == said

    def test_deleted_store(self, kms, external):
        """The handle of a store that was deleted says so."""
        store_id = external.custom_key_store_id
        kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
        kms.delete_custom_key_store(CustomKeyStoreId=store_id)

        said = complaint(ValueError, external.switch_off)

        assert f"the custom key store {store_id} is gone: ask for key_store() again" == said

    def test_reset_mock(self, kms_mock, external):
        """The handle of a store that a reset took away says so."""
        kms_mock.reset()

        with pytest.raises(ValueError, match="is gone: ask for key_store"):
            external.switch_off()


class TestPreparing:
    """What is to stand behind a store can be broken before the store is made."""

    def create(self, kms, **members):
        return kms.create_custom_key_store(CustomKeyStoreName="mine", **members)

    def test_cluster(self, kms, kms_mock):
        """A cluster that is prepared is the one that CreateCustomKeyStore meets."""
        cluster = kms_mock.cloudhsm_cluster(CLUSTER)
        cluster.refuse("not active")
        code, _ = refusal(kms.create_custom_key_store, CustomKeyStoreName="mine", **CLOUDHSM)
        cluster.switch_on()

        store = self.create(kms, **CLOUDHSM)

        assert "CloudHsmClusterNotActiveException" == code
        assert store["CustomKeyStoreId"] == cluster.custom_key_store_id

    def test_key_manager(self, kms, kms_mock):
        """An external key manager that is prepared is the one that the store gets."""
        manager = kms_mock.external_key_manager(URI)

        store = self.create(
            kms,
            CustomKeyStoreType="EXTERNAL_KEY_STORE",
            XksProxyConnectivity="PUBLIC_ENDPOINT",
            XksProxyUriEndpoint="https://xks.example.com",
            XksProxyUriPath="/kms/xks/v1",
            XksProxyAuthenticationCredential={
                "AccessKeyId": "A" * 20,
                "RawSecretAccessKey": "s" * 43,
            },
        )

        assert store["CustomKeyStoreId"] == manager.custom_key_store_id

    @pytest.mark.parametrize(
        ("prepare", "name"),
        [
            (lambda mock: mock.cloudhsm_cluster(CLUSTER), CLUSTER),
            (lambda mock: mock.external_key_manager(URI), URI),
        ],
        ids=["cluster", "key manager"],
    )
    def test_before_there_is_a_store(self, kms_mock, external, prepare, name):
        """Until a store is made on it, there is no id to tell."""
        prepared = prepare(kms_mock)

        said = complaint(ValueError, lambda: prepared.custom_key_store_id)

        assert f"no custom key store uses {name} yet: create one with CreateCustomKeyStore" == said

    def test_store_in_another_region(self, kms_mock):
        """The store on a cluster is found in whatever Region it is."""
        elsewhere = kms_mock.client("eu-west-1")

        store = self.create(elsewhere, **CLOUDHSM)

        assert store["CustomKeyStoreId"] == (kms_mock.cloudhsm_cluster(CLUSTER).custom_key_store_id)


class TestKeys:
    """The external keys of an external key manager."""

    def test_listed(self, kms, external):
        """Those that KMS or the test has named are listed, until they are deleted."""
        at_first = external.keys
        create_key_in(kms, external)
        external.disable_key("key-0")
        external.add_key("key-2")
        external.delete_key("key-2")
        external.delete_key("key-3")

        assert () == at_first
        assert ("key-0", "key-1") == external.keys

    def test_disabled_and_enabled(self, kms, external):
        """What is disabled can't be used, until it is enabled."""
        key_arn = create_key_in(kms, external)
        external.disable_key("key-1")
        code, _ = refusal(kms.encrypt, KeyId=key_arn, Plaintext=b"x")
        external.enable_key("key-1")

        kms.encrypt(KeyId=key_arn, Plaintext=b"x")

        assert "KMSInvalidStateException" == code


class TestSwitchingOn:
    """`switch_on()` ends all that was wrong."""

    @pytest.mark.parametrize(
        "break_it",
        [
            lambda store: store.switch_off(),
            lambda store: store.refuse("unreachable"),
            lambda store: store.slow_down(60),
            lambda store: store.fail_to_connect("INTERNAL_ERROR"),
        ],
        ids=["switch_off", "refuse", "slow_down", "fail_to_connect"],
    )
    @pytest.mark.parametrize("kind", TYPES)
    def test_reconnecting(self, kms, kms_mock, kind, break_it):
        """A store that could not connect can."""
        store = kms_mock.key_store("mine", kind)
        request = {"CustomKeyStoreId": store.custom_key_store_id}
        kms.disconnect_custom_key_store(**request)
        break_it(store)
        kms.connect_custom_key_store(**request)
        (broken,) = list_stores(kms)
        kms.disconnect_custom_key_store(**request)
        store.switch_on()

        kms.connect_custom_key_store(**request)

        assert "CONNECTED" != broken[2]
        assert [("mine", kind, "CONNECTED")] == list_stores(kms)


@pytest.mark.parametrize(
    "documented",
    [
        KeyStoreHandle,
        KmsMock.key_store,
        KmsMock.external_key_manager,
        KmsMock.cloudhsm_cluster,
    ],
    ids=lambda documented: documented.__name__,
)
def test_example(kms, kms_mock, documented):
    """The example in the documentation runs."""
    (example,) = re.findall(
        r"(?m)(?:^ {4}.*\n)(?:^(?: {4}.*)?\n)*",
        f"{inspect.getdoc(documented).partition('Args:')[0]}\n",
    )

    exec(textwrap.dedent(example), {"kms": kms, "kms_mock": kms_mock, "pytest": pytest})


def test_quota(kms_mock):
    """Stores that `key_store()` makes count, and those that it finds don't."""
    lower_quotas(kms_mock, custom_key_stores=1)
    first = kms_mock.key_store("mine")

    assert first.custom_key_store_id == kms_mock.key_store("mine").custom_key_store_id
