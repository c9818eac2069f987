"""DIDs and ids of verification methods, and their normal form (docs/receipts.md)."""

import re

from codec import need

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ID_MAX = 256
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NAMESPACE = re.compile(r"[a-zA-Z0-9]+")
# As RFC 3986 has it; what is percent-encoded is upper-case, and had to be.
FRAGMENT = re.compile(r"([a-zA-Z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-F]{2})+")
UNRESERVED = re.compile(r"[a-zA-Z0-9\-._~]")


def normal_did(text: str) -> str:
    """The normal form of a DID: a UUID in lower case."""
    parts = text.split(":")
    need(len(text.encode()) <= ID_MAX, "a DID is too long")
    need(len(parts) in (3, 4) and parts[:2] == ["did", "cheqd"], "no DID of the method cheqd")
    need(len(parts) == 3 or NAMESPACE.fullmatch(parts[2]) is not None, "no namespace")
    unique = parts[-1]
    if UUID.fullmatch(unique):
        return ":".join([*parts[:-1], unique.lower()])
    need(len(unique) <= 22 and len(base58_decode(unique)) == 16, "neither a UUID nor 16 bytes in base58")
    return text


def is_normal_did(text: str) -> bool:
    """Whether it is a DID in normal form."""
    try:
        return normal_did(text) == text
    except ValueError:
        return False


def normal_method_id(text: str) -> tuple:
    """The normal form of a method's id, and the DID in it."""
    did, hash_, fragment = text.partition("#")
    need(len(text.encode()) <= ID_MAX, "an id is too long")
    need(hash_ == "#" and FRAGMENT.fullmatch(fragment) is not None, "a method's id has a fragment and nothing else")
    encoded = [chr(int(code, 16)) for code in re.findall("%(..)", fragment)]
    need(not any(UNRESERVED.fullmatch(character) for character in encoded), "percent-encoded for nothing")
    did = normal_did(did)
    return f"{did}#{fragment}", did


def namespace(did: str) -> str | None:
    """The namespace of a DID, if it has one."""
    parts = did.split(":")
    return parts[2] if len(parts) == 4 else None


def base58_decode(text: str) -> bytes:
    """Base58 in the alphabet of Bitcoin; each leading `1` is a zero byte."""
    number = 0
    for character in text:
        digit = ALPHABET.find(character)
        need(digit >= 0, "no base58")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
