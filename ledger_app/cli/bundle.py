"""`origin bundle …`: the file that a holder passes on."""

from pathlib import Path
from typing import Annotated

import typer

from ledger_app.cli import common, output
from ledger_app.cli.common import CHAMBER
from ledger_app.cli.named import find

app = common.group("Make the file that a holder passes on.")


@app.callback()
def bundle() -> None:
    """Make the file that a holder passes on."""


@app.command()
def create(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number or digest.")],
    target: Annotated[Path, typer.Option("-o", "--output", help="Where to write it.")],
    issuer: Annotated[str | None, typer.Option(metavar="ORG", help="The issuer's identifier.")] = None,
    disclose: Annotated[
        list[str] | None,
        typer.Option(metavar="POINTER", help="Show only this field, like /items/0. Repeatable."),
    ] = None,
    evidence: Annotated[
        bool | None,
        typer.Option(
            "--evidence/--no-evidence",
            help="Insist on evidence for verifying offline, or leave it out; else it is there if it can be.",
        ),
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Write the bundle of a certificate: whole, or with only some fields shown."""
    client = common.connect(CHAMBER, who)
    found = find(client, number, issuer)
    query = {"disclose": disclose, "evidence": None if evidence is None else str(evidence).lower()}
    answer = client.request("GET", f"/v1/certificates/{found['id']}/bundle", query=query)
    common.write_file(target, answer.body)
    if as_json:
        output.result(
            {"file": str(target), "bytes": len(answer.body), "digest": found["digest"], "leaf": found["leaf"]}
        )
    else:
        output.line(str(target))
