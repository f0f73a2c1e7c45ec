"""Every kind of tampering is found, by a relayer with the master key too; and a ledger that is away."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from ledger_app.domain.cargo.event_hash import event_digest
from ledger_app.errors import Conflict, LedgerError
from ledger_app.proof.canonical import canonical_bytes
from ledger_app.proof.hexes import to_hex
from ledger_app.services import capturing, cargo_checks, signing, tracking
from ledger_app.services.streams import content_digest, leaf_data, secret_of
from ledger_app.signer.journal import Journal
from ledger_app.store.tables_cargo import cargo_anchors, cargo_events, cargo_streams
from tests.cargo.conftest import TRADER, Yard, document, event, outcomes, rows


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


def test_every_byte_of_a_kept_event_that_changes_is_found(yard: Yard, anchored: str) -> None:
    row = rows(yard, anchored)[2]
    for place in range(len(row["sealed"])):
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
    for path, value in changes:
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
