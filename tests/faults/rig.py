"""A small ledger under faults: a chain, a store, what was asked of them, and the oracle."""

import dataclasses
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.node import Ganache
from ledger_app.errors import LedgerError
from ledger_app.store import outbox
from tests.chain.kit import World
from tests.faults.jobs import Wish, wish_key
from tests.faults.record import Oracle, Record, Tally
from tests.support import databases
from tests.support.anvil import Anvil


class Rig:
    """Deployed and with its members, at a real node, on the kind of database that TEST_DATABASE names (or at
    `store_url`).

    via: makes the URL that the service is given out of the node's own (a proxy in between). options: of the
    submitter, once the ledger is deployed.
    """

    def __init__(
        self,
        folder: Path,
        chain: Ganache | Anvil,
        seed: int,
        *,
        via: Callable[[str], str] | None = None,
        store_url: str | None = None,
        max_age: float = 300.0,
        **options: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.chain = chain
        self.rng = random.Random(seed)
        self.sender: bytes = Anvil.key if isinstance(chain, Anvil) else chain.sender_key
        self.store_url = store_url or databases.new_url(folder)
        self.record = Record(folder / "asked.jsonl")
        plain = World(folder, chain.url, self.sender, store_url=self.store_url)
        plain.gateway.max_age = max_age
        plain.deploy()
        plain.onboard()
        plain.submitter.release()
        self.pin = plain.gateway.pin
        self.direct = Gateway(chain.url, self.pin, max_age=10**9)
        self.oracle = Oracle(folder, self.direct)
        plain.store.close()
        #: The height below which the ledger is set up.
        self.base = self.direct.identify().number
        self.url = via(chain.url) if via is not None else chain.url
        self._options, self._max_age = options, max_age
        self.world, self.follower = self._open()
        self._leaves: list[str] = []
        self._number = 0

    def wishes(self, count: int) -> list[Wish]:
        """New things to ask for: certificates, and acts on those that were acknowledged before."""
        acked = set(self.record.read()[1].values())
        usable = [name for name in self._leaves if wish_key({"do": "issue", "leaf": name}) in acked]
        made: list[Wish] = []
        for _ in range(count):
            self._number += 1
            if not usable or self.rng.random() < 0.5:
                name = f"leaf-{self._number}"
                self._leaves.append(name)
                made.append({"do": "issue", "leaf": name})
                continue
            name = self.rng.choice(usable)
            if self.rng.random() < 0.7:
                claim = "0x" + self.rng.randbytes(32).hex()
                made.append({"do": "acquit", "leaf": name, "claim": claim})
            else:
                made.append({"do": self.rng.choice(("revoke", "suspend")), "leaf": name})
                usable.remove(name)
                self._leaves.remove(name)
        return made

    @property
    def job(self) -> dict[str, Any]:
        """What `jobs.outbox` is given, but the wishes."""
        return {
            "folder": str(self.folder),
            "url": self.url,
            "sender": self.sender.hex(),
            "store_url": self.store_url,
            "record": str(self.record.path),
        }

    @property
    def pin_values(self) -> dict[str, Any]:
        return dataclasses.asdict(self.pin)

    def step(self, rounds: int = 1) -> None:
        """Submitter and follower, `rounds` times, whatever goes wrong."""
        for _ in range(rounds):
            for step in (self.world.submitter.step, self.follower.step):
                with suppress(LedgerError):
                    step()

    def idle(self) -> bool:
        """Whether nothing is queued or in flight."""
        with self.world.store.read() as conn:
            return not outbox.unfinished(conn, self.world.submitter.sender)

    def go_on(self, done: Callable[[], bool] | None = None, seconds: float = 600) -> None:
        """Step until `done`, or until nothing is left to do. Raises TimeoutError."""
        until = time.monotonic() + seconds
        self.step()
        while not (done or self.idle)():
            if time.monotonic() > until:
                raise TimeoutError("the rig does not get through")
            self.step()

    def judge(self, tally: Tally, *, settled: bool = False) -> None:
        """The oracle's word on the store as it is."""
        self.oracle.judge(self.world.store, self.record, tally, settled=settled)

    def finish(self, tally: Tally) -> None:
        """Let everything come to its end, then judge."""
        self.world.submitter.settle(300)
        self.follower.catch_up()
        self.judge(tally, settled=True)

    def restart(self) -> None:
        """The service as it is after a crash: it knows what is in the store. (A dead process loses its lease
        at once; here it lives on, and gives it up.)"""
        self.world.submitter.release()
        self.world.store.close()
        self.world, self.follower = self._open()

    def _open(self) -> tuple[World, Follower]:
        world = World(self.folder, self.url, self.sender, store_url=self.store_url, **self._options)
        world.gateway.use(self.pin)
        world.gateway.max_age = self._max_age
        return world, Follower(world.store, world.gateway)

    def close(self) -> None:
        self.world.submitter.release()
        self.world.store.close()
        self.oracle.close()
