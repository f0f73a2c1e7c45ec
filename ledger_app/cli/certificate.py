"""`origin certificate …`: issue, read, and every act on a certificate."""

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import (
    checking,
    common,
    enquiring,
    importing,
    output,
    recipients,
    searching,
    showing,
    template,
)
from ledger_app.cli.common import CHAMBER, CUSTOMS
from ledger_app.cli.named import Issuer, What, reference
from ledger_app.client import Client

app = common.group("Issue certificates of origin and act on them.")
app.command()(showing.show)
app.command()(checking.check)
app.command("import")(importing.import_)
app.command()(template.template)
app.command()(recipients.send)
app.command()(recipients.recipients)
app.command(name="list")(searching.list_)
app.command("export")(searching.export)
app.command()(enquiring.enquire)
app.command()(enquiring.answer)
app.command()(enquiring.enquiries)

Reason = Annotated[str, typer.Option("--reason", "-r", help="Why: a code of `origin reasons --json`.")]
Declaration = Annotated[str, typer.Option("--declaration", "--claim", help="The import declaration.")]
Items = Annotated[list[str] | None, typer.Option("--item", metavar="NUMBER=UNITS", help="Units of one item.")]


@app.command()
def issue(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Our JSON, UN/CEFACT JSON, or CSV.")],
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Issue the certificates in the files, as one batch with one signature."""
    client = common.connect(CHAMBER, who)
    documents = [document for file in files for document in read_documents(client, file)]
    common.act(
        client,
        "/v1/certificates",
        {"documents": documents},
        as_json=as_json,
        no_wait=no_wait,
        timeout=timeout,
    )


@app.command()
def revoke(
    what: What,
    reason: Reason,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Revoke your certificate, for ever."""
    _act("revoke", what, issuer, {"reason": reason}, CHAMBER, who, as_json, no_wait, timeout)


@app.command()
def suspend(
    what: What,
    reason: Reason,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Suspend your certificate, until you reinstate it."""
    _act("suspend", what, issuer, {"reason": reason}, CHAMBER, who, as_json, no_wait, timeout)


@app.command()
def reinstate(
    what: What,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Make your suspended certificate good again."""
    _act("reinstate", what, issuer, {}, CHAMBER, who, as_json, no_wait, timeout)


@app.command()
def supersede(
    what: What,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The certificates that replace it.")],
    reason: Reason = "CORRECTION",
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Replace your certificate by others, in one act."""
    client = common.connect(CHAMBER, who)
    documents = [document for file in files for document in read_documents(client, file)]
    body = {"documents": documents, "reason": reason}
    _act("supersede", what, issuer, body, CHAMBER, who, as_json, no_wait, timeout)


@app.command()
def consume(
    what: What,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The certificates made out of it.")],
    units: Annotated[int | None, typer.Option(min=1, help="Units used; all that is left by default.")] = None,
    items: Items = None,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Back-to-back: use another issuer's certificate for new ones of your own."""
    client = common.connect(CHAMBER, who)
    documents = [document for file in files for document in read_documents(client, file)]
    body = {"documents": documents, **_units(units, items)}
    _act("consume", what, issuer, body, CHAMBER, who, as_json, no_wait, timeout)


@app.command()
def acquit(
    what: What,
    declaration: Declaration,
    presented: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The day by which validity is judged; today by default."),
    ] = None,
    units: Annotated[int | None, typer.Option(min=1, help="Units used; all that is left by default.")] = None,
    items: Items = None,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Use up a certificate, wholly or in units, against an import declaration."""
    body = {"declaration": declaration, **_units(units, items)}
    if presented:
        body["presented"] = presented
    _act("acquit", what, issuer, body, CUSTOMS, who, as_json, no_wait, timeout)


@app.command()
def withdraw(
    what: What,
    declaration: Declaration,
    reason: Reason = "ENTERED_IN_ERROR",
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Give back what you acquitted against a declaration, once."""
    body = {"declaration": declaration, "reason": reason}
    _act("withdraw", what, issuer, body, CUSTOMS, who, as_json, no_wait, timeout)


@app.command()
def refuse(
    what: What,
    declaration: Declaration,
    reason: Reason,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Refuse the claim of a declaration."""
    body = {"declaration": declaration, "reason": reason}
    _act("refuse", what, issuer, body, CUSTOMS, who, as_json, no_wait, timeout)


@app.command()
def confirm(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch id, 0x….")],
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Confirm your own batch under a good key, after the key that issued it was disowned."""
    path = f"/v1/batches/{common.segment(batch)}/confirm"
    common.act(common.connect(CHAMBER, who), path, {}, as_json=as_json, no_wait=no_wait, timeout=timeout)


def read_documents(client: Client, file: Path) -> list[dict[str, Any]]:
    """The certificates in a file: ours as they are, foreign formats as the service reads them."""
    from ledger_app.proof.canonical import parse_json

    raw = common.read_file(file)
    if file.suffix.lower() == ".json":
        value = parse_json(raw, max_bytes=64 << 20, floats="text")
        listed = value if isinstance(value, list) else [value]
        if listed and all(isinstance(v, dict) and v.get("type") == "certificate-of-origin" for v in listed):
            return [v for v in listed if isinstance(v, dict)]
    read = client.upload("/v1/imports", file.name, raw)["documents"]
    findings = [{"row": one["row"], **finding} for one in read for finding in one["findings"]]
    unready = sum(not one["ready"] for one in read)
    if unready:
        words = f"{file}: {unready} of {len(read)} cannot be issued as they are"
        raise errors.Unprocessable("DOCUMENT_INVALID", words, findings=findings)
    for finding in findings[: output.MOST_FINDINGS]:
        output.progress(f"{file.name} " + output.finding_words(finding))
    return [one["document"] for one in read]


def _act(
    act: str,
    what: str,
    issuer: str | None,
    body: dict[str, Any],
    role: str,
    who: str,
    as_json: bool,
    no_wait: bool,
    timeout: float,
) -> None:
    client = common.connect(role, who)
    body = {**body, "certificate": reference(what, issuer)}
    asked = client.post(f"/v1/certificates/by-reference/{act}", body, idempotency_key=secrets.token_hex(16))
    common.finish(client, asked, as_json=as_json, no_wait=no_wait, timeout=timeout)


def _units(units: int | None, items: list[str] | None) -> dict[str, Any]:
    given: dict[str, Any] = {} if units is None else {"units": units}
    if items:
        pairs = [entry.partition("=") for entry in items]
        if not all(number.isdigit() and count.isdigit() for number, _, count in pairs):
            raise typer.BadParameter("write --item NUMBER=UNITS", param_hint="--item")
        given["items"] = sorted(
            ({"item": int(n), "units": int(c)} for n, _, c in pairs), key=lambda entry: entry["item"]
        )
    return given
