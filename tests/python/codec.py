"""Bytes with one encoding each: fields, lists and options of docs/log-format.md, and base64. All else is refused."""

import base64
import binascii
import hashlib


class Malformed(ValueError):
    """Bytes or text that do not follow their format."""


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def need(condition: bool, text: str) -> None:
    """Refuses what does not hold."""
    if not condition:
        raise Malformed(text)


def base64_decode(text: str) -> bytes:
    """Standard base64 with padding (RFC 4648 section 4), in its one spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Malformed("no base64") from error
    need(base64_encode(data) == text, "base64 in another spelling than the one")
    return data


def base64_encode(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


class Reader:
    """Reads bytes from the front. What is left over at the end is refused by `end`."""

    def __init__(self, data: bytes):
        self._data = data
        self._at = 0

    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        need(self.left() >= count, "ends early")
        start, self._at = self._at, self._at + count
        return self._data[start : self._at]

    def number(self, size: int) -> int:
        """An unsigned number of that many bytes, big-endian."""
        return int.from_bytes(self.take(size), "big")

    def hash(self) -> bytes:
        """32 bytes."""
        return self.take(32)

    def field(self) -> "Reader":
        """The content of a field."""
        return Reader(self.take(self.number(2)))

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(self.left())

    def end(self) -> None:
        """Refuses bytes left over."""
        need(self.left() == 0, "bytes left over")

    def whole(self, read):
        """What `read` makes of all that is left."""
        value = read(self)
        self.end()
        return value

    def field_of(self, read):
        """A field with that content."""
        return self.field().whole(read)

    def list_of(self, most: int, read, least: int = 0) -> list:
        """A list of fields."""
        inner = self.field()
        count = inner.number(2)
        need(least <= count <= most, "too many or too few entries")
        values = [inner.field_of(read) for _ in range(count)]
        inner.end()
        return values

    def option_of(self, read):
        """An option: None, or the content."""
        inner = self.field()
        tag = inner.number(1)
        need(tag <= 1, "an option is 0 or 1")
        value = read(inner) if tag == 1 else None
        inner.end()
        return value

    def text(self, least: int, most: int) -> str:
        """All that is left as visible ASCII."""
        return visible(self.rest(), least, most)


def visible(data: bytes, least: int, most: int) -> str:
    """Text of the bytes 0x21 to 0x7e."""
    need(least <= len(data) <= most, "a text is too short or too long")
    need(all(0x21 <= byte <= 0x7E for byte in data), "a text has other characters than visible ASCII")
    return data.decode("ascii")


def some(reader: Reader) -> bytes:
    """One byte or more."""
    data = reader.rest()
    need(len(data) > 0, "empty")
    return data


def ascending(values) -> None:
    """Refuses entries that do not strictly ascend."""
    values = list(values)
    need(all(left < right for left, right in zip(values, values[1:])), "not strictly ascending")
