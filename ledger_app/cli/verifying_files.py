"""What `origin verify --batch` asks: the files in folders, and the lines of lists, a question each.

What cannot be read, or is left unread, is a question that failed, so that it is told in a row of its own.
"""

import csv
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final

import orjson

from ledger_app import errors
from ledger_app.cli import output
from ledger_app.domain.certificate import DOCUMENT_TYPE
from ledger_app.domain.imports.tables import MAX_CELL, separator_of
from ledger_app.domain.scanned import read_scanned
from ledger_app.proof.bundle import MAX_BUNDLE_BYTES

_LISTS: Final = (".csv", ".tsv", ".txt")
_LINES: Final = (".ndjson", ".jsonl")
_NAMES: Final = ("number", "digest", "leaf", "certificate", "hash", "qr")
_MAX_LINE: Final = 4096
"""Characters of a line that is a number or an address; a row of a table has other columns beside it."""
_CHUNK: Final = 1 << 16


@dataclass(slots=True)
class Asked:
    """One question. `raw`: the file's bytes; `members`: what is asked about it, as the service takes it, or
    None where the service judges the file as it is; `failed`: why nothing can be asked."""

    source: str
    line: int | None = None
    words: str = ""
    raw: bytes | None = None
    members: bytes | None = None
    failed: errors.LedgerError | None = None


def questions(paths: Iterable[Path], outputs: Sequence[os.stat_result] = ()) -> Iterator[Asked]:
    """A question for everything that the paths lead to. Of folders the hidden files and folders are left
    aside, and the `outputs`: what is written is no input, and was not the last time."""
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - says no where it may not be told
            yield from _of_folder(path, outputs)
        else:
            yield from _of_file(path, named=True)


def _of_folder(path: Path, outputs: Sequence[os.stat_result]) -> Iterator[Asked]:
    unlisted: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=unlisted.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for each in (Path(folder, name) for name in folders):
            if each.is_symlink():
                yield _failed(each, "a link to a folder is not followed; name the folder by itself")
        for each in (Path(folder, name) for name in sorted(names) if not name.startswith(".")):
            if not _is_one_of(each, outputs):
                yield from _of_file(each, named=False)
    for why in unlisted:
        yield _failed(Path(why.filename or path), f"the folder cannot be listed: {why.strerror or why}")


def _is_one_of(path: Path, outputs: Sequence[os.stat_result]) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return any(os.path.samestat(found, each) for each in outputs)


def _of_file(path: Path, *, named: bool) -> Iterator[Asked]:
    ending = path.suffix.lower()
    try:
        # Whoever names a pipe has it read; one that is met in a folder may never say anything.
        if not stat.S_ISREG(path.stat().st_mode) and not (named and ending in (*_LISTS, *_LINES)):
            yield _failed(path, "it is no file")
        elif ending in _LISTS:
            yield from _of_list(path)
        elif ending in _LINES:
            with path.open("rb") as file:
                for line, raw in enumerate(_whole_lines(file), start=1):
                    if raw.strip():
                        yield _of_bytes(Asked(output.printable(path), line), raw)
        else:
            with path.open("rb") as file:
                yield _of_bytes(Asked(output.printable(path)), file.read(MAX_BUNDLE_BYTES + 1))
    except FileNotFoundError:
        yield _failed(path, "there is no such file")
    except OSError as exc:
        yield _failed(path, exc.strerror or str(exc))
    except (UnicodeDecodeError, csv.Error) as exc:
        yield _failed(path, f"it is no list that can be read: {exc}")


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines; of one that is too long for a bundle only the beginning, which is too long as well."""
    while line := file.readline(MAX_BUNDLE_BYTES + 1):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(_CHUNK)
        yield line


def _of_bytes(asked: Asked, raw: bytes) -> Asked:
    asked.raw = raw
    if len(raw) > MAX_BUNDLE_BYTES:
        asked.raw, asked.failed = None, errors.TooLarge("VERIFY_FILE_UNREADABLE", "the file is too large")
        return asked
    try:
        value = orjson.loads(raw)  # only to see what it is: the service reads it strictly
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        return asked  # asked by itself, so that the service says what is wrong with it
    name = b'{"document":' if value.get("type") == DOCUMENT_TYPE else b'{"bundle":'
    asked.members = name + raw.strip()
    return asked


def _of_list(path: Path) -> Iterator[Asked]:
    """A line each: a number, digest, leaf or the address in a QR code; of a table the column that is called
    so, or the first, and the column `issuer` where there is one."""
    table = path.suffix.lower() != ".txt"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = _Lines(file, MAX_CELL if table else _MAX_LINE)
        rows: Iterable[list[str]] = ([line] for line in lines)
        if table:
            first = next(lines, "")
            rows = csv.reader(chain([first], lines), delimiter=separator_of(first))
        column, issuer = 0, None
        for line, cells in enumerate(rows, start=1):
            if lines.take_too_long():
                yield _failed(path, f"the line has more than {lines.most:,} characters", line)
                continue
            if line == 1 and table:
                names = [cell.strip().lower() for cell in cells]
                known = [place for place, name in enumerate(names) if name in _NAMES]
                if known:
                    column = known[0]
                    issuer = names.index("issuer") if "issuer" in names else None
                    continue
            text = cells[column].strip() if column < len(cells) else ""
            if not text or (not table and text.startswith("#")):
                continue
            by = cells[issuer].strip() if issuer is not None and issuer < len(cells) else ""
            yield _of_words(Asked(output.printable(path), line, text[:200]), text, by)


class _Lines:
    """The lines of a list; one of more than `most` characters comes as an empty one."""

    def __init__(self, file: IO[str], most: int) -> None:
        self.most = most
        self._file = file
        self._kept = ""
        self._too_long = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line, self._kept = self._kept, ""
        if not line.endswith("\r"):
            line += self._file.readline(self.most + 2)
        if not line:
            raise StopIteration
        if len(line.rstrip("\r\n")) <= self.most:
            return line
        self._too_long = True
        while line and not line.endswith(("\n", "\r")):
            line = self._file.readline(_CHUNK)
        if line.endswith("\r"):  # cut between the two characters of a line's end, perhaps
            after = self._file.read(1)
            self._kept = "" if after == "\n" else after
        return "\n"

    def take_too_long(self) -> bool:
        """Whether a line since the last call was too long."""
        found, self._too_long = self._too_long, False
        return found


def _of_words(asked: Asked, text: str, issuer: str) -> Asked:
    try:
        wanted = read_scanned(text)
        found: dict[str, Any] = {"digest": wanted.hash} if wanted.hash else {"number": wanted.number}
        if issuer and wanted.number:
            found["issuer"] = issuer[:256]
        asked.members = orjson.dumps(found)[:-1]
    except errors.LedgerError as exc:
        asked.failed = exc
    except TypeError:
        asked.failed = errors.BadInput("NUMBER_INVALID")
    return asked


def _failed(path: Path, why: str, line: int | None = None) -> Asked:
    name = output.printable(path)
    return Asked(name, line, failed=errors.BadInput("VERIFY_FILE_UNREADABLE", f"{name}: {why}"))
