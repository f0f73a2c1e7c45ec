"""Registrations each second through the service, until each is final: HTTP, documents sealed and stored, the
signer in its own process, the outbox, the chain.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

from ledger_app.domain.samples import sample_document
from tests.bench.figures import Figures
from tests.faults.driver import Installation, settled

_NUMBERS = count(1)
SINGLES = 60
AT_A_TIME = 8
BATCH = 1_000
ROUNDS = 3


def run(figures: Figures) -> None:
    """About 90 seconds."""
    with tempfile.TemporaryDirectory(prefix="origin-bench-") as folder:
        service = Installation(Path(folder))
        started = time.perf_counter()
        service.start()
        try:
            figures.add(
                "service_first_start", time.perf_counter() - started, "s", note="chain, members, signers"
            )
            _measure(figures, service)
        finally:
            service.stop()


def _measure(figures: Figures, service: Installation) -> None:
    _register(service, 1)  # the first one warms up every part
    alone, together, batches = [], [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(SINGLES // 4):
            _register(service, 1)
        alone.append(SINGLES // 4 / (time.perf_counter() - started))
        started = time.perf_counter()
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(lambda _: _register(service, 1), range(SINGLES)))
        together.append(SINGLES / (time.perf_counter() - started))
        started = time.perf_counter()
        _register(service, BATCH)
        batches.append(BATCH / (time.perf_counter() - started))
    figures.add("register_one_at_a_time", alone, "certificates/s", note="each awaited until final")
    figures.add(
        "register_one_at_a_time_parallel",
        together,
        "certificates/s",
        note=f"{AT_A_TIME} applicants, one each",
    )
    figures.add("register_batch_of_1000", batches, "certificates/s", note="until final")


def _register(service: Installation, size: int) -> None:
    documents = [sample_document(f"BENCH-{next(_NUMBERS):07}") for _ in range(size)]
    client = service.client("chamber")
    answer: dict[str, Any] = client.post("/v1/certificates", {"documents": documents})
    act = settled(client, answer["act"])
    client.close()
    if act["state"] != "final":
        raise RuntimeError(f"a registration came to nothing: {act}")
