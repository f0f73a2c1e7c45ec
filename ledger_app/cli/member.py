"""`origin member …`: who is who, enrolment, accreditation, keys and tokens."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common, output

app = common.group("Organisations: enrol, accredit, keys, tokens.")

AUTHORITY = "authority"
Identifier = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Registered identifier, urn:….")]
Acceptance = Annotated[
    Path, typer.Option("--acceptance", help="What `origin signer accept` printed for the new key.")
]
_KINDS = {"none": 0, "authority": 1, "approved-exporter": 2, "registered-exporter": 3, "self-certified": 4}


@app.command(name="list")
def list_(who: common.As = "", as_json: common.Json = False) -> None:
    """List the organisations known here."""
    found = common.connect(AUTHORITY, who).get("/v1/organisations", limit=200)
    if as_json:
        output.result(found)
        return
    for row in found["organisations"]:
        output.line(f"{row['identifier']}  {row['name']}  {row['territory']}  {', '.join(row['roles'])}")


@app.command()
def show(organisation: Identifier, who: common.As = "", as_json: common.Json = False) -> None:
    """Show an organisation with its keys and accreditations."""
    found = common.connect(AUTHORITY, who).get(f"/v1/organisations/{_path(organisation)}")
    if as_json:
        output.result(found)
        return
    output.line(f"{found['name']} ({found['identifier']}), {found['territory']}: {', '.join(found['roles'])}")
    for key in found["keys"]:
        output.line(f"  key    {key['key']}")
    for right in found["accreditations"]:
        output.line(f"  right  {right['scheme']}")


@app.command()
def enrol(
    organisation: Identifier,
    name: Annotated[str, typer.Option(help="Its name.")],
    roles: Annotated[
        list[str] | None, typer.Option("--role", help="ISSUER, EXPORTER, AGENT. Repeatable.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """As its authority, record an organisation and set its roles; none takes them all."""
    body = {"name": name, "roles": roles or []}
    _organisation_act("enrolment", organisation, body, who, as_json, no_wait, timeout)


@app.command()
def accredit(
    organisation: Identifier,
    scheme: Annotated[str, typer.Option(help="The scheme's code.")],
    kind: Annotated[str, typer.Option(help="authority, approved-exporter, …; none ends it.")] = "authority",
    since: Annotated[str | None, typer.Option("--from", metavar="DATE")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE")] = None,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """As its authority, accredit an organisation for a scheme."""
    if kind not in _KINDS:
        raise typer.BadParameter(f"one of {', '.join(_KINDS)}", param_hint="--kind")
    body: dict[str, Any] = {"scheme": scheme, "kind": _KINDS[kind]}
    body |= {name: day for name, day in (("from", since), ("until", until)) if day}
    _organisation_act("accreditation", organisation, body, who, as_json, no_wait, timeout)


@app.command()
def key(
    organisation: Identifier,
    acceptance: Acceptance,
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Give an organisation a key that has agreed to it, as its authority or as itself."""
    _organisation_act("keys", organisation, accepted(acceptance), who, as_json, no_wait, timeout)


@app.command(name="retire-key")
def retire_key(
    address: Annotated[str, typer.Argument(metavar="KEY", help="The key's address, 0x….")],
    who: common.As = "",
    as_json: common.Json = False,
    no_wait: common.NoWait = False,
    timeout: common.Seconds = 120,
) -> None:
    """Retire one of your own keys for ever; another of your keys signs it."""
    path = f"/v1/keys/{_path(address)}/retirement"
    common.act(common.connect(AUTHORITY, who), path, {}, as_json=as_json, no_wait=no_wait, timeout=timeout)


@app.command()
def token(
    kind: Annotated[str, typer.Argument(help="organisation, council, trader or operator.")],
    subject: Annotated[
        str | None, typer.Option(help="The organisation's identifier, or the member's address.")
    ] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    person: Annotated[str, typer.Option(help="Who uses it; four eyes tell persons apart by this.")] = "",
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Make an access token; it is shown this once."""
    body = {"kind": kind, "label": label, **({"subject": subject} if subject else {})}
    if person:
        body["person"] = person
    found = common.connect("operator", who).post("/v1/tokens", body)
    if as_json:
        output.result(found)
    else:
        output.line(found["token"])


def accepted(file: Path) -> dict[str, Any]:
    """Key and acceptance from what `origin signer accept` printed. Raises BadInput for another file."""
    try:
        found = json.loads(common.read_file(file, 1 << 16))
        return {
            "key": found["key"],
            "acceptance": {"deadline": found["deadline"], "signature": found["signature"]},
        }
    except (ValueError, KeyError, TypeError):
        raise errors.BadInput(
            "FILE_UNREADABLE", f"{file} is not what `origin signer accept` prints"
        ) from None


def _organisation_act(
    act: str, organisation: str, body: dict[str, Any], who: str, as_json: bool, no_wait: bool, timeout: float
) -> None:
    path = f"/v1/organisations/{_path(organisation)}/{act}"
    common.act(common.connect(AUTHORITY, who), path, body, as_json=as_json, no_wait=no_wait, timeout=timeout)


def _path(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe=":")
