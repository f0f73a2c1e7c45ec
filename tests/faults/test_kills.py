"""`kill -9` of service, signer and chain at random, while registrations and acts go on.

After a restart every acknowledged act is there exactly once, nothing is there that was not asked for, and the
index, thrown away and read again from the chain, has the same digest.
"""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.driver import Installation, Part
from tests.faults.traffic import PENDING, Certificate, Traffic

PARTS: tuple[Part, ...] = ("service", "signer", "chain")
_SETTLE_SECONDS = 900


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_or_doubled_by_eight_kills(tmp_path: Path) -> None:
    _survive(tmp_path / "data", kills=8, seed=20261122)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_nothing_acknowledged_is_lost_or_doubled_by_a_hundred_kills(tmp_path: Path) -> None:
    _survive(tmp_path / "data", kills=100, seed=time.time_ns() % 2**32)


def _survive(data: Path, kills: int, seed: int) -> None:
    print(f"seed {seed}")
    installation = Installation(data)
    installation.start()
    traffic = Traffic(installation, seed)
    try:
        traffic.start()
        done = _kill_at_random(installation, traffic, kills, random.Random(seed))
        traffic.stop()
        assert traffic.faults == []
        assert all(done[part] > 0 for part in PARTS), done
        assert traffic.acknowledged() >= kills, "hardly anything went on between the kills"
        acts = _settled(installation, traffic)
        _exactly_once(installation, traffic, acts)
        _standings(installation, traffic)
    finally:
        traffic.stop()
        installation.stop()
    _same_index(installation)
    installation.start()
    try:
        _standings(installation, traffic)
    finally:
        installation.stop()


def _kill_at_random(
    installation: Installation, traffic: Traffic, kills: int, rng: random.Random
) -> dict[Part, int]:
    """Kills, each part at least once; after each, something new is acknowledged before the next."""
    order = [*PARTS, *rng.choices(PARTS, k=kills - len(PARTS))]
    rng.shuffle(order)
    done: dict[Part, int] = dict.fromkeys(PARTS, 0)
    for part in order:
        before = traffic.acknowledged()
        _await(lambda seen=before: traffic.acknowledged() > seen or bool(traffic.faults))
        time.sleep(rng.uniform(0, 0.4))
        signer = rng.choice(("chamber", "customs"))
        _await(lambda part=part, signer=signer: installation.kill(part, signer))
        done[part] += 1
        if part == "service":
            installation.start()
    return done


def _await(holds: Any, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "the installation does not come back after a kill"
        time.sleep(0.02)


def _settled(installation: Installation, traffic: Traffic) -> dict[str, dict[str, Any]]:
    """Every acknowledged act as the service shows it, once nothing is pending."""
    client = installation.client("operator")
    until = time.monotonic() + _SETTLE_SECONDS
    while True:
        acts = {each: client.get(f"/v1/acts/{each}") for each in traffic.acts}
        pending = [each for each in acts.values() if each["state"] in PENDING]
        if not pending or time.monotonic() > until:
            client.close()
            assert pending == [], f"{len(pending)} acts are still pending, the first: {pending[0]}"
            return acts
        time.sleep(0.2)


def _exactly_once(installation: Installation, traffic: Traffic, acts: dict[str, dict[str, Any]]) -> None:
    lost = [act for act in acts.values() if act["state"] != "final"]
    assert lost == []
    transactions = [act["transaction"] for act in acts.values()]
    assert len(set(transactions)) == len(transactions)
    shown = _every_certificate(installation)
    numbers = sorted(row["number"] for row in shown if row["number"].startswith("FAULT-"))
    assert numbers == sorted(each.number for each in traffic.certificates)


def _every_certificate(installation: Installation) -> list[dict[str, Any]]:
    client = installation.client("chamber")
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = client.get("/v1/certificates", limit=200, cursor=cursor)
        rows += answer["certificates"]
        cursor = answer.get("next")
        if not cursor:
            client.close()
            return rows


def _standings(installation: Installation, traffic: Traffic) -> None:
    """What the ledger says of each certificate is what was done to it, unit for unit."""
    client = installation.client("chamber")
    for each in traffic.certificates:
        report = client.post("/v1/verify", {"number": each.number})
        assert report["verdict"] == "GENUINE", report
        assert report["standing"] == _expected(each), report
        assert report["allowance"]["used"] == len(each.acquittals), report
    client.close()


def _expected(certificate: Certificate) -> str:
    return {"Revoke": "revoked", "Suspend": "suspended", None: "good"}[certificate.fate]


def _same_index(installation: Installation) -> None:
    done = installation.origin("index", "rebuild", "--verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["same"] is True
    assert answer["before"] == answer["after"]
