"""What an import writes: the refused rows, in the format that they came in and with what is wrong beside
them, so that the file can be corrected and sent again; and the documents that rows were mapped to."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ledger_app.cli.written import Written
from ledger_app.domain.cells import safe_cell
from ledger_app.domain.imports.splitting import CSV, Page
from ledger_app.domain.imports.tables import MARK, filled, separator_of

_TOLD: Final = ("row", "column", "value", "rule", "words", "fix")
_COLUMNS: Final = tuple(f"{MARK}.{name}" for name in _TOLD)
_MEMBER: Final = f"{MARK}s"
_NO_OBJECT: Final = "notAnObject"
_BETWEEN: Final = " | "
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)
_SPACE: Final = " \t\r\n"


class ErrorsFile(Written):
    """The refused rows, each once, with its errors beside it: in columns `importError.…` (CSV; several
    errors of a row stand in one cell, separated by ` | `), or in a member `importErrors` (JSON).

    The columns come before those of the row, so that cells beyond the header line stay beyond it.
    """

    def __init__(self, path: Path, kind: str, read: Iterable[Path] = ()) -> None:
        super().__init__(path, read)
        self._kind = kind
        self._begun = False
        self._kept: list[int] = []
        self._named = 0

    def add(self, page: Page, lost: list[dict[str, Any]], findings: list[dict[str, Any]]) -> None:
        """The refused rows of a page; `lost`: findings of rows that were too long, of which only the errors
        are written."""
        by_row: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for finding in findings:
            if finding["severity"] == "error":
                by_row[finding["row"]].append(finding)
        texts: dict[int, str] = {row.number: row.text or "" for row in page.rows if row.number in by_row}
        for finding in lost:
            by_row[finding["row"]].append(finding)
            texts[finding["row"]] = ""
        add = self._add_to_table if self._kind == CSV else self._add_to_list
        add(page, [(texts[row], by_row[row]) for row in sorted(texts)])

    def finish(self) -> None:
        if self._kind != CSV:
            self.file.write("\n]\n" if self._begun else "[]\n")

    def _add_to_table(self, page: Page, rows: list[tuple[str, list[dict[str, Any]]]]) -> None:
        separator = separator_of(page.head)
        writer = csv.writer(self.file, delimiter=separator, lineterminator="\r\n")
        if not self._begun:
            self._begun = True
            [names] = csv.reader([page.head.removeprefix("\ufeff")], delimiter=separator)
            self._named = len(filled(names))
            kept = range(self._named)
            self._kept = [place for place in kept if not names[place].strip().startswith(MARK)]
            writer.writerow([*_COLUMNS, *(names[place] for place in self._kept)])
        for text, findings in rows:
            records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
            cells = records[0] if records else []
            own = [cells[place] if place < len(cells) else "" for place in self._kept]
            told = [safe_cell(_BETWEEN.join(str(each.get(name, "")) for each in findings)) for name in _TOLD]
            told[0] = str(findings[0]["row"])
            writer.writerow([*told, *own, *filled(cells[self._named :])])

    def _add_to_list(self, _: Page, rows: list[tuple[str, list[dict[str, Any]]]]) -> None:
        for text, findings in rows:
            told = [{name: each[name] for name in _TOLD if name in each} for each in findings]
            self.file.write(",\n" if self._begun else "[\n")
            self._begun = True
            self.file.write(with_member(text, _MEMBER, json.dumps(told, ensure_ascii=False)))


class DocumentsFile(Written):
    """Documents as JSON: a list, or the one that there is."""

    def __init__(self, path: Path, read: Iterable[Path] = ()) -> None:
        super().__init__(path, read)
        self._first: str | None = None
        self._several = False

    def add(self, documents: Iterable[Any]) -> None:
        """Write them."""
        for document in documents:
            text = json.dumps(document, ensure_ascii=False, indent=1)
            if self._first is not None:
                self.file.write("[\n" + self._first)
                self._first, self._several = None, True
            if self._several:
                self.file.write(",\n" + text)
            else:
                self._first = text

    def finish(self) -> None:
        if self._first is not None:
            self.file.write(self._first + "\n")
        elif self._several:
            self.file.write("\n]\n")


def with_member(text: str, name: str, value: str) -> str:
    """The JSON object in `text` with the member `name` set to the JSON `value`; all else stays as it was
    written. What is no object becomes one, and is kept in its member `notAnObject`."""
    member = f"{json.dumps(name)}: {value}"
    parts = _members(text)
    if parts is None:
        parts = (
            [(_NO_OBJECT, f"{json.dumps(_NO_OBJECT)}: {text.strip(_SPACE)}")] if text.strip(_SPACE) else []
        )
    kept = [part for known, part in parts if known != name]
    return "{" + ", ".join([*kept, member]) + "}"


def _members(text: str) -> list[tuple[str, str]] | None:
    """(name, text) of each member of the object in `text`; None where it is none."""
    at, parts = _over(text, 0), list[tuple[str, str]]()
    if text[at : at + 1] != "{":
        return None
    at = _over(text, at + 1)
    try:
        while text[at] != "}":
            start = at
            name, at = _DECODER.raw_decode(text, at)
            at = _over(text, _over(text, at) + 1)
            _, at = _DECODER.raw_decode(text, at)
            parts.append((name, text[start:at]))
            at = _over(text, at)
            if text[at] == ",":
                at = _over(text, at + 1)
    except (ValueError, IndexError, RecursionError):
        return None
    return parts


def _over(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
