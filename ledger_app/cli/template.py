"""`origin certificate template`: an empty table in our own columns."""

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from ledger_app.cli import common, output
from ledger_app.domain.imports.template import columns


def template(
    to: Annotated[Path | None, typer.Option("-o", "--output", help="The file; stdout by default.")] = None,
    items: Annotated[int, typer.Option(min=1, max=99, help="For how many items it has columns.")] = 1,
) -> None:
    """Write the header line of a table of certificates (CSV): a row each, to be filled in and imported."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(columns(items))
    if to is None:
        output.line(out.getvalue().rstrip("\n"))
    else:
        common.write_file(to, out.getvalue().encode())
