"""Step 10: the goods' history beside the verdict, from events that are proven on the ledger, and from no
others."""

import itertools
import json
import threading
import time
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import update

from ledger_app.access.principals import ANONYMOUS
from ledger_app.services import capturing, certificates
from ledger_app.services.proven import ProvenStreams
from ledger_app.services.subjects import Query
from ledger_app.services.verifying import verify_many
from ledger_app.store import cargo
from ledger_app.store.tables_cargo import cargo_events, cargo_subjects
from tests.support.world import World

_serial = itertools.count(1)
PLACE = "https://vocabulary.uncefact.org/unlocode#"
ISSUED = date(2026, 11, 20)


def consignment() -> str:
    return f"urn:test:consignment:{next(_serial)}"


def an_event(about: str | list[str], step: str, code: str, day: str) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": f"{day}T06:00:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [about] if isinstance(about, str) else about,
        "bizStep": step,
        "readPoint": {"id": PLACE + code},
    }


def capture(world: World, *events: dict[str, Any], anchored: bool = True, **options: Any) -> dict[str, Any]:
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T14:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    options.setdefault("stream", f"stream {next(_serial)}")
    report = capturing.capture(
        world.ctx, world.principal("carrier"), json.dumps(document).encode(), **options
    )
    assert len(report["accepted"]) == len(events), report
    if anchored:
        world.done({"act": {**report["anchor"], "organisation": world.actors["carrier"].id}})
    return report


def bundle(world: World, about: str | None, **changes: Any) -> bytes:
    changes.setdefault("containers", None)
    document = world.document(consignment=about, issue_date=ISSUED, **changes)
    (issued,) = world.issue(document)
    return certificates.bundle(world.ctx, world.principal("chamber-cn"), issued["id"])


def step_10(world: World, file: bytes, name: str | None = None) -> tuple[str, str, str]:
    report = world.verify(name, file=file, at="2026-12-01")
    # Whatever is known of the goods, the verdict is the certificate's.
    assert (report["verdict"], report["standing"], report["exit_code"]) == ("GENUINE", "good", 0)
    (check,) = [check for check in report["checks"] if check["number"] == 10]
    assert check["name"] == "cargo"
    assert not check["reason"] or check["next"]
    return check["outcome"], check["reason"], check["detail"]


def test_an_anchored_voyage_that_agrees_passes_for_strangers_who_hold_the_file(world: World) -> None:
    about = consignment()
    capture(
        world,
        an_event(about, "loading", "CNNGB", "2026-11-22"),
        an_event(about, "unloading", "AUMEL", "2026-12-09"),
    )
    outcome, reason, detail = step_10(world, bundle(world, about))
    assert (outcome, reason) == ("passed", "")
    assert "loaded in China on 2026-11-22; arrived in Australia on 2026-12-09" in detail
    assert "2 events on the ledger, by " in detail


def test_a_contradiction_is_shown_and_leaves_the_verdict_alone(world: World) -> None:
    about = consignment()
    capture(world, an_event(about, "loading", "THBKK", "2026-11-22"))
    outcome, reason, detail = step_10(world, bundle(world, about))
    assert (outcome, reason) == ("warning", "CARGO_LOADED_ELSEWHERE")
    assert "Thailand" in detail


def test_what_is_not_known_is_not_checked_with_its_reason(world: World) -> None:
    assert step_10(world, bundle(world, None))[:2] == ("not-checked", "CARGO_NOT_LINKED")
    assert step_10(world, bundle(world, consignment()))[:2] == ("not-checked", "CARGO_NO_HISTORY")
    waiting = consignment()
    report = capture(world, an_event(waiting, "loading", "CNNGB", "2026-11-22"), anchored=False)
    file = bundle(world, waiting)  # which signs what waits, the anchor too
    world.done({"act": {**report["anchor"], "organisation": world.actors["carrier"].id}})
    capture(
        world,
        an_event(waiting, "unloading", "AUMEL", "2026-12-09"),
        anchored=False,
        stream=report["stream"]["name"],
    )
    outcome, _, detail = step_10(world, file)
    assert outcome == "passed"
    assert "1 event on the ledger" in detail
    assert "1 not on the ledger yet" in detail
    late = bundle(world, consignment())
    about = json.loads(late)["document"]["consignment"]
    capture(world, an_event(about, "loading", "THBKK", "2026-11-22"), anchored=False)
    assert step_10(world, late)[:2] == ("not-checked", "CARGO_NOT_ANCHORED")
    world.sign_waiting()


