"""Flat CSV as nested objects: dotted headers are paths, cells may hold JSON lists or objects.

`supplyChainConsignment.exporter.name` nests objects; a number in a header is a place in a list
(`items.0.hsCode`), and the places before it have columns too. Empty cells are absent. The separator is a
comma, a semicolon or a tab, whichever the header line has most of.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NoReturn

from ledger_app.domain.findings import Finding, discrepancy, join_pointer
from ledger_app.domain.imports.reader import MAX_IMPORT_DEPTH
from ledger_app.errors import TooLarge, Unprocessable

MAX_BYTES: Final = 32 << 20
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 500
MAX_LIST: Final = 999
MAX_CELL: Final = 1 << 20
"""Characters of a cell."""
MARK: Final = "importError"
"""What the columns (and the member of an object, with an s) are named by in which a file with the rows that
were refused says why. They are passed over."""
WITHOUT_NAME: Final = "columnsWithoutName"
"""The member that holds the cells of a row that are beyond its header line."""
csv.field_size_limit(MAX_CELL + 1)
# The closing quote may be missing: what has none is passed over once, and not from each quote in it.
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_FORMULA: Final = ("=", "@", "+", "-", "\t")
Header = tuple[str | int, ...]


def table_rows(data: bytes) -> Iterator[tuple[int, dict[str, Any], list[Finding]]]:
    """(row number as a spreadsheet counts, object, findings about cells) for each row that is not empty.

    Raises Unprocessable IMPORT_UNREADABLE for what is no such table, TooLarge IMPORT_TOO_LARGE for too much.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge("IMPORT_TOO_LARGE", f"the file has more than {MAX_BYTES >> 20} MiB")
    text = _decode(data)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text), strict=True)
    row = 1
    try:
        headers = _headers(next(lines, []))
        for row, cells in enumerate(lines, start=2):
            if row > MAX_ROWS + 1:
                raise TooLarge("IMPORT_TOO_LARGE", f"the file has more than {MAX_ROWS} rows")
            if any(cell.strip() for cell in cells):
                yield row, *_row(headers, cells)
    except csv.Error as wrong:
        _unreadable(f"row {row + 1}: {wrong}")


