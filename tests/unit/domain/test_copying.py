"""A copied world is as the first one, and shares nothing with it that changes."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import pytest

from pytest_kmsmock import KmsMock
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import SystemRandomness
from pytest_kmsmock._kms.domain.clock import Clock
from pytest_kmsmock._kms.domain.copying import copied
from pytest_kmsmock._kms.domain.principals import Principals
from tests.conformance.observation import observe
from tests.operations.importer import prepare
from tests.operations.key_store_requests import IN_STORE, TYPES, connect, create_store
from tests.vocabulary import create_key

# What never changes, and what is copied in a way of its own.
NOT_WALKED = (Clock, Leases, Material, Principals, SystemRandomness)


@pytest.fixture
def world(kms, kms_mock: KmsMock) -> Any:
    """Fill a world with something of every kind."""
    key = create_key(kms, MultiRegion=True, Tags=[{"TagKey": "team", "TagValue": "a"}])
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key)
    kms.create_grant(
        KeyId=key,
        GranteePrincipal="arn:aws:iam::123456789012:root",
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"a": "b"}},
    )
    kms.encrypt(KeyId=key, Plaintext=b"x")
    imported = create_key(kms, Origin="EXTERNAL")
    kms.import_key_material(
        **prepare(kms, imported, b"m" * 32), ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE"
    )
    kms.schedule_key_deletion(KeyId=create_key(kms))
    for name, members in TYPES.items():
        store = create_store(kms, name, **members)
        connect(kms, store)
        kms_mock.clock.advance(hours=1)
        create_key(kms, CustomKeyStoreId=store, **IN_STORE[name])
    kms_mock.register_ciphertext(b"known", plaintext=b"x", key=key)
    kms_mock.clock.advance(timedelta(minutes=10))
    return kms_mock._service.settle()


def test_copy_is_as_the_first_one(world):
    """Whatever can be observed of a world is the same in its copy."""
    assert observe(world) == observe(world.copy())


def test_nothing_that_changes_is_shared(world):
    """No dictionary, list or object that may change is in both worlds."""
    first = {id(value): value for value in walk(world)}
    both = [first[id(value)] for value in walk(world.copy()) if id(value) in first]

    assert [] == both


def test_what_occurs_twice_is_one(world):
    """An object that is in a world at several places is one in the copy, too."""
    first, second = list(walk(world)), list(walk(world.copy()))

    assert [type(value) for value in first] == [type(value) for value in second]


def test_copy_of_what_it_has_no_way_for():
    """A value of any other type is copied as `copy.deepcopy()` copies it."""
    value = {"set": {1, 2}}
    twin = copied(value)
    twin["set"].add(3)

    assert {"set": {1, 2}} == value


def walk(world: Any) -> Iterator[Any]:
    """Give everything in a world that may change, each once, in a fixed order."""
    seen: set[int] = set()
    ahead: list[Any] = [vars(world)]
    while ahead:
        value = ahead.pop()
        if isinstance(value, NOT_WALKED) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            ahead += value.values()
        elif isinstance(value, (list, tuple)):
            ahead += value
        elif is_dataclass(value):
            ahead += [getattr(value, field.name) for field in fields(value)]
        else:
            continue
        frozen = is_dataclass(value) and value.__dataclass_params__.frozen
        if not frozen and not isinstance(value, tuple):
            yield value
