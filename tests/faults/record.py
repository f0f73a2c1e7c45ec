"""What was asked and what was acknowledged, kept outside the service; and the oracle that compares it with
what is there.

After every fault: each acknowledged act is on the ledger exactly once or shown as pending; nothing is shown
as done that is not on the ledger, and nothing is there that was not asked for; an index read anew from the
chain has the same digest.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.store import acts, index
from ledger_app.store.engine import Store, open_store

PENDING = (acts.NEEDS_SIGNATURE, acts.QUEUED, acts.BROADCAST, acts.INCLUDED, acts.ORPHANED)
#: Events that tell acts apart, with the members that do.
_KEYS = {
    "Issued": ("root",),
    "Acquitted": ("leaf", "claim"),
    "Revoked": ("leaf",),
    "Suspended": ("leaf", "epoch"),
    "HeadAnchored": ("head",),
}


def key(name: str, **args: Any) -> str:
    """What names an act wherever it shows: its event and the members that make it this one."""
    return " ".join((name, *(str(args[member]) for member in _KEYS[name])))


class CannotRunError(Exception):
    """This machine does not let the drill run; says why."""


class Record:
    """An append-only file that several processes write: keys that were asked for, and the act that each was
    acknowledged as."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, what: str) -> None:
        """Before the request."""
        self._add({"asked": what})

    def acknowledge(self, what: str, act_id: str) -> None:
        """After the answer."""
        self._add({"acked": what, "act": act_id})

    def read(self) -> tuple[set[str], dict[str, str]]:
        """Everything asked, and the acknowledged keys by act id."""
        asked: set[str] = set()
        acked: dict[str, str] = {}
        for line in self.path.read_text().splitlines() if self.path.exists() else ():
            row = json.loads(line)
            if "asked" in row:
                asked.add(row["asked"])
            else:
                acked[row["act"]] = row["acked"]
        return asked, acked

    def _add(self, row: dict[str, str]) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, (json.dumps(row) + "\n").encode())
        os.close(file)


@dataclass
class Tally:
    """The counts of one drill. From `lost` to `other` all must be zero."""

    name: str
    faults: int = 0
    acknowledged: int = 0  # on the ledger that is under fault now
    before: int = 0  # and on those before it
    pending: int = 0
    judged: int = 0
    lost: int = 0
    doubled: int = 0
    falsely_confirmed: int = 0
    index_differs: int = 0
    other: int = 0
    said: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    #: The drill under way, to tell how far it came when it is interrupted.
    latest: ClassVar["Tally | None"] = None

    def __post_init__(self) -> None:
        Tally.latest = self

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled, falsely confirmed, or otherwise wrong."""
        return not (self.lost or self.doubled or self.falsely_confirmed or self.index_differs or self.other)

    def next_ledger(self) -> None:
        """What comes is asked of another ledger."""
        self.before, self.acknowledged = self.before + self.acknowledged, 0

    def wrong(self, what: str, note: str) -> None:
        """Count one thing that must not be: `lost`, `doubled`, `falsely_confirmed`, `index_differs` or
        `other`."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.notes) < 20:
            self.notes.append(f"{what}: {note}")

    def line(self) -> str:
        """One line for people."""
        said = f" ({self.said})" if self.said else ""
        wrong = (
            f"lost {self.lost}, doubled {self.doubled}, falsely confirmed {self.falsely_confirmed}, "
            f"index differs {self.index_differs}, other {self.other}"
        )
        total = self.before + self.acknowledged
        right = f"acknowledged {total}, pending {self.pending}, judged {self.judged} times"
        text = f"{self.name}: faults {self.faults}{said}; {right}; {wrong}; {self.seconds:.0f} s"
        return "\n  ".join((text, *self.notes))


class Oracle:
    """Judges a store against the chain behind `gateway`, which must be asked without any fault in between."""

    def __init__(self, folder: Path, gateway: Gateway) -> None:
        self._store = open_store(f"sqlite:///{folder / 'oracle.db'}")
        self._store.create_all()
        self._follower = Follower(self._store, gateway)
        self._gateway = gateway

    def judge(self, store: Store, record: Record, tally: Tally, *, settled: bool = False) -> None:
        """Compare; `settled`: nothing may be pending any more."""
        asked, acked = record.read()
        # The store is read before the chain: what it shows as done must be there by now.
        shown = _states(store, acked)
        self._same_index(store, tally)
        there = self._on_chain()
        tally.judged += 1
        tally.acknowledged, tally.pending = len(acked), 0
        for what, count in there.items():
            if count > 1:
                tally.wrong("doubled", f"{what} is on the ledger {count} times")
            if what not in asked:
                tally.wrong("falsely_confirmed", f"{what} is on the ledger, and nobody asked for it")
        for act_id, what in acked.items():
            state = shown.get(act_id)
            done = there[what] > 0
            if state in PENDING:
                tally.pending += 1
                if settled:
                    tally.wrong("lost", f"{what} is still {state}")
            elif state == acts.FINAL and not done:
                tally.wrong("falsely_confirmed", f"{what} is shown as final, and is not on the ledger")
            elif state != acts.FINAL:
                tally.wrong("lost", f"{what} is shown as {state}")

    def events(self) -> Iterable[index.EventRow]:
        """The chain's events, as the last judgement read them."""
        with self._store.read() as conn:
            return list(index.events(conn))

    def close(self) -> None:
        self._store.close()

    def _on_chain(self) -> Counter[str]:
        self._follower.catch_up()
        return Counter(key(row.name, **row.args) for row in self.events() if row.name in _KEYS)

    def _same_index(self, store: Store, tally: Tally) -> None:
        """The index of the store, and one read from nothing up to the same block."""
        with store.read() as conn:
            at, digest = index.cursor(conn), index.digest(conn)
        with self._store.begin() as conn:
            index.drop_above(conn, -1)
            index.set_cursor(conn, None)
        head = self._gateway.identify().number
        if at is None or at.number > head or self._gateway.header(at.number).hash != at.hash:
            return  # it stands on a block that is gone, and goes back with its next step
        self._follower.catch_up(at.number)
        if self._follower.index_digest() != digest:
            tally.wrong("index_differs", f"at block {at.number}")


def _states(store: Store, act_ids: Iterable[str]) -> dict[str, str]:
    with store.read() as conn:
        return acts.states_of(conn, act_ids)
