"""The state tree: keys, values and proofs (docs/log-format.md, "State tree")."""

from dataclasses import dataclass

from codec import Malformed, Reader, need, sha256

EMPTY = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"
STEPS_MAX = 256
ACTIVE, DEACTIVATED = 1, 2


def state_key(network_id: bytes, did: str) -> bytes:
    """Where the state of a DID stands."""
    return sha256(b"atropos/state-key/v1\0", network_id, did.encode("ascii"))


@dataclass(frozen=True)
class StateValue:
    """What a DID is."""

    status: int
    sequence: int
    head_index: int
    head_hash: bytes
    creation_index: int
    ordinal: int
    authority_since: int
    deactivation_index: int
    document_hash: bytes
    key_set_hash: bytes

    @staticmethod
    def decode(data: bytes) -> "StateValue":
        """Reads the 146 bytes."""
        return Reader(data).whole(StateValue._read)

    @staticmethod
    def _read(reader: Reader) -> "StateValue":
        need(reader.number(1) == 1, "a state value of another version")
        status = reader.number(1)
        need(status in (ACTIVE, DEACTIVATED), "a status that does not exist")
        sequence, head_index, head_hash = reader.number(8), reader.number(8), reader.hash()
        numbers = [reader.number(8) for _ in range(4)]
        need(status == DEACTIVATED or numbers[3] == 0, "an active DID has no deactivation")
        return StateValue(status, sequence, head_index, head_hash, *numbers, reader.hash(), reader.hash())


@dataclass(frozen=True)
class StateProof:
    """What the tree holds under a key: the end of the way to it, and the halves not taken."""

    leaf: tuple | None
    halves: tuple

    @staticmethod
    def decode(data: bytes) -> "StateProof":
        """Reads the encoding."""
        return Reader(data).whole(StateProof._read)

    @staticmethod
    def _read(reader: Reader) -> "StateProof":
        kind = reader.number(1)
        need(kind <= 1, "an end that does not exist")
        leaf = (reader.hash(), reader.hash()) if kind == 1 else None
        steps = reader.number(2)
        need(steps <= STEPS_MAX, "more steps than a key has bits")
        bitmap = reader.take((steps + 7) // 8)
        bits = "".join(f"{byte:08b}" for byte in bitmap)
        need("1" not in bits[steps:], "unused bits are not 0")
        halves = tuple(reader.hash() if bit == "1" else EMPTY for bit in bits[:steps])
        taken = [half for half, bit in zip(halves, bits) if bit == "1"]
        need(EMPTY not in taken, "an empty half is written out")
        return StateProof(leaf, halves)

    def holds(self, root: bytes, key: bytes) -> bytes | None:
        """The value hash that the tree with that root holds under `key`; None when it holds nothing there."""
        steps, bits = len(self.halves), int.from_bytes(key, "big")
        if self.leaf is not None:
            difference = bits ^ int.from_bytes(self.leaf[0], "big")
            need(difference >> (256 - steps) == 0, "the leaf does not lie on the way to the key")
        hash_ = EMPTY if self.leaf is None else sha256(b"JMT::LeafNode", *self.leaf)
        for step, other in zip(range(steps, 0, -1), self.halves):
            left, right = (other, hash_) if bits >> (256 - step) & 1 else (hash_, other)
            hash_ = sha256(b"JMT::IntrnalNode", left, right)
        need(hash_ == root, "the proof leads to another root")
        return self.leaf[1] if self.leaf is not None and self.leaf[0] == key else None


def root_of(entries: dict, depth: int = 0) -> bytes:
    """Root over value hashes by their keys, computed from all of them."""
    if not entries:
        return EMPTY
    if len(entries) == 1:
        [(key, value_hash)] = entries.items()
        return sha256(b"JMT::LeafNode", key, value_hash)
    halves = ({}, {})
    for key, value_hash in entries.items():
        halves[key[depth // 8] >> (7 - depth % 8) & 1][key] = value_hash
    return sha256(b"JMT::IntrnalNode", root_of(halves[0], depth + 1), root_of(halves[1], depth + 1))


def proves(proof: StateProof, root: bytes, key: bytes, value: bytes | None) -> bool:
    """Whether the tree holds that value under the key, or nothing where it is None."""
    try:
        held = proof.holds(root, key)
    except Malformed:
        return False
    return held == (None if value is None else sha256(value))
