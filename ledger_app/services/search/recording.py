"""Keeping search up with the records: new certificates, erased ones, and those from before it was there."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ledger_app.errors import Broken, LedgerError
from ledger_app.services.batches import paper
from ledger_app.services.context import Services
from ledger_app.services.search.terms import entry, kept, search_key
from ledger_app.store import certificates, lease, search_bits, search_index
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.search_index import Entry
from ledger_app.telemetry.logs import Log

_LOG = Log("search")
_LEASE: Final = "search-filling"
_LEASE_SECONDS: Final = 120
_PAUSE: Final = 5.0


def forget(ctx: Services, conn: Connection, row: CertificateRow) -> None:
    """The document of `row` is being destroyed: what only it said finds the certificate no more."""
    search_index.forget(conn, row.id, kept(search_key(ctx), row))


class Filler:
    """Makes certificates searchable that are not: newest first, a segment at a time, once for all services on
    the database. A kill costs the segment that was being read.
    """

    def __init__(self, ctx: Services) -> None:
        self._ctx = ctx
        self._holder = lease.holder_name()

    def run(self, stop: threading.Event) -> None:
        """Step until everything is searchable."""
        done = 0
        while not stop.is_set():
            try:
                step = self.step()
            except LedgerError as failed:
                _LOG.warning("failed", worker="search", reason=failed.reason)
                stop.wait(_PAUSE)
                continue
            if step is None:
                break
            done += step
            if not step:
                stop.wait(_PAUSE)

    def step(self) -> int | None:
        """Take in the next segment: how many certificates, zero while another service does it, None when all
        are searchable.
        """
        ctx = self._ctx
        with ctx.store.read() as conn:
            if search_index.is_filled(conn):
                return None
        with ctx.store.begin() as conn:
            if not lease.acquire(conn, _LEASE, self._holder, _LEASE_SECONDS):
                return 0
        with ctx.store.read() as conn:
            ids = search_index.not_yet(conn, search_bits.SIZE)
        entries = [found for part in _parts(ids) for found in self._read(part)]
        with ctx.store.begin() as conn:
            lease.require(conn, _LEASE, self._holder)
            search_index.add_before(conn, entries)
            for row in certificates.erased_of(conn, ids):  # some of them perhaps since they were read
                forget(ctx, conn, row)
            if len(ids) < search_bits.SIZE:
                search_index.filled(conn)
                lease.release(conn, _LEASE, self._holder)
        return len(ids)

    def _read(self, ids: Sequence[str]) -> Iterable[Entry]:
        key = search_key(self._ctx)
        with self._ctx.store.read() as conn:
            rows = certificates.by_ids(conn, ids)
            named = certificates.organisations_of(conn, ids)
        for certificate in ids:
            row = rows[certificate]
            yield entry(key, row, self._document(row), named.get(certificate, ()))

    def _document(self, row: CertificateRow) -> dict[str, Any] | None:
        try:
            opened = paper(self._ctx, row)
        except Broken:
            return None  # found by its record alone, until somebody repairs it
        return None if opened is None else opened["document"]


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + 256] for start in range(0, len(ids), 256))
