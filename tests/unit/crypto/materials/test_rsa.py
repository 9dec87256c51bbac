"""RSA against Wycheproof and another implementation, as KMS uses it."""

import hashlib
from math import gcd

import pytest
from Crypto.Cipher import PKCS1_OAEP
from Crypto.Hash import SHA1, SHA256, SHA384, SHA512
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15, pss
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.errors import BadMaterial, DecryptionFailed
from pytest_kmsmock._kms.crypto.materials.making import generate, load, load_private_key
from pytest_kmsmock._kms.crypto.materials.rsa import RsaMaterial
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.vectors import PublicOnly, in_steps, wycheproof

SIZES = [2048, 3072, 4096]
HASHES = {"SHA_1": SHA1, "SHA_256": SHA256, "SHA_384": SHA384, "SHA_512": SHA512}


def digest(bits, message):
    return hashlib.new(f"sha{bits}", message).digest()


def verdicts(case, spec, algorithm, bits):
    """Verify a vector's signature over the message and over its digest."""
    public = load_der_public_key(case.octets("publicKeyDer"))
    material = RsaMaterial(spec, lambda: PublicOnly(public))
    message, signature = case.octets("msg"), case.octets("sig")
    return {
        material.verify(algorithm, message, "RAW", signature),
        material.verify(algorithm, digest(bits, message), "DIGEST", signature),
    }


@pytest.mark.sweep(5)
@pytest.mark.parametrize("bits", [256, 384, 512])
@pytest.mark.parametrize("size", SIZES)
def test_verify_pkcs1_v1_5(size, bits):
    """
    Wycheproof's PKCS #1 v1.5 signatures get its verdict, as RAW and as DIGEST.

    An encoding without the NULL parameter, which it calls acceptable, is refused.
    """
    cases = wycheproof(f"Signature/rsa_signature_{size}_sha{bits}_test")
    algorithm = f"RSASSA_PKCS1_V1_5_SHA_{bits}"
    wrong = [
        case.number
        for case in cases
        if verdicts(case, SPECS[f"RSA_{size}"], algorithm, bits) != {case.result == "valid"}
    ]

    assert wrong == []
    assert {"valid", "invalid"} <= {case.result for case in cases}


@pytest.mark.sweep(5)
@pytest.mark.parametrize("size", SIZES)
def test_sign_pkcs1_v1_5(size):
    """PKCS #1 v1.5 signatures are Wycheproof's, byte for byte (rules SIG-14)."""
    spec = SPECS[f"RSA_{size}"]
    hashes = {"SHA-256": 256, "SHA-384": 384, "SHA-512": 512}
    cases = [
        case
        for case in wycheproof(f"Signature/rsa_pkcs1_{size}_sig_gen_test")
        if case.group["sha"] in hashes
    ]
    wrong = []
    for case in cases:
        bits = hashes[case.group["sha"]]
        algorithm, message = f"RSASSA_PKCS1_V1_5_SHA_{bits}", case.octets("msg")
        material = load(spec, case.octets("privateKeyPkcs8"))
        found = {
            material.sign(algorithm, message, "RAW"),
            material.sign(algorithm, digest(bits, message), "DIGEST"),
        }
        if found != {case.octets("sig")}:
            wrong.append(case.number)

    assert wrong == []
    assert {case.group["sha"] for case in cases} == set(hashes)


@pytest.mark.parametrize(
    ("size", "bits"), [(2048, 256), (2048, 384), (3072, 256), (4096, 256), (4096, 384), (4096, 512)]
)
def test_verify_pss(size, bits):
    """Wycheproof's PSS signatures with salts as long as the hash get its verdict."""
    cases = wycheproof(f"Signature/rsa_pss_{size}_sha{bits}_mgf1_{bits // 8}_test")
    algorithm = f"RSASSA_PSS_SHA_{bits}"
    wrong = [
        case.number
        for case in cases
        if verdicts(case, SPECS[f"RSA_{size}"], algorithm, bits) != {case.result == "valid"}
    ]

    assert wrong == []
    assert {case.result for case in cases} == {"valid", "invalid"}


