"""`origin webhook …`: have notices delivered to an address of yours, signed as Standard Webhooks has it."""

import time
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output
from ledger_app.cli.recipients import moment

app = common.group("Have changes of certificates delivered to your own systems.")

Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id.")]
_WAIT_SECONDS = 45


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to deliver: an https address.")],
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this type, e.g. certificate.revoked.")
    ] = None,
    outside: Annotated[
        bool, typer.Option("--outside", help="Deliver only what is sent to it by name: somebody else's.")
    ] = False,
    label: Annotated[str, typer.Option(help="What you call it.")] = "",
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Register a webhook. Its secret is shown this once: the receiver checks signatures with it."""
    body = {"url": url, "types": types or [], "outside": outside, "label": label}
    _secret(common.connect("chamber", who).post("/v1/webhooks", body), as_json)


@app.command(name="list")
def list_(who: common.As = "", as_json: common.Json = False) -> None:
    """List your webhooks."""
    found = common.connect("chamber", who).get("/v1/webhooks")
    if as_json:
        output.result(found)
        return
    for row in found["webhooks"]:
        _line(row)


@app.command()
def show(webhook: Webhook, who: common.As = "", as_json: common.Json = False) -> None:
    """Show one of your webhooks."""
    row = common.connect("chamber", who).get(f"/v1/webhooks/{webhook}")
    if as_json:
        output.result(row)
        return
    _line(row)
    output.line(f"  types       {', '.join(row['types']) or 'all'}")
    output.line(
        f"  gets        {'what is sent to it by name' if row['outside'] else 'all that you are told'}"
    )
    output.line(f"  delivered   {moment(row['deliveredAt'])}")
    if row["failingSince"] is not None:
        output.line(f"  failing since {moment(row['failingSince'])}")


@app.command()
def remove(webhook: Webhook, who: common.As = "") -> None:
    """Deliver nothing to it any more, and forget its address and secrets."""
    common.connect("chamber", who).request("DELETE", f"/v1/webhooks/{webhook}")
    output.line(f"removed {webhook}")


@app.command()
def enable(webhook: Webhook, who: common.As = "", as_json: common.Json = False) -> None:
    """Call a disabled webhook again. `resend` delivers what it missed."""
    row = common.connect("chamber", who).post(f"/v1/webhooks/{webhook}/enable")
    if as_json:
        output.result(row)
    else:
        _line(row)


@app.command()
def secret(
    webhook: Webhook,
    hours: Annotated[
        int, typer.Option(min=0, max=168, help="How long the secrets before sign besides; 0: no more.")
    ] = 24,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Give it a new secret, shown this once."""
    path = f"/v1/webhooks/{webhook}/secret"
    _secret(common.connect("chamber", who).post(path, {"hours": hours}), as_json)


@app.command("test")
def ping(webhook: Webhook, who: common.As = "", as_json: common.Json = False) -> None:
    """Deliver a test notice and say how it went. Exits 1 when it was not taken."""
    client = common.connect("chamber", who)
    message = client.post(f"/v1/webhooks/{webhook}/test")["message"]
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        rows = client.get(f"/v1/webhooks/{webhook}/deliveries", limit=50)["deliveries"]
        row = next((one for one in rows if one["message"] == message), None)
        if row is not None and row["state"] != "pending":
            break
        if time.monotonic() > until:
            output.progress(f"{message} waits still; see `origin webhook log {webhook}`")
            raise SystemExit(output.PENDING)
        time.sleep(0.2)
    if as_json:
        output.result(row)
    else:
        _delivery(row)
    if row["state"] != "delivered":
        raise SystemExit(output.REFUSED)


@app.command()
def log(
    webhook: Webhook,
    state: Annotated[str | None, typer.Option(help="pending, delivered or failed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Show what was, and is to be, delivered to it, newest first, with every attempt."""
    path = f"/v1/webhooks/{webhook}/deliveries"
    found = common.connect("chamber", who).get(path, state=state, limit=limit)
    if as_json:
        output.result(found)
        return
    for row in found["deliveries"]:
        _delivery(row)


@app.command()
def resend(
    webhook: Webhook,
    message: Annotated[str | None, typer.Option(help="The one with this message id.")] = None,
    since: Annotated[str | None, typer.Option(help="All since 2026-01-31T12:00:00Z, or since a day.")] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Deliver again, under the same message ids."""
    chosen = {name: value for name, value in (("message", message), ("since", since)) if value is not None}
    answer = common.connect("chamber", who).post(f"/v1/webhooks/{webhook}/resend", chosen)
    if as_json:
        output.result(answer)
    else:
        output.line(f"{answer['resent']} on their way again")


def _secret(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.result(row)
        return
    _line(row)
    output.line(f"  secret      {row['secret']}")
    output.progress("the secret is shown this once")


def _line(row: dict[str, Any]) -> None:
    state = row["state"] + (f" ({row['reason']})" if row["reason"] else "")
    output.line(f"{row['id']}  {state}  {row['url']}  {row['label']}".rstrip())


def _delivery(row: dict[str, Any]) -> None:
    due = f", again at {moment(row['nextAt'])}" if row["nextAt"] is not None else ""
    output.line(f"{row['message']}  {row['type']}  {row['state']}{due}")
    for one in row["attempts"]:
        what = one["error"] if one["status"] is None else f"{one['status']}"
        output.line(f"  {moment(one['at'])}  {what}  {one['ms']} ms")
