"""Key material of every spec: made on demand, and used as KMS does."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.crypto.algorithms import SIGNING, digest_length, message_types
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, InvalidPublicKey
from pytest_kmsmock._kms.crypto.materials.making import generate, generate_key_pair, load
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import SYSTEM, random_below
from pytest_kmsmock._kms.crypto.specs import SPECS, Kind
from tests.libraries import signs_external_mu
from tests.unit.crypto.sizes import ASYMMETRIC, PUBLIC_KEY_SIZES

# A second pair of these would take a second to make.
DEAR = ("RSA_3072", "RSA_4096")
SECRET = [name for name, spec in SPECS.items() if not spec.is_asymmetric]
SIGNERS = [
    (name, algorithm, message_type)
    for name, spec in SPECS.items()
    for algorithm in spec.algorithms("SIGN_VERIFY")
    for message_type in message_types(algorithm)
    if message_type != "EXTERNAL_MU" or signs_external_mu
]
AGREEING = [name for name, spec in SPECS.items() if "KEY_AGREEMENT" in spec.usages]


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_public_key_size(make, name):
    """A public key has KMS's size (wire-facts G24, G25)."""

    assert len(make(name).public_key()) == PUBLIC_KEY_SIZES[name]


@pytest.mark.parametrize("name", [name for name in SPECS if name not in DEAR])
def test_generate_twice(make, name):
    """Two keys of one spec never share material."""

    assert make(name).private_key() != make(name).private_key()


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_generate_is_stable(make, name):
    """A key pair is made once: asked again, it is the same."""
    material = make(name)

    assert material.private_key() == material.private_key()
    assert material.public_key() == material.public_key()


@pytest.mark.parametrize(
    "name", ["ECC_NIST_P384", "ECC_NIST_EDWARDS25519", "ML_DSA_87", "ML_KEM_512", "SM2"]
)
def test_generate_race(make, name):
    """Threads that use a new key at once see one key pair."""
    material, barrier = make(name), threading.Barrier(8)

    def use(_):
        barrier.wait()
        return material.public_key()

    with ThreadPoolExecutor(8) as executor:
        found = set(executor.map(use, range(8)))

    assert len(found) == 1


class SeedOnly:
    """A source that gives a seed once, and nothing else."""

    def __init__(self, length):
        self.seeds = [bytes(length)]

    def token_bytes(self, n):
        (seed,) = self.seeds
        self.seeds.clear()
        assert n == len(seed)
        return seed


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_generate_is_lazy(name):
    """Creating a key pair makes none before its first use: it draws a seed at most."""
    leases, source = Leases(pool=None), SeedOnly(64 if SPECS[name].kind is Kind.ML_KEM else 32)

    assert generate(SPECS[name], source=source, leases=leases).spec is SPECS[name]


class Seeded:
    """A source that is the same every time."""

    def token_bytes(self, n):
        return bytes(range(1, n + 1))


@pytest.mark.parametrize(
    "name", [*SECRET, "ECC_NIST_EDWARDS25519", "ML_DSA_44", "ML_KEM_512", "SM2"]
)
def test_generate_from_the_source(leases, name):
    """Material that no library draws for itself comes out of the given source."""
    spec = SPECS[name]
    first = generate(spec, source=Seeded(), leases=leases).private_key()

    assert first == generate(spec, source=Seeded(), leases=leases).private_key()


@pytest.mark.parametrize("china", [False, True], ids=["elsewhere", "China"])
@pytest.mark.parametrize(
    ("name", "elsewhere", "in_china"),
    [
        ("SYMMETRIC_DEFAULT", 32, 16),
        ("HMAC_224", 28, 28),
        ("HMAC_256", 32, 32),
        ("HMAC_384", 48, 48),
        ("HMAC_512", 64, 64),
    ],
)
def test_generate_length(make, name, elsewhere, in_china, china):
    """A secret key has the length of its spec; symmetric ones are SM4 keys in China."""

    assert len(make(name, china).private_key()) == (in_china if china else elsewhere)


