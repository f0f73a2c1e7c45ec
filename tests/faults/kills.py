"""`kill -9` before each line that a write to the chain runs through, and before each line of the follower."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger_app.chain.node import Ganache
from tests.faults.crash import FOLLOWER, OUTBOX, Ended, Nursery, Point
from tests.faults.record import Tally
from tests.faults.rig import Rig

#: Kills on one ledger; then a fresh one, or the oracle would read ever longer chains.
_ROUND = 40


def outbox(folder: Path, count: int, seed: int) -> Tally:
    """The process that queues, submits and follows, killed at each of its lines in turn."""
    return _drill("kill the outbox", folder, count, seed, OUTBOX, _outbox_job, 0)


def follower(folder: Path, count: int, seed: int) -> Tally:
    """The follower, killed at each of its lines while it reads the chain from where it is, and anew."""
    return _drill("kill the follower", folder, count, seed, FOLLOWER, _follower_job, 0)


def chain(folder: Path, count: int, seed: int) -> Tally:
    """The embedded chain, killed while the submitter is at each of its lines."""
    return _drill("kill the chain", folder, count, seed, OUTBOX, _outbox_job, None)


Job = Callable[..., Ended]


def _drill(
    name: str, folder: Path, count: int, seed: int, files: tuple[str, ...], job: Job, victim: int | None
) -> Tally:
    """`victim` 0 is the child itself, None the chain under it."""
    tally, rng = Tally(name), random.Random(seed)
    points: list[Point] = []
    covered: set[tuple[str, int]] = set()
    with Nursery() as nursery:
        for round_ in range((count + _ROUND - 1) // _ROUND):
            here = folder / f"round-{round_}"
            with Ganache(here / "node", heartbeat=0) as node:
                rig = Rig(here, node, seed + round_)
                passed = job(nursery, rig, files, None, 0).passed
                quota = min(_ROUND, count - round_ * _ROUND)
                misses = 0
                while quota and misses < 3 * _ROUND:
                    points = points or _points(passed, rng)
                    point = points.pop()
                    before = node.pid
                    target = 0 if victim == 0 else before
                    if target is None:
                        continue  # it is being started again
                    done = job(nursery, rig, files, point, target)
                    if not (done.killed or (victim is None and node.pid != before)):
                        misses += 1
                        continue
                    quota -= 1
                    tally.faults += 1
                    covered.add((point.file, point.line))
                    rig.judge(tally)
                rig.finish(tally)
                tally.next_ledger()
                rig.close()
            shutil.rmtree(here)
    tally.said = f"{len(covered)} lines"
    return tally


def _points(passed: dict[tuple[str, int], int], rng: random.Random) -> list[Point]:
    """Every line that was passed, at its first passage, then each at another one; last is taken first."""
    lines = sorted(passed)
    rng.shuffle(lines)
    again = [Point(*line, rng.randint(2, passed[line])) for line in lines if passed[line] > 1]
    return [*again, *(Point(*line) for line in lines)]


def _outbox_job(nursery: Nursery, rig: Rig, files: Any, point: Point | None, victim: int) -> Ended:
    return nursery.run("outbox", files, point, victim, **rig.job, wishes=rig.wishes(3))


def _follower_job(nursery: Nursery, rig: Rig, files: Any, point: Point | None, victim: int) -> Ended:
    nursery.run("outbox", **rig.job, wishes=rig.wishes(2))
    return nursery.run(
        "follow", files, point, victim, store_url=rig.store_url, url=rig.url, pin=rig.pin_values
    )
