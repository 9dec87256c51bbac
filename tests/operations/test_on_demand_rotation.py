"""RotateKeyOnDemand and ListKeyRotations."""

import os
from datetime import timedelta

import pytest

from tests.conformance.stage import Stage
from tests.operations.importer import (
    NEW,
    create_imported,
    current_id,
    import_material,
    key_id_of,
    nothing_pending,
)
from tests.operations.key_kinds import KINDS
from tests.vocabulary import create_key, lower_quotas, members, refusal

UNSUPPORTED = ("UnsupportedOperationException", "")
FIXED_KINDS = {name: kind for name, kind in KINDS.items() if name != "symmetric"}
# The text is the model's documentation of the exception, not a recording.
CONFLICT = (
    "ConflictException",
    "The request was rejected because an automatic rotation of this key is currently in progress"
    " or scheduled to begin within the next 20 minutes.",
)


def limit_reached(key_arn):
    """Return the refusal to rotate once too often (wire-facts O7)."""
    return (
        "LimitExceededException",
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand"
        f" rotations can be performed for this key: {key_arn}",
    )


def rotations(kms, key_id, **more):
    return kms.list_key_rotations(KeyId=key_id, **more)["Rotations"]


def encrypt(kms, key_id, plaintext):
    return kms.encrypt(KeyId=key_id, Plaintext=plaintext)["CiphertextBlob"]


@pytest.fixture
def key_arn(kms, clock):
    return create_key(kms)


@pytest.fixture
def rotate(kms, clock):
    """A rotation on demand, and the time it takes."""

    def rotate(key_id, times=1):
        for _ in range(times):
            kms.rotate_key_on_demand(KeyId=key_id)
            clock.advance(seconds=10)

    return rotate


