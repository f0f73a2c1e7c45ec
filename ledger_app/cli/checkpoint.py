"""`origin checkpoint …`: what the council states the ledger holds, and whether it states the same to all."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output
from ledger_app.cli.trust import COUNCIL, Days

if TYPE_CHECKING:
    from ledger_app.client import Client
    from ledger_app.proof.statements import Signed

app = common.group("Checkpoints: signed heads of the ledger, for verifying offline.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="A checkpoint or trust snapshot.")]
Snapshot = Annotated[
    Path | None, typer.Option("--trust", metavar="SNAPSHOT", help="Check the signatures by this council.")
]
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
    trust: Snapshot = None,
    target: Target = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Fetch the proof that one checkpoint follows from another, and check it here. Exits 1 when it does
    not, or the service shows another checkpoint than was asked for."""
    from ledger_app.proof import split_view

    client = common.connect("trader", who)
    a, b = (_asked(client, each.lower()) for each in (first, second))
    _check_signatures(trust, a, b)
    proof = client.get(f"/v1/checkpoints/{first.lower()}/consistency/{second.lower()}")
    nodes = _nodes(proof, "what the service gave")
    if target is not None:
        common.write_file(target, json.dumps(proof, indent=1).encode())
    found = split_view.compare(a, b, nodes)
    _told(found, as_json, proof=proof, signaturesChecked=trust is not None)
    if trust is None:
        output.progress("signatures were not checked: name the council's snapshot with --trust")
    if found.outcome not in ("same", "consistent"):
        raise SystemExit(output.REFUSED)


@app.command()
def compare(
    first: File,
    second: File,
    proof: Annotated[
        Path | None, typer.Option("--proof", help="What `origin checkpoint consistency -o` wrote.")
    ] = None,
    trust: Snapshot = None,
    as_json: common.Json = False,
) -> None:
    """Hold two checkpoints or snapshots against each other. Asks nobody. Exits 1 for a split view."""
    from ledger_app.proof import split_view
    from ledger_app.proof.statements import parse_signed

    a, b = (parse_signed(common.read_file(path)) for path in (first, second))
    _check_signatures(trust, a, b)
    nodes = None
    if proof is not None:
        try:
            nodes = _nodes(json.loads(common.read_file(proof)), str(proof))
        except ValueError:
            raise errors.BadInput("EVIDENCE_INVALID", f"{proof} holds no proof") from None
    both = sorted(set(a.signers()) & set(b.signers()))
    _told(split_view.compare(a, b, nodes), as_json, signedBoth=both)


def _asked(client: "Client", digest: str) -> "Signed":
    """The statement with this digest, which is what its signers signed: another one is not taken for it."""
    from ledger_app.proof.hexes import to_hex
    from ledger_app.proof.statements import parse_signed

    found = parse_signed(client.request("GET", f"/v1/checkpoints/{common.segment(digest)}").body)
    if to_hex(found.digest) != digest:
        raise errors.Conflict(
            "STATEMENT_DIFFERS", f"asked for {digest}, the service gave {to_hex(found.digest)}"
        )
    return found


def _check_signatures(trust: Path | None, *statements: "Signed") -> None:
    if trust is None:
        return
    from ledger_app.cli.offline import read_snapshot

    snapshot = read_snapshot(trust, None, None)
    for each in statements:
        if (each.domain, each.statement.genesis, each.statement.registry) != (
            snapshot.domain,
            snapshot.statement.genesis,
            snapshot.statement.registry,
        ):
            raise errors.BadInput("OTHER_LEDGER", "it is of another ledger than the trust snapshot")
        each.check(snapshot.council)


def _nodes(proof: Any, source: str) -> list[bytes]:
    from ledger_app.proof.hexes import from_hex

    try:
        return [from_hex(node, 32) for node in proof["proof"]]
    except (KeyError, TypeError, errors.BadInput):
        raise errors.BadInput("EVIDENCE_INVALID", f"{source} holds no proof") from None


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
