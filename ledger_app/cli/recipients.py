"""`origin certificate send|recipients` and `origin inbox`: who has a certificate, and what one was told."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output
from ledger_app.cli.named import Issuer, find

app = common.group("What you were told about certificates that you have.")

What = Annotated[str, typer.Argument(metavar="NUMBER|DIGEST", help="Which certificate.")]


def send(
    what: What,
    to: Annotated[str | None, typer.Option("--to", help="An organisation: its identifier or id.")] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", help="An outside webhook of yours: its id.")
    ] = None,
    issuer: Issuer = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Send a certificate: they may read it, and are told every change of its standing from now on."""
    client = common.connect("chamber", who)
    body = {name: value for name, value in (("to", to), ("endpoint", webhook)) if value is not None}
    answer = client.post(f"/v1/certificates/{_id(client, what, issuer)}/send", body)
    if as_json:
        output.result(answer)
    else:
        output.line(f"sent: {_recipient(answer['recipient'])}")


def recipients(what: What, issuer: Issuer = None, who: common.As = "", as_json: common.Json = False) -> None:
    """List who has a certificate of yours, and how it got there."""
    client = common.connect("chamber", who)
    found = client.get(f"/v1/certificates/{_id(client, what, issuer)}/recipients")
    if as_json:
        output.result(found)
        return
    for row in found["recipients"]:
        ways = [
            f"{word} {moment(row[name])}"
            for word, name in (("sent", "sentAt"), ("fetched", "fetchedAt"), ("brought", "receivedAt"))
            if row[name] is not None
        ]
        output.line(f"{_recipient(row)}  {', '.join(ways)}")


@app.command()
def inbox(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    cursor: Annotated[
        str | None, typer.Option(help="Go on after this place, oldest first; `next` of the answer before.")
    ] = None,
    oldest: Annotated[bool, typer.Option("--oldest", help="From the beginning, oldest first.")] = False,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this type, e.g. certificate.revoked.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Show what you were told: certificates sent to you, and every change since. Newest first."""
    order = "oldest" if oldest or cursor else "newest"
    asked: dict[str, Any] = {"limit": limit, "order": order, "cursor": cursor, "type": types}
    found = common.connect("chamber", who).get("/v1/inbox", **asked)
    if as_json:
        output.result(found)
        return
    for row in found["notices"]:
        data = row["data"]
        what = data.get("number") or data.get("digest") or data.get("label") or ""
        undone = "  (did not happen after all)" if row["undone"] else ""
        output.line(f"{row['timestamp']}  {row['type']}  {what}: {row['words']}{undone}")


def moment(seconds: int | None) -> str:
    """Unix seconds in words."""
    if seconds is None:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _id(client: Any, what: str, issuer: str | None) -> str:
    return str(find(client, what, issuer)["id"])


def _recipient(row: dict[str, Any]) -> str:
    name = str(row["organisation"]["name"] or row["organisation"]["id"])
    if row["endpoint"] is None:
        return name
    return f"webhook {row['endpoint']['label'] or row['endpoint']['id']} of {name}"
