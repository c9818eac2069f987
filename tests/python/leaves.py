"""Leaves of the log (docs/log-format.md, "Leaves")."""

from dataclasses import dataclass

from codec import Reader, ascending, need, some

LEAF_MAX = 65_535
IMPORTS_MAX = 4
GENESIS, OPERATION, STATE = 0x81, 0x82, 0x83
KEY_ROTATION, IMPORT, RECOVERY, RESOURCE = 0x84, 0x86, 0x87, 0x88
CREATE, UPDATE, DEACTIVATE = 1, 2, 3
ABSENT, ACTIVE, ENDED = 0, 1, 2


@dataclass(frozen=True)
class LogKey:
    """A key of the log."""

    algorithm: int
    key: bytes


@dataclass(frozen=True)
class Tree:
    """A tree of a log: whose, how many leaves, which root."""

    name: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Place:
    """A leaf: where it stands, and its hash."""

    index: int
    hash: bytes


@dataclass(frozen=True)
class Genesis:
    """The first leaf."""

    network_id: bytes
    namespace: str
    origin: str
    created_ms: int
    rule_set: int
    log_keys: tuple
    limits: tuple
    predecessor: Tree | None


@dataclass(frozen=True)
class Signature:
    """A signature that counted."""

    method_id: str
    bytes: bytes


@dataclass(frozen=True)
class Consulted:
    """A DID that was looked up: what it was, and its head then."""

    did: str
    status: int
    head: Place | None


@dataclass(frozen=True)
class Operation:
    """An accepted create, update or deactivation."""

    rule_set: int
    network_id: bytes
    kind: int
    did: str
    sequence: int
    position: int
    count: int
    previous: Place | None
    judged_under: int
    time_ms: int
    payload: bytes
    signatures: tuple
    consulted: tuple
    bound_preimage: bytes | None


@dataclass(frozen=True)
class Resource:
    """An accepted resource, without its data."""

    rule_set: int
    network_id: bytes
    did: str
    position: int
    count: int
    judged_under: int
    time_ms: int
    payload: bytes
    data_bytes: int
    data_digest: bytes
    media_type: str
    signatures: tuple
    consulted: tuple


@dataclass(frozen=True)
class State:
    """The state of every DID after the operations before it."""

    network_id: bytes
    state_root: bytes
    previous_state: int | None
    first_operation: int
    operations: int
    dids: int
    time_ms: int
    parameters_hash: bytes
    other_heads: tuple


@dataclass(frozen=True)
class KeyRotation:
    """Other keys sign from here on."""

    network_id: bytes
    time_ms: int
    log_keys: tuple
    previous_key: LogKey


@dataclass(frozen=True)
class Recovery:
    """The log goes on under a new name from the leaves that are left."""

    network_id: bytes
    time_ms: int
    origin: str
    log_keys: tuple
    predecessor: Tree
    known: tuple | None


@dataclass(frozen=True)
class Imported:
    """A leaf of an older log, and where it stood there."""

    index: int
    leaf: bytes


@dataclass(frozen=True)
class Import:
    """What an older log proves about a DID."""

    network_id: bytes
    time_ms: int
    did: str
    origin: str
    until: tuple
    operation: Imported | None
    previous: Place | None

    def inner(self) -> "Operation | None":
        """The operation that was imported, however deep."""
        if self.operation is None:
            return None
        inner = decode(self.operation.leaf)
        return inner.inner() if isinstance(inner, Import) else inner


@dataclass(frozen=True)
class Other:
    """A leaf of a type that need not be known."""

    type: int


