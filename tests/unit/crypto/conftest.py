"""What the tests of the cryptography share: one process-wide loan of RSA pairs, and randomness."""

from collections.abc import Iterator

import pytest

from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource, SystemRandomness


@pytest.fixture
def source() -> RandomSource:
    return SystemRandomness()


@pytest.fixture
def leases() -> Iterator[Leases]:
    leases = Leases()
    yield leases
    leases.close()
