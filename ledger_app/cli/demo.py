"""`origin demo`: the whole story on a fresh chain."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def demo(
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Tell it to the installation that FILE names (docker/setup)."),
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Run the whole story on a fresh embedded chain in a temporary folder, and report every step and verdict.

    Exits 0 when everything went as it must, else 1. Nothing is left behind, unless it was told elsewhere.
    """
    from ledger_app.demo.story import tell, tell_there

    found = tell(output.progress) if against is None else tell_there(_installation(against), output.progress)
    if as_json:
        output.result(found)
    else:
        for step in found["steps"]:
            gas = "" if step["gas_used"] is None else f"  {step['gas_used']} gas"
            output.line(f"{'ok' if step['ok'] else 'NO'}  {step['name']}{gas}")
        for verdict in found["verdicts"]:
            mark = "ok" if verdict["ok"] else "NO"
            words = f"{verdict['verdict']}, {verdict['standing']}, exit code {verdict['exit_code']}"
            output.line(f"{mark}  {verdict['name']} {verdict['when']}: {words}")
    sys.stdout.flush()
    # All is closed; requests that still wait in their threads need not be waited for.
    os._exit(0 if found["ok"] else 1)


def _installation(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(common.read_file(file, 1 << 20))
        named = {"url": str(found["url"]), "tokens": dict(found["tokens"])}
        return named | {"acceptances": dict(found["acceptances"])}
    except (ValueError, KeyError, TypeError):
        raise errors.BadInput("FILE_UNREADABLE", f"{file} does not name an installation") from None
