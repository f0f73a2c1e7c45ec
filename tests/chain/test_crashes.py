"""Whatever dies whenever: every acknowledged act is on the ledger once, or shown as pending."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ledger_app.chain.follower import Follower
from ledger_app.chain.node import Ganache
from ledger_app.errors import LedgerError
from ledger_app.store import index
from tests.chain.kit import World, a_leaf, hexed
from tests.support import databases

POINTS = ("before-commit", "after-commit", "after-send", "before-receipts-commit")


def crash(folder: Path, chain: Ganache, point: str, count: int) -> bool:
    """Run the submitter in a process that dies at the point; whether it died."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chain.crasher"),
            *(str(folder), databases.url_in(folder), chain.url, chain.sender_key.hex(), point, str(count)),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode in (0, 9), done.stderr
    return done.returncode == 9


def events(world: World, name: str) -> list[str]:
    follower = Follower(world.store, world.gateway)
    follower.catch_up()
    with world.store.read() as conn:
        return [str(event.subject) for event in index.events(conn) if event.name == name]


@pytest.mark.parametrize("point", POINTS)
def test_a_deployment_goes_on_where_a_crash_left_it(tmp_path: Path, point: str) -> None:
    with Ganache(tmp_path, heartbeat=0) as chain:
        died = crash(tmp_path, chain, point, 1)
        world = World(tmp_path, chain.url, chain.sender_key)
        world.deploy()
        first = world.gateway.pin
        assert world.gateway.council().threshold == 2
        assert died
        assert world.submitter.look().nonce == 4
        again = World(tmp_path, chain.url, chain.sender_key)
        again.deploy()
        assert again.gateway.pin == first


def test_acts_survive_crashes_at_every_point_once_each(ganache: Ganache, tmp_path: Path) -> None:
    world = World(tmp_path, ganache.url, ganache.sender_key)
    world.deploy()
    world.onboard()
    leaves = [a_leaf() for _ in range(24)]
    issued = [world.issue([leaf]) for leaf in leaves[:12]]
    revoked = [world.revoke(leaf) for leaf in leaves[:6]]
    died = 0
    for round_, point in enumerate(POINTS * 2):
        died += crash(tmp_path, ganache, point, 1 + round_ // 4)
        issued.append(world.issue([leaves[12 + round_]]))
    assert died >= 4
    world.submitter.settle()
    assert {world.act(act_id).state for act_id in issued + revoked} == {"final"}
    issues, revocations = events(world, "Issued"), events(world, "Revoked")
    assert len(set(issues)) == len(issues) == len(issued)
    assert sorted(revocations) == sorted(hexed(leaf.hash()) for leaf in leaves[:6])


def test_a_stream_of_acts_survives_a_chain_killed_at_random(tmp_path: Path) -> None:
    rng = random.Random(7)
    with Ganache(tmp_path, heartbeat=0) as chain:
        world = World(tmp_path, chain.url, chain.sender_key)
        world.deploy()
        world.onboard()
        stop = threading.Event()
        worker = threading.Thread(target=world.submitter.run, args=(stop,))
        worker.start()
        acts = []
        for _ in range(5):
            acts += [world.issue([a_leaf()]) for _ in range(8)]
            world.submitter.wake()
            time.sleep(rng.uniform(0.05, 0.4))
            if chain.pid is not None:
                os.kill(chain.pid, signal.SIGKILL)
        stop.set()
        worker.join()
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline:
            try:
                world.submitter.settle(30)
                break
            except LedgerError:
                time.sleep(0.2)
        assert {world.act(act_id).state for act_id in acts} == {"final"}
        issues = events(world, "Issued")
        assert len(set(issues)) == len(issues) == len(acts)
