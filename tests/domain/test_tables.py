"""Tables that somebody made up to harm the reader, or saved in an unusual way."""

import csv
import io
import json

import pytest

from ledger_app.domain.imports import import_csv
from ledger_app.domain.imports.splitting import split
from ledger_app.errors import Unprocessable


def table(header: list[str], *rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def test_json_in_a_cell_may_be_as_deep_as_any_import_and_escape_what_it_likes() -> None:
    for cell, value in (
        ("[" * 29 + "]" * 29, json.loads("[" * 29 + "]" * 29)),
        ('["\\ud83d\\ude00 \\\\u0000"]', ["\U0001f600 \\u0000"]),
    ):
        [found] = import_csv(table(["iD", "issueDateTime", "note"], ["A", "2026-01-02", cell]))
        assert found.document["extensions"]["uncefact"]["note"] == value
        assert found.read == []


def test_what_is_no_text_in_a_cell_of_our_own_is_an_error_of_its_row() -> None:
    for cell in ('{"name":"A\\ud800B"}', '{"name":' + "[" * 400 + "]" * 400 + "}"):
        [found] = import_csv(table(["number", "scheme", "exporter"], ["A", "RCEP", cell]))
        assert "/exporter" in {one.pointer for one in found.findings if one.is_error}


def test_places_of_a_list_need_those_before_them() -> None:
    """Few bytes would make long lists otherwise, in every row and at every level."""
    names = [f"c{n}" + ".498" * 11 for n in range(499)]
    for header in (["number", "items.1.hsCode"], ["number", "a.0.1", "a.1.0"], names):
        with pytest.raises(Unprocessable, match="leave"):
            import_csv(table(header, ["1"] * len(header)))
    [found] = import_csv(table(["number", "items.1.hsCode", "items.0.hsCode"], ["N", "961700", ""]))
    assert found.document["items"][1]["hsCode"] == "961700"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_is_the_header_lines_whatever_ends_it(end: str) -> None:
    data = end.join(["iD;issueDateTime;note", "A;2026-01-02;" + "a,b," * 90]).encode()
    [found] = import_csv(data)
    assert found.document["number"] == "A"
    [page] = split(io.BytesIO(data), "csv", rows=9, size=1 << 20)
    assert import_csv(page.body) == [found]


def test_what_is_said_of_a_cell_names_its_column() -> None:
    for column, cell, rule in (
        ("consignee.name", "=1+1", "FORMULA_LIKE"),
        ("items.0.packages", "{x", "CELL_NOT_JSON"),
    ):
        [found] = import_csv(table(["number", "scheme", column], ["A", "RCEP", cell]))
        assert [(one.pointer, one.rule) for one in found.read] == [("/" + column.replace(".", "/"), rule)]
