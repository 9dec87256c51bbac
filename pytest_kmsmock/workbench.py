"""What a test does with a mock besides calling KMS: give it keys, look at calls, plan faults."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kmsmock.options import check_region

if TYPE_CHECKING:
    from os import PathLike

    from pytest_kmsmock._kms.service import Service
    from pytest_kmsmock.calls import Call, Calls, Record
    from pytest_kmsmock.faults import Fault, Faults
    from pytest_kmsmock.key_stores import KeyStoreHandle, KeyStoreType, Place
    from pytest_kmsmock.known_keys import KeyHandle, KnownKeys, Snapshot


class Workbench(ABC):
    """The part of `KmsMock` for which AWS has no call."""

    account_id: str
    auto_create_keys: bool
    _service: "Service"
    _record: "Record"
    _faults: "Faults"

    @property
    @abstractmethod
    def region_name(self) -> str: ...

    @abstractmethod
    def _require_active(self) -> None: ...

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

        .. versionadded:: 0.1.0
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

        .. versionadded:: 0.1.0
        """
        return self._known_keys.load(Path(path))

    def seed(self, seed: int | str | bytes) -> None:
        """
        Make what is random on AWS the same in every run from here on: for snapshot tests only.

        Ids, materials, nonces and signatures repeat themselves if the calls do; ML-DSA signatures
        don't. RSA keys are slower to make than unseeded ones.

        .. versionadded:: 0.1.0
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

        .. versionadded:: 0.1.0
        """
        self._known_keys.register(
            blob,
            plaintext,
            key=key,
            encryption_context=encryption_context,
            region_name=region_name,
        )

    def snapshot(self) -> "Snapshot":
        """
        Return all that this KMS holds now, time included, for `restore()`, here or elsewhere.

        .. versionadded:: 0.1.0
        """
        return self._known_keys.snapshot()

    def restore(self, snapshot: "Snapshot") -> None:
        """
        Go back to a snapshot, of this mock or another one; it may be restored many times.

        Raises:
            TypeError: If *snapshot* is none.

        .. versionadded:: 0.1.0
        """
        self._known_keys.restore(snapshot)
        self._service.world.makes_missing_keys = self.auto_create_keys

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
        from pytest_kmsmock.key_stores import open_key_store  # noqa: PLC0415 - see KmsMock._open

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
        from pytest_kmsmock.key_stores import find_key_manager  # noqa: PLC0415 - see KmsMock._open

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
        from pytest_kmsmock.key_stores import find_cluster  # noqa: PLC0415 - see KmsMock._open

        return find_cluster(self._place(), cluster_id, restored_from)

    @property
    def calls(self) -> "Calls":
        """
        The calls so far, each attempt of a retried one included; see `Calls`.

        They are there after the mock has ended, too, until it starts anew. The mock's own
        methods, such as `create_key()`, call nothing.

        .. versionadded:: 0.1.0
        """
        return self._record.view()

    def assert_called(self, operation: str, *, times: int | None = None, **parameters: Any) -> None:
        """
        Check that an operation was called, or else show what was called instead.

            >>> key_id = kms.create_key(Description="app")["KeyMetadata"]["KeyId"]
            >>> kms_mock.assert_called("CreateKey", times=1, Description="app")
            >>> kms_mock.assert_called("CreateKey", Description=lambda text: text.startswith("a"))

        Args:
            operation: AWS's name, such as "Decrypt".
            times: How many such calls there must be, retries included; at least one by default.
            parameters: Those by which to know them, others may differ. A value must be equal, the
                whole of it; a function is asked about what was given; None means not given.

        Raises:
            AssertionError: If there was no such call, with the nearest one as a diff.
            TypeError: For a parameter that the operation does not take.
            ValueError: For an operation that KMS does not have, with the nearest ones.

        .. versionadded:: 0.1.0
        """
        __tracebackhide__ = True
        from pytest_kmsmock.assertions import check_called  # noqa: PLC0415 - see KmsMock._open

        check_called(self.calls, operation, times, parameters)

    def assert_not_called(self, operation: str, **parameters: Any) -> None:
        """
        Check that an operation was not called, at all or with these parameters.

            >>> kms_mock.assert_not_called("ScheduleKeyDeletion")

        Raises:
            AssertionError: If there was such a call.
            TypeError, ValueError: As `assert_called()`.

        .. versionadded:: 0.1.0
        """
        __tracebackhide__ = True
        from pytest_kmsmock.assertions import check_not_called  # noqa: PLC0415 - see KmsMock._open

        check_not_called(self.calls, operation, parameters)

    def fail(
        self,
        operation: str,
        error: str | type[Exception],
        *,
        times: int | None = 1,
        after: int = 0,
        when: "Callable[[Call], object] | None" = None,
        message: str | None = None,
        lost: bool = False,
    ) -> "Fault":
        """
        Plan a fault: let requests fail with an error of AWS, or of the connection.

        The request goes by the wire, so that botocore retries as it does with AWS, but without
        waiting. Each attempt is a request of its own. Of several faults that could hit a request
        the one planned first does. One that never fires is an error at the end of the test.

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> throttling = kms_mock.fail("Encrypt", "ThrottlingException", times=2)
            >>> kms.encrypt(KeyId=key_id, Plaintext=b"hi")["ResponseMetadata"]["RetryAttempts"]
            2
            >>> throttling.fired
            2

        Args:
            operation: AWS's name, such as "Decrypt", or "*" for all.
            error: A code that KMS or any service of AWS has, or one of botocore's
                ConnectTimeoutError, ConnectionClosedError, EndpointConnectionError and
                ReadTimeoutError, as a name or a class.
            times: How many requests it hits; None for all.
            after: How many requests it lets pass first.
            when: Is asked about each request, as a `Call` without an answer, whether it counts.
            message: AWS's words; by default AWS's own, or none where they vary.
            lost: Let KMS do what it was asked, so that only the answer is lost: with
                ConnectionClosedError, ReadTimeoutError or an error of the server.

        Returns:
            The `Fault`, which tells how often it has fired, can be cancelled, and limits itself
            to a block in a `with`.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: For an operation or error that there is not, with the nearest ones; for
                numbers and combinations that can't be; for a mock that is not active.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.faults import read_failure  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        failure = read_failure(error, message, lost=lost)
        return self._faults.add(operation, failure, times=times, after=after, when=when)

    def delay(
        self,
        operation: str,
        seconds: float,
        *,
        times: int | None = None,
        after: int = 0,
        when: "Callable[[Call], object] | None" = None,
    ) -> "Fault":
        """
        Plan a delay: let the mock's clock, not the test, wait for answers.

        Where that is longer than the `read_timeout` of the client, the client gives up with a
        ReadTimeoutError, and what it asked for is done all the same.

            >>> before = kms_mock.clock.now()
            >>> with kms_mock.delay("ListKeys", seconds=30):
            ...     keys = kms.list_keys()["Keys"]
            >>> kms_mock.clock.now() - before >= timedelta(seconds=30)
            True

        Args:
            operation: See `fail()`.
            seconds: For each request.
            times: How many requests it hits; all by default.
            after: See `fail()`.
            when: See `fail()`.

        Raises:
            TypeError, ValueError: As `fail()`.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.faults import read_delay  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        return self._faults.add(operation, read_delay(seconds), times=times, after=after, when=when)

    @property
    def _known_keys(self) -> "KnownKeys":
        from pytest_kmsmock.known_keys import KnownKeys  # noqa: PLC0415 - see KmsMock._open

        return KnownKeys(self._place())

    def _load_at_start(self, path: Path) -> None:
        """Load the suite's seed file into a mock that is just about to be active."""
        from pytest_kmsmock.known_keys import KnownKeys  # noqa: PLC0415 - see KmsMock._open

        KnownKeys(self._place_in(self.region_name)).load(path)

    def _place(self, region_name: str | None = None) -> "Place":
        if region_name is not None:
            check_region("region_name", region_name)
        self._require_active()
        return self._place_in(region_name or self.region_name)

    def _place_in(self, region_name: str) -> "Place":
        from pytest_kmsmock.key_stores import Place  # noqa: PLC0415 - see KmsMock._open

        return Place(
            service=lambda: self._service,
            account_id=self.account_id,
            region_name=region_name,
        )
