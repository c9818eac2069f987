"""Signed notes, their keys, cosignatures and checkpoints (docs/log-format.md, "Signed notes", "Checkpoints")."""

from dataclasses import dataclass, field

import ed25519
from codec import Malformed, base64_decode, base64_encode, need, sha256

NOTE_MAX = 65_536
SIGNATURES_MAX = 32
NAME_MAX = 255
SIGNER, COSIGNER = 0x01, 0x04
TIME_MAX = (1 << 63) - 1


@dataclass(frozen=True)
class Key:
    """A public key with its name. Type 0x01 signs notes, type 0x04 cosigns checkpoints with a time."""

    name: str
    type: int
    public: bytes

    @staticmethod
    def parse(text: str) -> "Key":
        """Reads `<name>+<key id>+<base64 of type ‖ public key>`."""
        parts = text.split("+", 2)
        need(len(parts) == 3, "a key has three parts")
        name, key_id, material = parts[0], parts[1], base64_decode(parts[2])
        need(is_name(name), "a key's name is not allowed")
        need(len(material) == 33 and material[0] in (SIGNER, COSIGNER), "a key of a type that is not known")
        key = Key(name, material[0], material[1:])
        need(ed25519.is_good_key(key.public), "a weak key")
        need(key.id().hex() == key_id, "the key id belongs to another key")
        return key

    def id(self) -> bytes:
        """The first four bytes of a hash over name, type and key."""
        return sha256(self.name.encode(), b"\n", bytes([self.type]), self.public)[:4]

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """Checks a signature over a note's text; for a cosigner the time in seconds."""
        if self.type == SIGNER:
            need(ed25519.verify(self.public, text, signature), "a signature of a known key does not verify")
            return None
        need(len(signature) == 72, "a cosignature has 72 bytes")
        time_s = int.from_bytes(signature[:8], "big")
        need(1 <= time_s <= TIME_MAX, "a cosignature of no time")
        message = b"cosignature/v1\ntime %d\n" % time_s + text
        need(ed25519.verify(self.public, message, signature[8:]), "a cosignature of a known key does not verify")
        return time_s


@dataclass(frozen=True)
class Line:
    """A signature line."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text and its signature lines."""

    text: str
    lines: tuple = field(default_factory=tuple)

    @staticmethod
    def parse(data: bytes) -> "Note":
        """Reads a note."""
        need(len(data) <= NOTE_MAX, "a note is too long")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("a note is UTF-8") from error
        need(not any(is_control(character) for character in whole), "a note has no control characters")
        split = whole.rfind("\n\n")
        need(split >= 0 and whole.endswith("\n"), "a note has an empty line before its signatures")
        text, block = whole[: split + 1], whole[split + 2 :]
        lines = block.split("\n")[:-1]
        need(1 <= len(lines) <= SIGNATURES_MAX, "a note has 1 to 32 signatures")
        return Note(text, tuple(_line(line) for line in lines))

    def of(self, key: Key) -> list:
        """The signatures of a key, checked: for a cosigner its times. One that does not verify voids the note."""
        named = [line for line in self.lines if (line.name, line.key_id) == (key.name, key.id())]
        return [key.verify(self.text.encode(), line.signature) for line in named]


@dataclass(frozen=True)
class Checkpoint:
    """Size and root of a log."""

    origin: str
    size: int
    root: bytes

    @staticmethod
    def parse(text: str) -> "Checkpoint":
        """Reads a note's text."""
        lines = text.split("\n")
        need(len(lines) >= 4 and lines.pop() == "" and "" not in lines, "a checkpoint has three lines or more")
        origin, size, root = lines[:3]
        need(size.isascii() and size.isdigit() and str(int(size[:20])) == size, "a size has no leading zeroes")
        need(int(size) < 1 << 64, "a size that no log has")
        root = base64_decode(root)
        need(len(root) == 32, "a root has 32 bytes")
        return Checkpoint(origin, int(size), root)

    def text(self) -> str:
        """The three lines."""
        return f"{self.origin}\n{self.size}\n{base64_encode(self.root)}\n"


def is_name(name: str) -> bool:
    """Whether a key may have that name."""
    allowed = not any(character.isspace() or is_control(character) or character == "+" for character in name)
    return 1 <= len(name.encode()) <= NAME_MAX and allowed


def is_control(character: str) -> bool:
    """Whether it is a control character that no note holds."""
    return character != "\n" and (ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0)


def _line(line: str) -> Line:
    parts = line.split(" ")
    need(len(parts) == 3 and parts[0] == "\u2014" and is_name(parts[1]), "a signature line is `— name base64`")
    data = base64_decode(parts[2])
    need(len(data) > 4, "a signature line without a signature")
    return Line(parts[1], data[:4], data[4:])
