"""Wrapped key material against NIST, Wycheproof and the commands of the AWS guide."""

import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, InvalidPublicKey
from pytest_kmsmock._kms.crypto.materials.making import generate, load
from pytest_kmsmock._kms.crypto.specs import SPECS
from pytest_kmsmock._kms.crypto.wrapping import unwrap, wrap
from tests.unit.crypto.openssl import needs_openssl
from tests.unit.crypto.vectors import in_steps, nist, wycheproof

OAEP_ALGORITHMS = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
KEY_WRAP_ALGORITHMS = ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
SIZES = [2048, 3072, 4096]


@pytest.fixture
def wrapping_key(source, leases):
    return generate(SPECS["RSA_2048"], source=source, leases=leases)


def oaep(wrapping_key, plaintext, algorithm=hashes.SHA256):
    key = load_der_public_key(wrapping_key.public_key())
    return key.encrypt(plaintext, OAEP(MGF1(algorithm()), algorithm(), None))


def unwrapped(wrapping_key, aes_key, wrapped):
    try:
        return unwrap(
            wrapping_key, "RSA_AES_KEY_WRAP_SHA_256", oaep(wrapping_key, aes_key) + wrapped
        )
    except DecryptionFailed:
        return None


@in_steps
@pytest.mark.parametrize("name", ["KWP_AD_256", "KWP_AE_256"])
def test_unwrap_nist(wrapping_key, name, step):
    """NIST's AES-256 wrappings with padding open to its keys, or are refused."""
    records = [record for record in nist(f"keywrap/kwtestvectors/{name}.txt") if "c" in record][
        ::step
    ]
    wrong = []
    for record in records:
        aes_key, wrapped = bytes.fromhex(record["k"]), bytes.fromhex(record["c"])
        expected = bytes.fromhex(record["p"]) if "p" in record else None
        if unwrapped(wrapping_key, aes_key, wrapped) != expected:
            wrong.append((record["section"], record["count"]))

    assert wrong == []
    assert len(records) == 500 // step


def test_unwrap_wycheproof(wrapping_key):
    """Wycheproof's wrappings get its verdict if the key is AES-256; others are refused."""
    cases = wycheproof("Cipher/aes_kwp_test")
    wrong = []
    for case in cases:
        valid = case.result == "valid" and case.group["keySize"] == 256
        expected = case.octets("msg") if valid else None
        if unwrapped(wrapping_key, case.octets("key"), case.octets("ct")) != expected:
            wrong.append(case.number)

    assert wrong == []
    assert len(cases) == 254


@pytest.mark.parametrize("algorithm", OAEP_ALGORITHMS)
@pytest.mark.parametrize("size", SIZES)
def test_wrap_secret(source, leases, size, algorithm):
    """A symmetric key goes through OAEP (rules IMP-3)."""
    wrapping_key = generate(SPECS[f"RSA_{size}"], source=source, leases=leases)
    wrapped = wrap(wrapping_key.public_key(), algorithm, b"s" * 32)

    assert len(wrapped) == size // 8
    assert unwrap(wrapping_key, algorithm, wrapped) == b"s" * 32


@pytest.mark.parametrize("algorithm", KEY_WRAP_ALGORITHMS)
@pytest.mark.parametrize("name", ["RSA_2048", "RSA_3072", "ECC_NIST_P521"])
def test_wrap_private_key(source, leases, wrapping_key, name, algorithm):
    """A private key goes through RSA_AES_KEY_WRAP and is whole afterwards (wire-facts M17)."""
    spec = SPECS[name]
    material = generate(spec, source=source, leases=leases)
    wrapped = wrap(wrapping_key.public_key(), algorithm, material.private_key())
    found = load(spec, unwrap(wrapping_key, algorithm, wrapped))

    assert found.public_key() == material.public_key()


@pytest.mark.parametrize("name", ["SYMMETRIC_DEFAULT", "ECC_NIST_P256", "SM2"])
def test_wrap_sm2pke(source, leases, name):
    """In the China Regions material goes through SM2PKE."""
    wrapping_key = generate(SPECS["SM2"], source=source, leases=leases, china=True)
    material = generate(SPECS[name], source=source, leases=leases, china=True).private_key()
    wrapped = wrap(wrapping_key.public_key(), "SM2PKE", material)

    assert unwrap(wrapping_key, "SM2PKE", wrapped) == material


