"""Key material for any key spec: generated, imported, or given by a test."""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from pytest_kmsmock._kms.crypto.errors import BadMaterial
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import SYSTEM, RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec, Kind
from pytest_kmsmock._kms.lazily import lazily

__all__ = ["Material", "generate", "load", "load_private_key"]

# Where each kind is found; it is imported for the first key of the kind, since key pairs bring in
# most of `cryptography`: a quarter of what the first call of a process costs.
_KINDS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.SYMMETRIC: ("secret", "SymmetricMaterial"),
        Kind.HMAC: ("secret", "HmacMaterial"),
        Kind.RSA: ("rsa", "RsaMaterial"),
        Kind.ECC: ("elliptic", "EllipticMaterial"),
        Kind.EDWARDS: ("edwards", "EdwardsMaterial"),
        Kind.ML_DSA: ("ml_dsa", "MLDSAMaterial"),
        Kind.ML_KEM: ("ml_kem", "MLKEMMaterial"),
        Kind.SM2: ("sm2", "SM2Material"),
    }
)

_PEM = re.compile(
    r"-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----\s+(.+?)\s*-----END \1-----", re.DOTALL
)


@cache
def _class_of(kind: Kind) -> type[Material]:
    module, name = _KINDS[kind]
    with lazily():
        found: type[Material] = getattr(import_module(f"{__package__}.{module}"), name)
    return found


def generate(
    spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool = False
) -> Material:
    """Make new material; a key pair only when it is first used."""
    return _class_of(spec.kind).generate(spec, source=source, leases=leases, china=china)


def load(
    spec: KeySpec, raw: bytes, *, china: bool = False, source: RandomSource = SYSTEM
) -> Material:
    """
    Load material as ImportKeyMaterial takes it: raw bytes, or a DER PKCS#8 private key.

    Raises:
        BadMaterial: wrong length, format, kind, curve or size, or an unsound key.
    """
    return _class_of(spec.kind).load(spec, raw, source=source, china=china)


def load_private_key(
    spec: KeySpec, key: object, *, china: bool = False, source: RandomSource = SYSTEM
) -> Material:
    """
    Load a key in whatever form a test has it.

    Args:
        key: raw bytes for symmetric and HMAC keys. For key pairs PEM (text or bytes) or DER, in
            PKCS#8, PKCS #1 or SEC 1; a private key object of `cryptography`; a raw seed (Ed25519,
            ML-DSA, ML-KEM) or raw big-endian scalar (elliptic curves, SM2).

    Raises:
        BadMaterial: it is none of these, or does not fit the spec.
    """
    if spec.is_asymmetric:
        key = _without_armour(key)
    return _class_of(spec.kind).adopt(spec, key, source=source, china=china)


def _without_armour(key: object) -> object:
    text = key.decode("latin-1") if isinstance(key, bytes) else key
    if not isinstance(text, str) or "-----BEGIN " not in text:
        return key
    found = _PEM.search(text)
    if found is None:
        raise BadMaterial("the PEM holds no private key, or an encrypted one")
    try:
        return base64.b64decode("".join(found[2].split()), validate=True)
    except binascii.Error:
        raise BadMaterial("the PEM is broken or encrypted") from None


def generate_key_pair(
    spec: KeySpec, *, source: RandomSource, leases: Leases
) -> tuple[bytes, bytes]:
    """Make a data key pair: the private key as DER PKCS#8, the public key as DER SPKI."""
    pair = generate(spec, source=source, leases=leases)
    return pair.private_key(), pair.public_key()
