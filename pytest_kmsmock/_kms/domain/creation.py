"""Making keys: what CreateKey, ReplicateKey and the first use of an AWS managed key share."""

from datetime import datetime

from pytest_kmsmock._kms.crypto.material_ids import key_material_id
from pytest_kmsmock._kms.crypto.materials.making import Material, generate
from pytest_kmsmock._kms.crypto.specs import SPECS, KeySpec, Kind
from pytest_kmsmock._kms.domain.aliases import AWS_MANAGED_KEYS, Alias
from pytest_kmsmock._kms.domain.identifiers import draw_unused, new_key_id
from pytest_kmsmock._kms.domain.keys import AWS_KMS, Key, KeyFamily, MaterialVersion
from pytest_kmsmock._kms.domain.rotation import DEFAULT_PERIOD, schedule_rotation
from pytest_kmsmock._kms.domain.world import Region, World

CHINA = "aws-cn"


def create_family(
    world: World,
    region: Region,
    *,
    spec: KeySpec,
    usage: str,
    origin: str = AWS_KMS,
    is_multi_region: bool = False,
    key_id: str | None = None,
) -> KeyFamily:
    """Make a family without members; its material, if KMS makes it, is `generate_version()`'s."""
    if key_id is None:
        key_id = draw_unused(
            lambda source: new_key_id(source, multi_region=is_multi_region),
            world.has_key,
            world.source,
        )
    return KeyFamily(
        key_id=key_id,
        account_id=region.account_id,
        partition=region.partition,
        spec=spec,
        usage=usage,
        origin=origin,
        is_multi_region=is_multi_region,
        primary_region=region.name,
    )


def add_member(region: Region, family: KeyFamily, now: datetime, *, description: str = "") -> Key:
    """Make *family*'s key in *region*."""
    key = Key(
        family=family,
        region=region.name,
        arn=region.arn(f"key/{family.key_id}"),
        creation_date=now,
        description=description,
    )
    region.add_key(key)
    return key


def generate_material(world: World, family: KeyFamily) -> Material:
    """Let KMS make material for *family*; a key pair is made at its first use."""
    return generate(
        family.spec,
        source=world.source,
        leases=world.leases,
        china=family.partition == CHINA,
    )


def new_version(family: KeyFamily, material: Material) -> MaterialVersion:
    """Make *material* the current version of a family that has none yet, without adding it."""
    return MaterialVersion(material=material, material_id=material_id_of(family, material))


def generate_version(world: World, family: KeyFamily) -> MaterialVersion:
    """Let KMS make new material for *family*, and a version of it, without adding that."""
    return new_version(family, generate_material(world, family))


def material_id_of(family: KeyFamily, material: Material) -> bytes | None:
    """Return the id of *material* in *family*; only symmetric keys have ids (wire-facts C5)."""
    if family.spec.kind is not Kind.SYMMETRIC:
        return None
    return key_material_id(family.key_id, material.private_key())


def add_alias(region: Region, name: str, target: Key, now: datetime) -> Alias:
    """Make an alias of *target* in *region*, which has none of that name."""
    alias = Alias(
        name=name,
        arn=region.arn(name),
        target=target,
        creation_date=now,
        last_updated_date=now,
    )
    region.add_alias(alias)
    return alias


def create_aws_managed_key(
    world: World, region: Region, alias_name: str, now: datetime, *, key_id: str | None = None
) -> Alias:
    """Bring the AWS managed key behind `alias/aws/<service>` to life."""
    family = create_family(
        world, region, spec=SPECS["SYMMETRIC_DEFAULT"], usage="ENCRYPT_DECRYPT", key_id=key_id
    )
    family.manager = "AWS"
    world.add_version(family, generate_version(world, family))
    key = add_member(region, family, now, description=AWS_MANAGED_KEYS[alias_name])
    schedule_rotation(world, family, DEFAULT_PERIOD, now)  # rules ROT-24
    return add_alias(region, alias_name, key, now)
