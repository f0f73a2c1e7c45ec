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


OWN = ["number", "scheme", "exporter.name", "consignee.name", "items.0.description"]


def test_a_column_that_is_no_field_is_kept_and_told_by_its_name() -> None:
    rows = import_csv(
        table([*OWN, "ourRef"], ["A", "RCEP", "E", "C", "x", "X-1"], ["B", "RCEP", "E", "", "x", ""])
    )
    assert [one.document["number"] for one in rows] == ["A", "B"]
    [told] = rows[0].read
    assert told.place == "ourRef"
    assert (told.pointer, told.rule, told.is_error) == (
        "/extensions/origin-ledger/ourRef", "COLUMN_UNKNOWN", False,
    )  # fmt: skip
    assert "'ourRef'" in told.words
    assert rows[0].document["extensions"] == {"origin-ledger": {"ourRef": "X-1"}}
    assert "FIELD_UNKNOWN" not in {one.rule for one in rows[0].findings}
    assert (rows[1].read, "extensions" in rows[1].document) == ([], False)


@pytest.mark.parametrize("kind", ["", "certificate-of-origin"])
def test_a_cell_beyond_our_own_columns_refuses_the_row_whether_it_states_its_type_or_not(kind: str) -> None:
    [found] = import_csv(table([*OWN, "type"], ["A", "RCEP", "E", "C", "x", kind, "oops"]))
    assert [one.rule for one in found.read] == ["MORE_CELLS_THAN_COLUMNS"]
    assert "FORMAT_UNKNOWN" not in {one.rule for one in found.findings}
    assert ("/columnsWithoutName", "FIELD_UNKNOWN") in {
        (one.pointer, one.rule) for one in found.findings if one.is_error
    }
    assert found.document["columnsWithoutName"] == ["oops"]


def test_what_is_kept_stands_beside_the_extensions_that_a_row_states() -> None:
    header = [*OWN, "extensions.erp.id", "extensions.origin-ledger.a", "b"]
    [found] = import_csv(table(header, ["A", "RCEP", "E", "C", "x", "7", "1", "2"]))
    assert found.document["extensions"] == {"erp": {"id": "7"}, "origin-ledger": {"a": "1", "b": "2"}}
    [odd] = import_csv(table([*OWN, "extensions", "b"], ["A", "RCEP", "E", "C", "x", "text", "2"]))
    assert {"/extensions", "/b"} <= {one.pointer for one in odd.findings if one.is_error}


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
