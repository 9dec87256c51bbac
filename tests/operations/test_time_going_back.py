"""Time that goes back, as a test's own clock may let it: KMS goes on, and nothing is lost."""

import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import pytest
import time_machine
from botocore.exceptions import ClientError

from tests.conformance.stage import Stage
from tests.operations.importer import create_imported
from tests.vocabulary import create_key, describe

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

START: Final = datetime(2030, 1, 2, tzinfo=timezone.utc)
DAY: Final = timedelta(days=1)


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
def test_a_replica_that_is_still_being_made(kms, kms_mock, origin):
    """A replica whose deletion was cancelled before it was ready does not become ready again."""
    eu = kms_mock.client("eu-west-1")
    with at(START):
        key_arn = (
            create_key(kms, MultiRegion=True)
            if origin == "AWS_KMS"
            else create_imported(kms, b"m" * 32, MultiRegion=True)
        )
        key_id = key_arn.rpartition("/")[2]
        kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    with at(START - DAY):
        before = describe(eu, key_id)["KeyState"]
        eu.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
        eu.cancel_key_deletion(KeyId=key_id)
    with at(START + DAY):
        after = [describe(eu, key_id)["KeyState"] for _ in range(2)]

    assert "Creating" == before
    assert ["Disabled" if origin == "AWS_KMS" else "PendingImport"] * 2 == after


def test_a_replica_that_was_deleted_before_it_was_ready(kms, kms_mock):
    """What was to become ready may be gone by then."""
    eu = kms_mock.client("eu-west-1")
    with at(START + 30 * DAY):
        key_id = create_key(kms, MultiRegion=True).rpartition("/")[2]
        kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    with at(START):
        eu.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    with at(START + 40 * DAY):
        assert [] == eu.list_keys()["Keys"]


def test_a_rotation_that_is_yet_to_come(kms):
    """A key whose rotation lies ahead, because time went back, can be rotated."""
    key_id = create_key(kms)
    with at(START):
        kms.rotate_key_on_demand(KeyId=key_id)
    with at(START - DAY):
        status = kms.get_key_rotation_status(KeyId=key_id)
        kms.rotate_key_on_demand(KeyId=key_id)

    assert "OnDemandRotationStartDate" not in status


def acts_of(kms: "KMSClient", eu: "KMSClient", stores: list[str], dice: random.Random) -> Any:
    """Choose something to do whose effects last, or come later."""
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    key_id, store = dice.choice(keys), dice.choice(stores)
    client = dice.choice([kms, eu])
    return dice.choice(
        [
            lambda: create_key(kms, MultiRegion=True),
            lambda: kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1"),
            lambda: client.update_primary_region(KeyId=key_id, PrimaryRegion="eu-west-1"),
            lambda: client.update_primary_region(KeyId=key_id, PrimaryRegion="us-east-1"),
            lambda: client.schedule_key_deletion(
                KeyId=key_id, PendingWindowInDays=dice.randint(7, 30)
            ),
            lambda: client.cancel_key_deletion(KeyId=key_id),
            lambda: client.enable_key(KeyId=key_id),
            lambda: client.disable_key(KeyId=key_id),
            lambda: client.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90),
            lambda: client.rotate_key_on_demand(KeyId=key_id),
            lambda: kms.connect_custom_key_store(CustomKeyStoreId=store),
            lambda: kms.disconnect_custom_key_store(CustomKeyStoreId=store),
            lambda: create_key(kms, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store),
            lambda: client.encrypt(KeyId=key_id, Plaintext=b"x"),
        ]
    )


@pytest.mark.sweep(5)
@pytest.mark.parametrize("seed", range(4))
def test_a_walk_to_and_fro(kms, kms_mock, seed):
    """Whatever is done and however time jumps, a call is answered as AWS answers."""
    dice, eu = random.Random(seed), kms_mock.client("eu-west-1")
    answered = 0
    with at(START):
        stores = [Stage(mock=kms_mock).create_key_store()]
        create_key(kms, MultiRegion=True)
    for _ in range(150):
        with at(START + timedelta(days=dice.randint(-40, 400), seconds=dice.randint(0, 9))):
            if not kms.list_keys()["Keys"]:
                create_key(kms, MultiRegion=True)
            try:
                acts_of(kms, eu, stores, dice)()
            except ClientError:
                continue
            answered += 1
            for client in (kms, eu):
                for key in client.list_keys()["Keys"]:
                    describe(client, key["KeyId"])

    assert answered > 20
