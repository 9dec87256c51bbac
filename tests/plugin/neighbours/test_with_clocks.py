"""Beside freezegun and time-machine: a mock follows their time, and its own comes on top."""

import pytest

SUITE = """
    import datetime as dt
    import boto3, pytest
    {imports}
    from pytest_kmsmock import mock_kms

    NEW_YEAR = dt.datetime(2031, 1, 1, tzinfo=dt.timezone.utc)

    def created():
        return boto3.client("kms").create_key()["KeyMetadata"]["CreationDate"]

    @{travel}
    @mock_kms
    def test_around_the_decorator():
        assert NEW_YEAR == created()

    @mock_kms
    @{travel}
    def test_inside_the_decorator():
        assert NEW_YEAR == created()

    @{travel}
    async def test_coroutine(kms):
        assert NEW_YEAR == created()

    @pytest.mark.parametrize("wire", [False, True])
    def test_both_clocks(wire):
        with {travel} as travelled, mock_kms(wire=wire) as mock:
            kms = mock.client()
            key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
            travelled.{move}(dt.timedelta(days=3))
            mock.clock.advance(days=3)
            assert NEW_YEAR + dt.timedelta(days=6) == mock.clock.now()
            assert "PendingDeletion" == kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]

            travelled.{move}(dt.timedelta(days=1))
            with pytest.raises(kms.exceptions.NotFoundException):
                kms.describe_key(KeyId=key_id)
"""


@pytest.mark.slow
def test_freezegun(run_pytest):
    """freezegun's time is the mock's, at both seams, and `clock.advance()` adds to it."""
    module = SUITE.format(
        imports="from freezegun import freeze_time",
        travel="freeze_time('2031-01-01')",
        move="tick",
    )
    result = run_pytest(module, ini="asyncio_mode = auto")

    result.assert_outcomes(passed=5)


def test_time_machine(run_pytest):
    """So is time-machine's."""
    module = SUITE.format(
        imports="import time_machine",
        travel="time_machine.travel(NEW_YEAR, tick=False)",
        move="shift",
    )
    result = run_pytest(module, ini="asyncio_mode = auto")

    result.assert_outcomes(passed=5)


def test_fixture_and_marker_of_time_machine(run_pytest):
    """The fixture of time-machine moves a mock that has begun, and its marker the whole test."""
    result = run_pytest(
        """
    import datetime as dt
    import pytest

    NEW_YEAR = dt.datetime(2031, 1, 1, tzinfo=dt.timezone.utc)

    @pytest.fixture
    def created(kms):
        return kms.create_key()["KeyMetadata"]["CreationDate"]

    def test_fixture(kms, created, time_machine):
        time_machine.move_to(NEW_YEAR, tick=False)
        assert NEW_YEAR != created
        assert NEW_YEAR == kms.create_key()["KeyMetadata"]["CreationDate"]

    @pytest.mark.time_machine(NEW_YEAR, tick=False)
    def test_marker(kms, created):
        assert NEW_YEAR == created
    """
    )

    result.assert_outcomes(passed=2)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("moment", ["1971-01-01", "2100-01-01"])
def test_signature_under_frozen_time(run_pytest, moment):
    """Through the wire a request is signed in frozen time, however far that is from ours."""
    result = run_pytest(
        f"""
    import boto3
    from freezegun import freeze_time
    from pytest_kmsmock import mock_kms

    @freeze_time("{moment}")
    @mock_kms(wire=True)
    def test_it():
        client = boto3.client("kms", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        signed = []
        client.meta.events.register(
            "before-send.kms", lambda request, **_: signed.append(request.headers["X-Amz-Date"])
        )
        client.create_key()
        assert [b"{moment.replace("-", "")}T000000Z"] == signed
    """
    )

    result.assert_outcomes(passed=1)
