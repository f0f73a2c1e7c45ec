"""A file of certificates, however long, as pages that are small files of the same kind.

Only a page is held at a time. A page of CSV repeats the header line; one of JSON is a list. The rows are cut
exactly where the reader of a page cuts them, so that a page means what its part of the file means.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final, NoReturn

from ledger_app.domain.imports.reader import MAX_IMPORT_DEPTH
from ledger_app.domain.imports.tables import MAX_CELL, check_header, separator_of
from ledger_app.errors import Unprocessable

MAX_ROW: Final = MAX_CELL
"""Characters of the longest row that is read."""
CSV: Final = "csv"
JSON: Final = "json"
_CHUNK: Final = 1 << 18
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_WRAPPED: Final = re.compile(r'\{\s*"data"\s*:\s*\[')
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}"]', re.DOTALL)
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file; `text` is None for one beyond MAX_ROW. `number`: as a spreadsheet
    counts (CSV, the header being 1), or the place in the list from 1 (JSON)."""

    number: int
    text: str | None


@dataclass(slots=True)
class Page:
    """Rows that follow each other; `head` is the header line of a table, "" of a list. `too_long`: numbers of
    the rows before them that are beyond MAX_ROW."""

    number: int
    head: str
    rows: list[Row] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)

    @property
    def first_row(self) -> int:
        """The number of the first row; 0 where there is none."""
        return self.rows[0].number if self.rows else 0

    @property
    def body(self) -> bytes:
        """The page as a file of its own."""
        texts = [row.text or "" for row in self.rows]
        whole = self.head + "".join(texts) if self.head else f"[{','.join(texts)}]"
        return whole.encode()


def kind_of(filename: str, beginning: bytes) -> str:
    """`csv` or `json`: by the first characters, and by the file's name where these do not say."""
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return JSON
    named_json = filename.lower().endswith((".json", ".jsonld", ".ndjson"))
    return JSON if named_json and not re.match(rb"[^\r\n{\[]*[,;\t]", start) else CSV


def split(stream: IO[bytes], kind: str, *, rows: int, size: int) -> Iterator[Page]:
    """Pages of at most `rows` rows, and of about `size` characters at most.

    Raises Unprocessable `IMPORT_UNREADABLE` for what is no such file, naming the row: nothing after it can be
    relied upon.
    """
    source = _Source(stream)
    head, cut = _table(source) if kind == CSV else ("", _list(source))
    page, taken = Page(0, head), 0
    for row in cut:
        length = len(row.text or "")
        if page.rows and (row.text is None or len(page.rows) >= rows or taken + length > size):
            yield page
            page, taken = Page(page.number + 1, head), 0
        if row.text is None:
            page.too_long.append(row.number)
        else:
            page.rows.append(row)
            taken += length
    if page.rows or page.too_long:
        yield page


def rows_of(page: bytes) -> Iterator[Row]:
    """The rows of a page of JSON. Raises Unprocessable `IMPORT_UNREADABLE`."""
    return _list(_Source(io.BytesIO(page)))


class _Source:
    """The file as text, and the number of the row that is being read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self.row = 1
        self._kept = ""

    def line(self) -> str | None:
        """The next line, "" at the end; None for one beyond MAX_ROW, which is passed over."""
        line, self._kept = self._kept, ""
        line = line + self._read(lambda: self._text.readline(MAX_ROW + 1))
        if len(line) <= MAX_ROW:
            return line
        quotes, rest = line.count('"'), line
        while rest and not rest.endswith(("\n", "\r")):
            rest = self._read(lambda: self._text.readline(_CHUNK))
            quotes += rest.count('"')
        if rest.endswith("\r"):  # cut between the two characters of a line's end, perhaps
            after = self._read(lambda: self._text.read(1))
            self._kept = "" if after == "\n" else after
        if quotes % 2:
            self.unreadable("is very long, and has no end that can be made out")
        return None

    def more(self) -> str:
        """Some more of the text, "" at the end."""
        return self._read(lambda: self._text.read(_CHUNK))

    def unreadable(self, why: str) -> NoReturn:
        raise Unprocessable("IMPORT_UNREADABLE", f"row {self.row} {why}")

    def _read(self, read: Callable[[], str]) -> str:
        try:
            text = read()
        except UnicodeDecodeError:
            self.unreadable("or one soon after it is not UTF-8; save the file as UTF-8")
        if "\0" in text:
            self.unreadable("or one soon after it holds NUL; this is no text file")
        return text


class _Lines:
    """The lines of a table for the reader of records, and those that the current record was made of."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self.taken: list[str] = []
        self.too_long = False
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._source.line()
        if line == "":
            raise StopIteration
        if line is None:
            if self.taken:
                self._source.unreadable("is too long, or a quotation mark in it is never closed")
            self.too_long, line = True, "\n"
        self.taken.append(line)
        self._length += len(line)
        if self._length > MAX_ROW:
            self._source.unreadable("is too long, or a quotation mark in it is never closed")
        return line

    def record(self) -> str | None:
        """The text of the record that was just read; None where it was too long."""
        text = None if self.too_long else "".join(self.taken)
        self.taken, self.too_long, self._length = [], False, 0
        return text


