"""Keeping the index up with the chain: forwards block by block, back on a reorganisation, anew from nothing.

Cursor and rows move in one transaction, so a crash leaves the index as of some block, whole. The cursor's
hash must be the parent of what comes next; when it is not, the index goes back to the last block that both
have in common and derives its rows again from the events that remain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from ledger_app.chain import logs, projection
from ledger_app.chain.abi import plain
from ledger_app.chain.facts import Head, read_head
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.rpc import RpcError
from ledger_app.errors import LedgerError, NodeBehind, NodeUnavailable, as_ledger_error
from ledger_app.store import index
from ledger_app.store.engine import Connection, Store
from ledger_app.store.index import Block, EventRow

#: Blocks read at once while catching up.
_SPAN = 500
#: Headers kept below the cursor: a reorganisation deeper than that reads everything anew.
_KEEP = 10_000
#: Between two looks at a chain at rest: soon after something was committed here, then ever longer.
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 0.8


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the index is, and the chain."""

    indexed: int
    head: int

    @property
    def behind(self) -> int:
        return max(0, self.head - self.indexed)


class Follower:
    """Reads the three contracts' events into the index. Two followers of one store do no harm: each round
    checks, inside its transaction, that the cursor is where it started from.

    on_back: told how many blocks the index went back, after each reorganisation that this follower undid.
    """

    def __init__(
        self, store: Store, gateway: Gateway, *, on_back: Callable[[int], None] = lambda _: None
    ) -> None:
        self.store = store
        self.gateway = gateway
        self.progress: Progress | None = None
        self._on_back = on_back
        self._stirred = Event()

    def run(self, stop: Event, *, on_error: Callable[[LedgerError], None] | None = None) -> None:
        """Step until `stop` is set. Errors are given to `on_error` and waited out."""
        quiet = _SHORTEST_PAUSE
        while not stop.is_set():
            pause = quiet
            try:
                if self.gateway.pinned:
                    moved, warm = self.step(), self.gateway.warm()
                    pause = quiet if warm and not moved else 0.0
            except Exception as failed:  # noqa: BLE001 - a follower that ended would look like a chain at rest
                if on_error is not None:
                    on_error(as_ledger_error(failed))
                pause = 1.0
            quiet = min(2 * quiet, _LONGEST_PAUSE) if pause else _SHORTEST_PAUSE
            if pause and self._stirred.wait(pause):
                self._stirred.clear()
                quiet = _SHORTEST_PAUSE
                stop.wait(quiet)

    def stir(self) -> None:
        """Something was committed, perhaps a transaction on its way to the chain: look soon."""
        self._stirred.set()

    def step(self, until: int | None = None) -> bool:
        """Read one range of blocks, or go back once; False when there is nothing to do.

        until: read no block above this number. Raises WrongLedger, NodeUnavailable, and NodeBehind when the
        node is below what was read before.
        """
        with self.store.read() as conn:
            at = index.cursor(conn)
        head = self.gateway.identify()
        target = head if until is None or until >= head.number else self.gateway.header(until)
        self.progress = Progress(at.number if at else self.gateway.pin.first_block - 1, head.number)
        if at is not None and not self._is_current(at, head):
            self._go_back(at)
            return True
        first = at.number + 1 if at else self.gateway.pin.first_block
        if first > target.number:
            return False
        last = target if target.number - first < _SPAN else self.gateway.header(first + _SPAN - 1)
        try:
            found = logs.read_range(self.gateway, first, last, at.hash if at else None)
        except logs.ChainMovedError:
            return True
        self._go_forward(at, found)
        self.progress = Progress(last.number, head.number)
        return True

    def catch_up(self, until: int | None = None) -> None:
        """Step until there is nothing to do."""
        while self.step(until):
            pass

    def rebuild(self) -> tuple[str, str]:
        """Throw the index away and read it again up to the block it was at; digests before and after."""
        with self.store.read() as conn:
            at = index.cursor(conn)
            before = index.digest(conn)
        with self.store.begin() as conn:
            index.drop_above(conn, -1)
            index.set_cursor(conn, None)
        if at is not None:
            self.catch_up(at.number)
        return before, self.index_digest()

    def index_digest(self) -> str:
        """SHA-256 over the index's canonical rows, as 64 hex digits."""
        with self.store.read() as conn:
            return index.digest(conn)

    def _is_current(self, at: Block, head: Head) -> bool:
        """Whether the block that the cursor stands on is still part of the chain."""
        if head.number == at.number:
            return head.hash == at.hash
        if head.number > at.number:
            return self.gateway.header(at.number).hash == at.hash
        # The chain is shorter than the index. A node that merely lags agrees with us at its own head.
        with self.store.read() as conn:
            known = [
                block for block in index.blocks_below(conn, head.number, 1) if block.number == head.number
            ]
        if not known or known[0].hash == head.hash:
            raise NodeBehind("NODE_BEHIND", f"it is at block {head.number}, the index at {at.number}")
        return False

    def _go_forward(self, at: Block | None, found: logs.Range) -> None:
        rows = [_event_row(log) for log in found.logs]
        blocks = [Block(h.number, h.hash, h.parent, h.time) for h in found.headers]
        with self.store.begin() as conn:
            if index.cursor(conn) != at:
                return
            index.add_blocks(conn, blocks, keep=_KEEP)
            index.add_events(conn, rows)
            derived = index.Rows(conn)
            for row in rows:
                projection.apply(derived, row)
            derived.flush()
            index.set_cursor(conn, blocks[-1])

    def _go_back(self, at: Block) -> None:
        with self.store.read() as conn:
            kept = index.blocks_below(conn, at.number, _KEEP)
        common = self._common(kept)
        with self.store.begin() as conn:
            if index.cursor(conn) != at:
                return
            index.drop_above(conn, common.number if common else -1)
            index.set_cursor(conn, common)
            _derive(conn)
        self._on_back(at.number - common.number if common else at.number)

    def _common(self, kept: list[Block]) -> Block | None:
        """The highest kept block that the chain still has."""
        for start in range(0, len(kept), 100):
            part = kept[start : start + 100]
            calls = [("eth_getBlockByNumber", [hex(block.number), False]) for block in part]
            for block, answer in zip(part, self.gateway.rpc.batch(calls), strict=True):
                if isinstance(answer, RpcError):
                    raise NodeUnavailable("NODE_UNAVAILABLE", "the node cannot give blocks")
                if answer is not None and read_head(answer).hash == block.hash:
                    return block
        return None


def _derive(conn: Connection) -> None:
    """All derived rows anew from the events."""
    derived = index.Rows(conn)
    for row in list(index.events(conn)):
        projection.apply(derived, row)
    derived.flush()


def _event_row(log: logs.Log) -> EventRow:
    args = {name: plain(value) for name, value in log.args.items()}
    return EventRow(
        log.block_number,
        log.log_index,
        log.block_time,
        log.tx_hash,
        log.contract,
        log.name,
        args,
        projection.subject_of(log.name, args),
    )
