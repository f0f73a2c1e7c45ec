"""`origin certificate check FILE`: everything there is to say about certificates before they are issued.

Needs no service, and records nothing. The findings are those that issuing would give.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ledger_app.cli import agreement, common, output
from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.content_dates import Deadline, deadlines
from ledger_app.domain.findings import Finding, Severity, error, unknown
from ledger_app.domain.imports import ImportResult, import_file
from ledger_app.proof.canonical import parse_json

REFUSED: Final = 3
"""Exit code when a certificate in the file could not be issued as it stands."""
_MAX_DEPTH: Final = 32
_COLOURS: Final = {Severity.ERROR: "31", Severity.DISCREPANCY: "33", Severity.UNKNOWN: "36"}


def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Our JSON, UN/CEFACT JSON, or CSV; - is stdin.")
    ],
    as_json: common.Json = False,
) -> None:
    """Check the certificates in a file without issuing anything: exit 0, or 3 when one would be refused."""
    agreement.use_own_folder()
    raw = common.read_file(file)
    read = import_file(raw, file.name, _strictly)
    checked = _each(read)
    refused = sum(any(found.is_error for found in findings) for _, findings in checked)
    if as_json:
        output.result(
            {
                "file": str(file),
                "ready": not refused,
                "certificates": [
                    {
                        "row": one.row,
                        "format": one.origin,
                        "number": one.document.get("number"),
                        "ready": not any(found.is_error for found in findings),
                        "deadlines": [due.to_json() for due in _deadlines(one)],
                    }
                    for one, findings in checked
                ],
                "findings": [
                    {"row": one.row, **found.to_json()} for one, findings in checked for found in findings
                ],
            }
        )
    else:
        for one, findings in checked:
            _print(one, findings, several=len(checked) > 1)
        output.line(f"{len(checked) - refused} of {len(checked)} can be issued as they stand")
    if refused:
        raise SystemExit(REFUSED)


def _strictly(raw: bytes) -> Any:
    return parse_json(raw, max_bytes=max(len(raw), 1), max_depth=_MAX_DEPTH, floats="text")


def _each(read: list[ImportResult]) -> list[tuple[ImportResult, list[Finding]]]:
    """Each certificate with its findings. A number that one issuer uses twice is told at the later row."""
    rows: dict[tuple[str, str | None], int] = {}
    checked = []
    for one in read:
        findings, number = _findings(one), one.document.get("number")
        stands = str(number), _issuer(one.document)
        if isinstance(number, str) and rows.setdefault(stands, one.row) != one.row:
            words = f"Row {rows[stands]} of the file has the same number."
            findings.insert(0, error("/number", "NUMBER_TWICE", words, "Use each number once.", value=number))
        checked.append((one, findings))
    return checked


def _issuer(document: dict[str, Any]) -> str | None:
    """The identifier of who issues it, who numbers it; None where the service fills it in."""
    issuer = document.get("issuer")
    named = issuer.get("identifier") if isinstance(issuer, dict) else None
    return named if isinstance(named, str) else None


def _findings(one: ImportResult) -> list[Finding]:
    """The findings, except that who issues is filled in by the service where a file cannot say it."""
    if one.whole:
        return list(one.findings)
    return [
        unknown(
            found.pointer,
            "ISSUER_OF_SENDER",
            "Who issues is not in the file; the service fills in whoever sends it.",
            "Nothing, if the issuing body sends it.",
        )
        if found.is_error and found.rule == "FIELD_MISSING" and found.pointer.startswith("/issuer")
        else found
        for found in one.findings
    ]


def _deadlines(one: ImportResult) -> list[Deadline]:
    scheme = one.document.get("scheme")
    rules = agreement_for(scheme) if isinstance(scheme, str) else None
    return deadlines(one.document, rules)


def _print(one: ImportResult, findings: list[Finding], *, several: bool) -> None:
    named = one.document.get("number") or "without a number"
    if several or not findings:
        words = "" if findings else ": nothing to correct"
        output.line(f"row {one.row}, {named}{words}" if several else f"{named}{words}")
    for found in findings:
        mark = output.colour(found.severity.value, _COLOURS[found.severity])
        output.line(f"  {mark:<11} {found.pointer or 'the whole'}  {found.rule}")
        output.line(f"      {found.words}" + (f" Found: {found.value}" if found.value is not None else ""))
        output.line(f"      {found.fix}  [{found.source}]")
    for due in _deadlines(one):
        sure = "" if due.certain else ", not certain"
        output.line(f"  {due.what} {due.day.isoformat()}  [{due.source}{sure}]")
