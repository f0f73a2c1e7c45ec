"""Exports: everything a search finds, as CSV or JSON, made while it is read. Memory does not grow with it.

CSV is RFC 4180 in UTF-8, every cell quoted. Spreadsheets run a cell that begins with `=` and the like as a
formula, so such a cell gets an apostrophe in front (OWASP, CSV injection); so does a cell that begins with an
apostrophe, and nothing is lost: whoever reads the file takes one apostrophe off the front of a cell that has
one.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, Literal

import orjson

from ledger_app.access.principals import Principal
from ledger_app.domain.cells import safe_cell
from ledger_app.errors import Broken
from ledger_app.services.batches import paper
from ledger_app.services.context import Services
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from ledger_app.store import certificates

Format = Literal["csv", "json", "ndjson"]
MEDIA: Final[dict[str, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
}
COLUMNS: Final = (
    "number",
    "issuer",
    "issuerName",
    "scheme",
    "territory",
    "destination",
    "issueDate",
    "validFrom",
    "validUntil",
    "standing",
    "state",
    "status",
    "used",
    "allowance",
    "exporter",
    "consignee",
    "exportCountry",
    "importCountry",
    "originCountry",
    "hsCodes",
    "digest",
    "leaf",
    "id",
)
_ROWS_AT_ONCE: Final = 500


def export(ctx: Services, principal: Principal, filters: Filters, form: Format) -> Iterator[bytes]:
    """The file, in pieces. What the filters are refused for is raised now, not while it is read."""
    parts = _rows(ctx, principal, filters)
    begun = chain([next(parts, [])], parts)
    return _csv(begun) if form == "csv" else _json(begun, lines=form == "ndjson")


def _rows(ctx: Services, principal: Principal, filters: Filters) -> Iterator[list[dict[str, Any]]]:
    cursor: str | None = None
    while True:
        page = find(ctx, principal, filters, cursor=cursor, limit=_ROWS_AT_ONCE)
        yield _told(ctx, page.rows)
        cursor = page.next
        if cursor is None:
            return


def _told(ctx: Services, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with ctx.store.read() as conn:
        rows = certificates.by_ids(conn, [row["id"] for row in found])
    told = []
    for row in found:
        values = {**row, "issuer": row["issuer"]["id"], "issuerName": row["issuer"]["name"]}
        kept = rows.get(row["id"])
        document = _document(ctx, kept) if kept is not None else {}
        told.append({name: {**values, **document}.get(name) for name in COLUMNS})
    return told


def _document(ctx: Services, row: certificates.CertificateRow) -> dict[str, Any]:
    try:
        opened = paper(ctx, row)
    except Broken:
        opened = None  # the row itself is still told
    if opened is None:
        return {}
    document = opened["document"]
    found = {name: document.get(name) for name in ("exportCountry", "importCountry", "originCountry")}
    for role in ("exporter", "consignee"):
        found[role] = (document.get(role) or {}).get("name")
    codes = [item["hsCode"] for item in document.get("items", ()) if item.get("hsCode")]
    return {**found, "hsCodes": list(dict.fromkeys(codes))}


def _csv(parts: Iterator[list[dict[str, Any]]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for part in parts:
        writer.writerows([_cell(row[name]) for name in COLUMNS] for row in part)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return safe_cell(" ".join(value) if isinstance(value, list) else str(value))


def _json(parts: Iterator[list[dict[str, Any]]], *, lines: bool) -> Iterator[bytes]:
    between, begun = (b"" if lines else b",\n"), False
    yield b"" if lines else b"[\n"
    for part in parts:
        piece = []
        for row in part:
            piece.append((between if begun else b"") + orjson.dumps(row) + (b"\n" if lines else b""))
            begun = True
        yield b"".join(piece)
    yield b"" if lines else b"\n]\n"
