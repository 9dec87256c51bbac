"""
Ed25519ph (RFC 8032 5.1, phflag 1), which `cryptography` lacks.

Not constant time, and scalars live in Python integers: a test double, not a vault.
"""

from hashlib import sha512

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

# Extended coordinates: x = X / Z, y = Y / Z, x * y = T / Z.
_Point = tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)


def _recover_x(y: int, sign: int) -> int:
    if y >= _P:
        raise ValueError("y is out of range")
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        raise ValueError("not a point of the curve")
    return _P - x if x & 1 != sign else x


_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE_X = _recover_x(_BASE_Y, 0)
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def _add(p: _Point, q: _Point) -> _Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(scalar: int, point: _Point) -> _Point:
    product = _NEUTRAL
    while scalar:
        if scalar & 1:
            product = _add(product, point)
        point = _add(point, point)
        scalar >>= 1
    return product


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(encoded: bytes) -> _Point:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x = _recover_x(y, sign)
    return x, y, 1, x * y % _P


def _domain(context: bytes) -> bytes:
    return b"SigEd25519 no Ed25519 collisions\x01" + bytes((len(context),)) + context


def _scalar(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little") % _L


def sign_digest(seed: bytes, public: bytes, digest: bytes, context: bytes = b"") -> bytes:
    """
    Sign PH(M), the 64-byte SHA-512 digest of a message, with a raw 32-byte seed.

    KMS calls a 64-byte digest the *message* and hashes it once more (wire-facts G18): its callers
    pass the SHA-512 of what they were given.

    Raises:
        ValueError: *digest* is not 64 bytes long.
    """
    if len(digest) != 64:
        raise ValueError("Ed25519ph signs a 64-byte SHA-512 digest")
    expanded = sha512(seed).digest()
    secret = int.from_bytes(expanded[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    domain = _domain(context)
    nonce = _scalar(domain, expanded[32:], digest)
    commitment = _compress(_multiply(nonce, _BASE))
    challenge = _scalar(domain, commitment, public, digest)
    return commitment + ((nonce + challenge * secret) % _L).to_bytes(32, "little")


def verify_digest(public: bytes, signature: bytes, digest: bytes, context: bytes = b"") -> bool:
    """Tell whether *signature* is one over PH(M) under a raw 32-byte public key."""
    if len(signature) != 64 or len(digest) != 64:
        return False
    commitment, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= _L:
        return False
    try:
        x, y, z, t = _decompress(public)
    except ValueError:
        return False
    challenge = _scalar(_domain(context), commitment, public, digest)
    negated = (_P - x, y, z, _P - t)
    # Compared without the cofactor, as OpenSSL does. A commitment that is no canonical point
    # cannot equal a compressed one.
    return _compress(_add(_multiply(s, _BASE), _multiply(challenge, negated))) == commitment
