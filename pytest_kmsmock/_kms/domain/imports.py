"""Imported key material: how it may be wrapped, its tokens, and each key's own copies of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from pytest_kmsmock._kms.crypto.algorithms import SM2PKE
from pytest_kmsmock._kms.crypto.material_ids import key_material_id
from pytest_kmsmock._kms.crypto.materials.making import Material, generate
from pytest_kmsmock._kms.crypto.specs import KeySpec, Kind
from pytest_kmsmock._kms.domain.changes import drop, put
from pytest_kmsmock._kms.domain.identifiers import draw_unused
from pytest_kmsmock._kms.domain.keys import ImportedMaterial, Key, KeyFamily, MaterialVersion
from pytest_kmsmock._kms.domain.world import World

PARAMETERS_LIFETIME: Final = timedelta(hours=24)  # quotas Q-29
TOKEN_LENGTH: Final = 64  # bytes; AWS's is longer and as opaque

OAEP: Final = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
AES_KEY_WRAP: Final = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")

# rules IMP-2 and IMP-3, key-specs.csv. RSAES_PKCS1_V1_5 is in no row: AWS gave it up in 2023.
_WRAPPINGS: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.SYMMETRIC: OAEP,
        Kind.HMAC: OAEP,
        Kind.RSA: (*AES_KEY_WRAP, SM2PKE),
        Kind.ECC: (*OAEP, *AES_KEY_WRAP, SM2PKE),
        Kind.EDWARDS: (*OAEP, *AES_KEY_WRAP),
        Kind.SM2: (*OAEP, SM2PKE),
    }
)
# (key spec, wrapping key spec): the private key is longer than what OAEP takes.
_TOO_LONG_FOR_OAEP: Final = frozenset({("ECC_NIST_P521", "RSA_2048")})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportParameters:
    """What an import token stands for: one key of one Region, and how its material is wrapped."""

    key_arn: str
    algorithm: str
    wrapping_key: Material
    valid_to: datetime


def can_wrap(spec: KeySpec, algorithm: str, wrapping_spec: KeySpec, *, china: bool) -> bool:
    """Tell whether material of *spec* can be imported in this wrapping."""
    return (
        algorithm in _WRAPPINGS.get(spec.kind, ())
        and (algorithm == SM2PKE) is (wrapping_spec.kind is Kind.SM2)
        and not (china and algorithm in AES_KEY_WRAP)
        and not (algorithm in OAEP and (spec.name, wrapping_spec.name) in _TOO_LONG_FOR_OAEP)
    )


def issue_parameters(
    world: World, key: Key, algorithm: str, wrapping_spec: KeySpec, now: datetime
) -> tuple[bytes, ImportParameters]:
    """
    Make a wrapping key, and the token that names it.

    Tokens are drawn at random and mean nothing outside the world that issued them, so whoever
    shows one has it from there. They serve any number of imports while they are valid: AWS does
    not say otherwise (rules IMP-6; assumed).
    """
    parameters = ImportParameters(
        key_arn=key.arn,
        algorithm=algorithm,
        wrapping_key=generate(wrapping_spec, source=world.source, leases=world.leases),
        valid_to=now + PARAMETERS_LIFETIME,
    )
    token = draw_unused(
        lambda source: source.token_bytes(TOKEN_LENGTH),
        world.import_parameters.__contains__,
        world.source,
    )
    put(world.import_parameters, token, parameters)
    return token, parameters


def identify(family: KeyFamily, material: Material) -> bytes:
    """
    Compute what tells *material* from any other in *family*: a symmetric key's KeyMaterialId.

    A key pair is known by its public key, since a private key can be written in several ways.
    """
    known_by = material.public_key() if family.spec.is_asymmetric else material.private_key()
    return key_material_id(family.key_id, known_by)


def find_version(family: KeyFamily, identity: bytes) -> MaterialVersion | None:
    """Find the version with this material, if it is associated with *family*."""
    for version in family.versions:
        if identity in (version.material_id, version.fingerprint):
            return version
    return None


def associate(world: World, family: KeyFamily, identity: bytes) -> MaterialVersion:
    """Add a version: the current one if it is the first, else one pending rotation (IMP-18)."""
    has_id = family.spec.kind is Kind.SYMMETRIC
    version = MaterialVersion(
        material=None,
        material_id=identity if has_id else None,
        fingerprint=None if has_id else identity,
        state="PENDING_ROTATION" if family.versions else "CURRENT",
    )
    world.add_version(family, version)
    return version


def put_copy(
    world: World,
    key: Key,
    version: MaterialVersion,
    material: Material,
    valid_to: datetime | None,
) -> None:
    """Give *key* its copy of *version*; it is enabled once it has all (rules IMP-20)."""
    put(
        key.imported,
        version.material_id,
        ImportedMaterial(material=material, valid_to=valid_to),
    )
    if valid_to is not None:
        world.plan(valid_to, "material expiry", key)
    if key.has_all_material:
        key.apply("material arrives")


def import_for_good(world: World, key: Key, material: Material) -> None:
    """Give a new key without material its first one, which never expires."""
    version = associate(world, key.family, identify(key.family, material))
    put_copy(world, key, version, material, None)


def drop_copy(world: World, key: Key, version: MaterialVersion) -> None:
    """
    Take *key*'s copy of *version* away, if it has one.

    Pending material was never needed, so that the key stays as it is; without the primary key's
    copy there is nothing pending any more, in no Region (rules IMP-25, IMP-26).
    """
    family = key.family
    if version is not family.pending:
        if drop(key.imported, version.material_id) is not None:
            key.apply("material leaves")
    elif key.is_primary:
        for member in family.members.values():
            drop(member.imported, version.material_id)
        world.remove_version(family, version)
    else:
        drop(key.imported, version.material_id)


def expire_material(world: World, key: Key, at: datetime) -> None:
    """Drop the copies in *key* that were valid until *at*, as DeleteImportedKeyMaterial would."""
    family = key.family
    if family.members.get(key.region) is not key:
        return
    for version in tuple(family.versions):
        copy = key.imported.get(version.material_id)
        if copy is not None and copy.valid_to == at:
            drop_copy(world, key, version)
