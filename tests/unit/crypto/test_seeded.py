"""Seeded randomness: what is random on AWS repeats itself, and is right all the same."""

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from pytest_kmsmock._kms.crypto.algorithms import SIGNING
from pytest_kmsmock._kms.crypto.materials.making import generate, load_private_key
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import SYSTEM
from pytest_kmsmock._kms.crypto.seeded import SeededRandomness, make_rsa
from pytest_kmsmock._kms.crypto.specs import SPECS

# RSA_3072 and RSA_4096 go the same way, and take seconds.
PAIRS = [
    name
    for name, spec in SPECS.items()
    if spec.is_asymmetric and name not in ("RSA_3072", "RSA_4096")
]
# `cryptography` hedges every ML-DSA signature.
SIGNERS = [name for name in PAIRS if SPECS[name].signing_algorithms and "ML_DSA" not in name]


def make(name, seed=42):
    return generate(SPECS[name], source=SeededRandomness(seed), leases=Leases())


def messages(algorithm):
    row = SIGNING[algorithm]
    return [
        (message_type, b"m" * (row.digest_length or 1) if message_type != "RAW" else b"message")
        for message_type in row.message_types
    ]


def test_token_bytes():
    """The same seed gives the same bytes in the same order; another seed gives others."""
    first, second, other = SeededRandomness(1), SeededRandomness(1), SeededRandomness(2)

    drawn = [first.token_bytes(16), first.token_bytes(16)]

    assert drawn == [second.token_bytes(16), second.token_bytes(16)]
    assert drawn[0] != drawn[1]
    assert other.token_bytes(16) not in drawn


def test_seeds_of_different_types():
    """The seeds 1 and "1" are two seeds."""
    assert SeededRandomness(1).token_bytes(8) != SeededRandomness("1").token_bytes(8)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", sorted(SPECS.keys() - {"RSA_3072", "RSA_4096"}))
def test_generate(name):
    """Material of every spec is the same for the same seed, and another for another."""
    assert make(name).private_key() == make(name).private_key()
    assert make(name).private_key() != make(name, seed=43).private_key()


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", PAIRS)
def test_generate_does_not_depend_on_the_order_of_use(name):
    """Two keys are the same, whichever is used first."""

    def pair():
        source = SeededRandomness(7)
        return [generate(SPECS[name], source=source, leases=Leases()) for _ in range(2)]

    first, second = pair()
    again, later = pair()

    assert later.private_key() == second.private_key()
    assert again.private_key() == first.private_key()


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNERS)
def test_sign(name):
    """Signatures repeat themselves, and an unseeded key of the same material verifies them."""
    for algorithm in SPECS[name].signing_algorithms:
        for message_type, message in messages(algorithm):
            signature = make(name).sign(algorithm, message, message_type)

            assert signature == make(name).sign(algorithm, message, message_type)
            verifier = load_private_key(SPECS[name], make(name).private_key(), source=SYSTEM)
            assert verifier.verify(algorithm, message, message_type, signature)


@pytest.mark.parametrize("name", [name for name in PAIRS if SPECS[name].encryption_algorithms])
@pytest.mark.parametrize("length", [1, 100], ids="{} bytes".format)
def test_encrypt(name, length):
    """Asymmetric ciphertexts repeat themselves, and an unseeded key opens them."""
    plaintext = bytes(range(length))
    for algorithm in SPECS[name].encryption_algorithms:
        ciphertext = make(name).encrypt(algorithm, plaintext)

        assert ciphertext == make(name).encrypt(algorithm, plaintext)
        opener = load_private_key(SPECS[name], make(name).private_key(), source=SYSTEM)
        assert plaintext == opener.decrypt(algorithm, ciphertext)


@pytest.mark.slow
def test_make_rsa():
    """A seeded RSA key has exactly its bits, and passes OpenSSL's whole validation."""
    material = make("RSA_2048")

    key = load_der_private_key(material.private_key(), None)

    assert 2048 == key.key_size
    assert make_rsa(2048, b"seed").private_numbers() != key.private_numbers()
