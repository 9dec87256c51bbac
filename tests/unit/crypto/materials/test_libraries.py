"""An older `cryptography`: what it lacks is told in one sentence, when it is used."""

import sys

import cryptography
import pytest
from cryptography.hazmat.primitives import asymmetric

from pytest_kmsmock._kms import lazily
from pytest_kmsmock._kms.crypto.errors import Unavailable
from pytest_kmsmock._kms.crypto.materials import making
from tests.vocabulary import create_key, members

SENTENCE = rf"^ML-DSA needs cryptography>=48, and {cryptography.__version__} is installed$"


@pytest.fixture
def without_ml_dsa(monkeypatch):
    """Take ML-DSA from `cryptography`, and what was made of it from us."""
    monkeypatch.setitem(sys.modules, f"{asymmetric.__name__}.mldsa", None)
    monkeypatch.delattr(asymmetric, "mldsa", raising=False)  # it is there once it was loaded
    for modules in (sys.modules, lazily._KEPT):
        monkeypatch.delitem(modules, f"{making.__package__}.ml_dsa", raising=False)
    making._class_of.cache_clear()


def test_key_of_an_algorithm_that_is_missing(kms, without_ml_dsa):
    """CreateKey names the version that has the algorithm, each time, and makes no key."""
    for _ in range(2):
        with pytest.raises(Unavailable, match=SENTENCE):
            create_key(kms, KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY")

    assert [] == members(kms.list_keys())["Keys"]


def test_other_keys(kms, without_ml_dsa):
    """Keys of all other specs are made as ever."""
    key_id = create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")

    assert kms.sign(KeyId=key_id, Message=b"hi", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
