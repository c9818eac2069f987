"""Who must sign a deactivation, and whether they did (docs/receipts.md, "Who must sign" and steps 10 to 15)."""

from dataclasses import dataclass

import leaves
import protobuf
from codec import Malformed, sha256
from dids import UUID, is_normal_did, namespace, normal_did, normal_method_id
from documents import Document, Method
from receipt_form import NoProof
from state_tree import ACTIVE, StateValue

BOUND_TAG = b"atropos/bound-version/v1\0"
PAYLOAD_MAX, SIGNATURES_MAX, SIGNATURE_MAX = 32_768, 640, 1_024
SCOPES = {1: "version", 2: "authority"}


@dataclass(frozen=True)
class Known:
    """A DID as it is shown, with its document; both are absent if it does not exist."""

    value: StateValue | None
    document: Document | None

    def is_live(self) -> bool:
        """Whether it exists and has not ended."""
        return self.value is not None and self.value.status == ACTIVE


@dataclass(frozen=True)
class Counted:
    """A signature that counts, whose it is, and of which method."""

    did: str
    method: Method
    signature: bytes


@dataclass(frozen=True)
class Bound:
    """What a bound version id commits to."""

    scope: int
    hash: bytes
    expires_ms: int
    did: str
    network_id: bytes


@dataclass(frozen=True)
class Judged:
    """An authorised deactivation. `methods` each had to sign; `signers` are the live others, one signature each."""

    version_id: str
    methods: list
    signers: list
    ended: list
    standing_in: list
    bound: Bound | None


def judge(leaf: leaves.Operation, subject_head: bytes, known: dict) -> Judged:
    """Judges a deactivation again from the DIDs that are shown."""
    version_id = _statement(leaf)
    bound = _preimage(leaf.bound_preimage)
    subject = known[leaf.did]
    spaces = {namespace(normal_method_id(signature.method_id)[1]) for signature in leaf.signatures}
    _rules(namespace(leaf.did) is not None and spaces <= {namespace(leaf.did)}, "another namespace")
    _rules(subject.is_live(), "the subject has ended, or never existed")
    _check_bound(leaf, version_id, bound, subject_head, known)
    return _complete_set(leaf, subject.document, known, version_id, bound)


def _statement(leaf: leaves.Operation) -> str:
    """Step 10; the version id in lower case."""
    try:
        payload = protobuf.decode(protobuf.DEACTIVATE, leaf.payload)
        did = normal_did(payload["id"])
        ids = [normal_method_id(signature.method_id)[0] for signature in leaf.signatures]
    except Malformed as error:
        raise NoProof("invalidStatement", str(error)) from error
    signatures = [(signature.method_id, signature.bytes) for signature in leaf.signatures]
    valid = (
        len(leaf.payload) <= PAYLOAD_MAX
        and UUID.fullmatch(payload["version_id"]) is not None
        and len(signatures) <= SIGNATURES_MAX
        and all(1 <= len(bytes_) <= SIGNATURE_MAX for _, bytes_ in signatures)
        and ids == [method_id for method_id, _ in signatures]
        and len(set(signatures)) == len(signatures)
    )
    if not valid:
        raise NoProof("invalidStatement")
    if did != leaf.did:
        raise NoProof("payloadOfOther")
    return payload["version_id"].lower()


def _preimage(data: bytes | None) -> Bound | None:
    """Step 11."""
    if data is None:
        return None
    front = len(BOUND_TAG) + 32
    length = int.from_bytes(data[front : front + 2], "big")
    did = data[front + 2 : front + 2 + length].decode("latin-1")
    rest = data[front + 2 + length :]
    if not data.startswith(BOUND_TAG) or len(rest) != 41 or rest[0] not in SCOPES or not is_normal_did(did):
        raise NoProof("unreadablePreimage")
    network_id = data[len(BOUND_TAG) : front]
    return Bound(rest[0], rest[1:33], int.from_bytes(rest[33:], "big"), did, network_id)


