"""Data key pairs: what GenerateDataKeyPair makes and forgets."""

from . import material
from .pool import Leases
from .randomness import RandomSource
from .specs import KeySpec


def generate_key_pair(
    spec: KeySpec, *, source: RandomSource, leases: Leases
) -> tuple[bytes, bytes]:
    """Make a key pair: the private key as DER PKCS#8, the public key as DER SPKI."""
    pair = material.generate(spec, source=source, leases=leases)
    return pair.private_key(), pair.public_key()
