"""Our own fields as a flat table: headers are member names with dots (`items.0.hsCode`).

Cells are text, so whole numbers and lists (separated by semicolons) are made where the document has them.
Anything that does not fit stays the text it is, for the check of the document to name.
"""

import re
from dataclasses import replace
from typing import Any, Final

from ledger_app.domain.findings import Finding, discrepancy, join_pointer
from ledger_app.domain.imports.reader import plain
from ledger_app.domain.imports.tables import WITHOUT_NAME
from ledger_app.domain.model import DOCUMENT_TYPE, DOCUMENT_VERSION, Certificate

_MEMBERS: Final = frozenset(info.alias or name for name, info in Certificate.model_fields.items())
_ALWAYS: Final = frozenset({"number", "scheme", "exporter", "consignee", "items"})
FIELDS: Final = tuple(sorted(_MEMBERS - {"type", "version", "issuer", "extensions"}))
"""What a file in a foreign format may state besides, under our own names. The issuer is who sends it."""

_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_NUMBERS: Final[tuple[tuple[str, ...], ...]] = (("version",), ("allowance", "units"))
_ITEM_NUMBERS: Final[tuple[tuple[str, ...], ...]] = (
    ("number",),
    ("allowance",),
    ("originalItem",),
    ("packages", "count"),
)
_PARTIES: Final = ("issuer", "exporter", "agent", "producer", "consignee", "importer")
_LISTS: Final[tuple[tuple[str, ...], ...]] = (
    ("containers",),
    ("flags",),
    *((party, "address", "lines") for party in _PARTIES),
)

_ADDRESS: Final = ("lines", "city", "postcode", "subdivision", "country")
_PARTY: Final = ("name", "identifier", *(f"address.{name}" for name in _ADDRESS))
_TRANSPORT: Final = ("mode", "means", "journey", "departureDate")
_PLACES: Final = ("loadingPlace", "dischargePlace")
_ITEM: Final = (
    "number", "marks", "packages.count", "packages.kind", "description", "hsCode", "hsEdition",
    "originCriterion", "originCountry", "quantity.value", "quantity.unit", "grossMass.value",
    "grossMass.unit", "netMass.value", "netMass.unit", "value.amount", "value.currency", "invoices",
    "allowance",
)  # fmt: skip


def columns(items: int) -> list[str]:
    """The columns of a table of certificates with so many items each. Any other field of the document may be
    added under its own path."""
    return [
        "number", "scheme", "issuanceBasis", "issueDate", "validFrom", "validUntil", "exportCountry",
        "importCountry", "originCountry", "destination", "consignment",
        *(f"{party}.{name}" for party in ("exporter", "producer", "consignee") for name in _PARTY),
        *(f"transport.{name}" for name in _TRANSPORT),
        *(f"transport.{place}.{name}" for place in _PLACES for name in ("code", "name")),
        "containers",
        *(f"items.{place}.{name}" for place in range(items) for name in _ITEM),
        "invoices.0.number", "invoices.0.date", "allowance.units", "allowance.unit", "flags",
        *(f"declarations.exporter.{name}" for name in ("statement", "place", "date", "signatory")),
        "remarks", "type", "version",
    ]  # fmt: skip


def is_template(entry: dict[str, Any]) -> bool:
    """Whether it is of our own columns: most of those that every certificate has are there, or one of them
    and nothing that is not ours."""
    always = len(_ALWAYS & entry.keys())
    return always > len(_ALWAYS) // 2 or (always > 0 and entry.keys() <= _MEMBERS)


def own_columns(entry: dict[str, Any], origin: str, found: list[Finding]) -> dict[str, Any]:
    """The row with what is in no column of ours under `/extensions/<origin>`, each told. Cells beyond the
    header line stay where they refuse it: a cell that lost its quotes shifts those behind it."""
    surplus = {name: value for name, value in entry.items() if name not in _MEMBERS and name != WITHOUT_NAME}
    extensions = entry.get("extensions", {})
    kept = extensions.get(origin, {}) if isinstance(extensions, dict) else None
    if not surplus or not isinstance(kept, dict):
        return entry
    for name, value in surplus.items():
        told = discrepancy(
            join_pointer("extensions", origin, name),
            "COLUMN_UNKNOWN",
            f"There is no field {name[:80]!r}: it is kept under /extensions, and means nothing here.",
            "Correct the column's name if it is meant for a field; else take it out, or leave it.",
            value=value,
        )
        found.append(replace(told, place=name))
    ours = {name: value for name, value in entry.items() if name not in surplus}
    return ours | {"extensions": {**extensions, origin: {**kept, **plain(surplus)}}}


def typed_row(entry: dict[str, Any]) -> dict[str, Any]:
    """The document in a row of cells. Type and version are added, and items numbered, where they are not
    stated."""
    document: dict[str, Any] = {"type": DOCUMENT_TYPE, "version": DOCUMENT_VERSION} | _copy(entry)
    for path in _NUMBERS:
        _convert(document, path, _whole)
    for path in _LISTS:
        _convert(document, path, _split)
    items = document.get("items")
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            item.setdefault("number", place + 1)
            for path in _ITEM_NUMBERS:
                _convert(item, path, _whole)
            _convert(item, ("invoices",), _split)
    evidence = document.get("evidence")
    for paper in evidence if isinstance(evidence, list) else ():
        _convert(paper, ("size",), _whole)
    return document


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(member) for name, member in value.items()}
    return [_copy(member) for member in value] if isinstance(value, list) else value


def _convert(node: Any, path: tuple[str, ...], make: Any) -> None:
    for name in path[:-1]:
        node = node.get(name) if isinstance(node, dict) else None
    if isinstance(node, dict) and isinstance(node.get(path[-1]), str):
        node[path[-1]] = make(node[path[-1]])


def _whole(cell: str) -> int | str:
    return int(cell) if _WHOLE.fullmatch(cell.strip()) else cell


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]
