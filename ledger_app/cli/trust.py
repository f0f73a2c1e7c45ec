"""`origin trust …`: the trust snapshot, which offline verification rests on."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output

app = common.group("The trust snapshot, which verifying offline rests on.")

COUNCIL = "council-1"
Days = Annotated[int | None, typer.Option(min=1, max=400, help="For how many days it is to be good.")]


@app.command()
def create(
    days: Days = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Ask the council's members to sign who the ledger's members are now."""
    body = {"days": days} if days is not None else {}
    common.act(
        common.connect(COUNCIL, who), "/v1/trust", body, as_json=as_json, no_wait=no_wait, timeout=timeout
    )


@app.command()
def export(
    target: Annotated[Path, typer.Option("-o", "--output", help="Where to write it.")],
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Write the newest trust snapshot into a file."""
    from ledger_app.proof.trust import read_trust

    raw = common.connect("trader", who).request("GET", "/v1/trust/latest").body
    trust = read_trust(raw, now=int(time.time()))
    common.write_file(target, raw)
    if as_json:
        output.result({"file": str(target), **_described(trust)})
    else:
        output.line(str(target))
        output.progress(f"council {trust.fingerprint}: compare it with what the council has announced")


@app.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A trust snapshot.")],
    council: Annotated[
        str | None, typer.Option(metavar="FINGERPRINT", help="Refuse it unless its council is this one.")
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Check a trust snapshot and show what it says. Asks nobody. Exits 2 when it does not hold."""
    from ledger_app.cli.offline import read_snapshot

    trust = read_snapshot(file, council, None)
    found = _described(trust)
    expired = int(time.time()) > found["expires"]
    if as_json:
        output.result({**found, "expired": expired, "content": trust.signed.content})
    else:
        output.line(f"trust snapshot of block {found['block']}, chain {found['chainId']}")
        output.line(f"  registry {found['registry']}")
        output.line(f"  council {found['council']}: {found['threshold']} of {len(found['members'])}")
        output.line(f"  signed by {', '.join(found['signers'])}")
        output.line(
            f"  {found['organisations']} organisations, {found['keys']} keys, {found['disowned']} disowned"
        )
    if expired:
        raise errors.BadInput("TRUST_SNAPSHOT_EXPIRED")


def _described(trust: Any) -> dict[str, Any]:
    stated = trust.statement
    return {
        "block": stated.block,
        "time": stated.time,
        "expires": stated.expires,
        "chainId": trust.domain.chain_id,
        "registry": stated.registry,
        "council": trust.fingerprint,
        "threshold": trust.council.threshold,
        "members": list(trust.council.members),
        "signers": trust.signed.signers(),
        "organisations": len(trust.organisations),
        "keys": len(trust.keys),
        "disowned": sum(key.disowned for key in trust.keys.values()),
    }
