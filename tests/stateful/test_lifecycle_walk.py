"""A random walk through the lives of keys, beside a small model that says what must happen."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, multiple, rule, run_state_machine_as_test

from tests.stateful.attributes import Attributes
from tests.stateful.encryption import Encryption
from tests.stateful.ground import keys, places
from tests.stateful.materials import Materials
from tests.stateful.model import AWAY, HOME, INVALID_STATE, REGIONS, Copy, Family


class LifecycleWalk(Encryption, Attributes, Materials):
    """
    Keys come, change and go, and so does time.

    Each rule asks the model first: whether the call is refused, and with which error. After every
    step each key is what the model says it is.
    """

    @initialize(target=keys)
    def begin(self) -> Any:
        """Have something to begin with: a key of each origin, in two Regions."""
        families = [self.create(is_external, True) for is_external in (False, True)]
        for family in families:
            if family.is_external:
                self.import_first_material(family)
            self.replicate(family, 1, AWAY)
        return multiple(*families)

    @rule(target=keys, is_external=st.booleans(), is_multi_region=st.booleans())
    def create(self, is_external: bool, is_multi_region: bool) -> Family:
        origin = "EXTERNAL" if is_external else "AWS_KMS"
        made = self.call(HOME, "create_key", None, Origin=origin, MultiRegion=is_multi_region)
        metadata = made["KeyMetadata"]
        copy = Copy(arn=metadata["Arn"], state="PendingImport" if is_external else "Enabled")
        family = Family(
            key_id=metadata["KeyId"],
            primary=HOME,
            is_external=is_external,
            is_multi_region=is_multi_region,
            copies={HOME: copy},
        )
        if not is_external:
            family.permanent.append(family.number_material())
        self.model.families.append(family)
        return family

    @rule(hours=st.integers(1, 72))
    def wait(self, hours: int) -> None:
        since = self.now
        self.mock.clock.advance(timedelta(hours=hours))
        self.model.pass_time(since, self.now)
        self.call(HOME, "list_keys", None)

    @rule(days=st.integers(7, 40))
    def wait_for_deletions(self, days: int) -> None:
        self.wait(24 * days)

    @rule(days=st.integers(90, 400))
    def wait_for_rotations(self, days: int) -> None:
        self.wait(24 * days)

    @rule(family=keys, where=places)
    def disable(self, family: Family, where: int) -> None:
        region = family.place(where)
        copy = family.copies.get(region)
        error = "NotFoundException" if copy is None else copy.refuse_switch()
        self.call(region, "disable_key", error, KeyId=family.arn_in(region))
        if copy is not None and error is None:
            copy.state = "Disabled"

    @rule(family=keys, where=places)
    def enable(self, family: Family, where: int) -> None:
        region = family.place(where)
        copy = family.copies.get(region)
        error = "NotFoundException" if copy is None else copy.refuse_switch()
        self.call(region, "enable_key", error, KeyId=family.key_id)
        if copy is not None and error is None:
            copy.state = "Enabled"
            family.make_up_rotation(self.now)

    @rule(family=keys, where=places, days=st.integers(7, 30))
    def schedule_deletion(self, family: Family, where: int, days: int) -> None:
        region = family.place(where)
        copy = family.copies.get(region)
        error = "NotFoundException" if copy is None else copy.refuse_change()
        self.call(
            region,
            "schedule_key_deletion",
            error,
            KeyId=family.arn_in(region),
            PendingWindowInDays=days,
        )
        if copy is None or error is not None:
            return
        copy.window = days
        if region == family.primary and len(family.copies) > 1:
            copy.state = "PendingReplicaDeletion"
        else:
            copy.state = "PendingDeletion"
            copy.deletion_date = self.now + timedelta(days=days)

    @rule(family=keys, where=places)
    def cancel_deletion(self, family: Family, where: int) -> None:
        region = family.place(where)
        copy = family.copies.get(region)
        error = "NotFoundException" if copy is None else None if copy.is_leaving else INVALID_STATE
        self.call(region, "cancel_key_deletion", error, KeyId=family.arn_in(region))
        if copy is not None and error is None:
            copy.state = "Disabled" if family.has_all(copy) else "PendingImport"
            copy.deletion_date = None

    # ------------------------------------------------------------------------ what must be so

    @invariant()
    def keys_are_as_expected(self) -> None:
        for region in REGIONS:
            listed = self.call(region, "list_keys", None)["Keys"]
            copies = {
                family.copies[region].arn: (family, family.copies[region])
                for family in self.model.families
                if region in family.copies
            }

            assert sorted(copies) == sorted(entry["KeyArn"] for entry in listed)
            for arn, (family, copy) in copies.items():
                assert self.expect(family, copy, region) == self.look_at(arn, region)

    @invariant()
    def aliases_are_as_expected(self) -> None:
        for region in REGIONS:
            listed = self.call(region, "list_aliases", None)["Aliases"]
            expected = {
                name: family.key_id
                for (place, name), family in self.model.aliases.items()
                if place == region
            }

            assert expected == {
                entry["AliasName"]: entry["TargetKeyId"]
                for entry in listed
                if not entry["AliasName"].startswith("alias/aws/")
            }

    def expect(self, family: Family, copy: Copy, region: str) -> dict[str, Any]:
        rotates = family.period is not None and not copy.is_leaving
        return {
            "state": copy.state,
            "enabled": copy.state == "Enabled",
            "description": copy.description,
            "deletion date": copy.deletion_date,
            "is primary": family.is_multi_region and region == family.primary,
            "relatives": len(family.copies) - 1 if family.is_multi_region else 0,
            "tags": copy.tags,
            "policy": copy.policy,
            "rotates": rotates,
            "next rotation": family.next_rotation if rotates else None,
            "materials": len(family.permanent) + (family.pending is not None),
        }

    def look_at(self, arn: str, region: str) -> dict[str, Any]:
        def get(method: str, **members: Any) -> Any:
            return self.call(region, method, None, KeyId=arn, **members)

        metadata = get("describe_key")["KeyMetadata"]
        relatives = metadata.get("MultiRegionConfiguration", {})
        policy = json.loads(get("get_key_policy")["Policy"])
        rotation = get("get_key_rotation_status")
        materials = get("list_key_rotations", IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
        return {
            "state": metadata["KeyState"],
            "enabled": metadata["Enabled"],
            "description": metadata["Description"],
            "deletion date": metadata.get("DeletionDate"),
            "is primary": relatives.get("MultiRegionKeyType") == "PRIMARY",
            "relatives": len(relatives.get("ReplicaKeys", [])),
            "tags": {tag["TagKey"]: tag["TagValue"] for tag in get("list_resource_tags")["Tags"]},
            "policy": None if policy["Id"] == "key-default-1" else policy,
            "rotates": rotation["KeyRotationEnabled"],
            "next rotation": rotation.get("NextRotationDate"),
            "materials": len(materials),
        }


def walk(walks: int, steps: int) -> None:
    run_state_machine_as_test(
        LifecycleWalk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            print_blob=True,
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_walk() -> None:
    """Nothing opens that should not, everything that should does, and no error changes a thing."""
    walk(walks=6, steps=50)


@pytest.mark.slow
def test_long_walk() -> None:
    """Nothing opens that should not, everything that should does, and no error changes a thing."""
    walk(walks=100, steps=80)