def decode(leaf: bytes, depth: int = 1):
    """Reads a leaf. One that a reader must stop at is refused."""
    need(2 <= len(leaf) <= LEAF_MAX, "a leaf is too short or too long")
    reader = Reader(leaf)
    kind, version = reader.number(1), reader.number(1)
    need(kind & 0x7F != 0, "type number 0 is never used")
    need(kind & 0x80 or not 1 <= kind <= 8, "this type is always critical")
    if not kind & 0x80:
        return Other(kind)
    need(version == 1, "a format version that is not known")
    readers = {
        GENESIS: _genesis,
        OPERATION: _operation,
        STATE: _state,
        KEY_ROTATION: _key_rotation,
        RECOVERY: _recovery,
        IMPORT: lambda reader: _import(reader, depth),
        RESOURCE: _resource,
    }
    need(kind in readers, "a critical type that is not known")
    return reader.whole(readers[kind])


def _genesis(reader: Reader) -> Genesis:
    network_id = reader.field_of(Reader.hash)
    namespace = reader.field_of(lambda field: field.text(1, 64))
    origin = reader.field_of(_origin)
    created_ms, rule_set = reader.field_of(_u64), reader.field_of(_u16)
    log_keys = _log_keys(reader)
    limits = tuple(reader.list_of(64, lambda field: (field.number(8), field.text(1, 64))))
    ascending(name for _, name in limits)
    predecessor = reader.option_of(lambda option: Tree(option.field_of(_origin), option.number(8), option.hash()))
    return Genesis(network_id, namespace, origin, created_ms, rule_set, log_keys, limits, predecessor)


def _operation(reader: Reader) -> Operation:
    rule_set, network_id = reader.field_of(_u16), reader.field_of(Reader.hash)
    kind, did = reader.field_of(_byte), reader.field_of(_did)
    sequence = reader.field_of(_u64)
    position, count = reader.field_of(lambda field: (field.number(2), field.number(2)))
    previous = reader.option_of(_place)
    judged_under, time_ms = reader.field_of(_u64), reader.field_of(_u64)
    payload = reader.field_of(some)
    signatures = tuple(reader.list_of(1024, _signature))
    consulted = tuple(reader.list_of(256, _consulted))
    bound_preimage = reader.option_of(some)
    need(kind in (CREATE, UPDATE, DEACTIVATE), "a kind that does not exist")
    need(position < count, "a place outside its submission")
    need((kind == CREATE) == (previous is None) == (sequence == 1), "a create, and it alone, is the first of its DID")
    need(sequence >= 1, "sequences start with 1")
    ascending(entry.did for entry in consulted)
    return Operation(
        rule_set, network_id, kind, did, sequence, position, count, previous, judged_under, time_ms, payload,
        signatures, consulted, bound_preimage,
    )  # fmt: skip


def _resource(reader: Reader) -> Resource:
    rule_set, network_id = reader.field_of(_u16), reader.field_of(Reader.hash)
    did = reader.field_of(_did)
    position, count = reader.field_of(lambda field: (field.number(2), field.number(2)))
    judged_under, time_ms = reader.field_of(_u64), reader.field_of(_u64)
    payload, data_bytes = reader.field_of(some), reader.field_of(_u64)
    data_digest, media_type = reader.field_of(Reader.hash), reader.field_of(_media_type)
    signatures = tuple(reader.list_of(1024, _signature))
    consulted = tuple(reader.list_of(256, _consulted))
    need(position < count, "a place outside its submission")
    need(data_bytes >= 1, "a resource without data")
    ascending(entry.did for entry in consulted)
    need(any(entry.did == did and entry.status == ACTIVE for entry in consulted), "a resource of no active DID")
    return Resource(
        rule_set, network_id, did, position, count, judged_under, time_ms, payload, data_bytes, data_digest,
        media_type, signatures, consulted,
    )  # fmt: skip


def _state(reader: Reader) -> State:
    network_id, state_root = reader.field_of(Reader.hash), reader.field_of(Reader.hash)
    previous_state = reader.option_of(_u64)
    first_operation = reader.field_of(_u64)
    operations = reader.field_of(lambda field: field.number(4))
    dids, time_ms = reader.field_of(_u64), reader.field_of(_u64)
    parameters_hash = reader.field_of(Reader.hash)
    other_heads = tuple(reader.list_of(32, _other_head))
    need(previous_state is None or first_operation > previous_state, "operations before the state leaf before")
    ascending(head.name for head in other_heads)
    return State(
        network_id, state_root, previous_state, first_operation, operations, dids, time_ms, parameters_hash,
        other_heads,
    )  # fmt: skip


