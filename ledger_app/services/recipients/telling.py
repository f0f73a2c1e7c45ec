"""Telling everybody who has a certificate what happened to it on the ledger.

What is told follows from the index, and only what is final by the chain's profile is. A round is one
transaction: notices, deliveries, and the block up to which everything was told. That block's hash says at the
next round whether the chain is still the same. When it is not, or the index is being read anew, nothing is
told until the index has come as far again; then what is gone is told as undone, and what is there and was not
told is told. A change is recognised by what happened, so that one which only moved is told to nobody again.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ledger_app.domain.deadlines import local_day
from ledger_app.domain.terms import day_number
from ledger_app.errors import as_ledger_error
from ledger_app.services.context import Services
from ledger_app.services.recipients import audience, changes
from ledger_app.services.recipients.changes import Type
from ledger_app.services.recipients.publishing import body, publish
from ledger_app.store import index, notices, recipients
from ledger_app.store.engine import Connection
from ledger_app.store.index import EventRow
from ledger_app.store.notices import Notice
from ledger_app.telemetry.logs import Log

_LOG = Log("recipients")
_EVENTS_AT_ONCE: Final = 1_000
_REMEMBER_EVERY: Final = 200
"""Blocks without news after which the place is written down; until then they are looked through again."""
_CLOCK_SECONDS: Final = 10
_CLOCK_AT_ONCE: Final = 500


class Teller:
    """Looks every second. Two of one store do no harm: each round checks inside its transaction that
    nobody else was faster."""

    def __init__(self, ctx: Services, *, interval: float = 1.0) -> None:
        self._ctx = ctx
        self._interval = interval
        self._looked_at_clock = 0

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set."""
        told = ""
        while not stop.wait(self._interval):
            try:
                while self.step() and not stop.is_set():
                    pass
                told = ""
            except Exception as failed:  # noqa: BLE001 - a teller that ended would look like a ledger at rest
                reason = as_ledger_error(failed).reason
                if reason != told:
                    _LOG.warning("failed", worker="teller", reason=reason)
                told = reason

    def step(self) -> bool:
        """One round; whether there may be more to tell at once."""
        self._tell_what_time_did()
        ctx, depth = self._ctx, self._ctx.settings.finality_depth
        with ctx.store.read() as conn:
            round_ = _round(conn, depth)
        if round_ is None:
            return False
        with ctx.store.begin() as conn:
            if _round(conn, depth) != round_:
                return True
            return self._tell(conn, *round_)

    def _tell(self, conn: Connection, above: int, until: int, same: bool) -> bool:
        if not same:
            above = notices.common_block(conn)
            self._take_back(conn, above, until)
        events = notices.events(conn, changes.NAMES, above=above, until=until, limit=_EVENTS_AT_ONCE)
        more = len(events) == _EVENTS_AT_ONCE
        if more and events[0].block_number < events[-1].block_number:
            last = events[-1].block_number
            events = [event for event in events if event.block_number < last]
            until = events[-1].block_number
        elif more:  # one block holds more than that
            until = events[-1].block_number
            events = notices.events(conn, changes.NAMES, above=above, until=until)
        publish(conn, list(self._news(conn, events)), self._ctx.now())
        _remember(conn, until)
        return more

    def _news(self, conn: Connection, events: Sequence[EventRow]) -> Iterator[tuple[str, Notice]]:
        found = [changes.of_event(event) for event in events]
        told = list(audience.of_changes(self._ctx, conn, found))
        before = notices.turns(conn, sorted({notice.change for _, notice in told}))
        done: set[tuple[str, str]] = set()
        hashes: dict[int | None, str | None] = {None: None}
        for owner, notice in told:
            turn, undone = before.get(notice.change, (-1, True))
            if undone and (notice.recipient, notice.change) not in done:
                done.add((notice.recipient, notice.change))
                number = notice.block_number
                if number is not None and number not in hashes:
                    hashes[number] = notices.block_hash(conn, number)
                yield owner, replace(notice, turn=turn + 1, block_hash=hashes[number])

    def _take_back(self, conn: Connection, above: int, until: int) -> None:
        """Tell what was told of blocks after `above`, and is not on the chain any more."""
        there: dict[str, EventRow] = {}
        for event in notices.events(conn, changes.NAMES, above=above, until=until):
            for change in audience.keys_of(conn, changes.of_event(event)):
                there[change] = event
        told = notices.standing_above(conn, above)
        gone = [self._undoing(conn, notice) for notice in told if notice.change not in there]
        for change, event in there.items():
            notices.move(conn, change, event.block_number, notices.block_hash(conn, event.block_number))
        if gone:
            notices.undo(conn, [int(notice.body["data"]["undoes"]["notice"]) for _, notice in gone])
            publish(conn, gone, self._ctx.now())
            _LOG.warning("undone", acts=len(gone))

    def _undoing(self, conn: Connection, notice: Notice) -> tuple[str, Notice]:
        now = self._ctx.now()
        data = {k: v for k, v in notice.body["data"].items() if k not in ("final", "standing")}
        data["undoes"] = {"type": notice.type, "message": notice.message, "notice": notice.id}
        if notice.leaf is not None:
            data["standing"] = audience.standing_now(conn, notice.leaf).value
        undoing = Notice(
            recipient=notice.recipient,
            type=Type.UNDONE,
            change=f"undo/{notice.change}",
            turn=notice.turn,
            leaf=notice.leaf,
            certificate_id=notice.certificate_id,
            body=body(Type.UNDONE, now, data),
            created_at=now,
            message=notices.new_message(),
        )
        return audience.owner_of(conn, notice.recipient), undoing

    # --- what happens without an act ------------------------------------------------------------------------

    def _tell_what_time_did(self) -> None:
        ctx, now = self._ctx, self._ctx.now()
        if abs(now - self._looked_at_clock) < _CLOCK_SECONDS:
            return
        today = day_number(local_day(ctx.clock()))
        with ctx.store.read() as conn:
            seen = _final_block(conn, ctx.settings.finality_depth)
            expired = recipients.expired_before(conn, today, _CLOCK_AT_ONCE)
            # By the ledger's time: an answer in a block that was not read yet may have been in time.
            late = seen is not None and notices.overdue_enquiries(conn, seen.time, 1)
        if expired or late:
            with ctx.store.begin() as conn:
                expired = recipients.expired_before(conn, today, _CLOCK_AT_ONCE)
                publish(conn, list(audience.of_expired(ctx, conn, expired)), now)
                recipients.expiry_told(conn, expired)
                if seen is not None:
                    rows = notices.overdue_enquiries(conn, seen.time, _CLOCK_AT_ONCE)
                    publish(conn, list(audience.of_overdue(ctx, conn, rows)), now)
        if len(expired) < _CLOCK_AT_ONCE:
            self._looked_at_clock = now


