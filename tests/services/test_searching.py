"""Search on a real chain and over HTTP: standings as they change, and every answer of the two routes."""

import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import text

from ledger_app.errors import Broken
from ledger_app.services import clearing, lifecycle
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.services.search.filters import STANDINGS, Filters
from ledger_app.services.search.finding import find
from tests.support.world import World


def standings(world: World, number: str, who: str = "chamber-cn") -> set[str]:
    """The standings that find the certificate with this number."""
    return {
        word
        for word in STANDINGS
        if find(world.ctx, world.principal(who), Filters(number=number, standing=(word,))).rows
    }


def test_standing_is_found_as_the_ledger_has_it_and_so_after_a_rebuild(world: World) -> None:
    document = world.document(allowance=2)
    (certificate,) = world.issue(document)
    number, reference = document["number"], Reference(id=certificate["id"])
    chamber, customs = world.principal("chamber-cn"), world.principal("customs-au")
    world.catch_up()
    assert standings(world, number) == {"good"}
    steps: tuple[tuple[Any, set[str]], ...] = (
        (
            lambda: clearing.acquit(world.ctx, customs, reference, "D-1", 1, None, ALWAYS),
            {"good", "partly-used"},
        ),
        (lambda: lifecycle.suspend(world.ctx, chamber, reference, 1, ALWAYS), {"suspended", "partly-used"}),
        (lambda: lifecycle.reinstate(world.ctx, chamber, reference, ALWAYS), {"good", "partly-used"}),
        (lambda: clearing.acquit(world.ctx, customs, reference, "D-2", 1, None, ALWAYS), {"used-up"}),
        (lambda: clearing.withdraw(world.ctx, customs, reference, "D-1", 1, ALWAYS), {"good", "partly-used"}),
        (lambda: lifecycle.revoke(world.ctx, chamber, reference, 1, ALWAYS), {"revoked", "partly-used"}),
    )
    for act, expected in steps:
        world.done(act())
        world.catch_up()
        assert standings(world, number) == expected
        assert standings(world, number, "customs-au") == expected
        assert standings(world, number, "chamber-au") == set()
    assert world.ctx.follower is not None
    before, after = world.ctx.follower.rebuild()
    assert before == after
    assert standings(world, number) == {"revoked", "partly-used"}


def test_certificate_is_pending_until_its_act_is_on_the_ledger_and_refused_after_it_came_to_nothing(
    world: World,
) -> None:
    from ledger_app.services import issuing, signing

    document = world.document()
    chamber = world.principal("chamber-cn")
    answer = issuing.issue(world.ctx, chamber, [document], ALWAYS)
    assert standings(world, document["number"]) == {"pending"}
    signing.refuse(world.ctx, chamber, answer["act"]["id"], "SIGNER_LIMIT", "no")
    assert standings(world, document["number"]) == {"refused"}


def test_erased_certificate_is_no_longer_found_by_what_its_document_said(world: World) -> None:
    document = world.document()
    (certificate,) = world.issue(document)
    chamber = world.principal("chamber-cn")
    asked = {"number": document["number"], "exporter": document["exporter"]["name"]}
    assert find(world.ctx, chamber, Filters(**asked)).rows
    lifecycle.erase(world.ctx, chamber, certificate["id"])
    assert find(world.ctx, chamber, Filters(**asked)).rows == []
    assert find(world.ctx, chamber, Filters(number=document["number"])).rows


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ({"hs": "851"}, 400, "HS_PREFIX_INVALID"),
        ({"standing": "fine"}, 400, "STANDING_UNKNOWN"),
        ({"originCountry": "Atlantis"[:8]}, 400, "TERRITORY_INVALID"),
        ({"issuedFrom": "2026-13-01"}, 400, "DAY_INVALID"),
        ({"issuedFrom": "2026-02-02", "issuedTo": "2026-02-01"}, 400, "DAYS_REVERSED"),
        ({"cursor": "djEuMQ"}, 400, "CURSOR_INVALID"),
        ({"sort": "price"}, 422, "PARAMETER_INVALID"),
        ({"limit": 201}, 422, "PARAMETER_INVALID"),
        ({"exporter": "x" * 401}, 422, "PARAMETER_INVALID"),
    ],
)
def test_question_without_sense_is_refused_with_a_reason(
    world: World, query: dict[str, Any], status: int, reason: str
) -> None:
    with world.client("chamber-cn") as client:
        for path in ("/v1/certificates", "/v1/certificates/export"):
            if path.endswith("export") and query.keys() & {"cursor", "limit"}:
                continue
            answer = client.get(path, params=query)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason), path


def test_export_comes_as_the_file_that_was_asked_for(world: World) -> None:
    document = world.document()
    document["exporter"] = {**document["exporter"], "name": "=SUM(A1:A9) & Sons"}
    world.issue(document)
    query = {"number": document["number"]}
    with world.client("chamber-cn") as client:
        table = client.get("/v1/certificates/export", params=query)
        assert table.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert 'filename="certificates.csv"' in table.headers["content-disposition"]
        (row,) = csv.DictReader(io.StringIO(table.text, newline=""), strict=True)
        assert row["exporter"] == "'=SUM(A1:A9) & Sons"
        whole = client.get("/v1/certificates/export", params={**query, "format": "json"})
        assert whole.json()[0]["exporter"] == "=SUM(A1:A9) & Sons"
        lines = client.get("/v1/certificates/export", params={**query, "format": "ndjson"})
        assert [json.loads(line) for line in lines.text.splitlines()] == whole.json()
        assert client.get("/v1/certificates/export", params={"format": "xlsx"}).status_code == 422
    with world.client("trader") as client:
        assert client.get("/v1/certificates/export", params={**query, "format": "json"}).json() == []
    with world.client() as client:
        assert client.get("/v1/certificates/export", params=query).status_code == 401


def test_damaged_search_row_is_told_as_damage(world: World) -> None:
    document = world.document()
    (certificate,) = world.issue(document)
    if world.ctx.store.engine.dialect.name == "postgresql":
        pytest.skip("its columns take no other type")
    query = "UPDATE certificate_search SET terms = :raw WHERE certificate_id = :id"
    with world.ctx.store.begin() as conn:
        kept = conn.execute(
            text("SELECT terms FROM certificate_search WHERE certificate_id = :id"), {"id": certificate["id"]}
        )
        before = kept.scalar_one()
        conn.execute(text(query), {"raw": "text", "id": certificate["id"]})
    with pytest.raises(Broken) as refused:
        find(world.ctx, world.principal("chamber-cn"), Filters(hs="85"))
    assert refused.value.reason == "RECORD_DAMAGED"
    with world.ctx.store.begin() as conn:
        conn.execute(text(query), {"raw": before, "id": certificate["id"]})
