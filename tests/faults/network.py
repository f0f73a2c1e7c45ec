"""Between service and node: calls that are lost, late or doubled, and a node that says what is not so."""

from pathlib import Path

from ledger_app.chain.node import Ganache
from tests.faults.jobs import enqueue
from tests.faults.proxy import Faults, FaultyNode
from tests.faults.record import Tally
from tests.faults.rig import Rig

LOSSES = Faults(before=0.3, after=0.3)
LIES = Faults(
    before=0.05, after=0.05, twice=0.1, late=0.02, other_chain=0.08, no_receipt=0.12, untrue_receipt=0.12,
    other_receipt=0.1, no_logs=0.1, nonsense=0.1, stale=0.1,
)  # fmt: skip


def losses(folder: Path, count: int, seed: int) -> Tally:
    """`count` submissions while 30 % of all calls are lost before delivery and 30 % after."""
    return _drill("30 % lost before, 30 % after delivery", folder, count, seed, LOSSES, 250)


def lies(folder: Path, count: int, seed: int) -> Tally:
    """`count` submissions to a node that contradicts itself in every way that the proxy knows."""
    return _drill("a node that lies", folder, count, seed, LIES, 20)


def _drill(name: str, folder: Path, count: int, seed: int, faults: Faults, portion: int) -> Tally:
    """Submits in portions, faulty all the time; the oracle asks the node itself."""
    tally = Tally(name)
    with Ganache(folder / "node", heartbeat=0) as node:
        proxies: list[FaultyNode] = []

        def via(url: str) -> str:
            proxies.append(FaultyNode(url, seed))
            return proxies[0].url

        rig = Rig(folder / "rig", node, seed, via=via)
        proxy = proxies[0]
        done = 0
        while done < count:
            wishes = rig.wishes(min(portion, count - done))
            enqueue(rig.world, rig.record, wishes)
            done += len(wishes)
            proxy.faults = faults
            rig.go_on(seconds=3600)
            rig.judge(tally)
            if done >= count:
                proxy.honest()
                rig.finish(tally)
        tally.faults = sum(proxy.count.values())
        tally.said = f"{done} submissions, {proxy.sent} calls, {dict(proxy.count)}"
        proxy.close()
        rig.close()
    return tally
