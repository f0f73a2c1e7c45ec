"""`origin verify --batch PATH… --output FILE`: folders of bundles and lists of numbers, a row for each.

Only a page of questions is held at a time. A file that cannot be read, a service or node that is down: each
is a row that says so, and nothing is called false for it.
"""

import csv
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from ledger_app import errors
from ledger_app.cli import output
from ledger_app.cli.written import Written
from ledger_app.client import Client
from ledger_app.domain.cells import safe_cell
from ledger_app.domain.certificate import DOCUMENT_TYPE
from ledger_app.domain.imports.tables import separator_of
from ledger_app.domain.scanned import read_scanned
from ledger_app.proof.bundle import MAX_BUNDLE_BYTES

COLUMNS: Final = (
    "source", "line", "asked", "verdict", "standing", "exit_code", "reason", "detail", "number", "issuer",
    "issuer_identifier", "scheme", "valid_until", "digest", "left",
)  # fmt: skip
GRAVEST: Final = (11, 13, 12, 10, 20)
"""Exit codes of single verifications, the one that counts first."""
_LISTS: Final = (".csv", ".tsv", ".txt")
_LINES: Final = (".ndjson", ".jsonl")
_NAMES: Final = ("number", "digest", "leaf", "certificate", "hash", "qr")
_PAGE, _PAGE_BYTES = 500, 8 << 20
_MAX_LINE: Final = 4096
_AT_ONCE: Final = 2
_ALONE: Final = (errors.BadInput, errors.NotAuthenticated, errors.NotPermitted, errors.Conflict)


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


def verify_many(
    client: Client, paths: list[Path], to: Path, fields: dict[str, str], untold: Any, *, as_json: bool
) -> int:
    """Verify everything that the paths lead to; gives the exit code: 0 when all are genuine and in good
    standing, else the gravest. `untold(raw, error)`: the report when nobody could be asked.

    Raises BadInput FILE_UNWRITABLE, or VERIFY_NOTHING where the paths lead to nothing.
    """
    questions = _questions(paths)
    if (first_question := next(questions, None)) is None:
        raise errors.BadInput("VERIFY_NOTHING", "There is nothing to verify in " + ", ".join(map(str, paths)))
    counts: dict[str, int] = {}
    codes: set[int] = set()
    asker = _Asker(client, fields, untold)
    with _Table(to) as table, ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting: list[tuple[list[Asked], Any]] = []
        for page in _pages(chain([first_question], questions)):
            waiting.append((page, pool.submit(asker.reports, page)))
            while len(waiting) > _AT_ONCE:
                first, answer = waiting.pop(0)
                _write(table, first, answer, counts, codes)
        for page, answer in waiting:
            _write(table, page, answer, counts, codes)
    code = next((each for each in GRAVEST if each in codes), 0)
    total = sum(counts.values())
    result = {"output": str(to), "verified": total, "verdicts": counts, "exit_code": code}
    if as_json:
        output.result(result)
    else:
        told = ", ".join(f"{number:,} {words}" for words, number in sorted(counts.items()))
        output.line(f"{total:,} verified: {told}; see {to}")
    return code


def _write(table: "_Table", page: list[Asked], answer: Any, counts: dict[str, int], codes: set[int]) -> None:
    for asked, report in zip(page, answer.result(), strict=True):
        row = _row(asked, report)
        table.add(row)
        words = f"{row['verdict']}/{row['standing']}"
        counts[words] = counts.get(words, 0) + 1
        codes.add(int(row["exit_code"]))


# --- what to ask -----------------------------------------------------------------------------------------


def _questions(paths: list[Path]) -> Iterator[Asked]:
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                for name in sorted(names):
                    if not name.startswith("."):
                        yield from _of_file(Path(folder, name))
        else:
            yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Asked]:
    try:
        if path.suffix.lower() in _LISTS:
            yield from _of_list(path)
        elif path.suffix.lower() in _LINES:
            with path.open("rb") as file:
                for line, raw in enumerate(iter(lambda: file.readline(MAX_BUNDLE_BYTES + 1), b""), start=1):
                    if raw.strip():
                        yield _of_bytes(Asked(str(path), line), raw)
        elif not path.is_file():
            yield _failed(path, "there is no such file" if not path.exists() else "it is no file")
        else:
            with path.open("rb") as file:
                yield _of_bytes(Asked(str(path)), file.read(MAX_BUNDLE_BYTES + 1))
    except OSError as exc:
        yield _failed(path, exc.strerror or str(exc))
    except (UnicodeDecodeError, csv.Error) as exc:
        yield _failed(path, f"it is no list that can be read: {exc}")


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
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(_MAX_LINE)
        file.seek(0)
        table = path.suffix.lower() != ".txt"
        rows = (
            csv.reader(_bounded(file), delimiter=separator_of(first))
            if table
            else ([s] for s in _bounded(file))
        )
        column, issuer = 0, None
        for line, cells in enumerate(rows, start=1):
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
            yield _of_words(Asked(str(path), line, text[:200]), text, by)


