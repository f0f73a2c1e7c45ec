"""A row is recognised by what it says, by whatever name its issuer goes."""

import json
import secrets
from typing import Any

from sqlalchemy import update

from ledger_app.domain.samples import sample_document
from ledger_app.services import numbering, registering
from ledger_app.services.bulk.jobs import job_key
from ledger_app.services.bulk.reading import read_page
from ledger_app.services.context import ALWAYS
from ledger_app.services.importing import own_issuer
from ledger_app.store import import_rows, members
from ledger_app.store.tables_imports import import_rows as rows_table
from tests.bulk.desk import MEDIA, Desk
from tests.bulk.tables import record, table


def counts(job: dict[str, Any]) -> tuple[int, int, int, int]:
    return job["rows"], job["ready"], job["refused"], job["repeated"]


def test_a_row_is_known_by_whatever_name_its_issuer_goes(desk: Desk) -> None:
    world, chamber = desk.world, desk.world.actors["chamber-cn"]
    numbering.add(
        world.ctx, world.principal("chamber-cn"), f"N{secrets.token_hex(3)}-###", 1, None, None, ALWAYS
    )
    data = table([record(None, remarks=secrets.token_hex(6)) for _ in range(2)])
    job = desk.imported(data)
    given = [each["number"] for each in desk.client.get(f"/v1/imports/jobs/{job['id']}/rows").json()["rows"]]
    with world.ctx.store.read() as conn:
        before = members.member(conn, chamber.id)
    assert before is not None
    naming = world.ctx, world.principal("chamber-cn"), chamber.identifier
    try:
        registering.name_as(*naming, "The same chamber, renamed", before.territory)
        again = desk.send(data)
        assert (counts(again), again["state"]) == ((2, 0, 0, 2), "done")
    finally:
        registering.name_as(*naming, before.name, before.territory)
    assert [len(desk.issued(number)) for number in given] == [1, 1]


def test_what_was_issued_without_an_import_is_known_by_what_it_says(desk: Desk) -> None:
    same, other = sample_document(desk.number()), sample_document(desk.number())
    issuer = {
        "identifier": desk.world.actors["chamber-cn"].identifier,
        "name": "A chamber",
        "territory": "CN",
    }
    desk.world.issue({**same, "issuer": issuer}, {**other, "issuer": issuer})
    fresh = desk.number()
    rows = [
        record(same["number"]),
        record(other["number"], remarks="something else"),
        record(same["number"], remarks="something else"),
        record(fresh),
    ]
    for data, name in ((table(rows), "x.csv"), (_as_json([same, {**other, "remarks": "else"}]), "x.json")):
        kind = name.split(".")[1]
        answer = desk.client.post(
            "/v1/imports/judgement",
            params={"firstRow": 2},
            content=data,
            headers={"Content-Type": MEDIA[kind]},
        )
        found = [
            (one["known"], [each["rule"] for each in one["findings"] if each["severity"] == "error"])
            for one in answer.json()["rows"]
        ]
        taken = False, ["NUMBER_TAKEN"]
        assert found[:3] == [(True, []), taken, taken][: len(found)]
        job = desk.imported(data, name)
        assert (job["refused"], job["repeated"]) == (len(found[1:3]), 1)
        assert {each["rule"] for each in job["findings"]} == {"NUMBER_TAKEN"}
        assert [each["row"] for each in job["findings"]] == [3, 4] if kind == "csv" else [2]
    assert [len(desk.issued(number)) for number in (same["number"], other["number"], fresh)] == [1, 1, 1]


def _as_json(documents: list[dict[str, Any]]) -> bytes:
    return json.dumps(
        [{name: each for name, each in one.items() if name != "issuer"} for one in documents]
    ).encode()


def test_a_row_recorded_when_the_name_of_its_issuer_counted_is_still_known(desk: Desk) -> None:
    number, without = desk.number(), record(None, remarks=secrets.token_hex(6))
    numbering.add(
        desk.world.ctx,
        desk.world.principal("chamber-cn"),
        f"O{secrets.token_hex(3)}-###",
        1,
        None,
        None,
        ALWAYS,
    )
    data = table([record(number), without])
    job = desk.imported(data)
    _record_as_before(desk, job, data)
    again = desk.send(data)
    assert (counts(again), again["state"]) == ((2, 0, 0, 2), "done")
    more = desk.imported(table([without, record(desk.number()), without]))
    assert counts(more) == (3, 1, 0, 2)


def _record_as_before(desk: Desk, job: dict[str, Any], data: bytes) -> None:
    """Record the rows as a service did for which the issuer's name was a part of the content."""
    ctx, chamber = desk.world.ctx, desk.world.actors["chamber-cn"].id
    issuer = own_issuer(ctx, desk.world.principal("chamber-cn"))
    read = read_page(data, "csv", 2, issuer, chamber, job_key(ctx, chamber))
    with ctx.store.begin() as conn:
        for row in read:
            conn.execute(
                update(rows_table).where(rows_table.c.content == row.content).values(content=row.before)
            )
        found = import_rows.entries(conn, chamber, [row.before for row in read])
    assert {entry.job_id for entry in found.values()} == {job["id"]}
    assert len(found) == len(read)
