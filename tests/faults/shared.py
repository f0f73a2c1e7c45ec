"""One database and several that believe they own it; a clock that is wrong; a disk that is full."""

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import select

from ledger_app.chain.node import Ganache
from ledger_app.errors import LedgerError, Unavailable
from ledger_app.store.tables import transactions
from tests.faults.chains import shifted
from tests.faults.crash import Nursery
from tests.faults.jobs import enqueue
from tests.faults.record import CannotRunError, Tally
from tests.faults.rig import Rig

_WORKERS = 8
_DISK = 6 << 20


def nonces(folder: Path, count: int, seed: int) -> Tally:
    """Eight processes on one database and one account queue and submit `count` acts together, and hand the
    lease to one another all the time: every nonce is used once, and none is left out."""
    return _together("8 workers on one account", folder, count, seed, _WORKERS)


def twins(folder: Path, count: int, seed: int) -> Tally:
    """Two services by mistake on one database; one of them has a clock that runs three minutes ahead, so
    that it takes every lease of the other for expired."""
    return _together("two services on one database", folder, count, seed, 2, ahead=180.0)


def _together(name: str, folder: Path, count: int, seed: int, workers: int, ahead: float = 0.0) -> Tally:
    tally = Tally(name)
    with Ganache(folder / "node", heartbeat=0) as node, Nursery() as nursery:
        rig = Rig(folder, node, seed)
        rig.world.submitter.release()
        nursery.run("together", **rig.job, workers=workers, each=count // workers, seed=seed, ahead=ahead)
        rig.finish(tally)
        used = Counter(_nonces(rig))
        highest = rig.world.submitter.look().nonce
        for nonce in range(highest):
            if used[nonce] != 1:
                tally.wrong("other", f"nonce {nonce} was used {used[nonce]} times")
        for nonce in set(used) - set(range(highest)):
            tally.wrong("other", f"nonce {nonce} never reached the chain")
        tally.faults = workers - 1
        tally.said = f"{highest} nonces, {workers} processes"
        rig.close()
    return tally


def _nonces(rig: Rig) -> list[int]:
    mine = transactions.c.sender == rig.world.submitter.sender
    with rig.world.store.read() as conn:
        query = select(transactions.c.nonce).where(mine, transactions.c.state != "replaced")
        return list(conn.execute(query).scalars())


def clocks(folder: Path, count: int, seed: int) -> Tally:
    """The service's clock is an hour behind or ahead, `count` times."""
    tally, rng = Tally("clock an hour off"), random.Random(seed)
    with Ganache(folder / "node", heartbeat=0) as node:
        rig = Rig(folder, node, seed)
        for number in range(count):
            enqueue(rig.world, rig.record, rig.wishes(2))
            rig.step(rng.randint(0, 2))
            with shifted(3600 if number % 2 else -3600):
                tally.faults += 1
                enqueue(rig.world, rig.record, rig.wishes(2))
                rig.step(3)
                rig.judge(tally)
            rig.go_on()
            rig.judge(tally)
        rig.finish(tally)
        rig.close()
    return tally


def disks(folder: Path, count: int, seed: int) -> Tally:
    """The disk of the database is full, `count` times, at some moment of a write. Nothing is acknowledged
    that is not there, and it goes on when there is room."""
    tally, rng = Tally("disk full"), random.Random(seed)
    full = folder / "disk"
    with _small_disk(full), Ganache(folder / "node", heartbeat=0) as node:
        rig = Rig(folder, node, seed, store_url=f"sqlite:///{full / 'ledger.db'}")
        refused = 0
        for _ in range(count):
            enqueue(rig.world, rig.record, rig.wishes(2))
            rig.step(rng.randint(0, 2))
            _fill(full / "ballast")
            tally.faults += 1
            for _ in range(30):
                try:
                    enqueue(rig.world, rig.record, rig.wishes(1))
                except Unavailable:
                    refused += 1
                with suppress(LedgerError):
                    rig.step()
            rig.judge(tally)
            (full / "ballast").unlink()
            rig.go_on()
            rig.judge(tally)
        if not refused:
            tally.wrong("other", "the disk was never full")
        tally.said = f"{refused} requests refused"
        rig.finish(tally)
        rig.close()
    return tally


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={_DISK}", "none", str(folder)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRunError(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(os.urandom(4096))
