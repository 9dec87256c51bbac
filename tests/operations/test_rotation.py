"""EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, and rotation on the clock."""

from datetime import timedelta

import pytest

from tests.operations.importer import create_imported, current_id, key_id_of
from tests.operations.key_kinds import KINDS
from tests.operations.refusals import violation
from tests.todays_client import todays_client
from tests.vocabulary import create_key, members, refusal

UNSUPPORTED = ("UnsupportedOperationException", "")
FIXED_KINDS = {name: kind for name, kind in KINDS.items() if name != "symmetric"}
UNKNOWN_KEY = "00000000-0000-4000-8000-000000000000"


def wrong_origin(key_arn, origin="EXTERNAL"):
    return (
        "UnsupportedOperationException",
        f"{key_arn} origin is {origin} which is not valid for this operation.",
    )


def rotation_of(kms, key_id):
    """Return GetKeyRotationStatus's answer but for the key's ARN."""
    status = members(kms.get_key_rotation_status(KeyId=key_id))

    assert key_id_of(key_id) == key_id_of(status.pop("KeyId"))

    return status


def is_rotating(kms, key_id):
    return rotation_of(kms, key_id)["KeyRotationEnabled"]


def next_date(kms, key_id):
    return rotation_of(kms, key_id)["NextRotationDate"]


def dates(kms, key_id):
    """List when the key was rotated, and how."""
    listed = kms.list_key_rotations(KeyId=key_id)["Rotations"]
    return [(entry["RotationDate"], entry["RotationType"]) for entry in listed]


@pytest.fixture
def start(clock):
    return clock.now()


@pytest.fixture
def key_arn(kms, start):
    return create_key(kms)


class TestEnableKeyRotation:
    def test_off(self, kms, key_arn):
        """A new key does not rotate, and shows neither period nor date (wire-facts O1, ROT-4)."""
        assert {"KeyRotationEnabled": False} == rotation_of(kms, key_arn)

    def test_answer(self, kms, key_arn):
        """EnableKeyRotation and DisableKeyRotation answer nothing."""
        answers = [
            members(kms.enable_key_rotation(KeyId=key_arn)),
            members(kms.disable_key_rotation(KeyId=key_arn)),
        ]

        assert [{}, {}] == answers

    def test_default_period(self, kms, key_arn, start):
        """
        A key rotates after 365 days by default (wire-facts O2; rules ROT-2, ROT-3, ROT-4).
        """
        kms.enable_key_rotation(KeyId=key_arn)

        assert {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": 365,
            "NextRotationDate": start + timedelta(days=365),
        } == rotation_of(kms, key_arn)

    @pytest.mark.parametrize("period", [90, 180, 2560])
    def test_period(self, kms, key_arn, start, period):
        """A key rotates after the period that it is given (wire-facts O2, quotas Q-28)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=period)

        assert {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": period,
            "NextRotationDate": start + timedelta(days=period),
        } == rotation_of(kms, key_arn)

    @pytest.mark.parametrize(
        ("period", "constraint"),
        [
            (89, "Member must have value greater than or equal to 90"),
            (2561, "Member must have value less than or equal to 2560"),
        ],
    )
    def test_period_out_of_range(self, unchecked_kms, period, constraint):
        """
        Any other period is refused before the key is looked for (wire-facts O17, quotas Q-28).
        """
        assert violation(f"Value '{period}' at 'rotationPeriodInDays'", constraint) == refusal(
            unchecked_kms.enable_key_rotation, KeyId=UNKNOWN_KEY, RotationPeriodInDays=period
        )

    def test_same_period_again(self, kms, clock, key_arn, start):
        """Enabling again with the same period changes nothing (rules ROT-2; assumed)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=100)
        clock.advance(days=30)
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=100)

        assert start + timedelta(days=100) == next_date(kms, key_arn)

    def test_other_period(self, kms, clock, key_arn, start):
        """Another period counts from the moment it is set (rules ROT-2; assumed)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=100)
        clock.advance(days=30)
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=200)

        assert {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": 200,
            "NextRotationDate": start + timedelta(days=230),
        } == rotation_of(kms, key_arn)
        clock.move_to(start + timedelta(days=229))
        assert [] == dates(kms, key_arn)

    def test_no_period_again(self, kms, key_arn):
        """Enabling again without a period brings back the default one (rules ROT-2; assumed)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=100)
        kms.enable_key_rotation(KeyId=key_arn)

        assert 365 == rotation_of(kms, key_arn)["RotationPeriodInDays"]

    def test_disable(self, kms, clock, key_arn):
        """A key whose rotation was disabled keeps its material (wire-facts O1, rules ROT-8)."""
        kms.enable_key_rotation(KeyId=key_arn)
        clock.advance(days=366)
        before = current_id(kms, key_arn)
        kms.disable_key_rotation(KeyId=key_arn)
        clock.advance(days=1000)

        assert {"KeyRotationEnabled": False} == rotation_of(kms, key_arn)
        assert before == current_id(kms, key_arn)

    def test_disable_and_enable(self, kms, clock, key_arn, start):
        """Enabling rotation after disabling it starts a new period (rules ROT-8)."""
        kms.enable_key_rotation(KeyId=key_arn)
        kms.disable_key_rotation(KeyId=key_arn)
        clock.advance(days=30)
        kms.enable_key_rotation(KeyId=key_arn)

        assert start + timedelta(days=395) == next_date(kms, key_arn)

    def test_disable_what_is_off(self, kms, key_arn):
        """Disabling rotation that is off is no error."""
        kms.disable_key_rotation(KeyId=key_arn)

        assert not is_rotating(kms, key_arn)


