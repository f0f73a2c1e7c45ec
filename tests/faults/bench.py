"""The fault bench: `python -m tests.faults.bench [--seed N] [--scale short|medium|full] [NAME…]`.

Runs each drill, prints its counts, and ends with 1 when anything was lost, doubled or falsely confirmed.
`--count NAME=N` sets a drill's count; `--list` tells the drills and their counts.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults import api, bidding, chains, kills, network, rebuild, restored, shared, signers, tamper
from tests.faults.record import CannotRunError, Tally


@dataclass(frozen=True)
class Drill:
    """`run(folder, count, seed)`; the counts of a short, a medium and a full run; what is counted."""

    run: Callable[[Path, int, int], Tally]
    short: int
    medium: int
    full: int
    unit: str


#: The short run is part of every run of the tests: drills whose short count is 0 are left to the longer ones.
DRILLS = {
    "outbox": Drill(kills.outbox, 12, 50, 500, "kills of the process that queues, submits and follows"),
    "outbid": Drill(bidding.outbid, 0, 20, 200, "kills of the process that outbids a stuck transaction"),
    "follower": Drill(kills.follower, 0, 20, 200, "kills of the follower"),
    "chain": Drill(kills.chain, 0, 2, 50, "kills of the embedded chain"),
    "database": Drill(kills.database, 0, 2, 100, "kills of PostgreSQL"),
    "api": Drill(api.kills, 0, 6, 200, "kills of the service while it answers"),
    "signer": Drill(signers.kills, 0, 20, 100, "kills of a signer"),
    "repeats": Drill(api.repeats, 0, 15, 1_000, "requests, each sent 20 times under one key"),
    "reorganise": Drill(chains.reorganisations, 4, 12, 50, "reorganisations of 1 to 64 blocks"),
    "forgets": Drill(chains.forgets, 2, 6, 30, "times that a node forgets, the last time all"),
    "drops": Drill(chains.drops, 0, 9, 100, "transactions dropped by the node"),
    "stalls": Drill(chains.stalls, 1, 2, 5, "heads that stand still for 30 minutes"),
    "nonces": Drill(shared.nonces, 0, 160, 5_000, "acts of eight processes on one account"),
    "twins": Drill(shared.twins, 0, 60, 1_000, "acts of two services on one database"),
    "clocks": Drill(shared.clocks, 0, 4, 50, "clocks an hour behind or ahead"),
    "disks": Drill(shared.disks, 1, 3, 20, "full disks"),
    "columns": Drill(tamper.columns, 0, 100, 1_000, "changed columns of protected rows"),
    "wiped": Drill(rebuild.wiped, 0, 10_000, 100_000, "certificates on the chain, and no database"),
    "restored": Drill(restored.documents, 0, 200, 100_000, "certificates, and a backup of them"),
    "cargo": Drill(rebuild.cargo, 0, 100, 2_000, "events, each three times and shuffled"),
    "losses": Drill(network.losses, 40, 150, 10_000, "submissions, 60 % of all calls lost"),
    "lies": Drill(network.lies, 0, 20, 1_000, "submissions to a node that lies"),
}


def run(name: str, count: int, seed: int) -> Tally:
    """One drill in a folder of its own. Raises CannotRunError, and whatever it breaks off with."""
    folder = Path(tempfile.mkdtemp(prefix=f"origin-faults-{name}-"))
    begun = time.monotonic()
    try:
        tally = DRILLS[name].run(folder, count, seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tally.seconds = time.monotonic() - begun
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(DRILLS)}; else all")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--scale", choices=("short", "medium", "full"), default="short")
    parser.add_argument("--count", action="append", default=[], metavar="NAME=N")
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in DRILLS]:
        parser.error(f"no drill is called {', '.join(unknown)}")
    if asked.list:
        for name, drill in DRILLS.items():
            print(f"{name}: {drill.short}, {drill.medium} or {drill.full} {drill.unit}")
        return 0
    counts = {name: int(getattr(drill, asked.scale)) for name, drill in DRILLS.items()}
    counts |= {name: int(count) for name, _, count in (given.partition("=") for given in asked.count)}
    os.nice(10)
    print(f"seed {asked.seed}", flush=True)
    good = True
    for name in asked.names or [name for name in DRILLS if counts[name]]:
        try:
            tally = run(name, counts[name], asked.seed)
        except CannotRunError as cannot:
            print(f"{name}: could not run: {cannot}", flush=True)
            continue
        except KeyboardInterrupt:
            reached = "" if Tally.latest is None else Tally.latest.line()
            print(f"interrupted at {reached}", flush=True)
            return 130
        except Exception:  # noqa: BLE001 - the other drills are run all the same
            traceback.print_exc()
            print(f"{name}: broke off", flush=True)
            good = False
            continue
        good &= tally.good
        print(tally.line(), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