def _bounded(file: Any) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        yield line


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


def _failed(path: Path, why: str) -> Asked:
    return Asked(str(path), failed=errors.BadInput("VERIFY_FILE_UNREADABLE", f"{path}: {why}"))


def _pages(questions: Iterator[Asked]) -> Iterator[list[Asked]]:
    page: list[Asked] = []
    size = 0
    for asked in questions:
        length = len(asked.members or b"")
        if page and (len(page) >= _PAGE or size + length > _PAGE_BYTES):
            yield page
            page, size = [], 0
        page.append(asked)
        size += length
    if page:
        yield page


# --- asking ----------------------------------------------------------------------------------------------


class _Asker:
    """Asks the service, from several threads at once."""

    def __init__(self, client: Client, fields: dict[str, str], untold: Any) -> None:
        self._client = client
        self._fields = fields
        self._tail = (
            b"".join(b",%s:%s" % (orjson.dumps(k), orjson.dumps(v)) for k, v in fields.items()) + b"}"
        )
        self._untold = untold

    def reports(self, page: list[Asked]) -> list[dict[str, Any]]:
        """A report for each question, in order."""
        client = self._client.again()
        try:
            told = self._together(client, [asked for asked in page if asked.members is not None])
            answers = iter(told)
            return [next(answers) if each.members is not None else self._alone(client, each) for each in page]
        finally:
            client.close()

    def _together(self, client: Client, some: list[Asked]) -> list[dict[str, Any]]:
        if not some:
            return []
        parts = [(asked.members or b"") + self._tail for asked in some]
        body = b'{"brief":true,"queries":[' + b",".join(parts) + b"]}"
        try:
            found: list[dict[str, Any]] = client.post_raw("/v1/verify/batch", body)["reports"]
        except _ALONE as refused:
            # One question that the service does not take must not keep the others from their answer.
            if len(some) == 1:
                one = some[0]
                return [self._untold(None, refused) if one.raw is None else self._alone(client, one)]
            middle = len(some) // 2
            return self._together(client, some[:middle]) + self._together(client, some[middle:])
        except errors.LedgerError as away:
            return [self._untold(asked.raw, away) for asked in some]
        return found

    def _alone(self, client: Client, asked: Asked) -> dict[str, Any]:
        if asked.failed is not None or asked.raw is None:
            failed = asked.failed or errors.BadInput("VERIFY_FILE_UNREADABLE")
            report: dict[str, Any] = self._untold(None, failed)
            return report
        try:
            found: dict[str, Any] = client.upload(
                "/v1/verify", Path(asked.source).name, asked.raw, self._fields
            )
        except errors.LedgerError as away:
            found = self._untold(asked.raw, away)
        return found


# --- what was said ---------------------------------------------------------------------------------------


def _row(asked: Asked, report: dict[str, Any]) -> dict[str, Any]:
    certificate = report.get("certificate") or {}
    issuer = certificate.get("issuer") or {}
    allowance = report.get("allowance") or {}
    return {
        "source": asked.source,
        "line": asked.line,
        "asked": asked.words or None,
        "verdict": report["verdict"],
        "standing": report["standing"],
        "exit_code": report["exit_code"],
        "reason": report.get("reason") or None,
        "detail": report.get("detail") or None,
        "number": certificate.get("number"),
        "issuer": issuer.get("name") or issuer.get("id"),
        "issuer_identifier": issuer.get("identifier"),
        "scheme": certificate.get("scheme"),
        "valid_until": certificate.get("validUntil"),
        "digest": certificate.get("digest"),
        "left": allowance.get("left"),
    }


class _Table(Written):
    """The output: CSV, or a JSON list, by the name's ending."""

    def __init__(self, path: Path) -> None:
        self._json = path.suffix.lower() == ".json"
        self._begun = False
        if path.suffix.lower() not in (".json", ".csv"):
            raise errors.BadInput("FILE_UNWRITABLE", f"{path}: the name ends in .csv or .json")
        super().__init__(path)
        self._csv = csv.writer(self.file, lineterminator="\r\n")
        if not self._json:
            self._csv.writerow(COLUMNS)

    def finish(self) -> None:
        if self._json:
            self.file.write("\n]\n" if self._begun else "[]\n")

    def add(self, row: dict[str, Any]) -> None:
        """Write a row."""
        if self._json:
            self.file.write((",\n" if self._begun else "[\n") + json.dumps(row, ensure_ascii=True))
        else:
            self._csv.writerow([_cell(row[name]) for name in COLUMNS])
        self._begun = True


def _cell(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula, and that any file can hold."""
    if not isinstance(value, str):
        return value
    return safe_cell(re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", value))
