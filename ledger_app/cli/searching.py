"""`origin certificate list` and `export`: what one may read, narrowed by filters."""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.cli.common import CHAMBER
from ledger_app.cli.written import Written

_PATH: Final = "/v1/certificates"
_FORMATS: Final = {".csv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson"}
_NAME: Final = "The whole name; letter case and spacing aside."
_DAY: Final = "A day, YYYY-MM-DD."
Text = str | None


def _option(help_text: str = "", metavar: str | None = None) -> Any:
    return typer.Option(help=help_text, metavar=metavar)


def _filters(
    number: Annotated[Text, _option("The whole number.")] = None,
    number_prefix: Annotated[Text, _option("How the number begins.")] = None,
    digest: Annotated[Text, _option("The certificate with this digest.", "0x…")] = None,
    issuer: Annotated[Text, _option("The issuer's identifier.")] = None,
    exporter: Annotated[Text, _option(f"The exporter. {_NAME}", "NAME")] = None,
    party: Annotated[
        Text, _option(f"Exporter, producer, consignee, importer or agent. {_NAME}", "NAME")
    ] = None,
    organisation: Annotated[Text, _option("Identifier of an organisation that it names.")] = None,
    hs: Annotated[Text, _option("HS code of an item: 2, 4, or 6 to 10 digits.", "DIGITS")] = None,
    export_country: Annotated[Text, _option(metavar="COUNTRY")] = None,
    import_country: Annotated[Text, _option(metavar="COUNTRY")] = None,
    origin_country: Annotated[Text, _option(metavar="COUNTRY")] = None,
    scheme: Annotated[Text, _option("For example RCEP.")] = None,
    standing: Annotated[
        list[str] | None,
        _option("good, suspended, revoked, superseded, partly-used, used-up, expired, pending, … Again: or."),
    ] = None,
    issued_from: Annotated[Text, _option(_DAY, "DATE")] = None,
    issued_to: Annotated[Text, _option(_DAY, "DATE")] = None,
    valid_on: Annotated[Text, _option(_DAY, "DATE")] = None,
    consignment: Annotated[Text, _option()] = None,
    container: Annotated[Text, _option()] = None,
    sort: Annotated[str, _option("newest or number.")] = "newest",
) -> None:
    """What both commands narrow by; the names of the parameters are those of the API."""


def _filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of `_filters` before its own; it gets them as `asked`."""

    def run(**given: Any) -> None:
        asked = {_camel(name): given.pop(name) for name in filters}
        command(asked={name: value for name, value in asked.items() if value}, **given)

    filters = inspect.signature(_filters).parameters
    own = {name: one for name, one in inspect.signature(command).parameters.items() if name != "asked"}
    kept = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*filters.values(), *own.values())]
    hints = {**get_type_hints(_filters, include_extras=True), **get_type_hints(command, include_extras=True)}
    run.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
    run.__annotations__ = {name: hint for name, hint in hints.items() if name not in ("asked", "return")}
    run.__doc__ = command.__doc__
    return run


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@_filtered
def list_(
    asked: dict[str, Any],
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[Text, _option("`next` of the page before, with the same filters.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Tell how many there are on all pages.")] = False,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """List the certificates that you may read and that meet every filter, newest first."""
    counted = {"count": "true"} if count else {}
    found = common.connect(CHAMBER, who).get(_PATH, limit=limit, cursor=cursor, **counted, **asked)
    if as_json:
        output.result(found)
        return
    for row in found["certificates"]:
        output.line(f"{row['number']}  {row['scheme']}  {row['state']}, {row['standing']}  {row['digest']}")
    if count:
        known = found.get("count")
        output.progress("too many in all to be counted" if known is None else f"{known} in all")
    if found["next"]:
        output.progress(f"there may be more: --cursor {found['next']}")
    if not found["complete"]:
        output.progress("older certificates are still being made searchable")


@_filtered
def export(
    asked: dict[str, Any],
    to: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - for stdout.")],
    form: Annotated[
        Text,
        typer.Option(
            "--format", help="csv, json or ndjson; by the file's name otherwise, csv where it has no ending."
        ),
    ] = None,
    who: common.As = "",
) -> None:
    """Write everything that a search finds into a file, as CSV or JSON."""
    ending = to.suffix.lower()
    if form is None and ending and ending not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise errors.BadInput(
            "FILE_UNWRITABLE", f"{to}: the name ends in {known}, or --format says what it is"
        )
    chosen = form or _FORMATS.get(ending, "csv")
    parts = common.connect(CHAMBER, who).stream(f"{_PATH}/export", format=chosen, **asked)
    if str(to) == "-":
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
        return
    _write(to, parts)
    output.line(str(to))


def _write(path: Path, parts: Iterator[bytes]) -> None:
    """All of it, or the file as it was. Raises BadInput FILE_UNWRITABLE."""
    try:
        with Written(path) as written:
            for part in parts:
                written.file.buffer.write(part)
    except OSError as failed:
        raise errors.BadInput("FILE_UNWRITABLE", f"{path}: {failed.strerror or failed}") from None