def _key_rotation(reader: Reader) -> KeyRotation:
    network_id, time_ms = reader.field_of(Reader.hash), reader.field_of(_u64)
    log_keys, previous_key = _log_keys(reader), reader.field_of(_log_key)
    need(previous_key not in log_keys, "the key that leaves stays")
    return KeyRotation(network_id, time_ms, log_keys, previous_key)


def _recovery(reader: Reader) -> Recovery:
    network_id, time_ms = reader.field_of(Reader.hash), reader.field_of(_u64)
    origin, log_keys = reader.field_of(_origin), _log_keys(reader)
    predecessor = reader.field_of(lambda field: Tree(field.field_of(_origin), field.number(8), field.hash()))
    known = reader.option_of(_head)
    need(predecessor.name != origin and predecessor.size >= 1, "a recovery has a new name and keeps a leaf or more")
    return Recovery(network_id, time_ms, origin, log_keys, predecessor, known)


def _import(reader: Reader, depth: int) -> Import:
    need(depth <= IMPORTS_MAX, "too many imports inside each other")
    network_id, time_ms = reader.field_of(Reader.hash), reader.field_of(_u64)
    did, origin, until = reader.field_of(_did), reader.field_of(_origin), reader.field_of(_head)
    operation = reader.option_of(lambda option: Imported(option.number(8), option.take(option.number(4))))
    previous = reader.option_of(_place)
    need(operation is not None or previous is not None, "an import that says nothing")
    if operation is not None:
        need(operation.index < until[0], "a leaf behind the checkpoint that proved it")
        inner = decode(operation.leaf, depth + 1)
        need(isinstance(inner, (Operation, Import)) and inner.did == did, "a leaf of another DID or type")
        need(isinstance(inner, Operation) or inner.operation is not None, "an import of nothing")
    return Import(network_id, time_ms, did, origin, until, operation, previous)


def _byte(reader: Reader) -> int:
    return reader.number(1)


def _u16(reader: Reader) -> int:
    return reader.number(2)


def _u64(reader: Reader) -> int:
    return reader.number(8)


def _did(reader: Reader) -> str:
    return reader.text(1, 256)


def _media_type(reader: Reader) -> str:
    text = reader.rest()
    need(1 <= len(text) <= 127 and all(0x20 <= byte <= 0x7E for byte in text), "no media type")
    return text.decode("ascii")


def _origin(reader: Reader) -> str:
    origin = reader.text(1, 255)
    need("+" not in origin, "an origin has no +")
    return origin


def _log_key(reader: Reader) -> LogKey:
    algorithm, key = reader.number(1), reader.rest()
    need(1 <= len(key) <= 4096, "a log key is too short or too long")
    need(algorithm != 1 or len(key) == 32, "an Ed25519 key has 32 bytes")
    return LogKey(algorithm, key)


def _log_keys(reader: Reader) -> tuple:
    return tuple(reader.list_of(16, _log_key, least=1))


def _head(reader: Reader) -> tuple:
    return reader.number(8), reader.hash()


def _place(reader: Reader) -> Place:
    return Place(reader.number(8), reader.hash())


def _signature(reader: Reader) -> Signature:
    return Signature(reader.field_of(lambda field: field.text(1, 512)), reader.field_of(some))


def _consulted(reader: Reader) -> Consulted:
    did, status = reader.field_of(_did), reader.number(1)
    need(status <= 2, "a status that does not exist")
    return Consulted(did, status, None if status == ABSENT else _place(reader))


def _other_head(reader: Reader) -> Tree:
    return Tree(reader.field_of(lambda field: field.text(1, 64)), reader.number(8), reader.hash())
