"""What the tests of the cryptography share: one process-wide loan of RSA pairs, and randomness."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_kmsmock._kms.crypto.materials.making import generate
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource, SystemRandomness
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.openssl import OpenSSL


@pytest.fixture
def source() -> RandomSource:
    return SystemRandomness()


@pytest.fixture
def leases() -> Iterator[Leases]:
    leases = Leases()
    yield leases
    leases.close()


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSSL:
    return OpenSSL(tmp_path)


@pytest.fixture
def make(source, leases):
    """Make material of a spec, by name."""

    def make(name, china=False):
        return generate(SPECS[name], source=source, leases=leases, china=china)

    return make
