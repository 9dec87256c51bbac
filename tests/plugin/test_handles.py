"""What a test holds of a mock is never out of date: it looks again, or says that it can't."""

from datetime import date, datetime, timedelta, timezone

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from tests.vocabulary import ACCOUNT, create_key

BLOB = b"\x01\x02\x02\x00x" + bytes(100)


class TestKeyHandle:
    def test_material_after_restore(self, kms, kms_mock):
        """After `restore()` a handle shows the key as it is now: its rotated material."""
        key = kms_mock.create_key()
        kms_mock.restore(kms_mock.snapshot())
        before = key.material()

        kms.rotate_key_on_demand(KeyId=key.key_id)

        assert before != key.material()

    def test_register_for_a_restored_key(self, kms, kms_mock):
        """A ciphertext is registered for the key that there is now, and so opens with its KeyId."""
        key = kms_mock.create_key()
        kms_mock.restore(kms_mock.snapshot())

        kms_mock.register_ciphertext(BLOB, b"secret", key=key)

        assert b"secret" == kms.decrypt(CiphertextBlob=BLOB, KeyId=key.arn)["Plaintext"]

    @pytest.mark.parametrize("way", ["reset", "restore", "deletion"])
    def test_handle_of_a_key_that_is_gone(self, kms, kms_mock, way):
        """A handle of a key that is gone says so, and names it all the same."""
        empty = kms_mock.snapshot()
        key = kms_mock.create_key()
        kms.schedule_key_deletion(KeyId=key.key_id, PendingWindowInDays=7)
        match way:
            case "reset":
                kms_mock.reset()
            case "restore":
                kms_mock.restore(empty)
            case "deletion":
                kms_mock.clock.advance(days=7)
        message = (
            f"{key.arn} no longer exists: it was deleted, or created after the restored"
            " snapshot, or before reset(); create another with create_key()"
        )

        for ask in (key.material, key.public_key):
            with pytest.raises(LookupError) as refused:
                ask()
            assert message == str(refused.value)
        with pytest.raises(ValueError, match=f"^there is no key {key.arn} in us-east-1: create"):
            kms_mock.register_ciphertext(BLOB, b"x", key=key)
        assert f"<KeyHandle {key.arn}>" == repr(key)

    def test_handle_after_the_mock(self):
        """What a mock held can still be looked at when it has ended."""
        with mock_kms(isolated=True) as mock:
            key = mock.create_key(material=bytes(32))

        assert bytes(32) == key.material()

    def test_handle_of_another_region(self, kms_mock):
        """A handle that is given with another Region than its own is refused."""
        key = kms_mock.create_key(region_name="eu-west-1")

        with pytest.raises(ValueError, match=f"^{key.arn} is not in us-west-2: leave region_name"):
            kms_mock.register_ciphertext(BLOB, b"x", key=key, region_name="us-west-2")
        kms_mock.register_ciphertext(BLOB, b"x", key=key)


