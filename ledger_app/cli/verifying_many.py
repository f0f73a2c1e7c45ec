"""`origin verify --batch PATH… --output FILE`: folders of bundles and lists of numbers, a row for each.

Only a page of questions is held at a time. A file that cannot be read, a service or node that is down: each
is a row that says so, and nothing is called false for it.
"""

import csv
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from ledger_app import errors
from ledger_app.cli import output
from ledger_app.cli.verifying_files import Asked, questions
from ledger_app.cli.written import Written
from ledger_app.client import Client
from ledger_app.domain.cells import safe_cell

COLUMNS: Final = (
    "source", "line", "asked", "verdict", "standing", "exit_code", "reason", "detail", "number", "issuer",
    "issuer_identifier", "scheme", "valid_until", "digest", "left",
)  # fmt: skip
GRAVEST: Final = (11, 13, 12, 10, 20)
"""Exit codes of single verifications, the one that counts first."""
_PAGE, _PAGE_BYTES = 500, 8 << 20
_AT_ONCE: Final = 2
_ALONE: Final = (errors.BadInput, errors.NotAuthenticated, errors.NotPermitted, errors.Conflict)


def verify_many(
    client: Client, paths: list[Path], to: Path, fields: dict[str, str], untold: Any, *, as_json: bool
) -> int:
    """Verify everything that the paths lead to; gives the exit code: 0 when all are genuine and in good
    standing, else the gravest. `untold(raw, error)`: the report when nobody could be asked.

    Raises BadInput FILE_UNWRITABLE or OUTPUT_IS_INPUT, or VERIFY_NOTHING where the paths lead to nothing.
    """
    counts: dict[str, int] = {}
    codes: set[int] = set()
    asker = _Asker(client, fields, untold)
    with _Table(to, paths) as table, ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = questions(paths, table.places)
        if (first_question := next(asked, None)) is None:
            there = ", ".join(map(output.printable, paths))
            raise errors.BadInput("VERIFY_NOTHING", f"There is nothing to verify in {there}")
        waiting: list[tuple[list[Asked], Any]] = []
        for page in _pages(chain([first_question], asked)):
            waiting.append((page, pool.submit(asker.reports, page)))
            while len(waiting) > _AT_ONCE:
                first, answer = waiting.pop(0)
                _write(table, first, answer, counts, codes)
        for page, answer in waiting:
            _write(table, page, answer, counts, codes)
    code = next((each for each in GRAVEST if each in codes), 0)
    total = sum(counts.values())
    result = {"output": output.printable(to), "verified": total, "verdicts": counts, "exit_code": code}
    if as_json:
        output.result(result)
    else:
        told = ", ".join(f"{number:,} {words}" for words, number in sorted(counts.items()))
        output.line(f"{total:,} verified: {told}; see {output.printable(to)}")
    return code


def _write(table: "_Table", page: list[Asked], answer: Any, counts: dict[str, int], codes: set[int]) -> None:
    for asked, report in zip(page, answer.result(), strict=True):
        row = _row(asked, report)
        table.add(row)
        words = f"{row['verdict']}/{row['standing']}"
        counts[words] = counts.get(words, 0) + 1
        codes.add(int(row["exit_code"]))


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

    def __init__(self, path: Path, read: list[Path]) -> None:
        self._json = path.suffix.lower() == ".json"
        self._begun = False
        if path.suffix.lower() not in (".json", ".csv"):
            raise errors.BadInput("FILE_UNWRITABLE", f"{path}: the name ends in .csv or .json")
        super().__init__(path, read)
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