class TestAutomaticRotation:
    def test_rotation(self, kms, clock, key_arn, start):
        """
        On the date, and not before, a key gets other material (rules ROT-3, ROT-10).
        """
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        first = current_id(kms, key_arn)
        clock.move_to(start + timedelta(days=90, milliseconds=-1))
        before = current_id(kms, key_arn)
        clock.advance(timedelta(milliseconds=1))
        after = current_id(kms, key_arn)

        assert first == before
        assert first != after
        assert [(start + timedelta(days=90), "AUTOMATIC")] == dates(kms, key_arn)
        assert start + timedelta(days=180) == next_date(kms, key_arn)

    def test_nothing_else_changes(self, kms, clock, key_arn):
        """Rotation leaves id, ARN, description, policy and aliases alone (rules ROT-10)."""
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        kms.enable_key_rotation(KeyId=key_arn)

        def describe():
            metadata = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
            del metadata["CurrentKeyMaterialId"]
            return metadata, kms.get_key_policy(KeyId=key_arn)["Policy"]

        before = describe()
        clock.advance(days=366)

        assert before == describe()

    def test_every_ciphertext_still_opens(self, kms, clock, key_arn):
        """
        A ciphertext names its material, so that all decrypt whatever came after (rules ROT-10).

        wire-facts E35; rules ROT-11.
        """
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        blobs = {}
        for number in range(5):
            blob = kms.encrypt(KeyId=key_arn, Plaintext=b"%d" % number)["CiphertextBlob"]
            blobs[blob] = b"%d" % number, current_id(kms, key_arn)
            clock.advance(days=90)

        opened = {}
        for blob in blobs:
            answer = kms.decrypt(CiphertextBlob=blob)
            opened[blob] = answer["Plaintext"], answer["KeyMaterialId"]

        assert blobs == opened
        assert 5 == len({material_id for _, material_id in blobs.values()})

    def test_data_keys_stay(self, kms, clock, key_arn):
        """Data keys are not rotated: theirs is the old ciphertext (rules ROT-11)."""
        data_key = kms.generate_data_key(KeyId=key_arn, KeySpec="AES_256")
        kms.enable_key_rotation(KeyId=key_arn)
        clock.advance(days=366)
        later = kms.generate_data_key(KeyId=key_arn, KeySpec="AES_256")

        assert (
            data_key["Plaintext"]
            == (kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"])
        )
        assert data_key["KeyMaterialId"] != later["KeyMaterialId"]

    def test_far_jump(self, kms, clock, key_arn, start):
        """However far the clock jumps, every rotation happens on its date (rules ROT-3)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=200)
        clock.advance(days=1001)

        assert [
            (start + timedelta(days=days), "AUTOMATIC") for days in (200, 400, 600, 800, 1000)
        ] == dates(kms, key_arn)
        assert start + timedelta(days=1200) == next_date(kms, key_arn)

    def test_disabled_key(self, kms, clock, key_arn, start):
        """
        A disabled key keeps its rotation status but does not rotate (rules ROT-6).

        That a date in the past goes on being shown is assumed.
        """
        kms.enable_key_rotation(KeyId=key_arn)
        kms.disable_key(KeyId=key_arn)
        first = current_id(kms, key_arn)
        clock.advance(days=1000)

        assert {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": 365,
            "NextRotationDate": start + timedelta(days=365),
        } == rotation_of(kms, key_arn)
        assert first == current_id(kms, key_arn)
        assert [] == dates(kms, key_arn)

    def test_enabled_again_and_overdue(self, kms, clock, key_arn, start):
        """
        A key that missed its rotation gets it when it is enabled, and every period thereafter.

        rules ROT-6.
        """
        kms.enable_key_rotation(KeyId=key_arn)
        kms.disable_key(KeyId=key_arn)
        clock.advance(days=1000)
        kms.enable_key(KeyId=key_arn)

        assert [(start + timedelta(days=1000), "AUTOMATIC")] == dates(kms, key_arn)
        assert start + timedelta(days=1365) == next_date(kms, key_arn)
        clock.advance(days=365)
        assert 2 == len(dates(kms, key_arn))

    def test_enabled_again_in_time(self, kms, clock, key_arn, start):
        """A key that is enabled in time goes on with its schedule (rules ROT-6)."""
        kms.enable_key_rotation(KeyId=key_arn)
        kms.disable_key(KeyId=key_arn)
        clock.advance(days=300)
        kms.enable_key(KeyId=key_arn)
        before = dates(kms, key_arn)
        clock.advance(days=65)

        assert [] == before
        assert [(start + timedelta(days=365), "AUTOMATIC")] == dates(kms, key_arn)

    def test_enabling_an_enabled_key(self, kms, clock, key_arn, start):
        """Enabling a key that is enabled does not rotate it."""
        kms.enable_key_rotation(KeyId=key_arn)
        clock.advance(days=364)
        kms.enable_key(KeyId=key_arn)

        assert [] == dates(kms, key_arn)
        assert start + timedelta(days=365) == next_date(kms, key_arn)

    def test_pending_deletion(self, kms, clock, key_arn):
        """A key pending deletion does not rotate, and its status reads false (rules ROT-7)."""
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(days=80)
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=20)
        clock.advance(days=15)

        assert {"KeyRotationEnabled": False} == rotation_of(kms, key_arn)
        assert [] == dates(kms, key_arn)

    def test_cancelled_deletion(self, kms, clock, key_arn, start):
        """
        Cancelling the deletion restores the status; the key rotates when it is enabled (ROT-7).
        """
        kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=90)
        clock.advance(days=80)
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=20)
        clock.advance(days=15)
        kms.cancel_key_deletion(KeyId=key_arn)
        restored, before = rotation_of(kms, key_arn), dates(kms, key_arn)
        kms.enable_key(KeyId=key_arn)

        assert {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": 90,
            "NextRotationDate": start + timedelta(days=90),
        } == restored
        assert [] == before
        assert [(start + timedelta(days=95), "AUTOMATIC")] == dates(kms, key_arn)

    def test_of_a_key_that_is_gone(self, kms, clock, key_arn):
        """Nothing is rotated on the date of a key that was deleted before."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        kms.enable_key_rotation(KeyId=key_arn)
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
        clock.advance(days=1000)

        assert "NotFoundException" == refusal(kms.get_key_rotation_status, KeyId=key_arn)[0]
        assert "AccessDeniedException" == refusal(kms.decrypt, CiphertextBlob=blob)[0]


class TestAwsManagedKey:
    """Keys of AWS services rotate every year, whatever anybody wants (rules ROT-24)."""

    @pytest.fixture
    def managed(self, kms, start):
        return kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]

    def test_status(self, kms, managed, start):
        """An AWS managed key's status is true, with a period of a year (rules ROT-5)."""
        assert {
            "KeyRotationEnabled": True,
            "RotationPeriodInDays": 365,
            "NextRotationDate": start + timedelta(days=365),
        } == rotation_of(kms, managed)

    def test_rotation(self, kms, clock, managed, start):
        """Every year an AWS managed key rotates automatically (wire-facts O21)."""
        clock.advance(days=800)

        assert [(start + timedelta(days=days), "AUTOMATIC") for days in (365, 730)] == dates(
            kms, managed
        )

    def test_rotations(self, kms, clock, managed):
        """Its rotations are listed, none at first, under its ARN (wire-facts V1)."""
        key_id = key_id_of(managed)
        before = members(kms.list_key_rotations(KeyId=key_id))
        clock.advance(days=365)

        (entry,) = kms.list_key_rotations(KeyId=key_id)["Rotations"]

        assert {"Rotations": [], "Truncated": False} == before
        assert managed == entry["KeyId"]

    @pytest.mark.parametrize(
        "operation", ["EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"]
    )
    def test_refusals(self, kms, managed, operation):
        """Nobody but the service changes the rotation of its key (rules KEY-25; assumed)."""
        calls = {
            "EnableKeyRotation": kms.enable_key_rotation,
            "DisableKeyRotation": kms.disable_key_rotation,
            "RotateKeyOnDemand": kms.rotate_key_on_demand,
        }

        assert (
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/kmsmock is not authorized to perform:"
            f" kms:{operation} on resource: {managed} because no resource-based policy allows the"
            f" kms:{operation} action",
        ) == refusal(calls[operation], KeyId=managed)