@pytest.mark.sweep(7)
@pytest.mark.parametrize(("name", "algorithm", "message_type"), SIGNERS)
def test_sign(make, name, algorithm, message_type):
    """A signature verifies for its message, and for no other."""
    material = make(name)
    size = 64 if message_type == "RAW" else digest_length(algorithm)
    message, another = b"m" * size, b"n" * size
    signature = material.sign(algorithm, message, message_type)

    assert material.verify(algorithm, message, message_type, signature)
    assert not material.verify(algorithm, another, message_type, signature)


SMALL_SIGNERS = [signer for signer in SIGNERS if signer[0] not in DEAR]


@pytest.mark.parametrize(("name", "algorithm", "message_type"), SMALL_SIGNERS)
def test_verify_with_another_key(make, name, algorithm, message_type):
    """A signature does not verify under another key."""
    message = b"m" * (digest_length(algorithm) or 64)
    signature = make(name).sign(algorithm, message, message_type)

    assert not make(name).verify(algorithm, message, message_type, signature)


@pytest.mark.parametrize(("name", "algorithm", "message_type"), SMALL_SIGNERS)
def test_verify_malformed(make, name, algorithm, message_type):
    """A signature of the wrong length or form is not valid, and no error (rules SIG-20)."""
    material = make(name)
    message = b"m" * (digest_length(algorithm) or 64)
    signature = material.sign(algorithm, message, message_type)
    malformed = [b"", b"\0", signature[:-1], signature + b"\0", bytes(len(signature)), b"0" * 72]
    found = [
        material.verify(algorithm, message, message_type, candidate) for candidate in malformed
    ]

    assert found == [False] * len(malformed)


@pytest.mark.parametrize(
    ("algorithm", "message_type"),
    [
        (algorithm, message_type)
        for algorithm in SIGNING
        for message_type in ("RAW", "DIGEST", "EXTERNAL_MU")
        if message_type not in message_types(algorithm)
    ],
)
def test_sign_another_message_type(make, algorithm, message_type):
    """A message type that the algorithm does not take is a mistake of the caller."""
    name = next(name for name, spec in SPECS.items() if algorithm in spec.signing_algorithms)
    expected = f"^{algorithm} takes no {message_type} message$"

    with pytest.raises(ValueError, match=expected):
        make(name).sign(algorithm, bytes(64), message_type)
    with pytest.raises(ValueError, match=expected):
        make(name).verify(algorithm, bytes(64), message_type, b"")


@pytest.mark.parametrize(
    ("name", "algorithm", "message_type"),
    [signer for signer in SMALL_SIGNERS if signer[2] != "RAW"],
)
def test_sign_digest_of_another_length(make, name, algorithm, message_type):
    """A digest of the wrong length is a mistake of the caller (rules SIG-3)."""
    size = digest_length(algorithm)

    for wrong in (0, size - 1, size + 1):
        with pytest.raises(ValueError, match=f"^{algorithm} takes {size} bytes of {message_type}$"):
            make(name).sign(algorithm, bytes(wrong), message_type)


@pytest.mark.parametrize(
    ("name", "size"),
    [("ECC_NIST_P256", 32), ("ECC_NIST_P384", 48), ("ECC_NIST_P521", 66), ("SM2", 32)],
)
def test_derive(make, name, size):
    """Both sides agree on a secret as long as the curve's coordinates (rules DSS-3, DSS-5)."""
    ours, theirs = make(name), make(name)
    secret = ours.derive(theirs.public_key())

    assert len(secret) == size
    assert theirs.derive(ours.public_key()) == secret


@pytest.mark.parametrize(
    ("name", "other"),
    [(name, other) for name in AGREEING for other in ASYMMETRIC if name != other],
)
def test_derive_with_another_kind(make, name, other):
    """A peer's key of another kind or curve is refused (rules DSS-2)."""

    with pytest.raises(InvalidPublicKey):
        make(name).derive(make(other).public_key())


@pytest.mark.parametrize("name", AGREEING)
@pytest.mark.parametrize(
    "damage",
    [
        lambda spki: b"",
        lambda spki: b"not a key",
        lambda spki: spki[:-1],
        lambda spki: spki + b"\0",
        lambda spki: spki[:-1] + bytes((spki[-1] ^ 1,)),
        lambda spki: spki[-65:],
    ],
    ids=["empty", "garbage", "truncated", "trailing", "off the curve", "bare point"],
)
def test_derive_malformed(make, name, damage):
    """A peer's key that is no SPKI, or off the curve, is refused (rules DSS-2)."""
    material = make(name)

    with pytest.raises(InvalidPublicKey):
        material.derive(damage(material.public_key()))


