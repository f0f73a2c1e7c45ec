"""From capture to anchor to proof, on a real chain with a real signer; and every kind of tampering found."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.errors import BadInput, Conflict, LedgerError, NotFound, Unprocessable
from ledger_app.proof.canonical import canonical_bytes
from ledger_app.proof.cargo_proof import CargoProof
from ledger_app.proof.hexes import to_hex
from ledger_app.services import anchoring, capturing, cargo_checks, signing, tracking
from ledger_app.services.streams import content_digest, leaf_data, secret_of
from ledger_app.signer.journal import Journal
from ledger_app.store.tables_cargo import cargo_anchors, cargo_events, cargo_streams
from tests.cargo.conftest import TRADER, Yard, document, event


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in report["checks"]}


# --- capturing ----------------------------------------------------------------------------------------------


def test_good_events_are_kept_and_bad_ones_reported(yard: Yard) -> None:
    report = yard.capture(event(1), event(2, eventTime="soon"), "x", event(3), stream=yard.new_stream())
    assert [one["index"] for one in report["accepted"]] == [0, 3]
    assert [(one["index"], one["reason"], one["pointer"]) for one in report["refused"]] == [
        (1, "CARGO_TIME", "/epcisBody/eventList/1/eventTime"),
        (2, "CARGO_FIELD_TYPE", "/epcisBody/eventList/2"),
    ]
    assert all(one["fix"] and one["detail"] for one in report["refused"])


def test_all_or_nothing_keeps_nothing_when_one_is_refused(yard: Yard) -> None:
    stream = yard.new_stream()
    with pytest.raises(Unprocessable) as refused:
        yard.capture(event(1), event(2, action="MAYBE"), stream=stream, all_or_nothing=True)
    assert refused.value.reason == "CARGO_EVENTS_REFUSED"
    assert [one["index"] for one in refused.value.context["refused"]] == [1]
    assert stream not in [one["name"] for one in tracking.streams(yard.ctx, yard.carrier.organisation or "")]


def test_the_same_content_is_a_duplicate_and_other_content_is_not(yard: Yard) -> None:
    stream = yard.new_stream()
    seal = {"ex:seal": "S1"}
    first = yard.capture(event(1, **seal), stream=stream)["accepted"][0]
    again = dict(reversed(list(event(1, **seal).items())))
    # The same words under other spelling of the document, in another stream of the same reporter.
    elsewhere = yard.capture(again, {**again, "recordTime": "2026-11-23T00:00:00Z"}, stream=yard.new_stream())
    assert elsewhere["accepted"] == []
    assert [one["event"] for one in elsewhere["duplicate"]] == [first["event"]] * 2
    wrong = {"errorDeclaration": {"declarationTime": "2026-11-23T00:00:00Z", "reason": "did_not_occur"}}
    (declared,) = yard.capture(event(1, **seal, **wrong), stream=stream)["accepted"]
    assert declared["eventHash"] == first["eventHash"]
    assert declared["repeats"] == first["event"]
    (other,) = yard.capture(event(1, **{"ex:seal": "S2"}), stream=stream)["accepted"]
    assert other["eventHash"] != first["eventHash"]
    assert other["repeats"] is None


def test_a_capture_can_be_looked_up_and_its_document_is_as_it_was_sent(yard: Yard) -> None:
    raw = document(event(5)).replace(b'"bizStep"', b'"ex:n": 1.50, "bizStep"')
    report = capturing.capture(yard.ctx, yard.carrier, raw, stream=yard.new_stream())
    assert capturing.captured_document(yard.ctx, yard.carrier, report["capture"]) == raw
    found = capturing.capture_report(yard.ctx, yard.carrier, report["capture"])
    assert found["accepted"] == report["accepted"]
    with pytest.raises(NotFound):
        capturing.capture_report(yard.ctx, yard.other, report["capture"])


def test_an_overlong_event_is_refused_by_itself(yard: Yard) -> None:
    heavy = event(1, **{f"ex:part{n}": "x" * 16_000 for n in range(20)})
    report = yard.capture(heavy, event(77), stream=yard.new_stream())
    assert [(one["index"], one["reason"]) for one in report["refused"]] == [(0, "CARGO_EVENT_TOO_LARGE")]
    assert len(report["accepted"]) == 1


# --- anchoring ----------------------------------------------------------------------------------------------


def test_an_anchored_stream_is_whole_and_each_event_is_in_it(yard: Yard) -> None:
    stream = yard.new_stream()
    report = yard.anchored(*(event(n) for n in range(100, 105)), stream=stream)
    whole = yard.verify(stream)
    assert (whole["verdict"], whole["whole"]) == ("GENUINE", True)
    assert set(outcomes(whole).values()) == {"passed"}
    assert (whole["stream"]["events"], whole["stream"]["anchored"]) == (5, 5)
    for one in report["accepted"]:
        told = yard.verify(one["event"])
        assert (told["kind"], told["verdict"], outcomes(told)["inclusion"]) == ("event", "GENUINE", "passed")
    assert yard.verify(report["accepted"][0]["eventHash"])["event"]["id"] == report["accepted"][0]["event"]


def test_later_events_are_pending_until_the_next_anchor_which_continues_the_first(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.anchored(event(110), event(111), stream=stream)
    report = yard.capture(event(112), stream=stream)
    late = report["accepted"][0]["event"]
    assert yard.verify(stream)["stream"]["pending"] == 1
    assert yard.verify(stream)["verdict"] == "GENUINE"
    assert (yard.verify(late)["verdict"], outcomes(yard.verify(late))["inclusion"]) == (
        "CANNOT_TELL",
        "cannot-tell",
    )
    message = report["anchor"]["message"]
    assert message["count"] == 3
    assert message["previous"] != to_hex(bytes(32))
    yard.sign(report["anchor"]["id"])
    assert yard.verify(late)["verdict"] == "GENUINE"
    assert outcomes(yard.verify(stream))["earlier heads"] == "passed"


def test_a_stream_that_was_never_anchored_cannot_be_told(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.capture(event(115), stream=stream)
    told = yard.verify(stream)
    assert (told["verdict"], told["whole"]) == ("CANNOT_TELL", None)
    assert "CARGO_NOT_ANCHORED" in {check["reason"] for check in told["checks"]}


def test_there_is_one_anchor_on_its_way_and_the_next_takes_what_came_meanwhile(yard: Yard) -> None:
    stream = yard.new_stream()
    first = yard.capture(event(120), stream=stream)["anchor"]
    second = yard.capture(event(121), stream=stream)["anchor"]
    assert second["id"] == first["id"]
    yard.sign(first["id"])
    assert yard.verify(stream)["stream"]["pending"] == 1
    anchoring.Anchorer(yard.ctx).step()
    waiting = next(
        one for one in tracking.streams(yard.ctx, yard.carrier.organisation or "") if one["name"] == stream
    )
    yard.sign(waiting["act"])
    assert yard.verify(stream)["stream"]["pending"] == 0
    with pytest.raises(Conflict) as nothing:
        yard.anchor_again(stream)
    assert nothing.value.reason == "CARGO_NOTHING_TO_ANCHOR"


def test_an_anchor_the_signer_refused_is_asked_for_again_only_after_a_while(yard: Yard) -> None:
    stream = yard.new_stream()
    act = yard.capture(event(125), stream=stream)["anchor"]["id"]
    signing.refuse(yard.ctx, yard.carrier, act, "SIGNER_PERSON_REFUSED")
    anchoring.Anchorer(yard.ctx).step()
    assert _waiting(yard, stream) is None
    assert yard.anchor_again(stream)["state"] == "needs-signature"


def _waiting(yard: Yard, stream: str) -> Any:
    (one,) = (s for s in tracking.streams(yard.ctx, yard.carrier.organisation or "") if s["name"] == stream)
    return one["act"]


def test_only_its_reporter_anchors_a_stream(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.capture(event(126), stream=stream)
    with pytest.raises(NotFound):
        anchoring.anchor(yard.ctx, yard.other, yard.row(stream).id)


# --- tampering ----------------------------------------------------------------------------------------------


@contextmanager
def damaged(yard: Yard, row_id: str, /, **values: Any) -> Iterator[None]:
    """The event's row with other values, for a while."""
    with yard.ctx.store.begin() as conn:
        before = conn.execute(select(cargo_events).where(cargo_events.c.id == row_id)).mappings().one()
        conn.execute(update(cargo_events).where(cargo_events.c.id == row_id).values(values))
    try:
        yield
    finally:
        with yard.ctx.store.begin() as conn:
            conn.execute(update(cargo_events).where(cargo_events.c.id == row_id).values(dict(before)))