class TestKeysThatDoNotRotate:
    @pytest.mark.parametrize("kind", FIXED_KINDS.values(), ids=FIXED_KINDS)
    def test_enable(self, kms, kind):
        """
        Only symmetric keys rotate; the others are refused without a message (wire-facts O8).

        rules ROT-1.
        """
        key_arn = create_key(kms, **kind)

        assert UNSUPPORTED == refusal(kms.enable_key_rotation, KeyId=key_arn)
        assert not is_rotating(kms, key_arn)

    @pytest.mark.parametrize("kind", FIXED_KINDS.values(), ids=FIXED_KINDS)
    def test_disable(self, kms, kind):
        """A key that cannot rotate may be told not to (wire-facts O9, X17)."""
        key_arn = create_key(kms, **kind)

        kms.disable_key_rotation(KeyId=key_arn)

        assert not is_rotating(kms, key_arn)

    @pytest.mark.parametrize("kind", FIXED_KINDS.values(), ids=FIXED_KINDS)
    def test_status(self, kms, kind):
        """
        The status of a key that cannot rotate is false, and no error (wire-facts O18, ROT-5).
        """
        assert {"KeyRotationEnabled": False} == rotation_of(kms, create_key(kms, **kind))

    @pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
    def test_disabled_key(self, kms, kind):
        """Of a disabled key it is told that it is disabled, before anything else (O10)."""
        key_arn = create_key(kms, **kind)
        kms.disable_key(KeyId=key_arn)

        assert [("DisabledException", f"{key_arn} is disabled.")] * 2 == [
            refusal(call, KeyId=key_arn)
            for call in (kms.enable_key_rotation, kms.disable_key_rotation)
        ]

    @pytest.mark.parametrize("kind", ["symmetric", "HMAC"])
    def test_pending_deletion(self, kms, kind):
        """A key on its way out does not change its rotation any more (S2's sentence)."""
        key_arn = create_key(kms, **KINDS[kind])
        kms.schedule_key_deletion(KeyId=key_arn)

        assert [("KMSInvalidStateException", f"{key_arn} is pending deletion.")] * 2 == [
            refusal(call, KeyId=key_arn)
            for call in (kms.enable_key_rotation, kms.disable_key_rotation)
        ]

    @pytest.mark.parametrize("state", ["PendingImport", "Enabled", "Disabled"])
    def test_imported_material(self, kms, state):
        """
        Imported material does not rotate by itself: origin before state (wire-facts O12, ROT-1).
        """
        key_arn = create_key(kms, Origin="EXTERNAL")
        if state != "PendingImport":
            key_arn = create_imported(kms, bytes(32))
        if state == "Disabled":
            kms.disable_key(KeyId=key_arn)

        assert [wrong_origin(key_arn)] * 2 == [
            refusal(call, KeyId=key_arn)
            for call in (kms.enable_key_rotation, kms.disable_key_rotation)
        ]
        assert {"KeyRotationEnabled": False} == rotation_of(kms, key_arn)  # rules SRC-3, ROT-5

    @pytest.mark.parametrize("form", ["id", "ARN"])
    def test_key_id_in_the_answer(self, kms, form, key_arn):
        """GetKeyRotationStatus names the key by its ARN, whatever was sent (wire-facts V2, O20)."""
        sent = key_arn if form == "ARN" else key_id_of(key_arn)

        assert key_arn == kms.get_key_rotation_status(KeyId=sent)["KeyId"]


