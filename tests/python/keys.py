"""Public keys of documents: how each type of method writes them, which are weak, and their signatures.

docs/receipts.md, "Keys and signatures"; docs/accept-rules.md has every case.
"""

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

import ed25519
import strict_json
from codec import Malformed, need
from dids import base58_decode

TYPE_2018, TYPE_2020, TYPE_JWK = "Ed25519VerificationKey2018", "Ed25519VerificationKey2020", "JsonWebKey2020"
ED25519, P256, P384, P521, RSA = 1, 2, 3, 4, 5
CURVES = {P256: ec.SECP256R1(), P384: ec.SECP384R1(), P521: ec.SECP521R1()}
JWK_CURVES = {"P-256": P256, "P-384": P384, "P-521": P521}
RSA_EXPONENT = 65_537
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 4096
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
JWK_MAX, BASE58_MAX = 4096, 64


@dataclass(frozen=True)
class PublicKey:
    """A sound key: its algorithm, and its bytes in the one encoding of docs/log-format.md, "Document keys"."""

    algorithm: int
    bytes: bytes

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is one by this key over the message."""
        if self.algorithm == ED25519:
            return ed25519.verify(self.bytes, message, signature)
        if self.algorithm == RSA:
            return _verifies_rsa(self.bytes, message, signature)
        return _verifies_ecdsa(CURVES[self.algorithm], self.bytes, message, signature)


def decode(method_type: str, material: str) -> PublicKey:
    """Reads the material of a method of that type. Weak keys are refused."""
    if method_type == TYPE_2020:
        need(material.startswith("z") and len(material) <= 1 + BASE58_MAX, "no base58 in multibase")
        data = base58_decode(material[1:])
        need(data[:2] == b"\xed\x01", "not the header of an Ed25519 key")
        return _ed25519(data[2:])
    if method_type == TYPE_2018:
        need(len(material) <= BASE58_MAX, "too long")
        return _ed25519(base58_decode(material))
    need(method_type == TYPE_JWK, "a type of method that is not known")
    return _jwk(material)


def _ed25519(data: bytes) -> PublicKey:
    need(len(data) == 32 and ed25519.is_good_key(data), "no Ed25519 key, or a weak one")
    return PublicKey(ED25519, data)


def _jwk(material: str) -> PublicKey:
    need(len(material.encode()) <= JWK_MAX, "a JWK is too long")
    jwk = strict_json.parse(material)
    need(isinstance(jwk, dict), "a JWK is an object")
    kty = jwk.get("kty")
    need(not PRIVATE & set(jwk), "a private or secret key")
    if kty == "OKP":
        need(jwk.get("crv") == "Ed25519", "another curve")
        return _ed25519(_member(jwk, "x"))
    if kty == "EC":
        return _point(jwk.get("crv"), _member(jwk, "x"), _member(jwk, "y"))
    need(kty == "RSA", "another kind of key")
    return _rsa(_member(jwk, "n"), _member(jwk, "e"))


def _member(jwk: dict, name: str) -> bytes:
    """A member in base64url without padding (RFC 7515)."""
    text = jwk.get(name)
    need(isinstance(text, str) and text.isascii(), "a member is missing")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise Malformed("no base64url") from error
    need(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text, "base64url in another spelling than the one")
    return data


def _point(name: str, x: bytes, y: bytes) -> PublicKey:
    need(isinstance(name, str) and name in JWK_CURVES, "another curve")
    algorithm = JWK_CURVES[name]
    curve = CURVES[algorithm]
    size = (curve.key_size + 7) // 8
    need(len(x) == size and len(y) == size, "coordinates have the length of the field")
    try:
        ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve).public_key()
    except ValueError as error:
        raise Malformed("a point off its curve") from error
    return PublicKey(algorithm, bytes([2 | y[-1] & 1]) + x)


def _rsa(modulus: bytes, exponent: bytes) -> PublicKey:
    need(modulus[:1] != b"\0" and exponent[:1] != b"\0", "a number with leading zeros")
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    need(RSA_BITS_MIN <= n.bit_length() <= RSA_BITS_MAX and n % 2 == 1 and e == RSA_EXPONENT, "a weak RSA key")
    return PublicKey(RSA, _der_sequence(n, e))


def _verifies_ecdsa(curve, point: bytes, message: bytes, signature: bytes) -> bool:
    numbers = _der_numbers(signature)
    if numbers is None:
        return False
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    try:
        key.verify(encode_dss_signature(*numbers), message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _verifies_rsa(der: bytes, message: bytes, signature: bytes) -> bool:
    n, e = _der_numbers(der)
    if len(signature) != (n.bit_length() + 7) // 8:
        return False
    scheme = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
    try:
        rsa.RSAPublicNumbers(e, n).public_key().verify(signature, message, scheme, SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _der_sequence(*numbers: int) -> bytes:
    body = b"".join(_der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers)
    return _der(0x30, body)


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _der_numbers(data: bytes):
    """The two numbers of a sequence in DER, neither of them negative; None for anything else."""
    try:
        body, end = _der_body(data, 0, 0x30)
        first, at = _der_body(body, 0, 0x02)
        second, last = _der_body(body, at, 0x02)
    except IndexError:
        return None
    numbers = int.from_bytes(first, "big"), int.from_bytes(second, "big")
    # Only one encoding of the two numbers is DER: writing them again finds every other.
    whole = end == len(data) and last == len(body) and _der_sequence(*numbers) == data
    return numbers if whole else None


def _der_body(data: bytes, at: int, tag: int) -> tuple:
    if data[at] != tag:
        raise IndexError("another tag")
    size, at = data[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    return data[at : at + size], at + size
