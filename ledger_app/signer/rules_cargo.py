"""The rule for anchoring a stream: its head is rebuilt from every event, and must continue what was anchored
before. Events that this signer has anchored already may be shown by their leaves alone: the head that it
signed then proves them.
"""

from typing import Any

from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.domain.words import printable
from ledger_app.proof.canonical import canonical_bytes
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.log_tree import LogTree, cargo_leaf, cargo_salt
from ledger_app.signer.requests import Request, member, unreadable
from ledger_app.signer.rules import Desk, Finding, must_equal, refused

_NOTHING = bytes(32)


def anchor(request: Request, desk: Desk) -> Finding:
    """Rebuild the RFC 6962 tree; the head signed last, and `previous`, must be heads of its beginnings."""
    message = request.message
    must_equal("reporter", message.reporter, desk.own)
    tree = _tree(request)
    must_equal("count", message.count, len(tree))
    must_equal("head", message.head, tree.root())
    stream = to_hex(message.stream)
    before = desk.journal.heads_of(stream)
    for count, head in before:
        if count > len(tree):
            raise refused(
                "SIGNER_STREAM_REWRITTEN",
                f"{count} events of this stream were signed before; {len(tree)} are shown",
            )
        if to_hex(tree.root(count)) != head:
            raise refused(
                "SIGNER_STREAM_REWRITTEN", f"the first {count} events are not those that were signed before"
            )
    if all(head != to_hex(message.previous) for _, head in before):
        _check_previous(message.previous, tree)
    last = before[-1][0] if before else 0
    if len(_leaves(request)) > last:
        raise refused(
            "SIGNER_EVENTS_NEEDED",
            f"this signer has anchored {last} events of this stream, and must see the rest",
        )
    if len(tree) - last > desk.settings.limits.events_per_anchor:
        raise refused("SIGNER_BATCH_LIMIT", f"{len(tree) - last} new events in one anchor")
    name = request.evidence.get("stream")
    shown = printable(name, 60) if isinstance(name, str) else stream
    return Finding(
        f"Anchor {len(tree)} events ({len(tree) - last} of them new) of stream {shown}",
        stream=(stream, to_hex(message.previous), to_hex(message.head), len(tree)),
    )


def _tree(request: Request) -> LogTree:
    secret = from_hex(member(request.evidence, "secret", str), field="secret")
    tree = LogTree(from_hex(leaf, 32, field="leaves") for leaf in _leaves(request))
    for index, entry in enumerate(member(request.evidence, "events", list), start=len(tree)):
        if not isinstance(entry, dict):
            raise unreadable("events")
        event = member(entry, "event", dict)
        digest = event_digest(event)
        if "eventHash" in entry:
            must_equal(
                f"the hash of event {index}", from_hex(entry["eventHash"], 32, field="eventHash"), digest
            )
        tree.append(cargo_leaf(cargo_salt(secret, index), index, digest, canonical_bytes(event)))
    return tree


def _leaves(request: Request) -> list[Any]:
    return list(member(request.evidence, "leaves", list)) if "leaves" in request.evidence else []


def _check_previous(previous: bytes, tree: LogTree) -> None:
    # The contract compares `previous` with its latest head; here it must be a head of this very stream.
    if previous != _NOTHING and not any(tree.root(count) == previous for count in range(len(tree), 0, -1)):
        raise refused("SIGNER_FIELD_DIFFERS", "the previous head belongs to no beginning of this stream")
