"""ML-KEM key material: by the library and by our own code, which must not be told apart."""

import sys

import pytest

from pytest_kmsmock._kms.crypto.errors import DecryptionFailed
from pytest_kmsmock._kms.crypto.materials import ml_kem
from pytest_kmsmock._kms.crypto.materials.making import generate, load_private_key
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.seeded import SeededRandomness
from pytest_kmsmock._kms.crypto.specs import SPECS

NAMES = ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"]
SEED = bytes(range(64))

every_spec = pytest.mark.parametrize("name", NAMES)


@pytest.mark.parametrize("reason", ["no module", "no backend"])
def test_library_without_ml_kem(monkeypatch, reason):
    """A library that lacks the module, or a build that lacks the algorithm, has no such keys."""
    if reason == "no module":
        # Taken out of its package as well, from which it would be had again.
        monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mlkem", None)
        from cryptography.hazmat.primitives import asymmetric

        monkeypatch.delattr(asymmetric, "mlkem", raising=False)
    else:
        mlkem = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mlkem")
        monkeypatch.setattr(mlkem, "MLKEM768PrivateKey", WithoutBackend)

    assert ml_kem.library_keys.__wrapped__() == {}


class WithoutBackend:
    """A class of keys that the library's backend does not support."""

    @staticmethod
    def from_seed_bytes(seed):
        from cryptography.exceptions import UnsupportedAlgorithm

        raise UnsupportedAlgorithm("this backend has no ML-KEM")


@every_spec
def test_without_library(monkeypatch, name):
    """Without the library a key is the same, and opens what is encapsulated with it."""
    spec = SPECS[name]
    theirs = load_private_key(spec, SEED)
    secret, ciphertext = theirs.encapsulate()
    foreign = bytes(len(ciphertext))
    shown = theirs.public_key(), theirs.private_key(), theirs.decapsulate(foreign)
    with monkeypatch.context() as patch:
        patch.setattr(ml_kem, "library_keys", dict)
        ours = load_private_key(spec, SEED)

        assert ours.decapsulate(ciphertext) == secret
        assert shown == (ours.public_key(), ours.private_key(), ours.decapsulate(foreign))
        secret, ciphertext = ours.encapsulate()
    assert theirs.decapsulate(ciphertext) == secret


@every_spec
def test_seeded(name):
    """With a seeded source secrets and ciphertexts repeat themselves, and are right."""

    def make():
        return generate(SPECS[name], source=SeededRandomness(42), leases=Leases())

    secret, ciphertext = make().encapsulate()

    assert make().encapsulate() == (secret, ciphertext)
    assert make().decapsulate(ciphertext) == secret
    assert load_private_key(SPECS[name], make().private_key()).decapsulate(ciphertext) == secret


@every_spec
@pytest.mark.parametrize("by", [-1, 1])
def test_ciphertext_of_another_length(name, by):
    """A ciphertext that is too short or too long is no ciphertext."""
    material = load_private_key(SPECS[name], SEED)
    _, ciphertext = material.encapsulate()

    with pytest.raises(DecryptionFailed) as refused:
        material.decapsulate(bytes(len(ciphertext) + by))

    parameter_set = name.replace("_", "-")
    assert str(refused.value) == f"not as long as an {parameter_set} ciphertext"
