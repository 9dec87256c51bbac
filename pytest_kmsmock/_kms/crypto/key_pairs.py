"""Data key pairs: what GenerateDataKeyPair makes and forgets."""

from pytest_kmsmock._kms.crypto import material
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec


def generate_key_pair(
    spec: KeySpec, *, source: RandomSource, leases: Leases
) -> tuple[bytes, bytes]:
    """Make a key pair: the private key as DER PKCS#8, the public key as DER SPKI."""
    pair = material.generate(spec, source=source, leases=leases)
    return pair.private_key(), pair.public_key()
