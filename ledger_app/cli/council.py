"""`origin council …`: what the council votes for. The members' signers sign."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output
from ledger_app.cli.member import Acceptance, accepted

app = common.group("The council's acts: members, keys, pause.")

COUNCIL = "council-1"
_PIN = {
    "CHAIN_ID": "chainId",
    "GENESIS": "genesis",
    "CONSORTIUM": "consortium",
    "REGISTRY": "registry",
    "CARGO_LOG": "cargoLog",
    "FIRST_BLOCK": "firstBlock",
}
Organisation = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Registered identifier, urn:….")]
Key = Annotated[str, typer.Option(help="The key's address, 0x….")]


@app.command()
def show(as_json: common.Json = False) -> None:
    """Show the council as the ledger has it now."""
    found = common.connect(COUNCIL).get("/v1/council")
    if as_json:
        output.result(found)
        return
    output.line(f"{found['threshold']} of {len(found['members'])} must agree, epoch {found['epoch']}")
    for member in found["members"]:
        output.line(f"  {member}")
    if found["pausedUntil"]:
        output.line(f"paused until {datetime.fromtimestamp(found['pausedUntil'], UTC):%Y-%m-%d %H:%M UTC}")


@app.command()
def pin() -> None:
    """Print the ledger's pin as settings: compare it with the council's announcement, or join with it."""
    found = common.connect(COUNCIL).get("/v1/ledger")
    for setting, member in _PIN.items():
        output.line(f"ORIGIN_{setting}={found[member]}")


@app.command()
def admit(
    organisation: Organisation,
    name: Annotated[str, typer.Option(help="Its name.")],
    territory: Annotated[str, typer.Option(help="Its customs territory, for ever.")],
    roles: Annotated[
        list[str] | None, typer.Option("--role", help="AUTHORITY, CUSTOMS, REPORTER, AUDITOR.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Admit an organisation, or change the roles that the council gives it."""
    body = {
        "act": "admit",
        "organisation": organisation,
        "name": name,
        "territory": territory,
        "roles": roles or [],
    }
    _vote(body, who, as_json, no_wait, timeout)


@app.command(name="grant-key")
def grant_key(
    organisation: Organisation,
    acceptance: Acceptance,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Give an organisation a key that has agreed to it."""
    _vote(
        {"act": "grantKey", "organisation": organisation, **accepted(acceptance)},
        who,
        as_json,
        no_wait,
        timeout,
    )


@app.command(name="end-key")
def end_key(
    organisation: Organisation,
    key: Key,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """End a key from now on."""
    _vote({"act": "endKey", "organisation": organisation, "key": key}, who, as_json, no_wait, timeout)


@app.command()
def disown(
    organisation: Organisation,
    key: Key,
    since: Annotated[datetime, typer.Option(help="Since when it may have been in other hands (UTC).")],
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Disown a key backdated, and end it; what was issued with it since needs the issuer's confirmation."""
    seconds = int(since.replace(tzinfo=UTC).timestamp())
    body = {"act": "disown", "organisation": organisation, "key": key, "since": seconds}
    _vote(body, who, as_json, no_wait, timeout)


@app.command(name="set")
def set_council(
    members: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="All members of the new council.")],
    threshold: Annotated[int, typer.Option(min=2, help="How many must agree.")],
    acceptances: Annotated[
        list[Path] | None, typer.Option("--acceptance", help="Each newcomer's `origin signer accept`.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Seat a new council."""
    agreed = [accepted(file)["acceptance"] for file in acceptances or []]
    body = {"act": "setCouncil", "members": members, "threshold": threshold, "acceptances": agreed}
    _vote(body, who, as_json, no_wait, timeout)


@app.command()
def pause(
    hours: Annotated[float, typer.Option(min=0.01, help="For how long.")] = 24,
    alone: Annotated[bool, typer.Option("--alone", help="As one member, for at most 72 hours.")] = False,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Stop issuing, acquitting and anchoring for a while; what limits or explains stays possible."""
    seconds = int(hours * 3600)
    if alone:
        client = common.connect(COUNCIL, who)
        body: dict[str, Any] = {"seconds": seconds}
        common.act(client, "/v1/council/pause", body, as_json=as_json, no_wait=no_wait, timeout=timeout)
    else:
        _vote({"act": "pauseFor", "seconds": seconds}, who, as_json, no_wait, timeout)


@app.command()
def unpause(
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """End the pause."""
    _vote({"act": "unpause"}, who, as_json, no_wait, timeout)


@app.command()
def seal(
    contract: Annotated[str, typer.Argument(help="CertificateRegistry or CargoLog.")],
    yes: Annotated[bool, typer.Option("--yes", help="It is for ever.")] = False,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Seal a contract for ever, so that its successor can take over."""
    if not yes:
        raise typer.BadParameter("a sealed contract never takes an act again; say --yes", param_hint="--yes")
    _vote({"act": "seal", "contract": contract}, who, as_json, no_wait, timeout)


def _vote(body: dict[str, Any], who: str, as_json: bool, no_wait: bool, timeout: float) -> None:
    client = common.connect(COUNCIL, who)
    common.act(client, "/v1/council/acts", body, as_json=as_json, no_wait=no_wait, timeout=timeout)
