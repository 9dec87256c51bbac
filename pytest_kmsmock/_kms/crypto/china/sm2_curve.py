"""
The SM2 curve (GB/T 32918.5): scalar multiplication in pure Python.

Jacobian coordinates with a = -3, windows of four bits, a cached comb for the base point. Not
constant time: a test double, not a vault.
"""

from functools import cache

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

# x = X / Z^2, y = Y / Z^3; Z = 0 is the point at infinity.
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)


def is_on_curve(x: int, y: int) -> bool:
    """Tell whether the affine coordinates are reduced and those of a point of the curve."""
    return x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def add(p: Jacobian, q: Jacobian) -> Jacobian:
    """Add two points, also equal or opposite ones."""
    x1, y1, z1 = p
    x2, y2, z2 = q
    if not z1:
        return q
    if not z2:
        return p
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z2z2 % P, x2 * z1z1 % P
    s1, s2 = y1 * z2z2 * z2 % P, y2 * z1z1 * z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return INFINITY if r else _double(p)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


def multiply(scalar: int, x: int, y: int) -> Jacobian:
    """Multiply the point (x, y) of the curve."""
    window = _window((x, y, 1))
    product = INFINITY
    for shift in range(252, -4, -4):
        for _ in range(4):
            product = _double(product)
        product = add(product, window[scalar >> shift & 15])
    return product


def multiply_base(scalar: int) -> Jacobian:
    """Multiply the base point."""
    product = INFINITY
    for row, window in enumerate(_comb()):
        product = add(product, window[scalar >> 4 * row & 15])
    return product


def affine(point: Jacobian) -> tuple[int, int]:
    """
    Give x and y.

    Raises:
        ValueError: the point at infinity has neither.
    """
    x, y, z = point
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def _double(p: Jacobian) -> Jacobian:
    x, y, z = p
    if not z:
        return p
    delta, gamma = z * z % P, y * y % P
    beta = x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P
    x3 = (alpha * alpha - 8 * beta) % P
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P, 2 * y * z % P


def _window(point: Jacobian) -> list[Jacobian]:
    multiples = [INFINITY, point]
    for _ in range(14):
        multiples.append(add(multiples[-1], point))
    return multiples


@cache
def _comb() -> list[list[Jacobian]]:
    # The multiples 0 to 15 of 16^row * G: built once, in 5 ms; then 64 additions make a product.
    rows = []
    point: Jacobian = (*G, 1)
    for _ in range(64):
        rows.append(_window(point))
        point = _double(rows[-1][8])
    return rows
