"""Keys that moto's services have made, taken over with their ids."""

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final

from pytest_kmsmock._kms.domain.aliases import AWS_MANAGED_KEYS
from pytest_kmsmock._kms.domain.creation import create_aws_managed_key
from pytest_kmsmock.workbench.keys.handle import KeyHandle
from pytest_kmsmock.workbench.keys.known import KnownKeys
from pytest_kmsmock.workbench.place import Place

# Their pairs are taken over too; moto has an RSA pair for every other key, which nobody uses.
WITH_PAIR: Final = ("RSA_", "ECC_NIST_", "ECC_SECG_")


def adopt(place: Place, known: KnownKeys) -> list[KeyHandle]:
    """See `KmsMock.adopt_moto_keys()`."""
    try:
        from moto.kms.models import kms_backends  # noqa: PLC0415 - it need not be installed
    except ModuleNotFoundError:
        raise ImportError("adopt_moto_keys() needs moto, whose keys it takes over") from None
    adopted, refusals = [], []
    for backend in list(kms_backends[place.account_id].values()):
        for key in list(backend.keys.values()):
            if key.id in place.account.region(key.region).keys:
                continue
            try:
                adopt_whole = partial(adopt_key, place, known, backend, key)
                adopted.append(place.service().alone(adopt_whole))
            except ValueError as error:
                refusals.append(f"moto's key {key.arn}: {error}")
    if refusals:
        raise ValueError("\n".join(refusals))
    return adopted


def adopt_key(place: Place, known: KnownKeys, backend: Any, key: Any) -> KeyHandle:
    """
    Raises:
        ValueError: If AWS would not have such a key, as with a policy that only moto accepts.
    """
    aliases = sorted(key.aliases)
    managed = next((name for name in aliases if name in AWS_MANAGED_KEYS), None)
    if managed is not None:
        world = place.world
        region = place.account.region(key.region)
        alias = create_aws_managed_key(world, region, managed, world.clock.now(), key_id=key.id)
        return KeyHandle(alias.target, place)
    handle = create(known, backend, key)
    for operation, members in changes_of(key, aliases, place.world.clock.now()):
        known.ask(operation, key.region, members)
    return handle


def create(known: KnownKeys, backend: Any, key: Any) -> KeyHandle:
    has_pair = key.key_spec.startswith(WITH_PAIR) and key.origin != "EXTERNAL"
    return known.create(
        key_id=key.id,
        material=key.private_key.private_key if has_pair else None,
        alias=None,
        tags=backend.list_resource_tags(key.id)["Tags"],
        region_name=key.region,
        members={
            "Description": key.description,
            "KeySpec": key.key_spec,
            "KeyUsage": key.key_usage,
            "MultiRegion": key.multi_region,
            "Origin": key.origin,
            "Policy": key.policy if isinstance(key.policy, str) else json.dumps(key.policy),
            "BypassPolicyLockoutSafetyCheck": True,
        },
    )


def changes_of(key: Any, aliases: list[str], now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the requests that a key needs to become what moto's has become since it was made."""
    for name in aliases:
        yield "CreateAlias", {"AliasName": name, "TargetKeyId": key.id}
    if key.key_rotation_status:
        yield "EnableKeyRotation", {"KeyId": key.id}
    if key.key_state == "PendingDeletion":
        left = key.deletion_date.replace(tzinfo=timezone.utc) - now
        days = min(max(left.days + 1, 7), 30)
        yield "ScheduleKeyDeletion", {"KeyId": key.id, "PendingWindowInDays": days}
    elif not key.enabled:
        yield "DisableKey", {"KeyId": key.id}
