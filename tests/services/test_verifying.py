"""Verification by file, number, digest and bare document; and what it says when parts cannot be trusted."""

import dataclasses
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_app.access.principals import ANONYMOUS
from ledger_app.chain.facts import Batch, Lookup, Standing
from ledger_app.chain.gateway import Gateway
from ledger_app.errors import BadInput, NotAuthenticated
from ledger_app.services import certificates, issuing, lifecycle
from ledger_app.services.context import ALWAYS, Services
from ledger_app.services.locating import Reference
from ledger_app.services.subjects import Query
from ledger_app.services.verifying import verify, verify_many
from ledger_app.store.engine import Store
from ledger_app.store.tables_records import certificates as table
from tests.support.anvil import Anvil
from tests.support.world import World

Issued = tuple[dict[str, Any], dict[str, str], bytes]


@pytest.fixture(scope="module")
def issued(world: World) -> Issued:
    """A document, its certificate and its bundle."""
    document = world.document()
    (certificate,) = world.issue(document)
    return (
        document,
        certificate,
        certificates.bundle(world.ctx, world.principal("chamber-cn"), certificate["id"]),
    )


def verdict(report: dict[str, Any]) -> tuple[str, str, int]:
    return report["verdict"], report["reason"], report["exit_code"]


# --- what is asked
# -----------------------------------------------------------------------------------------------


def test_a_number_is_looked_up_for_signed_in_callers_only(world: World, issued: Issued) -> None:
    document, certificate, _ = issued
    with pytest.raises(NotAuthenticated, match="SIGN_IN"):
        world.verify(number=document["number"])
    report = world.verify("trader", number=document["number"])
    assert verdict(report) == ("GENUINE", "", 0)
    assert report["notices"] == ["COMPARE_WITH_PAPER"]
    assert report["certificate"]["document"] is None  # a trader sees the standing, not the content
    entitled = world.verify("customs-au", number=document["number"])
    assert entitled["certificate"]["document"] == document
    assert entitled["certificate"]["leaf"] == certificate["leaf"]


def test_an_unknown_number_or_digest_cannot_be_told_and_exits_10(world: World) -> None:
    assert verdict(world.verify("trader", number="NOBODY-1")) == ("CANNOT_TELL", "NOT_FOUND", 10)
    assert verdict(world.verify(digest="0x" + "ab" * 32)) == ("CANNOT_TELL", "NOT_FOUND", 10)


def test_a_digest_shows_no_content_to_strangers(world: World, issued: Issued) -> None:
    _, certificate, _ = issued
    report = world.verify(digest=certificate["digest"])
    assert report["verdict"] == "GENUINE"
    assert report["certificate"]["document"] is None
    assert report["certificate"]["number"] is None
    assert issued[0]["number"] not in json.dumps(report)
    asked = world.verify("trader", number=issued[0]["number"])
    assert asked["certificate"]["number"] == issued[0]["number"]
    entitled = world.verify("customs-au", digest=certificate["digest"])
    assert entitled["certificate"]["number"] == issued[0]["number"]


def test_a_number_used_by_two_issuers_lists_both(world: World) -> None:
    number = world.document()["number"]
    chamber = world.actors["chamber-au"]
    theirs = world.document(number=number, destination="NZ", importCountry="NZ")
    theirs["issuer"] = {"identifier": chamber.identifier, "name": "chamber-au", "territory": "AU"}
    world.issue(world.document(number=number))
    world.issue(theirs, by="chamber-au")
    report = world.verify("trader", number=number)
    assert verdict(report) == ("CANNOT_TELL", "NUMBER_AMBIGUOUS", 20)
    assert {match["certificate"]["issuer"]["name"] for match in report["matches"]} == {
        "chamber-cn",
        "chamber-au",
    }
    one = world.verify("trader", number=number, issuer=chamber.identifier)
    assert (one["verdict"], one["certificate"]["issuer"]["name"]) == ("GENUINE", "chamber-au")


def test_a_bare_document_needs_its_secret_or_an_entitled_caller(world: World, issued: Issued) -> None:
    document, _, bundle = issued
    assert verdict(world.verify(document=document)) == ("CANNOT_TELL", "SECRET_NEEDED", 20)
    assert verdict(world.verify("trader", document=document))[1] == "SECRET_NEEDED"
    assert verdict(world.verify("chamber-cn", document=document)) == ("GENUINE", "", 0)
    secret = json.loads(bundle)["secret"]
    assert verdict(world.verify(document=document, secret=secret)) == ("GENUINE", "", 0)
    as_file = world.verify("customs-au", file=json.dumps(document).encode())
    assert verdict(as_file) == ("GENUINE", "", 0)


def test_a_document_that_differs_from_the_registered_one_is_not_genuine(world: World, issued: Issued) -> None:
    document, _, bundle = issued
    changed = json.loads(json.dumps(document))
    changed["items"][0]["quantity"]["value"] = "999999"
    report = world.verify("customs-au", document=changed)
    assert verdict(report) == ("NOT_GENUINE", "DOCUMENT_DIFFERS", 11)
    assert "/items/0/quantity/value" in report["detail"]
    forged = {**json.loads(bundle), "document": changed}
    assert verdict(world.verify(file=json.dumps(forged).encode())) == ("NOT_GENUINE", "DIGEST_DIFFERS", 11)


