"""Keys and ciphertexts that a test knows beforehand: given one by one, in a file, or by tags."""

import base64
import binascii
import difflib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.access.forms import find_mistake
from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.making import Material, load_private_key
from pytest_kmsmock._kms.crypto.seeded import SeededRandomness
from pytest_kmsmock._kms.crypto.specs import SPECS
from pytest_kmsmock._kms.domain.changes import put
from pytest_kmsmock._kms.domain.ciphertexts import KnownCiphertext
from pytest_kmsmock._kms.domain.creation import CHINA
from pytest_kmsmock._kms.domain.identifiers import is_key_id
from pytest_kmsmock._kms.domain.seeds import NOTHING, KeySeed
from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.service import Request
from pytest_kmsmock._kms.wire.model import operation, partition_of
from pytest_kmsmock.options import check_account_id, check_region
from pytest_kmsmock.workbench.keys.arguments import (
    check_plaintext,
    read_alias,
    read_bytes,
    read_context,
    read_form,
    read_request,
    warn_of_policy,
)
from pytest_kmsmock.workbench.keys.handle import KeyHandle
from pytest_kmsmock.workbench.keys.sharing import share, unshare
from pytest_kmsmock.workbench.place import Place

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it along where the standard library has none

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key
    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock._kms.service import Response
    from pytest_kmsmock.interception.exchange import Exchange

# The tags by which LocalStack takes an id and a material
# (https://docs.localstack.cloud/aws/services/kms/).
CUSTOM_ID: Final = "_custom_id_"
CUSTOM_MATERIAL: Final = "_custom_key_material_"

OWN_ARGUMENTS: Final = ("key_id", "material", "alias", "tags", "region_name", "account_id")
# What a key has at other places.
OTHER_WORDS: Final = {"name": "alias", "id": "key_id", "region": "region_name"}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """
    A copy of a KMS: what `KmsMock.snapshot()` returns, for `KmsMock.restore()`.

    .. versionadded:: 0.1.0
    """

    _world: "World"
    _place: str  # where the mock was that it was taken of