class TestRotateKeyOnDemand:
    @pytest.mark.parametrize("form", ["id", "ARN"])
    def test_answer(self, kms, key_arn, form):
        """The answer names the key by its ARN, whatever was sent (wire-facts O5, X4)."""
        sent = key_arn if form == "ARN" else key_id_of(key_arn)

        assert {"KeyId": key_arn} == members(kms.rotate_key_on_demand(KeyId=sent))

    def test_material(self, kms, key_arn):
        """
        The next call uses other material, and what was encrypted before still opens.

        wire-facts E35; rules ROT-10, ROT-12. AWS takes some seconds (wire-facts O3).
        """
        first, old = current_id(kms, key_arn), encrypt(kms, key_arn, b"old")

        kms.rotate_key_on_demand(KeyId=key_arn)

        second, new = current_id(kms, key_arn), encrypt(kms, key_arn, b"new")
        answers = [kms.decrypt(CiphertextBlob=blob) for blob in (old, new)]
        assert first != second
        assert [(b"old", first), (b"new", second)] == [
            (answer["Plaintext"], answer["KeyMaterialId"]) for answer in answers
        ]

    def test_under_way(self, kms, clock, key_arn):
        """
        For a while the status shows when the rotation was started (wire-facts O3, ROT-4).

        That it is a second is assumed.
        """
        start = clock.now()
        kms.rotate_key_on_demand(KeyId=key_arn)
        statuses = []
        for _ in range(2):
            statuses.append(members(kms.get_key_rotation_status(KeyId=key_arn)))
            clock.advance(seconds=1)

        off = {"KeyId": key_arn, "KeyRotationEnabled": False}
        assert [{**off, "OnDemandRotationStartDate": start}, off] == statuses

    def test_while_one_is_under_way(self, kms, clock, key_arn):
        """A second rotation has to wait for the first (rules ROT-15; assumed)."""
        kms.rotate_key_on_demand(KeyId=key_arn)
        material_id = current_id(kms, key_arn)

        refused = refusal(kms.rotate_key_on_demand, KeyId=key_arn)

        assert CONFLICT == refused
        assert material_id == current_id(kms, key_arn)
        clock.advance(seconds=10)
        kms.rotate_key_on_demand(KeyId=key_arn)
        assert material_id != current_id(kms, key_arn)

    def test_schedule_stays(self, kms, clock, key_arn, rotate):
        """
        Rotation on demand does not move the automatic ones (rules ROT-13).
        """
        kms.enable_key_rotation(KeyId=key_arn)
        before = members(kms.get_key_rotation_status(KeyId=key_arn))
        clock.advance(days=100)
        rotate(key_arn)
        shown = members(kms.get_key_rotation_status(KeyId=key_arn))
        clock.advance(days=265)

        assert before == shown
        assert ["ON_DEMAND", "AUTOMATIC"] == [
            entry["RotationType"] for entry in rotations(kms, key_arn)
        ]

    @pytest.mark.parametrize(
        "lead", [timedelta(minutes=20), timedelta(milliseconds=1)], ids=["20 minutes", "a moment"]
    )
    def test_before_an_automatic_rotation(self, kms, clock, key_arn, lead):
        """
        Within 20 minutes before an automatic rotation there is none on demand (quotas Q-57).

        rules ROT-15; the text is assumed.
        """
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(timedelta(days=90) - lead)

        assert CONFLICT == refusal(kms.rotate_key_on_demand, KeyId=key_arn)
        assert [] == rotations(kms, key_arn)

    def test_long_enough_before_an_automatic_rotation(self, kms, clock, key_arn):
        """Until 20 minutes before an automatic rotation there may be one on demand (Q-57)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(timedelta(days=90) - timedelta(minutes=20, milliseconds=1))

        kms.rotate_key_on_demand(KeyId=key_arn)

        assert ["ON_DEMAND"] == [entry["RotationType"] for entry in rotations(kms, key_arn)]

    def test_after_an_automatic_rotation(self, kms, clock, key_arn):
        """Right after an automatic rotation there may be one on demand."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(days=90)

        kms.rotate_key_on_demand(KeyId=key_arn)

        assert ["AUTOMATIC", "ON_DEMAND"] == [
            entry["RotationType"] for entry in rotations(kms, key_arn)
        ]

    def test_limit(self, kms, key_arn, rotate):
        """
        A key can be rotated 25 times on demand, and not once more (wire-facts O7, X3; quotas Q-5).

        rules ROT-14.
        """
        rotate(key_arn, times=25)
        material_id = current_id(kms, key_arn)

        assert limit_reached(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)
        assert material_id == current_id(kms, key_arn)
        assert 25 == len(rotations(kms, key_arn))

    def test_limit_is_for_life(self, kms, kms_mock, clock, key_arn, rotate):
        """The limit does not come back with time (rules ROT-14)."""
        lower_quotas(kms_mock, on_demand_rotations_per_key=2)
        rotate(key_arn, times=2)
        clock.advance(days=4000)

        assert limit_reached(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)

    def test_limit_counts_on_demand_only(self, kms, kms_mock, clock, key_arn, rotate):
        """Automatic rotations do not count, and go on past the limit (rules ROT-14)."""
        lower_quotas(kms_mock, on_demand_rotations_per_key=2)
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(days=300)

        rotate(key_arn, times=2)

        assert limit_reached(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)
        clock.advance(days=90)
        assert "AUTOMATIC" == rotations(kms, key_arn)[-1]["RotationType"]

    @pytest.mark.parametrize("kind", FIXED_KINDS.values(), ids=FIXED_KINDS)
    def test_kinds(self, kms, kind):
        """Only symmetric keys rotate on demand (wire-facts O8, rules ROT-12)."""
        assert UNSUPPORTED == refusal(kms.rotate_key_on_demand, KeyId=create_key(kms, **kind))

    @pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
    def test_disabled_key(self, kms, kind):
        """A disabled key is refused for its state before its spec (wire-facts O10)."""
        key_arn = create_key(kms, **kind)
        kms.disable_key(KeyId=key_arn)

        assert ("DisabledException", f"{key_arn} is disabled.") == refusal(
            kms.rotate_key_on_demand, KeyId=key_arn
        )

    def test_key_pending_deletion(self, kms, key_arn):
        """A key pending deletion is not rotated."""
        kms.schedule_key_deletion(KeyId=key_arn)

        assert ("KMSInvalidStateException", f"{key_arn} is pending deletion.") == refusal(
            kms.rotate_key_on_demand, KeyId=key_arn
        )

    def test_unknown_key(self, kms):
        """A key that does not exist is named by its ARN (wire-facts I26)."""
        key_id = "00000000-0000-4000-8000-000000000000"

        assert (
            "NotFoundException",
            f"Key 'arn:aws:kms:us-east-1:123456789012:key/{key_id}' does not exist",
        ) == refusal(kms.rotate_key_on_demand, KeyId=key_id)


