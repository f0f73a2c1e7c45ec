"""Rows whose columns hold another type than was stored: a reason, never a fault."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger_app.errors import BadInput, Broken
from ledger_app.services import certificates
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from tests.support.world import World


@pytest.mark.parametrize(
    ("column", "raw"),
    [
        ("leaf_fields", "no JSON"),
        ("proof", "no JSON"),
        ("proof", "7"),
        ("proof", "[7]"),
        ("sealed", "text"),
        ("sealed", 1.5),
        ("sealed", b"\1"),
    ],
)
def test_row_that_holds_another_type_cannot_be_told(world: World, column: str, raw: Any) -> None:
    document = world.document()
    (certificate,) = world.issue(document)
    if world.ctx.store.engine.dialect.name == "postgresql" and raw in ("no JSON", 1.5):
        with pytest.raises((DBAPIError, BadInput)):  # its columns do not take everything
            _write(world, certificate["id"], column, raw)
        return
    _write(world, certificate["id"], column, raw)
    expected = "SEALED_UNREADABLE" if raw in ("text", b"\1") else "RECORD_DAMAGED"
    for query in ({"number": document["number"]}, {"digest": certificate["digest"]}, {"document": document}):
        report = world.verify("customs-au", **query)
        assert (report["verdict"], report["reason"], report["exit_code"]) == ("CANNOT_TELL", expected, 20)
    with pytest.raises(Broken, match=expected):
        certificates.bundle(world.ctx, world.principal("chamber-cn"), certificate["id"])


@pytest.mark.parametrize("raw", ["7", "{}", '{"allowance":1,"validFrom":"x","validUntil":[]}'])
def test_leaf_fields_of_another_shape_are_told_as_damage(world: World, raw: str) -> None:
    document = world.document()
    (certificate,) = world.issue(document)
    _write(world, certificate["id"], "leaf_fields", raw)
    assert world.verify("trader", number=document["number"])["verdict"] == "GENUINE"
    with pytest.raises(Broken, match="RECORD_DAMAGED"):
        find(world.ctx, world.principal("chamber-cn"), Filters(number=document["number"]))


@pytest.mark.parametrize(
    ("table", "column", "raw"),
    [
        ("index_organisations", "territory", "0x434e000000000041"),
        ("index_organisations", "territory", "no hex"),
        ("tokens", "kind", "emperor"),
    ],
)
def test_a_caller_whose_own_rows_are_damaged_is_told_so_and_is_nobody(
    world: World, table: str, column: str, raw: str
) -> None:
    who = world.principal("carrier")
    key, value = (
        ("organisation", who.organisation) if table == "index_organisations" else ("id", who.token_id)
    )
    change = text(f"UPDATE {table} SET {column} = :raw WHERE {key} = :value")
    with world.ctx.store.begin() as conn:
        before = conn.execute(text(f"SELECT {column} FROM {table} WHERE {key} = '{value}'")).scalar_one()
        conn.execute(change, {"raw": raw, "value": value})
    try:
        with pytest.raises(Broken, match="RECORD_DAMAGED"):
            world.principal("carrier")
    finally:
        with world.ctx.store.begin() as conn:
            conn.execute(change, {"raw": before, "value": value})
    assert world.principal("carrier") == who


def _write(world: World, certificate_id: str, column: str, raw: Any) -> None:
    with world.ctx.store.begin() as conn:
        statement = text(f"UPDATE certificates SET {column} = :raw WHERE id = :id")
        conn.execute(statement, {"raw": raw, "id": certificate_id})
