"""Protocol buffers of `cheqd.did.v2`, in their one canonical encoding alone (docs/deviations.md, "Encoding")."""

from codec import Malformed, need

TEXT, TEXTS, NUMBER = "text", "texts", "number"

METHOD = {1: ("id", TEXT), 2: ("type", TEXT), 3: ("controller", TEXT), 4: ("material", TEXT)}
SERVICE = {
    1: ("id", TEXT),
    2: ("type", TEXT),
    3: ("endpoint", TEXTS),
    4: ("recipient_keys", TEXTS),
    5: ("routing_keys", TEXTS),
    6: ("accept", TEXTS),
    7: ("priority", NUMBER),
}
DOCUMENT = {
    1: ("context", TEXTS),
    2: ("id", TEXT),
    3: ("controller", TEXTS),
    4: ("methods", METHOD),
    5: ("authentication", TEXTS),
    6: ("assertion_method", TEXTS),
    7: ("capability_invocation", TEXTS),
    8: ("capability_delegation", TEXTS),
    9: ("key_agreement", TEXTS),
    10: ("service", SERVICE),
    11: ("also_known_as", TEXTS),
}
WRITE = {**DOCUMENT, 12: ("version_id", TEXT)}
DEACTIVATE = {1: ("id", TEXT), 2: ("version_id", TEXT)}


def decode(schema: dict, data: bytes) -> dict:
    """Reads a message into a dictionary with all fields of its schema. Only bytes that `encode` writes are taken."""
    message = {name: _default(kind) for name, kind in schema.values()}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        need(tag >> 3 in schema, "an unknown field")
        name, kind = schema[tag >> 3]
        need(tag & 7 == (0 if kind == NUMBER else 2), "a field of another type")
        value, at = _varint(data, at)
        if kind == NUMBER:
            need(value < 1 << 32, "a number is too large")
        else:
            need(len(data) - at >= value, "ends early")
            value, at = data[at : at + value], at + value
        _put(message, name, kind, value)
    need(encode(schema, message) == data, "not the canonical encoding")
    return message


def encode(schema: dict, message: dict) -> bytes:
    """The canonical encoding: fields ascending, shortest numbers, no default values."""
    parts = []
    for number, (name, kind) in sorted(schema.items()):
        value = message[name]
        if kind == NUMBER:
            parts.append(_number(number << 3) + _number(value) if value else b"")
        elif kind == TEXT:
            parts.append(_bytes(number, value.encode()) if value else b"")
        elif kind == TEXTS:
            parts.extend(_bytes(number, entry.encode()) for entry in value)
        else:
            parts.extend(_bytes(number, encode(kind, entry)) for entry in value)
    return b"".join(parts)


def _default(kind):
    return "" if kind == TEXT else 0 if kind == NUMBER else []


def _put(message: dict, name: str, kind, value) -> None:
    if kind == NUMBER:
        message[name] = value
    elif kind == TEXT:
        message[name] = _text(value)
    elif kind == TEXTS:
        message[name].append(_text(value))
    else:
        message[name].append(decode(kind, value))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a text is UTF-8") from error


def _varint(data: bytes, at: int) -> tuple:
    value = 0
    for position in range(10):
        need(at + position < len(data), "ends early")
        byte = data[at + position]
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            need(value < 1 << 64, "a number is too large")
            return value, at + position + 1
    raise Malformed("a number is too long")


def _number(value: int) -> bytes:
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])


def _bytes(number: int, data: bytes) -> bytes:
    return _number(number << 3 | 2) + _number(len(data)) + data