DEEDS = {
    "encrypt": lambda material: material.encrypt("RSAES_OAEP_SHA_256", b"x"),
    "decrypt": lambda material: material.decrypt("RSAES_OAEP_SHA_256", b"x"),
    "sign": lambda material: material.sign("ECDSA_SHA_256", b"x", "RAW"),
    "verify": lambda material: material.verify("ECDSA_SHA_256", b"x", "RAW", b"x"),
    "compute MACs": lambda material: material.mac("HMAC_SHA_256", b"x"),
    "agree on secrets": lambda material: material.derive(b"x"),
    "encapsulate": lambda material: material.encapsulate(),
    "decapsulate": lambda material: material.decapsulate(b"x"),
    "show a public key": lambda material: material.public_key(),
}
CAN = {
    Kind.SYMMETRIC: set(),
    Kind.HMAC: {"compute MACs"},
    Kind.RSA: {"encrypt", "decrypt", "sign", "verify", "show a public key"},
    Kind.ECC: {"sign", "verify", "agree on secrets", "show a public key"},
    Kind.EDWARDS: {"sign", "verify", "show a public key"},
    Kind.ML_DSA: {"sign", "verify", "show a public key"},
    Kind.ML_KEM: {"encapsulate", "decapsulate", "show a public key"},
    Kind.SM2: set(DEEDS) - {"compute MACs", "encapsulate", "decapsulate"},
}


@pytest.mark.sweep(7)
@pytest.mark.parametrize(
    ("name", "deed"),
    [(name, deed) for name, spec in SPECS.items() for deed in DEEDS if deed not in CAN[spec.kind]],
)
def test_cannot(make, name, deed):
    """Material asked for what its kind cannot do says so: a mistake of ours, not of AWS's."""

    with pytest.raises(TypeError, match=f"^{name} material cannot {deed}$"):
        DEEDS[deed](make(name))


DATA_KEY_PAIRS = [name for name, spec in SPECS.items() if spec.is_data_key_pair]


@pytest.mark.parametrize("name", DATA_KEY_PAIRS)
def test_generate_key_pair(source, leases, name):
    """A data key pair is a PKCS#8 private key and its SPKI public key."""
    private, public = generate_key_pair(SPECS[name], source=source, leases=leases)

    assert load(SPECS[name], private).public_key() == public


@pytest.mark.parametrize("name", [name for name in DATA_KEY_PAIRS if name not in DEAR])
def test_generate_key_pair_twice(source, leases, name):
    """Two data key pairs of one KMS differ."""
    first, second = (generate_key_pair(SPECS[name], source=source, leases=leases) for _ in range(2))

    assert first != second


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_decrypt_of_another_key(make, algorithm):
    """A ciphertext of another RSA key or OAEP hash does not open (rules ENC-14)."""
    material, other = make("RSA_2048"), make("RSA_2048")
    another = {"RSAES_OAEP_SHA_1": "RSAES_OAEP_SHA_256"}.get(algorithm, "RSAES_OAEP_SHA_1")
    ciphertext = material.encrypt(algorithm, b"secret")

    assert material.decrypt(algorithm, ciphertext) == b"secret"
    with pytest.raises(DecryptionFailed):
        other.decrypt(algorithm, ciphertext)
    with pytest.raises(DecryptionFailed):
        material.decrypt(another, ciphertext)


@given(limit=st.integers(2, 1000))
@settings(max_examples=30, deadline=None)
def test_random_below(limit):
    """A drawn number lies from 1 to below the limit."""
    found = [random_below(limit, SYSTEM) for _ in range(20)]

    assert all(0 < number < limit for number in found)


def test_random_below_again():
    """A number out of range is drawn again, not folded into it."""
    drawn = [b"\x00", b"\xff", b"\x64", b"\x05"]

    class Drawing:
        def token_bytes(self, n):
            return drawn.pop(0)

    assert random_below(100, Drawing()) == 50
    assert random_below(200, Drawing()) == 5
