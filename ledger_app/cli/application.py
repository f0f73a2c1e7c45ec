"""`origin application …`: apply for a certificate, and decide about applications."""

import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output

app = common.group("Apply for certificates of origin, and decide about applications.")

EXPORTER, CHAMBER = "exporter", "chamber"

Which = Annotated[str, typer.Argument(metavar="APPLICATION", help="The application's id.")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="The version that you saw; the present one by default.")
]
Reasons = Annotated[list[str], typer.Option("--reason", "-r", help="Why, in words; may be repeated.")]


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The document as JSON, complete or not.")],
    to: Annotated[
        str | None, typer.Option("--to", help="The issuing body's identifier; the document's by default.")
    ] = None,
    into: Annotated[
        str | None, typer.Option("--into", metavar="APPLICATION", help="Put it in the place of this draft's.")
    ] = None,
    version: Version = None,
    evidence: Annotated[
        list[Path] | None, typer.Option("--evidence", metavar="FILE", help="Attach a file; may be repeated.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Draft an application, or change one, and say what the document lacks."""
    client = common.connect(EXPORTER, who)
    document = _document(file)
    if into is None:
        body = {"document": document, **({"issuer": to} if to else {})}
        found = client.post("/v1/applications", body, idempotency_key=secrets.token_hex(16))
    else:
        seen = version or client.get(_path(into))["version"]
        found = client.put(_path(into), {"document": document, "version": seen})
    for one in evidence or []:
        found = client.upload(f"{_path(found['id'])}/evidence", one.name, common.read_file(one))
    _print(found, as_json)


@app.command()
def attach(
    application: Which,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="PDF, images, anything.")],
    kind: Annotated[str, typer.Option(help="What they show: invoice, bill of lading, cost statement.")] = "",
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Attach evidence to a draft; it is kept encrypted, and the certificate names its SHA-256."""
    client = common.connect(EXPORTER, who)
    found: dict[str, Any] = {}
    for one in files:
        fields = {"kind": kind} if kind else {}
        found = client.upload(f"{_path(application)}/evidence", one.name, common.read_file(one), fields)
    _print(found, as_json)


@app.command()
def evidence(
    application: Which,
    attachment: Annotated[
        str, typer.Argument(metavar="EVIDENCE", help="The file's id, as `show` prints it.")
    ],
    to: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")],
    who: common.As = "",
) -> None:
    """Read a file of an application back."""
    client = common.connect(CHAMBER, who)
    answer = client.request("GET", f"{_path(application)}/evidence/{common.segment(attachment)}")
    common.write_file(to, answer.body)
    output.progress(f"{to}: {len(answer.body)} bytes")


@app.command()
def submit(
    application: Which, version: Version = None, who: common.As = "", as_json: common.Json = False
) -> None:
    """Hand your application to the issuing body."""
    _step(EXPORTER, application, "submit", version, {}, who, as_json)


@app.command()
def recall(
    application: Which, version: Version = None, who: common.As = "", as_json: common.Json = False
) -> None:
    """Take your application back, before it is taken up."""
    _step(EXPORTER, application, "recall", version, {}, who, as_json)


@app.command()
def withdraw(
    application: Which, version: Version = None, who: common.As = "", as_json: common.Json = False
) -> None:
    """Give your application up, for ever."""
    _step(EXPORTER, application, "withdraw", version, {}, who, as_json)


@app.command()
def take(
    application: Which,
    four_eyes: Annotated[
        bool, typer.Option("--four-eyes", help="Somebody else than you is to issue it.")
    ] = False,
    version: Version = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Take an application up for examination."""
    _step(CHAMBER, application, "take", version, {"fourEyes": four_eyes}, who, as_json)


@app.command(name="return")
def return_(
    application: Which,
    reasons: Reasons,
    version: Version = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Give an application back to be corrected, with written reasons."""
    _step(CHAMBER, application, "return", version, {"reasons": reasons}, who, as_json)


@app.command()
def refuse(
    application: Which,
    reasons: Reasons,
    version: Version = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Refuse an application for good, with written reasons."""
    _step(CHAMBER, application, "refuse", version, {"reasons": reasons}, who, as_json)


@app.command()
def issue(
    application: Which,
    number: Annotated[
        str | None, typer.Option(help="The certificate's number; the next of your ranges by default.")
    ] = None,
    issue_date: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="The day of issue; today (UTC) by default.")
    ] = None,
    version: Version = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Issue the certificate that is applied for; who certifies itself issues its own draft."""
    client = common.connect(CHAMBER, who)
    seen = version or client.get(_path(application))["version"]
    body: dict[str, Any] = {"version": seen}
    body |= {"number": number} if number else {}
    body |= {"issueDate": issue_date} if issue_date else {}
    path = f"{_path(application)}/issue"
    common.act(client, path, body, as_json=as_json, no_wait=no_wait, timeout=timeout)


@app.command()
def show(
    application: Which,
    document: Annotated[bool, typer.Option("--document", help="Print the document alone, as JSON.")] = False,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Show an application: where it stands, what its document lacks, what you may do, and what was done."""
    client = common.connect(CHAMBER, who)
    found = client.get(_path(application))
    if document:
        output.result(found["document"])
        return
    steps = client.get(f"{_path(application)}/history", limit=200)["steps"]
    if as_json:
        output.result({**found, "history": steps})
        return
    _print(found, as_json=False)
    for file in found.get("evidence", []):
        output.line(
            f"  evidence {file['id']}  {file['name']}, {file['size']} bytes, SHA-256 {file['digest']}"
        )
    for step in reversed(steps):
        by = step["organisation"]["name"] or step["organisation"]["id"]
        person = f", {step['person']}" if step["person"] else ""
        output.line(f"  {_time(step['time'])}  {step['step']} by {by}{person}")
        for reason in step["reasons"]:
            output.line(f"    {reason}")


@app.command(name="list")
def list_(
    stage: Annotated[
        str | None, typer.Option(help="draft, submitted, under-examination, issuing, issued, …")
    ] = None,
    received: Annotated[
        bool | None, typer.Option("--received/--made", help="Those sent to you, or those you made.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """List the applications that you made and received, newest first."""
    query = {} if received is None else {"received": str(received).lower()}
    found = common.connect(CHAMBER, who).get("/v1/applications", stage=stage, limit=limit, **query)
    if as_json:
        output.result(found)
        return
    for row in found["applications"]:
        parties = f"{row['exporter'] or row['applicant']['name']} to {row['consignee'] or '?'}"
        output.line(f"{row['id']}  {row['stage']:<18}{row['scheme'] or '?':<18}{parties}")


def _step(
    role: str,
    application: str,
    step: str,
    version: int | None,
    body: dict[str, Any],
    who: str,
    as_json: bool,
) -> None:
    client = common.connect(role, who)
    seen = version or client.get(_path(application))["version"]
    path = f"{_path(application)}/{step}"
    found = client.post(path, {"version": seen, **body}, idempotency_key=secrets.token_hex(16))
    _print(found, as_json)


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.result(found)
        return
    certificate = found.get("certificate")
    output.line(
        f"application {found['id']}: {found['stage']}"
        + (f", certificate {certificate['number']}" if certificate else "")
    )
    output.line(f"  version {found['version']}, {found['scheme'] or 'no scheme yet'}")
    output.line(f"  from {_name(found['applicant'])} to {_name(found['issuer'])}")
    for reason in found.get("reasons", []):
        output.line(f"  because  {reason}")
    for finding in found.get("findings", [])[: output.MOST_FINDINGS]:
        output.line(f"  {finding['severity']:<8} {output.finding_words(finding)}")
    possible = [one["act"] for one in found.get("may", []) if one["possible"]]
    output.line(f"  you may  {', '.join(possible) or 'nothing now'}")


def _document(file: Path) -> dict[str, Any]:
    from ledger_app.proof.canonical import parse_object

    return dict(parse_object(common.read_file(file), max_bytes=8 << 20, max_depth=40))


def _name(organisation: dict[str, Any]) -> str:
    return str(organisation.get("name") or organisation["id"])


def _time(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _path(application: str) -> str:
    return f"/v1/applications/{common.segment(application)}"
