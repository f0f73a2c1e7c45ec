"""Watching the installation: what a scrape reads, and a look every few seconds that raises the alarms."""

import threading
from collections.abc import Callable, Iterator

from ledger_app.errors import LedgerError
from ledger_app.services import health
from ledger_app.services.context import Services
from ledger_app.services.health import Look
from ledger_app.store import lease, progress, signers
from ledger_app.telemetry.metrics import Reading

_MOST_DESKS = 50


def page(ctx: Services) -> bytes:
    """The metrics as text. What cannot be looked at is left out; `origin_alarm` says why."""
    return ctx.metrics.page(list(_readings(ctx)))


def _readings(ctx: Services) -> Iterator[Reading]:
    look = Look(ctx)
    for check in health.run(look):
        yield Reading("origin_alarm", float(not check["ok"]), (check["name"],))
    for part in (_of_the_store, _of_the_chain, _of_signers, _of_webhooks, _of_this_process):
        yield from _as_far_as_known(part, look)


def _as_far_as_known(part: Callable[[Look], Iterator[Reading]], look: Look) -> Iterator[Reading]:
    try:
        yield from part(look)
    except LedgerError:
        return


def _of_the_store(look: Look) -> Iterator[Reading]:
    found = look.progress
    for state in progress.WAITING:
        waiting = found.outbox.get(state, progress.Waiting())
        yield Reading("origin_outbox_items", waiting.count, (state,))
        yield Reading("origin_outbox_oldest_seconds", _age(look, waiting.since), (state,))
    yield Reading("origin_signatures_waiting", found.signatures.count)
    yield Reading("origin_signatures_oldest_seconds", _age(look, found.signatures.since))
    if found.cursor is not None:
        yield Reading("origin_index_block", found.cursor.number)
        yield Reading("origin_index_age_seconds", _age(look, found.cursor.time))
    left = 0 if found.lease is None else max(0, found.lease[1] - look.now)
    yield Reading("origin_submitter_lease_seconds", left)
    here = found.lease is not None and left > 0 and lease.is_here(found.lease[0])
    yield Reading("origin_submitter_leader", float(here))


def _of_the_chain(look: Look) -> Iterator[Reading]:
    head = look.head
    yield Reading("origin_head_block", head.number)
    yield Reading("origin_head_time_seconds", head.time)
    yield Reading("origin_ledger_data_age_seconds", head.age_seconds)
    if look.progress.cursor is not None:
        yield Reading("origin_index_lag_blocks", max(0, head.number - look.progress.cursor.number))


def _of_signers(look: Look) -> Iterator[Reading]:
    with look.ctx.store.read() as conn:
        seen = signers.last_seen(conn)
    for desk, when in list(seen.items())[:_MOST_DESKS]:
        yield Reading("origin_signer_seen_seconds", when, (desk,))


def _of_webhooks(look: Look) -> Iterator[Reading]:
    found = look.webhooks
    yield Reading("origin_webhooks_waiting", found.count)
    yield Reading("origin_webhooks_oldest_seconds", _age(look, found.since))


def _of_this_process(look: Look) -> Iterator[Reading]:
    ctx = look.ctx
    for state, count in progress.connections(ctx.store).items():
        yield Reading("origin_database_connections", count, (state,))
    yield Reading("origin_disk_free_bytes", health.free_bytes(look))


def _age(look: Look, since: int) -> int:
    return max(0, look.now - since) if since else 0


class Watch:
    """Looks every few seconds, whether or not anybody scrapes; writes down which signers asked for work."""

    def __init__(self, ctx: Services, *, interval: float = 5.0) -> None:
        self._ctx = ctx
        self._interval = interval

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set."""
        while not stop.wait(self._interval):
            self.step()

    def step(self) -> None:
        """One look."""
        self._write_seen()
        health.run(Look(self._ctx))

    def _write_seen(self) -> None:
        taken = self._ctx.seen.take()
        if not taken:
            return
        try:
            with self._ctx.store.begin() as conn:
                signers.note(conn, taken)
        except LedgerError:
            self._ctx.seen.give_back(taken)
