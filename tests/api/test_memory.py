"""A service's process keeps its size through hostile input, whatever is sent to it.

`HOSTILE_INPUTS=5000` sends so many to a real service that has its working size; else a short run.
"""

import os
import random
import re
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.api.requests_at_random import VALUES
from tests.support.running_demo import RunningDemo, shared

INPUTS = int(os.environ.get("HOSTILE_INPUTS", "400"))
WARM = 800
MOST_MEGABYTES = 100
SEED = 20261122
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def demo() -> RunningDemo:
    return shared()


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _body(chance: random.Random, megabytes: int) -> bytes:
    """One hostile body: broken JSON of every kind, up to some megabytes of it."""
    kind = chance.randrange(8)
    size = chance.choice([1, 100, 10_000, MEGABYTE, megabytes * MEGABYTE])
    if kind == 0:
        return b"[" * min(size, MEGABYTE)
    if kind == 1:
        return b'{"documents":[' + b"0," * (min(size, MEGABYTE) // 2) + b"0]}"
    if kind == 2:
        return b'{"documents":["' + b"x" * size + b'"]}'
    if kind == 3:
        return b'{"bundle":{"a":' * 20 + b"9" * min(size, MEGABYTE)
    if kind == 4:
        return b",".join(b'"k%d":{}' % number for number in range(min(size, MEGABYTE) // 12)).join(
            [b"{", b"}"]
        )
    if kind == 5:
        return chance.randbytes(size)
    if kind == 6:
        return b'{"number":"' + b"\\ud800" * (min(size, MEGABYTE) // 6) + b'"}'
    value, other = chance.choice(VALUES), chance.choice(VALUES)
    return f'{{"reason":{value},"documents":[{other}]}}'.encode()


_PATHS = (
    ("chamber", "/v1/certificates"),
    ("chamber", "/v1/imports"),
    ("customs", "/v1/verify"),
    ("customs", "/v1/verify/batch"),
    ("carrier", "/v1/epcis/capture"),
    ("carrier", "/v1/cargo/proofs/verify"),
    ("customs", "/v1/enquiries"),
    ("customs", "/verify"),
)
_MEDIA = (
    "application/json",
    "application/json",
    "multipart/form-data; boundary=B",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
)


def _send(client: httpx.Client, demo: RunningDemo, chance: random.Random) -> int:
    who, path = chance.choice(_PATHS)
    media, body = chance.choice(_MEDIA), _body(chance, 6)
    if media.startswith("multipart"):
        body = (
            b'--B\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
            + body
            + b"\r\n--B--"
        )
    headers = {"Content-Type": media, "Authorization": f"Bearer {demo.tokens[who]}"}
    return client.post(path, content=body, headers=headers).status_code


@pytest.mark.long
@pytest.mark.timeout(900)
def test_memory_grows_by_no_more_than_a_bound_over_hostile_inputs(demo: RunningDemo) -> None:
    chance = random.Random(SEED)
    answers: Counter[int] = Counter()
    with httpx.Client(base_url=demo.url, timeout=120) as client:
        # Until each worker thread has read some of the biggest bodies, the process grows to its working size.
        for _ in range(WARM):
            _send(client, demo, chance)
        before = resident(demo.process.pid)
        for _ in range(INPUTS):
            answers[_send(client, demo, chance)] += 1
        grown = resident(demo.process.pid) - before
        assert client.get("/livez").status_code == 200
    print(f"\nfigure: {INPUTS:,} hostile inputs, from {before:.0f} MB by {grown:+.0f} MB; {dict(answers)}")
    assert grown <= MOST_MEGABYTES
    assert not [status for status in answers if status >= 500]
    assert sum(count for status, count in answers.items() if status >= 400) > INPUTS / 2
