"""Custom key stores in tests: a usable one in one line, and what stands behind it, to break."""

import difflib
import re
from base64 import b32encode
from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias

from pytest_kmsmock._kms.domain.key_stores.backing import (
    DECRYPT,
    ENCRYPT,
    CloudHsmCluster,
    ExternalKey,
    ExternalKeyManager,
)
from pytest_kmsmock._kms.domain.key_stores.links import ClusterLink
from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
from pytest_kmsmock._kms.domain.key_stores.troubles import CLUSTER_TROUBLES, PROXY_TROUBLES
from pytest_kmsmock._kms.domain.world import Account, Region
from pytest_kmsmock._kms.wire.model import enum_values
from pytest_kmsmock.workbench.place import Place
from pytest_kmsmock.workbench.wording import explained

KeyStoreType: TypeAlias = Literal["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]
Backing: TypeAlias = CloudHsmCluster | ExternalKeyManager

TYPES: Final = ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
STORE_ID: Final = re.compile(r"cks-[0-9a-f]{17}", re.ASCII)
CLUSTER_ID: Final = re.compile(r"cluster-[2-7a-zA-Z]{11,16}", re.ASCII)
PROXY_URI: Final = re.compile(
    r"https://[a-zA-Z0-9.-]+(/[a-zA-Z0-9/_-]+)?/kms/xks/v[0-9]{1,2}", re.ASCII
)
EXTERNAL_KEY_ID: Final = re.compile(r"[a-zA-Z0-9_.-]{1,128}", re.ASCII)

A_DAY: Final = 86_400  # seconds

# Of all ConnectionErrorCodes, those that external key stores share with CloudHSM key stores.
COMMON_CODES: Final = {"INTERNAL_ERROR", "INVALID_CREDENTIALS", "NETWORK_ERRORS"}


class KeyStoreHandle:
    """
    The external key manager or CloudHSM cluster behind a custom key store.

    `KmsMock.key_store()`, `KmsMock.external_key_manager()` and `KmsMock.cloudhsm_cluster()` return
    one. It works without fault until the test changes that; changes apply from the next request on.
    A store whose key manager or cluster fails stays CONNECTED, as on AWS.

        store = kms_mock.key_store("my-store")
        key_id = kms.create_key(
            Origin="EXTERNAL_KEY_STORE",
            CustomKeyStoreId=store.custom_key_store_id,
            XksKeyId="key-1",
        )["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
        store.disable_key("key-1")
        with pytest.raises(kms.exceptions.KMSInvalidStateException):
            kms.decrypt(CiphertextBlob=blob)

    .. versionadded:: 0.1.0
    """

    def __init__(
        self, find_store: Callable[[], KeyStore], find_backing: Callable[[], Backing]
    ) -> None:
        self._find_store = find_store
        self._find_backing = find_backing

    @property
    def custom_key_store_id(self) -> str:
        """
        The CustomKeyStoreId of the store.

        Raises:
            ValueError: If there is no store yet, or no longer.
        """
        return self._find_store().store_id

    @explained
    def switch_off(self) -> None:
        """Make it unreachable: the store can't be connected, and its keys can't be used."""
        self.refuse("unreachable")

    @explained
    def switch_on(self) -> None:
        """Undo `switch_off()`, `slow_down()`, `refuse()` and `fail_to_connect()`."""
        backing = self._find_backing()
        backing.trouble = None
        backing.latency = 0
        backing.connection_error = None

    @explained
    def slow_down(self, seconds: float) -> None:
        """
        Make it slow, on the mock's clock. The test itself does not wait.

        Args:
            seconds: For an external key manager, the time for each answer; KMS gives up after a
                quarter of a second. For a CloudHSM cluster, the time to connect, during which the
                store is CONNECTING.

        Raises:
            TypeError: If *seconds* is not a number.
            ValueError: If it is negative, or longer than a day.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise TypeError(f"seconds must be a number, not {type(seconds).__name__}")
        if not 0 <= seconds <= A_DAY:
            raise ValueError(f"seconds can't be {seconds}: take 0 to {A_DAY}, which is a day")
        self._find_backing().latency = seconds

    @explained
    def refuse(self, trouble: str) -> None:
        """
        Make it fail in one way. A second call replaces the first.

        Args:
            trouble: For an external key manager or its proxy: "unreachable", "timed out", "bad
                credential", "denied", "invalid path", "invalid response" or "invalid TLS", and with
                VPC_ENDPOINT_SERVICE connectivity "no endpoint service" or "invalid endpoint
                service". For a CloudHSM cluster: "unreachable", "not found", "not active", "invalid
                configuration" or "incorrect trust anchor".

        Raises:
            TypeError: If *trouble* is not a string.
            ValueError: If it is none of these.
        """
        backing = self._find_backing()
        if isinstance(backing, CloudHsmCluster):
            what = "trouble of a CloudHSM cluster"
            backing.trouble = CLUSTER_TROUBLES[one_of(CLUSTER_TROUBLES, trouble, what)]
        else:
            what = "trouble of an external key manager"
            backing.trouble = PROXY_TROUBLES[one_of(PROXY_TROUBLES, trouble, what)]

    @explained
    def fail_to_connect(self, error_code: str) -> None:
        """
        Make ConnectCustomKeyStore fail: the store becomes FAILED.

        Args:
            error_code: The ConnectionErrorCode, such as "USER_LOCKED_OUT".

        Raises:
            TypeError: If *error_code* is not a string.
            ValueError: If a store of this type has no such code.
        """
        backing = self._find_backing()
        is_cluster = isinstance(backing, CloudHsmCluster)
        known = [
            code
            for code in enum_values("ConnectionErrorCodeType")
            if code in COMMON_CODES or code.startswith("XKS_") is not is_cluster
        ]
        kind = "a CloudHSM" if is_cluster else "an external"
        backing.connection_error = one_of(
            known, error_code, f"ConnectionErrorCode of {kind} key store"
        )

    @explained
    def change_password(self, password: str) -> None:
        """
        Change the password of `kmsuser` in a CloudHSM cluster. At first it accepts any password.

        Raises:
            TypeError: If *password* is not a string, or this is an external key manager.
        """
        self._cluster("passwords").password = string("password", password)

    @explained
    def change_credential(self, access_key_id: str, raw_secret_access_key: str) -> None:
        """
        Change the XksProxyAuthenticationCredential that the proxy accepts. At first it accepts any.

        Raises:
            TypeError: If an argument is not a string, or this is a CloudHSM cluster.
        """
        self._manager("credentials").credential = (
            string("access_key_id", access_key_id),
            string("raw_secret_access_key", raw_secret_access_key),
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """
        The ids (XksKeyId) of the external keys that KMS or the test has used, sorted.

        An external key manager has every key that KMS asks it for: an enabled AES-256 key for
        encryption and decryption, unless the test has changed that.

        Raises:
            TypeError: If this is a CloudHSM cluster.
        """
        return tuple(sorted(self._manager("external keys").keys))

    @explained
    def add_key(
        self,
        key_id: str,
        *,
        spec: str = "AES_256",
        usages: Collection[str] = (ENCRYPT, DECRYPT),
    ) -> None:
        """
        Create an external key with another spec or other usages, or in place of a deleted one.

        Raises:
            TypeError: If this is a CloudHSM cluster, or for an argument of the wrong type.
            ValueError: For an invalid id, or the id of an existing key.
        """
        manager = self._manager("external keys")
        if check_key_id(key_id) in manager.keys:
            raise ValueError(f"there is an external key {key_id!r} already: delete_key() it first")
        if isinstance(usages, str):
            raise TypeError(f"usages must be several strings, such as ({usages!r},), not one")
        string("spec", spec)
        key = manager.add_key(key_id)
        key.spec = spec
        key.usages = tuple(usages)

    @explained
    def disable_key(self, key_id: str) -> None:
        """
        Disable an external key.

        Raises:
            TypeError: If this is a CloudHSM cluster, or the id is not a string.
            ValueError: For an invalid id, or the id of a deleted key.
        """
        self._key(key_id).is_enabled = False

    @explained
    def enable_key(self, key_id: str) -> None:
        """
        Enable an external key again.

        Raises:
            TypeError: As `disable_key()`.
            ValueError: As `disable_key()`.
        """
        self._key(key_id).is_enabled = True

    @explained
    def delete_key(self, key_id: str) -> None:
        """
        Delete an external key. What it encrypted can't be decrypted any more.

        Raises:
            TypeError: As `disable_key()`.
            ValueError: For an invalid id.
        """
        self._manager("external keys").delete_key(check_key_id(key_id))

    def _cluster(self, things: str) -> CloudHsmCluster:
        backing = self._find_backing()
        if not isinstance(backing, CloudHsmCluster):
            raise TypeError(
                f"an external key manager has no {things}: take the handle of a CloudHSM key store"
            )
        return backing

    def _manager(self, things: str) -> ExternalKeyManager:
        backing = self._find_backing()
        if not isinstance(backing, ExternalKeyManager):
            raise TypeError(
                f"a CloudHSM cluster has no {things}: take the handle of an external key store"
            )
        return backing

    def _key(self, key_id: str) -> ExternalKey:
        manager = self._manager("external keys")
        if check_key_id(key_id) in manager.deleted_keys:
            raise ValueError(f"the external key {key_id!r} was deleted: add_key() makes another")
        return manager.keys.get(key_id) or manager.add_key(key_id)


def open_key_store(place: Place, name_or_id: str, kind: KeyStoreType | None) -> KeyStoreHandle:
    """Return a handle on a store, which is made and connected if none has that name."""
    string("name_or_id", name_or_id)
    if kind is not None:
        one_of(TYPES, kind, "type of custom key store")
    store = find_store(place.region, name_or_id)
    if store is None:
        if STORE_ID.fullmatch(name_or_id):
            raise ValueError(
                f"there is no custom key store {name_or_id} in {place.region_name}:"
                " use a name to create one"
            )
        store = make_key_store(place, name_or_id, kind or "EXTERNAL_KEY_STORE")
    if kind not in (None, store.kind):
        raise ValueError(
            f"the custom key store {name_or_id!r} is of type {store.kind}, not {kind}:"
            " leave the type out, or give another name"
        )
    store_id = store.store_id

    @explained
    def find() -> KeyStore:
        found = place.region.key_stores.get(store_id)
        if found is None:
            raise ValueError(f"the custom key store {store_id} is gone: ask for key_store() again")
        return found

    return KeyStoreHandle(find, lambda: backing_of(find()))


def find_store(region: Region, name_or_id: str) -> KeyStore | None:
    for store in region.key_stores.values():
        if name_or_id in (store.store_id, store.name):
            return store
    return None


def make_key_store(place: Place, name: str, kind: KeyStoreType) -> KeyStore:
    """Make a store with plausible parameters, the same for the same name, and connect it."""
    seed = f"{place.account_id}/{place.region_name}/{name}"
    label = b32encode(sha256(seed.encode()).digest()).decode().lower()[:11]
    parameters: dict[KeyStoreType, dict[str, Any]] = {
        "AWS_CLOUDHSM": {
            "CloudHsmClusterId": f"cluster-{label}",
            "KeyStorePassword": "kmsPswd",
            "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        },
        "EXTERNAL_KEY_STORE": {
            "XksProxyConnectivity": "PUBLIC_ENDPOINT",
            "XksProxyUriEndpoint": f"https://{label}.xks.example.com",
            "XksProxyUriPath": "/kms/xks/v1",
            "XksProxyAuthenticationCredential": {
                "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
                "RawSecretAccessKey": "0123456789" * 5,
            },
        },
    }
    made = place.call(
        "CreateCustomKeyStore",
        CustomKeyStoreName=name,
        CustomKeyStoreType=kind,
        **parameters[kind],
    )
    place.call("ConnectCustomKeyStore", CustomKeyStoreId=made["CustomKeyStoreId"])
    return place.region.key_stores[made["CustomKeyStoreId"]]


def find_cluster(place: Place, cluster_id: str, restored_from: str | None) -> KeyStoreHandle:
    """Return a handle on a cluster, whether there is a store that uses it or not."""
    for value in (cluster_id, restored_from):
        if value is not None and not CLUSTER_ID.fullmatch(string("a cluster's id", value)):
            raise ValueError(
                f"{value!r} is not the id of a CloudHSM cluster, such as 'cluster-abcdefghijk'"
            )
    if restored_from is not None:
        original = place.world.cluster(restored_from)
        place.world.cluster(cluster_id).certificate = original.certificate
    return find_behind(place, lambda: place.world.cluster(cluster_id), cluster_id)


def find_key_manager(place: Place, uri: str) -> KeyStoreHandle:
    """Return a handle on the key manager behind a proxy, whether a store uses it or not."""
    if not PROXY_URI.fullmatch(string("uri", uri)):
        raise ValueError(
            f"{uri!r} is not endpoint and path of an external key store proxy, such as"
            " 'https://xks.example.com/kms/xks/v1'"
        )
    return find_behind(place, lambda: place.world.key_manager(uri), uri)


def find_behind(place: Place, find: Callable[[], Backing], name: str) -> KeyStoreHandle:
    find()  # from now on it exists, also for UpdateCustomKeyStore

    @explained
    def find_own_store() -> KeyStore:
        for store in stores_of(place.account):
            if backing_of(store) is find():
                return store
        raise ValueError(
            f"no custom key store uses {name} yet: create one with CreateCustomKeyStore"
        )

    return KeyStoreHandle(find_own_store, find)


def stores_of(account: Account) -> Iterator[KeyStore]:
    for region in account.regions.values():
        yield from region.key_stores.values()


def backing_of(store: KeyStore) -> Backing:
    return store.link.cluster if isinstance(store.link, ClusterLink) else store.link.manager


def string(name: str, value: object) -> str:
    """
    Return *value*, which was given as *name*.

    Raises:
        TypeError: If it is no string.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    return value


def one_of(known: Collection[str], value: object, what: str) -> str:
    """
    Return *value*, if it is one of the *known*, each of which is a *what*.

    Raises:
        TypeError: If it is no string.
        ValueError: If it is unknown; with the nearest known one, and all.
    """
    text = string(f"a {what}", value)
    if text not in known:
        near = difflib.get_close_matches(text, known, n=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{text!r} is no {what}{hint} (there are {', '.join(known)})")
    return text


def check_key_id(key_id: object) -> str:
    """
    Return the id of an external key.

    Raises:
        TypeError: If it is no string.
        ValueError: If it can't be one.
    """
    if not EXTERNAL_KEY_ID.fullmatch(string("the id of an external key", key_id)):
        raise ValueError(f"{key_id!r} is not the id of an external key: 1 to 128 of A-Za-z0-9-_.")
    return str(key_id)
