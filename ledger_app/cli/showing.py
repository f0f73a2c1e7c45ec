"""`origin certificate show`: a certificate, its life, and what may be done with it."""

from datetime import UTC, datetime
from typing import Any

from ledger_app.cli import common, output
from ledger_app.cli.common import CHAMBER
from ledger_app.cli.named import Issuer, What, find
from ledger_app.domain.words import counted


def show(what: What, issuer: Issuer = None, who: common.As = "", as_json: common.Json = False) -> None:
    """Show a certificate: its document, its standing and what was done with it."""
    client = common.connect(CHAMBER, who)
    found = client.get(f"/v1/certificates/{find(client, what, issuer)['id']}")
    if as_json:
        output.result(found)
        return
    output.line(f"{found['number']}  {found['scheme']}  {found['state']}, {found['standing']}")
    output.line(f"  issuer   {found['issuer'].get('name') or found['issuer']['id']}")
    output.line(f"  digest   {found['digest']}")
    output.line(f"  leaf     {found['leaf']}")
    output.line(f"  valid    {found['validFrom']} – {found['validUntil'] or 'open'}")
    output.line(f"  used     {found['used']} of {found['allowance']}")
    for one in found["items"] or ():
        output.line(f"  item     {one['item']}: {one['left']} of {one['allowance']} left")
    for one in found["claims"] or ():
        output.line(f"  claim    {_claim(one)}")
    if found.get("block") is not None:
        output.line(f"  block    {found['block']}, transaction {found['transaction']}")
    output.relatives(found)
    _print_life(found)
    for act in found["acts"]:
        output.line(f"  act      {act['summary']}: {act['state']}")


def _claim(one: dict[str, Any]) -> str:
    items = ", ".join(f"item {each['item']}: {each['units']}" for each in one["items"] or ())
    units = f" {one['units']}" + (f" ({items})" if items else "") if one["units"] else ""
    reason = f" ({one['reason'].rstrip('.')})" if one["reason"] else ""
    day = datetime.fromtimestamp(one["time"], UTC).date().isoformat()
    return f"{one['declaration'] or one['claim']}: {one['state']}{units}{reason} on {day}"


def _print_life(found: dict[str, Any]) -> None:
    if found["states"] is None:
        output.line("  stands   the ledger cannot be asked now")
    else:
        output.line(f"  stands   {', '.join(found['states'])}")
    for one in found["deadlines"]:
        left = counted(one["daysLeft"], "day") + " left" if one["state"] == "open" else one["state"]
        sure = "" if one["certain"] else ", not certain"
        output.line(f"  {one['what']:<19}{one['day']}, {left} ({one['source']}{sure})")
    for one in found["may"] or ():
        word = output.colour("yes", "32") if one["possible"] else f"no: {one['reason']}"
        output.line(f"  {one['act']:<18} {word}")
