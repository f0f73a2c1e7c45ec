"""The evidence in a bundle: a signed checkpoint, and what leads from the certificate to its two heads
(docs/protocol.md, section 10).

```
{"format": "origin-ledger/evidence/v1",
 "checkpoint": {…},                                                    the file of a checkpoint
 "batch": {"index", "key", "time", "count", "kind", "proof"},          the batch's place in the log of batches
 "standing": {"index", "value", "proof"} or {"before", "after"},       of the leaf: present, or absent
 "disowned": … the same,                                               of the key that signed the batch
 "confirmation": {"standing": …, "disowned": …} or null}               of the batch, and of the confirming key
```

`build` makes it from the fold and the sorted tree; `prove` believes none of it and returns what it proves.
"""

from dataclasses import dataclass
from typing import Any

from ledger_app.domain.standing import AccreditationKind, Status
from ledger_app.errors import BadInput, NotFound
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.facts import BatchFact, ConfirmationFact, StandingFact
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.ledger_state import (
    BatchEntry,
    LedgerState,
    confirmation_key,
    disowned_key,
    standing_key,
)
from ledger_app.proof.log_tree import verify_inclusion
from ledger_app.proof.sorted_tree import (
    SortedTree,
    found_from_json,
    index_of,
    invalid,
    path_of,
    verify,
)
from ledger_app.proof.statements import Checkpoint, Signed, signed_from_json

FORMAT = "origin-ledger/evidence/v1"
_MEMBERS = {"format", "checkpoint", "batch", "standing", "disowned", "confirmation"}
_BATCH = {"index", "key", "time", "count", "kind", "proof"}
_VALUE_SIZE = 55
_MAX_TIME = (1 << 53) - 1


@dataclass(frozen=True, slots=True)
class Proven:
    """What evidence proves of a leaf as of its checkpoint's block. `disowned`: keys (`0x…`) among those
    concerned that are disowned, and since when."""

    batch: BatchFact
    standing: StandingFact
    predecessor: bytes | None
    confirmation: ConfirmationFact | None
    disowned: dict[str, int]


def build(
    state: LedgerState, tree: SortedTree, signed: Signed, leaf: bytes, batch: bytes, issuer: bytes
) -> JsonObject:
    """The evidence for a leaf in `batch` of `issuer`. `state` may be ahead of the checkpoint, `tree` is the
    sorted tree that the checkpoint states.

    Raises NotFound CHECKPOINT_TOO_OLD where the batch came after the checkpoint.
    """
    statement: Checkpoint = signed.statement
    place = state.place(batch)
    if place is None or place >= statement.batches:
        raise NotFound("CHECKPOINT_TOO_OLD")
    entry = state.batches[place]
    confirmation: JsonObject | None = None
    confirmed = tree.get(confirmation_key(batch))
    if confirmed is not None:
        confirmation = {
            "standing": tree.prove(confirmation_key(batch)).to_json(),
            "disowned": tree.prove(disowned_key(issuer, to_hex(confirmed[:20]))).to_json(),
        }
    return {
        "format": FORMAT,
        "checkpoint": signed.to_json(),
        "batch": {
            "index": place,
            "key": entry.key,
            "time": entry.time,
            "count": entry.count,
            "kind": entry.kind,
            "proof": [to_hex(node) for node in state.log.inclusion_proof(place, statement.batches)],
        },
        "standing": tree.prove(standing_key(leaf)).to_json(),
        "disowned": tree.prove(disowned_key(issuer, entry.key)).to_json(),
        "confirmation": confirmation,
    }


def checkpoint_of(evidence: JsonObject | None) -> Signed:
    """The checkpoint in a bundle's evidence, not checked yet. Raises BadInput EVIDENCE_MISSING,
    EVIDENCE_INVALID, or what `signed_from_json` raises."""
    if evidence is None or evidence.get("format") != FORMAT:
        raise BadInput("EVIDENCE_MISSING")
    if evidence.keys() != _MEMBERS:
        raise invalid(f"evidence has exactly the members {', '.join(sorted(_MEMBERS))}")
    signed = signed_from_json(evidence["checkpoint"])
    if not signed.is_checkpoint:
        raise invalid("its checkpoint is none")
    return signed


def prove(evidence: JsonObject, checkpoint: Checkpoint, leaf: bytes, batch: bytes, issuer: bytes) -> Proven:
    """What the evidence proves under the heads of `checkpoint`, whose signatures the caller has checked.
    Raises BadInput EVIDENCE_INVALID or HEX_INVALID."""
    entry = _batch(evidence["batch"], checkpoint, batch)

    def value_of(key: bytes, found: Any, where: str) -> bytes | None:
        proof = found_from_json(found, where)
        return verify(key, proof, checkpoint.standings, checkpoint.standings_root)

    disowned: dict[str, int] = {}

    def look_up(key: str, found: Any) -> None:
        since = value_of(disowned_key(issuer, key), found, "disowned")
        if since is not None:
            disowned[key] = _number(since, 8)

    look_up(entry.key, evidence["disowned"])
    confirmation = None
    shown = evidence["confirmation"]
    if shown is not None:
        if type(shown) is not dict or shown.keys() != {"standing", "disowned"}:
            raise invalid("confirmation has standing and disowned, or is null")
        held = value_of(confirmation_key(batch), shown["standing"], "confirmation")
        if held is None or len(held) != 28:
            raise invalid("the confirmation shown is none")
        confirmation = ConfirmationFact(to_hex(held[:20]), _number(held[20:], 8))
        look_up(confirmation.key, shown["disowned"])
    value = value_of(standing_key(leaf), evidence["standing"], "standing")
    standing, predecessor = _standing(value)
    try:
        kind = AccreditationKind(entry.kind)
    except ValueError:
        raise invalid(f"there is no accreditation of kind {entry.kind}") from None
    fact = BatchFact(entry.key, entry.time, entry.count, kind)
    return Proven(fact, standing, predecessor, confirmation, disowned)


def _batch(value: Any, checkpoint: Checkpoint, batch: bytes) -> BatchEntry:
    if type(value) is not dict or value.keys() != _BATCH:
        raise invalid(f"batch has exactly the members {', '.join(sorted(_BATCH))}")
    for name, most in (("time", checkpoint.time), ("count", (1 << 32) - 1), ("kind", 255)):
        if type(value[name]) is not int or not 0 <= value[name] <= most:
            raise invalid(f"batch.{name} is not a number up to {most}")
    key = to_hex(from_hex(value["key"], 20, field="batch.key"))
    entry = BatchEntry(batch, key, value["time"], value["count"], value["kind"])
    index, proof = index_of(value["index"], "batch"), path_of(value["proof"], "batch")
    if not verify_inclusion(entry.data(), index, checkpoint.batches, proof, checkpoint.batches_root):
        raise invalid("the batch does not lead to the checkpoint's root")
    return entry


def _standing(value: bytes | None) -> tuple[StandingFact, bytes | None]:
    if value is None:
        return StandingFact(), None
    if len(value) != _VALUE_SIZE or value[0] not in list(Status):
        raise invalid("the standing shown is none")
    fact = StandingFact(
        Status(value[0]),
        int.from_bytes(value[1:3], "big"),
        int.from_bytes(value[3:7], "big"),
        int.from_bytes(value[7:15], "big"),
        _number(value[15:23], 8),
    )
    predecessor = value[23:]
    return fact, predecessor if any(predecessor) else None


def _number(value: bytes, size: int) -> int:
    number = int.from_bytes(value, "big")
    if len(value) != size or number > _MAX_TIME:
        raise invalid("a time in a standing is none")
    return number
