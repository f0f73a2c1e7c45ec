"""`origin numbers …`: the ranges that an issuing body takes its certificate numbers from."""

import secrets
from typing import Annotated, Any

import typer

from ledger_app.cli import common, output

app = common.group("Ranges of certificate numbers, and what became of each number.")

CHAMBER = "chamber"


@app.command()
def add(
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="One run of # for the counter, perhaps {year}.")
    ],
    first: Annotated[int, typer.Option(min=0)] = 1,
    last: Annotated[int | None, typer.Option(min=0, help="As far as the pattern goes by default.")] = None,
    scheme: Annotated[
        str | None, typer.Option(help="For this scheme only; for every one by default.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """Register a range, such as CCPIT-{year}-######."""
    body: dict[str, Any] = {"pattern": pattern, "first": first}
    body |= {} if last is None else {"last": last}
    body |= {} if scheme is None else {"scheme": scheme}
    client = common.connect(CHAMBER, who)
    found = client.post("/v1/numbers", body, idempotency_key=secrets.token_hex(16))
    if as_json:
        output.result(found)
        return
    _print(found)


@app.command(name="list")
def list_(
    range_: Annotated[
        str | None, typer.Argument(metavar="[RANGE]", help="A range's id: its numbers one by one.")
    ] = None,
    year: Annotated[int | None, typer.Option(min=1, max=9999, help="This year by default.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Only those that are used, pending, void or unused.")
    ] = None,
    who: common.As = "",
    as_json: common.Json = False,
) -> None:
    """List your ranges and how far they are given out, or what became of the numbers of one."""
    client = common.connect(CHAMBER, who)
    if range_ is None:
        found = client.get("/v1/numbers", limit=200)
        if as_json:
            output.result(found)
            return
        for row in found["ranges"]:
            _print(row)
        return
    shown: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get(
            f"/v1/numbers/{common.segment(range_)}", year=year, state=state, cursor=cursor, limit=200
        )
        if as_json:
            shown += page["numbers"]
        for row in () if as_json else page["numbers"]:
            output.line(f"{row['number']}  {row['state']}" + (f" ({row['reason']})" if row["reason"] else ""))
        cursor = page["next"]
        if cursor is None:
            break
    if as_json:
        output.result({"numbers": shown})


def _print(row: dict[str, Any]) -> None:
    output.line(
        f"{row['id']}  {row['pattern']}  {row['first']} to {row['last']}, {row['scheme'] or 'every scheme'}"
    )
    for year in row["years"]:
        when = f"{year['year']}: " if year["year"] else ""
        output.line(f"  {when}{year['given']} given, {year['left']} left, next {year['next'] or 'none'}")