class TestImportedMaterial:
    def test_pending_import(self, kms):
        """
        A key without material is told that it is pending import (wire-facts O13, O16, X14).
        """
        key_arn = create_key(kms, Origin="EXTERNAL")

        assert ("KMSInvalidStateException", f"{key_arn} is pending import.") == refusal(
            kms.rotate_key_on_demand, KeyId=key_arn
        )

    @pytest.mark.parametrize("kind", ["HMAC", "ECDSA"])
    def test_kinds(self, kms, kind):
        """The state is looked at before the spec (wire-facts O10, O13)."""
        key_arn = create_key(kms, **KINDS[kind], Origin="EXTERNAL")

        assert ("KMSInvalidStateException", f"{key_arn} is pending import.") == refusal(
            kms.rotate_key_on_demand, KeyId=key_arn
        )

    def test_nothing_pending(self, kms):
        """A key with nothing but its current material cannot rotate (wire-facts O14, ROT-16)."""
        key_arn = create_imported(kms, os.urandom(32))

        assert nothing_pending(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)

    def test_rotation(self, kms, clock):
        """
        Pending material becomes the current one, and the old one still decrypts.

        wire-facts M15, E35; rules ROT-12, ROT-17.
        """
        key_arn = create_imported(kms, os.urandom(32))
        first, old = current_id(kms, key_arn), encrypt(kms, key_arn, b"old")
        second = import_material(kms, key_arn, os.urandom(32), **NEW)["KeyMaterialId"]

        answer = members(kms.rotate_key_on_demand(KeyId=key_arn))

        new = encrypt(kms, key_arn, b"new")
        opened = [kms.decrypt(CiphertextBlob=blob) for blob in (old, new)]
        assert {"KeyId": key_arn} == answer
        assert second == current_id(kms, key_arn)
        assert [(b"old", first), (b"new", second)] == [
            (decrypted["Plaintext"], decrypted["KeyMaterialId"]) for decrypted in opened
        ]
        assert nothing_pending(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)

    def test_under_way(self, kms, clock):
        """The next rotation has to wait for the one under way here, too (ROT-15; assumed)."""
        key_arn = create_imported(kms, os.urandom(32))
        import_material(kms, key_arn, os.urandom(32), **NEW)
        kms.rotate_key_on_demand(KeyId=key_arn)
        import_material(kms, key_arn, os.urandom(32), **NEW)

        assert CONFLICT == refusal(kms.rotate_key_on_demand, KeyId=key_arn)

    def test_limit(self, kms, kms_mock, clock, rotate):
        """Rotations to imported material count like others (rules ROT-14)."""
        lower_quotas(kms_mock, on_demand_rotations_per_key=1)
        key_arn = create_imported(kms, os.urandom(32))
        import_material(kms, key_arn, os.urandom(32), **NEW)
        rotate(key_arn)
        import_material(kms, key_arn, os.urandom(32), **NEW)

        assert limit_reached(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)