@pytest.mark.parametrize("algorithm", OAEP_ALGORITHMS)
def test_wrap_too_long(source, leases, wrapping_key, algorithm):
    """A P-521 private key does not fit into OAEP with RSA_2048 (rules IMP-3)."""
    material = generate(SPECS["ECC_NIST_P521"], source=source, leases=leases)

    with pytest.raises(ValueError, match="Encryption failed"):
        wrap(wrapping_key.public_key(), algorithm, material.private_key())


@pytest.mark.parametrize("algorithm", ["RSAES_PKCS1_V1_5", "FOO"])
def test_wrap_unsupported(wrapping_key, algorithm):
    """An algorithm that KMS does not support is a mistake of the caller (rules IMP-2)."""
    expected = f"^KMS does not support the wrapping algorithm {algorithm}$"

    with pytest.raises(ValueError, match=expected):
        wrap(wrapping_key.public_key(), algorithm, bytes(32))
    with pytest.raises(ValueError, match=expected):
        unwrap(wrapping_key, algorithm, bytes(256))


@pytest.mark.parametrize("algorithm", [*OAEP_ALGORITHMS, *KEY_WRAP_ALGORITHMS])
def test_wrap_for_another_kind_of_key(source, leases, algorithm):
    """Only an RSA key can wrap with RSA."""
    other = generate(SPECS["ECC_NIST_P256"], source=source, leases=leases)

    with pytest.raises(InvalidPublicKey, match=f"^{algorithm} needs an RSA public key$"):
        wrap(other.public_key(), algorithm, bytes(32))


ALL = [*OAEP_ALGORITHMS, *KEY_WRAP_ALGORITHMS]


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("size", [1, 255, 256, 257, 263, 264, 300])
def test_unwrap_garbage(wrapping_key, algorithm, size):
    """Garbage of any length is refused."""

    with pytest.raises(DecryptionFailed):
        unwrap(wrapping_key, algorithm, bytes(size))


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("other", ALL)
def test_unwrap_with_another_algorithm(wrapping_key, algorithm, other):
    """Material opens only under the algorithm that wrapped it."""
    wrapped = wrap(wrapping_key.public_key(), algorithm, b"s" * 32)
    try:
        found = unwrap(wrapping_key, other, wrapped)
    except DecryptionFailed:
        found = None

    assert found == (b"s" * 32 if algorithm == other else None)


@pytest.mark.parametrize("algorithm", KEY_WRAP_ALGORITHMS)
def test_unwrap_damaged(wrapping_key, algorithm):
    """A flipped bit anywhere behind the AES key is noticed."""
    wrapped = wrap(wrapping_key.public_key(), algorithm, b"s" * 37)

    for position in range(256, len(wrapped)):
        damaged = bytearray(wrapped)
        damaged[position] ^= 1
        with pytest.raises(DecryptionFailed):
            unwrap(wrapping_key, algorithm, bytes(damaged))


@pytest.mark.sweep(7)
@needs_openssl
@pytest.mark.parametrize("hash_name", ["SHA_1", "SHA_256"])
@pytest.mark.parametrize("size", SIZES)
def test_unwrap_openssl(openssl, source, leases, size, hash_name):
    """What the guide's openssl commands wrap, opens (rules IMP-5)."""
    wrapping_key = generate(SPECS[f"RSA_{size}"], source=source, leases=leases)
    material = generate(SPECS["RSA_4096"], source=source, leases=leases).private_key()
    aes_key, digest = os.urandom(32), hash_name.replace("_", "").lower()
    openssl.write("wrapping.bin", wrapping_key.public_key())
    openssl.write("material.der", material)
    openssl.write("aes.key", aes_key)
    encrypt = ("pkeyutl", "-encrypt", "-inkey", "wrapping.bin", "-keyform", "DER", "-pubin")
    padding = ("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{digest}")
    wrap_pad = ("enc", "-id-aes256-wrap-pad", "-K", aes_key.hex(), "-iv", "A65959A6")
    wrapped_key = openssl(*encrypt, *padding, "-in", "aes.key")
    wrapped = wrapped_key + openssl(*wrap_pad, "-in", "material.der")

    assert unwrap(wrapping_key, f"RSAES_OAEP_{hash_name}", wrapped_key) == aes_key
    assert unwrap(wrapping_key, f"RSA_AES_KEY_WRAP_{hash_name}", wrapped) == material
