"""All that users of a KMS could ever see of it, as plain data that can be compared."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Final

from pytest_kmsmock._kms.crypto.materials.making import Material
from pytest_kmsmock._kms.crypto.specs import KeySpec
from pytest_kmsmock._kms.domain.aliases import Alias
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.key_stores.backing import CloudHsmCluster, ExternalKeyManager
from pytest_kmsmock._kms.domain.key_stores.stores import KeyStore
from pytest_kmsmock._kms.domain.keys import Key, KeyFamily
from pytest_kmsmock._kms.domain.world import World

Picture = dict[str, Any]

# What a world has besides. Time and randomness pass; clusters, key managers and callers are AWS's
# outer world, which comes into being as it is mentioned and changes by a test's hand alone.
NOT_OBSERVED: Final = {
    "clock",
    "clusters",
    "key_managers",
    "leases",
    "principals",
    "source",
    "_planned",
}


def observe(world: World) -> Picture:
    """
    Describe accounts, Regions, keys, aliases, materials, grants, key stores and due events.

    Two pictures are equal if no request could tell their worlds apart. Key pairs that have not
    been used yet are made for it.
    """
    seen = {name: value for name, value in vars(world).items() if name not in NOT_OBSERVED}
    regions = [
        region
        for account in seen.pop("accounts").values()
        for region in account.regions.values()
        if region.keys or region.key_stores or region.aliases
    ]
    keys = [key for region in regions for key in region.keys.values()]
    due = seen.pop("due")
    materials = seen.pop("materials")
    return {
        "regions": [portray(region) for region in regions],
        "keys": {key.arn: portray(key) for key in keys},
        "families": {key.family.key_id: portray(key.family) for key in keys},
        "aliases": [portray(alias) for region in regions for alias in region.aliases.values()],
        "key stores": [
            portray(store) for region in regions for store in region.key_stores.values()
        ],
        "grants": [portray(grant) for grant in seen.pop("grants").values()],
        "imports": {
            token: portray(parameters)
            for token, parameters in seen.pop("import_parameters").items()
        },
        "materials": {name: family.key_id for name, (family, _) in materials.items()},
        "due": sorted((at, kind, name_of(subject)) for at, _, kind, subject in due),
        **depict(seen),
    }


def portray(thing: Any) -> Picture:
    """Describe the fields of a thing; other things in them are named only."""
    return {field.name: depict(getattr(thing, field.name)) for field in fields(thing)}


def depict(value: Any) -> Any:
    """
    Turn a field's value into plain data.

    Raises:
        TypeError: For a type that nobody has taught this function, which then misses something.
    """
    match value:
        case None | bool() | int() | str() | bytes() | datetime():
            return value
        case Mapping():
            return {name: depict(item) for name, item in value.items()}
        case KeySpec():
            return value.name
        case list() | tuple():
            return [depict(item) for item in value]
        case frozenset() | set():
            return sorted(value)
        case Key() | KeyFamily() | Alias() | Grant() | KeyStore():
            return name_of(value)
        case CloudHsmCluster():
            return value.cluster_id
        case ExternalKeyManager():
            return "the manager behind the proxy"
        case Material() if value.spec.is_asymmetric:
            return value.public_key()
        case Material():
            return value.private_key()
    if is_dataclass(value):
        return portray(value)
    raise TypeError(f"teach depict() what {type(value).__name__} looks like")


def name_of(thing: Any) -> str:
    match thing:
        case Key() | Alias():
            return thing.arn
        case KeyFamily():
            return thing.key_id
        case Grant():
            return thing.grant_id
        case KeyStore():
            return thing.store_id
    raise TypeError(f"{type(thing).__name__} has no name")
