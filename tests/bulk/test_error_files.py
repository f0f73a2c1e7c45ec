"""A file of refused rows says what the rows said: sent again without a correction it is refused again."""

import io
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from ledger_app import errors
from ledger_app.cli.import_errors import ErrorsFile
from ledger_app.domain.imports import import_entry, import_table
from ledger_app.domain.imports.splitting import kind_of, split
from tests.bulk.tables import read, record, table
from tests.support.running_demo import RunningDemo

REFUSED = {
    "severity": "error", "column": "remarks", "value": "x", "rule": "RULE", "words": "Wrong.", "fix": "Do.",
}  # fmt: skip


def errors_of(path: Path, data: bytes, kind: str = "csv") -> bytes:
    """The file with all rows of `data` as refused ones."""
    with ErrorsFile(path, kind) as file:
        for page in split(io.BytesIO(data), kind, rows=2, size=1 << 20):
            file.add(page, [], [{**REFUSED, "row": row.number} for row in page.rows])
    return path.read_bytes()


def said(data: bytes) -> list[tuple[dict[str, Any], list[str]]]:
    """Documents and the rules of their errors."""
    return [
        (each.document, [found.rule for found in each.findings if found.is_error])
        for each in import_table(data)
    ]


def test_cells_beyond_the_header_line_come_back_and_are_refused_until_somebody_corrects_them(
    tmp_path: Path,
) -> None:
    good = table([record("X-1", remarks="Not valid for lot 7, see annex"), record("X-2")])
    broken = good.replace(b'"Not valid for lot 7, see annex"', b"Not valid for lot 7, see annex")
    once = errors_of(tmp_path / "once.csv", broken)
    assert (
        b"Not valid for lot 7, see annex\r\n" in once
    )  # behind the last column, where a spreadsheet shows it
    assert said(once) == said(broken)
    assert "FIELD_UNKNOWN" in said(broken)[0][1]
    assert said(errors_of(tmp_path / "twice.csv", once)) == said(broken)
    corrected = once.replace(b"Not valid for lot 7, see annex", b'"Not valid for lot 7, see annex"')
    assert said(corrected) == said(good)


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_header_line_that_ends_in_separators_comes_back_without_them(
    tmp_path: Path, separator: str
) -> None:
    lines = table([record("X-1"), record("X-2")], separator).decode().split("\r\n")
    ends = [lines[0] + 3 * separator, lines[1] + 3 * separator, lines[2] + 2 * separator + "surplus", ""]
    data = "\r\n".join(ends).encode()
    assert ["FIELD_UNKNOWN" in rules for _, rules in said(data)] == [False, True]
    assert said(errors_of(tmp_path / "wrong.csv", data)) == said(data)


def test_a_table_of_as_many_columns_as_may_be_comes_back_as_one_that_is_read(tmp_path: Path) -> None:
    row = record("X-1")
    row |= {f"extensions.x{place}": "y" for place in range(500 - len(row))}
    data = table([row])
    assert said(errors_of(tmp_path / "wrong.csv", data)) == said(data)
    with pytest.raises(errors.TooLarge):
        said(table([{**row, "extensions.more": "y"}]))


def test_a_file_that_is_read_or_that_was_there_is_not_lost(demo: RunningDemo, tmp_path: Path) -> None:
    file, kept, number = tmp_path / "x.csv", tmp_path / "kept.csv", f"LOST-{secrets.token_hex(5)}"
    data = table([record(f"{number}-1"), record(f"{number}-2", exportCountry="XX")])
    for option, output, reason in (
        ("--errors", file, "OUTPUT_IS_INPUT"),
        ("-o", file, "OUTPUT_IS_INPUT"),
    ):
        file.write_bytes(data)
        done = demo.origin("certificate", "import", str(file), option, str(output))
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr
        assert file.read_bytes() == data
    kept.write_text("kept")
    file.write_bytes(data + b'"')  # unreadable, after rows that can be read
    done = demo.origin("certificate", "import", str(file), "--errors", str(kept))
    assert (done.returncode, kept.read_text()) == (2, "kept")
    assert demo.json("verify", f"{number}-1", code=10)["reason"] == "NOT_FOUND"
    file.write_bytes(data)
    demo.json("certificate", "import", str(file), "--errors", str(kept), code=3)
    assert [row["number"] for row in read(kept)] == [f"{number}-2"]
    assert {path.name for path in tmp_path.iterdir()} == {"x.csv", "kept.csv"}


@pytest.mark.parametrize(
    ("name", "kind"), [("wrong.json", "csv"), ("wrong.ndjson", "csv"), ("wrong.csv", "json")]
)
def test_an_error_file_is_read_for_what_it_is_whatever_its_name(tmp_path: Path, name: str, kind: str) -> None:
    data = table([record("X-1")]) if kind == "csv" else b'[{"number": "X-1"}]'
    made = errors_of(tmp_path / name, data, kind)
    assert kind_of(name, made[:64]) == kind


def test_what_is_no_object_in_a_list_keeps_what_it_said(tmp_path: Path) -> None:
    data = b'[[1, "keep me"], "text" , 1.50, {"number": "J"}]'
    once = errors_of(tmp_path / "once.json", data, "json")
    assert b'"notAnObject": 1.50' in once
    rows = json.loads(once)
    assert [row.get("notAnObject") for row in rows] == [[1, "keep me"], "text", 1.5, None]
    assert all(row["importErrors"][0]["rule"] == "RULE" for row in rows)
    assert json.loads(errors_of(tmp_path / "twice.json", once, "json")) == rows
    assert not any(import_entry(row, 1).ready for row in rows)
