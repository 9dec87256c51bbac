"""Snapshots, restores, seeds and known ciphertexts while other threads call KMS."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest

from pytest_kmsmock import KmsMock
from tests.conformance.observation import observe
from tests.vocabulary import create_key


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Let threads change places as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def beside_calls(mock: KmsMock, work: Callable[[], object], times: int) -> list[object]:
    """Do *work* so many times while another thread makes keys and aliases."""
    kms, over, finished = mock.client(), threading.Event(), []

    def call() -> None:
        while not over.is_set():
            # Restored in between, the key is gone.
            with suppress(kms.exceptions.NotFoundException):
                key = create_key(kms)
                kms.create_alias(AliasName=f"alias/{key[-36:]}", TargetKeyId=key)
        finished.append(True)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        done = [work() for _ in range(times)]
    finally:
        over.set()
        thread.join()
    assert finished, "the other thread came to grief"
    return done


def test_snapshots(kms_mock: KmsMock) -> None:
    """A snapshot is of a KMS at rest, whatever calls are being made."""
    key, seeds = kms_mock.create_key(alias="app"), count()

    def take() -> bool:
        world = kms_mock.snapshot()._world
        (region,) = world.accounts[kms_mock.account_id].regions.values()
        kms_mock.seed(str(next(seeds)))
        kms_mock.register_ciphertext(b"known", b"x", key=key)
        return (
            observe(world) is not None
            and sorted(region.keys) == region.key_ids
            and set(region.aliases) == {name for k in region.keys.values() for name in k.aliases}
        )

    assert [True] * 20 == beside_calls(kms_mock, take, 20)


def test_restores(kms_mock: KmsMock) -> None:
    """A restore comes between two calls."""
    kms_mock.create_key(alias="app")
    snapshot = kms_mock.snapshot()

    beside_calls(kms_mock, lambda: kms_mock.restore(snapshot), 20)
    kms_mock.restore(snapshot)

    assert 1 == len(kms_mock.client().list_keys()["Keys"])
