"""DID documents as the log holds them, and the digests over them (docs/log-format.md, "Digests inside leaves")."""

from dataclasses import dataclass

import keys
import protobuf
from codec import need, sha256
from dids import is_normal_did, normal_method_id


@dataclass(frozen=True)
class Method:
    """A verification method."""

    id: str
    type: str
    controller: str
    key: keys.PublicKey


@dataclass(frozen=True)
class Document:
    """A document in normal form."""

    did: str
    controllers: tuple
    methods: tuple
    message: dict

    @staticmethod
    def decode(data: bytes) -> "Document":
        """Reads the encoding in protocol buffers."""
        message = protobuf.decode(protobuf.DOCUMENT, data)
        did, controllers = message["id"], tuple(message["controller"])
        need(all(is_normal_did(text) for text in (did, *controllers)), "a DID is not in normal form")
        methods = tuple(_method(did, method) for method in message["methods"])
        need(len({method.id for method in methods}) == len(methods), "two methods have one id")
        return Document(did, controllers, methods, message)

    def other_signers(self) -> list:
        """The controllers of the document and of its methods without the subject, ascending."""
        signers = {*self.controllers, *(method.controller for method in self.methods)}
        return sorted(signers - {self.did})

    def key_set_hash(self) -> bytes:
        """Who takes part in ending the DID."""
        methods = sorted(self.methods, key=lambda method: method.id)
        parts = [b"atropos/key-set/v1\0", _u32(len(methods))]
        for method in methods:
            parts += [_long(method.id.encode()), bytes([method.key.algorithm]), _long(method.key.bytes)]
        others = self.other_signers()
        return sha256(*parts, _u32(len(others)), *(_long(did.encode()) for did in others))


def _method(did: str, message: dict) -> Method:
    normal, owner = normal_method_id(message["id"])
    need(normal == message["id"] and owner == did, "a method's id is that of another document, or not in normal form")
    need(is_normal_did(message["controller"]), "a method's controller is not in normal form")
    return Method(normal, message["type"], message["controller"], keys.decode(message["type"], message["material"]))


def _u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _long(data: bytes) -> bytes:
    return _u32(len(data)) + data
