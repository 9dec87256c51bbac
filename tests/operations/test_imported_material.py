"""What is done with imported material after the first import: again, new, deleted, described."""

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
    make_pair,
    material_states,
    nothing_pending,
    prepare,
    refuse_import,
    state_of,
)
from tests.operations.refusals import invalid
from tests.vocabulary import create_key, members, refusal

UNKNOWN_ID = "0" * 64
INCORRECT_MATERIAL = ("IncorrectKeyMaterialException", "")
FIXED = {
    "HMAC": ("HMAC_256", "GENERATE_VERIFY_MAC", lambda: os.urandom(32)),
    "private key": ("ECC_NIST_P256", "SIGN_VERIFY", lambda: make_pair("ECC_NIST_P256")[0]),
}
OF_SYMMETRIC_KEYS = {
    "ImportType": "EXISTING_KEY_MATERIAL",
    "KeyMaterialDescription": "from the vault",
    "KeyMaterialId": UNKNOWN_ID,
}


def pending_import(key_arn):
    return "KMSInvalidStateException", f"{key_arn} is pending import."


@pytest.fixture
def first():
    return os.urandom(32)


@pytest.fixture
def second():
    return os.urandom(32)


@pytest.fixture
def key_arn(kms, first):
    """A symmetric key into which *first* was imported."""
    return create_imported(kms, first)


