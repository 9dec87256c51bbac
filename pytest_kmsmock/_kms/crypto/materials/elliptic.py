"""Elliptic curves of NIST and SECG: ECDSA with DER signatures, ECDH with the raw x coordinate."""

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from pytest_kmsmock._kms.crypto.algorithms import SIGNING, check_message
from pytest_kmsmock._kms.crypto.errors import BadMaterial, InvalidPublicKey
from pytest_kmsmock._kms.crypto.materials.contract import Material
from pytest_kmsmock._kms.crypto.materials.key_pair import KeyPairMaterial, load_public_key
from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.seeded import is_reproducible
from pytest_kmsmock._kms.crypto.specs import KeySpec

_CURVES: Mapping[str, ec.EllipticCurve] = MappingProxyType(
    {
        curve.name: curve
        for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1())
    }
)
# How many points they have (SEC 2); curves of `cryptography` tell it themselves since version 46.
_ORDERS: Mapping[str, int] = MappingProxyType(
    {
        "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        "secp384r1": int(
            "ffffffffffffffffffffffffffffffffffffffffffffffff"
            "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            16,
        ),
        "secp521r1": int(
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
            16,
        ),
        "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    }
)


class EllipticMaterial(KeyPairMaterial[ec.EllipticCurvePrivateKey]):
    """A key pair on the spec's curve."""

    __slots__ = ()

    @classmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> Material:
        if is_reproducible(source):
            # 64 bits more than the order has make the bias negligible (FIPS 186-5, A.2.1).
            drawn = int.from_bytes(source.token_bytes((spec.bits + 7) // 8 + 8), "big")
            scalar = drawn % (_ORDERS[_curve(spec).name] - 1) + 1
            return cls(spec, partial(ec.derive_private_key, scalar, _curve(spec)), source)
        return cls(spec, partial(ec.generate_private_key, _curve(spec)), source)

    @classmethod
    def check(cls, spec: KeySpec, key: object) -> ec.EllipticCurvePrivateKey:
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != spec.curve:
            raise BadMaterial(f"{spec.name} material is a key on the curve {spec.curve}")
        # Newer versions of `cryptography` have seen to this.
        scalar = key.private_numbers().private_value
        if _derive(spec, scalar).public_key() != key.public_key():
            raise BadMaterial("the public key is not that of the private key")
        return key

    @classmethod
    def from_seed(cls, spec: KeySpec, raw: bytes) -> ec.EllipticCurvePrivateKey | None:
        if len(raw) != (spec.bits + 7) // 8:
            return None
        return _derive(spec, int.from_bytes(raw, "big"))

    def sign(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        check_message(algorithm, message, message_type)
        scheme = _scheme(algorithm, message_type, is_reproducible(self._source))
        return self._pair().sign(message, scheme)

    def verify(self, algorithm: str, message: bytes, message_type: str, signature: bytes) -> bool:
        check_message(algorithm, message, message_type)
        try:
            self._pair().public_key().verify(
                signature, message, _scheme(algorithm, message_type, False)
            )
        except InvalidSignature:
            return False
        return True

    def derive(self, peer_spki: bytes) -> bytes:
        peer = load_public_key(peer_spki)
        if not isinstance(peer, ec.EllipticCurvePublicKey) or peer.curve.name != self.spec.curve:
            raise InvalidPublicKey(f"not a public key on the curve {self.spec.curve}")
        return self._pair().exchange(ec.ECDH(), peer)


def _derive(spec: KeySpec, scalar: int) -> ec.EllipticCurvePrivateKey:
    curve = _curve(spec)
    if not 0 < scalar < _ORDERS[curve.name]:
        raise BadMaterial("the private scalar is out of range")
    return ec.derive_private_key(scalar, curve)


@cache
def _scheme(algorithm: str, message_type: str, deterministic: bool) -> ec.ECDSA:
    return ec.ECDSA(SIGNING[algorithm].hash_for(message_type), deterministic_signing=deterministic)


def _curve(spec: KeySpec) -> ec.EllipticCurve:
    return _CURVES[str(spec.curve)]
