"""The mock: the handle that a test holds on an in-memory KMS."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock import interception
from pytest_kmsmock.options import Options, check_region
from pytest_kmsmock.sessions import (
    configured_region,
    new_boto3_session,
    new_client,
    new_session,
    shared_client,
)
from pytest_kmsmock.stack import ActiveMocks

if TYPE_CHECKING:
    from os import PathLike

    import boto3
    from botocore.session import Session
    from types_boto3_kms import KMSClient

    from pytest_kmsmock._kms.domain.clock import Clock
    from pytest_kmsmock._kms.service import Request, Response, Service
    from pytest_kmsmock.exchange import Exchange, Outcome
    from pytest_kmsmock.key_stores import KeyStoreHandle, KeyStoreType, Place
    from pytest_kmsmock.known_keys import KeyHandle, KnownKeys, Snapshot


class KmsMock:
    """
    An in-memory KMS, and the handle that a test has on it.

    It answers every KMS request of the process while it is the latest of the active mocks: those of
    all clients, sessions and threads. Each start begins with an empty KMS.

    Args:
        region_name: The Region of sessions that have none configured, and of `client()`. By default
            that of the ini option `kmsmock_region`, of the environment, of the AWS config file, or
            else us-east-1.
        account_id: The caller's account, 12 digits.
        wire: Let botocore sign, send, retry and parse as it does with AWS, and answer only in the
            place of the network.

    Raises:
        ValueError: For a Region or account that can't be.

    .. versionadded:: 0.1.0
    """

    _service: "Service"
    _make_request: "partial[Request]"

    def __init__(
        self,
        *,
        region_name: str | None = None,
        account_id: str | None = None,
        wire: bool | None = None,
    ) -> None:
        options = Options(region_name=region_name, account_id=account_id, wire=wire)
        defaults = ACTIVE.defaults
        self._region_name = options.region_name or defaults.region_name
        self.account_id = options.account_id or defaults.account_id
        self.wire = defaults.wire if options.wire is None else options.wire
        self._reuse_key_pairs = defaults.reuse_key_pairs

    def __repr__(self) -> str:
        return f"<KmsMock {self.account_id} {self.region_name}>"

    @property
    def region_name(self) -> str:
        """The Region of sessions that have none configured, and of `client()`."""
        if self._region_name is None:
            self._region_name = configured_region() or "us-east-1"
        return self._region_name

    @property
    def clock(self) -> "Clock":
        """The time of this KMS: deletions, rotations and expiries follow it."""
        return self._service.world.clock

    def client(self, region_name: str | None = None, **options: Any) -> "KMSClient":
        """
        Return a botocore client for KMS.

        Without *options* it is one that all tests of the process share, for it holds no state of
        the mock: register no handlers on it.

        Args:
            region_name: The client's Region; the mock's by default.
            options: What `create_client` of a botocore session takes, such as `config`.
        """
        region_name = region_name or self.region_name
        if options:
            return new_client(region_name, **options)
        return shared_client(region_name)

    def session(self) -> "Session":
        """Return a new botocore session that has the mock's Region and throw-away credentials."""
        return new_session(self.region_name)

    def key_store(
        self,
        name_or_id: str,
        type: "KeyStoreType | None" = None,  # noqa: A002 - AWS's word
        *,
        region_name: str | None = None,
    ) -> "KeyStoreHandle":
        """
        Return a handle on a custom key store, and on what stands behind it.

        If no store has that name, one is made with plausible parameters and connected, so that it
        can be used at once:

            store = kms_mock.key_store("my-store")
            kms.create_key(
                Origin="EXTERNAL_KEY_STORE",
                CustomKeyStoreId=store.custom_key_store_id,
                XksKeyId="key-1",
            )
            store.switch_off()

        Args:
            name_or_id: CustomKeyStoreName or CustomKeyStoreId.
            type: CustomKeyStoreType: "AWS_CLOUDHSM", or by default "EXTERNAL_KEY_STORE" for a store
                to be made; one that is there has the type that it has.
            region_name: The store's Region; the mock's by default.

        Raises:
            TypeError: If the name is no string.
            ValueError: For a type that can't be or that the store does not have, an id that no
                store has, or a store that KMS does not make.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.key_stores import open_key_store  # noqa: PLC0415 - see _open

        return open_key_store(self._place(region_name), name_or_id, type)

    def external_key_manager(self, uri: str) -> "KeyStoreHandle":
        """
        Return a handle on an external key manager, before there is a key store for it or after.

            kms_mock.external_key_manager("https://xks.example.com/kms/xks/v1").refuse("denied")

        Args:
            uri: XksProxyUriEndpoint followed by XksProxyUriPath.

        Raises:
            TypeError: If that is no string.
            ValueError: If a proxy can't be there.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.key_stores import find_key_manager  # noqa: PLC0415 - see _open

        return find_key_manager(self._place(), uri)

    def cloudhsm_cluster(
        self, cluster_id: str, *, restored_from: str | None = None
    ) -> "KeyStoreHandle":
        """
        Return a handle on a CloudHSM cluster, before there is a key store for it or after.

            kms_mock.cloudhsm_cluster("cluster-abcdefghijk").refuse("not active")

        Args:
            cluster_id: CloudHsmClusterId.
            restored_from: The id of a cluster of whose backup this one was made, so that
                UpdateCustomKeyStore takes the one for the other.

        Raises:
            TypeError: If an id is no string.
            ValueError: If it can't be that of a cluster.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.key_stores import find_cluster  # noqa: PLC0415 - see _open

        return find_cluster(self._place(), cluster_id, restored_from)

    def boto3_session(self) -> "boto3.session.Session":
        """
        Return a new boto3 session like `session()`.

        Raises:
            ImportError: If boto3 is not installed.
        """
        return new_boto3_session(self.region_name)

    def create_key(
        self,
        *,
        key_id: str | None = None,
        material: object = None,
        alias: str | None = None,
        tags: Mapping[str, str] | list[Mapping[str, str]] | None = None,
        region_name: str | None = None,
        **members: Any,
    ) -> "KeyHandle":
        """
        Create a key whose id and material the test knows.

            key = kms_mock.create_key(alias="app", material=b"0" * 32)
            assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"] == key.arn

        Args:
            key_id: A UUID, or `mrk-` and 32 hex digits for a multi-Region key.
            material: Raw bytes for symmetric and HMAC keys. For key pairs PEM or DER, a private key
                object of `cryptography`, or a raw seed or scalar.
            alias: The name of an alias to create too, with or without `alias/`.
            tags: By name, or as CreateKey takes them.
            region_name: Where; the mock's Region by default.
            members: The other members of CreateKey, such as `KeySpec` and `KeyUsage`.

        Raises:
            TypeError: For an unknown argument.
            ValueError: For a value that can't be, or that AWS refuses.
        """
        return self._known_keys.create(
            key_id=key_id,
            material=material,
            alias=alias,
            tags=tags,
            region_name=region_name,
            members=members,
        )

    def load(self, path: "str | PathLike[str]") -> "list[KeyHandle]":
        """
        Create the keys that a TOML file lists in `[[keys]]` tables, and return their handles.

        A table has the arguments of `create_key()`; *material* is PEM or base64, or *material_file*
        names a file beside the TOML file.

        Raises:
            ValueError: With file, line and key.
        """
        return self._known_keys.load(Path(path))

    def seed(self, seed: int | str | bytes) -> None:
        """
        Make what is random on AWS the same in every run from here on: for snapshot tests only.

        Ids, materials, nonces and signatures repeat themselves if the calls do; ML-DSA signatures
        don't. RSA keys are slower to make than unseeded ones.
        """
        if not isinstance(seed, (int, str, bytes)):
            raise TypeError(f"a seed is an int, a str or bytes, not {seed!r}")
        self._known_keys.seed(seed)

    def register_ciphertext(
        self,
        blob: bytes,
        plaintext: bytes,
        *,
        key: "str | KeyHandle",
        encryption_context: Mapping[str, str] | None = None,
        region_name: str | None = None,
    ) -> None:
        """
        Let Decrypt and ReEncrypt know a ciphertext that this KMS has not made, such as AWS's own.

        Args:
            blob: The CiphertextBlob.
            plaintext: What is in it.
            key: The key that made it: a handle, or its id, ARN or alias.
            encryption_context: What must be given to decrypt it.
            region_name: Where the key is; the mock's Region by default.

        Raises:
            ValueError: If there is no such key.
        """
        self._known_keys.register(
            blob,
            plaintext,
            key=key,
            encryption_context=encryption_context,
            region_name=region_name,
        )

    def snapshot(self) -> "Snapshot":
        """Return all that this KMS holds now, time included, for `restore()`, here or elsewhere."""
        return self._known_keys.snapshot()

    def restore(self, snapshot: "Snapshot") -> None:
        """
        Go back to a snapshot, of this mock or another one; it may be restored many times.

        Raises:
            TypeError: If *snapshot* is none.
        """
        self._known_keys.restore(snapshot)

    def start(self) -> "KmsMock":
        """Become the mock that answers, with an empty KMS; do nothing if it is active already."""
        ACTIVE.start(self)
        return self

    def stop(self) -> None:
        """Answer no more, whoever started it; do nothing if it is not active."""
        ACTIVE.stop(self)

    def reset(self) -> None:
        """Forget all keys, aliases and grants, as if just started."""
        with ACTIVE.lock:
            if ACTIVE.has(self):
                self._close()
                self._open()

    def goes_by_wire(self, operation: str) -> bool:
        """Say whether the wire matters to a request; for the interception."""
        return self.wire

    def respond_or_fail(self, exchange: "Exchange") -> "Outcome":
        """Answer a request that goes by the wire; for the interception."""
        from pytest_kmsmock.exchange import Outcome  # noqa: PLC0415 - see _open

        return Outcome(response=self.respond(exchange))

    def respond(self, exchange: "Exchange") -> "Response":
        """Answer a request; for the interception."""
        if exchange.operation == "CreateKey" and b'"_custom_' in exchange.body:
            return self._known_keys.create_with_localstack_tags(exchange)
        return self._service.respond(
            self._make_request(
                operation=exchange.operation,
                region=exchange.region,
                body=exchange.body,
                access_key_id=exchange.access_key_id,
            )
        )

    @property
    def _known_keys(self) -> "KnownKeys":
        from pytest_kmsmock.known_keys import KnownKeys  # noqa: PLC0415 - see _open

        return KnownKeys(self._place())

    def _place(self, region_name: str | None = None) -> "Place":
        from pytest_kmsmock.key_stores import Place  # noqa: PLC0415 - see _open

        if region_name is not None:
            check_region("region_name", region_name)
        if not ACTIVE.has(self):
            raise ValueError("this mock is not active: start() it, or use it inside mock_kms()")
        return Place(
            service=lambda: self._service,
            account_id=self.account_id,
            region_name=region_name or self.region_name,
        )

    def _open(self) -> None:
        # The engine brings cryptography with it, and takes 0.1 s the first time.
        from pytest_kmsmock._kms.domain.world import World  # noqa: PLC0415 - see above
        from pytest_kmsmock._kms.service import Request, Service  # noqa: PLC0415 - see above

        self._service = Service(World(reuse_key_pairs=self._reuse_key_pairs))
        self._make_request = partial(Request, account_id=self.account_id)

    def _close(self) -> None:
        self._service.world.close()


def make_mock(options: Options) -> KmsMock:
    return KmsMock(
        region_name=options.region_name, account_id=options.account_id, wire=options.wire
    )


ACTIVE: Final = ActiveMocks(make_mock)
interception.install(ACTIVE)
