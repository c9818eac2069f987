"""The verifier against the receipts in fixtures/receipts/: `python3 -m unittest discover -s tests/python`."""

import base64
import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import keys  # noqa: E402
import summary  # noqa: E402
from codec import Malformed  # noqa: E402
from dids import is_normal_did, normal_method_id  # noqa: E402
from inline_keys import unquote  # noqa: E402
from policy import Policy  # noqa: E402
from verify_receipt import answer  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "fixtures"
# A reader reports any of these where several fit.
FORM = {"unreadable", "otherFormat", "notCanonical"}
UUID = "did:cheqd:testnet:0a6f1b2c-9d3e-4f50-8a61-7b8c9d0e1f2a"


def fixture(path: str):
    """A JSON file of fixtures/."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def verified(vector: dict) -> dict:
    """What the verifier says."""
    data = base64.b64decode(vector["receiptBase64"]) if "receiptBase64" in vector else vector["receipt"].encode()
    bounds = None if vector["bounds"] is None else vector["bounds"].encode()
    return answer(data, Policy.parse(vector["policy"].encode(), bounds))


class Receipts(unittest.TestCase):
    """fixtures/receipts/."""

    def test_verdicts(self):
        for vector in fixture("receipts/verified.json"):
            self.assertEqual(verified(vector), {"verdict": vector["verdict"]}, vector["name"])

    def test_reasons(self):
        for vector in fixture("receipts/refused.json"):
            reason, expected = verified(vector).get("reason"), vector["reason"]
            self.assertEqual(reason in FORM or reason, expected in FORM or expected, vector["name"])


class Keys(unittest.TestCase):
    """docs/accept-rules.md."""

    def test_signatures_of_openssl(self):
        algorithms = {"P-256": keys.P256, "P-384": keys.P384, "P-521": keys.P521, "RSA": keys.RSA}
        vectors = fixture("openssl-signatures.json")
        message = vectors["message"].encode()
        for vector in vectors["vectors"]:
            key = keys.PublicKey(algorithms[vector["algorithm"]], bytes.fromhex(vector["publicKeyHex"]))
            signature = bytes.fromhex(vector["signatureHex"])
            self.assertTrue(key.verifies(message, signature))
            self.assertFalse(key.verifies(message + b"\0", signature))
            others = [signature + b"\0", b"\0" + signature, signature[:-1], b""]
            if key.algorithm != keys.RSA:
                others += [signature[:1] + b"\x81" + signature[1:], b"\x31" + signature[1:]]
            for other in others:
                self.assertFalse(key.verifies(message, other))

    def test_materials_that_are_refused(self):
        point = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
        small = {"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xff" * 128).rstrip(b"=").decode(), "e": "AQAB"}
        neutral = {"kty": "OKP", "crv": "Ed25519", "x": "AQ" + "A" * 41}
        for method_type, material in (
            (keys.TYPE_2018, "1" * 32),
            (keys.TYPE_2018, "z" + "2" * 43),
            (keys.TYPE_2020, "z6Mk"),
            (keys.TYPE_2020, "m" + "2" * 43),
            (keys.TYPE_JWK, "[]"),
            (keys.TYPE_JWK, json.dumps(point)),
            (keys.TYPE_JWK, json.dumps(small)),
            (keys.TYPE_JWK, json.dumps(neutral)),
            ("Multikey", "z6Mk"),
        ):
            self.assertRaises(Malformed, keys.decode, method_type, material)


class Texts(unittest.TestCase):
    """Ids, times and literals."""

    def test_dids(self):
        for did in (UUID, "did:cheqd:" + UUID[18:], "did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ"):
            self.assertTrue(is_normal_did(did), did)
        for did in (
            UUID.upper(),
            UUID.replace("0a6f", "0A6F"),
            UUID.replace("cheqd", "key"),
            UUID.replace("testnet", ""),
            UUID.replace("testnet", "test-net"),
            UUID + "0",
            "did:cheqd:testnet:RU3FadVEJ1mtCFL2Ls",
            "did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkw0",
            UUID + "#key",
        ):
            self.assertFalse(is_normal_did(did), did)

    def test_method_ids(self):
        self.assertEqual(normal_method_id(UUID.replace("0a6f", "0A6F") + "#A%2F"), (UUID + "#A%2F", UUID))
        for fragment in ("", "#", "#a#b", "?a#b", "/a#b", "#a%2f", "#a%41", "#a%", "#\u00e4", "#a b"):
            self.assertRaises(Malformed, normal_method_id, UUID + fragment)

    def test_times(self):
        for ms, text in (
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+10000-01-01T00:00:00.000Z"),
            ((1 << 64) - 1, "+584556019-04-03T14:25:51.615Z"),
        ):
            self.assertEqual(summary.time(ms), text)

    def test_literals(self):
        for literal, text in (
            ('"a"', "a"),
            ("`a\\n\r`", "a\\n"),
            (r'"\x41\102\u0043\U00000044\"\\\a"', 'ABCD"\\\a'),
            (r'"\xc3\xa4"', "\u00e4"),
            ("a", None),
            ('"a', None),
            ('"a`', None),
            ('"', None),
            ('"a"b"', None),
            ('"a\nb"', None),
            (r'"\'"', None),
            (r'"\400"', None),
            (r'"\ud800"', None),
            (r'"\U00110000"', None),
            (r'"\xff"', None),
            ("'a'", None),
        ):
            self.assertEqual(unquote(literal), text, literal)


if __name__ == "__main__":
    unittest.main()
