"""Verifies a receipt offline: `python3 verify_receipt.py RECEIPT --policy POLICY [--bounds FILE]`.

Prints one line of JSON: `{"verdict": …}` and ends with 0, or `{"reason": "<word>", …}` and ends with 1. The files
cannot be used at all: 2. With `--batch` it reads lines `{"policy": text, "bounds": text or null, "receipt": base64}`
instead and prints one line for each. Written from docs/ alone, with the standard library and `cryptography`.
"""

import argparse
import json
import sys
from functools import lru_cache
from pathlib import Path

sys.dont_write_bytecode = True

import receipt  # noqa: E402
from codec import Malformed, base64_decode  # noqa: E402
from policy import Policy  # noqa: E402
from receipt_form import NoProof  # noqa: E402


def main() -> int:
    """The command line."""
    arguments = _arguments()
    if arguments.batch:
        for line in sys.stdin:
            case = json.loads(line)
            bounds = None if case["bounds"] is None else case["bounds"].encode()
            print(json.dumps(answer(base64_decode(case["receipt"]), _policy(case["policy"].encode(), bounds))))
        return 0
    if arguments.receipt is None or arguments.policy is None:
        print("a receipt and a policy are needed: see --help", file=sys.stderr)
        return 2
    try:
        bounds = None if arguments.bounds is None else arguments.bounds.read_bytes()
        policy, data = _policy(arguments.policy.read_bytes(), bounds), arguments.receipt.read_bytes()
    except (OSError, Malformed) as error:
        print(error, file=sys.stderr)
        return 2
    result = answer(data, policy)
    print(json.dumps(result))
    return 0 if "verdict" in result else 1


def answer(data: bytes, policy: Policy) -> dict:
    """The verdict, or why there is none."""
    try:
        return {"verdict": receipt.verify(data, policy)}
    except NoProof as error:
        return {"reason": error.reason, "text": str(error)}


@lru_cache(maxsize=64)
def _policy(text: bytes, bounds: bytes | None) -> Policy:
    return Policy.parse(text, bounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verifies a receipt offline.")
    parser.add_argument("receipt", nargs="?", type=Path, help="the receipt")
    parser.add_argument("--policy", type=Path, help="which logs and witnesses to believe (C2SP tlog-policy)")
    parser.add_argument("--bounds", type=Path, help="the JSON that belongs to the policy")
    parser.add_argument("--batch", action="store_true", help="verify many receipts from standard input")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
