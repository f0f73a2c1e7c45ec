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
    reply_by: Annotated[
        str,
        typer.Option(
            metavar="DATE",
            help="By the end of this day (UTC); by default what the agreement gives, or 30 days.",
        ),
    ] = "",
    paper: Annotated[
        str,
        typer.Option(
            metavar="NUMBER", help="A paper that is not on the ledger: its number goes into the text."
        ),
    ] = "",
    text: Annotated[str, typer.Option(help="The question in words; only its hash goes to the ledger.")] = "",
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Ask an issuing body about a certificate, or about a paper that is not on the ledger."""
    if paper and what is not None:
        raise typer.BadParameter(
            "a certificate of the ledger, or a paper that is not on it", param_hint="--paper"
        )
    client = common.connect(CUSTOMS, who)
    words = f"About paper {paper}, which is not on the ledger. {text}".strip() if paper else text
    body: dict[str, Any] = {"to": to, "code": code, "text": words}
    if reply_by:
        body["replyBy"] = _end_of(reply_by)
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


def enquiries(
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """List the enquiries that you asked and received, newest first."""
    found = common.connect(CHAMBER, who).get("/v1/enquiries", cursor=cursor)
    if as_json:
        output.result(found)
        return
    for row in found["enquiries"]:
        _print(row)
    if found["next"]:
        output.progress(f"there may be more: --cursor {found['next']}")


def _print(row: dict[str, Any]) -> None:
    other = row["to"] if row["direction"] == "asked" else row["from"]
    about = row["number"] or (f"leaf {row['leaf']}" if row["leaf"] else "a paper that is not on the ledger")
    side = "to" if row["direction"] == "asked" else "from"
    output.line(f"{row['id']}  {about}")
    output.line(f"  {side:<8} {other['name'] or other['id']}")
    output.line(f"  asked    {_said(row['words'], row['text'])}")
    output.line(f"  reply by {row['replyByDay']}: {_STATES.get(row['state'], row['state'])}")
    if row["answer"] is not None:
        output.line(f"  answer   {_said(row['answer']['words'], row['answer']['text'])}")


def _said(words: str, text: str | None) -> str:
    """In one line: who wrote the text may have made it look like ours."""
    return " ".join(f"{words} {text or ''}".split())


_STATES = {
    "pending": "not on the ledger yet",
    "not-asked": "never asked: its act came to nothing",
    "answered-late": "answered late",
}


def _end_of(day: str) -> int:
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD", param_hint="--reply-by") from None
    return int(datetime.combine(chosen, time.max, UTC).timestamp())