class TestClock:
    @pytest.mark.parametrize("way", ["reset", "restore"])
    def test_clock_stays_the_mocks_own(self, kms, kms_mock, way):
        """A clock that was taken before `restore()` or `reset()` is the mock's clock after it."""
        clock = kms_mock.clock
        if way == "reset":
            kms_mock.reset()
        else:
            kms_mock.restore(kms_mock.snapshot())
        key = create_key(kms)
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

        clock.advance(days=8)

        assert [] == kms.list_keys()["Keys"]
        assert timedelta(days=7) < clock.now() - datetime.now(timezone.utc) < timedelta(days=9)

    @pytest.mark.parametrize(
        ("misuse", "error", "message"),
        [
            (
                lambda clock: clock.advance(7),
                TypeError,
                "advance() takes a timedelta, or keywords such as days=7 and seconds=1.5, not 7",
            ),
            (
                lambda clock: clock.advance(days="1"),
                TypeError,
                "advance(days=...) takes a number, not '1'",
            ),
            (
                lambda clock: clock.advance(weeks=1),
                TypeError,
                "advance() has no argument 'weeks' (it takes delta, days, hours, minutes, seconds)",
            ),
            (
                lambda clock: clock.move_to("2030-01-01"),
                TypeError,
                "move_to() takes a datetime such as datetime.fromisoformat('2030-01-01'), not"
                " '2030-01-01'",
            ),
            (
                lambda clock: clock.move_to(date(2030, 1, 1)),
                TypeError,
                "move_to() takes a datetime such as datetime(2030, 1, 1, tzinfo=timezone.utc), not"
                " datetime.date(2030, 1, 1)",
            ),
            (
                lambda clock: clock.advance(days=float("inf")),
                ValueError,
                "advance(days=...) takes a finite number, not inf",
            ),
        ],
        ids=["bare", "text", "weeks", "iso", "date", "infinity"],
    )
    def test_misuse(self, kms_mock, misuse, error, message):
        """A clock that is told nonsense says what to write instead, and stands as it stood."""
        kms_mock.clock.freeze()
        before = kms_mock.clock.now()

        with pytest.raises(error) as refused:
            misuse(kms_mock.clock)

        assert message == str(refused.value)
        assert before == kms_mock.clock.now()

    def test_clock_of_a_mock_that_is_not_active(self):
        """A clock that nobody follows is not moved in silence; it may still be read."""
        mock = KmsMock()
        message = "^this mock is not active: start"
        with pytest.raises(ValueError, match=message):
            _ = mock.clock
        mock.start()
        clock = mock.clock
        mock.stop()

        for move in (clock.freeze, clock.unfreeze, lambda: clock.advance(days=1)):
            with pytest.raises(ValueError, match=message):
                move()
        assert f"<MockClock {clock.now().date()}T" == repr(clock)[:22]


class TestFault:
    def test_fault_after_reset(self, kms, kms_mock):
        """A fault that `reset()` has forgotten hits nothing, and nobody misses it."""
        with kms_mock.fail("ListKeys", "ThrottlingException") as fault:
            kms_mock.reset()
            kms.list_keys()

        assert 0 == fault.fired

    def test_fault_after_restore(self, kms, kms_mock):
        """A planned fault is the mock's, not its KMS's: `restore()` leaves it as it is."""
        snapshot = kms_mock.snapshot()
        with kms_mock.fail("ListKeys", "ThrottlingException") as fault:
            kms_mock.restore(snapshot)
            kms.list_keys()

        assert 1 == fault.fired


class TestRestoreElsewhere:
    def test_restore_where_nothing_would_be_seen(self):
        """A snapshot of another Region or account, which would look empty, is refused."""
        with mock_kms(region_name="eu-west-1", isolated=True) as mock:
            mock.create_key(alias="app")
            snapshot = mock.snapshot()

        with mock_kms(isolated=True) as mock:
            kept = mock.create_key()
            with pytest.raises(ValueError, match="would show nothing") as refused:
                mock.restore(snapshot)
            assert kept.material()

        assert (
            f"this mock, of us-east-1 and account {ACCOUNT}, would show nothing of a snapshot of"
            f" eu-west-1 and account {ACCOUNT}, whose keys are in eu-west-1 of {ACCOUNT}: start it"
            f" with mock_kms(region_name='eu-west-1', account_id='{ACCOUNT}')"
        ) == str(refused.value)

    def test_restore_what_is_used_from_afar(self):
        """A snapshot whose keys are in another Region than its own mock's may be restored."""
        with mock_kms(isolated=True) as mock:
            key = mock.create_key(region_name="eu-west-1")
            snapshot = mock.snapshot()

        with mock_kms(isolated=True) as mock:
            mock.restore(snapshot)

            assert [key.arn] == [
                listed["KeyArn"] for listed in mock.client("eu-west-1").list_keys()["Keys"]
            ]

    def test_restore_an_empty_one(self):
        """An empty KMS is empty everywhere."""
        with mock_kms(region_name="eu-west-1", isolated=True) as mock:
            snapshot = mock.snapshot()

        with mock_kms(isolated=True) as mock:
            mock.create_key()
            mock.restore(snapshot)

            assert [] == mock.client().list_keys()["Keys"]
