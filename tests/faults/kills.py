"""`kill -9` before each line that a write to the chain runs through, and before each line of the follower."""

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger_app.chain.node import Ganache
from tests.faults.crash import FOLLOWER, OUTBOX, Ended, Nursery, Point
from tests.faults.jobs import patiently
from tests.faults.record import CannotRunError, Tally
from tests.faults.rig import Rig
from tests.support.postgresql import Postgres

#: Kills on one ledger; then a fresh one, or the oracle would read ever longer chains.
_ROUND = 40


def outbox(folder: Path, count: int, seed: int) -> Tally:
    """The process that queues, submits and follows, killed at each of its lines in turn."""
    return _drill("kill the outbox", folder, count, seed, OUTBOX, _outbox_job)


def follower(folder: Path, count: int, seed: int) -> Tally:
    """The follower, killed at each of its lines while it reads the chain from where it is, and anew."""
    return _drill("kill the follower", folder, count, seed, FOLLOWER, _follower_job)


def chain(folder: Path, count: int, seed: int) -> Tally:
    """The embedded chain, killed while the submitter is at each of its lines."""
    return _drill("kill the chain", folder, count, seed, OUTBOX, _outbox_job, lambda node: node.pid)


def database(folder: Path, count: int, seed: int) -> Tally:
    """PostgreSQL, killed while the submitter is at each of its lines, and started again."""
    try:
        server = Postgres(_folder()).start()
    except FileNotFoundError as missing:
        raise CannotRunError(str(missing)) from None
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(server, stop))
    keeper.start()
    try:
        job = ("kill the database", folder, count, seed, OUTBOX, _outbox_job)
        return _drill(*job, lambda _: server.pid, store_url=server.new_url)
    finally:
        stop.set()
        keeper.join()
        server.discard()


def _folder() -> Path:
    """One that the server's user can reach, whoever runs the drill."""
    return Path(tempfile.mkdtemp(prefix="origin-faults-pg-"))


def _keep(server: Postgres, stop: threading.Event) -> None:
    """Start the server again whenever it is gone."""
    while not stop.wait(0.1):
        if not alive(server.pid):
            server.kill()  # it is dead; this takes its end from the system
            server.start()


Job = Callable[..., Ended]


def _drill(
    name: str,
    folder: Path,
    count: int,
    seed: int,
    files: tuple[str, ...],
    job: Job,
    victim: Callable[[Ganache], int | None] | None = None,
    *,
    store_url: Callable[[], str] | None = None,
) -> Tally:
    """`victim` tells which process under the child is killed; without one it is the child itself."""
    tally, rng = Tally(name), random.Random(seed)
    points: list[Point] = []
    covered: set[tuple[str, int]] = set()
    with Nursery() as nursery:
        for round_ in range((count + _ROUND - 1) // _ROUND):
            here = folder / f"round-{round_}"
            with Ganache(here / "node", heartbeat=0) as node:
                rig = Rig(here, node, seed + round_, store_url=store_url() if store_url else None)
                passed = job(nursery, rig, files, None, 0).passed
                quota = min(_ROUND, count - round_ * _ROUND)
                misses = 0
                while quota and misses < 3 * _ROUND:
                    points = points or _points(passed, rng)
                    point = points.pop()
                    target = victim(node) if victim else 0
                    if target is None or (target and not alive(target)):
                        time.sleep(0.05)
                        continue  # it is being started again
                    done = job(nursery, rig, files, point, target)
                    if not (done.killed or (target and not alive(target))):
                        misses += 1
                        continue
                    quota -= 1
                    tally.faults += 1
                    covered.add((point.file, point.line))
                    patiently(lambda rig=rig: rig.judge(tally), 60)
                patiently(lambda rig=rig: rig.finish(tally), 60)
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


def alive(pid: int) -> bool:
    """Whether a process of this id runs; one that only waits to be taken note of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
