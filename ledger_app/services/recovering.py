"""After a restore: what went on to the ledger since the backup is recognised, so that nothing is done twice.

A backup is of a moment. What was waiting then (for a signature, or in the outbox) may be on the ledger by
now. Before a restored store is worked on, each act that waits is looked for in the contracts' state; one
whose effect is there is final. Transactions that were under way are not looked at: the submitter finds them
by their hashes. What happened besides, the follower reads from the chain.
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
    found = sum(_recognise(ctx, state) for state in _WAITING)
    with ctx.store.begin() as conn:
        meta.drop(conn, RESTORED)
    return found


def _recognise(ctx: Services, state: str) -> int:
    found, before = 0, None
    while True:
        with ctx.store.read() as conn:
            page = acts.listed(conn, state=state, before=before, limit=_PAGE)
        if not page:
            return found
        before = page[-1].id
        done = [act.id for act in page if effects.is_done(ctx.gateway, act.kind, act.message, act.call)]
        with ctx.store.begin() as conn:
            for act_id in done:
                outbox.settle_act(conn, act_id)
        found += len(done)
