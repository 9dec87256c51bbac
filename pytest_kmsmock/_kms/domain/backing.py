"""What stands behind custom key stores: CloudHSM clusters and external key managers, in process."""

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pytest_kmsmock._kms.crypto.envelope import parse, seal, unseal
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.material_ids import key_material_id
from pytest_kmsmock._kms.crypto.randomness import RandomSource

# KMS gives an external key store proxy this long to answer, in seconds
# (https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html).
PROXY_TIMEOUT: Final = 0.25

# Why a backing does not serve KMS -> the ConnectionErrorCode of a store that tries to connect.
Trouble: TypeAlias = Literal[
    "unreachable", "timed out", "bad credential", "denied", "invalid path", "invalid response"
]
CONNECTION_ERROR_CODES: Final[dict[Trouble, str]] = {
    "unreachable": "XKS_PROXY_NOT_REACHABLE",
    "timed out": "XKS_PROXY_TIMED_OUT",
    "bad credential": "INVALID_CREDENTIALS",
    "denied": "XKS_PROXY_ACCESS_DENIED",
    "invalid path": "XKS_PROXY_INVALID_CONFIGURATION",
    "invalid response": "XKS_PROXY_INVALID_RESPONSE",
}


class ProxyFailure(Exception):
    """An external key store proxy did not do what KMS asked; the reason is the first argument."""

    def __init__(self, reason: "Trouble | KeyTrouble") -> None:
        super().__init__(reason)
        self.reason = reason


KeyTrouble: TypeAlias = Literal["no such key", "disabled key", "wrong usage", "bad ciphertext"]


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalKey:
    """A key of an external key manager; a test changes what is wrong with it."""

    key_id: str
    material: bytes
    spec: str = "AES_256"
    is_enabled: bool = True
    usages: tuple[str, ...] = ("ENCRYPT", "DECRYPT")


@dataclass(slots=True, eq=False, kw_only=True)
class ExternalKeyManager:
    """
    An external key manager behind its proxy, which really encrypts.

    It has any key that it is asked for, AES-256 and enabled, unless the test deletes it. A test
    changes *trouble* (None while all is well), *latency* in seconds, *credential* (None: any will
    do) and the keys.
    """

    source: RandomSource
    trouble: Trouble | None = None
    latency: float = 0
    credential: tuple[str, str] | None = None
    keys: dict[str, ExternalKey] = field(default_factory=dict)
    deleted_keys: set[str] = field(default_factory=set)

    def check_health(self, credential: tuple[str, str]) -> Trouble | None:
        """Answer a GetHealthStatus request: None, or what is wrong."""
        if self.trouble is not None:
            return self.trouble
        if self.latency > PROXY_TIMEOUT:
            return "timed out"
        if self.credential is not None and self.credential != credential:
            return "bad credential"
        return None

    def describe_key(self, key_id: str, credential: tuple[str, str]) -> ExternalKey:
        """
        Answer a GetKeyMetadata request.

        Raises:
            ProxyFailure: For a key that was deleted, or for a proxy in trouble.
        """
        trouble = self.check_health(credential)
        if trouble is not None:
            raise ProxyFailure(trouble)
        return self.find_key(key_id)

    def find_key(self, key_id: str) -> ExternalKey:
        """
        Return the key of that id, which comes into being when it is first asked for.

        Raises:
            ProxyFailure: For a key that was deleted.
        """
        if key_id in self.deleted_keys:
            raise ProxyFailure("no such key")
        key = self.keys.get(key_id)
        if key is None:
            key = ExternalKey(key_id=key_id, material=self.source.token_bytes(32))
            self.keys[key_id] = key
        return key

    def encrypt(self, key_id: str, credential: tuple[str, str], plaintext: bytes) -> bytes:
        """
        Raises:
            ProxyFailure: As `find_key()`, for a key that can't, or for a proxy in trouble.
        """
        key = self._usable_key(key_id, credential, "ENCRYPT")
        return seal(
            key.material,
            key_material_id(key_id, key.material),
            plaintext,
            None,
            data_key=False,
            source=self.source,
        )

    def decrypt(self, key_id: str, credential: tuple[str, str], ciphertext: bytes) -> bytes:
        """
        Raises:
            ProxyFailure: As `encrypt()`, or for a ciphertext that the key did not make.
        """
        key = self._usable_key(key_id, credential, "DECRYPT")
        try:
            return unseal(parse(ciphertext), key.material, None)
        except (DecryptionFailed, MalformedCiphertext):
            raise ProxyFailure("bad ciphertext") from None

    def _usable_key(self, key_id: str, credential: tuple[str, str], usage: str) -> ExternalKey:
        key = self.describe_key(key_id, credential)
        if not key.is_enabled:
            raise ProxyFailure("disabled key")
        if usage not in key.usages:
            raise ProxyFailure("wrong usage")
        return key


@dataclass(slots=True, eq=False, kw_only=True)
class CloudHsmCluster:
    """
    A CloudHSM cluster. A test changes what is wrong with it.

    *connection_error* is the ConnectionErrorCode with which a connection fails; *password* and
    *trust_anchor* are None where any will do; *is_reachable* says whether keys in it can be used.
    """

    cluster_id: str
    exists: bool = True
    is_active: bool = True
    is_well_configured: bool = True
    is_reachable: bool = True
    connection_error: str | None = None
    password: str | None = None
    trust_anchor: str | None = None
    # Clusters of one backup history have one certificate (rules CKS-11).
    certificate: str = "cluster"
