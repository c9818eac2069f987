"""What no vector shows: rules and encodings tried directly. `python3 -m unittest discover -s tests/python` runs it."""

import dataclasses
import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import ed25519  # noqa: E402
import keys  # noqa: E402
import leaves  # noqa: E402
import receipt_form  # noqa: E402
import strict_json  # noqa: E402
from codec import Malformed  # noqa: E402
from documents import Document  # noqa: E402
from note import Key, Note  # noqa: E402
from receipt_form import NoProof  # noqa: E402
from signers import Known, judge  # noqa: E402
from state_tree import EMPTY, StateProof  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "fixtures"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def fixture(path: str):
    """A JSON file of fixtures/."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


class Judgement(unittest.TestCase):
    """The deactivation in the vector `nist-curves-and-rsa`, with other signatures."""

    def setUp(self):
        [vector] = [v for v in fixture("receipts/verified.json") if v["name"] == "nist-curves-and-rsa"]
        receipt = receipt_form.parse(vector["receipt"].encode())
        self.leaf = leaves.decode(receipt.operation.leaf)
        self.known = {entry.did: Known(entry.value, Document.decode(entry.document)) for entry in receipt.dids}

    def reason(self, signatures) -> str | None:
        """Why the rules refuse the statement with these signatures."""
        leaf = dataclasses.replace(self.leaf, signatures=tuple(signatures))
        try:
            judge(leaf, leaf.consulted[0].head.hash, self.known)
        except NoProof as error:
            return error.reason
        return None

    def p256(self) -> tuple:
        """The signature on P-256, and the other one over the same bytes, with the other s."""
        ids = [method.id for method in self.known[self.leaf.did].document.methods if method.key.algorithm == keys.P256]
        [one] = [signature for signature in self.leaf.signatures if signature.method_id == ids[0]]
        r, s = keys._der_numbers(one.bytes)
        return one, leaves.Signature(one.method_id, keys._der_sequence(r, P256_ORDER - s))

    def test_either_s_is_taken_and_both_together_are_not(self):
        one, other = self.p256()
        rest = [signature for signature in self.leaf.signatures if signature is not one]
        self.assertIsNone(self.reason([one, *rest]))
        self.assertIsNone(self.reason([other, *rest]))
        self.assertEqual(self.reason([one, other, *rest]), "incompleteSet")
        self.assertEqual(self.reason([one, one, *rest]), "invalidStatement")
        self.assertEqual(self.reason(rest), "incompleteSet")
        self.assertEqual(self.reason([]), "incompleteSet")

    def test_signatures_of_another_namespace_are_refused(self):
        one, _ = self.p256()
        foreign = leaves.Signature(one.method_id.replace("testnet", "mainnet"), one.bytes)
        self.assertEqual(self.reason([*self.leaf.signatures, foreign]), "refusedByRules")

    def test_signatures_of_a_stranger_are_refused(self):
        one, _ = self.p256()
        stranger = leaves.Signature(one.method_id + "0", one.bytes)
        self.assertEqual(self.reason([*self.leaf.signatures, stranger]), "incompleteSet")


class Encodings(unittest.TestCase):
    """One spelling of each thing."""

    def test_points_have_one_encoding(self):
        for y in range(ed25519.P, 1 << 255):
            for sign in (0, 1 << 255):
                self.assertIsNone(ed25519._decode((y | sign).to_bytes(32, "little")))

    def test_an_empty_half_is_not_written_out(self):
        self.assertIsNotNone(StateProof.decode(b"\0\0\1\x80" + bytes(32)))
        self.assertRaises(Malformed, StateProof.decode, b"\0\0\1\x80" + EMPTY)

    def test_imports_inside_each_other_are_counted(self):
        [leaf] = [bytes.fromhex(v["leaf"]) for v in fixture("log/leaves.json") if v["name"] == "import of an import"]
        outer, depth = leaves.decode(leaf), 2
        while depth < leaves.IMPORTS_MAX:
            leaf, depth = around(leaf, outer), depth + 1
            self.assertIsInstance(leaves.decode(leaf).inner(), leaves.Operation)
        self.assertRaises(Malformed, leaves.decode, around(leaf, outer))

    def test_json_has_one_meaning(self):
        twice = ['{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '[{"b":{"a":1,"a":2}}]']
        for text in (*twice, '"\\ud800"', "NaN", "1 2", "[" * 200):
            self.assertRaises(Malformed, strict_json.parse, text)
        self.assertEqual(strict_json.parse(' {"a":[1,{"a":null}]}\n'), {"a": [1, {"a": None}]})

    def test_private_keys_are_no_public_keys(self):
        public = {"kty": "OKP", "crv": "Ed25519", "x": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"}
        self.assertEqual(keys.decode(keys.TYPE_JWK, json.dumps(public | {"kid": "a"})).algorithm, keys.ED25519)
        for name in ("d", "p", "q", "dp", "dq", "qi", "oth", "k"):
            self.assertRaises(Malformed, keys.decode, keys.TYPE_JWK, json.dumps(public | {name: "AA"}))
        self.assertRaises(Malformed, keys.decode, keys.TYPE_JWK, json.dumps(public)[:-1] + ',"kty":"OKP"}')

    def test_cosignatures_have_a_time(self):
        vectors = fixture("log/cosignatures.json")
        key = Key.parse(vectors["key"])
        note = Note.parse((vectors["note"] + vectors["cosignatures"][0]["line"] + "\n").encode())
        for time_s in (0, 1 << 63):
            line = dataclasses.replace(note.lines[-1], signature=time_s.to_bytes(8, "big") + bytes(64))
            with self.assertRaisesRegex(Malformed, "no time"):
                dataclasses.replace(note, lines=(line,)).of(key)


def around(leaf: bytes, model: leaves.Import) -> bytes:
    """An import leaf that holds this leaf, its other fields as in another one."""
    operation = b"\1" + model.operation.index.to_bytes(8, "big") + len(leaf).to_bytes(4, "big") + leaf
    until = model.until[0].to_bytes(8, "big") + model.until[1]
    fields = [model.network_id, model.time_ms.to_bytes(8, "big"), model.did.encode(), model.origin.encode(), until]
    return b"\x86\1" + b"".join(len(part).to_bytes(2, "big") + part for part in [*fields, operation, b"\0"])


if __name__ == "__main__":
    unittest.main()
