"""The log tree: RFC 6962 hashes, inclusion and consistency (docs/log-format.md, "Log tree")."""

from codec import sha256

SIZE_MAX = 1 << 62
PROOF_MAX = 63


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of an entry."""
    return sha256(b"\x00", leaf)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return sha256(b"\x01", left, right)


def root_of(hashes: list) -> bytes:
    """Root over the hashes of leaves."""
    if not hashes:
        return sha256()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def includes(index: int, size: int, hash_: bytes, proof: list, root: bytes) -> bool:
    """Whether the tree of `size` leaves with that root has that leaf hash at `index` (RFC 9162, 2.1.3)."""
    if not 0 <= index < size <= SIZE_MAX or len(proof) > PROOF_MAX:
        return False
    at, last = index, size - 1
    for other in proof:
        if last == 0:
            return False
        if at % 2 == 1 or at == last:
            hash_ = node_hash(other, hash_)
            while at % 2 == 0:
                at, last = at // 2, last // 2
        else:
            hash_ = node_hash(hash_, other)
        at, last = at // 2, last // 2
    return last == 0 and hash_ == root


def continues(old: int, size: int, old_root: bytes, root: bytes, proof: list) -> bool:
    """Whether the tree of `size` leaves begins with the one of `old` leaves (RFC 9162, 2.1.4)."""
    if not 0 <= old <= size <= SIZE_MAX or len(proof) > PROOF_MAX:
        return False
    if old == 0:
        return not proof and old_root == sha256()
    if old == size:
        return not proof and old_root == root
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        return False
    first = second = hashes[0]
    at, last = old - 1, size - 1
    while at % 2 == 1:
        at, last = at // 2, last // 2
    for other in hashes[1:]:
        if last == 0:
            return False
        if at % 2 == 1 or at == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while at % 2 == 0 and at != 0:
                at, last = at // 2, last // 2
        else:
            second = node_hash(second, other)
        at, last = at // 2, last // 2
    return last == 0 and first == old_root and second == root


def right_edge(hashes: list) -> bytes:
    """The complete subtrees that a tree consists of, largest first, after its size."""
    roots, at = [], 0
    for bit in reversed(range(len(hashes).bit_length())):
        width = 1 << bit
        if len(hashes) & width:
            roots.append(root_of(hashes[at : at + width]))
            at += width
    return len(hashes).to_bytes(8, "big") + b"".join(roots)
