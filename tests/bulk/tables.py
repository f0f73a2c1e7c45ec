"""Tables of certificates as an exporter would keep them: our own columns, a row for each."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ledger_app.domain.samples import sample_document


def cells(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(column, cell) of a document."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from cells(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], str):
        yield path, ";".join(value)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from cells(member, f"{path}.{place}")
    else:
        yield path, str(value)


def record(number: str | None = None, **changes: Any) -> dict[str, str]:
    """A row; without `number` it has none. `changes` by column, with __ for the dots; None empties it."""
    row = dict(cells(sample_document(number or "X")))
    for name in ("issuer.identifier", "issuer.name", "issuer.territory"):
        del row[name]
    if number is None:
        del row["number"]
    for name, value in changes.items():
        row[name.replace("__", ".")] = "" if value is None else str(value)
    return row


def table(rows: Sequence[dict[str, str]], separator: str = ",", start: str = "") -> bytes:
    """The rows as a file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=separator, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return (start + out.getvalue()).encode()


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table that was written."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
