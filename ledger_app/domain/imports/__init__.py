"""Certificates from other systems: what has a field is mapped, all else is kept, what lacks is told.

Formats: our own JSON; UN/CEFACT-style JSON, bare or in `{"data": …}`, one or a list; TradeTrust's SimpleCoo;
the same wrapped by OpenAttestation v2; W3C credentials, alone or in a presentation; and CSV of any of these
with dotted headers. The result is a document with findings: an error
means that it cannot be issued as it stands. Nothing of the input is lost: what did not go into a field
unchanged lies under `/extensions/<format>` at its original place (numbers with a fraction as text).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from ledger_app.domain.certificate import DOCUMENT_TYPE, DOCUMENT_VERSION, check_for_issue
from ledger_app.domain.findings import Finding, error, has_errors
from ledger_app.domain.imports.openattestation import is_wrapped, unsalted
from ledger_app.domain.imports.reader import Reader, plain
from ledger_app.domain.imports.splitting import CSV, kind_of, rows_of
from ledger_app.domain.imports.tables import MARK, MAX_BYTES, MAX_ROWS, table_rows
from ledger_app.domain.imports.template import FIELDS, is_template, own_columns, typed_row
from ledger_app.domain.imports.tradetrust import (
    has_subjects,
    is_credential,
    is_presentation,
    is_simple_coo,
    read_credential,
    read_simple_coo,
    subject_of,
)
from ledger_app.domain.imports.uncefact import is_uncefact, read_uncefact
from ledger_app.errors import BadInput, TooLarge, Unprocessable

__all__ = [
    "ImportResult",
    "complete",
    "import_csv",
    "import_entry",
    "import_file",
    "import_json",
    "import_table",
]

_READERS: Final[tuple[tuple[str, Callable[[Any], bool], Callable[[Reader], dict[str, Any]]], ...]] = (
    ("tradetrust", is_simple_coo, read_simple_coo),
    ("credential", is_credential, read_credential),
    ("uncefact", is_uncefact, read_uncefact),
)


_UNKNOWN: Final = "unknown"
_OWN: Final = "origin-ledger"
_CREDENTIALS_OWN: Final = frozenset({"evidence", "validFrom", "validUntil"})
"""Names that a credential has for something else: about the credential, as date-times or its own proofs."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """One certificate read.

    `row`: where it stood, from 1 (in CSV as a spreadsheet counts, the header being 1). `origin`: the format
    it came in. `read`: what was found in reading it. `whole`: it is our own JSON, taken as it is.
    """

    document: dict[str, Any]
    row: int
    origin: str
    read: list[Finding] = field(default_factory=list)
    whole: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All that is to be said: about reading it, then about the document as it stands."""
        return self.read if self.origin == _UNKNOWN else self.read + check_for_issue(self.document)

    @property
    def ready(self) -> bool:
        """It can be issued as it stands."""
        return not has_errors(self.findings)

    def completed(self, defaults: Mapping[str, Any]) -> "ImportResult":
        """The same with what it lacks filled from `defaults` (see `complete`)."""
        return replace(self, document=complete(self.document, defaults))


def import_json(value: Any) -> list[ImportResult]:
    """The certificates in a JSON value: an object, a list of objects, either in `{"data": …}`, or the
    credentials of a presentation. What is no object is told as one that cannot be issued.

    Raises Unprocessable IMPORT_UNREADABLE when it is nothing of the kind, or TooLarge IMPORT_TOO_LARGE.
    """
    if isinstance(value, dict) and isinstance(value.get("data"), list) and len(value) == 1:
        value = value["data"]
    elif is_presentation(value) and isinstance(value["verifiableCredential"], list):
        value = value["verifiableCredential"]
    if not isinstance(value, dict | list):
        raise Unprocessable(
            "IMPORT_UNREADABLE", "a certificate is a JSON object; send one, or a list of them"
        )
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise Unprocessable("IMPORT_UNREADABLE", "the list is empty: it holds no certificate")
    if len(entries) > MAX_ROWS:
        raise TooLarge("IMPORT_TOO_LARGE", f"the list has more than {MAX_ROWS} certificates")
    return [import_entry(entry, row) for row, entry in enumerate(entries, start=1)]


def import_entry(entry: Any, row: int) -> ImportResult:
    """The certificate in one JSON object, which stood at `row`."""
    if is_presentation(entry):
        shown = entry["verifiableCredential"]
        if isinstance(shown, list) and len(shown) != 1:
            return _none(
                row,
                "PRESENTATION_OF_SEVERAL",
                f"The presentation holds {len(shown)} credentials, and one row is one certificate.",
                "Send a list of the credentials.",
            )
        entry = shown[0] if isinstance(shown, list) else shown
    if not isinstance(entry, dict):
        fix = "Give an object, or take it out of the list."
        return _none(row, "JSON_NOT_OBJECT", "A certificate is a JSON object; this is none.", fix, entry)
    if f"{MARK}s" in entry:
        entry = {name: member for name, member in entry.items() if name != f"{MARK}s"}
    if entry.get("type") == DOCUMENT_TYPE:
        return ImportResult(entry, row, _OWN, whole=True)
    return _import(entry, row, [])


def _none(row: int, rule: str, words: str, fix: str, value: Any = None) -> ImportResult:
    """What is no certificate: to list all that it lacks would help nobody."""
    return ImportResult({}, row, _UNKNOWN, [error("", rule, words, fix, value=value)])