def _final_block(conn: Connection, depth: int) -> index.Block | None:
    at = index.cursor(conn)
    if at is None:
        return None
    return next(iter(index.blocks_below(conn, at.number - depth, 1)), None)


def _round(conn: Connection, depth: int) -> tuple[int, int, bool] | None:
    """What the next round has to look at: the blocks above, up to, and whether the chain is the same as at
    the last one. None when there is nothing new, or the index has not come as far again.
    """
    final, told = _final_block(conn, depth), notices.told_up_to(conn)
    if final is None:
        return None
    if told is None:
        return (final.number, final.number, True)
    if final.number < told.number:
        return None
    above, same = told.number, notices.block_hash(conn, told.number) == told.hash
    if not same and notices.block_hash(conn, told.event) == told.event_hash:
        # The chain may be another one after this block, but nothing had happened there that was told.
        above, same = told.event, True
    elif same and final.number == above:
        return None
    if same and final.number - told.number < _REMEMBER_EVERY and above == told.number:
        news = notices.events(conn, changes.NAMES, above=above, until=final.number, limit=1)
        if not news:
            return None
    return (above, final.number, same)


def _remember(conn: Connection, until: int) -> None:
    kept = next(iter(index.blocks_below(conn, until, 1)), None)
    if kept is not None:
        notices.set_told(conn, kept.number, kept.hash)
