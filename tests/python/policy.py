"""Policies: which logs and witnesses are trusted, and which of them are enough (docs/policy.md)."""

import base64
import re
from dataclasses import dataclass, field

import strict_json
from codec import Malformed, base64_decode, need
from note import COSIGNER, SIGNER, Checkpoint, Key, Note

POLICY_MAX = 262_144
ENTRIES_MAX = 64
NAME_MAX, URL_MAX = 255, 2048
NUMBER = re.compile(rb"[1-9][0-9]{0,9}")


class Untrusted(Exception):
    """A checkpoint that the policy does not accept: `reason` says why."""

    def __init__(self, reason: str, text: str):
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class Bound:
    """The last checkpoint that a log key may have signed."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Witnessed:
    """An accepted checkpoint and the times of its quorum in seconds."""

    checkpoint: Checkpoint
    at_latest_s: int | None
    still_at_s: int | None


@dataclass
class Policy:
    """The lines of a policy, and its sidecar."""

    logs: list = field(default_factory=list)
    witnesses: dict = field(default_factory=dict)
    groups: dict = field(default_factory=dict)
    quorum: bytes | None = None
    bounds: dict = field(default_factory=dict)
    networks: dict = field(default_factory=dict)

    @staticmethod
    def parse(text: bytes, bounds: str | bytes | None = None) -> "Policy":
        """Reads a policy in the format of C2SP tlog-policy, and the bounds."""
        need(len(text) <= POLICY_MAX, "a policy is too long")
        need(text.endswith(b"\n"), "the last line of a policy ends with a newline")
        need(all(byte in b"\t\n" or 0x20 <= byte != 0x7F for byte in text), "a policy has no control characters")
        policy, grouped = Policy(), set()
        for line in text.split(b"\n"):
            words = [word for word in re.split(rb"[ \t]+", line) if word]
            if words and not words[0].startswith(b"#"):
                policy._line(words, grouped)
        need(policy.quorum is not None, "a policy has a quorum")
        if bounds is not None:
            need(len(bounds) <= POLICY_MAX, "bounds are too long")
            policy._sidecar(strict_json.parse(bounds))
        return policy

    def open(self, data: bytes) -> Witnessed:
        """Accepts a checkpoint that a log key has signed within its bound and a quorum has cosigned."""
        try:
            note = Note.parse(data)
            checkpoint = Checkpoint.parse(note.text)
        except Malformed as error:
            raise Untrusted("note", str(error)) from error
        if all(key.name != checkpoint.origin for key in self.logs):
            raise Untrusted("unknown log", "no key of its log is listed")
        try:
            signed = [key for key in self.logs if note.of(key)]
            times = {name: note.of(key) for name, key in self.witnesses.items()}
        except Malformed as error:
            raise Untrusted("wrong line", str(error)) from error
        signed = [key for key in signed if key.name == checkpoint.origin]
        if not signed:
            raise Untrusted("unsigned", "no listed key of its log has signed it")
        if self._contradicts_a_bound(checkpoint):
            raise Untrusted("other root", "a bound of its log has another root at this size")
        if not any(self._is_within(key, checkpoint) for key in signed):
            raise Untrusted("beyond bound", "its key was not allowed to sign it any more")
        earliest = {name: min(seen) for name, seen in times.items() if seen}
        latest = {name: max(seen) for name, seen in times.items() if seen}
        if not self._reached(self.quorum, set(earliest)):
            raise Untrusted("no quorum", "no quorum has cosigned it")
        if self.quorum == b"none":
            return Witnessed(checkpoint, None, None)

        def reached(names) -> bool:
            return self._reached(self.quorum, set(names))

        at_latest = min(t for t in earliest.values() if reached(name for name in earliest if earliest[name] <= t))
        still_at = max(t for t in latest.values() if reached(name for name in latest if latest[name] >= t))
        return Witnessed(checkpoint, at_latest, still_at)

    def _line(self, words: list, grouped: set) -> None:
        kind, rest = words[0], words[1:]
        if kind == b"log":
            need(1 <= len(rest) <= 2, "log <vkey> [<url>]")
            self._add_log(rest[0])
        elif kind == b"witness":
            need(2 <= len(rest) <= 3, "witness <name> <vkey> [<url>]")
            self._add_witness(self._new_name(rest[0]), rest[1])
        elif kind == b"group":
            need(len(rest) >= 3, "group <name> <k> <name>...")
            self._add_group(self._new_name(rest[0]), rest[1], rest[2:], grouped)
        else:
            need(kind == b"quorum" and len(rest) == 1 and self.quorum is None, "one line `quorum <name>`")
            need(rest[0] == b"none" or rest[0] in self.witnesses or rest[0] in self.groups, "an unknown name")
            self.quorum = rest[0]
        counts = [len(entries) for entries in (self.logs, self.witnesses, self.groups)]
        need(max(counts) <= ENTRIES_MAX, "too many entries")
        need(kind not in (b"log", b"witness") or len(rest[-1]) <= URL_MAX, "a URL is too long")

    def _add_log(self, text: bytes) -> None:
        key = _key(text, SIGNER)
        need(all(key.public != other.public for other in self.logs), "a log twice")
        self.logs.append(key)

    def _add_witness(self, name: bytes, text: bytes) -> None:
        key = _key(text, COSIGNER)
        need(all(key.public != other.public for other in self.witnesses.values()), "a witness twice")
        self.witnesses[name] = key

    def _add_group(self, name: bytes, threshold: bytes, members: list, grouped: set) -> None:
        words = {b"all": len(members), b"any": 1}
        need(threshold in words or NUMBER.fullmatch(threshold) is not None, "a threshold is a number, `all` or `any`")
        least = words.get(threshold) or int(threshold)
        need(1 <= least <= len(members), "a threshold between 1 and the number of members")
        for member in members:
            need(member in self.witnesses or member in self.groups, "an unknown name")
            need(member not in grouped, "a name is a member once")
            grouped.add(member)
        self.groups[name] = (least, tuple(members))

    def _new_name(self, name: bytes) -> bytes:
        need(name != b"none" and name not in self.witnesses and name not in self.groups, "a name that is taken")
        need(len(name) <= NAME_MAX, "a name is too long")
        return name

    def _reached(self, name: bytes, cosigned: set) -> bool:
        if name == b"none" or name in cosigned:
            return True
        least, members = self.groups.get(name, (1, ()))
        return sum(self._reached(member, cosigned) for member in members) >= least

    def _is_within(self, key: Key, checkpoint: Checkpoint) -> bool:
        return key not in self.bounds or checkpoint.size <= self.bounds[key].size

    def _contradicts_a_bound(self, checkpoint: Checkpoint) -> bool:
        """Whether it has the size of a bound of its log and another root, whoever signed it."""
        bounds = [bound for key, bound in self.bounds.items() if key.name == checkpoint.origin]
        return any(checkpoint.size == bound.size and checkpoint.root != bound.root for bound in bounds)

    def _sidecar(self, value) -> None:
        need(isinstance(value, dict) and set(value) <= {"bounds", "networks"}, "bounds and networks alone")
        for entry in _entries(value, "bounds", {"key": str, "size": int, "root": str}):
            keys = [key for key in self.logs if _vkey(key) == entry["key"]]
            need(len(keys) == 1 and keys[0] not in self.bounds, "a bound of a key that is not listed, or two of one")
            root = base64_decode(entry["root"])
            need(len(root) == 32 and 0 <= entry["size"] < 1 << 64, "a bound is a size and a root")
            self.bounds[keys[0]] = Bound(entry["size"], root)
        for entry in _entries(value, "networks", {"origin": str, "networkId": str}):
            need(re.fullmatch("[0-9a-f]{64}", entry["networkId"]) is not None, "a network id is 64 hexadecimal digits")
            need(entry["origin"] not in self.networks, "an origin twice")
            need(any(key.name == entry["origin"] for key in self.logs), "an origin that is not listed")
            self.networks[entry["origin"]] = bytes.fromhex(entry["networkId"])


def _entries(value: dict, name: str, members: dict) -> list:
    entries = value.get(name, [])
    need(isinstance(entries, list) and len(entries) <= ENTRIES_MAX, "a list of at most 64 entries")
    for entry in entries:
        need(isinstance(entry, dict) and set(entry) == set(members), "other members than these")
        need(all(type(entry[name]) is kind for name, kind in members.items()), "a member of another type")
    return entries


def _key(text: bytes, kind: int) -> Key:
    try:
        key = Key.parse(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed("a key's name is UTF-8") from error
    need(key.type == kind, "a key of the wrong type")
    return key


def _vkey(key: Key) -> str:
    material = base64.b64encode(bytes([key.type]) + key.public).decode()
    return f"{key.name}+{key.id().hex()}+{material}"