class TestMultiRegion:
    """Related keys share their rotation, which is set on the primary key (rules ROT-9)."""

    @pytest.fixture
    def eu(self, kms_mock):
        return todays_client(kms_mock, "eu-west-1")

    @pytest.fixture
    def primary(self, kms, start):
        return create_key(kms, MultiRegion=True)

    @pytest.fixture
    def replica(self, kms, primary):
        kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
        return primary.replace("us-east-1", "eu-west-1")

    def test_replica_is_refused(self, eu, replica):
        """A replica is no key to set rotation on (rules ROT-9; the text is assumed)."""
        refused = (
            "UnsupportedOperationException",
            f"{replica} is not a multi-region primary key.",
        )

        assert [refused] * 3 == [
            refusal(call, KeyId=replica)
            for call in (
                eu.enable_key_rotation,
                eu.disable_key_rotation,
                eu.rotate_key_on_demand,
            )
        ]

    def test_status_is_shared(self, kms, eu, primary, replica):
        """A replica shows the schedule of its primary key (rules ROT-9)."""
        kms.enable_key_rotation(KeyId=primary, RotationPeriodInDays=100)

        assert rotation_of(kms, primary) == rotation_of(eu, replica)
        assert is_rotating(eu, replica)

    def test_rotation_is_shared(self, kms, eu, clock, primary, replica):
        """All related keys get the new material at once, and all decrypt the old (rules MR-9)."""
        old = kms.encrypt(KeyId=primary, Plaintext=b"old")["CiphertextBlob"]
        kms.enable_key_rotation(KeyId=primary)
        clock.advance(days=366)
        new = eu.encrypt(KeyId=replica, Plaintext=b"new")["CiphertextBlob"]

        assert current_id(kms, primary) == current_id(eu, replica)
        assert dates(kms, primary) == dates(eu, replica)
        assert b"old" == eu.decrypt(CiphertextBlob=old)["Plaintext"]
        assert b"new" == kms.decrypt(CiphertextBlob=new)["Plaintext"]

    def test_later_replica_has_every_material(self, kms, eu, clock, primary):
        """A replica that is made after a rotation decrypts what was encrypted before (MR-9)."""
        old = kms.encrypt(KeyId=primary, Plaintext=b"old")["CiphertextBlob"]
        kms.enable_key_rotation(KeyId=primary)
        clock.advance(days=366)
        kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")

        assert b"old" == eu.decrypt(CiphertextBlob=old)["Plaintext"]

    def test_disabled_primary(self, kms, eu, clock, primary, replica):
        """While the primary key is disabled, nothing rotates (rules ROT-6; assumed)."""
        kms.enable_key_rotation(KeyId=primary)
        kms.disable_key(KeyId=primary)
        clock.advance(days=366)
        kms.enable_key(KeyId=primary)
        kms.disable_key(KeyId=primary)
        rotated = dates(eu, replica)
        clock.advance(days=366)
        eu.enable_key(KeyId=replica)

        assert [(clock.now() - timedelta(days=366), "AUTOMATIC")] == rotated
        assert rotated == dates(eu, replica)

    def test_disabled_replica(self, kms, eu, clock, primary, replica):
        """A disabled replica is rotated with the others (assumed)."""
        kms.enable_key_rotation(KeyId=primary)
        eu.disable_key(KeyId=replica)
        clock.advance(days=366)

        assert current_id(kms, primary) == current_id(eu, replica)
        assert 1 == len(dates(eu, replica))

    def test_new_primary(self, kms, eu, clock, primary, replica, start):
        """The schedule goes to the new primary key, which alone may change it (rules ROT-9)."""
        kms.enable_key_rotation(KeyId=primary)
        kms.update_primary_region(KeyId=primary, PrimaryRegion="eu-west-1")
        clock.advance(days=366)

        assert [(start + timedelta(days=365), "AUTOMATIC")] == dates(kms, primary)
        assert (
            "UnsupportedOperationException",
            f"{primary} is not a multi-region primary key.",
        ) == refusal(kms.disable_key_rotation, KeyId=primary)
        eu.disable_key_rotation(KeyId=replica)
        assert not is_rotating(kms, primary)

    def test_new_primary_without_the_old_one(self, kms, eu, clock, primary, replica, start):
        """Rotation goes on when the key that was primary is deleted (rules ROT-9)."""
        kms.enable_key_rotation(KeyId=primary)
        kms.update_primary_region(KeyId=primary, PrimaryRegion="eu-west-1")
        kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=7)
        clock.advance(days=366)

        assert [(start + timedelta(days=365), "AUTOMATIC")] == dates(eu, replica)

    def test_replica_pending_deletion(self, kms, eu, primary, replica):
        """
        The status of a replica pending deletion reads false, that of its primary does not.

        rules ROT-7.
        """
        kms.enable_key_rotation(KeyId=primary)
        eu.schedule_key_deletion(KeyId=replica)

        assert (True, False) == (is_rotating(kms, primary), is_rotating(eu, replica))