@pytest.mark.parametrize(
    ("size", "bits", "name"),
    [
        (2048, 256, "sha256_mgf1_0"),
        (2048, 256, "sha256_mgf1sha1_20"),
        (4096, 512, "sha512_mgf1_32"),
    ],
)
def test_verify_pss_with_other_parameters(size, bits, name):
    """A PSS signature with another salt length or MGF1 hash is refused (rules SIG-14)."""
    cases = wycheproof(f"Signature/rsa_pss_{size}_{name}_test")
    valid = [case for case in cases if case.result == "valid"]
    accepted = [
        case.number
        for case in valid
        if True in verdicts(case, SPECS[f"RSA_{size}"], f"RSASSA_PSS_SHA_{bits}", bits)
    ]

    assert accepted == []
    assert len(valid) > 30


def test_verify_pss_misc():
    """Of Wycheproof's mixed PSS signatures, those of KMS's kind are accepted and no others."""
    wrong, accepted = [], 0
    bits = {"SHA-256": 256, "SHA-384": 384, "SHA-512": 512}
    for case in wycheproof("Signature/rsa_pss_misc_test"):
        spec = SPECS.get(f"RSA_{case.group['keySize']}")
        size = bits.get(case.group["sha"])
        if spec is None or size is None:
            continue
        same_hash = case.group["mgf"] == "MGF1" and case.group["mgfSha"] == case.group["sha"]
        expected = same_hash and case.group["sLen"] == size // 8
        accepted += expected
        if verdicts(case, spec, f"RSASSA_PSS_SHA_{size}", size) != {expected}:
            wrong.append(case.number)

    assert wrong == []
    assert accepted == 3


def decrypted(material, algorithm, ciphertext):
    try:
        return material.decrypt(algorithm, ciphertext)
    except DecryptionFailed:
        return None


OAEP_FILES = [
    (2048, "RSAES_OAEP_SHA_1", "2048_sha1_mgf1sha1"),
    (2048, "RSAES_OAEP_SHA_256", "2048_sha256_mgf1sha256"),
    (3072, "RSAES_OAEP_SHA_256", "3072_sha256_mgf1sha256"),
    (4096, "RSAES_OAEP_SHA_256", "4096_sha256_mgf1sha256"),
]


@pytest.mark.parametrize(("size", "algorithm", "name"), OAEP_FILES)
def test_decrypt_oaep(size, algorithm, name):
    """Wycheproof's OAEP ciphertexts open if they are valid and have no label (wire-facts E13)."""
    wrong = []
    cases = wycheproof(f"Cipher/rsa_oaep_{name}_test")
    for case in cases:
        material = load(SPECS[f"RSA_{size}"], case.octets("privateKeyPkcs8"))
        valid = case.result == "valid" and case.test["label"] == ""
        expected = case.octets("msg") if valid else None
        if decrypted(material, algorithm, case.octets("ct")) != expected:
            wrong.append(case.number)

    assert wrong == []
    assert {case.result for case in cases} == {"valid", "invalid"}


@in_steps
def test_decrypt_oaep_misc(step):
    """Of Wycheproof's mixed OAEP ciphertexts, those of KMS's kind open and no others."""
    wrong, opened = [], 0
    for case in wycheproof("Cipher/rsa_oaep_misc_test")[::step]:
        spec = SPECS.get(f"RSA_{case.group['keySize']}")
        if spec is None:
            continue
        material = load(spec, case.octets("privateKeyPkcs8"))
        for algorithm, name in (("RSAES_OAEP_SHA_1", "SHA-1"), ("RSAES_OAEP_SHA_256", "SHA-256")):
            same_hash = case.group["sha"] == case.group["mgfSha"] == name
            expected = case.octets("msg") if same_hash else None
            found = decrypted(material, algorithm, case.octets("ct"))
            opened += found is not None
            if found != expected:
                wrong.append((case.number, algorithm))

    assert wrong == []
    assert opened == {1: 18, 5: 3}[step]


