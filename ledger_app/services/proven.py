"""Streams whose kept leaves were led to their head on the ledger, remembered so that a long stream is hashed
once and then only grows.

What is remembered is bound by the head itself: a tree is given only where its root over the asked events is
the asked head, so that nothing that happens to the rows afterwards is believed, or needed.
"""

import threading
from typing import Final

from ledger_app.errors import BadInput
from ledger_app.proof.hexes import from_hex
from ledger_app.proof.log_tree import LogTree
from ledger_app.store import cargo
from ledger_app.store.engine import Connection

_MOST_LEAVES: Final = 200_000
"""About 40 MB; a stream beyond that is read again each time."""


class ProvenStreams:
    """The trees of the streams used last. Safe to share between threads."""

    def __init__(self, most_leaves: int = _MOST_LEAVES) -> None:
        self._most = most_leaves
        self._lock = threading.Lock()
        self._trees: dict[str, LogTree] = {}

    def tree(self, conn: Connection, stream_id: str, head: bytes, count: int) -> LogTree | None:
        """The tree over the stream's first `count` events (or more) whose root over them is `head`; None when
        the kept leaves do not lead there."""
        with self._lock:
            known = self._trees.pop(stream_id, None)
            for tree in (known or LogTree(), LogTree()):
                if _extend(conn, stream_id, tree, count) and tree.root(count) == head:
                    self._keep(stream_id, tree)
                    return tree
        return None

    def _keep(self, stream_id: str, tree: LogTree) -> None:
        self._trees[stream_id] = tree
        while sum(map(len, self._trees.values())) > self._most:
            del self._trees[next(iter(self._trees))]


def _extend(conn: Connection, stream_id: str, tree: LogTree, count: int) -> bool:
    """Whether the tree holds `count` leaves, after reading those that it lacks."""
    if len(tree) < count:
        for position, leaf in cargo.leaves_of(conn, stream_id, since=len(tree), until=count):
            if position != len(tree):
                return False
            try:
                tree.append(from_hex(leaf, 32))
            except BadInput:
                return False
    return len(tree) >= count
