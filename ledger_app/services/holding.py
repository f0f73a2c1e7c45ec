"""What this service's own node and index come to for a block, to hold statements from elsewhere against.

A false statement about a block that lies between two honest ones contradicts neither of them. Whoever has the
ledger needs no second statement to see that it is false.
"""

from typing import Any

from ledger_app.proof.hexes import from_hex
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.proof.statements import Checkpoint, Signed, TrustSnapshot
from ledger_app.proof.trust import content_hash
from ledger_app.services.context import Services
from ledger_app.store import index
from ledger_app.store.engine import Connection


def reach(ctx: Services, conn: Connection) -> int:
    """The last block that is final and that the index has read; -1 for none."""
    cursor = index.cursor(conn)
    return -1 if cursor is None else cursor.number - ctx.gateway.depth


def truth(ctx: Services, signed: Signed) -> Signed | None:
    """A statement of the same kind about the same block, good for as long, by this service's own node and
    index, unsigned. None where they cannot tell: the block is not final yet, the chain has just moved, or the
    registry continues a sealed one.

    Raises NodeUnavailable. Costs a fold of all events up to the block.
    """
    stated = signed.statement
    with ctx.store.read() as conn:
        cursor, last = index.cursor(conn), reach(ctx, conn)
    if cursor is None or stated.block > last or ctx.gateway.has_predecessors():
        return None
    block = ctx.gateway.header(stated.block)
    state = ctx.books.as_of(ctx.store, stated.block)
    # Asked last: what was read is of the chain that the index stands on. A node that says two things in the
    # meantime accuses nobody.
    moved = ctx.gateway.header(cursor.number).hash != cursor.hash
    if moved or state.council is None or ctx.gateway.header(stated.block).hash != block.hash:
        return None
    common: dict[str, Any] = {
        "genesis": stated.genesis,
        "registry": stated.registry,
        "block": block.number,
        "block_hash": from_hex(block.hash.lower(), 32),
        "time": block.time,
        "epoch": state.council["epoch"],
        "expires": stated.expires,
    }
    if isinstance(stated, TrustSnapshot):
        return Signed(signed.domain, TrustSnapshot(**common, content=content_hash(state.members())), ())
    tree = SortedTree(state.pairs)
    message = Checkpoint(
        **common,
        batches=len(state.log),
        batches_root=state.log.root(),
        standings=len(tree),
        standings_root=tree.root,
    )
    return Signed(signed.domain, message, ())