@pytest.mark.parametrize("hash_name", ["SHA_1", "SHA_256"])
@pytest.mark.parametrize("size", SIZES)
def test_oaep_with_another_implementation(source, leases, size, hash_name):
    """Another implementation opens our OAEP ciphertexts and makes ours (wire-facts E12, E13)."""
    spec, algorithm = SPECS[f"RSA_{size}"], f"RSAES_OAEP_{hash_name}"
    material = generate(spec, source=source, leases=leases)
    private = PKCS1_OAEP.new(RSA.import_key(material.private_key()), HASHES[hash_name])
    public = PKCS1_OAEP.new(RSA.import_key(material.public_key()), HASHES[hash_name])
    longest = b"x" * spec.max_plaintext(algorithm)
    ciphertext = material.encrypt(algorithm, longest)

    assert private.decrypt(ciphertext) == longest
    assert material.decrypt(algorithm, public.encrypt(longest)) == longest
    assert len(ciphertext) == size // 8


@pytest.mark.parametrize("bits", [256, 384, 512])
@pytest.mark.parametrize("scheme", ["PKCS1_V1_5", "PSS"])
def test_sign_with_another_implementation(source, leases, scheme, bits):
    """Another implementation verifies our signatures and makes ours."""
    material = generate(SPECS["RSA_2048"], source=source, leases=leases)
    signer = {"PKCS1_V1_5": pkcs1_15, "PSS": pss}[scheme].new(
        RSA.import_key(material.private_key())
    )
    hashed = HASHES[f"SHA_{bits}"].new(b"message")
    algorithm = f"RSASSA_{scheme}_SHA_{bits}"

    signer.verify(hashed, material.sign(algorithm, b"message", "RAW"))
    signer.verify(hashed, material.sign(algorithm, hashed.digest(), "DIGEST"))
    assert material.verify(algorithm, b"message", "RAW", signer.sign(hashed))
    assert material.verify(algorithm, hashed.digest(), "DIGEST", signer.sign(hashed))


def test_sign_a_digest_as_raw(source, leases):
    """A digest sent as RAW is hashed again (rules SIG-4)."""
    material = generate(SPECS["RSA_2048"], source=source, leases=leases)
    algorithm = "RSASSA_PKCS1_V1_5_SHA_256"
    hashed = digest(256, b"message")
    once = material.sign(algorithm, hashed, "DIGEST")
    twice = material.sign(algorithm, hashed, "RAW")

    assert once != twice
    assert material.verify(algorithm, digest(256, hashed), "DIGEST", twice)


@pytest.mark.parametrize("size", [0, 1, 255, 257])
def test_decrypt_another_length(source, leases, size):
    """A ciphertext that is not as long as the modulus does not open."""
    material = generate(SPECS["RSA_2048"], source=source, leases=leases)

    with pytest.raises(DecryptionFailed):
        material.decrypt("RSAES_OAEP_SHA_256", bytes(size))


def test_encrypt_too_long(source, leases):
    """A plaintext over the OAEP limit is a mistake of the caller."""
    material = generate(SPECS["RSA_2048"], source=source, leases=leases)

    with pytest.raises(ValueError, match="Encryption failed"):
        material.encrypt("RSAES_OAEP_SHA_256", bytes(191))


@pytest.fixture(scope="module")
def numbers():
    """The numbers of an RSA_2048 key that Wycheproof signs with, in their order in PKCS #1."""
    case = wycheproof("Signature/rsa_pkcs1_2048_sig_gen_test")[0]
    key = RSA.import_key(case.octets("privateKeyPkcs8"))
    return {
        "n": key.n,
        "e": key.e,
        "d": key.d,
        "p": key.p,
        "q": key.q,
        "dmp1": key.d % (key.p - 1),
        "dmq1": key.d % (key.q - 1),
        "iqmp": pow(key.q, -1, key.p),
    }


