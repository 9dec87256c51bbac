"""GetParametersForImport and the first ImportKeyMaterial: wrappings, tokens and expiry."""

import os
from datetime import timedelta
from itertools import product

import pytest
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
)

from tests.operations.importer import (
    FOREVER,
    KEY_WRAP,
    OAEP,
    USAGES,
    WRAPPING_SPECS,
    ask_for_offers,
    create_external,
    create_imported,
    expected_offers,
    get_parameters,
    import_material,
    make_pair,
    prepare,
    state_of,
)
from tests.operations.refusals import invalid
from tests.vocabulary import create_key, refusal

ALGORITHMS = [*OAEP, *KEY_WRAP, "RSAES_PKCS1_V1_5", "SM2PKE"]
INVALID_TOKEN = ("InvalidImportTokenException", "")
EXPIRED_TOKEN = ("ExpiredImportTokenException", "")


def wrappings_of(spec):
    """List the pairs of algorithm and wrapping key spec that the guide allows outside China."""
    if spec.startswith("RSA"):
        algorithms = KEY_WRAP
    elif spec.startswith("ECC"):
        algorithms = [*OAEP, *KEY_WRAP]
    else:
        algorithms = OAEP
    return {
        (algorithm, wrapping_spec)
        for algorithm in algorithms
        for wrapping_spec in WRAPPING_SPECS
        if not (spec == "ECC_NIST_P521" and algorithm in OAEP and wrapping_spec == "RSA_2048")
    }


OPERATIONS = {
    "GetParametersForImport": lambda kms, key_id: refusal(
        kms.get_parameters_for_import,
        KeyId=key_id,
        WrappingAlgorithm=OAEP[1],
        WrappingKeySpec="RSA_2048",
    ),
    "ImportKeyMaterial": lambda kms, key_id: refusal(
        kms.import_key_material, KeyId=key_id, ImportToken=b"t", EncryptedKeyMaterial=b"m"
    ),
    "DeleteImportedKeyMaterial": lambda kms, key_id: refusal(
        kms.delete_imported_key_material, KeyId=key_id
    ),
}
FORGERIES = {
    "garbage": lambda token: b"token",
    "a flipped bit": lambda token: bytes([token[0] ^ 1]) + token[1:],
    "cut short": lambda token: token[:-1],
    "more behind it": lambda token: token + b"\0",
}


class TestGetParametersForImport:
    def test_answer(self, kms, clock):
        """
        The answer has the key's ARN, a token, an RSA key of the wanted size, and 24 hours.

        wire-facts M1; rules IMP-1; quotas Q-29.
        """
        key_arn = create_external(kms)

        parameters = get_parameters(kms, key_arn.rpartition("/")[2], spec="RSA_3072")
        token, public_key = parameters.pop("ImportToken"), parameters.pop("PublicKey")

        assert {
            "KeyId": key_arn,
            "ParametersValidTo": clock.now() + timedelta(hours=24),
        } == parameters
        assert 1 <= len(token) <= 6144
        assert 3072 == load_der_public_key(public_key).key_size

    def test_every_set_is_new(self, kms):
        """Each call makes a wrapping key and a token of its own."""
        key_arn = create_external(kms)

        first, second = (get_parameters(kms, key_arn) for _ in range(2))

        assert first["PublicKey"] != second["PublicKey"]
        assert first["ImportToken"] != second["ImportToken"]

    @pytest.mark.sweep(7)
    @pytest.mark.parametrize("spec", USAGES)
    def test_wrappings(self, kms, spec):
        """
        Exactly the wrappings that the guide allows for a key spec are offered for it.

        wire-facts M4, M5, M16; rules IMP-2, IMP-3, IMP-4. In the sentence of M4 for all that are
        refused, RSAES_PKCS1_V1_5 among them (assumed).
        """
        key_arn = create_external(kms, spec)
        pairs = list(product(ALGORITHMS, WRAPPING_SPECS))

        assert expected_offers(spec, pairs, wrappings_of(spec)) == ask_for_offers(
            kms, key_arn, pairs
        )

    def test_sm2_outside_china(self, kms):
        """An SM2 wrapping key is offered in China only (rules IMP-2; the text is assumed)."""
        refused = refusal(
            kms.get_parameters_for_import,
            KeyId=create_external(kms),
            WrappingAlgorithm="SM2PKE",
            WrappingKeySpec="SM2",
        )

        assert (
            "UnsupportedOperationException",
            "WrappingKeySpec SM2 is not supported in this Region",
        ) == refused

    @pytest.mark.parametrize("state", ["Disabled", "Enabled", "PendingImport"])
    def test_states(self, kms, state):
        """Parameters are for keys with and without material, disabled ones included."""
        key_arn = create_external(kms)
        if state != "PendingImport":
            import_material(kms, key_arn, os.urandom(32))
        if state == "Disabled":
            kms.disable_key(KeyId=key_arn)

        assert state == state_of(kms, key_arn)
        assert key_arn == get_parameters(kms, key_arn)["KeyId"]


