"""The form of a receipt: which members it has, and the one way to write it (docs/receipts.md, "Form", "Members")."""

import json
import re
from dataclasses import dataclass

import strict_json
from codec import Malformed, base64_decode, need
from dids import is_normal_did
from state_tree import StateProof, StateValue

RECEIPT_MAX = 8_388_608
FORMAT = "atropos-receipt/v1"
HEX = re.compile("([0-9a-f]{2})*")


class NoProof(Exception):
    """A receipt that proves nothing, and the one word that says why."""

    def __init__(self, reason: str, text: str = ""):
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class ProvenLeaf:
    """A leaf with its path."""

    index: int
    leaf: bytes
    path: list


@dataclass(frozen=True)
class ShownDid:
    """A DID with its state."""

    did: str
    value_bytes: bytes | None
    value: StateValue | None
    proof: StateProof
    document: bytes | None


@dataclass(frozen=True)
class Receipt:
    """What a receipt holds, read and not yet believed."""

    did: str
    checkpoint: str
    state: ProvenLeaf
    dids: list
    operation: ProvenLeaf | None
    summary: dict


def parse(data: bytes) -> Receipt:
    """Reads a receipt that is written in the one way."""
    if len(data) > RECEIPT_MAX:
        raise NoProof("tooLarge")
    try:
        value = strict_json.parse(data)
        names = ["format", "stage", "did", "checkpoint", "state", "dids", "operation", "summary"]
        if isinstance(value, dict) and "operation" not in value:
            names.remove("operation")
        _members(value, names)
        receipt = _receipt(value)
    except Malformed as error:
        raise NoProof("unreadable", str(error)) from error
    if value["format"] != FORMAT:
        raise NoProof("otherFormat")
    if write(value) != data:
        raise NoProof("notCanonical")
    return receipt


def write(value) -> bytes:
    """The one way to write a value: no white space, no escape that is not needed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _receipt(value: dict) -> Receipt:
    _text(value["format"])
    need(value["stage"] in ("finished", "published"), "a stage that does not exist")
    operation = _leaf(value["operation"]) if "operation" in value else None
    dids = [_shown(entry) for entry in _list(value["dids"])]
    state, checkpoint = _leaf(value["state"]), _text(value["checkpoint"])
    _check_summary(value["summary"])
    return Receipt(_did(value["did"]), checkpoint, state, dids, operation, value["summary"])


def _leaf(value) -> ProvenLeaf:
    _members(value, ["index", "leaf", "path"])
    path = [base64_decode(_text(entry)) for entry in _list(value["path"])]
    need(all(len(hash_) == 32 for hash_ in path), "a hash has 32 bytes")
    return ProvenLeaf(_number(value["index"]), base64_decode(_text(value["leaf"])), path)


def _shown(value) -> ShownDid:
    _members(value, ["did", "value", "proof", "document"])
    bytes_ = None if value["value"] is None else base64_decode(_text(value["value"]))
    state = None if bytes_ is None else StateValue.decode(bytes_)
    document = None if value["document"] is None else base64_decode(_text(value["document"]))
    proof = StateProof.decode(base64_decode(_text(value["proof"])))
    return ShownDid(_did(value["did"]), bytes_, state, proof, document)


def _check_summary(value) -> None:
    """The types of the readable part; what it says is compared at the end."""
    need(isinstance(value, dict), "a summary is an object")
    shapes = {"deactivated": DEACTIVATED, "active": ACTIVE, "neverExisted": {"status": _text}}
    status = value.get("status")
    need(isinstance(status, str) and status in shapes, "a status that does not exist")
    _check(value, shapes[status])


def _check(value, shape) -> None:
    """Compares a value with a shape: members by name, a list of one shape, or a check."""
    if isinstance(shape, dict):
        _members(value, list(shape))
        for name, inner in shape.items():
            _check(value[name], inner)
    elif isinstance(shape, list):
        for entry in _list(value):
            _check(entry, shape[0])
    elif isinstance(shape, tuple):
        if value is not None:
            _check(value, shape[0])
    else:
        shape(value)


def _members(value, names: list) -> None:
    need(isinstance(value, dict) and list(value) == names, "other members than these, or in another order")


def _list(value) -> list:
    need(isinstance(value, list), "no list")
    return value


def _text(value) -> str:
    need(isinstance(value, str), "no text")
    return value


def _number(value) -> int:
    need(type(value) is int and 0 <= value < 1 << 64, "no unsigned integer below 2^64")
    return value


def _bool(value) -> None:
    need(isinstance(value, bool), "neither true nor false")


def _did(value) -> str:
    need(is_normal_did(_text(value)), "no DID in normal form")
    return value


def _base64(value) -> None:
    base64_decode(_text(value))


def _hash(value) -> None:
    need(len(_text(value)) == 64 and HEX.fullmatch(value) is not None, "no hash in hex")


def _scope(value) -> None:
    need(value in ("version", "authority"), "a scope that does not exist")


METHOD = {"id": _text, "type": _text, "algorithm": _text, "publicKeyHex": _text, "signature": _base64}
SIGNER = {"did": _text, "method": _text, "algorithm": _text, "publicKeyHex": _text, "signature": _base64}
DEACTIVATED = {
    "status": _text,
    "versionId": _text,
    "logIndex": _number,
    "time": _text,
    "ruleSet": _number,
    "networkId": _hash,
    "authoritySince": _number,
    "distinctKeys": _number,
    "methods": [METHOD],
    "signers": [SIGNER],
    "endedSigners": [_text],
    "excluded": [_text],
    "bound": ({"scope": _scope, "expires": _text},),
    "import": ({"origin": _text, "logIndex": _number, "time": _text},),
}
ACTIVE = {
    "status": _text,
    "versionSequence": _number,
    "documentHash": _hash,
    "creationIndex": _number,
    "statusListIndex": _number,
    "authoritySince": _number,
    "frozen": _bool,
    "endedSigners": [_text],
    "absentSigners": [_text],
}
