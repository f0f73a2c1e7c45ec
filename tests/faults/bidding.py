"""`kill -9` at each line of the outbox while a transaction is outbid: the act is there once, either way."""

import random
import time
from pathlib import Path
from unittest.mock import patch

from ledger_app.chain import fees, submitter
from ledger_app.store import outbox
from tests.faults.crash import OUTBOX, Ended, Nursery, Point
from tests.faults.jobs import enqueue, mine
from tests.faults.record import Tally
from tests.faults.rig import Rig
from tests.support.anvil import Anvil

_LOW, _HIGH = fees.GWEI, 500 * fees.GWEI
#: Kills on one ledger; then a fresh one.
_ROUND = 40


def outbid(folder: Path, count: int, seed: int) -> Tally:
    """The process that outbids a stuck transaction, killed at each of its lines; then one of the bids is
    mined, either of them."""
    tally, rng = Tally("kill while outbidding"), random.Random(seed)
    points: list[Point] = []
    covered: set[tuple[str, int]] = set()
    outbid_first = 0
    with (
        patch.object(fees, "_SHORT_SECONDS", 0.0),
        patch.object(submitter, "_RESEND_SECONDS", 0.0),
        Nursery() as nursery,
    ):
        for round_ in range((count + _ROUND - 1) // _ROUND):
            # Its time begins a day ago: blocks at once would overtake the clock.
            with Anvil("--timestamp", str(int(time.time()) - 86_400)) as anvil:
                rig = Rig(folder / f"round-{round_}", anvil, seed + round_, max_age=10**6)
                rig.direct.rpc.call("evm_setAutomine", False)
                passed = _job(nursery, rig, None).passed
                quota = min(_ROUND, count - round_ * _ROUND)
                while quota:
                    points = points or _points(passed, rng)
                    point = points.pop()
                    if not _job(nursery, rig, point).killed:
                        continue
                    quota -= 1
                    tally.faults += 1
                    covered.add((point.file, point.line))
                    rig.judge(tally)
                    rig.restart()
                    outbid_first += _go_on(rig, rng.choice((_LOW, _HIGH)))
                    rig.judge(tally)
                _go_on(rig, _LOW)
                rig.finish(tally)
                tally.next_ledger()
                rig.close()
    tally.said = f"{len(covered)} lines, the first bid mined {outbid_first} times"
    return tally


def _points(passed: dict[tuple[str, int], int], rng: random.Random) -> list[Point]:
    """Every line that was passed, each at one of its passages."""
    lines = sorted(passed)
    rng.shuffle(lines)
    return [Point(*line, rng.randint(1, passed[line])) for line in lines]


def _job(nursery: Nursery, rig: Rig, point: Point | None) -> Ended:
    """Queue, send at a low base fee, let the fee rise, and have a child go on."""
    mine(rig.direct.rpc, _LOW)
    enqueue(rig.world, rig.record, rig.wishes(2))
    rig.step()
    mine(rig.direct.rpc, _HIGH)
    rig.world.submitter.release()
    given = {name: value for name, value in rig.job.items() if name != "record"}
    return nursery.run("outbid", OUTBOX, point, 0, **given, base_fee=_HIGH)


def _go_on(rig: Rig, base_fee: int) -> int:
    """Step and mine until nothing is left; whether the first bid of the last nonce was the one mined."""
    rpc, until = rig.direct.rpc, time.monotonic() + 120
    if base_fee == _LOW:
        _send_first_bids(rig)
    while not rig.idle():
        if time.monotonic() > until:
            raise TimeoutError("the rig does not get through")
        mine(rpc, base_fee)
        rig.step()
    with rig.world.store.read() as conn:
        found = outbox.transactions_from(conn, rig.world.submitter.sender, 0)
    last = [tx for tx in found if tx.nonce == found[-1].nonce]
    return int(len(last) > 1 and last[0].state == "final")


def _send_first_bids(rig: Rig) -> None:
    """Have the node hold the lower bids, as one that never heard of the higher ones."""
    rpc = rig.direct.rpc
    rpc.call("anvil_dropAllTransactions")
    mine(rpc, _LOW)
    rpc.call("anvil_setNextBlockBaseFeePerGas", hex(_LOW))
    with rig.world.store.read() as conn:
        found = outbox.open_transactions(conn, rig.world.submitter.sender)
    rpc.batch([("eth_sendRawTransaction", ["0x" + tx.raw.hex()]) for tx in found if tx.bid == 0])
    rpc.call("evm_mine")
