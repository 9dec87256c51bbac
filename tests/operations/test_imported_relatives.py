"""Imported material of related multi-Region keys: each imports, expires and deletes by itself."""

import os
from datetime import timedelta

import pytest

from tests.operations.importer import (
    EXISTING,
    FOREVER,
    NEW,
    all_material,
    create_imported,
    current_id,
    import_material,
    key_id_of,
    material_states,
    nothing_pending,
    prepare,
    refuse_import,
    state_of,
)
from tests.todays_client import todays_client
from tests.vocabulary import refusal

PENDING = ("PENDING_ROTATION", "IMPORTED")
AWAITED = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
INCORRECT_MATERIAL = ("IncorrectKeyMaterialException", "")


@pytest.fixture
def first():
    return os.urandom(32)


@pytest.fixture
def second():
    return os.urandom(32)


@pytest.fixture
def primary(kms, first):
    return create_imported(kms, first, MultiRegion=True)


@pytest.fixture
def eu(kms_mock):
    return todays_client(kms_mock, "eu-west-1")


@pytest.fixture
def replica(kms, primary):
    """A replica in eu-west-1 that has no material yet."""
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
    return primary.replace("us-east-1", "eu-west-1")


def test_replica_starts_without_material(eu, replica):
    """A replica of an imported key waits for its material (rules IMP-21)."""
    assert [("CURRENT", "PENDING_IMPORT")] == material_states(eu, replica)
    assert "PendingImport" == state_of(eu, replica)


def test_replica_takes_the_same_material(kms, eu, primary, replica, first, second):
    """
    A replica takes what its primary has, under the same id, and nothing else (rules IMP-21).
    """
    refused = refuse_import(eu, replica, second)
    answer = import_material(eu, replica, first)
    blob = kms.encrypt(KeyId=primary, Plaintext=b"x")["CiphertextBlob"]

    assert INCORRECT_MATERIAL == refused
    assert {"KeyId": replica, "KeyMaterialId": current_id(kms, primary)} == answer
    assert b"x" == eu.decrypt(CiphertextBlob=blob)["Plaintext"]


def test_token_is_for_one_region(kms, eu, primary, replica, first):
    """A token of the primary key is not one of its replica, whatever their key id."""
    request = prepare(kms, primary, first) | {"KeyId": replica}

    assert ("InvalidImportTokenException", "") == refusal(
        eu.import_key_material, **request, **FOREVER
    )


def test_expiry_per_region(kms, eu, clock, primary, replica, first):
    """The expiry is each Region's own (rules IMP-21)."""
    import_material(eu, replica, first, ValidTo=clock.now() + timedelta(days=1))
    clock.advance(days=1)

    assert ("Enabled", "PendingImport") == (state_of(kms, primary), state_of(eu, replica))


def test_new_material_on_a_replica(eu, replica, first, second):
    """New material goes to the primary key first (rules IMP-22; code and text assumed)."""
    import_material(eu, replica, first)

    assert (
        "UnsupportedOperationException",
        f"{replica} is not a multi-region primary key.",
    ) == refuse_import(eu, replica, second, **NEW)


def test_description_on_a_replica(eu, replica, first):
    """
    A description is set on the primary key only (rules IMP-23; code and text assumed).
    """
    assert (
        "UnsupportedOperationException",
        f"{replica} is not a multi-region primary key.",
    ) == refuse_import(eu, replica, first, KeyMaterialDescription="mine")


def test_description_spreads(kms, eu, primary, replica, first):
    """The primary's description is shown by the replicas (rules IMP-23)."""
    import_material(kms, primary, first, KeyMaterialDescription="from the vault")

    assert "from the vault" == all_material(eu, replica)[0]["KeyMaterialDescription"]


def test_pending_everywhere(kms, eu, primary, replica, first, second):
    """
    New material is pending rotation once the last replica has it (rules IMP-18, IMP-22).
    """
    import_material(eu, replica, first)
    import_material(kms, primary, second, **NEW)
    states = [material_states(client, key_id_of(primary))[1] for client in (kms, eu)]
    early = refusal(kms.rotate_key_on_demand, KeyId=primary)

    import_material(eu, replica, second, **EXISTING)

    assert [(AWAITED, "IMPORTED"), (AWAITED, "PENDING_IMPORT")] == states
    assert nothing_pending(primary) == early
    assert [PENDING] * 2 == [material_states(client, key_id_of(primary))[1] for client in (kms, eu)]


