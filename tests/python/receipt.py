"""Verifies receipts (docs/receipts.md, "Verifying"): the steps stand in the order of that page."""

from dataclasses import dataclass, field

import leaves
import merkle
import receipt_form
import summary
from codec import Malformed, sha256
from dids import is_normal_did
from documents import Document
from policy import Policy, Untrusted, Witnessed
from receipt_form import NoProof, ProvenLeaf, Receipt
from signers import Known, judge
from state_tree import DEACTIVATED, proves, state_key

RULE_SET = 1
UNTRUSTED = {
    "note": "unreadableCheckpoint",
    "unknown log": "unknownLog",
    "wrong line": "wrongSignatureLine",
    "unsigned": "logHasNotSigned",
    "other root": "otherRoot",
    "beyond bound": "beyondBound",
    "no quorum": "noQuorum",
}


@dataclass
class Evidence:
    """What has been believed so far."""

    receipt: Receipt
    witnessed: Witnessed
    state: leaves.State
    shown: dict = field(default_factory=dict)
    documents: dict = field(default_factory=dict)

    @property
    def network_id(self) -> bytes:
        """The network id of the state leaf."""
        return self.state.network_id

    def read(self, did: str) -> Known:
        """Reads the document of a DID that is shown."""
        entry = self.shown[did]
        if entry.value is None:
            return Known(None, None)
        if did not in self.documents:
            self.documents[did] = _document(entry)
        return Known(entry.value, self.documents[did])


def verify(data: bytes, policy: Policy) -> dict:
    """The verdict. `NoProof` if the receipt proves nothing."""
    receipt = receipt_form.parse(data)
    try:
        witnessed = policy.open(receipt.checkpoint.encode())
    except Untrusted as error:
        raise NoProof(UNTRUSTED[error.reason], str(error)) from error
    evidence = Evidence(receipt, witnessed, _state(receipt, witnessed))
    _show_dids(evidence)
    if receipt.operation is None:
        verdict, restated = _standing(evidence)
    else:
        verdict, restated = _deactivation(evidence)
    pinned = policy.networks.get(witnessed.checkpoint.origin)
    _demand(pinned in (None, evidence.network_id), "otherNetwork")
    _demand(receipt.summary == restated, "otherSummary")
    return verdict


def _state(receipt: Receipt, witnessed: Witnessed) -> leaves.State:
    """Step 3."""
    _included(receipt.state, witnessed, "stateNotIncluded")
    leaf = _leaf(receipt.state, "unreadableState")
    _demand(isinstance(leaf, leaves.State), "notAStateLeaf")
    return leaf


def _show_dids(evidence: Evidence) -> None:
    """Step 4."""
    state, before = evidence.state, None
    for entry in evidence.receipt.dids:
        _demand(before is None or before < entry.did, "didsOutOfOrder")
        before = entry.did
        key = state_key(evidence.network_id, entry.did)
        _demand(proves(entry.proof, state.state_root, key, entry.value_bytes), "stateNotProven")
        if entry.value is None:
            _demand(entry.document is None, "documentOfAbsent")
        else:
            _demand(entry.document is not None, "documentMissing")
            _check_value(evidence, entry.value)
            _demand(sha256(entry.document) == entry.value.document_hash, "otherDocument")
        evidence.shown[entry.did] = entry
    _demand(evidence.receipt.did in evidence.shown, "subjectNotShown")


def _check_value(evidence: Evidence, value) -> None:
    holds = (
        value.creation_index <= value.authority_since <= value.head_index < evidence.receipt.state.index
        and value.sequence >= 1
        and value.ordinal < evidence.state.dids
    )
    if value.status == DEACTIVATED:
        holds = holds and value.creation_index < value.deactivation_index <= value.head_index
    _demand(holds, "contradictoryValue")


def _document(entry) -> Document:
    try:
        document = Document.decode(entry.document)
    except Malformed as error:
        raise NoProof("unreadableDocument", str(error)) from error
    _demand(document.did == entry.did, "documentOfOther")
    _demand(document.key_set_hash() == entry.value.key_set_hash, "otherKeySet")
    return document


def _standing(evidence: Evidence) -> tuple:
    """Step 5 without an operation: active, or never existed."""
    receipt, checkpoint = evidence.receipt, evidence.witnessed.checkpoint
    _demand(receipt.state.index + 1 == checkpoint.size, "stateNotNewest")
    subject = evidence.shown[receipt.did]
    time = _time(evidence.witnessed.still_at_s, evidence.state.time_ms)
    if subject.value is None:
        _demand(len(evidence.shown) == 1, "shownNotConsulted")
        verdict = _verdict("neverExisted", evidence, receipt.state.index)
        return verdict | {"stillAtMs": time}, summary.never_existed()
    _demand(subject.value.status != DEACTIVATED, "deactivationNotShown")
    document = evidence.read(receipt.did).document
    _exactly(evidence, {receipt.did, *document.other_signers()})
    known = {did: evidence.read(did) for did in evidence.shown}
    verdict = _verdict("active", evidence, receipt.state.index)
    return verdict | {"stillAtMs": time}, summary.active(subject.value, document, known)


