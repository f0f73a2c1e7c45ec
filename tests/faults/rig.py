"""A small ledger under faults: a chain, a store, what was asked of them, and the oracle."""

import dataclasses
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.node import Anvil, Ganache
from ledger_app.store.engine import open_store
from tests.chain.kit import World
from tests.faults.jobs import Wish, wish_key
from tests.faults.record import Oracle, Record, Tally

#: A PostgreSQL database that the drills may empty and use instead of SQLite.
STORE_VARIABLE = "FAULTS_DATABASE_URL"


class Rig:
    """Deployed and with its members, at a real node. `store_url` is what a service would be given.

    via: makes the URL that the service is given out of the node's own (a proxy in between).
    """

    def __init__(
        self,
        folder: Path,
        chain: Ganache | Anvil,
        seed: int,
        *,
        via: Callable[[str], str] | None = None,
        **options: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.chain = chain
        self.rng = random.Random(seed)
        self.sender: bytes = Anvil.key if isinstance(chain, Anvil) else chain.sender_key
        self.store_url = os.environ.get(STORE_VARIABLE) or f"sqlite:///{folder / 'ledger.db'}"
        if STORE_VARIABLE in os.environ:
            empty(self.store_url)
        self.record = Record(folder / "asked.jsonl")
        plain = World(folder, chain.url, self.sender, store_url=self.store_url, **options)
        plain.deploy()
        plain.onboard()
        plain.submitter.release()
        self.pin = plain.gateway.pin
        self.direct = Gateway(chain.url, self.pin, max_age=10**9)
        self.oracle = Oracle(folder, self.direct)
        plain.store.close()
        self.url = via(chain.url) if via is not None else chain.url
        self.world = World(folder, self.url, self.sender, store_url=self.store_url, **options)
        self.world.gateway.use(self.pin)
        self.follower = Follower(self.world.store, self.world.gateway)
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

    def judge(self, tally: Tally, *, settled: bool = False) -> None:
        """The oracle's word on the store as it is."""
        self.oracle.judge(self.world.store, self.record, tally, settled=settled)

    def finish(self, tally: Tally) -> None:
        """Let everything come to its end, then judge."""
        self.world.submitter.settle(300)
        self.follower.catch_up()
        self.judge(tally, settled=True)

    def close(self) -> None:
        self.world.submitter.release()
        self.world.store.close()
        self.oracle.close()


def empty(store_url: str) -> None:
    """Drop all tables of a database that is ours to use."""
    from ledger_app.store.schema import metadata

    store = open_store(store_url)
    with store.begin() as conn:
        metadata.drop_all(conn)
    store.close()