def resealed(yard: Yard, stream: str, row: Any, changed: dict[str, Any]) -> dict[str, Any]:
    """What a relayer with the master key writes to put another event in the place, all hashes fitting."""
    raw = canonical_bytes(changed)
    digest = event_digest(changed)
    leaf = leaf_data(secret_of(yard.ctx, yard.row(stream)), row["position"], digest, raw)
    return {
        "sealed": yard.ctx.vault.seal(raw, f"cargo_events/{row['id']}"),
        "leaf": to_hex(leaf),
        "event_hash": to_hex(digest),
        "content": content_digest(changed, digest),
    }


def rows(yard: Yard, stream: str) -> list[dict[str, Any]]:
    query = select(cargo_events).where(cargo_events.c.stream_id == yard.row(stream).id)
    with yard.ctx.store.read() as conn:
        return [dict(row) for row in conn.execute(query.order_by(cargo_events.c.position)).mappings()]


@pytest.fixture(scope="module")
def anchored(yard: Yard) -> str:
    """A stream of six anchored events, in two anchors."""
    stream = yard.new_stream()
    yard.anchored(*(event(n) for n in range(130, 134)), stream=stream)
    yard.anchored(event(134), event(135), stream=stream)
    return stream


def test_every_byte_of_a_kept_event_that_changes_is_found(yard: Yard, anchored: str) -> None:
    row = rows(yard, anchored)[2]
    for place in range(0, len(row["sealed"]), 9):
        sealed = bytearray(row["sealed"])
        sealed[place] ^= 1 << (place % 8)
        with damaged(yard, row["id"], sealed=bytes(sealed)):
            told = yard.verify(anchored)
            assert told["verdict"] == "NOT_GENUINE", place
            assert told["findings"] == [
                {"position": 2, "event": row["id"], "reason": "CARGO_EVENT_UNREADABLE"}
            ]
    assert yard.verify(anchored)["verdict"] == "GENUINE"


