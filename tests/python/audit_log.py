"""Checks an export of the audit log, written from docs/audit-log.md alone."""

import hashlib
import json

ZERO = bytes(32)


def _text(value):
    data = value.encode()
    return len(data).to_bytes(4, "big") + data


def _option(value):
    return b"\0" if value is None else b"\1" + _text(value)


def canonical(details):
    """The details as they are hashed. Names are sorted by code points, which is the order of their UTF-8 bytes."""
    return json.dumps(details, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content(entry):
    """The hash of what an entry says."""
    if "content" in entry:
        return bytes.fromhex(entry["content"])
    return hashlib.sha256(
        b"atropos/audit-content/v1\n"
        + entry["timeMs"].to_bytes(8, "big")
        + _text(entry["id"])
        + _option(entry["tenant"])
        + _text(entry["actor"])
        + _text(entry["action"])
        + _text(entry["subject"])
        + _text(canonical(entry["details"]))
        + _option(entry["requestId"])
        + _option(entry["address"])
    ).digest()


def entry_hash(index, previous, content_hash):
    """The hash of an entry."""
    place = index.to_bytes(8, "big")
    return hashlib.sha256(b"atropos/audit-entry/v1\n" + place + previous + content_hash).digest()


def _head(size, value):
    return {"size": size, "hash": value.hex()}


def _is_accepted_loss(entry, size, head):
    if entry.get("action") != "audit.accept_loss" or entry["index"] <= size:
        return False
    details = entry["details"]
    wanted = _head(entry["index"], bytes.fromhex(entry["previous"]))
    lost = [{"size": one["size"], "hash": one["hash"]} for one in details["lost"]]
    return details["kept"] == _head(size, head) and wanted in lost


def check(lines):
    """The size and the hash that an export leads to; raises ValueError at the first line that does not fit."""
    size, head = 0, ZERO
    for line in lines:
        entry = json.loads(line)
        previous = bytes.fromhex(entry["previous"])
        if _is_accepted_loss(entry, size, head):
            size, head = entry["index"], previous
        if entry["index"] != size:
            raise ValueError(f"row {size} is missing")
        if entry_hash(size, previous, content(entry)).hex() != entry["hash"]:
            raise ValueError(f"row {size} was changed")
        if previous != head:
            raise ValueError(f"row {size} does not continue the row before it")
        size, head = size + 1, bytes.fromhex(entry["hash"])
    return size, head
