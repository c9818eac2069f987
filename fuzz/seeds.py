"""Writes what the fuzz targets start from: `python3 fuzz/seeds.py FOLDER` makes FOLDER/<target>/ from fixtures/."""

import base64
import hashlib
import json
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
BOUNDS = b'{"bounds":[],"networks":[{"origin":"example.com/log/testnet","networkId":"%s"}]}' % (b"11" * 32)
# Receipts of deactivations that are whole.
PROVEN = {"ed25519-in-three-method-types", "nist-curves-and-rsa", "stand-ins", "imported"}
KINDS = {"create": 0, "update": 1, "deactivate": 2}
TIME = "2026-01-31T12:00:00Z"
BEHIND_A_DID = [
    "", "#key-1", "/versions", "/metadata", "/version/0b1f4a5e-5f0d-4c3e-9a43-0d5d9d0c7a11", "?service=a&relativeRef=/b",
    f"?versionTime={TIME}", "/resources/0b1f4a5e-5f0d-4c3e-9a43-0d5d9d0c7a11", "?resourceName=a&resourceType=b",
    "#key-1\nverificationRelationship=authentication", f"\nversionTime={TIME}\nnoCache=true",
]


def main(folder: str) -> None:
    """Writes every seed under the name of its digest."""
    for target, seeds in all_seeds().items():
        into = Path(folder) / target
        into.mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            (into / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def all_seeds() -> dict:
    """Seeds by target."""
    operations = fixture("cheqd-sdk.json")["operations"]
    documents = [operation["didDocument"] for operation in operations]
    checkpoint = (FIXTURES / "log/checkpoint.txt").read_bytes()
    keys = fixture("log/checkpoint-keys.json")["keys"]
    tree, log = fixture("log/state-tree.json"), fixture("log/log-tree.json")
    leaves = [bytes.fromhex(vector["leaf"]) for vector in fixture("log/leaves.json")]
    texts = [json.dumps(document).encode() for document in documents]
    lines = checkpoint.partition(b"\n\n")[2]
    vectors = fixture("receipts/verified.json") + fixture("receipts/refused.json")
    receipts = [vector for vector in vectors if "receipt" in vector]
    requests = [case["request"].encode() for case in fixture("log/witness.json")["cases"]]
    policy, bounds = (FIXTURES / "log/policy.txt").read_bytes(), (FIXTURES / "log/policy-bounds.json").read_bytes()
    tiles = fixture("log/tiles.json")
    return {
        "note": [checkpoint, *map(str.encode, keys)],
        "checkpoint": [checkpoint.split(b"\n\n")[0] + b"\n"],
        "leaf": leaves,
        "state_proof": [bytes.fromhex(proof["proof"]) for proof in tree["proofs_under_the_last_root"]]
        + [bytes.fromhex(entry["value"]) for entry in tree["entries"]]
        + [bytes.fromhex(size["right_edge"]) for size in log["sizes"]],
        "did": [operation["did"].encode() for operation in operations],
        "did_url": [method["id"].encode() for document in documents for method in document["verificationMethod"]],
        "question": questions([operation["did"] for operation in operations]),
        "query": queries(operations),
        "document_json": texts,
        "strict_json": texts,
        "transaction": [bytes.fromhex(vector["txHex"]) for vector in fixture("cheqd-transactions.json")["transactions"]],
        "operation": [
            bytes([KINDS[operation["kind"]]]) + bytes.fromhex(operation["msgHex"]) for operation in operations
        ],
        "policy": [b"\0".join([policy, bounds, checkpoint]) for policy in policies(*keys) for bounds in (b"", BOUNDS)]
        + [b"\0".join([policy, bounds, case["note"].encode()]) for case in fixture("log/policy-cases.json")],
        "receipt": [vector["policy"].encode() + b"\0" + vector["receipt"].encode() for vector in receipts],
        "export": [export(json.loads(vector["receipt"])) for vector in receipts if vector["name"] in PROVEN],
        "tlog_proof": [vector["proof"].encode() for vector in fixture("log/tlog-proofs.json")],
        "witness_request": requests + [lines, b"54\n"],
        "tile": [entry["path"].encode() for entry in tiles["tiles"] + tiles["entries"]]
        + [bytes.fromhex(tiles["bundle"]["bytes"])],
        "bound_version": [bound_version(operation["did"], scope) for operation in operations for scope in (1, 2)],
    }


def questions(dids: list) -> list:
    """What can be asked about a DID, for one DID of each form."""
    return [(did + rest).encode() for did in {len(did): did for did in dids}.values() for rest in BEHIND_A_DID]


def queries(operations: list) -> list:
    """Requests with a DID, and with the unique id of one, for each path; a transaction's bytes are no request."""
    texts = {operation["did"] for operation in operations}
    texts |= {text.rsplit(":", 1)[1] for text in texts}
    requests = [b"\x0a" + bytes([len(text)]) + text.encode() for text in sorted(texts)]
    return [bytes([path]) + request for path in range(28) for request in [b"", *requests]]


def fixture(path: str):
    """A JSON file of fixtures/."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def policies(log: str, witness: str) -> list:
    """A policy without witnesses, and one with a group."""
    # The same key, named as one that cosigns.
    name, _, material = witness.split("+", 2)
    key = b"\4" + base64.b64decode(material)[1:]
    key_id = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    cosigner = f"{name}+{key_id}+{base64.b64encode(key).decode()}"
    group = f"log {log} https://example.com/log\nwitness w {cosigner}\ngroup g 1 w\nquorum g\n"
    return [f"# one log\nlog {log}\nquorum none\n".encode(), group.encode()]


def export(receipt: dict) -> bytes:
    """An export with one operation, made of a receipt's parts as docs/operations.md has it."""
    shown = next((entry for entry in receipt.get("dids", []) if entry["did"] == receipt["did"]), {})
    made = {
        "format": "atropos-export/v1",
        "did": receipt["did"],
        "origin": receipt["checkpoint"].split("\n")[0],
        "checkpoint": receipt["checkpoint"],
        "state": receipt["state"],
        "value": shown.get("value"),
        "proof": shown.get("proof"),
        "operations": [receipt["operation"]],
    }
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def bound_version(did: str, scope: int) -> bytes:
    """A preimage as docs/log-format.md has it."""
    text = did.encode()
    parts = [b"atropos/bound-version/v1\0", bytes(32), len(text).to_bytes(2, "big"), text, bytes([scope]), bytes(40)]
    return b"".join(parts)


if __name__ == "__main__":
    main(*sys.argv[1:])
