"""A service as its own process, driven over HTTP as members do, with the members' keys held here."""

import random
import secrets
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger_app.app import Installation
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.node import Ganache, free_port
from ledger_app.client import Client
from ledger_app.config import load_settings
from ledger_app.domain.samples import sample_document
from ledger_app.errors import Conflict, LedgerError, Unavailable
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.typed_data import ACTS, Domain, sign
from ledger_app.store.engine import open_store
from tests.faults.crash import Nursery, Point
from tests.faults.record import Oracle, Record, Tally, key
from tests.support import databases
from tests.support.world import Actor, World

_UP_SECONDS = 120


class Service:
    """Set up with its members at `node`; `start` runs it in a child of `nursery`, to be killed at a point."""

    def __init__(self, folder: Path, node: Ganache, nursery: Nursery, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.rng = random.Random(seed)
        self.record = Record(folder / "asked.jsonl")
        council = [Actor(f"council-{n}", "", "", ()) for n in (1, 2, 3)]
        self._values: dict[str, Any] = {
            "data": str(folder / "data"),
            "node_url": node.url,
            "sender_key": node.sender_key.hex(),
            "master_key": secrets.token_hex(32),
            "database_url": databases.new_url(folder),
            "council": ",".join(seat.address for seat in council),
            "port": free_port(),
        }
        settings = load_settings(**self._values)
        with Installation(settings) as installation:
            world = World(installation, council)
            world.onboard()
            self.tokens = {
                name: world.token(name) for name in ("chamber-cn", "customs-au", "carrier", "operator")
            }
            self.actors = world.actors
            self.pin = installation.services.pin
        self.url = settings.base_url
        self.store = open_store(settings.store_url)
        self.gateway = Gateway(node.url, self.pin, max_age=10**9)
        self.oracle = Oracle(folder, self.gateway)
        self._nursery = nursery
        self._numbers = 0
        self.unsigned: set[str] = set()
        self.acked: dict[str, str] = {}
        self.certificates: list[tuple[str, str]] = []

    def start(self, files: tuple[str, ...] = (), point: Point | None = None) -> int:
        """The process id of the service; it need not have come up."""
        return self._nursery.start("serve", files, point, settings=self._values)

    def await_up(self, alive: Any = lambda: True) -> bool:
        """Whether it answers; False when it died first."""
        until = time.monotonic() + _UP_SECONDS
        client = Client(self.url, None, timeout=10)
        while time.monotonic() < until:
            try:
                client.get("/livez")
                return True
            except LedgerError:
                if not alive():
                    return False
                time.sleep(0.03)
        raise TimeoutError("the service does not come up")

    def ask(self, who: str, path: str, body: dict[str, Any], idempotency_key: str, alive: Any) -> Any:
        """POST until it is answered; None when the service died."""
        while True:
            try:
                with closing(Client(self.url, self.tokens[who], timeout=30)) as client:
                    return client.post(path, body, idempotency_key=idempotency_key)
            except Unavailable:
                if not alive():
                    return None
                time.sleep(0.05)

    def sign(self, who: str, act_id: str, alive: Any) -> bool:
        """Sign one act as its organisation's signer would; False when the service died."""
        actor = self.actors[who]
        while alive():
            try:
                with closing(Client(self.url, self.tokens[who], timeout=30)) as client:
                    request = client.get(f"/v1/signing/requests/{act_id}")
                    self._ask_of(request)
                    domain = Domain(request["domain"]["chainId"], request["domain"]["verifyingContract"])
                    digest = ACTS[request["kind"]].from_json(request["message"]).digest(domain)
                    body = {"key": actor.address, "signature": to_hex(sign(digest, actor.key))}
                    client.post(f"/v1/signing/requests/{act_id}/signature", body)
                self.unsigned.discard(act_id)
                return True
            except Conflict:
                self.unsigned.discard(act_id)
                return True
            except Unavailable:
                time.sleep(0.05)
        return False

    def note(self, act_id: str) -> None:
        """An acknowledged act that a signer of its own will sign."""
        with closing(Client(self.url, self.tokens["chamber-cn"], timeout=30)) as client:
            self._ask_of(client.get(f"/v1/signing/requests/{act_id}"))
        self.unsigned.discard(act_id)

    def _ask_of(self, request: dict[str, Any]) -> None:
        """What is signed may show on the ledger; what was acknowledged must."""
        message = request["message"]
        what = (
            key("Issued", root=message["root"])
            if request["kind"] == "Issue"
            else key("Acquitted", leaf=message["leaf"], claim=message["claim"])
        )
        self.record.ask(what)
        if request["id"] in self.acked:
            self.record.acknowledge(what, request["id"])

    def document(self) -> dict[str, Any]:
        self._numbers += 1
        chamber = self.actors["chamber-cn"].identifier
        return sample_document(f"FAULT-{self._numbers:05}", issuer=chamber, allowance=1_000)

    def acknowledged(self, answer: dict[str, Any], what: str) -> str:
        """Note an answer; the act's id. A second act for the same request is a doubled one."""
        act_id: str = answer["act"]["id"]
        if act_id not in self.acked:
            self.acked[act_id] = what
            self.unsigned.add(act_id)
        return act_id

    def judge(self, tally: Tally, *, settled: bool = False) -> None:
        self.oracle.judge(self.store, self.record, tally, settled=settled)

    def finish(self, tally: Tally) -> None:
        """With the service up: sign what is left, wait until all is settled, judge."""
        for act_id in sorted(self.unsigned):
            who = "customs-au" if self.acked[act_id].startswith("acquit") else "chamber-cn"
            self.sign(who, act_id, lambda: True)
        for act_id in self.acked:
            until = time.monotonic() + 120
            with closing(Client(self.url, self.tokens["operator"], timeout=60)) as client:
                while client.get(f"/v1/acts/{act_id}", wait=10)["state"] not in ("final", "reverted"):
                    if time.monotonic() > until:
                        break
        self.judge(tally, settled=True)
        wanted = sorted(self.acked.values())
        if len(wanted) != len(set(wanted)):
            tally.wrong("doubled", "one request became two acts")
        self._each_number_once(tally)

    def _each_number_once(self, tally: Tally) -> None:
        shown: list[str] = []
        cursor = None
        with closing(Client(self.url, self.tokens["chamber-cn"], timeout=60)) as client:
            while True:
                answer = client.get("/v1/certificates", limit=200, cursor=cursor)
                shown += [row["number"] for row in answer["certificates"]]
                cursor = answer.get("next")
                if not cursor:
                    break
        numbers = [each for each in shown if each.startswith("FAULT-")]
        expected = [what.split(":")[1] for what in self.acked.values() if what.startswith("issue")]
        for number in set(numbers) | set(expected):
            if numbers.count(number) > 1:
                tally.wrong("doubled", f"{number} is there {numbers.count(number)} times")
            elif number not in numbers:
                tally.wrong("lost", f"{number} is not there")
            elif number not in expected:
                tally.wrong("falsely_confirmed", f"{number} was never acknowledged")

    def close(self) -> None:
        self.store.close()
        self.oracle.close()