def test_the_day_of_presentation_decides_validity(world: World, issued: Issued) -> None:
    bundle = issued[2]
    late = world.verify(file=bundle, at="2029-01-01")
    assert (late["standing"], late["exit_code"]) == ("expired", 12)
    early = world.verify(file=bundle, at="2020-01-01")
    assert (early["standing"], early["exit_code"]) == ("not-yet-valid", 12)
    with pytest.raises(BadInput, match="DAY_INVALID"):
        world.verify(file=bundle, at="2026-02-30")


def test_disclosed_fields_verify_and_are_counted(world: World, issued: Issued) -> None:
    _, certificate, _ = issued
    part = certificates.bundle(
        world.ctx,
        world.principal("chamber-cn"),
        certificate["id"],
        ["/issuer/identifier", "/scheme", "/number"],
    )
    report = world.verify(file=part)
    assert report["verdict"] == "GENUINE"
    assert "fields shown" in report["disclosed"]
    assert "consignee" not in report["certificate"]["document"]


def test_a_claim_is_looked_up_for_the_organisation_that_made_it(world: World, issued: Issued) -> None:
    with pytest.raises(BadInput, match="CLAIM_WHOSE"):
        world.verify("trader", file=issued[2], claim="X")


def test_many_are_answered_from_one_block_in_the_order_asked(world: World, issued: Issued) -> None:
    document, _, bundle = issued
    queries = [Query(file=bundle), Query(file=b"{}"), Query(number=document["number"]), Query(file=bundle)]
    reports = verify_many(world.ctx, world.principal("trader"), queries)
    assert [report["verdict"] for report in reports] == ["GENUINE", "CANNOT_TELL", "GENUINE", "GENUINE"]
    assert len({report["ledger"]["block"] for report in reports if report["ledger"]["block"]}) == 1


def test_a_certificate_is_not_found_before_its_act_is_on_the_ledger(world: World) -> None:
    document = world.document()
    answer = issuing.issue(world.ctx, world.principal("chamber-cn"), [document], ALWAYS)
    report = world.verify("trader", number=document["number"])
    assert verdict(report) == ("CANNOT_TELL", "NOT_FOUND", 10)
    changed = {**document, "exportCountry": "VN"}
    assert world.verify("chamber-cn", document=changed)["verdict"] == "CANNOT_TELL"
    world.done(answer)


# --- a node that cannot be relied on
# -----------------------------------------------------------------------------


def asked_of(world: World, gateway: Gateway, bundle: bytes) -> dict[str, Any]:
    ctx: Services = dataclasses.replace(world.ctx, gateway_or_none=gateway)
    return verify(ctx, ANONYMOUS, Query(file=bundle))


def test_a_node_that_is_down_gives_cannot_tell(world: World, issued: Issued) -> None:
    report = asked_of(world, Gateway("http://127.0.0.1:1", world.ctx.pin, timeout=2), issued[2])
    assert verdict(report) == ("CANNOT_TELL", "NODE_UNAVAILABLE", 20)
    assert report["ledger"] == {"block": None, "time": None, "age_seconds": None}


def test_a_node_that_is_behind_gives_cannot_tell(world: World, issued: Issued) -> None:
    behind = Gateway(world.ctx.gateway.rpc.url, world.ctx.pin, max_age=-1)
    assert verdict(asked_of(world, behind, issued[2])) == ("CANNOT_TELL", "NODE_BEHIND", 20)


