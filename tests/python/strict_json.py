"""JSON (RFC 8259) without a second meaning: no name twice, no numbers but integers where a reader asks for them."""

import json

from codec import Malformed, need

DEPTH_MAX = 127


def parse(text: str | bytes, duplicates_allowed: bool = False):
    """Reads one value and nothing after it. Numbers with a fraction or an exponent become `float`."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("JSON is UTF-8") from error
    hook = dict if duplicates_allowed else _object
    try:
        value = json.loads(text, object_pairs_hook=hook, parse_constant=_constant)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed("no JSON") from error
    _check(value, 0)
    return value


def _object(pairs: list) -> dict:
    members = dict(pairs)
    need(len(members) == len(pairs), "a name stands twice in one object")
    return members


def _constant(name: str):
    raise Malformed(f"{name} is no JSON")


def _check(value, depth: int) -> None:
    """Refuses what is nested too deep, and escapes that stand for no character."""
    need(depth <= DEPTH_MAX, "nested too deep")
    if isinstance(value, str):
        need(not any(0xD800 <= ord(character) <= 0xDFFF for character in value), "half a character")
    elif isinstance(value, list):
        for entry in value:
            _check(entry, depth + 1)
    elif isinstance(value, dict):
        for name, entry in value.items():
            _check(name, depth + 1)
            _check(entry, depth + 1)