def pkcs8(numbers):
    inner = der.tlv(der.SEQUENCE, der.integer(0), *map(der.integer, numbers.values()))
    algorithm = der.tlv(der.SEQUENCE, bytes.fromhex("06092a864886f70d010101"), b"\5\0")
    return der.tlv(der.SEQUENCE, der.integer(0), algorithm, der.tlv(der.OCTET_STRING, inner))


def test_load_sound(numbers):
    """A key whose numbers agree is taken, and given back in the same bytes."""
    raw = pkcs8(numbers)

    assert load(SPECS["RSA_2048"], raw).private_key() == raw


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("p", lambda n: n["p"] + 2),
        ("q", lambda n: n["q"] + 2),
        ("p", lambda n: 1),
        ("q", lambda n: 1),
        ("d", lambda n: n["d"] + 2),
        ("d", lambda n: 3),
        ("dmp1", lambda n: n["dmp1"] + 1),
        ("dmq1", lambda n: n["dmq1"] + 1),
        ("iqmp", lambda n: n["iqmp"] + 1),
        ("n", lambda n: n["n"] + 2),
        ("e", lambda n: 3),
        ("e", lambda n: 65538),
        ("e", lambda n: 1),
    ],
    ids=["p", "q", "p=1", "q=1", "d", "d=3", "dmp1", "dmq1", "iqmp", "n", "e=3", "e-even", "e=1"],
)
def test_load_unsound(numbers, name, change):
    """A key with one number wrong is refused."""
    raw = pkcs8({**numbers, name: change(numbers)})

    with pytest.raises(BadMaterial, match=r"^the numbers of the RSA key contradict each other$"):
        load(SPECS["RSA_2048"], raw)


def test_load_another_size(source, leases):
    """A key of another modulus size is refused."""
    raw = generate(SPECS["RSA_2048"], source=source, leases=leases).private_key()

    with pytest.raises(BadMaterial, match=r"^RSA_3072 material has 3072 bits, not 2048$"):
        load(SPECS["RSA_3072"], raw)


def new_numbers(bits):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits).private_numbers()


def with_exponent(bits, least):
    """Return a sound RSA key, as PKCS #8, whose public exponent is *least* or more."""
    key = new_numbers(bits)
    step = (key.p - 1) * (key.q - 1)
    e = 65537 + -(-max(0, least - 65537) // step) * step
    odd = RSA.construct((key.public_numbers.n, e, key.d, key.p, key.q), consistency_check=False)
    return odd.export_key("DER", pkcs=8)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("read", [load, load_private_key])
@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_exponent_beyond_the_modulus(bits, read):
    """A public exponent as great as the modulus is none (RFC 8017, 3.1)."""
    encoded = with_exponent(bits, 1 << bits)

    with pytest.raises(BadMaterial, match="contradict each other"):
        read(SPECS[f"RSA_{bits}"], encoded)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("bits", [2048, 4096])
def test_great_exponent(bits):
    """One of more than 64 bits works up to 3072 bits, where libraries still take it."""
    key = new_numbers(bits)
    e = next(e for e in range((1 << 64) + 1, 1 << 65, 2) if gcd(e, (key.p - 1) * (key.q - 1)) == 1)
    d = pow(e, -1, (key.p - 1) * (key.q - 1))
    encoded = RSA.construct((key.public_numbers.n, e, d, key.p, key.q)).export_key("DER", pkcs=8)
    spec, algorithm = SPECS[f"RSA_{bits}"], "RSAES_OAEP_SHA_256"

    if bits <= 3072:
        material = load(spec, encoded)

        assert material.decrypt(algorithm, material.encrypt(algorithm, b"x")) == b"x"
    else:
        with pytest.raises(BadMaterial, match="contradict each other"):
            load(spec, encoded)
