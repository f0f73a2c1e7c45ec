"""Several services, one of them with several processes, on one PostgreSQL and one chain: one of them sends.

The process that sends is killed, and another one takes over; the next is stopped until its lease has run out
and woken again, and must not send what others have sent.
"""

import itertools
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ledger_app.app import Installation
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.node import Ganache, free_port
from ledger_app.client import Client
from ledger_app.config import Settings, load_settings
from ledger_app.errors import LedgerError, Unavailable
from ledger_app.proof.typed_data import address_of
from ledger_app.services.context import Services
from ledger_app.store import acts
from ledger_app.store.engine import open_configured
from ledger_app.store.secrets import Vault
from ledger_app.store.tables import leases, outbox, transactions
from tests.support import databases
from tests.support.world import Actor, World

CHECKOUT = Path(__file__).resolve().parents[2]


class Fleet:
    """Services with the same settings, each on a port of its own."""

    def __init__(self, settings: dict[str, str], folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self.ports: list[int] = []
        self.children: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> None:
        port = free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ORIGIN_", "PORT"))}
        log = (self._folder / f"service-{port}.log").open("ab")
        child = subprocess.Popen(
            [sys.executable, "-m", "ledger_app.cli", "serve", "--port", str(port), *arguments],
            cwd=CHECKOUT,
            env=kept | self._settings | {"ORIGIN_DATA": str(self._folder / f"data-{port}")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.ports.append(port)
        self.children.append(child)

    def processes(self) -> dict[int, int]:
        """Process id → parent, of the services and their workers."""
        ours = {child.pid for child in self.children}
        found = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError, IndexError):
                    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                    if int(folder.name) in ours or parent in ours:
                        found[int(folder.name)] = parent
        return found

    def stop(self) -> None:
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_of_several_services_one_sends_and_another_takes_over(tmp_path: Path) -> None:
    with ready(tmp_path) as (world, settings):
        fleet = Fleet(settings, tmp_path)
        try:
            fleet.start("--workers", "2")
            fleet.start()
            fleet.start()
            for port in fleet.ports:
                until(lambda port=port: is_ready(port))
            first = holder(world)
            issued = [ask(world, fleet) for _ in range(8)]
            settle(world, issued)
            assert holder(world) == first, "the lease moved without need"

            assert first in fleet.processes()
            os.kill(first, signal.SIGKILL)
            issued += [ask(world, fleet) for _ in range(8)]
            settle(world, issued)
            second = holder(world)
            assert second != first

            os.kill(second, signal.SIGSTOP)
            issued += [ask(world, fleet) for _ in range(8)]
            settle(world, issued)
            assert holder(world) != second
            os.kill(second, signal.SIGCONT)
            issued += [ask(world, fleet) for _ in range(8)]
            settle(world, issued)
            time.sleep(3)
        finally:
            fleet.stop()
        judged(world, issued)


@contextmanager
def ready(folder: Path) -> Iterator[tuple[World, dict[str, str]]]:
    """A founded ledger with its members, and the settings of the services that are to serve it."""
    with ExitStack() as stack:
        chain = stack.enter_context(Ganache(folder))
        council = [Actor(f"council-{n}", "", "", ()) for n in (1, 2, 3)]
        settings = {
            "ORIGIN_NODE_URL": chain.url,
            "ORIGIN_SENDER_KEY": chain.sender_key.hex(),
            "ORIGIN_MASTER_KEY": secrets.token_hex(32),
            "ORIGIN_DATABASE_URL": databases.new_url(folder, databases.POSTGRESQL),
            "ORIGIN_DATABASE_CONNECTIONS": "12",
            "ORIGIN_DATABASE_STATEMENT_SECONDS": "5",
            "ORIGIN_COUNCIL": ",".join(seat.address for seat in council),
        }
        given = {name.removeprefix("ORIGIN_").lower(): value for name, value in settings.items()}
        chosen: Settings = load_settings(data=folder / "first", **given)
        with Installation(chosen) as installation:
            world = World(installation, council)
            world.onboard()
            for name in ("chamber-cn", "operator"):
                world.token(name)
            pin = installation.services.pin
        assert world.ctx.submitter is not None
        sender = world.ctx.submitter.sender
        # From here on the test only signs and looks; sending is for the services.
        store = open_configured(chosen)
        stack.callback(store.close)
        world.ctx = Services(
            chosen, store, Vault(chosen.master_keys()), Gateway(chain.url, pin, max_age=10**6)
        )
        assert address_of(chain.sender_key).lower() == sender
        yield world, settings


_keys = itertools.count()


def ask(world: World, fleet: Fleet) -> str:
    """Have some service record a certificate, whatever it takes, and sign it; gives the act's id."""
    body, key = {"documents": [world.document()]}, f"several-{next(_keys)}"
    end = time.monotonic() + 120
    for port in itertools.cycle(fleet.ports):
        assert time.monotonic() < end, "no service takes a request"
        client = Client(f"http://127.0.0.1:{port}", world.token("chamber-cn"), timeout=5)
        try:
            answer: dict[str, Any] = client.post("/v1/certificates", body, idempotency_key=key)
            break
        except Unavailable:
            continue
        finally:
            client.close()
    world.sign_only(answer)
    return str(answer["act"]["id"])


def settle(world: World, act_ids: list[str]) -> None:
    def all_final() -> bool:
        with world.ctx.store.read() as conn:
            return set(acts.states_of(conn, act_ids).values()) == {"final"}

    until(all_final)


def judged(world: World, act_ids: list[str]) -> None:
    """One transaction for each act, one after another without a gap, and all of them good."""
    with world.ctx.store.read() as conn:
        rows = conn.execute(select(transactions).order_by(transactions.c.nonce)).mappings().all()
        items = dict(conn.execute(select(outbox.c.act_id, outbox.c.id)).all())
    assert [row["nonce"] for row in rows] == list(range(len(rows)))
    assert {row["state"] for row in rows} == {"final"}
    assert all(row["ok"] for row in rows)
    sent = [row["outbox_id"] for row in rows if row["outbox_id"] is not None]
    assert len(sent) == len(set(sent))
    assert {items[act] for act in act_ids} <= set(sent)
    known = int(world.ctx.gateway.rpc.call("eth_getTransactionCount", rows[0]["sender"], "latest"), 16)
    assert known == len(rows)


def holder(world: World) -> int:
    """The process that holds the lease to send."""
    with world.ctx.store.read() as conn:
        held = conn.execute(select(leases.c.holder).where(leases.c.name.like("submitter/%"))).scalar_one()
    return int(held.split("/")[1])


def is_ready(port: int) -> bool:
    client = Client(f"http://127.0.0.1:{port}", None, timeout=5)
    try:
        return bool(client.get("/readyz")["ready"])
    except LedgerError:
        return False
    finally:
        client.close()


def until(holds: Any, seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