def _changes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """One changed character for each character of each text in the event."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _changes(member, (*path, key))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _changes(member, (*path, place))
    elif isinstance(value, str):
        for place, sign in enumerate(value):
            other = "0" if sign != "0" else "1"
            yield path, value[:place] + other + value[place + 1 :]


def test_every_character_that_a_relayer_with_the_master_key_changes_is_found(
    yard: Yard, anchored: str
) -> None:
    row = rows(yard, anchored)[1]
    kept = tracking.event(yard.ctx, TRADER, row["id"])["event"]
    changes = list(_changes(kept))
    assert len(changes) > 150
    for path, value in changes[::5]:
        changed = copy.deepcopy(kept)
        holder: Any = changed
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = value
        if event_digest(changed) == event_digest(kept) and canonical_bytes(changed) == canonical_bytes(kept):
            continue
        with damaged(yard, row["id"], **resealed(yard, anchored, row, changed)):
            assert yard.verify(anchored)["verdict"] == "NOT_GENUINE", path
            assert yard.verify(row["id"])["verdict"] == "NOT_GENUINE", path
            proof = tracking.event(yard.ctx, TRADER, row["id"])["proof"]
            assert proof["state"] == "not-proven", path


@pytest.mark.parametrize(
    "values",
    [
        {"event_time": 0},
        {"type": "TransactionEvent"},
        {"event_id": "urn:uuid:1"},
        {"leaf": to_hex(b"\1" * 32)},
        {"event_hash": to_hex(b"\1" * 32)},
        {"content": to_hex(b"\1" * 32)},
    ],
)
def test_a_column_that_no_longer_agrees_with_the_event_is_found(
    yard: Yard, anchored: str, values: dict[str, Any]
) -> None:
    row = rows(yard, anchored)[3]
    with damaged(yard, row["id"], **values):
        told = yard.verify(anchored)
        assert told["verdict"] == "NOT_GENUINE"
        assert told["findings"][0] == {"position": 3, "event": row["id"], "reason": "CARGO_EVENT_CHANGED"}


def _without(yard: Yard, stream: str, place: int, *, closed: bool) -> Callable[[], None]:
    """Remove an event; with `closed` the later ones move up, their leaves fitting their new places."""
    before = rows(yard, stream)
    secret = secret_of(yard.ctx, yard.row(stream))
    with yard.ctx.store.begin() as conn:
        conn.execute(delete(cargo_events).where(cargo_events.c.id == before[place]["id"]))
        for row in before[place + 1 :] if closed else ():
            raw = yard.ctx.vault.open(row["sealed"], f"cargo_events/{row['id']}")
            leaf = leaf_data(secret, row["position"] - 1, event_digest(json.loads(raw)), raw)
            values = {"position": row["position"] - 1, "leaf": to_hex(leaf)}
            conn.execute(update(cargo_events).where(cargo_events.c.id == row["id"]).values(values))
    return lambda: _restore(yard, stream, before)


def _restore(yard: Yard, stream: str, before: list[dict[str, Any]]) -> None:
    with yard.ctx.store.begin() as conn:
        conn.execute(delete(cargo_events).where(cargo_events.c.stream_id == yard.row(stream).id))
        conn.execute(insert(cargo_events), before)


@pytest.mark.parametrize("place", [0, 2, 5])
@pytest.mark.parametrize("closed", [False, True])
def test_a_removed_event_is_found(yard: Yard, anchored: str, place: int, closed: bool) -> None:
    restore = _without(yard, anchored, place, closed=closed)
    try:
        told = yard.verify(anchored)
        assert (told["verdict"], told["whole"]) == ("NOT_GENUINE", False)
        with pytest.raises(Conflict) as refused:
            yard.anchor_again(anchored)
        assert refused.value.reason == "CARGO_STREAM_DAMAGED"
    finally:
        restore()
    assert yard.verify(anchored)["verdict"] == "GENUINE"


def test_an_inserted_event_and_a_moved_one_are_found(yard: Yard, anchored: str) -> None:
    before = rows(yard, anchored)
    secret = secret_of(yard.ctx, yard.row(anchored))

    def relay(order: list[dict[str, Any]]) -> None:
        """Rewrite the stream in this order, every leaf fitting its place."""
        written = []
        for position, row in enumerate(order):
            raw = yard.ctx.vault.open(row["sealed"], f"cargo_events/{row['id']}")
            leaf = to_hex(leaf_data(secret, position, event_digest(json.loads(raw)), raw))
            written.append({**row, "position": position, "leaf": leaf})
        _restore(yard, anchored, written)

    extra = {**before[0], "id": "f" * 32}
    raw = yard.ctx.vault.open(before[0]["sealed"], f"cargo_events/{before[0]['id']}")
    extra["sealed"] = yard.ctx.vault.seal(raw, f"cargo_events/{extra['id']}")
    try:
        for order in (
            [*before[:3], extra, *before[3:]],
            [before[1], before[0], *before[2:]],
            [*before[:4], before[5], before[4]],
        ):
            relay(order)
            told = yard.verify(anchored)
            assert (told["verdict"], outcomes(told)["whole"]) == ("NOT_GENUINE", "failed")
        relay([*before, extra])  # at the end: not anchored, and not taken for anchored
        assert yard.verify(anchored)["stream"]["pending"] == 1
        assert yard.verify(extra["id"])["verdict"] == "CANNOT_TELL"
    finally:
        _restore(yard, anchored, before)


def test_a_changed_record_of_an_earlier_anchor_is_found(yard: Yard, anchored: str) -> None:
    query = update(cargo_anchors).where(cargo_anchors.c.stream_id == yard.row(anchored).id)
    with yard.ctx.store.begin() as conn:
        first = select(cargo_anchors.c.act_id, cargo_anchors.c.head).where(
            cargo_anchors.c.stream_id == yard.row(anchored).id, cargo_anchors.c.count == 4
        )
        act, head = conn.execute(first).one()
        conn.execute(query.where(cargo_anchors.c.act_id == act).values(head=to_hex(b"\1" * 32)))
    try:
        told = yard.verify(anchored)
        assert (told["verdict"], outcomes(told)["earlier heads"]) == ("NOT_GENUINE", "failed")
    finally:
        with yard.ctx.store.begin() as conn:
            conn.execute(query.where(cargo_anchors.c.act_id == act).values(head=head))


def test_another_stream_secret_is_found(yard: Yard, anchored: str) -> None:
    row = yard.row(anchored)
    sealed = yard.ctx.vault.seal(b"\5" * 32, f"cargo_streams/{row.id}")
    query = update(cargo_streams).where(cargo_streams.c.id == row.id)
    try:
        for changed in (sealed, b"garbage"):
            with yard.ctx.store.begin() as conn:
                conn.execute(query.values(sealed=changed))
            assert yard.verify(anchored)["verdict"] == "NOT_GENUINE"
    finally:
        with yard.ctx.store.begin() as conn:
            conn.execute(query.values(sealed=row.sealed))


def test_a_signer_does_not_sign_a_stream_that_was_rewritten_after_it_signed(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.anchored(event(140), event(141), stream=stream)
    report = yard.capture(event(142), stream=stream)
    row = rows(yard, stream)[0]
    changed = {**tracking.event(yard.ctx, TRADER, row["id"])["event"], "bizStep": "unloading"}
    with damaged(yard, row["id"], **resealed(yard, stream, row, changed)):
        with pytest.raises(LedgerError) as refused:
            yard.decide(report["anchor"]["id"])
        assert refused.value.reason in ("SIGNER_FIELD_DIFFERS", "SIGNER_STREAM_REWRITTEN")


def test_a_signer_sees_only_the_events_it_has_not_anchored(yard: Yard) -> None:
    stream = yard.new_stream()
    yard.anchored(*(event(n) for n in range(200, 205)), stream=stream)
    act = yard.capture(event(205), stream=stream)["anchor"]["id"]
    evidence = signing.request(yard.ctx, yard.carrier, act)["evidence"]
    assert (len(evidence["leaves"]), len(evidence["events"])) == (5, 1)
    assert yard.sign(act)["state"] == "final"
    assert yard.verify(stream)["stream"]["anchored"] == 6


def test_a_signer_that_forgot_a_stream_asks_to_see_all_of_it(yard: Yard, tmp_path: Path) -> None:
    stream = yard.new_stream()
    yard.anchored(event(210), event(211), stream=stream)
    act = yard.capture(event(212), stream=stream)["anchor"]["id"]
    remembering, yard.journal = yard.journal, Journal(tmp_path / "new.jsonl")
    try:
        with pytest.raises(LedgerError) as refused:
            yard.decide(act)
        assert refused.value.reason == "SIGNER_EVENTS_NEEDED"
        signing.refuse(yard.ctx, yard.carrier, act, refused.value.reason)
        again = yard.anchor_again(stream)["id"]
        assert len(signing.request(yard.ctx, yard.carrier, again)["evidence"]["events"]) == 3
        assert yard.sign(again)["state"] == "final"
    finally:
        yard.journal.close()
        yard.journal = remembering


# --- away, and elsewhere ------------------------------------------------------------------------------------


def test_without_the_ledger_nothing_is_said_to_be_whole(yard: Yard, anchored: str) -> None:
    from dataclasses import replace

    from ledger_app.chain.gateway import Gateway

    away = replace(yard.ctx, gateway_or_none=Gateway("http://127.0.0.1:9", yard.ctx.pin))
    told = cargo_checks.verify(away, yard.carrier, anchored)
    assert (told["verdict"], told["whole"], told["ledger"]) == ("CANNOT_TELL", None, None)
    assert outcomes(told)["ledger"] == "cannot-tell"
    report = capturing.capture(away, yard.carrier, document(event(150)), stream=yard.new_stream())
    assert (len(report["accepted"]), report["anchor"]) == (1, None)
    shown = tracking.event(away, TRADER, rows(yard, anchored)[0]["id"])
    assert shown["proof"]["state"] == "cannot-tell"


# --- proofs to carry away -----------------------------------------------------------------------------------


def test_a_proof_holds_by_itself_and_against_the_ledger(yard: Yard, anchored: str) -> None:
    row = rows(yard, anchored)[4]
    proof = json.loads(json.dumps(cargo_checks.event_proof(yard.ctx, row["id"])))
    CargoProof.from_json(proof).check()
    told = cargo_checks.verify_proof(yard.ctx, proof)
    assert (told["verdict"], outcomes(told)) == ("GENUINE", {"inclusion": "passed", "ledger": "passed"})


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("event", lambda value: {**value, "action": "ADD"}),
        ("event", lambda value: {**value, "eventID": "urn:uuid:1"}),
        ("salt", lambda value: to_hex(bytes(16))),
        ("index", lambda value: value - 1),
        ("path", lambda value: value[:-1]),
        ("path", lambda value: [*value, value[0]]),
        ("count", lambda value: value + 1),
        ("head", lambda value: to_hex(bytes(32))),
    ],
)
def test_a_proof_that_was_altered_does_not_hold(
    yard: Yard, anchored: str, member: str, change: Callable[[Any], Any]
) -> None:
    proof = cargo_checks.event_proof(yard.ctx, rows(yard, anchored)[3]["id"])
    altered = {**proof, member: change(proof[member])}
    assert cargo_checks.verify_proof(yard.ctx, altered)["verdict"] == "NOT_GENUINE"


@pytest.mark.parametrize("member", ["reporter", "stream"])
def test_a_proof_under_another_name_is_not_known_to_the_ledger(
    yard: Yard, anchored: str, member: str
) -> None:
    proof = cargo_checks.event_proof(yard.ctx, rows(yard, anchored)[3]["id"])
    told = cargo_checks.verify_proof(yard.ctx, {**proof, member: to_hex(b"\7" * 32)})
    assert told["verdict"] == "CANNOT_TELL"


@pytest.mark.parametrize(
    "value", [None, [], {}, {"format": "origin-ledger/cargo-proof/v1"}, {"format": 7, "event": {}}]
)
def test_what_is_no_proof_is_refused(yard: Yard, value: Any) -> None:
    with pytest.raises(BadInput):
        cargo_checks.verify_proof(yard.ctx, value)


def test_an_event_that_is_not_anchored_has_no_proof(yard: Yard) -> None:
    made = yard.capture(event(160), stream=yard.new_stream())["accepted"][0]["event"]
    with pytest.raises(Conflict) as refused:
        cargo_checks.event_proof(yard.ctx, made)
    assert refused.value.reason == "CARGO_NOT_ANCHORED"


# --- histories ----------------------------------------------------------------------------------------------


def test_the_history_of_a_consignment_is_in_order_with_reporter_and_proof(yard: Yard) -> None:
    stream = yard.new_stream()
    steps = [("arriving", 9), ("loading", 3), ("departing", 5)]
    events = [
        event(
            170,
            bizStep=step,
            eventTime=f"2026-11-22T{hour:02d}:00:00Z",
            readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"},
        )
        for step, hour in steps
    ]
    report = yard.capture(*events, stream=stream, consignment="UCR-26-1")
    yard.sign(report["anchor"]["id"])
    yard.capture(
        event(171, bizStep="unloading", eventTime="2026-11-22T10:00:00Z"),
        stream=stream,
        consignment="UCR-26-1",
    )
    told = tracking.history(yard.ctx, TRADER, " UCR-26-1 ")
    assert [one["bizStep"] for one in told["events"]] == ["loading", "departing", "arriving", "unloading"]
    assert [one["proof"]["state"] for one in told["events"]] == ["anchored"] * 3 + ["pending"]
    first = told["events"][0]
    assert first["reporter"]["identifier"] == "urn:test:carrier"
    assert first["proof"]["block"] > 0
    assert first["proof"]["transaction"].startswith("0x")
    assert first["subjects"] == [{"kind": "consignment", "name": "UCR-26-1", "source": "capture"}]
    assert told["more"] is False


def test_a_container_and_a_certificate_number_lead_to_their_events(yard: Yard) -> None:
    packed = {
        **{k: v for k, v in event(180).items() if k != "epcList"},
        "type": "AggregationEvent",
        "action": "ADD",
        "parentID": "urn:epc:id:bic:MSKU1234565",
        "childEPCs": ["urn:epc:id:sscc:4012345.3111111111"],
        "bizTransactionList": [{"type": "cert", "bizTransaction": "urn:example:coo:CN-26-77"}],
    }
    made = yard.capture(packed, stream=yard.new_stream())["accepted"][0]["event"]
    for name in ("MSKU1234565", "msku 123456-5", "CN-26-77", "urn:epc:id:sscc:4012345.3111111111"):
        assert [one["id"] for one in tracking.history(yard.ctx, TRADER, name)["events"]] == [made], name
    assert tracking.history(yard.ctx, TRADER, "nothing of the kind")["events"] == []


def test_an_event_declared_wrong_says_so(yard: Yard) -> None:
    wrong = {"declarationTime": "2026-11-23T00:00:00Z", "reason": "did_not_occur"}
    stream = yard.new_stream()
    yard.capture(event(190), event(190, errorDeclaration=wrong), stream=stream, consignment="UCR-26-2")
    told = tracking.history(yard.ctx, TRADER, "UCR-26-2")
    assert [one["errorDeclared"] for one in told["events"]] == [False, True]


def test_unknown_names_are_not_found(yard: Yard) -> None:
    with pytest.raises(NotFound) as unknown:
        yard.verify("no-such-thing")
    assert unknown.value.reason == "CARGO_EVENT_UNKNOWN"
    # A stream is found by its name on the ledger, by anybody; by its short name, while there is one of it.
    stream = yard.new_stream()
    yard.capture(event(195), stream=stream)
    for name in (stream, yard.row(stream).stream, yard.row(stream).id):
        assert cargo_checks.verify(yard.ctx, yard.other, name)["stream"]["name"] == stream
