"""Which certificate a command is about: by number, digest or its bundle's file."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_app import errors
from ledger_app.cli import common
from ledger_app.client import Client
from ledger_app.domain.act_states import DEAD

_DIGEST = re.compile(r"0x[0-9a-fA-F]{64}")

What = Annotated[
    str, typer.Argument(metavar="NUMBER|DIGEST|FILE", help="Which certificate: or its bundle's file.")
]
Issuer = Annotated[str | None, typer.Option(help="The issuer's identifier, if several use the number.")]


def find(client: Client, what: str, issuer: str | None) -> dict[str, Any]:
    """The one certificate with this number or digest, as it stands in a list. Raises NotFound, Conflict."""
    query = {"digest": what.lower()} if _DIGEST.fullmatch(what) else {"number": what}
    rows = client.get("/v1/certificates", issuer=issuer, **query)["certificates"]
    rows = [row for row in rows if row["state"] not in DEAD] or rows
    if not rows:
        raise errors.NotFound("CERTIFICATE_UNKNOWN")
    if len({row["issuer"]["id"] for row in rows}) > 1:
        issuers = ", ".join(sorted(str(row["issuer"].get("name") or row["issuer"]["id"]) for row in rows))
        raise errors.Conflict(
            "NUMBER_AMBIGUOUS", f"several issuers use this number: {issuers}; give --issuer"
        )
    found: dict[str, Any] = rows[0]
    return found


def reference(what: str, issuer: str | None) -> dict[str, Any]:
    """How the API is told which certificate is meant: by a bundle's file, a digest or a number."""
    path = Path(what)
    if path.is_file():
        from ledger_app.proof.canonical import parse_object

        return {"bundle": parse_object(common.read_file(path), max_bytes=8 << 20, max_depth=40)}
    if _DIGEST.fullmatch(what):
        return {"digest": what.lower()}
    return {"number": what, **({"issuer": issuer} if issuer else {})}
