"""
SM2 (GB/T 32918) as KMS uses it: keys, SM2DSA, SM2PKE, ECDH. No library offers all of it.

Signatures are DER SEQUENCE{r, s}; ciphertexts are the DER SEQUENCE{x1, y1, C3, C2} of GM/T 0009;
keys are SPKI and PKCS#8 with the curve's OID 1.2.156.10197.1.301, in OpenSSL's bytes.
"""

from dataclasses import dataclass, field

from pytest_kmsmock._kms.crypto import der
from pytest_kmsmock._kms.crypto.china.sm2_curve import (
    A,
    B,
    G,
    N,
    add,
    affine,
    is_on_curve,
    multiply,
    multiply_base,
)
from pytest_kmsmock._kms.crypto.china.sm34 import sm3
from pytest_kmsmock._kms.crypto.errors import (
    BadMaterial,
    DecryptionFailed,
    InvalidPublicKey,
    MalformedDer,
)
from pytest_kmsmock._kms.crypto.randomness import RandomSource, random_below

# KMS knows no other distinguishing id for MessageType RAW (rules SIG-15).
DEFAULT_ID = b"1234567812345678"

_EC_PUBLIC_KEY_OID = bytes.fromhex("06072a8648ce3d0201")
_SM2_OID = bytes.fromhex("06082a811ccf5501822d")
_ALGORITHM = _EC_PUBLIC_KEY_OID + _SM2_OID
_ONE = der.integer(1)


