"""`kill -9` of PostgreSQL at random, the server and single connections' processes, while work goes on.

The service is not started again: it answers 503 meanwhile and goes on by itself when the database is back.
Then the same holds as after any fault. POSTGRESQL_KILLS sets the number. (The drill `database` of the bench
kills it at each line of the submitter.)
"""

import os
import random
import time
from pathlib import Path

import pytest

from tests.faults import test_kills as oracle
from tests.faults.driver import Installation
from tests.faults.traffic import Traffic
from tests.support import databases
from tests.support.postgresql import Postgres

KILLS = int(os.environ.get("POSTGRESQL_KILLS", "15"))


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_nothing_acknowledged_is_lost_or_doubled_by_kills_of_the_database(tmp_path: Path) -> None:
    with databases.own_server() as server:
        seed = time.time_ns() % 2**32
        print(f"seed {seed}")
        settings = {"ORIGIN_DATABASE_URL": server.new_url()}
        _survive(Installation(tmp_path / "data", settings), server, KILLS, seed)


def _survive(installation: Installation, server: Postgres, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    installation.start()
    traffic = Traffic(installation, seed)
    service = installation.service
    try:
        traffic.start()
        done = {"server": 0, "connection": 0}
        for number in range(kills):
            before = traffic.acknowledged()
            oracle._await(lambda seen=before: traffic.acknowledged() > seen or bool(traffic.faults))
            time.sleep(rng.uniform(0, 0.4))
            if number % 2 == 0:
                server.kill()
                time.sleep(rng.uniform(0, 0.5))
                server.start()
                done["server"] += 1
            else:
                oracle._await(lambda: server.kill_a_backend(rng))
                done["connection"] += 1
            if number % 10 == 9:
                print(f"{done}, {traffic.acknowledged()} acts acknowledged", flush=True)
        traffic.stop()
        assert traffic.faults == []
        assert installation.service == service
        acts = oracle._settled(installation, traffic)
        oracle._exactly_once(installation, traffic, acts)
        oracle._standings(installation, traffic)
        print(f"{done}, {len(acts)} acts acknowledged, {traffic.repeated} requests repeated")
        print("lost 0, doubled 0, falsely confirmed 0")
    finally:
        traffic.stop()
        installation.stop()
    oracle._same_index(installation)