def test_rotation_of_all(kms, eu, primary, replica, first, second):
    """RotateKeyOnDemand on the primary key rotates its replicas too (rules IMP-22)."""
    import_material(eu, replica, first)
    old = eu.encrypt(KeyId=replica, Plaintext=b"old")["CiphertextBlob"]
    import_material(kms, primary, second, **NEW)
    import_material(eu, replica, second)

    kms.rotate_key_on_demand(KeyId=primary)

    new = eu.encrypt(KeyId=replica, Plaintext=b"new")["CiphertextBlob"]
    assert current_id(kms, primary) == current_id(eu, replica)
    assert [b"old", b"new"] == [
        kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in (old, new)
    ]


def test_a_replica_waits_for_every_material(kms, eu, primary, first, second):
    """A replica that is made after a rotation needs the old material as well (IMP-20)."""
    import_material(kms, primary, second, **NEW)
    kms.rotate_key_on_demand(KeyId=primary)
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
    replica = primary.replace("us-east-1", "eu-west-1")
    states = []

    for material in (second, first):
        import_material(eu, replica, material)
        states.append(state_of(eu, replica))

    assert ["PendingImport", "Enabled"] == states


def test_deleting_pending_material_of_the_primary(kms, eu, primary, replica, first, second):
    """Pending material that the primary key loses is lost everywhere (rules IMP-25)."""
    import_material(eu, replica, first)
    pending = import_material(kms, primary, second, **NEW)["KeyMaterialId"]
    import_material(eu, replica, second)

    kms.delete_imported_key_material(KeyId=primary, KeyMaterialId=pending)

    assert [[("CURRENT", "IMPORTED")]] * 2 == [
        material_states(client, key_id_of(primary)) for client in (kms, eu)
    ]


def test_deleting_pending_material_of_a_replica(kms, eu, primary, replica, first, second):
    """
    Pending material that a replica loses is awaited again, and the primary keeps it.

    rules IMP-25; that it cannot be rotated to until then is assumed.
    """
    import_material(eu, replica, first)
    pending = import_material(kms, primary, second, **NEW)["KeyMaterialId"]
    import_material(eu, replica, second)

    eu.delete_imported_key_material(KeyId=replica, KeyMaterialId=pending)

    assert [(AWAITED, "IMPORTED"), (AWAITED, "PENDING_IMPORT")] == [
        material_states(client, key_id_of(primary))[1] for client in (kms, eu)
    ]
    assert "Enabled" == state_of(eu, replica)
    assert nothing_pending(primary) == refusal(kms.rotate_key_on_demand, KeyId=primary)


def test_deleting_material_of_a_replica(kms, eu, primary, replica, first):
    """What a replica deletes stays in the primary key (rules IMP-25)."""
    import_material(eu, replica, first)

    eu.delete_imported_key_material(KeyId=replica)

    assert ("Enabled", "PendingImport") == (state_of(kms, primary), state_of(eu, replica))


def test_new_replica_is_waited_for(kms, primary, second):
    """Pending material is awaited in a replica that is made later, too (assumed)."""
    import_material(kms, primary, second, **NEW)
    before = material_states(kms, primary)[1]

    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")

    assert PENDING == before
    assert (
        AWAITED,
        "IMPORTED",
    ) == material_states(kms, primary)[1]


def test_deleted_replica_is_not_waited_for(kms, eu, clock, primary, replica, first, second):
    """Once the last replica without it is gone, pending material can be rotated to."""
    import_material(eu, replica, first)
    import_material(kms, primary, second, **NEW)
    eu.schedule_key_deletion(KeyId=replica, PendingWindowInDays=7)
    before = material_states(kms, primary)[1]
    clock.advance(days=7)

    assert (AWAITED, "IMPORTED") == before
    assert PENDING == material_states(kms, primary)[1]
