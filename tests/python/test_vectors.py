"""The verifier against the vectors in fixtures/: `python3 -m unittest discover -s tests/python`."""

import hashlib
import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import ed25519  # noqa: E402
import leaves  # noqa: E402
import merkle  # noqa: E402
import protobuf  # noqa: E402
import state_tree  # noqa: E402
from codec import Malformed, base64_decode, base64_encode  # noqa: E402
from note import Checkpoint, Key, Note  # noqa: E402
from policy import Policy, Untrusted  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "fixtures"


def fixture(path: str):
    """A JSON file of fixtures/."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def unhex(texts) -> list:
    """Bytes of hexadecimal texts."""
    return [bytes.fromhex(text) for text in texts]


class LogTree(unittest.TestCase):
    """fixtures/log/log-tree.json."""

    def setUp(self):
        self.sizes = fixture("log/log-tree.json")["sizes"]
        self.hashes = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(len(self.sizes) - 1)]

    def test_roots_and_right_edges(self):
        for size, entry in enumerate(self.sizes):
            self.assertEqual(merkle.root_of(self.hashes[:size]).hex(), entry["root"])
            self.assertEqual(merkle.right_edge(self.hashes[:size]).hex(), entry["right_edge"])

    def test_inclusion_holds_for_its_leaf_alone(self):
        for size, entry in enumerate(self.sizes):
            root = bytes.fromhex(entry["root"])
            for index, proof in enumerate(map(unhex, entry["inclusion_proofs"])):
                for other, hash_ in enumerate(self.hashes):
                    for place in range(size + 1):
                        expected = other == index and place == index
                        self.assertEqual(merkle.includes(place, size, hash_, proof, root), expected)
                longer = [*proof, root]
                self.assertFalse(merkle.includes(index, size, self.hashes[index], longer, root))
                if proof:
                    self.assertFalse(merkle.includes(index, size, self.hashes[index], proof[:-1], root))

    def test_consistency_holds_for_its_sizes_alone(self):
        roots = unhex(entry["root"] for entry in self.sizes)
        for size, entry in enumerate(self.sizes):
            for old, proof in enumerate(map(unhex, entry["consistency_proofs_from"])):
                self.assertTrue(merkle.continues(old, size, roots[old], roots[size], proof))
                self.assertFalse(merkle.continues(old, size, roots[old], roots[size], [*proof, roots[size]]))
                self.assertFalse(merkle.continues(old, size, bytes(32), roots[size], proof))
                if old:
                    self.assertFalse(merkle.continues(old, size, roots[old], bytes(32), proof))


class StateTree(unittest.TestCase):
    """fixtures/log/state-tree.json."""

    def setUp(self):
        self.vectors = fixture("log/state-tree.json")
        self.root = bytes.fromhex(self.vectors["roots_after_each_entry"][-1])

    def test_keys_values_and_roots(self):
        network_id, entries = bytes.fromhex(self.vectors["network_id"]), {}
        roots = [state_tree.root_of(entries).hex()]
        for entry in self.vectors["entries"]:
            key = state_tree.state_key(network_id, entry["did"])
            self.assertEqual(key.hex(), entry["key"])
            value = bytes.fromhex(entry["value"])
            fields = {name: _plain(field) for name, field in vars(state_tree.StateValue.decode(value)).items()}
            entry["fields"]["deactivation_index"] = entry["fields"]["deactivation_index"] or 0
            self.assertEqual(fields, entry["fields"])
            entries[key] = hashlib.sha256(value).digest()
            self.assertEqual(entries[key].hex(), entry["value_hash"])
            roots.append(state_tree.root_of(entries).hex())
        self.assertEqual(roots, self.vectors["roots_after_each_entry"])

    def test_proofs(self):
        for vector in self.vectors["proofs_under_the_last_root"]:
            proof = state_tree.StateProof.decode(bytes.fromhex(vector["proof"]))
            held = proof.holds(self.root, bytes.fromhex(vector["key"]))
            self.assertEqual(held and held.hex(), vector["value_hash"])

    def test_a_proof_with_any_bit_flipped_shows_nothing_else(self):
        vector = self.vectors["proofs_under_the_last_root"][0]
        data, key = bytes.fromhex(vector["proof"]), bytes.fromhex(vector["key"])
        for bit in range(8 * len(data)):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(Malformed):
                state_tree.StateProof.decode(bytes(flipped)).holds(self.root, key)


class Leaves(unittest.TestCase):
    """fixtures/log/leaves.json."""

    def test_fields_and_hashes(self):
        for vector in fixture("log/leaves.json"):
            data = bytes.fromhex(vector["leaf"])
            self.assertEqual(merkle.leaf_hash(data).hex(), vector["leaf_hash"], vector["name"])
            found, expected = _plain(leaves.decode(data)), vector["fields"]
            self.assertEqual(_flat(found), _flat(expected), vector["name"])

    def test_shorter_longer_and_unknown_leaves_are_refused(self):
        for vector in fixture("log/leaves.json"):
            data = bytes.fromhex(vector["leaf"])
            for length in range(len(data)):
                self.assertRaises(Malformed, leaves.decode, data[:length])
            self.assertRaises(Malformed, leaves.decode, data + b"\0")
            self.assertRaises(Malformed, leaves.decode, bytes([data[0] & 0x7F]) + data[1:])
            self.assertRaises(Malformed, leaves.decode, data[:1] + b"\2" + data[2:])
        self.assertRaises(Malformed, leaves.decode, b"\xff\1")
        self.assertRaises(Malformed, leaves.decode, b"\x00\1")
        self.assertEqual(leaves.decode(b"\x7f\1"), leaves.Other(0x7F))


class Policies(unittest.TestCase):
    """fixtures/log/policy.txt, policy-bounds.json, policy-cases.json and cosignatures.json."""

    def setUp(self):
        self.text = (FIXTURES / "log/policy.txt").read_bytes()
        self.bounds = (FIXTURES / "log/policy-bounds.json").read_bytes()

    def test_cases(self):
        policy = Policy.parse(self.text, self.bounds)
        for case in fixture("log/policy-cases.json"):
            try:
                opened = policy.open(case["note"].encode())
            except Untrusted as refusal:
                reason = {"wrong line": "signature", "unsigned": "signature"}.get(refusal.reason, refusal.reason)
                self.assertEqual({"refused": reason}, case["verdict"], case["name"])
                continue
            found = {"size": opened.checkpoint.size, "at_latest_s": opened.at_latest_s, "still_at_s": opened.still_at_s}
            self.assertEqual(found | {"log_key": case["verdict"].get("log_key")}, case["verdict"], case["name"])

    def test_cosignatures(self):
        vectors = fixture("log/cosignatures.json")
        key = Key.parse(vectors["key"])
        for vector in vectors["cosignatures"]:
            note = Note.parse((vectors["note"] + vector["line"] + "\n").encode())
            self.assertEqual(note.of(key), [vector["time_s"]])

    def test_other_lines_are_refused(self):
        key, other = fixture("log/checkpoint-keys.json")["keys"][0], self.text.decode()
        witness = next(line for line in other.splitlines() if line.startswith("witness"))
        vkey = witness.split()[2]
        for text in (
            "",
            f"log {key}\n",
            f"log {key}\nquorum none",
            f"log {key}\r\nquorum none\n",
            f"log {key}\nquorum none\nquorum none\n",
            f"log {key}\nlog {key}\nquorum none\n",
            f"log {key}\nquorum w\nwitness w {vkey}\n",
            f"log {vkey}\nquorum none\n",
            f"witness w {key}\nquorum none\n",
            f"witness none {vkey}\nquorum none\n",
            f"witness w {vkey}\nwitness w2 {vkey}\nquorum none\n",
            f"witness w {vkey}\ngroup g 2 w\nquorum g\n",
            f"witness w {vkey}\ngroup g 0 w\nquorum g\n",
            f"witness w {vkey}\ngroup g 01 w\nquorum g\n",
            f"witness w {vkey}\ngroup g 1\nquorum g\n",
            f"witness w {vkey}\ngroup g 1 w w\nquorum g\n",
            f"witness w {vkey}\ngroup g 1 w\ngroup h any w\nquorum g\n",
            f"witness w {vkey}\ngroup g 1 none\nquorum g\n",
            f"log {key}\nlogs {key}\nquorum none\n",
            f"log {key} a b\nquorum none\n",
        ):
            self.assertRaises(Malformed, Policy.parse, text.encode())
        self.assertEqual(Policy.parse(f" \t#c\n\n log\t{key}  u \nquorum none\n".encode()).quorum, b"none")

    def test_other_bounds_are_refused(self):
        bound = json.loads(self.bounds)["bounds"][0]
        for value in (
            [],
            {"bound": []},
            {"bounds": {}},
            {"bounds": [bound, bound]},
            {"bounds": [{**bound, "size": "12"}]},
            {"bounds": [{**bound, "size": True}]},
            {"bounds": [{**bound, "size": 12.0}]},
            {"bounds": [{**bound, "size": -1}]},
            {"bounds": [{**bound, "root": bound["root"][:-4]}]},
            {"bounds": [{**bound, "more": 1}]},
            {"networks": [{"origin": "example.com/other", "networkId": "11" * 32}]},
            {"networks": [{"origin": "example.com/log/testnet", "networkId": "AA" * 32}]},
        ):
            self.assertRaises(Malformed, Policy.parse, self.text, json.dumps(value).encode())


class Notes(unittest.TestCase):
    """fixtures/log/checkpoint.txt."""

    def setUp(self):
        self.data = (FIXTURES / "log/checkpoint.txt").read_bytes()
        self.keys = [Key.parse(text) for text in fixture("log/checkpoint-keys.json")["keys"]]

    def test_both_signatures_verify(self):
        note = Note.parse(self.data)
        self.assertEqual([note.of(key) for key in self.keys], [[None], [None]])
        checkpoint = Checkpoint.parse(note.text)
        self.assertEqual((checkpoint.origin, checkpoint.size), ("example.com/log/testnet", 54))
        self.assertEqual(checkpoint.text(), note.text)

    def test_no_bit_can_be_flipped(self):
        whole = [[None], [None]]
        for bit in range(8 * len(self.data)):
            flipped = bytearray(self.data)
            flipped[bit // 8] ^= 1 << bit % 8
            try:
                note = Note.parse(bytes(flipped))
                found = [note.of(key) for key in self.keys]
            except Malformed:
                continue
            self.assertNotEqual(found, whole)

    def test_sizes_have_one_spelling(self):
        for size in ("", "01", "+1", "-1", "1_0", "\u0663", "18446744073709551616", "1" * 30):
            self.assertRaises(Malformed, Checkpoint.parse, f"a\n{size}\n{base64_encode(bytes(32))}\n")


class Signatures(unittest.TestCase):
    """fixtures/ed25519-cctv.json, fixtures/ed25519-edge-cases.json and fixtures/sign-bytes.json."""

    def test_edge_cases(self):
        for case in fixture("ed25519-edge-cases.json")["vectors"]:
            key, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
            self.assertEqual(ed25519.verify(key, case["msg"].encode(), signature), not case["flags"], case["name"])

    def test_one_combination_of_odd_points_is_taken(self):
        taken = []
        for case in fixture("ed25519-cctv.json"):
            key, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
            if ed25519.verify(key, case["msg"].encode(), signature):
                taken.append(case["flags"])
        self.assertEqual(taken, [None])

    def test_ordinary_signatures_are_taken(self):
        for vector in fixture("sign-bytes.json")["vectors"]:
            key, signature = bytes.fromhex(vector["publicKeyHex"]), bytes.fromhex(vector["signatureHex"])
            payload = bytes.fromhex(vector["signBytesHex"])
            self.assertTrue(ed25519.verify(key, payload, signature))
            self.assertFalse(ed25519.verify(key, payload + b"\0", signature))
            larger = int.from_bytes(signature[32:], "little") + ed25519.ORDER
            self.assertFalse(ed25519.verify(key, payload, signature[:32] + larger.to_bytes(32, "little")))


class Messages(unittest.TestCase):
    """fixtures/cheqd-sdk.json."""

    def test_payloads_are_canonical(self):
        schemas = {"create": protobuf.WRITE, "update": protobuf.WRITE, "deactivate": protobuf.DEACTIVATE}
        for operation in fixture("cheqd-sdk.json")["operations"]:
            data, schema = bytes.fromhex(operation["payloadHex"]), schemas[operation["kind"]]
            message = protobuf.decode(schema, data)
            self.assertEqual(protobuf.encode(schema, message), data)
            self.assertEqual(message["version_id"].lower(), operation["versionId"])
            for length in range(len(data)):
                try:
                    shorter = protobuf.decode(schema, data[:length])
                except Malformed:
                    continue
                self.assertNotEqual(shorter, message)

    def test_other_spellings_are_refused(self):
        spellings = [
            b"\x12\x01b\x0a\x01a",  # descending
            b"\x0a\x81\x00a",  # a length that is not the shortest
            b"\x0a\x00",  # a default value
            b"\x0a\x01a\x0a\x01a",  # a text twice
            b"\x1a\x01a",  # unknown
            b"\x08\x01",  # another type
            b"\x0a\x02a",  # cut
            b"\x0a\x01\xff",  # no UTF-8
        ]
        for data in spellings:
            self.assertRaises(Malformed, protobuf.decode, protobuf.DEACTIVATE, data)


class Base64(unittest.TestCase):
    """RFC 4648, one spelling."""

    def test_other_spellings_are_refused(self):
        self.assertEqual(base64_decode("AAE="), b"\0\1")
        for text in ("AAE", "AAF=", "AAE=\n", " AAE=", "AA-_", "A", "AAE=AAE=", "AA\u00e4="):
            self.assertRaises(Malformed, base64_decode, text)


def _plain(value):
    """Dataclasses as dictionaries, bytes as hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if hasattr(value, "__dict__"):
        return {name: _plain(entry) for name, entry in vars(value).items()}
    return value




def _flat(value) -> list:
    """All scalars of a value, sorted: the vectors group some fields that the classes do not."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return sorted((scalar for entry in value for scalar in _flat(entry)), key=repr)
    return [value]


if __name__ == "__main__":
    unittest.main()
