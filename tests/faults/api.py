"""The service itself under faults: killed at each line that a request runs through, asked the same thing many
times, and told every event thrice."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger_app.chain.node import Ganache
from ledger_app.client import Client
from ledger_app.errors import Unavailable
from tests.faults.crash import API, Ended, Nursery, Point
from tests.faults.record import Tally
from tests.faults.service import Service

_DEMANDS = 3  # requests while a service is up and waits for its end


class Running:
    """A service that may be dead; `alive` tells."""

    def __init__(
        self, service: Service, nursery: Nursery, files: tuple[str, ...], point: Point | None
    ) -> None:
        self.ended: Ended | None = None
        self.pid = service.start(files, point)
        self._waiter = threading.Thread(target=self._wait, args=(nursery,))
        self._waiter.start()

    def _wait(self, nursery: Nursery) -> None:
        self.ended = nursery.wait()

    def alive(self) -> bool:
        return self.ended is None

    def interrupt(self) -> Ended:
        """End it in order; how it ended."""
        os.kill(self.pid, signal.SIGINT)
        self._waiter.join(120)
        assert self.ended is not None
        return self.ended

    def kill(self) -> None:
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
        self._waiter.join(60)


@contextmanager
def set_up(folder: Path, seed: int) -> Iterator[tuple[Service, Nursery]]:
    """A service that is set up and not running, and what starts it."""
    with Ganache(folder / "node", heartbeat=0) as node, Nursery() as nursery:
        service = Service(folder, node, nursery, seed)
        try:
            yield service, nursery
        finally:
            service.close()


def kills(folder: Path, count: int, seed: int) -> Tally:
    """The service killed at a line that a request runs through; the client repeats its request under the same
    Idempotency-Key until it is acknowledged."""
    tally, rng = Tally("kill the service"), random.Random(seed)
    with set_up(folder, seed) as (service, nursery):
        lines = _lines(service, nursery)
        rng.shuffle(lines)
        todo: list[tuple[str, str, dict[str, Any]]] = []
        covered: set[tuple[str, int]] = set()
        number = misses = 0
        while tally.faults < count and misses < count + 20:
            line = lines[number % len(lines)]
            number += 1
            passage = rng.randint(1, 3) if number > len(lines) else 1
            running = Running(service, nursery, API, Point(*line, passage))
            if service.await_up(running.alive):
                _demand(service, running, todo)
            killed = not running.alive()
            running.kill()
            misses += not killed
            tally.faults += killed
            if killed:
                covered.add(line)
            service.judge(tally)
        running = Running(service, nursery, (), None)
        service.await_up(running.alive)
        while todo:
            _demand(service, running, todo)
        service.finish(tally)
        running.kill()
        tally.said = f"{len(covered)} of {len(lines)} lines"
    return tally


def _lines(service: Service, nursery: Nursery) -> list[tuple[str, int]]:
    """The lines that requests run through, from a run that is ended by a signal after it."""
    running = Running(service, nursery, API, Point("none", 0))
    service.await_up(running.alive)
    for _ in range(2):
        _demand(service, running, [])
    return sorted(running.interrupt().passed)


def _demand(service: Service, running: Running, todo: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Requests and signatures until they are through, or the service died; what is unfinished stays in
    `todo`."""
    for _ in range(_DEMANDS):
        if not todo:
            todo.append(_wish(service))
        what, path, body = todo[0]
        who = "customs-au" if what.startswith("acquit") else "chamber-cn"
        answer = service.ask(who, path, body, what, running.alive)
        if answer is None:
            return
        act_id = service.acknowledged(answer, what)
        if act_id in service.unsigned and not service.sign(who, act_id, running.alive):
            return
        if what.startswith("issue"):
            service.certificates.append((answer["certificates"][0]["id"], act_id))
        todo.pop(0)


def _wish(service: Service) -> tuple[str, str, dict[str, Any]]:
    """A new certificate, or an acquittal of one that is registered."""
    if service.certificates and service.rng.random() < 0.4:
        chosen, act_id = service.rng.choice(service.certificates)
        with service.store.read() as conn:
            from ledger_app.store import acts

            done = acts.states_of(conn, [act_id]).get(act_id) == acts.FINAL
        if done:
            declaration = f"D-{service.rng.randbytes(6).hex()}"
            body = {"declaration": declaration, "units": 1}
            return f"acquit:{declaration}", f"/v1/certificates/{chosen}/acquit", body
    document = service.document()
    return f"issue:{document['number']}", "/v1/certificates", {"documents": [document]}


def repeats(folder: Path, count: int, seed: int) -> Tally:
    """`count` requests, each sent 20 times at once under one Idempotency-Key: one certificate and one answer
    for each."""
    tally = Tally("the same request 20 times")
    with set_up(folder, seed) as (service, nursery):
        running = Running(service, nursery, (), None)
        service.await_up(running.alive)
        wishes = [
            (f"issue:{d['number']}", {"documents": [d]}) for d in (service.document() for _ in range(count))
        ]
        turns = [wish for wish in wishes for _ in range(20)]
        service.rng.shuffle(turns)
        # Most copies of one request meet while the first is still under way.
        turns.sort(key=lambda wish: int(wish[0].rsplit("-", 1)[1]) // 4)
        local = threading.local()

        def send(wish: tuple[str, dict[str, Any]]) -> tuple[str, str]:
            if not hasattr(local, "client"):
                local.client = Client(service.url, service.tokens["chamber-cn"], timeout=120)
            while True:
                try:
                    answer = local.client.post("/v1/certificates", wish[1], idempotency_key=wish[0])
                    return wish[0], answer["act"]["id"]
                except Unavailable:
                    continue

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, turns))
        acts_of: dict[str, set[str]] = {}
        for what, act_id in answers:
            acts_of.setdefault(what, set()).add(act_id)
        for what, found in acts_of.items():
            if len(found) != 1:
                tally.wrong("doubled", f"{what} became {len(found)} acts")
            for act_id in found:
                service.acknowledged({"act": {"id": act_id}}, what)
        service.finish(tally)
        running.kill()
        tally.faults, tally.said = len(turns) - count, f"{len(turns)} requests"
    return tally