class KnownKeys:
    """What a mock does with what a test gives and takes: keys, ciphertexts, whole worlds."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def create(
        self,
        *,
        key_id: str | None,
        material: object,
        alias: str | None,
        tags: Mapping[str, str] | list[Mapping[str, str]] | None,
        region_name: str | None,
        account_id: str | None = None,
        members: Mapping[str, Any],
    ) -> KeyHandle:
        """See `KmsMock.create_key()`."""
        if account_id is not None:
            check_account_id("account_id", account_id)
            elsewhere = KnownKeys(replace(self._place, account_id=account_id))
            return elsewhere.create(
                key_id=key_id,
                material=material,
                alias=alias,
                tags=tags,
                region_name=region_name,
                account_id=None,
                members=members,
            )
        check_members(members)
        request = read_request(members, tags)
        name = read_alias(alias)
        region_name = self._read_region(region_name)
        warn_of_policy(request.get("Policy"))
        if key_id is not None:
            check_key_id(key_id, request)
            request.setdefault("MultiRegion", key_id.startswith("mrk-"))
        if material is not None:
            material = read_material(read_form(material), request, region_name)
        seed = KeySeed(key_id=key_id, material=material)

        def make() -> "Key":
            made = self.ask("CreateKey", region_name, request, seed)["KeyMetadata"]
            if name is not None:
                members = {"AliasName": name, "TargetKeyId": made["KeyId"]}
                self.ask("CreateAlias", region_name, members)
            return self._place.account.region(region_name).keys[made["KeyId"]]

        return KeyHandle(self._place.service().alone(make), self._place)

    def load(self, path: Path) -> list[KeyHandle]:
        """See `KmsMock.load()`."""
        entries = list(read_seed_file(path))
        return self._place.service().alone(
            lambda: [self._create_from(path, line, entry) for line, entry in entries]
        )

    def register(
        self,
        blob: bytes,
        plaintext: bytes,
        *,
        key: "str | KeyHandle",
        encryption_context: Mapping[str, str] | None,
        region_name: str | None,
    ) -> None:
        """See `KmsMock.register_ciphertext()`."""
        blob, plaintext = read_bytes("blob", blob), read_bytes("plaintext", plaintext)
        if not 1 <= len(blob) <= 6144:
            raise ValueError(f"a ciphertext has 1 to 6144 bytes, not {len(blob)}")
        context = read_context(encryption_context)
        identifier, region_name = read_key(key, region_name)
        region_name = self._read_region(region_name)

        def register() -> None:
            found = self._find(identifier, region_name)
            check_plaintext(found, plaintext)
            known = KnownCiphertext(key=found, plaintext=plaintext, encryption_context=context)
            put(self._place.world.known_ciphertexts, blob, known)

        self._place.service().alone(register)

    def share(
        self,
        key: "str | KeyHandle",
        account_id: str,
        *,
        actions: Iterable[str] | None,
        region_name: str | None,
    ) -> None:
        """See `KmsMock.share_key()`."""
        identifier, region_name = read_key(key, region_name)
        share(self._place, identifier, account_id, actions=actions, region_name=region_name)

    def unshare(self, key: "str | KeyHandle", account_id: str, *, region_name: str | None) -> None:
        """See `KmsMock.unshare_key()`."""
        identifier, region_name = read_key(key, region_name)
        unshare(self._place, identifier, account_id, region_name=region_name)

    def _find(self, identifier: str, region_name: str) -> "Key":
        region = self._place.account.region(region_name)
        alias = region.aliases.get(identifier)
        key = region.keys.get(identifier.rpartition("/")[2]) if alias is None else alias.target
        if key is None or identifier not in (key.key_id, key.arn, *key.aliases):
            raise ValueError(
                f"there is no key {identifier} in {region.name}: create it first, for instance"
                " with create_key(key_id=...)"
            )
        return key

    def _create_from(self, path: Path, line: int, entry: dict[str, Any]) -> KeyHandle:
        name = entry.get("alias") or entry.get("key_id") or "a key without id and alias"
        try:
            own = {argument: entry.pop(argument, None) for argument in OWN_ARGUMENTS}
            file = entry.pop("material_file", None)
            if file is not None:
                own["material"] = (path.parent / file).read_bytes()
            elif isinstance(own["material"], str) and "-----BEGIN" not in own["material"]:
                own["material"] = decode_base64(own["material"])
            return self.create(**own, members=entry)
        except (OSError, TypeError, ValueError) as error:
            raise ValueError(f"{path}:{line}: {name}: {error}") from None

    def seed(self, seed: int | str | bytes) -> None:
        """See `KmsMock.seed()`."""
        secret = SeededRandomness(f"grant tokens of {seed!r}").token_bytes(32)
        service = self._place.service()
        service.alone(lambda: service.world.draw_from(SeededRandomness(seed), secret))

    def snapshot(self) -> Snapshot:
        """See `KmsMock.snapshot()`."""
        service = self._place.service()
        service.settle()
        return Snapshot(service.copy_world(), self._place.describe())

    def restore(self, snapshot: Snapshot) -> "World":
        """See `KmsMock.restore()`; return what the mock had, for somebody to close."""
        if not isinstance(snapshot, Snapshot):
            raise TypeError(f"restore() takes what snapshot() returned, not {snapshot!r}")
        self._check_visible(snapshot)
        service = self._place.service()
        restored = snapshot._world.copy()

        def restore() -> "World":
            former = service.world
            restored.makes_missing_keys = former.makes_missing_keys
            service.world = restored
            return former

        return service.alone(restore)

    def _check_visible(self, snapshot: Snapshot) -> None:
        """
        Raises:
            ValueError: If this mock would show nothing of *snapshot*, which was taken elsewhere.
        """
        held = {
            (account.account_id, region.name)
            for account in snapshot._world.accounts.values()
            for region in account.regions.values()
            if region.keys or region.key_stores
        }
        here = (self._place.account_id, self._place.region_name)
        if held and here not in held and snapshot._place != self._place.describe():
            account_id, region_name = min(held)
            raise ValueError(
                f"this mock, of {self._place.describe()}, would show nothing of a snapshot of"
                f" {snapshot._place}, whose keys are in {region_name} of {account_id}: start it"
                f" with mock_kms(region_name={region_name!r}, account_id={account_id!r})"
            )

    def create_with_localstack_tags(self, exchange: "Exchange") -> "Response":
        """Answer a CreateKey request that gives id or material by LocalStack's tags."""
        service = self._place.service()
        request = Request(
            operation=exchange.operation,
            region=exchange.region,
            account_id=self._place.account_id,
            body=exchange.body,
            access_key_id=exchange.access_key_id,
        )
        try:
            body, seed = take_localstack_tags(exchange.body, exchange.region)
        except ValueError as wrong:
            return service.refuse(request, KmsError("ValidationException", str(wrong)))
        return service.respond(request._replace(body=body, seed=seed))

    def ask(
        self, name: str, region_name: str, request: Mapping[str, Any], seed: KeySeed = NOTHING
    ) -> dict[str, Any]:
        """
        Have KMS perform an operation, past all that observes the code under test.

        Raises:
            ValueError: If KMS refuses it.
        """
        response = self._place.ask(name, request, region_name, seed)
        if response.error is not None:
            raise ValueError(f"{name} refuses it: {response.error}{hint(response.error, request)}")
        return response.result or {}

    def _read_region(self, region_name: str | None) -> str:
        if region_name is None:
            return self._place.region_name
        check_region("region_name", region_name)
        return region_name


