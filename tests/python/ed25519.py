"""Strict Ed25519 (RFC 8032) with the arithmetic in the open.

A key is good when its encoding is canonical and its point has the order of the base point. A signature is good when R
is canonical and not of small order, S is below the order, and the equation without cofactor holds.
"""

from functools import lru_cache
from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
IDENTITY = (0, 1, 1, 0)


def is_good_key(key: bytes) -> bool:
    """Whether the key is canonical, on the curve, not of small order and without torsion."""
    return _good_point(key) is not None


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key is good and the signature is one over the message."""
    point = _good_point(key)
    if point is None or len(signature) != 64:
        return False
    commitment, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    nonce = _decode(commitment)
    if nonce is None or _is_identity(_times(8, nonce)) or scalar >= ORDER:
        return False
    challenge = int.from_bytes(sha512(commitment + key + message).digest(), "little") % ORDER
    return _encode(_add(_times_base(scalar), _times(challenge, _negate(point)))) == commitment


@lru_cache(maxsize=4096)
def _good_point(key: bytes):
    point = _decode(key) if len(key) == 32 else None
    if point is None or _is_identity(point) or not _is_identity(_times(ORDER, point)):
        return None
    return point


def _decode(data: bytes):
    """The point of a canonical encoding, or None."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _encode(point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _is_identity(point) -> bool:
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def _negate(point):
    x, y, z, t = point
    return (P - x, y, z, P - t)


def _add(left, right):
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _double(point):
    x, y, z, _ = point
    a, b, c = x * x % P, y * y % P, 2 * z * z % P
    h = a + b
    e, g = h - (x + y) * (x + y) % P, a - b
    f = c + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar: int, point):
    """`scalar` times the point, four bits at a time."""
    multiples = [IDENTITY]
    for _ in range(15):
        multiples.append(_add(multiples[-1], point))
    result = IDENTITY
    for shift in range((scalar.bit_length() + 3) // 4 * 4 - 4, -1, -4):
        for _ in range(4):
            result = _double(result)
        digit = scalar >> shift & 15
        if digit:
            result = _add(result, multiples[digit])
    return result


def _times_base(scalar: int):
    """`scalar` times the base point: one addition for each four bits."""
    result = IDENTITY
    for position, row in enumerate(_base_table()):
        digit = scalar >> 4 * position & 15
        if digit:
            result = _add(result, row[digit])
    return result


@lru_cache(maxsize=1)
def _base_table():
    rows, point = [], _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    for _ in range(64):
        row = [IDENTITY]
        for _ in range(15):
            row.append(_add(row[-1], point))
        rows.append(row)
        point = _add(row[-1], point)
    return rows
