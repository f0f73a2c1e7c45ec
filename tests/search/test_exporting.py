"""Exports: everything that a search finds, in files that no spreadsheet runs and every reader takes."""

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.cells import safe_cell
from ledger_app.domain.standing import Role
from ledger_app.errors import BadInput
from ledger_app.services.context import Services
from ledger_app.services.search.exporting import COLUMNS, export
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from tests.search.conftest import Shelf
from tests.search.naive import Naive
from tests.support.certificates import Stock, member, write

WIDE = member("state", Role.CUSTOMS | Role.AUTHORITY, "CN")


def undone(cell: str) -> str:
    """What docs/search.md tells a reader to do."""
    return cell.removeprefix("'")


@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_export_holds_exactly_what_the_search_finds(shelf: Shelf, form: str) -> None:
    asked = Filters(scheme="RCEP", standing=("good", "expired"), sort="newest")
    expected = Naive(shelf.ctx, shelf.made).find(WIDE, asked)
    raw = b"".join(export(shelf.ctx, WIDE, asked, form))  # type: ignore[arg-type]
    text = raw.decode("utf-8")
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        assert text.count("\r\n") == len(expected) + 1
        assert text.count("\n") == text.count("\r\n")
    else:
        rows = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    assert [row["id"] for row in rows] == expected
    assert all(tuple(row) == COLUMNS for row in rows)
    by_id = {one.row.id: one for one in shelf.made}
    for row in rows[:50]:
        said = by_id[row["id"]].document
        codes = list(dict.fromkeys(item["hsCode"] for item in said["items"]))
        assert row["exporter"] == said["exporter"]["name"]
        assert row["hsCodes"] == (" ".join(codes) if form == "csv" else codes)
        assert row["issueDate"] == said["issueDate"]


@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_export_of_nothing_is_a_whole_file(shelf: Shelf, form: str) -> None:
    raw = b"".join(export(shelf.ctx, member("nobody"), Filters(), form))  # type: ignore[arg-type]
    if form == "csv":
        assert list(csv.reader([raw.decode()])) == [list(COLUMNS)]
    else:
        assert raw == b"" if form == "ndjson" else json.loads(raw) == []


def test_export_is_refused_before_its_first_byte(shelf: Shelf) -> None:
    with pytest.raises(BadInput, match="HS"):
        export(shelf.ctx, WIDE, Filters(hs="8x"), "csv")


@pytest.mark.long
def test_export_takes_no_more_memory_for_more_rows(shelf: Shelf) -> None:
    few = Filters(standing=("revoked",))
    peaks = []
    for asked in (few, Filters()):
        b"".join(export(shelf.ctx, WIDE, few, "csv"))
        tracemalloc.start()
        rows = sum(piece.count(b"\n") for piece in export(shelf.ctx, WIDE, asked, "csv"))
        peaks.append((rows, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    (small, _), (large, most) = peaks
    assert large > 20 * small
    assert most < 12 * 2**20, peaks  # one page of 500 and its documents


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", "﹣1",
        " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "'=1", "'", "=", '=HYPERLINK("http://x","y")',
        "+cmd|' /C calc'!A0",
    ],
)  # fmt: skip
def test_cell_that_a_spreadsheet_could_run_begins_with_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == "'" + text
    assert undone(safe_cell(text)) == text


@pytest.mark.parametrize(
    "text", ["", "CCPIT-2026-1", "2026-11-22", "0x12", "Müller & Söhne", "a=b", "1-1", "上海"]
)
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text())
def test_every_cell_comes_back(text: str) -> None:
    assert undone(safe_cell(text)) == text


def test_names_with_commas_quotes_line_breaks_and_formulas_come_back(ctx: Services) -> None:
    names = ['=HYPERLINK("http://x";"a, b")', 'Ao "Quoted", Ltd.', "two\r\nlines", "＝1", "-", "'plain"]
    made = list(Stock(exporters=2, proof_length=1).make(len(names)))
    for one, name in zip(made, names, strict=True):
        one.document["exporter"] = {"name": name}
    write(ctx, made, None)
    text = b"".join(export(ctx, WIDE, Filters(), "csv")).decode()
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    readable = {row["id"] for row in find(ctx, WIDE, Filters()).rows}
    found = {row["id"]: row["exporter"] for row in rows}
    assert found.keys() == readable
    for one in made:
        if one.row.id in readable:
            cell = found[one.row.id]
            assert undone(cell) == one.document["exporter"]["name"]
            assert cell[0] not in "=+-@＝"
