"""What is left when the database is gone: the index from the chain alone; and a stream whose events come
thrice and in any order."""

import random
import time
from pathlib import Path

from ledger_app.chain.follower import Follower
from ledger_app.chain.node import Ganache
from ledger_app.domain.terms import territory_id
from ledger_app.proof.leaf import Leaf
from ledger_app.store import index
from ledger_app.store.engine import open_store
from tests.cargo.conftest import Yard, event, rows
from tests.chain.kit import CHAMBER, RCEP, World
from tests.faults.jobs import enqueue
from tests.faults.record import Tally, key
from tests.faults.rig import Rig
from tests.support import databases
from tests.support.anvil import Anvil

_IN_A_BATCH = 1_000


def wiped(folder: Path, count: int, seed: int) -> Tally:
    """`count` certificates on the ledger in batches of 1,000, with acts on others; then the database is gone.
    The public state is read again from the chain alone, to the same digest."""
    tally, rng = Tally("database wiped"), random.Random(seed)
    with Ganache(folder / "node", heartbeat=0) as node:
        rig = Rig(folder, node, seed)
        for _ in range(max(1, count // _IN_A_BATCH)):
            leaves = [_leaf(rng) for _ in range(min(count, _IN_A_BATCH))]
            _issue(rig, leaves)
            enqueue(rig.world, rig.record, rig.wishes(2))
        rig.finish(tally)
        before = rig.follower.index_digest()
        target = folder / "anew"
        target.mkdir()
        store = open_store(databases.new_url(target))
        store.create_all()
        begun = time.monotonic()
        anew = Follower(store, rig.direct)
        anew.catch_up()
        seconds = time.monotonic() - begun
        tally.faults = 1
        if anew.index_digest() != before:
            tally.wrong("index_differs", "the index read from the chain alone is another one")
        with store.read() as conn:
            certificates = sum(row.args["count"] for row in index.events(conn) if row.name == "Issued")
            events = sum(1 for _ in index.events(conn))
        tally.said = f"{certificates} certificates, {events} events, read again in {seconds:.1f} s"
        store.close()
        rig.close()
    return tally


def _leaf(rng: random.Random) -> Leaf:
    return Leaf(rng.randbytes(32), CHAMBER.id, RCEP, territory_id("AU"), 20000, 21000, 1)


def _issue(rig: Rig, leaves: list[Leaf]) -> None:
    act_id, root = rig.world.issue_batch(leaves)
    what = key("Issued", root=root)
    rig.record.ask(what)
    rig.record.acknowledge(what, act_id)


def cargo(folder: Path, count: int, seed: int) -> Tally:
    """`count` events, each reported three times, shuffled and in portions: each is in the stream once, and
    the anchored stream is whole."""
    tally, rng = Tally("every event three times and shuffled"), random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with Anvil() as anvil:
        world = World(folder, anvil.url, Anvil.key)
        world.deploy()
        world.onboard()
        yard = Yard(world, folder)
        stream = yard.new_stream()
        told = [event(serial) for serial in range(count)] * 3
        rng.shuffle(told)
        accepted = duplicate = 0
        last = None
        while told:
            portion = rng.randint(1, 40)
            report = yard.capture(*told[:portion], stream=stream)
            del told[:portion]
            accepted += len(report["accepted"])
            duplicate += len(report["duplicate"])
            last = report["anchor"] or last
        kept = [row["event_hash"] for row in rows(yard, stream)]
        for twice in {each for each in kept if kept.count(each) > 1}:
            tally.wrong("doubled", f"event {twice}")
        if len(kept) != count or accepted != count or duplicate != 2 * count:
            tally.wrong(
                "lost", f"{count} events: {len(kept)} kept, {accepted} accepted, {duplicate} duplicate"
            )
        waiting = yard.anchor_again(stream)
        yard.sign(waiting["id"] if "id" in waiting else waiting["act"]["id"])
        verdict = yard.verify(stream)["verdict"]
        if verdict != "GENUINE":
            tally.wrong("other", f"the anchored stream is {verdict}")
        tally.faults, tally.judged, tally.acknowledged = duplicate, 1, accepted
        world.submitter.release()
    return tally
