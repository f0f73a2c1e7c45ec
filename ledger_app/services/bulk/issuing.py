"""Making certificates of an import's pages: a batch, an act and an outbox row as for any other, page by page.

One service does it at a time (a lease). A page becomes certificates in one transaction, so that whatever
stops this, the next one goes on with the page after. Few acts are on their way at once: the signer works on
one batch while the next one is made.
"""

import threading
import time
from collections import defaultdict
from contextlib import suppress
from typing import Final

from ledger_app.domain.findings import Finding
from ledger_app.errors import LedgerError, Unavailable
from ledger_app.proof.merkle import MerkleTree
from ledger_app.services import batches
from ledger_app.services.acts import record
from ledger_app.services.batches import Batch, Paper
from ledger_app.services.bulk import late
from ledger_app.services.bulk.reading import refusal
from ledger_app.services.bulk.staging import paper_from
from ledger_app.services.context import Services
from ledger_app.services.issuing import draft_of
from ledger_app.store import acts, certificates, import_rows, imports, lease
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.imports import Job, Page
from ledger_app.telemetry.logs import Log

_LOG = Log("imports")
_LEASE: Final = "importer"
_LEASE_SECONDS: Final = 30
_ACTS_AT_ONCE: Final = 4
_IDLE: Final = 0.5
_BUSY: Final = 0.02
_KEPT_SECONDS: Final = 30 * 86_400


class Importer:
    """Sees to the imports that are to be issued. Run one thread of `run`, or call `step`."""

    def __init__(self, ctx: Services) -> None:
        self._ctx = ctx
        self._holder = lease.holder_name()
        self._leads_until = 0.0

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set."""
        pause = _IDLE
        while not stop.wait(pause):
            try:
                pause = _BUSY if self.step() else _IDLE
                self._ctx.readers.tidy()
            except LedgerError as failed:
                pause, self._leads_until = 2.0, 0.0
                _LOG.warning("failed", worker="importer", reason=failed.reason)
        self._ctx.readers.close()
        with suppress(Unavailable), self._ctx.store.begin() as conn:
            lease.release(conn, _LEASE, self._holder)

    def step(self) -> bool:
        """One round over the imports that are being issued; whether any of them came further by it."""
        with self._ctx.store.read() as conn:
            jobs = imports.in_state(conn, imports.ISSUING)
        if not jobs:
            return False
        if not self._lead():
            return False
        return sum(self._further(job) for job in jobs) > 0

    def _lead(self) -> bool:
        """Whether this process does it; asked anew a few times within the term, not each round."""
        now = time.monotonic()
        if now > self._leads_until:
            with self._ctx.store.begin() as conn:
                if not lease.acquire(conn, _LEASE, self._holder, _LEASE_SECONDS):
                    return False
            self._leads_until = now + _LEASE_SECONDS / 3
        return True

    def _further(self, job: Job) -> bool:
        with self._ctx.store.read() as conn:
            counts = imports.act_counts(conn, job.id)
            page = imports.next_page(conn, job.id)
            mine = import_rows.certificates_of(conn, job.id, page.page) if page is not None else set()
        flying = sum(number for state, (number, _) in counts.items() if state not in acts.SETTLED)
        if page is None:
            if flying == 0 and all(state in (acts.FINAL, *acts.DEAD) for state in counts):
                with self._ctx.store.begin() as conn:
                    lease.require(conn, _LEASE, self._holder)
                    imports.change(conn, job.id, state=imports.DONE)
                return True
        elif flying < _ACTS_AT_ONCE:
            self._issue(job, page, mine)
            return True
        return False

    def _issue(self, job: Job, page: Page, mine: set[str]) -> None:
        """Make the page's papers certificates. `mine`: the ids of those that no other job took over."""
        ctx = self._ctx
        kept = late.opened(ctx, page)
        rows = {each["id"]: each["row"] for each in kept}
        papers = [paper_from(each) for each in kept if each["id"] in mine]
        made = _batches(ctx, papers)
        taken: list[Paper] = []
        while True:
            with ctx.store.begin() as conn:
                lease.require(conn, _LEASE, self._holder)
                current = imports.page(conn, job.id, page.page)
                if current is None or not current.waiting:
                    return
                if lost := self._lost(conn, job.organisation, papers):
                    numbers = set(lost)
                else:
                    self._record(conn, job, made)
                    told = [(rows[one.id], _taken(one)) for one in taken]
                    imports.finish_page(conn, page, report=late.reported(ctx, page, told))
                    if taken:
                        imports.count_up(conn, job.id, ready=-len(taken), refused=len(taken))
                    return
            taken += [paper for paper in papers if paper.number in numbers]
            papers = [paper for paper in papers if paper.number not in numbers]
            made = _batches(ctx, papers)

    def _lost(self, conn: Connection, organisation: str, papers: list[Paper]) -> list[str]:
        """Numbers that somebody else has issued a certificate under, since the page came in."""
        return certificates.numbers_taken(conn, organisation, [paper.number for paper in papers])

    def _record(self, conn: Connection, job: Job, made: list[tuple[str, Batch]]) -> None:
        for act_id, batch in made:
            batches.keep(conn, batch)
            record(self._ctx, conn, draft_of(self._ctx, job.organisation, batch, act_id))
            imports.add_act(conn, job.id, act_id, len(batch.rows))


def forget(ctx: Services) -> int:
    """An import that nobody has sent in full, or approved, within 30 days ends, and what was kept of it is
    dropped. Gives how many there were."""
    before = ctx.now() - _KEPT_SECONDS
    with ctx.store.begin() as conn:
        left = imports.in_state(conn, imports.RECEIVING, imports.AWAITING, before=before)
        for job in left:
            imports.change(conn, job.id, state=imports.STOPPED, reason="IMPORT_ABANDONED")
            imports.drop_pages(conn, job.id, reports=True)
    return len(left)


def _taken(paper: Paper) -> Finding:
    words = "Another certificate of this issuer took the number meanwhile."
    return refusal("NUMBER_TAKEN", words, "Give it another number.", value=paper.number)


def _batches(ctx: Services, papers: list[Paper]) -> list[tuple[str, Batch]]:
    """A batch for each scheme, with the id of its act."""
    by_scheme: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        by_scheme[paper.scheme].append(paper)
    made = []
    for some in by_scheme.values():
        act_id = new_id()
        tree = MerkleTree(paper.leaf.hash() for paper in some)
        made.append((act_id, batches.batch_of(ctx, some, tree, act_id)))
    return made