def _unreadable(why: str) -> NoReturn:
    raise Unprocessable("IMPORT_UNREADABLE", why)


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        _unreadable("the file is UTF-16; save it as CSV UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        _unreadable(f"byte {wrong.start} is not UTF-8; save the file as CSV UTF-8")
    if "\0" in text:
        _unreadable(f"character {text.index(chr(0))} is NUL; this is no text file")
    return text


def separator_of(text: str) -> str:
    """The separator of a table, by its header line."""
    header = _LINE_END.split(text, maxsplit=1)[0]
    return max(",;\t", key=header.count)


def filled(cells: list[str]) -> list[str]:
    """Cells without the empty ones at the end: a line may end in separators."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def check_header(cells: list[str]) -> None:
    """Raises what `table_rows` raises for a header line that it cannot read."""
    _headers(cells)


def _headers(cells: list[str]) -> list[Header]:
    names = [cell.strip() for cell in filled(cells)]
    if not names or not all(names):
        _unreadable("the first line must name every column")
    if sum(not name.startswith(f"{MARK}.") for name in names) > MAX_COLUMNS:
        raise TooLarge("IMPORT_TOO_LARGE", f"the file has more than {MAX_COLUMNS} columns")
    headers = [_header(name) for name in names]
    if all(header[0] == MARK for header in headers):
        _unreadable("the first line names no column of a certificate")
    taken: set[Header] = set()
    for header, name in zip(headers, names, strict=True):
        if header in taken:
            _unreadable(f"two columns are named {name[:80]!r}")
        taken.add(header)
    for header, name in zip(headers, names, strict=True):
        if any(header[:length] in taken for length in range(1, len(header))):
            _unreadable(f"column {name[:80]!r} lies within another column")
    _same_kinds(headers)
    _without_gaps(headers)
    return headers


def _header(name: str) -> Header:
    parts: list[str | int] = [
        int(part) if part.isdecimal() and part.isascii() else part for part in name.split(".")
    ]
    if len(parts) > 12 or not all(part != "" for part in parts) or isinstance(parts[0], int):
        _unreadable(f"{name[:80]!r} is no name of a column")
    if any(isinstance(part, int) and part >= MAX_LIST for part in parts):
        _unreadable(f"{name[:80]!r} counts beyond {MAX_LIST}")
    return tuple(parts)


def _same_kinds(headers: list[Header]) -> None:
    kinds: dict[Header, type] = {}
    for header in headers:
        for length in range(1, len(header)):
            if kinds.setdefault(header[:length], type(header[length])) is not type(header[length]):
                _unreadable(f"{'.'.join(map(str, header[:length]))!r} is both a list and an object")


def _without_gaps(headers: list[Header]) -> None:
    """A place in a list needs those before it: else a short name would make a long list, in each row."""
    places: dict[Header, set[int]] = {}
    for header in headers:
        for length, part in enumerate(header):
            if isinstance(part, int):
                places.setdefault(header[:length], set()).add(part)
    for path, known in places.items():
        if max(known) >= len(known):
            missing = next(place for place in range(len(known)) if place not in known)
            name = ".".join(map(str, path))[:80]
            _unreadable(f"the columns of {name!r} leave out {name}.{missing}")


def _row(headers: list[Header], cells: list[str]) -> tuple[dict[str, Any], list[Finding]]:
    found: list[Finding] = []
    root: dict[str, Any] = {}
    for header, cell in zip(headers, cells, strict=False):
        if cell.strip() and header[0] != MARK:
            _place(root, header, _cell(cell, header, found))
    beyond = [cell for cell in cells[len(headers) :] if cell.strip()]
    if beyond:
        root[WITHOUT_NAME] = beyond
        found.append(
            discrepancy(
                "/extensions",
                "MORE_CELLS_THAN_COLUMNS",
                "The row has more cells than the header line names: in our own columns that refuses it, "
                "in a foreign format they are kept under /extensions.",
                "Check for a separator inside a cell without quotes.",
                value=beyond[0],
            )
        )
    return root, found


def _place(root: dict[str, Any], header: Header, value: Any) -> None:
    node: Any = root
    for part, following in pairwise(header):
        node = _step(node, part, [] if isinstance(following, int) else {})
    if isinstance(node, list):
        _reach(node, int(header[-1]), value)
    else:
        node[header[-1]] = value


def _step(node: Any, part: str | int, empty: Any) -> Any:
    if isinstance(node, list):
        return _reach(node, int(part), empty)
    return node.setdefault(part, empty)


def _reach(node: list[Any], place: int, value: Any) -> Any:
    while len(node) <= place:
        node.append(None)
    if node[place] is None:
        node[place] = value
    return node[place]


def _cell(cell: str, header: Header, found: list[Finding]) -> Any:
    if cell.lstrip()[:1] in ("[", "{"):
        try:
            return _json(cell, MAX_IMPORT_DEPTH - len(header))
        except ValueError:
            words = "The cell starts like JSON and is none that can be read. It is kept as the text it is."
            found.append(_cell_finding(header, cell, "CELL_NOT_JSON", words, "Correct it."))
    elif cell.startswith(_FORMULA) and len(cell) > 1 and not _is_number(cell):
        found.append(
            _cell_finding(
                header,
                cell,
                "FORMULA_LIKE",
                "A spreadsheet would run this cell as a formula. It is kept as the text it is.",
                "Check where it comes from.",
            )
        )
    return cell


def _json(cell: str, levels: int) -> Any:
    """The JSON in a cell. Raises ValueError for what is none, more than `levels` deep, or no text: half of a
    surrogate pair, or NUL."""
    depth = 0
    for token in _TOKEN.finditer(cell):  # before the parser sees it, which recurses once a level
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > levels:
            raise ValueError("nested too deeply")
    value = json.loads(cell, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_once)
    if "\\u" in cell:
        _be_text(value)
    return value


def _be_text(value: Any) -> None:
    if isinstance(value, str) and "\0" in value.encode().decode():  # what is half of a pair has no bytes
        raise ValueError("NUL")
    if isinstance(value, dict):
        value = [*value, *value.values()]
    for member in value if isinstance(value, list) else ():
        _be_text(member)


def _cell_finding(header: Header, cell: str, rule: str, words: str, fix: str) -> Finding:
    return discrepancy(join_pointer(*header), rule, f"{'.'.join(map(str, header))}: {words}", fix, value=cell)


def _is_number(cell: str) -> bool:
    return cell[1:].replace(".", "", 1).isdecimal()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return members