def test_a_link_that_was_only_said_beside_the_event_proves_nothing(world: World) -> None:
    about = consignment()
    stray = an_event("urn:test:pallet:1", "loading", "THBKK", "2026-11-22")
    capture(world, stray, consignment=about)
    assert step_10(world, bundle(world, about))[:2] == ("not-checked", "CARGO_LINK_UNPROVEN")


def test_a_row_that_ties_another_event_to_the_consignment_makes_no_discrepancy(world: World) -> None:
    """The tie is read in the event itself."""
    about = consignment()
    other = an_event("urn:test:pallet:2", "loading", "THBKK", "2026-11-22")
    report = capture(world, other)
    with world.ctx.store.begin() as conn:
        cargo_id = report["accepted"][0]["event"]
        row = {"kind": "object", "name": about, "event_id": cargo_id, "source": "event"}
        conn.execute(cargo_subjects.insert().values(row))
    assert step_10(world, bundle(world, about))[:2] == ("not-checked", "CARGO_NOT_COMPARABLE")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("sealed", b"\0" * 60, "CARGO_EVENT_UNREADABLE"),
        ("event_hash", "0x" + "ab" * 32, "CARGO_EVENT_CHANGED"),
        ("leaf", "0x" + "ab" * 32, "CARGO_STREAM_DAMAGED"),
        ("leaf", "nothing", "CARGO_STREAM_DAMAGED"),
        ("position", 7, "CARGO_STREAM_DAMAGED"),
    ],
)
def test_a_changed_row_of_an_anchored_event_is_never_believed(
    world: World, column: str, value: Any, reason: str
) -> None:
    about = consignment()
    first, second = (an_event(about, step, "CNNGB", "2026-11-22") for step in ("loading", "departing"))
    report = capture(world, first, second)
    file = bundle(world, about)
    with world.ctx.store.begin() as conn:
        changed = cargo_events.c.id == report["accepted"][0]["event"]
        conn.execute(update(cargo_events).where(changed).values({column: value}))
    world.ctx.proven = ProvenStreams()  # as after a restart
    assert step_10(world, file)[:2] == ("not-checked", reason)


def test_those_who_may_not_read_the_certificate_are_not_told_of_its_goods(world: World) -> None:
    about = consignment()
    capture(world, an_event(about, "loading", "THBKK", "2026-11-22"))
    document = world.document(consignment=about, containers=None, issue_date=ISSUED)
    world.issue(document)
    report = world.verify("trader", number=document["number"], at="2026-12-01")
    (check,) = [check for check in report["checks"] if check["number"] == 10]
    assert (check["outcome"], check["reason"]) == ("not-checked", "CARGO_NOT_SHOWN")
    assert "Thailand" not in json.dumps(report)
    entitled = world.verify("customs-au", number=document["number"], at="2026-12-01")
    (check,) = [check for check in entitled["checks"] if check["number"] == 10]
    assert check["reason"] == "CARGO_LOADED_ELSEWHERE"