def _check_bound(leaf: leaves.Operation, version_id: str, bound: Bound | None, head: bytes, known: dict) -> None:
    """Step 13."""
    is_bound = version_id[14] == "8" and version_id[19] in "89ab"
    _rules(is_bound == (bound is not None), "version 8 is for bound version ids, and they have a preimage")
    if bound is None:
        return
    digest = bytearray(sha256(leaf.bound_preimage)[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    _rules(version_id.replace("-", "") == digest.hex(), "the version id belongs to another preimage")
    _rules((bound.network_id, bound.did) == (leaf.network_id, leaf.did), "bound to another network or DID")
    _rules(leaf.time_ms <= bound.expires_ms, "it has expired")
    expected = head if SCOPES[bound.scope] == "version" else _authority_hash(leaf.did, known)
    _rules(bound.hash == expected, "bound to another version or authority")


def _authority_hash(did: str, known: dict) -> bytes:
    document = known[did].document
    hashes = [document.key_set_hash()]
    if not document.methods:
        others = [known[other].document for other in document.other_signers() if other in known]
        hashes += [other.key_set_hash() for other in others if other is not None]
    return sha256(b"atropos/authority/v1\0", *hashes)


def _complete_set(leaf: leaves.Operation, document: Document, known: dict, version_id: str, bound) -> Judged:
    """Steps 14 and 15."""
    others = document.other_signers()
    for did in others:
        if did not in known:
            raise NoProof("consultedNotShown", did)
        _rules(known[did].value is not None, f"{did} does not exist")
    live = [did for did in others if known[did].is_live()]
    _rules(bool(document.methods or live), "nobody could sign")
    standing_in = [] if document.methods else live
    owners = [(leaf.did, document)] if document.methods else [(did, known[did].document) for did in live]
    required = [(did, method) for did, owner in owners for method in owner.methods]
    signers, ended = (live if document.methods else []), [did for did in others if did not in live]
    signed = _signed(leaf, required, {did: known[did].document for did in signers}, ended)
    _complete(all(known[did].document.methods for did in standing_in), "a stand-in without methods")
    _complete(all(method.id in signed for _, method in required), "a method has not signed")
    methods = [Counted(did, method, signed[method.id].signature) for did, method in required]
    counted = [_first(did, signed) for did in signers]
    if {entry.method.id for entry in methods + counted} != {signature.method_id for signature in leaf.signatures}:
        raise NoProof("uncountedSignature")
    if {entry.did for entry in leaf.consulted} != {leaf.did, *others}:
        raise NoProof("consultedForNothing")
    return Judged(version_id, methods, counted, ended, standing_in, bound)


def _signed(leaf: leaves.Operation, required: list, signers: dict, ended: list) -> dict:
    """The signatures by method id, in the order of the leaf: each of the set, valid and alone. Those of DIDs that have
    ended are passed over."""
    methods = {method.id: (did, method) for did, method in required}
    for did, document in signers.items():
        methods.update({method.id: (did, method) for method in document.methods})
    signed = {}
    asked = [entry for entry in leaf.signatures if normal_method_id(entry.method_id)[1] not in ended]
    for signature in asked:
        _complete(signature.method_id in methods, "a signature of somebody else")
        _complete(signature.method_id not in signed, "two signatures by one method")
        did, method = methods[signature.method_id]
        _complete(method.key.verifies(leaf.payload, signature.bytes), "a signature does not verify")
        signed[method.id] = Counted(did, method, signature.bytes)
    return signed


def _first(did: str, signed: dict) -> Counted:
    entry = next((entry for entry in signed.values() if entry.did == did), None)
    _complete(entry is not None, f"{did} has not signed")
    return entry


def _rules(holds: bool, text: str) -> None:
    if not holds:
        raise NoProof("refusedByRules", text)


def _complete(holds: bool, text: str) -> None:
    if not holds:
        raise NoProof("incompleteSet", text)