class TestKeysWithoutImports:
    """All three operations are for keys of origin EXTERNAL that stay."""

    @pytest.mark.parametrize("deletes", [False, True], ids=["enabled", "pending deletion"])
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_generated_material(self, kms, operation, deletes):
        """A key whose material KMS made takes no other, in any state (wire-facts M2, IMP-1)."""
        key_arn = create_key(kms)
        if deletes:
            kms.schedule_key_deletion(KeyId=key_arn)

        assert (
            "UnsupportedOperationException",
            f"{key_arn} origin is AWS_KMS which is not valid for this operation.",
        ) == OPERATIONS[operation](kms, key_arn)

    @pytest.mark.parametrize("operation", ["GetParametersForImport", "ImportKeyMaterial"])
    def test_pending_deletion(self, kms, operation):
        """Nothing is imported into a key on its way out (wire-facts S6)."""
        key_arn = create_external(kms)
        kms.schedule_key_deletion(KeyId=key_arn)

        assert (
            "KMSInvalidStateException",
            f"{key_arn} is pending deletion.",
        ) == OPERATIONS[operation](kms, key_arn)

    def test_ml_dsa(self, kms):
        """There is no ML-DSA key to import into (rules IMP-31)."""
        assert (
            "UnsupportedOperationException",
            "KeySpec ML_DSA_44 is not supported for Origin EXTERNAL",
        ) == refusal(kms.create_key, KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")


class TestImportKeyMaterial:
    """The first import: what it makes of a key."""

    def test_before(self, kms):
        """
        A key that waits for its material is not enabled and has no material id or expiry.

        wire-facts C6; rules KEY-4.
        """
        metadata = kms.describe_key(KeyId=create_external(kms))["KeyMetadata"]

        assert (False, "PendingImport") == (metadata["Enabled"], metadata["KeyState"])
        assert not metadata.keys() & {"CurrentKeyMaterialId", "ExpirationModel", "ValidTo"}

    def test_answer(self, kms):
        """
        The answer has the key's ARN and the id of a symmetric key's material, 64 hex digits.

        wire-facts M8, M19, M20; rules IMP-17, IMP-29.
        """
        key_arn = create_external(kms)

        answer = import_material(kms, key_arn.rpartition("/")[2], os.urandom(32))

        metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        assert {"KeyId": key_arn, "KeyMaterialId": metadata["CurrentKeyMaterialId"]} == answer
        assert 32 == len(bytes.fromhex(answer["KeyMaterialId"]))
        assert answer["KeyMaterialId"] == answer["KeyMaterialId"].lower()

    def test_after(self, kms):
        """The first material is the current one, and the key is enabled (rules IMP-18)."""
        key_arn = create_external(kms)
        import_material(kms, key_arn, os.urandom(32))
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

        metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        assert (True, "Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE") == (
            metadata["Enabled"],
            metadata["KeyState"],
            metadata["ExpirationModel"],
        )
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_material_id_depends_on_key_and_material(self, kms):
        """The same material has another id in another key (wire-facts M20, rules IMP-17)."""
        material = os.urandom(32)
        first, second = create_external(kms), create_external(kms)

        one = import_material(kms, first, material)["KeyMaterialId"]
        other = import_material(kms, second, material)["KeyMaterialId"]
        again = import_material(kms, first, material)["KeyMaterialId"]

        assert one == again
        assert one != other

    def test_same_material_does_not_decrypt_elsewhere(self, kms):
        """A ciphertext belongs to its key, even if another has the same material (DEL-12)."""
        material = os.urandom(32)
        first, second = create_imported(kms, material), create_imported(kms, material)
        blob = kms.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
        kms.disable_key(KeyId=first)

        assert ("DisabledException", f"{first} is disabled.") == refusal(
            kms.decrypt, CiphertextBlob=blob
        )
        assert "IncorrectKeyException" == refusal(kms.decrypt, CiphertextBlob=blob, KeyId=second)[0]

    def test_disabled_key(self, kms):
        """Importing does not enable a key that is disabled (rules IMP-30; assumed)."""
        key_arn = create_imported(kms, material := os.urandom(32))
        kms.disable_key(KeyId=key_arn)

        import_material(kms, key_arn, material)

        assert "Disabled" == state_of(kms, key_arn)


class TestImportToken:
    def test_other_key(self, kms):
        """A token is for the key that it was asked for (rules IMP-6, IMP-7)."""
        request = prepare(kms, create_external(kms), os.urandom(32))
        request["KeyId"] = create_external(kms)

        assert INVALID_TOKEN == refusal(kms.import_key_material, **request, **FOREVER)
        assert "PendingImport" == state_of(kms, request["KeyId"])

    @pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
    def test_forged(self, kms, forge):
        """A token that KMS did not issue is invalid (rules IMP-7)."""
        request = prepare(kms, create_external(kms), os.urandom(32))
        request["ImportToken"] = forge(request["ImportToken"])

        assert INVALID_TOKEN == refusal(kms.import_key_material, **request, **FOREVER)

    def test_of_another_kms(self, kms, kms_mock):
        """A token of an earlier KMS is invalid."""
        request = prepare(kms, create_external(kms), os.urandom(32))
        kms_mock.reset()
        request["KeyId"] = create_external(kms)

        assert INVALID_TOKEN == refusal(kms.import_key_material, **request, **FOREVER)

    def test_at_the_last_moment(self, kms, clock):
        """A token is good for all of its 24 hours (quotas Q-29)."""
        key_arn = create_external(kms)
        request = prepare(kms, key_arn, os.urandom(32))
        clock.advance(timedelta(hours=24) - timedelta(milliseconds=1))

        kms.import_key_material(**request, **FOREVER)

        assert "Enabled" == state_of(kms, key_arn)

    def test_expired(self, kms, clock):
        """After 24 hours a token is expired, and only a new one helps (rules IMP-7)."""
        key_arn = create_external(kms)
        material = os.urandom(32)
        request = prepare(kms, key_arn, material)
        clock.advance(hours=24)

        refused = refusal(kms.import_key_material, **request, **FOREVER)

        assert EXPIRED_TOKEN == refused
        assert "PendingImport" == state_of(kms, key_arn)
        import_material(kms, key_arn, material)
        assert "Enabled" == state_of(kms, key_arn)

    def test_expired_and_of_another_key(self, kms, clock):
        """Of another key's token it is not told that it is expired, too."""
        request = prepare(kms, create_external(kms), os.urandom(32))
        request["KeyId"] = create_external(kms)
        clock.advance(hours=25)

        assert INVALID_TOKEN == refusal(kms.import_key_material, **request, **FOREVER)

    def test_used_twice(self, kms):
        """A token may be used again while it is valid (rules IMP-6; assumed)."""
        key_arn = create_external(kms)
        request = prepare(kms, key_arn, os.urandom(32))
        kms.import_key_material(**request, **FOREVER)
        kms.delete_imported_key_material(KeyId=key_arn)

        kms.import_key_material(**request, **FOREVER)

        assert "Enabled" == state_of(kms, key_arn)


class TestExpiry:
    """ExpirationModel and ValidTo."""

    def test_no_valid_to(self, kms):
        """
        Material expires by default, so that there must be a date; the token survives the refusal.

        wire-facts M6; rules IMP-8.
        """
        key_arn = create_external(kms)
        request = prepare(kms, key_arn, os.urandom(32))

        refused = refusal(kms.import_key_material, **request)

        assert (
            invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
            == refused
        )
        kms.import_key_material(**request, **FOREVER)
        assert "Enabled" == state_of(kms, key_arn)

    def test_valid_to_of_material_that_does_not_expire(self, kms, clock):
        """Material that never expires has no date (rules IMP-8; the text is assumed)."""
        request = prepare(kms, create_external(kms), os.urandom(32))

        assert invalid(
            "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"
        ) == refusal(
            kms.import_key_material,
            **request,
            **FOREVER,
            ValidTo=clock.now() + timedelta(days=1),
        )

    @pytest.mark.parametrize(
        "distance",
        [timedelta(days=-1), timedelta(0), timedelta(days=365, seconds=1)],
        ids=["past", "now", "more than a year ahead"],
    )
    def test_valid_to_out_of_range(self, kms, clock, distance):
        """
        Material expires in the future, within 365 days (quotas Q-30, rules IMP-9; text assumed).
        """
        request = prepare(kms, create_external(kms), os.urandom(32))

        assert invalid(
            "The validTo date must be in the future and at most 365 days from now"
        ) == refusal(kms.import_key_material, **request, ValidTo=clock.now() + distance)

    def test_metadata(self, kms, clock):
        """A key shows when its material expires (rules KEY-16)."""
        key_arn = create_external(kms)
        valid_to = clock.now() + timedelta(days=365)

        import_material(kms, key_arn, os.urandom(32), ValidTo=valid_to)

        metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        assert ("KEY_MATERIAL_EXPIRES", valid_to) == (
            metadata["ExpirationModel"],
            metadata["ValidTo"],
        )

    def test_expiry(self, kms, clock):
        """At ValidTo the material is gone and the key waits for it (rules IMP-10)."""
        key_arn = create_external(kms)
        import_material(kms, key_arn, os.urandom(32), ValidTo=clock.now() + timedelta(days=1))
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        clock.advance(timedelta(days=1) - timedelta(milliseconds=1))
        before = state_of(kms, key_arn)
        clock.advance(timedelta(milliseconds=1))

        metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
        assert ("Enabled", "PendingImport") == (before, metadata["KeyState"])
        assert not metadata.keys() & {"ExpirationModel", "ValidTo"}
        assert (
            "KMSInvalidStateException",
            f"{key_arn} is pending import.",
        ) == refusal(kms.decrypt, CiphertextBlob=blob)

    def test_reimport_after_expiry(self, kms, clock):
        """Expired material is brought back by importing it again (rules IMP-11)."""
        key_arn, material = create_external(kms), os.urandom(32)
        import_material(kms, key_arn, material, ValidTo=clock.now() + timedelta(days=1))
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        clock.advance(days=2)

        import_material(kms, key_arn, material)

        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_disabled_key(self, kms, clock):
        """Material of a disabled key expires as well (rules IMP-10)."""
        key_arn = create_external(kms)
        import_material(kms, key_arn, os.urandom(32), ValidTo=clock.now() + timedelta(days=1))
        kms.disable_key(KeyId=key_arn)
        clock.advance(days=1)

        assert "PendingImport" == state_of(kms, key_arn)

    def test_key_pending_deletion(self, kms, clock):
        """
        A key pending deletion stays so when its material expires; cancelling shows it is missing.

        rules DEL-4 (assumed).
        """
        key_arn = create_external(kms)
        import_material(kms, key_arn, os.urandom(32), ValidTo=clock.now() + timedelta(days=1))
        kms.schedule_key_deletion(KeyId=key_arn)
        clock.advance(days=1)
        before = state_of(kms, key_arn)
        kms.cancel_key_deletion(KeyId=key_arn)

        assert ("PendingDeletion", "PendingImport") == (before, state_of(kms, key_arn))

    def test_of_a_key_that_is_gone(self, kms, clock):
        """Nothing happens at the expiry of a key that was deleted before."""
        key_arn = create_external(kms)
        import_material(kms, key_arn, os.urandom(32), ValidTo=clock.now() + timedelta(days=300))
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
        clock.advance(days=301)

        assert ("NotFoundException", f"Key '{key_arn}' does not exist") == refusal(
            kms.describe_key, KeyId=key_arn
        )

    @pytest.mark.parametrize(
        ("first", "second"), [(10, 20), (20, 10), (10, None), (None, 10)], ids=str
    )
    def test_change(self, kms, clock, first, second):
        """
        Importing the same material again changes its expiry, in whichever direction.

        rules IMP-11, SRC-10.
        """
        key_arn, material = create_external(kms), os.urandom(32)
        start = clock.now()
        for days in (first, second):
            expiry = {} if days is None else {"ValidTo": start + timedelta(days=days)}
            import_material(kms, key_arn, material, **expiry)

        states = []
        for days in (5, 15, 25):
            clock.move_to(start + timedelta(days=days))
            states.append(state_of(kms, key_arn))

        lost = 30 if second is None else second
        assert ["Enabled" if days < lost else "PendingImport" for days in (5, 15, 25)] == states

    def test_asymmetric(self, kms, clock):
        """A private key expires as a secret key does."""
        private_key, public_key = make_pair("ECC_NIST_P256")
        key_arn = create_external(kms, "ECC_NIST_P256")
        valid_to = clock.now() + timedelta(days=1)
        import_material(kms, key_arn, private_key, ValidTo=valid_to)
        clock.advance(days=1)

        refused = refusal(kms.get_public_key, KeyId=key_arn)
        import_material(kms, key_arn, private_key)

        assert ("KMSInvalidStateException", f"{key_arn} is pending import.") == refused
        assert public_key == kms.get_public_key(KeyId=key_arn)["PublicKey"]
