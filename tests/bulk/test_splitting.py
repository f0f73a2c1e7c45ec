"""Pages mean what their part of the file means; a file that cannot be read is refused by its row."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.imports.splitting import MAX_ROW, Page, kind_of, split
from ledger_app.domain.imports.tables import table_rows
from ledger_app.errors import Unprocessable
from ledger_app.proof.canonical import parse_json

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CELLS, inner, max_size=3),
    max_leaves=8,
)


def pages(data: bytes, kind: str = "csv", rows: int = 3, size: int = 1 << 20) -> list[Page]:
    return list(split(io.BytesIO(data), kind, rows=rows, size=size))


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=14),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.integers(1, 5),
    st.sampled_from([5, 60, 1 << 20]),
)
def test_the_rows_of_all_pages_are_the_rows_of_the_table(
    records: list[list[str]], separator: str, end: str, mark: bool, rows: int, size: int
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["number", "scheme", "consignment"], *records])
    data = (b"\xef\xbb\xbf" if mark else b"") + out.getvalue().encode()
    whole = [(number, value) for number, value, _ in table_rows(data)]
    parts = []
    for page in pages(data, rows=rows, size=size):
        assert 1 <= len(page.rows) <= rows
        parts += [(n - 2 + page.first_row, value) for n, value, _ in table_rows(page.body)]
    assert parts == whole


@given(
    st.lists(st.dictionaries(CELLS, VALUES, max_size=3), min_size=1, max_size=9), st.integers(1, 4), st.data()
)
def test_the_members_of_all_pages_are_those_of_the_list(
    members: list[dict[str, Any]], rows: int, data: st.DataObject
) -> None:
    indent = data.draw(st.sampled_from([None, 1]))
    text = json.dumps(members, indent=indent, ensure_ascii=data.draw(st.booleans()))
    form = data.draw(st.sampled_from(["list", "wrapped", "lines"]))
    if form == "wrapped":
        text = f' {{"data" : {text} }}\n'
    elif form == "lines":
        text = "\n".join(json.dumps(member) for member in members)
    parts: list[Any] = []
    for page in pages(text.encode(), "json", rows):
        assert page.first_row == len(parts) + 1
        parts += json.loads(page.body)
    assert parts == members


def test_numbers_of_json_stay_as_they_were_written() -> None:
    [page] = pages(b'[{"a": 1.50, "b": 1e3, "c": 12345678901234567890}]', "json")
    assert parse_json(page.body, floats="text") == [{"a": "1.50", "b": "1e3", "c": "12345678901234567890"}]


def test_a_row_beyond_the_bound_is_left_out_by_its_number_and_the_others_stay() -> None:
    long = b"x" * (10 << 20)
    found = pages(b'a,b\r\n1,2\r\n3,"' + long + b'"\r\n5,6\r\n' + long + b"\r\n7,8\r\n")
    assert [(page.number, page.first_row, page.too_long, len(page.rows)) for page in found] == [
        (0, 2, [], 1), (1, 4, [3], 1), (2, 6, [5], 1),
    ]  # fmt: skip
    assert found[1].body == b"a,b\r\n5,6\r\n"


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", "csv", "first line"),
        (b"a,a\n1,2\n", "csv", "two columns"),
        (b"importError.row,importError.rule\n1,2\n", "csv", "no column"),
        (b"a,b\n1,2\n3,\x004\n", "csv", "NUL"),
        (b"a,b\n1,2\n\xff,4\n", "csv", "UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "csv", "UTF-8"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "csv", "row 3"),
        (b'a,b\n1,"2"x\n', "csv", "row 2"),
        (b'a,b\n1,2\n3,"' + b"y\n" * MAX_ROW, "csv", "row 3"),
        (b'a,b\n1,2\n3,"' + b"y" * (2 * MAX_ROW) + b"\n5,6\n", "csv", "row 3"),
        (b"", "json", "nothing"),
        (b"[{}", "json", "breaks off"),
        (b'[{"a":"x', "json", "no end"),
        (b"[{},]", "json", "row 2"),
        (b"[{} {}]", "json", "comma"),
        (b"[{}] []", "json", "after the end"),
        (b'[{"a":NaNa}]', "json", "row 1"),
        (b'[{"a":"' + b"x" * (2 * MAX_ROW) + b'"}]', "json", "row 1"),
        (b"[" * 100_000, "json", "deep"),
        (b'{"data":[{}],"more":1}', "json", "data"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, kind: str, words: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        pages(data, kind)
    assert refused.value.reason == "IMPORT_UNREADABLE"
    assert words in refused.value.detail


def test_only_a_page_is_held_at_a_time() -> None:
    """A stream that has no end is read page by page, each as soon as its rows are there."""

    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            text = b"number\n" if not self.given else b"N-%08d\n" % self.given
            buffer[: len(text)] = text
            self.given += 1
            return len(text)

    stream = Endless()
    found = split(io.BufferedReader(stream, 4096), "csv", rows=100, size=1 << 20)
    for place in range(50):
        assert next(found).first_row == 2 + place * 100
        assert stream.given < 2_000 + place * 110


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("x.csv", b" [", "json"), ("x.TSV", b"", "csv"), ("x.json", b"a", "json"), ("x", b" [", "json"),
        ("x.json", b"number,scheme", "csv"), ("x.json", b"NaN", "json"),
        ("x.json", b"null\n{,", "json"), ("x.csv", b"NaN", "csv"),
        ("x", b"\xef\xbb\xbf{", "json"), ("stdin", b"number,", "csv"), ("x.ndjson", b"", "json"),
    ],
)  # fmt: skip
def test_the_kind_follows_from_the_beginning_or_the_name(name: str, start: bytes, kind: str) -> None:
    assert kind_of(name, start) == kind
