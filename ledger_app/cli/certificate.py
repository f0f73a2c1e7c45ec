"""`origin certificate …`: issue, read, and every act on a certificate."""

import re
import secrets
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import checking, common, importing, output, recipients, searching, template
from ledger_app.client import Client
from ledger_app.domain.act_states import DEAD

app = common.group("Issue certificates of origin and act on them.")
app.command()(checking.check)
app.command("import")(importing.import_)
app.command()(template.template)
app.command()(recipients.send)
app.command()(recipients.recipients)
app.command(name="list")(searching.list_)
app.command("export")(searching.export)

CHAMBER, CUSTOMS = "chamber", "customs"
_DIGEST = re.compile(r"0x[0-9a-fA-F]{64}")

What = Annotated[
    str, typer.Argument(metavar="NUMBER|DIGEST|FILE", help="Which certificate: or its bundle's file.")
]
Issuer = Annotated[str | None, typer.Option(help="The issuer's identifier, if several use the number.")]
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
def show(what: What, issuer: Issuer = None, who: common.As = "", as_json: common.Json = False) -> None:
    """Show a certificate: its document, its standing and what was done with it."""
    client = common.connect(CHAMBER, who)
    found = client.get(f"/v1/certificates/{find(client, what, issuer)['id']}")
    if as_json:
        output.result(found)
        return
    output.line(f"{found['number']}  {found['scheme']}  {found['state']}, {found['status']}")
    output.line(f"  issuer   {found['issuer'].get('name') or found['issuer']['id']}")
    output.line(f"  digest   {found['digest']}")
    output.line(f"  leaf     {found['leaf']}")
    output.line(f"  valid    {found['validFrom']} – {found['validUntil'] or 'open'}")
    output.line(f"  used     {found['used']} of {found['allowance']}")
    if found.get("block") is not None:
        output.line(f"  block    {found['block']}, transaction {found['transaction']}")
    _print_life(found)
    for act in found["acts"]:
        output.line(f"  act      {act['summary']}: {act['state']}")


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
def enquire(
    to: Annotated[str, typer.Argument(metavar="ISSUER", help="Identifier of the issuing body.")],
    what: Annotated[str | None, typer.Argument(metavar="[NUMBER|DIGEST|FILE]")] = None,
    code: Annotated[
        str, typer.Option(help="What is asked: a code of `origin reasons --json`.")
    ] = "AUTHENTICITY",
    reply_by: Annotated[str, typer.Option(metavar="DATE", help="By the end of this day (UTC).")] = "",
    text: Annotated[str, typer.Option(help="The question in words; only its hash goes to the ledger.")] = "",
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Ask an issuing body about a certificate, or about a paper that is not on the ledger."""
    client = common.connect(CUSTOMS, who)
    body: dict[str, Any] = {"to": to, "code": code, "text": text, "replyBy": _end_of(reply_by)}
    if what is not None:
        body["certificate"] = reference(what, None)
    common.act(client, "/v1/enquiries", body, as_json=as_json, no_wait=no_wait, timeout=timeout)


@app.command()
def answer(
    enquiry: Annotated[str, typer.Argument(metavar="ENQUIRY", help="The enquiry's id, 0x….")],
    code: Annotated[str, typer.Option(help="A code of `origin reasons --json`.")],
    text: Annotated[str, typer.Option(help="The answer in words; only its hash goes to the ledger.")] = "",
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Answer an enquiry that you received."""
    body = {"code": code, "text": text}
    path = f"/v1/enquiries/{common.segment(enquiry)}/answer"
    common.act(common.connect(CHAMBER, who), path, body, as_json=as_json, no_wait=no_wait, timeout=timeout)


@app.command()
def enquiries(who: common.As = "", as_json: common.Json = False) -> None:
    """List the enquiries that you asked and received."""
    found = common.connect(CHAMBER, who).get("/v1/enquiries")
    if as_json:
        output.result(found)
        return
    for row in found["enquiries"]:
        output.line(f"{row['id']}  {row.get('text') or ''}")


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


def _print_life(found: dict[str, Any]) -> None:
    if found["states"] is None:
        output.line("  stands   the ledger cannot be asked now")
    else:
        output.line(f"  stands   {', '.join(found['states'])}")
    for one in found["deadlines"]:
        left = "overdue" if one["overdue"] else f"{one['daysLeft']} days left"
        sure = "" if one["certain"] else ", not certain"
        output.line(f"  {one['what']:<19}{one['day']}, {left} ({one['source']}{sure})")
    for one in found["may"] or ():
        word = output.colour("yes", "32") if one["possible"] else f"no: {one['reason']}"
        output.line(f"  {one['act']:<18} {word}")


# --- shared -------------------------------------------------------------------------------------------------


def find(client: Client, what: str, issuer: str | None) -> dict[str, Any]:
    """The one certificate with this number or digest, as it stands in a list. Raises NotFound, Conflict."""
    query = {"digest": what.lower()} if _DIGEST.fullmatch(what) else {"number": what}
    rows = client.get("/v1/certificates", issuer=issuer, **query)["certificates"]
    rows = [row for row in rows if row["state"] not in DEAD] or rows
    if not rows:
        raise errors.NotFound("CERTIFICATE_UNKNOWN")
    if len({row["issuer"]["id"] for row in rows}) > 1:
        issuers = ", ".join(sorted(str(row["issuer"].get("name") or row["issuer"]["id"]) for row in rows))
        raise errors.Conflict(
            "NUMBER_AMBIGUOUS", f"several issuers use this number: {issuers}; give --issuer"
        )
    found: dict[str, Any] = rows[0]
    return found


def reference(what: str, issuer: str | None) -> dict[str, Any]:
    """How the API is told which certificate is meant: by a bundle's file, a digest or a number."""
    path = Path(what)
    if path.is_file():
        from ledger_app.proof.canonical import parse_object

        return {"bundle": parse_object(common.read_file(path), max_bytes=8 << 20, max_depth=40)}
    if _DIGEST.fullmatch(what):
        return {"digest": what.lower()}
    return {"number": what, **({"issuer": issuer} if issuer else {})}


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


def _end_of(day: str) -> int:
    if not day:
        return int(datetime.now(UTC).timestamp()) + 30 * 86_400
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD", param_hint="--reply-by") from None
    return int(datetime.combine(chosen, time.max, UTC).timestamp())
