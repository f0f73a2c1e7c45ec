"""The proof that a cargo event stands in an anchored stream, as JSON that is checked without its maker.

`CargoProof.check()` recomputes the leaf from the event and leads it to the head; whether the ledger knows
that head, under this reporter and stream and with this count, is the caller's question to the ledger.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.errors import BadInput
from ledger_app.proof.canonical import JsonObject, canonical_bytes
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.log_tree import cargo_leaf, verify_inclusion

FORMAT: Final = "origin-ledger/cargo-proof/v1"
_MEMBERS: Final = frozenset(
    {"format", "event", "salt", "index", "path", "head", "count", "reporter", "stream", "registered"}
)


@dataclass(frozen=True, slots=True)
class CargoProof:
    """`event` at `index` of the stream that `reporter` anchored: `path` leads to `head` over `count` events.

    `registered` says where the head is anchored (`{"chainId", "genesis", "cargoLog"}`): a hint, never what a
    verifier pins.
    """

    event: JsonObject
    salt: bytes
    index: int
    path: tuple[bytes, ...]
    head: bytes
    count: int
    reporter: bytes
    stream: bytes
    registered: JsonObject

    def check(self) -> None:
        """Raises BadInput `CARGO_PROOF_INVALID` when the event does not lead to the head."""
        try:
            leaf = cargo_leaf(self.salt, self.index, event_digest(self.event), canonical_bytes(self.event))
        except BadInput as fault:
            raise BadInput("CARGO_PROOF_INVALID", fault.detail) from None
        if not verify_inclusion(leaf, self.index, self.count, self.path, self.head):
            raise BadInput("CARGO_PROOF_INVALID", "the event does not lead to the head")

    def to_json(self) -> JsonObject:
        """The proof as a JSON object; hashes as 0x… text."""
        return {
            "format": FORMAT,
            "event": self.event,
            "salt": to_hex(self.salt),
            "index": self.index,
            "path": [to_hex(node) for node in self.path],
            "head": to_hex(self.head),
            "count": self.count,
            "reporter": to_hex(self.reporter),
            "stream": to_hex(self.stream),
            "registered": self.registered,
        }

    @classmethod
    def from_json(cls, value: Any) -> "CargoProof":
        """Read strictly: unknown members are refused. Raises BadInput `CARGO_PROOF_INVALID` or
        `HEX_INVALID`."""
        if not isinstance(value, dict) or set(value) != _MEMBERS or value["format"] != FORMAT:
            raise BadInput("CARGO_PROOF_INVALID", f"not an object of the format {FORMAT}")
        for name, kind in (("event", dict), ("path", list), ("registered", dict)):
            if not isinstance(value[name], kind):
                raise BadInput("CARGO_PROOF_INVALID", f"{name} is of another type")
        for name in ("index", "count"):
            if type(value[name]) is not int or not 0 <= value[name] < 1 << 53:
                raise BadInput("CARGO_PROOF_INVALID", f"{name} is no count")
        if len(value["path"]) > 64:
            raise BadInput("CARGO_PROOF_INVALID", "the path is too long")
        return cls(
            event=value["event"],
            salt=from_hex(value["salt"], 16, field="salt"),
            index=value["index"],
            path=tuple(from_hex(node, 32, field="path") for node in value["path"]),
            head=from_hex(value["head"], 32, field="head"),
            count=value["count"],
            reporter=from_hex(value["reporter"], 32, field="reporter"),
            stream=from_hex(value["stream"], 32, field="stream"),
            registered=value["registered"],
        )