def _table(source: _Source) -> tuple[str, Iterator[Row]]:
    lines = _Lines(source)
    first = next(lines, "")
    lines.record()
    separator = separator_of(first)
    try:
        check_header(next(csv.reader([first], delimiter=separator, strict=True), []))
    except csv.Error as wrong:
        source.unreadable(f"is no header line: {wrong}")
    return first if first.endswith(("\n", "\r")) else first + "\n", _records(source, lines, separator)


def _records(source: _Source, lines: _Lines, separator: str) -> Iterator[Row]:
    records = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        source.row += 1
        try:
            next(records)
        except StopIteration:
            return
        except csv.Error as wrong:
            source.unreadable(f"cannot be read: {wrong}")
        text = lines.record()
        # The last line may have no end, and what stands behind it in a page would run on from it.
        yield Row(source.row, text if text is None or text.endswith(("\n", "\r")) else text + "\n")


def _list(source: _Source) -> Iterator[Row]:
    values = _Values(source)
    source.row = 0
    if not values.space():
        raise Unprocessable("IMPORT_UNREADABLE", "the file holds nothing")
    wrapped = values.take(_WRAPPED)
    if not wrapped and values.first() != "[":
        while values.space():  # one object, or one after the other
            source.row += 1
            yield Row(source.row, values.value())
        return
    if not wrapped:
        values.skip()
    while values.space() and values.first() != "]":
        source.row += 1
        if source.row > 1:
            if values.first() != ",":
                source.unreadable("does not follow a comma")
            values.skip()
            values.space()
        yield Row(source.row, values.value())
    values.skip()
    if wrapped and not (values.space() and values.take(re.compile(r"\}"))):
        source.unreadable("is followed by something besides `data`, which may only hold a list alone")
    if values.space():
        source.unreadable("is followed by something after the end of the list")


class _Values:
    """JSON values one after the other, with little more of the text at hand than the value that is read."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._text = ""
        self._at = 0

    def space(self) -> bool:
        """Pass over white space; whether anything follows."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return True
            if not self._more():
                return False

    def first(self) -> str:
        return self._text[self._at : self._at + 1]

    def skip(self) -> None:
        """Pass over one character, which must be there."""
        if not self.first():
            self._source.unreadable("is the last one that can be read: the file breaks off")
        self._at += 1

    def take(self, pattern: re.Pattern[str]) -> bool:
        """Pass over what matches `pattern`, if it does."""
        if len(self._text) - self._at < _CHUNK // 2:
            self._more()
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match is not None

    def value(self) -> str:
        """The text of the value that begins here."""
        end = self._end() if self.first() in ("[", "{") else self._end_of_scalar()
        text, self._at = self._text[self._at : end], end
        if len(text) > MAX_ROW:
            self._source.unreadable(f"has more than {MAX_ROW} characters")
        try:
            _DECODER.decode(text)  # what is not well-formed may have been cut at the wrong place
        except ValueError as wrong:
            words = wrong.msg if isinstance(wrong, json.JSONDecodeError) else "a number is too long"
            self._source.unreadable(f"cannot be read: {words}")
        return text

    def _end(self) -> int:
        """Where the list or object ends, counted in brackets: a parser would recurse as deep as they go."""
        depth, seen = 0, 0
        while True:
            for token in _TOKEN.finditer(self._text, self._at + seen):
                if token[0] == '"':
                    break  # a text whose end is not at hand yet
                depth += (token[0] in "[{") - (token[0] in "]}")
                seen = token.end() - self._at
                if depth > MAX_IMPORT_DEPTH:
                    self._source.unreadable("is nested too deeply")
                if depth == 0:
                    return token.end()
            if len(self._text) - self._at > MAX_ROW or not self._more():
                self._source.unreadable("has no end, or one that is too far")

    def _end_of_scalar(self) -> int:
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except ValueError:
                end = len(self._text)
            if end < len(self._text) or len(self._text) - self._at > MAX_ROW or not self._more():
                return end

    def _more(self) -> bool:
        more = self._source.more()
        self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)
