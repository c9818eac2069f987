"""Methods that stand as a whole inside `assertion_method`: published, never asked to sign (docs/receipts.md)."""

import re

import strict_json
from codec import Malformed
from documents import Document

TEXTS = ("id", "type", "controller", "publicKeyBase58", "publicKeyMultibase", "publicKeyJwk")
SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
# The escapes of Go's string literals: simple, octal byte, hexadecimal byte, and characters of 16 and 32 bits.
ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
PLAIN = re.compile(r'[^"\\\n]+')


def inline_ids(document: Document) -> list:
    """The ids of the inline methods of a document, in the order of the entries."""
    ids = [_id(entry) for entry in document.message["assertion_method"]]
    return [id_ for id_ in ids if id_ is not None]


def _id(entry: str) -> str | None:
    text = unquote(entry)
    if text is None:
        return None
    try:
        value = strict_json.parse(text, duplicates_allowed=True)
    except Malformed:
        return None
    if not isinstance(value, dict) or not _is_method(value):
        return None
    return value.get("id", "")


def _is_method(value: dict) -> bool:
    if any(not isinstance(value[name], str) for name in TEXTS if name in value):
        return False
    others = [member for name, member in value.items() if name != "metadata"]
    if any(member is None or isinstance(member, (dict, list)) for member in others):
        return False
    return _is_metadata(value.get("metadata"))


def _is_metadata(value) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    texts = [value.get("paramsRef"), value.get("curveType")]
    participant = value.get("participantId")
    is_integer = participant is None or type(participant) is int
    return is_integer and all(text is None or isinstance(text, str) for text in texts)


def unquote(literal: str) -> str | None:
    """What a Go string literal in double quotes or back-quotes stands for."""
    if len(literal) < 2 or literal[0] != literal[-1]:
        return None
    inner = literal[1:-1]
    if literal[0] == "`":
        # Go leaves carriage returns out of raw literals.
        return None if "`" in inner else inner.replace("\r", "")
    return _interpreted(inner) if literal[0] == '"' else None


def _interpreted(inner: str) -> str | None:
    data, at = bytearray(), 0
    while at < len(inner):
        match = PLAIN.match(inner, at)
        if match is not None:
            data += match.group().encode()
        else:
            match = ESCAPE.match(inner, at)
            piece = None if match is None else _escape(*match.groups())
            if piece is None:
                return None
            data += piece
        at = match.end()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _escape(simple, octal, byte, short, long) -> bytes | None:
    if simple is not None:
        return SIMPLE[simple].encode()
    if octal is not None or byte is not None:
        number = int(octal, 8) if octal is not None else int(byte, 16)
        return bytes([number]) if number < 256 else None
    number = int(short or long, 16)
    is_character = number < 0xD800 or 0xDFFF < number <= 0x10FFFF
    return chr(number).encode() if is_character else None
