"""The readable part of a receipt, computed again (docs/receipts.md, "Summary")."""

import datetime

import keys
import leaves
from codec import base64_encode
from documents import Document
from inline_keys import inline_ids
from signers import SCOPES, Bound, Counted, Judged
from state_tree import StateValue

ALGORITHMS = {keys.ED25519: "Ed25519", keys.P256: "P-256", keys.P384: "P-384", keys.P521: "P-521", keys.RSA: "RSA"}
# Days in 400 years of the Gregorian calendar, after which it repeats.
CYCLE_DAYS, CYCLE_YEARS = 146_097, 400
DAY_MS = 86_400_000


def deactivated(
    log_index: int, leaf: leaves.Operation, outer, value: StateValue, judged: Judged, known: dict
) -> dict:
    """Of a DID that has ended."""
    read_for_inline_keys = [leaf.did, *judged.standing_in]
    return {
        "status": "deactivated",
        "versionId": judged.version_id,
        "logIndex": log_index,
        "time": time(leaf.time_ms),
        "ruleSet": leaf.rule_set,
        "networkId": leaf.network_id.hex(),
        "authoritySince": value.authority_since,
        "distinctKeys": len({entry.method.key.bytes for entry in judged.methods}),
        "methods": [{"id": entry.method.id, "type": entry.method.type} | _key(entry) for entry in judged.methods],
        "signers": [{"did": entry.did, "method": entry.method.id} | _key(entry) for entry in judged.signers],
        "endedSigners": judged.ended,
        "excluded": [id_ for did in read_for_inline_keys for id_ in inline_ids(known[did].document)],
        "bound": _bound(judged.bound),
        "import": _import(outer),
    }


def active(value: StateValue, document: Document, known: dict) -> dict:
    """Of a DID that is active."""
    others = {did: known[did] for did in document.other_signers()}
    return {
        "status": "active",
        "versionSequence": value.sequence,
        "documentHash": value.document_hash.hex(),
        "creationIndex": value.creation_index,
        "statusListIndex": value.ordinal,
        "authoritySince": value.authority_since,
        "frozen": not document.methods and not any(other.is_live() for other in others.values()),
        "endedSigners": [did for did, other in others.items() if other.value is not None and not other.is_live()],
        "absentSigners": [did for did, other in others.items() if other.value is None],
    }


def never_existed() -> dict:
    """Of a DID that never existed."""
    return {"status": "neverExisted"}


def time(ms: int) -> str:
    """RFC 3339 with milliseconds in UTC; years above 9999 with `+` and all their digits."""
    days, within = divmod(ms, DAY_MS)
    cycles, days = divmod(days, CYCLE_DAYS)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(days=days, milliseconds=within)
    year = moment.year + cycles * CYCLE_YEARS
    text = f"{year:04}" if year <= 9999 else f"+{year}"
    return text + moment.strftime("-%m-%dT%H:%M:%S.") + f"{within % 1000:03}Z"


def _key(entry: Counted) -> dict:
    key = entry.method.key
    return {
        "algorithm": ALGORITHMS[key.algorithm],
        "publicKeyHex": key.bytes.hex(),
        "signature": base64_encode(entry.signature),
    }


def _bound(bound: Bound | None) -> dict | None:
    return None if bound is None else {"scope": SCOPES[bound.scope], "expires": time(bound.expires_ms)}


def _import(outer) -> dict | None:
    if not isinstance(outer, leaves.Import):
        return None
    return {"origin": outer.origin, "logIndex": outer.operation.index, "time": time(outer.time_ms)}
