"""Key material: no two live keys share any, and RSA pairs of a finished mock serve the next one."""

from collections import defaultdict, deque
from dataclasses import replace

import pytest

from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.crypto.pool import POOL
from pytest_kmsmock.mock import ACTIVE
from tests.vocabulary import create_key

PAIR_SPECS = [
    pytest.param("RSA_2048", 5, id="RSA_2048"),
    pytest.param("ECC_NIST_P256", 20, id="ECC_NIST_P256"),
    pytest.param("ECC_NIST_EDWARDS25519", 20, id="ECC_NIST_EDWARDS25519"),
    pytest.param("ML_DSA_44", 20, id="ML_DSA_44"),
]


def create_and_show(kms, count, spec="RSA_2048"):
    """Make *count* signing keys and return their public keys, which makes the material."""
    keys = [create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY") for _ in range(count)]
    return {kms.get_public_key(KeyId=key_arn)["PublicKey"] for key_arn in keys}


@pytest.fixture
def generated(monkeypatch):
    """Empty the pool for the test, and record the size of each RSA pair that is made."""
    sizes = []

    def record(bits, find_store):
        sizes.append(bits)
        return POOL.generate(bits)

    monkeypatch.setattr(POOL, "_free", defaultdict(deque))
    monkeypatch.setattr(POOL, "obtain", record)  # none of an earlier run
    return sizes


@pytest.mark.parametrize(("spec", "count"), PAIR_SPECS)
def test_create_key_many_times(kms, spec, count):
    """Every key of a mock has material of its own."""
    assert count == len(create_and_show(kms, count, spec))


def test_create_key_in_two_mocks(kms):
    """Two mocks that live at once share no material, whichever is asked first."""
    first = create_and_show(kms, 2)
    with mock_kms(isolated=True):
        inner = create_and_show(kms, 2)
    again = create_and_show(kms, 2)

    # What the inner mock gave back may serve the outer one's later keys, never its earlier ones.
    assert set() == first & inner
    assert set() == first & again


def test_data_key_pairs_and_keys(kms):
    """Data key pairs and KMS keys of one mock share no material."""
    shown = create_and_show(kms, 2)
    protecting = create_key(kms)
    pairs = {
        kms.generate_data_key_pair(KeyId=protecting, KeyPairSpec="RSA_2048")["PublicKey"]
        for _ in range(2)
    }

    assert 2 == len(pairs)
    assert set() == shown & pairs


def test_create_key_makes_no_material(kms, generated):
    """An RSA pair is made when it is first used, which most keys of tests never are."""
    for bits in (2048, 3072, 4096):
        kms.describe_key(KeyId=create_key(kms, KeySpec=f"RSA_{bits}", KeyUsage="SIGN_VERIFY"))

    assert [] == generated


def test_dry_run_makes_no_pair(kms, generated):
    """A dry run of GenerateDataKeyPair does not pay for the pair that nobody gets."""
    with pytest.raises(kms.exceptions.DryRunOperationException):
        kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec="RSA_4096", DryRun=True)

    assert [] == generated


def test_finished_mock(kms, generated):
    """The pairs of a finished mock serve the next one, which makes only what it needs more."""
    with mock_kms(isolated=True):
        first = create_and_show(kms, 2)
    with mock_kms(isolated=True):
        second = create_and_show(kms, 3)

    assert first < second
    assert [2048] * 3 == generated


def test_reset_mock(kms, kms_mock, generated):
    """So do those of a mock that was reset."""
    first = create_and_show(kms, 2)
    kms_mock.reset()

    assert first == create_and_show(kms, 2)
    assert [2048] * 2 == generated


def test_pairs_not_reused(kms, generated, monkeypatch):
    """With kmsmock_reuse_key_pairs off every mock makes its own pairs, and none is kept."""
    monkeypatch.setattr(ACTIVE, "defaults", replace(ACTIVE.defaults, reuse_key_pairs=False))
    with mock_kms(isolated=True):
        first = create_and_show(kms, 2)
    with mock_kms(isolated=True):
        second = create_and_show(kms, 2)

    assert set() == first & second
    assert [2048] * 4 == generated