def test_a_node_that_is_ahead_of_the_clock_gives_cannot_tell(
    world: World, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = SimpleNamespace(time=lambda: time.time() - 3600)
    monkeypatch.setattr("ledger_app.chain.pinned.time", late)
    assert verdict(world.verify(file=issued[2])) == ("CANNOT_TELL", "CLOCK_BEHIND", 20)


def test_a_node_of_another_chain_gives_cannot_tell(world: World, issued: Issued) -> None:
    with Anvil(chain_id=world.ctx.pin.chain_id) as other:
        report = asked_of(world, Gateway(other.url, world.ctx.pin), issued[2])
    assert verdict(report) == ("CANNOT_TELL", "WRONG_LEDGER", 20)


def test_a_forgery_that_shows_in_the_file_needs_no_node(world: World, issued: Issued) -> None:
    forged = json.loads(issued[2])
    forged["document"]["number"] = "FORGED"
    down = Gateway("http://127.0.0.1:1", world.ctx.pin, timeout=2)
    report = asked_of(world, down, json.dumps(forged).encode())
    assert verdict(report) == ("NOT_GENUINE", "DIGEST_DIFFERS", 11)


# --- a database that cannot be relied on
# -------------------------------------------------------------------------


@contextmanager
def tampered(store: Store, row_id: str, **values: Any) -> Iterator[None]:
    """Change columns of a certificate's row behind the service's back, and put them right again."""
    with store.begin() as conn:
        before = conn.execute(table.select().where(table.c.id == row_id)).mappings().one()
        conn.execute(table.update().where(table.c.id == row_id).values(values))
    try:
        yield
    finally:
        with store.begin() as conn:
            conn.execute(
                table.update().where(table.c.id == row_id).values({name: before[name] for name in values})
            )


@pytest.mark.parametrize("column", [column.name for column in table.columns if column.name != "id"])
def test_no_changed_column_makes_a_false_certificate_genuine(world: World, column: str) -> None:
    real, other = world.document(allowance=1), world.document(allowance=5)
    certificate, decoy = world.issue(real, other)
    revoked = world.document()
    (gone,) = world.issue(revoked)
    chamber = world.principal("chamber-cn")
    world.done(lifecycle.revoke(world.ctx, chamber, Reference(id=gone["id"]), 1, ALWAYS))
    with world.ctx.store.read() as conn:
        rows = {
            name: dict(conn.execute(table.select().where(table.c.id == name)).mappings().one())
            for name in (certificate["id"], decoy["id"], gone["id"])
        }
    fake = rows[certificate["id"]][column]
    values = [rows[decoy["id"]][column], rows[gone["id"]][column], _spoiled(fake)]
    numbers = {row["digest"]: row["number"] for row in rows.values()}
    truth = {real["number"]: real, other["number"]: other, revoked["number"]: revoked}
    for value in values:
        # A unique column cannot hold another row's value; the thief would delete that row, so hide it first.
        hidden = {"digest": "0x" + "00" * 32, "leaf": "0x" + "00" * 32}
        with (
            tampered(world.ctx.store, decoy["id"], **hidden),
            tampered(world.ctx.store, gone["id"], digest="0x" + "11" * 32, leaf="0x" + "11" * 32),
            tampered(world.ctx.store, certificate["id"], **{column: value}),
        ):
            for query in (
                *({"number": number} for number in truth),
                *({"digest": row["digest"]} for row in rows.values()),
                {"document": {**real, "allowance": {"units": 9, "unit": "certificate"}}},
            ):
                report = world.verify("customs-au", **query)
                for found in report["matches"] or [report]:
                    if found["verdict"] != "GENUINE":
                        continue
                    shown = found["certificate"]
                    number = numbers[shown["digest"]]
                    assert shown["document"] in (None, truth[number])
                    assert shown["number"] in (query.get("number"), number)
                    assert query.get("number", number) == number
                    assert query.get("digest", shown["digest"]) == shown["digest"]
                    assert (found["standing"] == "revoked") == (number == revoked["number"])
                    assert "document" not in query


def _spoiled(value: Any) -> Any:
    if isinstance(value, str):
        return ("1" if value[-1:] != "1" else "2").join((value[:-1], "")) if value else "x"
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return {**value, "allowance": 99}
    if isinstance(value, list):
        return [*value, "0x" + "22" * 32]
    return "XX"


# --- a file that cannot be relied on
# -----------------------------------------------------------------------------


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_flipped_bit_of_a_bundle_is_never_genuine_for_other_content(
    world: World, issued: Issued, data: st.DataObject
) -> None:
    document, certificate, bundle = issued
    place = data.draw(st.integers(0, len(bundle) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(bundle)
    changed[place] ^= 1 << bit
    report = world.verify(file=bytes(changed))
    assert report["verdict"] in ("GENUINE", "NOT_GENUINE", "CANNOT_TELL")
    if report["verdict"] == "GENUINE":
        assert report["certificate"]["document"] == document
        assert report["certificate"]["digest"] == certificate["digest"]


@pytest.mark.parametrize(
    "change",
    [
        {"batch": Batch("0x" + "11" * 20, 1, 1, 9)},
        {"batch": Batch("0x" + "11" * 20, 2**256 - 1, 1, 1)},
        {"standing": Standing(9, 0, 0, 0, 1)},
        {"standing": Standing(2, 1, 0, 0, 2**64 - 1)},
    ],
)
def test_record_that_no_contract_of_ours_gives_cannot_be_told(
    world: World, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (certificate,) = world.issue()
    honest = world.ctx.gateway.lookup

    def lying(queries: Any) -> Lookup:
        seen = honest(queries)
        records = tuple(dataclasses.replace(record, **change) for record in seen.records)
        return dataclasses.replace(seen, records=records)

    monkeypatch.setattr(world.ctx.gateway, "lookup", lying)
    report = world.verify("chamber-cn", digest=certificate["digest"])
    assert (report["verdict"], report["reason"]) == ("CANNOT_TELL", "NODE_UNAVAILABLE")


def test_issuer_is_told_by_the_identifier_that_the_leaf_binds(world: World) -> None:
    (certificate,) = world.issue()
    report = world.verify(digest=certificate["digest"])
    assert report["certificate"]["issuer"]["identifier"] == world.actors["chamber-cn"].identifier
