"""The audit log against the vector in fixtures/: `python3 -m unittest discover -s tests/python`."""

import json
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import audit_log  # noqa: E402

EXPORT = Path(__file__).parents[2] / "fixtures" / "audit" / "export.ndjson"


class AuditLog(unittest.TestCase):
    """fixtures/audit/export.ndjson."""

    def setUp(self):
        self.lines = EXPORT.read_text(encoding="utf-8").splitlines()

    def test_the_vector_leads_to_its_head(self):
        size, head = audit_log.check(self.lines)
        last = json.loads(self.lines[-1])
        self.assertEqual((size, head.hex()), (last["index"] + 1, last["hash"]))

    def test_every_change_and_every_gap_is_noticed(self):
        for at, line in enumerate(self.lines):
            without = self.lines[:at] + self.lines[at + 1 :]
            if at + 1 < len(self.lines):
                self.assertRaises(ValueError, audit_log.check, without)
            entry = json.loads(line)
            entry["previous" if "content" in entry else "subject"] = "00" * 32
            changed = self.lines[:at] + [json.dumps(entry)] + self.lines[at + 1 :]
            self.assertRaises(ValueError, audit_log.check, changed)


if __name__ == "__main__":
    unittest.main()
