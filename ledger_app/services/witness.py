"""Keeping every signed statement that comes by, and finding those that contradict each other.

A council that tells two stories is found by whoever sees both. What is kept are the files themselves: their
signatures prove who made them.
"""

from typing import Any

from ledger_app.errors import BadInput, LedgerError, Unavailable
from ledger_app.proof import split_view
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.evidence import checkpoint_of
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.statements import Council, Signed, parse_signed
from ledger_app.proof.trust import read_trust
from ledger_app.services.context import Services
from ledger_app.store import statements
from ledger_app.store.engine import Connection

_MOST_FOREIGN = 10_000
"""Statements of others that are kept: only the council can make any, but it could make many."""


def keep(conn: Connection, signed: Signed, *, own: bool) -> list[str]:
    """Keep a statement whose signatures were checked, and hold it against all that are kept; gives how it
    contradicts them, in words."""
    digest = to_hex(signed.digest)
    statement = signed.statement
    kind = statements.CHECKPOINT if signed.is_checkpoint else statements.SNAPSHOT
    others = statements.listed(conn, limit=_MOST_FOREIGN)
    if not own and len(others) >= _MOST_FOREIGN:
        return []
    fresh = statements.add(
        conn,
        digest=digest,
        kind=kind,
        block=statement.block,
        batches=statement.batches if signed.is_checkpoint else None,
        expires=statement.expires,
        own=own,
        file=signed.serialise(),
    )
    found = []
    if fresh:
        for row in others:
            conflict = split_view.between(signed, parse_signed(row.file))
            if conflict is not None:
                statements.add_split(conn, digest, row.digest, conflict)
                found.append(conflict)
    return found


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
        with ctx.store.begin() as conn:
            conflicts = keep(conn, signed, own=False)
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
    """Contradictions found, newest first: id, detail, foundAt, and the digests of both statements."""
    with ctx.store.read() as conn:
        return [
            {
                "id": split.id,
                "detail": split.detail,
                "foundAt": split.found_at,
                "statements": [split.first, split.second],
            }
            for split in statements.splits(conn)
        ]


def none_found(ctx: Services) -> str:
    """For `/readyz`. Raises Unavailable SPLIT_VIEW while contradictions are kept."""
    with ctx.store.read() as conn:
        count = statements.count_splits(conn)
    if count:
        raise Unavailable("SPLIT_VIEW", f"{count} pairs of statements contradict each other")
    return "no contradictions"


def _check(ctx: Services, signed: Signed) -> None:
    pin, found = ctx.pin, ctx.gateway.council()
    named = (signed.domain.chain_id, signed.domain.contract, signed.statement.genesis)
    if named != (pin.chain_id, pin.address("Consortium"), from_hex(pin.genesis.lower(), 32)) or (
        signed.statement.registry != pin.address("CertificateRegistry")
    ):
        raise BadInput("OTHER_LEDGER", "the statement is about another ledger")
    signed.check(Council(found.epoch, found.threshold, tuple(member.lower() for member in found.members)))
    if not signed.is_checkpoint:
        read_trust(signed)
