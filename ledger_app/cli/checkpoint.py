"""`origin checkpoint …`: what the council states the ledger holds, and whether it states the same to all."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.cli.trust import COUNCIL, Days

app = common.group("Checkpoints: signed heads of the ledger, for verifying offline.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="A checkpoint or trust snapshot.")]
Target = Annotated[Path | None, typer.Option("-o", "--output", help="Where to write it.")]


@app.command()
def create(
    days: Days = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Ask the council's members to sign what the ledger holds now."""
    body = {"days": days} if days is not None else {}
    client = common.connect(COUNCIL, who)
    common.act(client, "/v1/checkpoints", body, as_json=as_json, no_wait=no_wait, timeout=timeout)


@app.command(name="list")
def listed(who: common.As = "", as_json: common.Json = False) -> None:
    """List the checkpoints that the service keeps, and contradictions that it found."""
    client = common.connect("trader", who)
    found = {**client.get("/v1/checkpoints"), **client.get("/v1/split-views")}
    if as_json:
        output.result(found)
        return
    for row in found["checkpoints"]:
        output.line(f"{row['digest']}  block {row['block']}, {row['batches']} batches")
    for split in found["splitViews"]:
        output.line(output.colour(f"split view: {split['detail']}", "31"))


@app.command()
def show(
    digest: Annotated[
        str | None, typer.Argument(metavar="DIGEST", help="Which one; else the newest.")
    ] = None,
    target: Target = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Show a checkpoint that the service keeps, or write its file."""
    client = common.connect("trader", who)
    raw = client.request("GET", f"/v1/checkpoints/{digest or 'latest'}").body
    if target is not None:
        common.write_file(target, raw)
    _print(raw, as_json)


@app.command()
def consistency(
    first: Annotated[str, typer.Argument(metavar="DIGEST")],
    second: Annotated[str, typer.Argument(metavar="DIGEST")],
    target: Target = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Fetch the proof that one checkpoint follows from another, and check it here. Exits 1 when it does
    not."""
    from ledger_app.proof import split_view
    from ledger_app.proof.hexes import from_hex
    from ledger_app.proof.statements import parse_signed

    client = common.connect("trader", who)
    files = [client.request("GET", f"/v1/checkpoints/{each}").body for each in (first, second)]
    proof = client.get(f"/v1/checkpoints/{first}/consistency/{second}")
    if target is not None:
        common.write_file(target, json.dumps(proof, indent=1).encode())
    a, b = (parse_signed(raw) for raw in files)
    found = split_view.compare(a, b, [from_hex(node, 32) for node in proof["proof"]])
    _told(found, as_json, proof=proof)


@app.command()
def compare(
    first: File,
    second: File,
    proof: Annotated[
        Path | None, typer.Option("--proof", help="What `origin checkpoint consistency -o` wrote.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="SNAPSHOT", help="Check the signatures by this council.")
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Hold two checkpoints or snapshots against each other. Asks nobody. Exits 1 for a split view."""
    from ledger_app.cli.offline import read_snapshot
    from ledger_app.proof import split_view
    from ledger_app.proof.hexes import from_hex
    from ledger_app.proof.statements import parse_signed

    a, b = (parse_signed(common.read_file(path)) for path in (first, second))
    if trust is not None:
        council = read_snapshot(trust, None, None).council
        for each in (a, b):
            each.check(council)
    nodes = None
    if proof is not None:
        try:
            nodes = [from_hex(node, 32) for node in json.loads(common.read_file(proof))["proof"]]
        except (ValueError, KeyError, TypeError):
            raise errors.BadInput("EVIDENCE_INVALID", f"{proof} holds no proof") from None
    both = sorted(set(a.signers()) & set(b.signers()))
    _told(split_view.compare(a, b, nodes), as_json, signedBoth=both)


def _told(found: Any, as_json: bool, **more: Any) -> None:
    split = found.outcome == "split"
    if as_json:
        reason = "SPLIT_VIEW" if split else "CONSISTENCY_UNPROVEN" if found.outcome == "unproven" else ""
        output.result({"outcome": found.outcome, "detail": found.detail, "reason": reason, **more})
    else:
        output.line(output.colour(found.outcome, "31" if split else "0") + f": {found.detail}")
        if split and more.get("signedBoth"):
            output.line(f"  signed both: {', '.join(more['signedBoth'])}")
    if split:
        raise SystemExit(output.REFUSED)


def _print(raw: bytes, as_json: bool) -> None:
    from ledger_app.proof.hexes import to_hex
    from ledger_app.proof.statements import parse_signed

    signed = parse_signed(raw)
    if as_json:
        output.result({"digest": to_hex(signed.digest), **signed.to_json()})
        return
    stated = signed.statement
    output.line(f"{to_hex(signed.digest)}")
    output.line(f"  block {stated.block}, {to_hex(stated.block_hash)}")
    if signed.is_checkpoint:
        output.line(f"  {stated.batches} batches, {to_hex(stated.batches_root)}")
        output.line(f"  {stated.standings} changes of standing, {to_hex(stated.standings_root)}")
    output.line(f"  signed by {', '.join(signed.signers())}")