class TestImportType:
    def test_default_of_an_empty_key(self, kms, first):
        """Without ImportType the first material is a new one (wire-facts M14, rules IMP-14)."""
        key_arn = create_key(kms, Origin="EXTERNAL")

        import_material(kms, key_arn, first)

        assert [("CURRENT", "IMPORTED")] == material_states(kms, key_arn)

    def test_default_afterwards(self, kms, key_arn, second):
        """
        Without ImportType a later material must be a known one (wire-facts M14, rules IMP-14).
        """
        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, second)

    def test_default_stays_when_material_is_deleted(self, kms, key_arn, second):
        """A key that lost its material still knows what it was (rules IMP-11, IMP-14)."""
        kms.delete_imported_key_material(KeyId=key_arn)

        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, second)

    def test_existing_for_an_empty_key(self, kms, first):
        """An empty key has no existing material (rules IMP-16)."""
        key_arn = create_key(kms, Origin="EXTERNAL")

        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, first, **EXISTING)

    def test_existing_and_unknown(self, kms, key_arn, second):
        """Unknown material is not existing material (rules IMP-16)."""
        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, second, **EXISTING)

    def test_new_and_known(self, kms, key_arn, first):
        """Known material is not new material (rules IMP-16)."""
        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, first, **NEW)

    def test_new_and_pending(self, kms, key_arn, second):
        """Material that is pending rotation is known, too (rules IMP-16; assumed)."""
        import_material(kms, key_arn, second, **NEW)

        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, second, **NEW)

    def test_new(self, kms, key_arn, first, second):
        """
        New material waits for RotateKeyOnDemand and changes nothing until then.

        rules IMP-18.
        """
        before = kms.describe_key(KeyId=key_arn)["KeyMetadata"]

        material_id = import_material(kms, key_arn, second, **NEW)["KeyMaterialId"]

        assert before == kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        assert [("CURRENT", "IMPORTED"), ("PENDING_ROTATION", "IMPORTED")] == material_states(
            kms, key_arn
        )
        assert material_id == all_material(kms, key_arn)[1]["KeyMaterialId"]

    def test_second_new_one(self, kms, key_arn, second):
        """One material at a time can be pending (wire-facts M13, rules IMP-19, quotas Q-31)."""
        pending = import_material(kms, key_arn, second, **NEW)["KeyMaterialId"]
        third = os.urandom(32)

        refused = refuse_import(kms, key_arn, third, **NEW)

        kms.delete_imported_key_material(KeyId=key_arn, KeyMaterialId=pending)
        new = import_material(kms, key_arn, third, **NEW)["KeyMaterialId"]
        assert (
            "KMSInvalidStateException",
            f"New key material (id: {new}) cannot be imported into KMS key {key_arn}, because"
            f" another key material (id: {pending}) is pending rotation.",
        ) == refused

    def test_new_for_a_key_that_misses_material(self, kms, key_arn, second):
        """New material does not replace what is missing (rules IMP-20)."""
        kms.delete_imported_key_material(KeyId=key_arn)

        import_material(kms, key_arn, second, **NEW)

        assert [
            ("CURRENT", "PENDING_IMPORT"),
            ("PENDING_ROTATION", "IMPORTED"),
        ] == material_states(kms, key_arn)
        assert pending_import(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)

    @pytest.mark.parametrize(("spec", "usage", "make"), FIXED.values(), ids=FIXED)
    def test_first_material_forever(self, kms, spec, usage, make):
        """
        An HMAC or asymmetric key takes its first material and never another (rules IMP-12).
        """
        key_arn = create_key(kms, KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")
        material = make()
        import_material(kms, key_arn, material)
        kms.delete_imported_key_material(KeyId=key_arn)
        request = prepare(kms, key_arn, make())

        refused = refusal(kms.import_key_material, **request, **FOREVER)

        assert INCORRECT_MATERIAL == refused
        assert "PendingImport" == state_of(kms, key_arn)
        import_material(kms, key_arn, material)
        assert "Enabled" == state_of(kms, key_arn)

    @pytest.mark.parametrize("member", OF_SYMMETRIC_KEYS)
    @pytest.mark.parametrize(("spec", "usage", "make"), FIXED.values(), ids=FIXED)
    def test_members_of_symmetric_keys(self, kms, spec, usage, make, member):
        """Three members are for symmetric keys only (rules IMP-13; code and text assumed)."""
        key_arn = create_key(kms, KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")
        request = prepare(kms, key_arn, make()) | {member: OF_SYMMETRIC_KEYS[member]}

        assert invalid(
            f"{member} is supported only when importing key material into a symmetric encryption"
            " KMS key."
        ) == refusal(kms.import_key_material, **request, **FOREVER)


class TestKeyMaterialId:
    def test_with_new_material(self, kms, key_arn, second):
        """New material has no id to give yet (rules IMP-15; the text is assumed)."""
        assert invalid("KeyMaterialId cannot be set if the ImportType is NEW_KEY_MATERIAL") == (
            refuse_import(kms, key_arn, second, **NEW, KeyMaterialId=UNKNOWN_ID)
        )

    def test_with_the_first_material(self, kms, first):
        """The first material is new by default, so that it has none either (rules IMP-15)."""
        key_arn = create_key(kms, Origin="EXTERNAL")

        assert invalid("KeyMaterialId cannot be set if the ImportType is NEW_KEY_MATERIAL") == (
            refuse_import(kms, key_arn, first, KeyMaterialId=UNKNOWN_ID)
        )

    def test_right(self, kms, key_arn, first):
        """Existing material may be named by its id (rules IMP-15)."""
        material_id = current_id(kms, key_arn)

        answer = import_material(kms, key_arn, first, KeyMaterialId=material_id)

        assert {"KeyId": key_arn, "KeyMaterialId": material_id} == answer

    def test_unknown(self, kms, key_arn, first):
        """Material with another id than the one named is incorrect (rules IMP-15; assumed)."""
        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, first, KeyMaterialId=UNKNOWN_ID)

    def test_of_other_material(self, kms, key_arn, first, second):
        """The id of another material of the key does not do either (rules IMP-15; assumed)."""
        other = import_material(kms, key_arn, second, **NEW)["KeyMaterialId"]

        assert INCORRECT_MATERIAL == refuse_import(kms, key_arn, first, KeyMaterialId=other)

    @pytest.mark.parametrize("value", ["A" * 64, "g" * 64], ids=["upper case", "no hex"])
    def test_malformed(self, kms, key_arn, first, value):
        """An id is 64 hex digits in lower case (quotas Q-33)."""
        assert invalid(
            f"1 validation error detected: Value '{value}' at 'keyMaterialId' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern: ^[a-f0-9]+$"
        ) == refuse_import(kms, key_arn, first, KeyMaterialId=value)


class TestDescription:
    def described(self, kms, key_arn):
        return [entry.get("KeyMaterialDescription") for entry in all_material(kms, key_arn)]

    def test_none(self, kms, key_arn):
        """Material has no description unless it is given one (rules ROT-20)."""
        assert "KeyMaterialDescription" not in all_material(kms, key_arn)[0]

    def test_is_kept(self, kms, key_arn, first, second):
        """A description that is left out on reimport stays (rules IMP-24)."""
        import_material(kms, key_arn, first, KeyMaterialDescription="old")
        import_material(kms, key_arn, second, **NEW, KeyMaterialDescription="new")

        import_material(kms, key_arn, first)

        assert ["old", "new"] == self.described(kms, key_arn)

    def test_changes(self, kms, key_arn, first):
        """A reimport can change the description."""
        import_material(kms, key_arn, first, KeyMaterialDescription="old")

        import_material(kms, key_arn, first, KeyMaterialDescription="a:b/c_d e.f-1")

        assert ["a:b/c_d e.f-1"] == self.described(kms, key_arn)

    def test_survives_deletion(self, kms, key_arn, first):
        """The description is the material's, whether it is there or not (rules IMP-24)."""
        import_material(kms, key_arn, first, KeyMaterialDescription="old")
        kms.delete_imported_key_material(KeyId=key_arn)

        assert ["old"] == self.described(kms, key_arn)

    def test_too_long(self, kms, key_arn, first):
        """A description has at most 256 characters (quotas Q-32)."""
        value = "d" * 257

        assert invalid(
            f"1 validation error detected: Value '{value}' at 'keyMaterialDescription' failed to"
            " satisfy constraint: Member must have length less than or equal to 256"
        ) == refuse_import(kms, key_arn, first, KeyMaterialDescription=value)

    def test_bad_character(self, kms, key_arn, first):
        """A description has few kinds of characters (quotas Q-32)."""
        assert invalid(
            "1 validation error detected: Value 'vault #7' at 'keyMaterialDescription' failed to"
            " satisfy constraint: Member must satisfy regular expression pattern:"
            r" ^[a-zA-Z0-9:/_\s.-]+$"
        ) == refuse_import(kms, key_arn, first, KeyMaterialDescription="vault #7")


class TestDeleteImportedKeyMaterial:
    def test_current(self, kms, key_arn):
        """
        Without an id the current material is deleted, and the key is pending import.

        wire-facts M11; rules IMP-26.
        """
        material_id = current_id(kms, key_arn)

        answer = members(kms.delete_imported_key_material(KeyId=key_id_of(key_arn)))

        assert {"KeyId": key_arn, "KeyMaterialId": material_id} == answer
        assert "PendingImport" == state_of(kms, key_arn)
        assert pending_import(key_arn) == refusal(kms.encrypt, KeyId=key_arn, Plaintext=b"x")
        assert material_id == current_id(kms, key_arn)

    def test_ciphertext(self, kms, key_arn, first):
        """A ciphertext opens again once the same material is back (rules IMP-11)."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        kms.delete_imported_key_material(KeyId=key_arn)

        refused = refusal(kms.decrypt, CiphertextBlob=blob)
        request = prepare(kms, key_arn, first, "RSAES_OAEP_SHA_1", "RSA_3072")
        kms.import_key_material(**request, **FOREVER)

        assert pending_import(key_arn) == refused
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_empty_key(self, kms):
        """A key that never had material has none to lose (rules IMP-27)."""
        key_arn = create_key(kms, Origin="EXTERNAL")

        answer = members(kms.delete_imported_key_material(KeyId=key_arn))

        assert {"KeyId": key_arn} == answer
        assert "PendingImport" == state_of(kms, key_arn)

    def test_twice(self, kms, key_arn):
        """Deleting what is not there any more has no effect (rules IMP-27)."""
        first = members(kms.delete_imported_key_material(KeyId=key_arn))

        assert first == members(kms.delete_imported_key_material(KeyId=key_arn))
        assert "PendingImport" == state_of(kms, key_arn)

    def test_hmac(self, kms):
        """Only symmetric keys' materials have ids to tell (wire-facts C5)."""
        key_arn = create_key(
            kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", Origin="EXTERNAL"
        )
        import_material(kms, key_arn, os.urandom(32))

        answer = members(kms.delete_imported_key_material(KeyId=key_arn))

        assert {"KeyId": key_arn} == answer
        assert pending_import(key_arn) == refusal(
            kms.generate_mac, KeyId=key_arn, Message=b"m", MacAlgorithm="HMAC_SHA_256"
        )

    def test_disabled_key(self, kms, key_arn, first):
        """A disabled key becomes pending import, and enabled when its material comes back."""
        kms.disable_key(KeyId=key_arn)
        kms.delete_imported_key_material(KeyId=key_arn)
        before = state_of(kms, key_arn)

        import_material(kms, key_arn, first)

        assert ("PendingImport", "Enabled") == (before, state_of(kms, key_arn))

    def test_key_pending_deletion(self, kms, key_arn):
        """
        A key pending deletion loses its material but not its state (rules IMP-26).

        That it is pending import once the deletion is cancelled is assumed (rules DEL-4).
        """
        kms.schedule_key_deletion(KeyId=key_arn)
        kms.delete_imported_key_material(KeyId=key_arn)
        before = state_of(kms, key_arn)

        kms.cancel_key_deletion(KeyId=key_arn)

        assert ("PendingDeletion", "PendingImport") == (before, state_of(kms, key_arn))

    def test_pending_material(self, kms, key_arn, second):
        """
        Pending material is forgotten, while the key stays usable (rules IMP-25, IMP-26).
        """
        pending = import_material(kms, key_arn, second, **NEW)["KeyMaterialId"]

        answer = members(kms.delete_imported_key_material(KeyId=key_arn, KeyMaterialId=pending))

        assert {"KeyId": key_arn, "KeyMaterialId": pending} == answer
        assert [("CURRENT", "IMPORTED")] == material_states(kms, key_arn)
        assert "Enabled" == state_of(kms, key_arn)
        assert nothing_pending(key_arn) == refusal(kms.rotate_key_on_demand, KeyId=key_arn)

    def test_pending_material_expires(self, kms, clock, key_arn, second):
        """Pending material expires like any, and is forgotten (rules IMP-10)."""
        before = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        valid_to = clock.now() + timedelta(days=1)
        import_material(kms, key_arn, second, **NEW, ValidTo=valid_to)
        shown = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        clock.advance(days=1)

        assert before == shown
        assert [("CURRENT", "IMPORTED")] == material_states(kms, key_arn)
        assert "Enabled" == state_of(kms, key_arn)

    def test_older_material(self, kms, key_arn, first, second):
        """
        Without one of its older materials a key is pending import as a whole (rules IMP-20).
        """
        old = kms.encrypt(KeyId=key_arn, Plaintext=b"old")["CiphertextBlob"]
        old_id = current_id(kms, key_arn)
        import_material(kms, key_arn, second, **NEW)
        kms.rotate_key_on_demand(KeyId=key_arn)
        new = kms.encrypt(KeyId=key_arn, Plaintext=b"new")["CiphertextBlob"]

        answer = members(kms.delete_imported_key_material(KeyId=key_arn, KeyMaterialId=old_id))

        assert {"KeyId": key_arn, "KeyMaterialId": old_id} == answer
        assert [
            ("NON_CURRENT", "PENDING_IMPORT"),
            ("CURRENT", "IMPORTED"),
        ] == material_states(kms, key_arn)
        for blob in (old, new):
            assert pending_import(key_arn) == refusal(kms.decrypt, CiphertextBlob=blob)
        assert pending_import(key_arn) == refusal(kms.encrypt, KeyId=key_arn, Plaintext=b"x")
        import_material(kms, key_arn, first)
        assert [b"old", b"new"] == [
            kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in (old, new)
        ]

    def test_all_materials_are_needed(self, kms, key_arn, first, second):
        """A key that misses two materials is enabled by the last of them (rules IMP-20)."""
        old_id = current_id(kms, key_arn)
        import_material(kms, key_arn, second, **NEW)
        kms.rotate_key_on_demand(KeyId=key_arn)
        kms.delete_imported_key_material(KeyId=key_arn)
        kms.delete_imported_key_material(KeyId=key_arn, KeyMaterialId=old_id)
        states = []

        for material in (second, first):
            import_material(kms, key_arn, material)
            states.append(state_of(kms, key_arn))

        assert ["PendingImport", "Enabled"] == states

    def test_earliest_expiry(self, kms, clock, key_arn, first, second):
        """KeyMetadata shows the earliest expiry of all materials (rules KEY-16)."""
        early, late = (clock.now() + timedelta(days=days) for days in (10, 20))
        import_material(kms, key_arn, first, ValidTo=early)
        import_material(kms, key_arn, second, **NEW, ValidTo=late)
        kms.rotate_key_on_demand(KeyId=key_arn)

        metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]

        assert ("KEY_MATERIAL_EXPIRES", early) == (
            metadata["ExpirationModel"],
            metadata["ValidTo"],
        )
        assert [early, late] == [entry["ValidTo"] for entry in all_material(kms, key_arn)]

    def test_each_expires_by_itself(self, kms, clock, key_arn, first, second):
        """Of several materials the one whose time has come expires (rules IMP-10, IMP-20)."""
        early, late = (clock.now() + timedelta(days=days) for days in (10, 20))
        import_material(kms, key_arn, first, ValidTo=early)
        import_material(kms, key_arn, second, **NEW, ValidTo=late)
        kms.rotate_key_on_demand(KeyId=key_arn)
        clock.move_to(early)
        shown = material_states(kms, key_arn), state_of(kms, key_arn)
        clock.move_to(late)

        assert (
            [("NON_CURRENT", "PENDING_IMPORT"), ("CURRENT", "IMPORTED")],
            "PendingImport",
        ) == shown
        assert [
            ("NON_CURRENT", "PENDING_IMPORT"),
            ("CURRENT", "PENDING_IMPORT"),
        ] == material_states(kms, key_arn)

    def test_unknown_id(self, kms, key_arn):
        """An id that the key does not know is not found (code and text assumed)."""
        refused = refusal(kms.delete_imported_key_material, KeyId=key_arn, KeyMaterialId=UNKNOWN_ID)

        assert (
            "NotFoundException",
            f"Key material '{UNKNOWN_ID}' does not exist in key '{key_arn}'",
        ) == refused
        assert "Enabled" == state_of(kms, key_arn)