def _deactivation(evidence: Evidence) -> tuple:
    """Step 5 with an operation: deactivated."""
    receipt = evidence.receipt
    _included(receipt.operation, evidence.witnessed, "operationNotIncluded")
    outer = _leaf(receipt.operation, "unreadableOperation")
    _demand(isinstance(outer, (leaves.Operation, leaves.Import)), "notAnOperation")
    leaf = outer.inner() if isinstance(outer, leaves.Import) else outer
    _demand(leaf is not None, "importOfNothing")
    _check_leaf(evidence, outer, leaf)
    _check_consulted(evidence, leaf, outer is not leaf)
    value = evidence.shown[receipt.did].value
    head = None if value is None else leaves.Place(value.head_index, value.head_hash)
    is_next = value is not None and leaf.sequence == value.sequence + 1 and outer.previous == head
    _demand(is_next, "notTheNextOperation")
    known = {did: evidence.read(did) for did in evidence.shown}
    judged = judge(leaf, _head_when_judged(leaf), known)
    restated = summary.deactivated(receipt.operation.index, leaf, outer, value, judged, known)
    time = _time(evidence.witnessed.at_latest_s, outer.time_ms)
    return _verdict("deactivated", evidence, receipt.operation.index) | {"atLatestMs": time}, restated


def _check_leaf(evidence: Evidence, outer, leaf: leaves.Operation) -> None:
    """Steps 3 to 6 of the claim."""
    receipt, is_import = evidence.receipt, outer is not leaf
    _demand({outer.network_id, leaf.network_id} == {evidence.network_id}, "otherNetwork")
    _demand(leaf.rule_set == RULE_SET, "unknownRuleSet")
    _demand(leaf.kind == leaves.DEACTIVATE, "notADeactivation")
    _demand(leaf.did == receipt.did, "operationOfOther")
    _demand(is_import or leaf.judged_under == receipt.state.index, "otherStateLeaf")
    _demand(receipt.state.index < receipt.operation.index, "stateNotBefore")
    _demand(max(evidence.state.time_ms, leaf.time_ms if is_import else 0) <= outer.time_ms, "timeRunsBackwards")


def _check_consulted(evidence: Evidence, leaf: leaves.Operation, is_import: bool) -> None:
    """Step 7 of the claim."""
    for entry in leaf.consulted:
        _demand(is_normal_did(entry.did), "consultedNoDid")
    _exactly(evidence, {entry.did for entry in leaf.consulted})
    for entry in leaf.consulted:
        value = evidence.shown[entry.did].value
        status = leaves.ABSENT if value is None else value.status
        head = None if value is None else leaves.Place(value.head_index, value.head_hash)
        _demand(entry.status == status and (is_import or entry.head == head), "consultedOtherwise")


def _head_when_judged(leaf: leaves.Operation) -> bytes | None:
    heads = [entry.head.hash for entry in leaf.consulted if entry.did == leaf.did and entry.head is not None]
    return heads[0] if heads else None


def _exactly(evidence: Evidence, wanted: set) -> None:
    _demand(wanted <= set(evidence.shown), "consultedNotShown")
    _demand(set(evidence.shown) <= wanted, "shownNotConsulted")


def _included(leaf: ProvenLeaf, witnessed: Witnessed, reason: str) -> None:
    checkpoint, hash_ = witnessed.checkpoint, merkle.leaf_hash(leaf.leaf)
    _demand(merkle.includes(leaf.index, checkpoint.size, hash_, leaf.path, checkpoint.root), reason)


def _leaf(leaf: ProvenLeaf, reason: str):
    try:
        return leaves.decode(leaf.leaf)
    except Malformed as error:
        raise NoProof(reason, str(error)) from error


def _verdict(status: str, evidence: Evidence, log_index: int) -> dict:
    checkpoint = evidence.witnessed.checkpoint
    root = checkpoint.text().split("\n")[2]
    return {
        "status": status,
        "did": evidence.receipt.did,
        "networkId": evidence.network_id.hex(),
        "logIndex": log_index,
        "checkpoint": {"origin": checkpoint.origin, "size": checkpoint.size, "root": root},
    }


def _time(witnessed_s: int | None, log_clock_ms: int) -> dict:
    return {"logClock": log_clock_ms} if witnessed_s is None else {"witnessed": witnessed_s * 1000}


def _demand(holds: bool, reason: str) -> None:
    if not holds:
        raise NoProof(reason)