def test_many_certificates_are_judged_with_a_handful_of_queries(world: World) -> None:
    """However many there are, and whether they travel together or apart."""
    abouts = [consignment() for _ in range(6)]
    capture(world, *(an_event(about, "loading", "CNNGB", "2026-11-22") for about in abouts))
    documents = [
        world.document(consignment=about, containers=None, issue_date=ISSUED)
        for about in [*abouts, abouts[0]]
    ]
    issued = world.issue(*documents)
    chamber = world.principal("chamber-cn")
    files = [certificates.bundle(world.ctx, chamber, each["id"]) for each in issued]

    def queries(count: int) -> tuple[int, list[str]]:
        seen: list[str] = []
        me = threading.get_ident()

        def note(*args: Any) -> None:
            if threading.get_ident() == me:  # the follower reads too
                seen.append(args[2])

        engine = world.ctx.store.engine
        sql_event.listen(engine, "before_cursor_execute", note)
        try:
            asked = [Query(file=file, at="2026-12-01") for file in files[:count]]
            reports = verify_many(world.ctx, ANONYMOUS, asked)
        finally:
            sql_event.remove(engine, "before_cursor_execute", note)
        return len(seen), [report["checks"][9]["outcome"] for report in reports]

    one, passed = queries(1)
    assert passed == ["passed"]
    many, passed = queries(7)
    assert passed == ["passed"] * 7
    assert many <= one


def test_a_stream_is_hashed_once_and_then_only_grows(world: World) -> None:
    stream = f"stream {next(_serial)}"
    capture(world, an_event(consignment(), "loading", "CNNGB", "2026-11-22"), stream=stream)
    carrier = world.actors["carrier"].id
    with world.ctx.store.read() as conn:
        row = cargo.stream_named(conn, carrier, stream)
        assert row is not None
        name = (bytes.fromhex(carrier[2:]), bytes.fromhex(row.stream[2:]))
        proven = ProvenStreams()
        head, anchored = world.ctx.gateway.latest_head(*name)
        assert world.ctx.gateway.latest_heads([name]) == [(head, anchored)]
        tree = proven.tree(conn, row.id, head, 1)
        assert tree is not None
        assert proven.tree(conn, row.id, bytes(32), 1) is None
        assert proven.tree(conn, row.id, head, 2) is None
        tree = proven.tree(conn, row.id, head, 1)
    capture(world, an_event(consignment(), "loading", "CNNGB", "2026-11-22"), stream=stream)
    until = time.monotonic() + 30
    while world.ctx.gateway.latest_heads([name])[0][1].count < 2:
        assert time.monotonic() < until
    head, anchored = world.ctx.gateway.latest_heads([name])[0]
    with world.ctx.store.read() as conn:
        assert proven.tree(conn, row.id, head, anchored.count) is tree


def test_a_container_is_asked_only_where_no_event_names_the_goods(world: World) -> None:
    container = "CSQU3054383"
    capture(world, an_event(f"urn:epc:id:bic:{container}", "loading", "CNNGB", "2026-11-22"))
    about = consignment()
    file = bundle(world, about, containers=[container])
    outcome, _, detail = step_10(world, file)
    assert (outcome, "1 event on the ledger" in detail) == ("passed", True)
    capture(world, an_event(about, "loading", "THBKK", "2026-11-22"))
    outcome, reason, detail = step_10(world, file)
    assert (outcome, reason) == ("warning", "CARGO_LOADED_ELSEWHERE")
    assert "1 event on the ledger" in detail


def test_a_leaf_leads_a_stranger_to_no_cargo(world: World) -> None:
    """A leaf is public; who may not read the certificate learns nothing of its goods from its page either."""
    about = consignment()
    (certificate,) = world.issue(world.document(consignment=about, containers=None, issue_date=ISSUED))
    capture(world, an_event(about, "loading", "CNNGB", "2026-11-22"))
    pages = {}
    for name in ("trader", "chamber-cn"):
        with world.client() as client:
            client.cookies.set("origin_token", world.token(name))
            pages[name] = client.get(f"/c/{certificate['leaf']}").text
    assert "CNNGB" in pages["chamber-cn"]
    assert "CNNGB" not in pages["trader"]
    assert about not in pages["trader"]
