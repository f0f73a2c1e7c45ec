"""Asking the council for checkpoints and trust snapshots, keeping them, and making evidence from them.

What is asked for is computed from the index. That is only a proposal: each member's signer computes it again
from its own node, and signs nothing else. A statement is published when enough members have signed.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger_app.chain.gateway import Head
from ledger_app.errors import Conflict, NotFound, Unavailable
from ledger_app.proof import evidence
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.canonical import JsonObject
from ledger_app.proof.check import lookup_of
from ledger_app.proof.eip712 import STATEMENTS
from ledger_app.proof.eip712 import Act as Message
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.ledger_state import LedgerState
from ledger_app.proof.log_tree import LogTree
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.proof.statements import Checkpoint, Signed, TrustSnapshot, collected, parse_signed
from ledger_app.proof.trust import content_hash
from ledger_app.services import witness
from ledger_app.services.acts import CONSORTIUM, Draft, record
from ledger_app.services.context import Once, Services
from ledger_app.services.signing import COMPLETED, domain_of
from ledger_app.store import acts, index
from ledger_app.store import statements as kept
from ledger_app.store.acts import Act
from ledger_app.store.engine import Connection

CHECKPOINT_DAYS: Final = 30
SNAPSHOT_DAYS: Final = 90
_SECONDS_A_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class _View:
    """The ledger as of the end of one block that is final."""

    head: Head
    state: LedgerState
    tree: SortedTree
    council: dict[str, Any]


def propose_checkpoint(ctx: Services, days: int, once: Once) -> dict[str, Any]:
    """Ask the council to sign a checkpoint of now, good for `days`; gives the act.

    Raises Conflict LEDGER_CONTINUES over a sealed predecessor, Unavailable while the index catches up.
    """
    view = _view(ctx)
    message = Checkpoint(
        **_common(ctx, view, days),
        batches=len(view.state.log),
        batches_root=view.state.log.root(),
        standings=len(view.tree),
        standings_root=view.tree.root,
    )
    words = f"Checkpoint of block {message.block}: {message.batches} batches, {message.standings} changes"
    return _ask(ctx, message, words, view.council, {}, once)


def propose_snapshot(ctx: Services, days: int, once: Once) -> dict[str, Any]:
    """Ask the council to sign a trust snapshot of now, good for `days`; gives the act."""
    view = _view(ctx)
    content = view.state.members()
    message = TrustSnapshot(**_common(ctx, view, days), content=content_hash(content))
    words = f"Trust snapshot of block {message.block}: {len(content['organisations'])} organisations"
    return _ask(ctx, message, words, view.council, {"content": content}, once)


def newest(ctx: Services, kind: str) -> Signed:
    """The newest one that is still good. Raises NotFound CHECKPOINT_NONE."""
    with ctx.store.read() as conn:
        row = kept.newest(conn, kind, ctx.now())
    if row is None:
        words = "The council has signed no trust snapshot yet." if kind == kept.SNAPSHOT else ""
        raise NotFound("CHECKPOINT_NONE", words)
    return parse_signed(row.file)


def by_digest(ctx: Services, digest: str) -> Signed:
    """The kept statement with this digest (`0x…`). Raises NotFound CHECKPOINT_UNKNOWN."""
    with ctx.store.read() as conn:
        row = kept.get(conn, digest)
    if row is None:
        raise NotFound("CHECKPOINT_UNKNOWN")
    return parse_signed(row.file)


def listed(ctx: Services, kind: str | None = None) -> list[dict[str, Any]]:
    """What is kept, those about the latest blocks first: digest, kind, block, batches, expires, own."""
    with ctx.store.read() as conn:
        rows = kept.listed(conn, kind)
    names = ("digest", "kind", "block", "batches", "expires", "own")
    return [{name: getattr(row, name) for name in names} | {"createdAt": row.created_at} for row in rows]


def consistency(ctx: Services, first: str, second: str) -> dict[str, Any]:
    """The RFC 6962 proof that the later of two kept checkpoints (digests) begins with the batches of the
    earlier: `{"from", "to", "proof"}`, each a digest. Raises NotFound CHECKPOINT_UNKNOWN."""
    old, new = sorted(
        (by_digest(ctx, first), by_digest(ctx, second)), key=lambda each: int(each.statement.block)
    )
    if not (old.is_checkpoint and new.is_checkpoint):
        raise NotFound("CHECKPOINT_UNKNOWN", "A trust snapshot has no log of batches.")
    if old.statement.batches > new.statement.batches:
        raise Conflict("SPLIT_VIEW")
    log = ctx.books.log(ctx.store, new.statement.block)
    _must_begin_with(log, new.statement)
    proof = log.consistency_proof(old.statement.batches, new.statement.batches)
    return {
        "from": to_hex(old.digest),
        "to": to_hex(new.digest),
        "proof": [to_hex(node) for node in proof],
    }


def with_evidence(ctx: Services, bundle: Bundle, *, wanted: bool) -> JsonObject | None:
    """The evidence for a bundle under the newest checkpoint. None when there is none that reaches it, unless
    `wanted`: then NotFound CHECKPOINT_NONE or CHECKPOINT_TOO_OLD."""
    try:
        signed = newest(ctx, kept.CHECKPOINT)
        state, tree = _books(ctx, signed)
        asked = lookup_of(bundle)
        return evidence.build(state, tree, signed, asked.leaf, asked.batch_id, asked.issuer)
    except (NotFound, Unavailable):
        if wanted:
            raise
        return None


def _books(ctx: Services, signed: Signed) -> tuple[LedgerState, SortedTree]:
    """The trees of a checkpoint. Raises Unavailable LEDGER_INCONSISTENT when the index comes to others."""
    stated: Checkpoint = signed.statement
    state, tree = ctx.books.at(ctx.store, stated.block, to_hex(stated.block_hash))
    _must_begin_with(state.log, stated)
    if (len(tree), tree.root) != (stated.standings, stated.standings_root):
        raise _other_index()
    return state, tree


def _must_begin_with(log: LogTree, stated: Checkpoint) -> None:
    if len(log) < stated.batches or log.root(stated.batches) != stated.batches_root:
        raise _other_index()


def _other_index() -> Unavailable:
    return Unavailable("LEDGER_INCONSISTENT", "the index does not come to what the checkpoint states")


def _view(ctx: Services) -> _View:
    """The ledger at the last final block that the index has read."""
    if ctx.gateway.has_predecessors():
        raise Conflict("LEDGER_CONTINUES")
    with ctx.store.read() as conn:
        cursor = index.cursor(conn)
    if cursor is None:
        raise Unavailable("INDEX_CATCHING_UP")
    head = ctx.gateway.header(max(cursor.number - ctx.gateway.depth, 0))
    if head.number == cursor.number and head.hash != cursor.hash:
        raise Unavailable("INDEX_CATCHING_UP", "the chain has just moved; ask again")
    state, tree = ctx.books.at(ctx.store, head.number, head.hash)
    if state.council is None:
        raise Unavailable("INDEX_CATCHING_UP", "the index has not read the council yet")
    return _View(head, state, tree, state.council)


def _common(ctx: Services, view: _View, days: int) -> dict[str, Any]:
    return {
        "genesis": from_hex(ctx.pin.genesis.lower(), 32),
        "registry": ctx.pin.address("CertificateRegistry"),
        "block": view.head.number,
        "block_hash": from_hex(view.head.hash, 32),
        "time": view.head.time,
        "epoch": view.council["epoch"],
        "expires": ctx.now() + days * _SECONDS_A_DAY,
    }


def _ask(
    ctx: Services,
    message: Message,
    words: str,
    council: dict[str, Any],
    plain: dict[str, Any],
    once: Once,
) -> dict[str, Any]:
    draft = Draft(
        desk=acts.COUNCIL,
        message=message,
        summary=words,
        evidence={"plain": plain},
        needed=council["threshold"],
        deadline=ctx.now() + ctx.settings.vote_expiry_seconds,
    )
    answer: dict[str, Any] = once.run(ctx.store, lambda conn: {"act": record(ctx, conn, draft)})
    return answer


def _completed(ctx: Services, conn: Connection, act: Act) -> None:
    """Publish what enough members have signed; in the transaction that takes the last signature."""
    kind = STATEMENTS[act.kind]
    signed = collected(
        domain_of(ctx, CONSORTIUM),
        kind.from_json(act.message),  # type: ignore[arg-type]
        [from_hex(each["signature"], 64) for each in act.signatures],
        act.evidence.get("plain", {}).get("content"),
    )
    witness.keep(conn, signed, own=True)


COMPLETED.update(dict.fromkeys(STATEMENTS, _completed))