def import_csv(data: bytes) -> list[ImportResult]:
    """The certificates in a CSV file, one a row. Raises as `tables.table_rows` does."""
    rows = list(import_table(data))
    if not rows:
        raise Unprocessable("IMPORT_UNREADABLE", "the file has a header line and nothing beneath it")
    if all(row.origin == _UNKNOWN for row in rows):
        raise Unprocessable("IMPORT_UNREADABLE", "the first line names no column of a format known here")
    return rows


def import_table(data: bytes) -> Iterator[ImportResult]:
    """The same, row by row, and nothing for a file without rows."""
    return (_import(entry, row, found) for row, entry, found in table_rows(data))


def import_file(data: bytes, filename: str, parse_json: Callable[[bytes], Any]) -> list[ImportResult]:
    """The certificates in a file, CSV or JSON by its first characters, or its name when they do not say.

    JSON may be one object a line. `parse_json` reads it strictly (proof.canonical.parse_json with floats as
    text); what it refuses is told of the one entry that it is in, or passes through where entries cannot be
    told apart.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge("IMPORT_TOO_LARGE", f"the file has more than {MAX_BYTES >> 20} MiB")
    if kind_of(filename, data[:64]) == CSV:
        return import_csv(data)
    return _json(data.removeprefix(b"\xef\xbb\xbf"), parse_json)


def _json(data: bytes, parse_json: Callable[[bytes], Any]) -> list[ImportResult]:
    try:
        return import_json(parse_json(data))
    except BadInput as whole:
        try:
            rows = list(islice(rows_of(data), MAX_ROWS + 1))
        except Unprocessable:
            rows = []
        if not rows:
            raise
        if len(rows) > MAX_ROWS:
            raise TooLarge("IMPORT_TOO_LARGE", f"the file has more than {MAX_ROWS} certificates") from whole
        return [_line(row.number, row.text or "", parse_json) for row in rows]


def _line(row: int, text: str, parse_json: Callable[[bytes], Any]) -> ImportResult:
    try:
        return import_entry(parse_json(text.encode()), row)
    except BadInput as bad:
        return _none(row, bad.reason, f"It cannot be read: {bad.detail}.", "Correct it where it was made.")


def complete(document: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """`document` with what it lacks from `defaults`; nothing that is there is changed.

    Objects are merged member by member. An object as the default of `items` completes every item; any other
    list is taken only when there is none.
    """
    merged = dict(document)
    for name, default in defaults.items():
        present = merged.get(name)
        if present is None:
            if not (name == "items" and isinstance(default, Mapping)):
                merged[name] = default
        elif isinstance(present, Mapping) and isinstance(default, Mapping):
            merged[name] = complete(present, default)
        elif name == "items" and isinstance(present, list) and isinstance(default, Mapping):
            merged[name] = [complete(item, default) if isinstance(item, dict) else item for item in present]
    return merged


def _import(entry: dict[str, Any], row: int, found: list[Finding]) -> ImportResult:
    inner = entry["data"] if isinstance(entry.get("data"), dict) else entry
    theirs = any(recognises(inner) for _, recognises, _ in _READERS) or has_subjects(inner)
    if entry.get("type") == DOCUMENT_TYPE or (is_template(entry) and not theirs):
        read = list(found)
        document = typed_row(own_columns(entry, _OWN, read))
        return ImportResult(document, row, _OWN, read)
    return _foreign(entry, row, found)


def _foreign(entry: dict[str, Any], row: int, found: list[Finding]) -> ImportResult:
    entry = plain(entry)
    salts: list[Finding] = []
    if is_wrapped(entry):
        entry = unsalted(entry, salts)
    root = Reader(entry, findings=salts)
    wrapped = isinstance(entry.get("data"), dict)
    inner, place = (entry["data"], root.at("data")) if wrapped else (entry, root)
    document: dict[str, Any] = {"type": DOCUMENT_TYPE, "version": DOCUMENT_VERSION}
    origin = _UNKNOWN
    for name, recognises, read in _READERS:
        if recognises(inner):
            origin = name
            document |= read(place)
            break
    else:
        root.findings.append(_no_format(inner))
    if origin != _UNKNOWN:
        places = [root, place] if wrapped else [root]
        if origin == "credential":
            places.append(subject_of(place))
        document = _with_own_fields(document, places)
    rest = root.remainder()
    if rest is not None:
        document["extensions"] = {origin: rest}
    return ImportResult(document, row, origin, found + root.findings)


def _no_format(entry: Any) -> Finding:
    if has_subjects(entry):
        return error(
            "/credentialSubject",
            "SUBJECTS_SEVERAL",
            f"The credential has {len(entry['credentialSubject'])} subjects, and a certificate is about one.",
            "Send a credential for each.",
        )
    return error(
        "",
        "FORMAT_UNKNOWN",
        "The object is in no format known here.",
        "Use the fields of docs/certificate.md, UN/CEFACT-style JSON, or CSV of either.",
    )


def _with_own_fields(document: dict[str, Any], places: list[Reader]) -> dict[str, Any]:
    """Members with our own names beside the foreign ones complete what the foreign ones do not say."""
    for place in places:
        theirs = _CREDENTIALS_OWN if place.has("credentialSubject") else frozenset()
        given = {name: place.at(name).value for name in FIELDS if place.has(name) and name not in theirs}
        typed = typed_row(given)
        for name, value in given.items():
            if value is not None and name not in document and typed[name] == value:
                place.at(name).take()
        document = complete(
            document, {name: typed[name] for name, value in given.items() if value is not None}
        )
    return document
