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
        Create a key whose id and material the test knows, whoever may.

            key = kms_mock.create_key(alias="app", material=b"0" * 32)
            assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"] == key.arn

        Args:
            key_id: A UUID, or `mrk-` and 32 hex digits for a multi-Region key.
            material: Raw bytes for symmetric and HMAC keys. For key pairs PEM or DER, a private key
                object of `cryptography`, or a raw seed or scalar.
            alias: The name of an alias to create too, with or without `alias/`.
            tags: By name, or as CreateKey takes them.
            region_name: Where; the mock's Region by default.
            account_id: In which account; the mock's by default.
            members: The other members of CreateKey, such as `KeySpec` and `KeyUsage`. *Policy* may
                be a mapping. Whether it would lock somebody out is asked only with
                `BypassPolicyLockoutSafetyCheck=False`.

        Raises:
            TypeError: For an unknown argument, or a value of the wrong type.
            ValueError: For a value that can't be, or that AWS refuses. Then there is no key.

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

        A table has the arguments of `create_key()`; *material* is PEM or base64, or *material_file*
        names a file beside the TOML file.

        Raises:
            TypeError: If *path* is none.
            ValueError: For a mistake in the file; the message names the file, the line and the
                key. Then none of the keys is made.

        .. versionadded:: 0.1.0
        """
        if not isinstance(path, (str, PathLike)):
            raise TypeError(f"load() takes the path of a TOML file, not {path!r}")
        return self._known_keys.load(Path(path))

    def adopt_moto_keys(self) -> "list[KeyHandle]":
        """
        Take over the keys that moto has in its KMS, of the mock's account, in all Regions.

        They are those that moto's services have made, such as CloudFormation stacks. Here they have
        the same ids, ARNs, aliases, tags, policies, states and key pairs. Keys that this mock has
        already stay as they are, so that it may be called again.

            >>> kms_mock.adopt_moto_keys()  # moto has made none here
            []

        Returns:
            Handles of the new ones.

        Raises:
            ImportError: If moto is not installed.
            ValueError: For keys that AWS would not have, as for a policy that only moto accepts;
                the others are taken over all the same.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.keys.moto_keys import adopt  # noqa: PLC0415 - see KmsMock._open

        return adopt(self._place(), self._known_keys)

    @explained
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
        Let Decrypt and ReEncrypt know a ciphertext that this KMS has not made, such as AWS's own.

        Args:
            blob: The CiphertextBlob.
            plaintext: What is in it, 1 to 4,096 bytes.
            key: The key that made it: a handle, or its id, ARN or alias.
            encryption_context: What must be given to decrypt it.
            region_name: Where the key is; the mock's Region by default.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If there is no such key, or if it could not have made that ciphertext.

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

        ListKeys shows it to that account with `ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"]`, and the
        key has a second policy, named `AWS_RAM`.

            key = kms_mock.create_key(alias="shared")
            kms_mock.share_key(key, "210987654321")
            names = kms.list_key_policies(KeyId=key.arn)["PolicyNames"]
            assert names == ["AWS_RAM", "default"]

        Args:
            key: A handle, or the key's id, ARN or alias. By its ARN it may be any account's.
            account_id: Whom it is shared with: 12 digits, not the owner.
            actions: What the account may do with it, such as `["kms:Decrypt"]`; by default, use it
                and look at it. Sharing it again replaces them.
            region_name: Where the key is, unless an ARN says it; the mock's Region by default.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If there is no such key, AWS manages it, or *account_id* can't be.

        .. versionadded:: 0.1.0
        """
        self._known_keys.share(key, account_id, actions=actions, region_name=region_name)

    @explained
    def unshare_key(
        self, key: "str | KeyHandle", account_id: str, *, region_name: str | None = None
    ) -> None:
        """
        End what `share_key()` began; the last share takes the policy `AWS_RAM` with it.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If there is no such key, or it is not shared with *account_id*.

        .. versionadded:: 0.1.0
        """
        self._known_keys.unshare(key, account_id, region_name=region_name)

    @explained
    def snapshot(self) -> "Snapshot":
        """
        Return all that this KMS holds now, time included, for `restore()`, here or elsewhere.

        .. versionadded:: 0.1.0
        """
        return self._known_keys.snapshot()

    @explained
    def restore(self, snapshot: "Snapshot") -> None:
        """
        Go back to a snapshot, of this mock or another one; it may be restored many times.

        Raises:
            TypeError: If *snapshot* is none.
            ValueError: If this mock's account and Region would show none of its keys.

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
        return self._service.alone(self._service.world.copy)