def _octets(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _key_stream(shared: bytes, length: int) -> bytes:
    blocks = range(1, (length + 31) // 32 + 1)
    return b"".join(sm3(shared + block.to_bytes(4, "big")) for block in blocks)[:length]


def _xor(data: bytes, stream: bytes) -> bytes:
    return bytes(byte ^ mask for byte, mask in zip(data, stream, strict=True))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """
    A point of the curve.

    Raises:
        InvalidPublicKey: it is off the curve.
    """

    x: int
    y: int

    def __post_init__(self) -> None:
        if not is_on_curve(self.x, self.y):
            raise InvalidPublicKey("the point is not on the SM2 curve")

    @classmethod
    def from_spki(cls, spki: bytes) -> "PublicKey":
        """
        Read a DER SubjectPublicKeyInfo with an uncompressed point.

        Raises:
            InvalidPublicKey: it is none, or not of this curve, or off the curve.
        """
        try:
            (body,) = der.read(spki, der.SEQUENCE)
            algorithm, bits = der.read(body, der.SEQUENCE, der.BIT_STRING)
        except MalformedDer as error:
            raise InvalidPublicKey(f"not a SubjectPublicKeyInfo: {error}") from None
        if algorithm != _ALGORITHM or len(bits) != 66 or bits[:2] != b"\0\4":
            raise InvalidPublicKey("not an uncompressed SM2 public key")
        return cls(int.from_bytes(bits[2:34], "big"), int.from_bytes(bits[34:], "big"))

    def spki(self) -> bytes:
        """Write the DER SubjectPublicKeyInfo."""
        algorithm = der.tlv(der.SEQUENCE, _ALGORITHM)
        return der.tlv(der.SEQUENCE, algorithm, der.tlv(der.BIT_STRING, b"\0", self.point()))

    def point(self) -> bytes:
        """Write the uncompressed point."""
        return b"\4" + _octets(self.x) + _octets(self.y)

    def digest(self, message: bytes, distinguishing_id: bytes = DEFAULT_ID) -> bytes:
        """Compute e = SM3(Z_A || M), the 32 bytes that are signed."""
        preamble = (len(distinguishing_id) * 8).to_bytes(2, "big") + distinguishing_id
        numbers = b"".join(map(_octets, (A, B, *G, self.x, self.y)))
        return sm3(sm3(preamble + numbers) + message)

    def verify_digest(self, signature: bytes, e: bytes) -> bool:
        """Tell whether the DER signature is one over *e*; a malformed one is not."""
        try:
            (body,) = der.read(signature, der.SEQUENCE)
            r, s = map(der.unsigned, der.read(body, der.INTEGER, der.INTEGER))
        except MalformedDer:
            return False
        t = (r + s) % N
        if not (0 < r < N and 0 < s < N and t):
            return False
        point = add(multiply_base(s), multiply(t, self.x, self.y))
        if not point[2]:
            return False
        return (int.from_bytes(e, "big") + affine(point)[0]) % N == r

    def encrypt(self, plaintext: bytes, source: RandomSource) -> bytes:
        """Encrypt at least one byte with SM2PKE."""
        while True:
            k = random_below(N, source)
            x1, y1 = affine(multiply_base(k))
            x2, y2 = map(_octets, affine(multiply(k, self.x, self.y)))
            stream = _key_stream(x2 + y2, len(plaintext))
            if any(stream):
                break
        c3 = der.tlv(der.OCTET_STRING, sm3(x2 + plaintext + y2))
        c2 = der.tlv(der.OCTET_STRING, _xor(plaintext, stream))
        return der.tlv(der.SEQUENCE, der.integer(x1), der.integer(y1), c3, c2)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """
    A private scalar from 1 to N - 2.

    Raises:
        BadMaterial: it is out of that range.
    """

    d: int
    public: PublicKey = field(init=False)

    def __post_init__(self) -> None:
        if not 0 < self.d < N - 1:
            raise BadMaterial("the private scalar is out of range")
        object.__setattr__(self, "public", PublicKey(*affine(multiply_base(self.d))))

    @classmethod
    def generate(cls, source: RandomSource) -> "PrivateKey":
        """Draw a key."""
        return cls(random_below(N - 1, source))

    @classmethod
    def from_pkcs8(cls, encoded: bytes) -> "PrivateKey":
        """
        Read a DER PKCS#8 private key; attributes are ignored.

        Raises:
            BadMaterial: it is none, of another curve, out of range, or its public key is another's.
        """
        try:
            (body,) = der.read(encoded, der.SEQUENCE)
            match der.elements(body):
                case [
                    (der.INTEGER, b"\0"),
                    (der.SEQUENCE, algorithm),
                    (der.OCTET_STRING, inner),
                    *attributes,
                ] if [tag for tag, _ in attributes] in ([], [0xA0]):
                    pass
                case _:
                    raise MalformedDer("unexpected elements")
        except MalformedDer as error:
            raise BadMaterial(f"not a PKCS#8 private key: {error}") from None
        if algorithm != _ALGORITHM:
            raise BadMaterial("not an SM2 private key")
        return cls.from_sec1(inner)

    @classmethod
    def from_sec1(cls, encoded: bytes) -> "PrivateKey":
        """
        Read a DER ECPrivateKey (RFC 5915), whose curve may be left out.

        Raises:
            BadMaterial: as `from_pkcs8` does.
        """
        try:
            (body,) = der.read(encoded, der.SEQUENCE)
            match der.elements(body):
                case [(der.INTEGER, b"\1"), (der.OCTET_STRING, scalar), *optional] if len(
                    scalar
                ) == 32 and [tag for tag, _ in optional] in ([], [0xA0], [0xA1], [0xA0, 0xA1]):
                    given = dict(optional)
                case _:
                    raise MalformedDer("unexpected elements")
            curve = given.get(0xA0, _SM2_OID)
            point = der.read(given[0xA1], der.BIT_STRING)[0] if 0xA1 in given else None
        except MalformedDer as error:
            raise BadMaterial(f"not an ECPrivateKey: {error}") from None
        if curve != _SM2_OID:
            raise BadMaterial("not an SM2 private key")
        key = cls(int.from_bytes(scalar, "big"))
        if point not in (None, b"\0" + key.public.point()):
            raise BadMaterial("the public key is not that of the private key")
        return key

    def pkcs8(self) -> bytes:
        """Write the DER PKCS#8 private key."""
        point = der.tlv(0xA1, der.tlv(der.BIT_STRING, b"\0", self.public.point()))
        inner = der.tlv(der.SEQUENCE, _ONE, der.tlv(der.OCTET_STRING, _octets(self.d)), point)
        algorithm = der.tlv(der.SEQUENCE, _ALGORITHM)
        return der.tlv(der.SEQUENCE, der.integer(0), algorithm, der.tlv(der.OCTET_STRING, inner))

    def sign_digest(self, e: bytes, source: RandomSource) -> bytes:
        """Sign the 32 bytes of *e* with SM2DSA."""
        number = int.from_bytes(e, "big")
        while True:
            k = random_below(N, source)
            r = (number + affine(multiply_base(k))[0]) % N
            s = pow(1 + self.d, -1, N) * (k - r * self.d) % N
            if r and (r + k) % N and s:
                return der.tlv(der.SEQUENCE, der.integer(r), der.integer(s))

    def decrypt(self, ciphertext: bytes) -> bytes:
        """
        Decrypt what SM2PKE made.

        Raises:
            DecryptionFailed: it is not a ciphertext, or not one of this key.
        """
        try:
            (body,) = der.read(ciphertext, der.SEQUENCE)
            x1, y1, c3, c2 = der.read(
                body, der.INTEGER, der.INTEGER, der.OCTET_STRING, der.OCTET_STRING
            )
            c1 = PublicKey(der.unsigned(x1), der.unsigned(y1))
        except (MalformedDer, InvalidPublicKey) as error:
            raise DecryptionFailed(f"not an SM2 ciphertext: {error}") from None
        x2, y2 = map(_octets, affine(multiply(self.d, c1.x, c1.y)))
        plaintext = _xor(c2, _key_stream(x2 + y2, len(c2)))
        if sm3(x2 + plaintext + y2) != c3:
            raise DecryptionFailed("the digest does not match")
        return plaintext

    def agree(self, peer: PublicKey) -> bytes:
        """Compute the raw x coordinate of the shared point (ECDH, not GB/T 32918.3)."""
        return _octets(affine(multiply(self.d, peer.x, peer.y))[0])
