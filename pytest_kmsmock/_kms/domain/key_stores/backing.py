"""What stands behind custom key stores: CloudHSM clusters and external key managers, in process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pytest_kmsmock._kms.crypto.envelope import parse, seal, unseal
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.material_ids import key_material_id
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.domain.key_stores.troubles import (
    BAD_CIPHERTEXT,
    DISABLED_KEY,
    NO_SUCH_KEY,
    PROXY_TROUBLES,
    WRONG_USAGE,
    ClusterTrouble,
    ProxyTrouble,
)

# KMS gives an external key store proxy this long to answer, in seconds
# (https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html).
PROXY_TIMEOUT: Final = 0.25

VPC_ENDPOINT_SERVICE: Final = "VPC_ENDPOINT_SERVICE"
ENCRYPT: Final = "ENCRYPT"
DECRYPT: Final = "DECRYPT"


class ProxyFailure(Exception):
    """An external key store proxy did not do what KMS asked; *sentence* is how AWS tells why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ExternalKeyMissing(ProxyFailure):
    """The external key manager has no key of that id."""

    def __init__(self) -> None:
        super().__init__(NO_SUCH_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """How KMS reaches an external key store proxy: what CreateCustomKeyStore was told of it."""

    connectivity: str
    credential: tuple[str, str]  # access key id, secret
    uri_endpoint: str
    uri_path: str
    service_name: str | None = None
    service_owner: str | None = None

    @property
    def uri(self) -> str:
        return self.uri_endpoint + self.uri_path

    @property
    def over_vpc(self) -> bool:
        return self.connectivity == VPC_ENDPOINT_SERVICE


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalKey:
    """A key of an external key manager; a test changes what is wrong with it."""

    key_id: str
    material: bytes
    spec: str = "AES_256"
    is_enabled: bool = True
    usages: tuple[str, ...] = (ENCRYPT, DECRYPT)


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalKeyManager:
    """
    An external key manager behind its proxy, which really encrypts.

    It has any key that it is asked for, AES-256 and enabled, unless the test deletes it. A test
    changes *trouble* (None while all is well), *latency* in seconds, *credential* (None: any will
    do), *connection_error* (the ConnectionErrorCode with which connecting fails) and the keys.
    """

    source: RandomSource
    trouble: ProxyTrouble | None = None
    latency: float = 0
    credential: tuple[str, str] | None = None
    connection_error: str | None = None
    keys: dict[str, ExternalKey] = field(default_factory=dict)
    deleted_keys: set[str] = field(default_factory=set)

    def check_health(self, caller: ProxySettings) -> ProxyTrouble | None:
        """Answer a GetHealthStatus request: None, or what is wrong."""
        if self.trouble is not None and (caller.over_vpc or not self.trouble.concerns_vpc):
            return self.trouble
        if self.latency > PROXY_TIMEOUT:
            return PROXY_TROUBLES["timed out"]
        if self.credential not in (None, caller.credential):
            return PROXY_TROUBLES["bad credential"]
        return None

    def try_to_connect(self, caller: ProxySettings) -> str | None:
        """Return the ConnectionErrorCode with which *caller* fails to connect, or None."""
        trouble = self.check_health(caller)
        return self.connection_error if trouble is None else trouble.connection_error

    def describe_key(self, key_id: str, caller: ProxySettings) -> ExternalKey:
        """
        Answer a GetKeyMetadata request.

        Raises:
            ProxyFailure: For a proxy in trouble.
            ExternalKeyMissing: For a key that was deleted.
        """
        trouble = self.check_health(caller)
        if trouble is not None:
            raise ProxyFailure(trouble.sentence)
        if key_id in self.deleted_keys:
            raise ExternalKeyMissing
        return self.keys.get(key_id) or self.add_key(key_id)

    def add_key(self, key_id: str) -> ExternalKey:
        """Make a key with material of its own, also in the place of one that was deleted."""
        self.deleted_keys.discard(key_id)
        key = ExternalKey(key_id=key_id, material=self.source.token_bytes(32))
        self.keys[key_id] = key
        return key

    def delete_key(self, key_id: str) -> None:
        self.keys.pop(key_id, None)
        self.deleted_keys.add(key_id)

    def encrypt(
        self,
        key_id: str,
        caller: ProxySettings,
        plaintext: bytes,
        associated: Mapping[str, str] | None,
    ) -> bytes:
        """
        Encrypt, and authenticate the *associated* data too: KMS sends the encryption context.

        Raises:
            ProxyFailure: As `describe_key()`, or for a key that can't.
        """
        key = self._usable_key(key_id, caller, ENCRYPT)
        return seal(
            key.material,
            key_material_id(key_id, key.material),
            plaintext,
            associated,
            data_key=False,
            source=self.source,
        )

    def decrypt(
        self,
        key_id: str,
        caller: ProxySettings,
        ciphertext: bytes,
        associated: Mapping[str, str] | None,
    ) -> bytes:
        """
        Undo `encrypt()`.

        Raises:
            ProxyFailure: As `encrypt()`, or for what the key did not make with *associated* data.
        """
        key = self._usable_key(key_id, caller, DECRYPT)
        try:
            return unseal(parse(ciphertext), key.material, associated)
        except (DecryptionFailed, MalformedCiphertext):
            raise ProxyFailure(BAD_CIPHERTEXT) from None

    def _usable_key(self, key_id: str, caller: ProxySettings, usage: str) -> ExternalKey:
        key = self.describe_key(key_id, caller)
        if not key.is_enabled:
            raise ProxyFailure(DISABLED_KEY)
        if usage not in key.usages:
            raise ProxyFailure(WRONG_USAGE)
        return key


@dataclass(slots=True, eq=False, kw_only=True)
class CloudHsmCluster:
    """
    A CloudHSM cluster, which exists and is well unless a test says otherwise.

    A test changes *trouble* (None while all is well), *latency* (the seconds that connecting
    takes), *connection_error* (the ConnectionErrorCode with which it fails), *password* (that of
    the user `kmsuser`; None: any will do) and *certificate*, which clusters of one backup history
    share (rules CKS-11).
    """

    cluster_id: str
    certificate: str
    trouble: ClusterTrouble | None = None
    latency: float = 0
    connection_error: str | None = None
    password: str | None = None

    def try_to_connect(self, password: str) -> str | None:
        """Return the ConnectionErrorCode with which KMS fails to log in, or None."""
        if self.trouble is not None and self.trouble.connection_error is not None:
            return self.trouble.connection_error
        if self.password not in (None, password):
            return "INVALID_CREDENTIALS"
        return self.connection_error
