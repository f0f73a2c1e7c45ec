"""A stream of registrations and acts that never takes a broken connection for an answer.

Each request carries an Idempotency-Key and is repeated until it is acknowledged. What was acknowledged
is remembered here, outside the service, and compared with what the service shows at the end.
"""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ledger_app.client import Client
from ledger_app.domain.samples import sample_document
from ledger_app.errors import LedgerError, Unavailable
from tests.faults.driver import Installation

PENDING = ("needs-signature", "queued", "broadcast", "included", "orphaned")


@dataclass
class Certificate:
    """One certificate that was acknowledged, and what was done to it since. `fate`: Revoke or Suspend."""

    id: str
    number: str
    act: str
    acquittals: list[str] = field(default_factory=list)
    fate: str | None = None


class Traffic:
    """Started and stopped around the kills. `certificates` and `acts` are what was acknowledged."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self._installation = installation
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(self._issuer, random.Random(seed)), name="issuer"),
            threading.Thread(target=self._run, args=(self._customs, random.Random(seed + 1)), name="customs"),
        ]
        self.certificates: list[Certificate] = []
        self.acts: dict[str, str] = {}
        self.repeated = 0
        self.faults: list[str] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """What is under way is still repeated until it is acknowledged."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(180)
            if thread.is_alive():
                self.faults.append(f"{thread.name}: a request was never acknowledged")

    def acknowledged(self) -> int:
        with self._lock:
            return len(self.acts)

    # --- the two clients -----------------------------------------------------------------------------

    def _run(self, step: Any, rng: random.Random) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            try:
                step(rng, number)
            except LedgerError as error:
                self.faults.append(f"{threading.current_thread().name}: {error}")
                return

    def _issuer(self, rng: random.Random, number: int) -> None:
        names = [f"FAULT-{number:05}-{place}" for place in range(rng.randint(1, 3))]
        documents = [sample_document(name, allowance=1_000) for name in names]
        answer = self._ask("chamber", "/v1/certificates", {"documents": documents}, f"issue-{number}")
        with self._lock:
            for row in answer["certificates"]:
                self.certificates.append(Certificate(row["id"], row["number"], answer["act"]["id"]))
        if rng.random() < 0.5 and (chosen := self._ready(rng, ended=False)):
            kind = rng.choice(["Revoke", "Suspend"])
            reason = "FALSE_STATEMENT" if kind == "Revoke" else "UNDER_INVESTIGATION"
            path = f"/v1/certificates/{chosen.id}/{kind.lower()}"
            self._ask("chamber", path, {"reason": reason}, f"end-{chosen.number}")
            chosen.fate = kind

    def _customs(self, rng: random.Random, number: int) -> None:
        chosen = self._ready(rng, ended=True)
        if chosen is None:
            time.sleep(0.05)
            return
        body = {"declaration": f"AU-{number:06}", "units": 1}
        self._ask("customs", f"/v1/certificates/{chosen.id}/acquit", body, f"acquit-{number}")
        chosen.acquittals.append(body["declaration"])  # type: ignore[arg-type]

    def _ready(self, rng: random.Random, *, ended: bool) -> Certificate | None:
        """A registered certificate: even ones are for customs, odd ones for the issuer to end, so that no act
        meets another that would rightly refuse it."""
        with self._lock:
            mine = [
                each
                for place, each in enumerate(self.certificates)
                if place % 2 == (0 if ended else 1) and each.fate is None
            ]
        rng.shuffle(mine)
        for each in mine[:4]:
            try:
                client = self._client("chamber")
                state = client.get(f"/v1/acts/{each.act}")["state"]
                client.close()
            except Unavailable:
                return None
            if state == "final":
                return each
        return None

    def _ask(self, who: str, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        while True:
            try:
                client = self._client(who)
                answer: dict[str, Any] = client.post(path, body, idempotency_key=key)
                client.close()
            except Unavailable:
                self.repeated += 1
                time.sleep(0.05)
                continue
            with self._lock:
                self.acts[answer["act"]["id"]] = f"{answer['act']['kind']} {path}"
            return answer

    def _client(self, who: str) -> Client:
        return self._installation.client(who, timeout=20)