class TestListKeyRotations:
    def test_never_rotated(self, kms, key_arn):
        """A key that never rotated has no rotations to show (wire-facts V1; rules ROT-18)."""
        assert {"Rotations": [], "Truncated": False} == members(
            kms.list_key_rotations(KeyId=key_arn)
        )

    def test_first_material(self, kms, key_arn):
        """The first material is shown if all are asked for, without a date (ROT-18, ROT-19)."""
        assert [
            {
                "KeyId": key_arn,
                "KeyMaterialId": current_id(kms, key_arn),
                "KeyMaterialState": "CURRENT",
            }
        ] == rotations(kms, key_arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")

    def test_history(self, kms, clock, key_arn):
        """
        All materials are listed, oldest first, one of them the current one, by the key's ARN.

        wire-facts O19, V1; rules ROT-19, ROT-21, ROT-23.
        """
        start = clock.now()
        ids = [current_id(kms, key_arn)]
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(days=90)
        ids.append(current_id(kms, key_arn))
        clock.advance(days=5)
        kms.rotate_key_on_demand(KeyId=key_arn)
        ids.append(current_id(kms, key_arn))

        first = {"KeyId": key_arn, "KeyMaterialId": ids[0], "KeyMaterialState": "NON_CURRENT"}
        later = [
            {
                "KeyId": key_arn,
                "KeyMaterialId": ids[1],
                "KeyMaterialState": "NON_CURRENT",
                "RotationDate": start + timedelta(days=90),
                "RotationType": "AUTOMATIC",
            },
            {
                "KeyId": key_arn,
                "KeyMaterialId": ids[2],
                "KeyMaterialState": "CURRENT",
                "RotationDate": start + timedelta(days=95),
                "RotationType": "ON_DEMAND",
            },
        ]
        assert [first, *later] == rotations(kms, key_arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        assert later == rotations(kms, key_arn, IncludeKeyMaterial="ROTATIONS_ONLY")
        assert later == rotations(kms, key_arn)

    def test_imported_material(self, kms, clock):
        """
        Imported material is listed with its import, its expiry and its description (ROT-20).

        wire-facts O19; rules ROT-18, ROT-19.
        """
        start = clock.now()
        material = os.urandom(32)
        key_arn = create_key(kms, Origin="EXTERNAL")
        import_material(kms, key_arn, material, KeyMaterialDescription="of 2026")
        import_material(kms, key_arn, os.urandom(32), **NEW, ValidTo=start + timedelta(days=30))
        kms.rotate_key_on_demand(KeyId=key_arn)
        import_material(kms, key_arn, os.urandom(32), **NEW)

        listed = rotations(kms, key_arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")

        ids = [entry.pop("KeyMaterialId") for entry in listed]
        assert 3 == len(set(ids))
        assert [
            {
                "KeyId": key_arn,
                "KeyMaterialState": "NON_CURRENT",
                "KeyMaterialDescription": "of 2026",
                "ImportState": "IMPORTED",
                "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            },
            {
                "KeyId": key_arn,
                "KeyMaterialState": "CURRENT",
                "ImportState": "IMPORTED",
                "ExpirationModel": "KEY_MATERIAL_EXPIRES",
                "ValidTo": start + timedelta(days=30),
                "RotationDate": start,
                "RotationType": "ON_DEMAND",
            },
            {
                "KeyId": key_arn,
                "KeyMaterialState": "PENDING_ROTATION",
                "ImportState": "IMPORTED",
                "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            },
        ] == listed
        assert [ids[1]] == [entry["KeyMaterialId"] for entry in rotations(kms, key_arn)]

    def test_missing_material(self, kms, clock):
        """
        Material that is gone is listed as pending import, without an expiry (ROT-20; assumed).
        """
        key_arn = create_imported(kms, os.urandom(32))
        kms.delete_imported_key_material(KeyId=key_arn)

        assert [
            {
                "KeyId": key_arn,
                "KeyMaterialId": current_id(kms, key_arn),
                "KeyMaterialState": "CURRENT",
                "ImportState": "PENDING_IMPORT",
            }
        ] == rotations(kms, key_arn, IncludeKeyMaterial="ALL_KEY_MATERIAL")

    def test_pages(self, kms, key_arn, rotate):
        """Pages join to the whole list, and the last has no marker (rules PAGE-1, PAGE-2)."""
        rotate(key_arn, times=5)
        pages = list(
            kms.get_paginator("list_key_rotations").paginate(
                KeyId=key_arn, PaginationConfig={"PageSize": 2}
            )
        )

        assert [2, 2, 1] == [len(page["Rotations"]) for page in pages]
        assert [True, True, False] == [page["Truncated"] for page in pages]
        assert ["NextMarker" in page for page in pages] == [True, True, False]
        assert rotations(kms, key_arn) == [entry for page in pages for entry in page["Rotations"]]

    def test_rotation_between_pages(self, kms, key_arn, rotate):
        """A rotation between two pages is on the second, and none comes twice (rules PAGE-5)."""
        rotate(key_arn, times=3)
        first = kms.list_key_rotations(KeyId=key_arn, Limit=2)
        rotate(key_arn)

        second = kms.list_key_rotations(KeyId=key_arn, Marker=first["NextMarker"])

        assert rotations(kms, key_arn) == first["Rotations"] + second["Rotations"]
        assert 4 == len(rotations(kms, key_arn))

    def test_default_page(self, kms, clock, key_arn):
        """A page has a hundred rotations where nothing else is said."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(days=90 * 101)

        page = kms.list_key_rotations(KeyId=key_arn)

        assert (100, True) == (len(page["Rotations"]), page["Truncated"])

    def test_bad_marker(self, kms, key_arn):
        """A marker that is none is refused (rules PAGE-4; the text is assumed)."""
        assert ("InvalidMarkerException", "Could not deserialize marker") == refusal(
            kms.list_key_rotations, KeyId=key_arn, Marker="made-up"
        )

    @pytest.mark.parametrize("kind", FIXED_KINDS.values(), ids=FIXED_KINDS)
    def test_kinds(self, kms, kind):
        """Keys that cannot rotate have no rotations (rules ROT-22)."""
        assert [] == rotations(kms, create_key(kms, **kind))

    @pytest.mark.parametrize("include", ["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"])
    @pytest.mark.parametrize("kind", FIXED_KINDS.values(), ids=FIXED_KINDS)
    def test_include_key_material_of_fixed_kinds(self, kms, kind, include):
        """
        IncludeKeyMaterial is for keys that can rotate, says the model; the refusal is assumed.
        """
        assert UNSUPPORTED == refusal(
            kms.list_key_rotations, KeyId=create_key(kms, **kind), IncludeKeyMaterial=include
        )

    @pytest.mark.parametrize("kind", ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
    def test_key_in_a_key_store(self, kms, kms_mock, kind):
        """
        A key in a custom key store is refused, as the key-state table has it (rules SRC-2).
        """
        key_arn = Stage(mock=kms_mock).create_in_key_store(kind)

        assert (
            "UnsupportedOperationException",
            f"{key_arn} origin is {kind} which is not valid for this operation.",
        ) == refusal(kms.list_key_rotations, KeyId=key_arn)

    @pytest.mark.parametrize("state", ["Disabled", "PendingDeletion"])
    def test_states(self, kms, key_arn, state, rotate):
        """The history is there in every state of the key."""
        rotate(key_arn)
        expected = rotations(kms, key_arn)
        if state == "Disabled":
            kms.disable_key(KeyId=key_arn)
        else:
            kms.schedule_key_deletion(KeyId=key_arn)

        assert expected == rotations(kms, key_arn)
        assert 1 == len(expected)
