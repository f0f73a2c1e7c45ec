"""`origin doctor`: what is wrong with this installation, and what to do about it."""

import os
from pathlib import Path

import typer

from ledger_app.cli import common, output

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_COLOURS = {"ok": "32", "warning": "33", "problem": "31", "could-not-look": "33"}


@app.command()
def doctor(as_json: common.Json = False) -> None:
    """Find and explain what is wrong with the installation in ORIGIN_DATA, whether or not it runs.

    Looks at settings, files, database, chain, outbox and signers; changes nothing. Exits 0 when all is well,
    1 when something is wrong, 3 when something could not be looked at.
    """
    from ledger_app import doctor as examination

    findings = examination.diagnose(Path(os.environ.get("ORIGIN_DATA") or ".origin"))
    code = examination.exit_code(findings)
    if as_json:
        outcome = {0: "ok", 1: "problem", 3: "could-not-look"}[code]
        output.result({"outcome": outcome, "findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            mark = output.colour(f"{finding.outcome:<14}", _COLOURS[finding.outcome])
            code_words = f" [{finding.reason}]" if finding.reason else ""
            output.line(f"{mark} {finding.check}: {finding.explanation}{code_words}")
            if finding.fix:
                output.line(f"{'':<14}   do: {finding.fix}")
    raise SystemExit(code)
