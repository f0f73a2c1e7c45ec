"""A page of an import, read row by row: what could be issued, and what is wrong with the rest.

Nothing is recorded here, and nothing asked of the database: this is where the time of an import goes.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ledger_app.domain.findings import Finding, error
from ledger_app.domain.imports import ImportResult, import_entry, import_table
from ledger_app.domain.imports.splitting import CSV, rows_of
from ledger_app.domain.offices import Office
from ledger_app.domain.successors import named_original
from ledger_app.domain.terms import organisation_id
from ledger_app.errors import BadInput, TooLarge, Unprocessable
from ledger_app.proof.canonical import parse_object
from ledger_app.proof.hexes import to_hex

MAX_PAGE_ROWS: Final = 1_000
_MAX_DEPTH: Final = 32
UNKNOWN: Final = Office()
_NUMBER: Final = ("/number", "FIELD_MISSING")


@dataclass(slots=True)
class Read:
    """One row. `content` recognises what it says, whatever file or place it stands in, and by whatever name
    its issuer goes; `before`: how that was recognised when the name counted. `lacks_number`: that is all that
    it lacks."""

    row: int
    document: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    content: str = ""
    before: str = ""
    lacks_number: bool = False
    marked: dict[str, Any] = field(default_factory=dict)
    """Number, issuer, flags and original of a document that copies, replaces or rests on an original."""

    @property
    def refused(self) -> bool:
        """Something in it has to be corrected."""
        return any(finding.is_error for finding in self.findings)

    @property
    def number(self) -> str:
        """Its number, "" where it has none."""
        return str(self.document.get("number") or "")

    def told(self) -> list[dict[str, Any]]:
        """Its findings as JSON, each with row and column: that of the file where a value in it could not be
        read for the field."""
        places = {one.pointer: one.place for one in self.findings if one.place}
        return [
            {"row": self.row, "column": places.get(one.pointer) or column_of(one.pointer), **one.to_json()}
            for one in self.findings
        ]


def column_of(pointer: str) -> str:
    """The column of our own template in which a field stands: `items.0.hsCode` for `/items/0/hsCode`."""
    return ".".join(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def read_page(
    body: bytes,
    kind: str,
    first_row: int,
    issuer: dict[str, Any],
    organisation: str,
    key: bytes,
    office: Office = UNKNOWN,
) -> list[Read]:
    """The rows of a page. `issuer`: what completes a document that does not say who issues it; `organisation`
    (0x…) must be who does, and is `office`; `key` makes the digests of contents.

    Raises Unprocessable `IMPORT_UNREADABLE` or TooLarge `IMPORT_TOO_LARGE` for a page that is none.
    """
    found: list[Read] = []
    for result in _results(body, kind, first_row):
        if isinstance(result, Read):
            found.append(result)
        else:
            completed = result.completed(issuer)
            found.append(_judged(completed, organisation, key, office))
        if len(found) > MAX_PAGE_ROWS:
            raise TooLarge("IMPORT_TOO_LARGE", f"a page has at most {MAX_PAGE_ROWS} rows")
    return found


def refusal(rule: str, words: str, fix: str, *, pointer: str = "/number", value: Any = None) -> Finding:
    """A finding that is not about the document alone."""
    return error(pointer, rule, words, fix, source="docs/bulk.md", value=value)


def number_taken(number: str) -> Finding:
    """A certificate has the number."""
    return refusal(
        "NUMBER_TAKEN",
        "A certificate of this issuer has the number, and says something else.",
        "Give it another number, or replace that certificate.",
        value=number,
    )


def number_twice(number: str, row: int) -> Finding:
    """A row of this import, or of another one, has the number."""
    return refusal(
        "NUMBER_TWICE",
        f"Row {row} of an import has the same number, and says something else.",
        "Give each certificate a number of its own.",
        value=number,
    )


def _results(body: bytes, kind: str, first_row: int) -> Iterator[ImportResult | Read]:
    if kind == CSV:
        for result in import_table(body):
            yield ImportResult(
                result.document, result.row - 2 + first_row, result.origin, result.read, result.whole
            )
        return
    for row in rows_of(body):
        number = row.number - 1 + first_row
        try:
            text = row.text or ""
            entry = parse_object(text, max_bytes=4 * len(text) + 1, max_depth=_MAX_DEPTH, floats="text")
            yield import_entry(entry, number)
        except BadInput as bad:
            fix = "Correct the file where it was made."
            yield Read(number, {}, [error("", bad.reason, bad.detail, fix)])


def _judged(result: ImportResult, organisation: str, key: bytes, office: Office) -> Read:
    read = Read(result.row, result.document, result.findings)
    errors = [finding for finding in read.findings if finding.is_error]
    read.lacks_number = [(each.pointer, each.rule) for each in errors] == [_NUMBER]
    if errors and not read.lacks_number:
        return read
    if to_hex(organisation_id(read.document["issuer"]["identifier"])) != organisation:
        words = "The document names another organisation as its issuer."
        fix = "Leave the issuer out, or name your own."
        named = read.document["issuer"]["identifier"]
        read.findings.append(refusal("ISSUER_DIFFERS", words, fix, pointer="/issuer/identifier", value=named))
        read.lacks_number = False
        return read
    if refused := office.findings(read.document):
        read.findings += refused
        read.lacks_number = False
        return read
    if named_original(read.document):
        kept = ("number", "issuer", "flags", "original")
        read.marked = {name: read.document[name] for name in kept if name in read.document}
    read.content = content_of(read.document, key)
    read.before = _digest(key, b"row\0", read.document)
    return read


def content_of(document: dict[str, Any], key: bytes) -> str:
    """What recognises a document by what it says."""
    # The name is filled in where the row does not say it, and may be another one tomorrow.
    issuer = {name: value for name, value in document["issuer"].items() if name != "name"}
    return _digest(key, b"content\0", {**document, "issuer": issuer})


def _digest(key: bytes, kind: bytes, document: dict[str, Any]) -> str:
    plain = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(key, kind + plain, hashlib.sha256).hex()


def page_refused(words: str) -> Unprocessable:
    """A page that cannot be what its place in the file says."""
    return Unprocessable("IMPORT_UNREADABLE", words)
