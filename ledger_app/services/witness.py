"""Keeping every signed statement that comes by, and finding those that contradict each other, or the ledger.

A council that tells two stories is found by whoever sees both. What is kept are the files themselves: their
signatures prove who made them. Each that was made elsewhere is also held against what this service's own node
and index come to for its block, at once or as soon as they reach it.
"""

from typing import Any

from ledger_app.errors import BadInput, LedgerError, Unavailable
from ledger_app.proof import split_view
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.evidence import checkpoint_of
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.statements import Council, Signed, parse_signed
from ledger_app.proof.trust import read_trust
from ledger_app.services import holding
from ledger_app.services.context import Services
from ledger_app.store import statements
from ledger_app.store.engine import Connection

_AT_ONCE = 20
_MOST_FOREIGN = 10_000
"""Statements of others that are kept: only the council can make any, but it could make many."""


def keep(conn: Connection, signed: Signed, *, own: bool, truth: Signed | None = None) -> list[str]:
    """Keep a statement whose signatures were checked, and hold it against all that are kept, and against
    `truth`, which is what the service comes to (None: not known yet); gives how it contradicts them, in
    words. What contradicts is always kept, however many there are."""
    digest = to_hex(signed.digest)
    statement = signed.statement
    kind = statements.CHECKPOINT if signed.is_checkpoint else statements.SNAPSHOT
    conflicts: list[tuple[str, str]] = []
    ours = False  # of this very block: then the ledger tells nothing more
    if statements.get(conn, digest) is None:
        for row in statements.each(conn):
            conflict = split_view.between(signed, parse_signed(row.file))
            if conflict is not None:
                conflicts.append((row.digest, conflict))
                ours |= row.own and row.block == statement.block
    if truth is not None and not ours:
        conflict = split_view.between(signed, truth)
        if conflict is not None:
            conflicts.append((to_hex(truth.digest), f"by this service's own node and index: {conflict}"))
    if not own and not conflicts and statements.count_foreign(conn) >= _MOST_FOREIGN:
        return []
    fresh = statements.add(
        conn,
        digest=digest,
        kind=kind,
        block=statement.block,
        batches=statement.batches if signed.is_checkpoint else None,
        expires=statement.expires,
        own=own,
        held=own or truth is not None,
        file=signed.serialise(),
    )
    if not fresh and truth is not None:
        statements.set_held(conn, digest)
    for other, conflict in conflicts:
        statements.add_split(conn, digest, other, conflict)
    return [conflict for _, conflict in conflicts]


def hold_waiting(ctx: Services) -> None:
    """Hold kept statements against the ledger that could not be when they came: the node was away, or the
    block was not final yet."""
    with ctx.store.read() as conn:
        rows = statements.not_held(conn, holding.reach(ctx, conn), _AT_ONCE)
    for row in rows:
        signed = parse_signed(row.file)
        truth = holding.truth(ctx, signed)
        if truth is not None:
            with ctx.store.begin() as conn:
                keep(conn, signed, own=False, truth=truth)


def show(ctx: Services, signed: Signed) -> dict[str, Any]:
    """Take a statement that was seen elsewhere: `{"digest", "known", "conflicts"}`.

    Raises BadInput when the council of this ledger did not sign it: OTHER_LEDGER, STATEMENT_…,
    SIGNATURE_INVALID, TRUST_SNAPSHOT_INVALID.
    """
    digest = to_hex(signed.digest)
    with ctx.store.read() as conn:
        known = statements.get(conn, digest) is not None
    conflicts: list[str] = []
    if not known:
        _check(ctx, signed)
        try:
            truth = holding.truth(ctx, signed)
        except LedgerError:
            truth = None  # held later: the signatures are what must not be lost
        with ctx.store.begin() as conn:
            conflicts = keep(conn, signed, own=False, truth=truth)
    with ctx.store.read() as conn:
        conflicts += [
            split.detail
            for split in statements.splits(conn)
            if digest in (split.first, split.second) and split.detail not in conflicts
        ]
    return {"digest": digest, "known": known, "conflicts": conflicts}


def notice(ctx: Services, bundle: Bundle) -> None:
    """Take the checkpoint in a bundle that came by. What is no statement of our council is passed over: it
    is no evidence of anything."""
    if bundle.evidence is None:
        return
    try:
        show(ctx, checkpoint_of(bundle.evidence))
    except LedgerError:
        return


def split_views(ctx: Services) -> list[dict[str, Any]]:
    """Contradictions found, newest first: id, detail, foundAt, and the digests of both statements; of one
    where it contradicts what this service itself comes to."""
    with ctx.store.read() as conn:
        found = statements.splits(conn)
        kept = statements.are_kept(conn, [digest for each in found for digest in (each.first, each.second)])
        return [
            {
                "id": split.id,
                "detail": split.detail,
                "foundAt": split.found_at,
                "statements": [digest for digest in (split.first, split.second) if digest in kept],
            }
            for split in found
        ]


def none_found(ctx: Services) -> str:
    """For `/readyz`. Raises Unavailable SPLIT_VIEW while contradictions are kept."""
    with ctx.store.read() as conn:
        count = statements.count_splits(conn)
    if count:
        raise Unavailable("SPLIT_VIEW", f"{count} pairs of statements contradict each other")
    return "no contradictions"


def _check(ctx: Services, signed: Signed) -> None:
    pin = ctx.pin
    named = (signed.domain.chain_id, signed.domain.contract, signed.statement.genesis)
    if named != (pin.chain_id, pin.address("Consortium"), from_hex(pin.genesis.lower(), 32)) or (
        signed.statement.registry != pin.address("CertificateRegistry")
    ):
        raise BadInput("OTHER_LEDGER", "the statement is about another ledger")
    signed.check(_council(ctx, signed.statement.epoch))
    if not signed.is_checkpoint:
        read_trust(signed)


def _council(ctx: Services, epoch: int) -> Council:
    """The council of this epoch, also of a former one: what it signed in its time still convicts it. The
    index knows, so that no node has to answer; of an epoch that it has not read, the node's own is taken."""
    with ctx.store.read() as conn:
        read = statements.council(conn, epoch)
    if read is not None:
        return Council(read["epoch"], read["threshold"], tuple(each.lower() for each in read["members"]))
    found = ctx.gateway.council()
    return Council(found.epoch, found.threshold, tuple(member.lower() for member in found.members))
