"""The trees that checkpoints state, computed from the index's events and kept in memory.

Nothing of them is stored: they follow from the events, and are folded again after a restart (two seconds for
100,000 batches). A checkpoint costs what happened since the one before, and the sorting of what has changed.
"""

import threading
from collections import OrderedDict
from typing import Final

from ledger_app.errors import Unavailable
from ledger_app.proof.ledger_state import FOLLOWED, LedgerState
from ledger_app.proof.log_tree import LogTree
from ledger_app.proof.sorted_tree import SortedTree
from ledger_app.store import index, statements
from ledger_app.store.engine import Connection, Store

_NAMES: Final = tuple(sorted(FOLLOWED))
_KEPT_TREES: Final = 3


class Books:
    """The fold up to some block, and the sorted trees of the last checkpoints. Safe to share between
    threads."""

    _state: LedgerState
    _block: int
    _hash: str | None
    _trees: OrderedDict[int, SortedTree]

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget()

    def at(self, store: Store, block: int, block_hash: str) -> tuple[LedgerState, SortedTree]:
        """The fold, which may be further on, and the sorted tree as of the end of `block` (hash `0x…`).

        Raises Unavailable INDEX_CATCHING_UP when the index has not read so far.
        """
        with self._lock, store.read() as conn:
            self._readied(conn, block)
            tree = self._trees.get(block)
            if tree is not None:
                self._trees.move_to_end(block)
                return self._state, tree
            state = self._state
            if block < self._block:
                state = _fold(conn, LedgerState(), -1, block)
            else:
                self._fold_on(conn, block, block_hash)
            tree = SortedTree(state.pairs)
            self._trees[block] = tree
            while len(self._trees) > _KEPT_TREES:
                self._trees.popitem(last=False)
            return self._state, tree

    def log(self, store: Store, block: int) -> LogTree:
        """The log of batches, which holds at least those up to the end of `block` and may be further on: a
        proof about its beginning costs no fold and no tree.

        Raises Unavailable INDEX_CATCHING_UP when the index has not read so far.
        """
        with self._lock, store.read() as conn:
            self._readied(conn, block)
            if self._block < block:
                kept = index.blocks_below(conn, block, 1)
                self._fold_on(conn, block, kept[0].hash if kept and kept[0].number == block else None)
            return self._state.log

    def as_of(self, store: Store, block: int) -> LedgerState:
        """The fold of exactly the blocks up to `block`, made for the caller; others are not kept waiting."""
        with store.read() as conn:
            return _fold(conn, LedgerState(), -1, block)

    def _readied(self, conn: Connection, block: int) -> None:
        cursor = index.cursor(conn)
        if cursor is None or cursor.number < block:
            raise Unavailable("INDEX_CATCHING_UP", f"the index has not read block {block} yet")
        if not self._is_current(conn):
            self._forget()

    def _fold_on(self, conn: Connection, block: int, block_hash: str | None) -> None:
        above, self._block, self._hash = self._block, block, block_hash
        try:
            _fold(conn, self._state, above, block)
        except BaseException:
            # What was folded in part would be folded twice; and a tree without its fold is of no use.
            self._forget()
            raise

    def _forget(self) -> None:
        self._state = LedgerState()
        self._block = -1
        self._hash = None
        self._trees = OrderedDict()

    def _is_current(self, conn: Connection) -> bool:
        """Whether the block that the fold stands on is still part of the chain, as far as the index knows."""
        kept = index.blocks_below(conn, self._block, 1)
        return not kept or kept[0].number != self._block or kept[0].hash == self._hash


def _fold(conn: Connection, state: LedgerState, above: int, until: int) -> LedgerState:
    for name, args, time in statements.events(conn, _NAMES, above=above, until=until):
        state.apply(name, args, time)
    return state
