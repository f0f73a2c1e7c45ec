"""`origin certificate enquire`, `answer` and `enquiries`: questions of customs to issuing bodies."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output
from ledger_app.cli.common import CHAMBER, CUSTOMS
from ledger_app.cli.named import reference


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


def enquiries(who: common.As = "", as_json: common.Json = False) -> None:
    """List the enquiries that you asked and received."""
    found = common.connect(CHAMBER, who).get("/v1/enquiries")
    if as_json:
        output.result(found)
        return
    for row in found["enquiries"]:
        output.line(f"{row['id']}  {row.get('text') or ''}")


def _end_of(day: str) -> int:
    if not day:
        return int(datetime.now(UTC).timestamp()) + 30 * 86_400
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD", param_hint="--reply-by") from None
    return int(datetime.combine(chosen, time.max, UTC).timestamp())
