"""What a mock offers about keys: known ones, ciphertexts, seeds, snapshots."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.subject import Subject
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock._kms.service import Service
    from pytest_kmsmock.vocabulary import CreateKeyMembers
    from pytest_kmsmock.workbench.keys.handle import KeyHandle
    from pytest_kmsmock.workbench.keys.known import KnownKeys, Snapshot


class OffersKeys(Subject):
    """Keys, ciphertexts and whole states that a test gives or takes."""

    @explained
    def create_key(
        self,
        *,
        key_id: str | None = None,
        material: object = None,
        alias: str | None = None,
        tags: Mapping[str, str] | list[Mapping[str, str]] | None = None,
        region_name: str | None = None,
        account_id: str | None = None,
        **members: "Unpack[CreateKeyMembers]",
    ) -> "KeyHandle":
        """
        Create a key, with a known id, material or alias if you like, without a permission check.

            key = kms_mock.create_key(alias="app", material=b"0" * 32)
            assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"] == key.arn

        Args:
            key_id: The key id: a UUID, or `mrk-` and 32 hex digits for a multi-Region key.
            material: The key material. Raw bytes for symmetric and HMAC keys; for key pairs PEM,
                DER, a private key object of `cryptography`, or a raw seed or scalar.
            alias: The name of an alias to create for the key, with or without `alias/`.
            tags: A mapping from tag keys to values, or the member Tags of CreateKey.
            region_name: The key's Region; by default the mock's.
            account_id: The key's account; by default the mock's.
            members: Other members of CreateKey, such as `KeySpec` and `KeyUsage`. *Policy* may be a
                mapping. `BypassPolicyLockoutSafetyCheck` is true by default.

        Raises:
            TypeError: For an unknown argument, or a value of the wrong type.
            ValueError: For an invalid value, or one that AWS refuses. No key is created then.

        .. versionadded:: 0.1.0
        """
        return self._known_keys.create(
            key_id=key_id,
            material=material,
            alias=alias,
            tags=tags,
            region_name=region_name,
            account_id=account_id,
            members=members,
        )

    @explained
    def load(self, path: "str | PathLike[str]") -> "list[KeyHandle]":
        """
        Create the keys that a TOML file lists in `[[keys]]` tables, and return their handles.

        A table has the arguments of `create_key()`. *material* is PEM or base64; or use
        *material_file*, the name of a file in the directory of the TOML file.

        Raises:
            TypeError: If *path* is not a path.
            ValueError: For a mistake in the file; the message names the file, the line and the
                key. No key is created then.

        .. versionadded:: 0.1.0
        """
        if not isinstance(path, (str, PathLike)):
            raise TypeError(f"load() takes the path of a TOML file, not {path!r}")
        return self._known_keys.load(Path(path))

    def adopt_moto_keys(self) -> "list[KeyHandle]":
        """
        Copy all keys of the mock's account from moto's KMS into this one, in all Regions.

        moto's services create such keys, CloudFormation stacks for example. The copies have the
        same ids, ARNs, aliases, tags, policies, states and key pairs. You can call it again: keys
        that this mock has already are not changed.

            >>> kms_mock.adopt_moto_keys()  # moto has created none here
            []

        Returns:
            Handles of the new keys.

        Raises:
            ImportError: If moto is not installed.
            ValueError: For keys that AWS would not accept, for example because of their policy. The
                other keys are copied nevertheless.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.keys.moto_keys import adopt  # noqa: PLC0415 - see KmsMock._open

        return adopt(self._place(), self._known_keys)

    @explained
    def seed(self, seed: int | str | bytes) -> None:
        """
        Make ids, key material, nonces and signatures the same in every run, for snapshot tests.

        They repeat if the calls do. ML-DSA signatures never repeat. RSA keys take longer to create
        than without a seed.

        .. versionadded:: 0.1.0
        """
        if not isinstance(seed, (int, str, bytes)):
            raise TypeError(f"a seed is an int, a str or bytes, not {seed!r}")
        self._known_keys.seed(seed)

    @explained
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
        Let Decrypt and ReEncrypt accept a ciphertext from elsewhere, such as one from AWS.

        Args:
            blob: The CiphertextBlob.
            plaintext: The plaintext, 1 to 4,096 bytes.
            key: The key of the ciphertext: a handle, or its id, ARN or alias.
            encryption_context: The encryption context of the ciphertext.
            region_name: The key's Region; by default the mock's.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If there is no such key, or it can't have such a ciphertext.

        .. versionadded:: 0.1.0
        """
        self._known_keys.register(
            blob,
            plaintext,
            key=key,
            encryption_context=encryption_context,
            region_name=region_name,
        )

    @explained
    def share_key(
        self,
        key: "str | KeyHandle",
        account_id: str,
        *,
        actions: Iterable[str] | None = None,
        region_name: str | None = None,
    ) -> None:
        """
        Share a key with another account, as AWS Resource Access Manager does.

        ListKeys with `ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"]` lists it in that account, and the
        key has a second policy, named `AWS_RAM`.

            key = kms_mock.create_key(alias="shared")
            kms_mock.share_key(key, "210987654321")
            names = kms.list_key_policies(KeyId=key.arn)["PolicyNames"]
            assert names == ["AWS_RAM", "default"]

        Args:
            key: A handle, or the key's id, ARN or alias. An ARN may be of any account.
            account_id: The account to share the key with, 12 digits; not the owner.
            actions: The allowed actions, such as `["kms:Decrypt"]`. By default those for using and
                describing the key. A second call for the account replaces them.
            region_name: The key's Region, if *key* is not an ARN; by default the mock's.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If there is no such key, AWS manages it, or *account_id* is invalid.

        .. versionadded:: 0.1.0
        """
        self._known_keys.share(key, account_id, actions=actions, region_name=region_name)

    @explained
    def unshare_key(
        self, key: "str | KeyHandle", account_id: str, *, region_name: str | None = None
    ) -> None:
        """
        Stop sharing a key with an account. Without shares, it has no policy `AWS_RAM` any more.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If there is no such key, or it is not shared with *account_id*.

        .. versionadded:: 0.1.0
        """
        self._known_keys.unshare(key, account_id, region_name=region_name)

    @explained
    def snapshot(self) -> "Snapshot":
        """
        Return a copy of this KMS, with its time, for `restore()` of this mock or another.

        Principals and their policies belong to it.

        .. versionadded:: 0.1.0
        """
        return self._known_keys.snapshot()

    @explained
    def restore(self, snapshot: "Snapshot") -> None:
        """
        Replace this KMS, with its time, by a snapshot of this mock or another.

        You can restore a snapshot many times. Calls and planned faults stay. Roles and users that
        were declared since the snapshot are gone: declare them again.

        Raises:
            TypeError: If *snapshot* is not a snapshot.
            ValueError: If it has keys, but none in this mock's account and Region.

        .. versionadded:: 0.1.0
        """
        former = self._known_keys.restore(snapshot)
        self._go_on(self._service)
        self._bury(former, taken_by="restore")

    @property
    def _known_keys(self) -> "KnownKeys":
        from pytest_kmsmock.workbench.keys.known import KnownKeys  # noqa: PLC0415 - see KmsMock._open

        return KnownKeys(self._place())

    def _load_at_start(self, path: Path, service: "Service") -> None:
        """Load the suite's seed file into the KMS of a mock that is just about to begin."""
        from pytest_kmsmock.workbench.keys.known import KnownKeys  # noqa: PLC0415 - see KmsMock._open

        KnownKeys(self._place_in(self.region_name, service)).load(path)

    def _copy_world(self) -> "World":
        return self._service.copy_world()
