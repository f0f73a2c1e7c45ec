"""A chain that takes back what it had: reorganisations, forgotten blocks, dropped transactions, a head that
stands still."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from ledger_app.chain import submitter
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.rpc import Rpc
from ledger_app.errors import NodeBehind
from ledger_app.store import acts
from tests.faults.jobs import enqueue
from tests.faults.record import Tally
from tests.faults.rig import Rig
from tests.support.anvil import Anvil

_DEEPEST = 64
_ON_ONE_CHAIN = 5
"""Anvil forgets the state of old blocks: rolled back at a height of a thousand or so, it is empty."""


def reorganisations(folder: Path, count: int, seed: int) -> Tally:
    """`count` reorganisations of 1 to 64 blocks; half of them on a chain that is final at that depth, where
    nothing that was shown as final may go."""
    tally = Tally("reorganise")
    for depth in (0, _DEEPEST):
        share = count // 2 if depth else count - count // 2
        depths: list[int] = []
        while len(depths) < share:
            place = folder / f"depth-{depth}-{len(depths)}"
            with _young_anvil() as anvil:
                rig = Rig(place, anvil, seed + depth + len(depths), max_age=10**6, depth=depth)
                for _ in range(min(_ON_ONE_CHAIN, share - len(depths))):
                    depths.append(_reorganise(rig, tally, depth))
                    tally.faults += 1
                rig.go_on(partial(_no_longer, rig, acts.QUEUED))
                _mine(rig, _DEEPEST + 1)
                rig.finish(tally)
                tally.next_ledger()
                rig.close()
        tally.said += f"{depths} blocks with finality at {depth}; "
    return tally


def _reorganise(rig: Rig, tally: Tally, depth: int) -> int:
    rng, rpc = rig.rng, rig.direct.rpc
    for _ in range(3):
        enqueue(rig.world, rig.record, rig.wishes(rng.randint(1, 3)))
        rig.step(rng.randint(1, 3))
        _mine(rig, rng.randint(0, 8))
    rig.step(2)
    # Before the blocks go, finality is what the profile says: no shallower act is shown as final.
    rig.judge(tally)
    room = _height(rig) - rig.base
    back = min(rng.randint(1, _DEEPEST), room)
    if depth:
        _mine(rig, _DEEPEST)  # what becomes final now stays below the reorganisation
        rig.step()
        back = rng.randint(1, _DEEPEST)
    rpc.call("anvil_rollback", back)
    if rng.random() < 0.5:
        rpc.call("anvil_dropAllTransactions")
    rig.step(rng.randint(0, 2))
    _mine(rig, rng.randint(0, back + 5))
    rig.step(2)
    rig.judge(tally)
    _mine(rig, _DEEPEST if depth else 1)
    return back


def forgets(folder: Path, count: int, seed: int) -> Tally:
    """A node that comes back as it was: at some earlier moment, and in the end before the contracts."""
    tally = Tally("a node that forgets")
    with _young_anvil() as anvil:
        first = Rpc(anvil.url)
        empty = first.call("evm_snapshot")
        first.close()
        rig = Rig(folder, anvil, seed, max_age=10**6)
        rpc = rig.direct.rpc

        def beat() -> bool:
            """A block now and then, as every chain has: behind what was seen of it, nothing new is sent."""
            _mine(rig, 1)
            return rig.idle()

        for number in range(count):
            snapshot = rpc.call("evm_snapshot")
            for _ in range(rig.rng.randint(1, 4)):
                enqueue(rig.world, rig.record, rig.wishes(3))
                rig.step(3)
            last = number == count - 1
            rpc.call("evm_revert", empty if last else snapshot)
            tally.faults += 1
            if last:  # and the service, too, starts anew
                rig.restart()
            rig.go_on(beat)
            rig.judge(tally)
        rig.finish(tally)
        tally.said = "the last one of everything"
        rig.close()
    return tally


def _young_anvil() -> Anvil:
    """A chain whose time begins a day ago: each block is at least a second later than the one before, and
    hundreds at once would overtake the clock.
    """
    return Anvil("--timestamp", str(int(time.time()) - 86_400))


def drops(folder: Path, count: int, seed: int) -> Tally:
    """Transactions that the node took and dropped before any block had them."""
    tally, rng = Tally("drop transactions"), random.Random(seed)
    with Anvil() as anvil, patch.object(submitter, "_RESEND_SECONDS", 0.3):
        rig = Rig(folder, anvil, seed)
        rpc = rig.direct.rpc
        while tally.faults < count:
            rpc.call("evm_setAutomine", False)
            enqueue(rig.world, rig.record, rig.wishes(5))
            rig.step(2)
            held = _held(rig)
            for tx in rng.sample(held, min(len(held), rng.randint(1, 3))):
                rpc.call("anvil_dropTransaction", tx)
                tally.faults += 1
            rig.judge(tally)
            rpc.call("evm_setAutomine", True)
            _mine(rig, 1)
            rig.go_on()
            rig.judge(tally)
        rig.finish(tally)
        rig.close()
    return tally


def _held(rig: Rig) -> list[str]:
    """The hashes of our transactions that the node holds and no block has."""
    pool = rig.direct.rpc.call("txpool_content")["pending"]
    ours = [mine for sender, mine in pool.items() if sender.lower() == rig.world.submitter.sender]
    return [tx["hash"] for mine in ours for tx in mine.values()]


def stalls(folder: Path, count: int, seed: int) -> Tally:
    """The head stands still while 30 minutes pass; what was acknowledged stays pending, and facts as old as
    that are not given; then it goes on."""
    tally = Tally("stall the head for 30 minutes")
    for number in range(count):
        with Anvil() as anvil:
            rig = Rig(folder / str(number), anvil, seed + number)
            _stall(rig, tally)
            tally.next_ledger()
            rig.close()
    return tally


def _stall(rig: Rig, tally: Tally) -> None:
    rpc = rig.direct.rpc
    enqueue(rig.world, rig.record, rig.wishes(3))
    rig.go_on()
    rpc.call("evm_setAutomine", False)
    before = len(rig.record.read()[1])
    enqueue(rig.world, rig.record, rig.wishes(6))
    rig.step(2)
    reader = Gateway(rig.chain.url, rig.pin, max_age=300)
    reader.head()
    with shifted(1800):
        tally.faults += 1
        rig.step(3)
        try:
            reader.head()
            tally.wrong("falsely_confirmed", "facts of 30 minutes ago are given as fresh")
        except NodeBehind:
            pass
        rig.judge(tally)
        if tally.pending != len(rig.record.read()[1]) - before:
            tally.wrong("falsely_confirmed", "an act was shown as done on a head that stands still")
        rpc.call("evm_increaseTime", 1800)
        rpc.call("evm_setAutomine", True)
        _mine(rig, 1)
        reader.head()
        rig.finish(tally)


@contextmanager
def shifted(seconds: float) -> Iterator[None]:
    """This process's clock, wrong by so much."""
    real = time.time
    with patch("time.time", lambda: real() + seconds):
        yield


def _height(rig: Rig) -> int:
    return int(rig.direct.rpc.call("eth_blockNumber"), 16)


def _mine(rig: Rig, blocks: int) -> None:
    if blocks:
        rig.direct.rpc.call("anvil_mine", hex(blocks))


def _no_longer(rig: Rig, state: str) -> bool:
    """A block comes now and then, as on every chain: behind what was seen of it, nothing new is sent."""
    _mine(rig, 1)
    rig.step()
    with rig.world.store.read() as conn:
        return acts.counts(conn).get(state, 0) == 0