def hint(error: KmsError, request: Mapping[str, Any]) -> str:
    """Say what is wrong with a policy where AWS's error does not."""
    policy = request.get("Policy")
    if error.code != "MalformedPolicyDocumentException" or error.message or policy is None:
        return ""
    mistake = find_mistake(policy, "key")
    return "" if mistake is None else f" ({mistake})"


def read_key(key: object, region_name: str | None) -> tuple[str, str | None]:
    """
    Return by what to look for a key, and in which Region.

    Raises:
        TypeError: Unless *key* is a handle or a string.
        ValueError: For a handle on a key of another Region.
    """
    if isinstance(key, KeyHandle):
        if region_name not in (None, key.region_name):
            raise ValueError(f"{key.arn} is not in {region_name}: leave region_name out")
        return key.arn, key.region_name
    if isinstance(key, str):
        return key, region_name
    raise TypeError(f"key={key!r} is neither a KeyHandle nor a key's id, ARN or alias")


def check_members(members: Mapping[str, Any]) -> None:
    """
    Raises:
        TypeError: For a name that is no member of CreateKey, with the near match.
    """
    known = [*OWN_ARGUMENTS, *operation("CreateKey").input.members]
    for name in members:
        if name not in known:
            near = [OTHER_WORDS[name]] if name in OTHER_WORDS else []
            near += difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise TypeError(
                f"create_key() has no argument {name!r}{hint} It takes"
                f" {', '.join(OWN_ARGUMENTS)} and the members of CreateKey"
            )


def check_key_id(key_id: str, request: Mapping[str, Any]) -> None:
    """
    Raises:
        TypeError: Unless *key_id* is a string.
        ValueError: For an id that KMS could not have drawn.
    """
    if not isinstance(key_id, str):
        raise TypeError(f"key_id={key_id!r} is not a string: give str() of it")
    if not is_key_id(key_id) or key_id != key_id.lower():
        raise ValueError(
            f"key_id {key_id!r} is neither a UUID in lower case nor mrk- and 32 hexadecimal digits"
        )
    if request.get("MultiRegion", key_id.startswith("mrk-")) is not key_id.startswith("mrk-"):
        raise ValueError(
            f"key_id {key_id!r} does not match MultiRegion: ids of multi-Region keys begin with"
            " mrk-"
        )


def read_material(material: object, request: Mapping[str, Any], region_name: str) -> Material:
    """
    Raises:
        ValueError: For material that does not fit the key spec.
    """
    name = request.get("KeySpec") or request.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    if name not in SPECS:
        raise ValueError(f"KeySpec {name!r} is none of {', '.join(SPECS)}")
    try:
        return load_private_key(SPECS[name], material, china=partition_of(region_name) == CHINA)
    except BadMaterial as error:
        raise ValueError(f"material does not fit KeySpec {name}: {error}") from None


def take_localstack_tags(body: bytes, region_name: str) -> tuple[bytes, KeySeed]:
    """
    Take LocalStack's tags out of a CreateKey request, and return what they give.

    The material's tag may be longer than AWS allows. Neither is kept as a tag.

    Raises:
        ValueError: For an id or material that can't be.
    """
    try:
        request = json.loads(body)
        tags = {tag["TagKey"]: tag["TagValue"] for tag in request["Tags"]}
    except (ValueError, KeyError, TypeError):
        return body, NOTHING  # the service says what is wrong with it
    key_id, encoded = tags.get(CUSTOM_ID), tags.get(CUSTOM_MATERIAL)
    if not isinstance(key_id, str | None) or not isinstance(encoded, str | None):
        return body, NOTHING
    if key_id is not None:
        check_key_id(key_id, request)
        request.setdefault("MultiRegion", key_id.startswith("mrk-"))
    material = None
    if encoded is not None:
        given = encoded if "-----BEGIN" in encoded else decode_base64(encoded)
        material = read_material(given, request, region_name)
    request["Tags"] = [
        tag for tag in request["Tags"] if tag["TagKey"] not in (CUSTOM_ID, CUSTOM_MATERIAL)
    ]
    return json.dumps(request).encode(), KeySeed(key_id=key_id, material=material)


def read_seed_file(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """
    Read a TOML file of `[[keys]]` tables; give each with the line on which it begins.

    Raises:
        ValueError: If it can't be read, with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"the seed file can't be read: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    entries = content.pop("keys", [])
    if content or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ValueError(f"{path}: a seed file has [[keys]] tables and nothing else")
    headers = re.compile(r"\s*\[\[\s*keys\s*\]\]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if headers.match(line)]
    lines += [1] * (len(entries) - len(lines))  # an inline array of tables
    return iter(list(zip(lines, entries, strict=False)))


def decode_base64(text: str) -> bytes:
    """
    Raises:
        ValueError: For text that is no base64.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"material is neither PEM nor base64: {error}") from None
