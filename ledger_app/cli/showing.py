"""`origin certificate show`: a certificate, its life, and what may be done with it."""

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
    if found.get("block") is not None:
        output.line(f"  block    {found['block']}, transaction {found['transaction']}")
    output.relatives(found)
    _print_life(found)
    for act in found["acts"]:
        output.line(f"  act      {act['summary']}: {act['state']}")


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
