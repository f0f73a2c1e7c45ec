"""After a restore: what went on to the ledger since the backup is recognised, so that nothing is done twice.

A backup is of a moment. What was waiting then (for a signature, or in the outbox) may be on the ledger by
now. Before a restored store is worked on, each act that waits is looked for in the contracts' state; one
whose effect is there, as deep as the chain's profile calls final, is final. Where it is not that deep, the
submitter keeps in sight what was queued, and the rest is compared again at the next start. Transactions that
were under way are not looked at: the submitter finds them by their hashes. What happened besides, the
follower reads from the chain.
"""

from ledger_app.chain import effects
from ledger_app.services.context import Services
from ledger_app.store import acts, meta, outbox
from ledger_app.store.backup import RESTORED

_WAITING = (acts.NEEDS_SIGNATURE, acts.QUEUED)
_PAGE = 200


def recognise(ctx: Services) -> int | None:
    """Compare a restored store with the ledger, once. Gives how many acts were found done; None when the
    store was not restored, or has been compared.

    Raises Unavailable when the ledger cannot be asked: the next start tries again.
    """
    with ctx.store.read() as conn:
        if meta.get(conn, RESTORED) is None:
            return None
    found, shallow = map(sum, zip(*(_recognise(ctx, state) for state in _WAITING), strict=True))
    if not shallow:
        with ctx.store.begin() as conn:
            meta.drop(conn, RESTORED)
    return found


def _recognise(ctx: Services, state: str) -> tuple[int, int]:
    """How many acts in `state` are done, and how many of these are to be compared again."""
    found, shallow, before = 0, 0, None
    depth = ctx.settings.finality_depth
    while True:
        with ctx.store.read() as conn:
            page = acts.listed(conn, state=state, before=before, limit=_PAGE)
        if not page:
            return found, shallow
        before = page[-1].id
        looked = [(act.id, effects.find(ctx.gateway, depth, act.kind, act.message, act.call)) for act in page]
        done = [(act_id, at) for act_id, at in looked if at is not None]
        with ctx.store.begin() as conn:
            for act_id, at in done:
                if at.final:
                    outbox.settle_act(conn, act_id)
                elif not outbox.found_act(conn, act_id, block=at.block, block_hash=at.hash):
                    shallow += 1
        found += len(done)
