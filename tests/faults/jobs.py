"""What runs in the children that are killed: pieces of a service, each as its own process."""

import ctypes
import os
import random
import signal
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from ledger_app.chain import fees, submitter
from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.chain.rpc import Rpc
from ledger_app.client import Client
from ledger_app.errors import LedgerError
from ledger_app.signer import keystore
from ledger_app.signer.journal import Journal
from ledger_app.signer.loop import Signer
from ledger_app.signer.settings import Pins, SignerSettings, default_limits
from ledger_app.store import outbox as outbox_rows
from ledger_app.store.engine import open_store
from tests.chain.kit import World, a_leaf, hexed
from tests.faults.record import Record, key

Wish = dict[str, Any]
_PR_SET_PDEATHSIG = 1


def wish_key(wish: Wish) -> str:
    """The oracle's name of what a wish asks for."""
    leaf = hexed(a_leaf(wish["leaf"], allowance=1_000).hash())
    match wish["do"]:
        case "issue":
            return key("Issued", root=leaf)
        case "acquit":
            return key("Acquitted", leaf=leaf, claim=wish["claim"])
        case "revoke":
            return key("Revoked", leaf=leaf)
        case "suspend":
            return key("Suspended", leaf=leaf, epoch=1)
    raise ValueError(wish["do"])


def enqueue(world: World, record: Record, wishes: list[Wish]) -> None:
    """Ask for each wish, and note the acknowledgement."""
    for wish in wishes:
        record.ask(wish_key(wish))
        leaf = a_leaf(wish["leaf"], allowance=1_000)
        match wish["do"]:
            case "issue":
                act_id = world.issue([leaf])
            case "acquit":
                act_id = world.acquit(leaf, bytes.fromhex(wish["claim"][2:]))
            case "revoke":
                act_id = world.revoke(leaf)
            case _:
                act_id = world.suspend(leaf)
        record.acknowledge(wish_key(wish), act_id)


def outbox(
    folder: str, url: str, sender: str, store_url: str, record: str, wishes: list[Wish], seconds: float = 60
) -> None:
    """Take wishes, bring them to the chain, and read them back into the index. A node that is away for a
    while is waited for."""
    opened: list[World] = []
    patiently(
        lambda: opened.append(World(Path(folder), url, bytes.fromhex(sender), store_url=store_url)), seconds
    )
    (world,) = opened
    patiently(world.deploy, seconds)
    with suppress(LedgerError):  # what is not acknowledged is asked for no more
        enqueue(world, Record(Path(record)), wishes)
    patiently(lambda: world.submitter.settle(seconds), seconds)
    patiently(Follower(world.store, world.gateway).catch_up, seconds)
    patiently(world.submitter.release, seconds)
    world.store.close()


def outbid(folder: str, url: str, sender: str, store_url: str, base_fee: int, seconds: float = 60) -> None:
    """Submit on a chain that takes no less than `base_fee` and mines when told to, until all is done."""
    fees._SHORT_SECONDS = submitter._RESEND_SECONDS = 0.0
    world = World(Path(folder), url, bytes.fromhex(sender), store_url=store_url)
    world.gateway.max_age = 10**6
    world.deploy()
    until, done = time.monotonic() + seconds, False
    while not done and time.monotonic() < until:
        world.submitter.step()
        mine(world.gateway.rpc, base_fee)
        with world.store.read() as conn:
            done = not outbox_rows.unfinished(conn, world.submitter.sender)
    world.submitter.release()
    world.store.close()


def mine(rpc: Rpc, base_fee: int) -> None:
    """A block of Anvil's that takes no less than `base_fee` (wei)."""
    rpc.call("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    rpc.call("evm_mine")


def together(
    folder: str,
    url: str,
    sender: str,
    store_url: str,
    record: str,
    workers: int,
    each: int,
    seed: int,
    ahead: float,
) -> None:
    """`workers` processes that each queue `each` certificates and submit whatever there is. Raises
    RuntimeError when one of them failed."""
    real = time.time
    children = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            end_with_parent()
            try:
                if ahead and number == 0:
                    time.time = lambda: real() + ahead
                place = (Path(folder), url, bytes.fromhex(sender), store_url, Record(Path(record)))
                _work(*place, number, each, seed)
            except BaseException:  # noqa: BLE001 - whatever it is, the parent is told
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(pid)
    ends = [os.waitpid(pid, 0)[1] for pid in children]
    if any(ends):
        raise RuntimeError(f"workers ended with {ends}")


def _work(
    folder: Path, url: str, sender: bytes, store_url: str, record: Record, number: int, each: int, seed: int
) -> None:
    rng = random.Random(seed + number)
    world = World(folder, url, sender, store_url=store_url)
    world.deploy()
    follower = Follower(world.store, world.gateway)
    left = [{"do": "issue", "leaf": f"w{number}-{place}"} for place in range(each)]
    until = time.monotonic() + 3600
    while time.monotonic() < until:
        portion = rng.randint(1, 40)
        enqueue(world, record, left[:portion])
        del left[:portion]
        try:
            for _ in range(rng.randint(1, 4)):
                world.submitter.step()
            follower.step()
            if rng.random() < 0.3:
                world.submitter.release()
            with world.store.read() as conn:
                done = not outbox_rows.queued(conn, 1) and not outbox_rows.open_transactions(
                    conn, world.submitter.sender, 1
                )
        except LedgerError:
            continue
        if not left and done:
            break
        time.sleep(rng.uniform(0, 0.02))
    world.submitter.release()


def end_with_parent() -> None:
    """However the parent ends, this process is killed (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def follow(store_url: str, url: str, pin: dict[str, Any], seconds: float = 60) -> None:
    """Read the chain into the index from nothing."""
    from ledger_app.config import LedgerPin

    store = open_store(store_url)
    follower = Follower(store, Gateway(url, LedgerPin(**pin)))
    patiently(follower.catch_up, seconds)
    patiently(follower.rebuild, seconds)
    store.close()


def serve(settings: dict[str, Any]) -> None:
    """The whole service, until it is killed or interrupted."""
    import uvicorn

    from ledger_app.app import create_app
    from ledger_app.config import load_settings

    chosen = load_settings(**settings)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(chosen), host=chosen.host, port=chosen.port, log_level="critical", access_log=False
        )
    )
    with suppress(KeyboardInterrupt):  # it hands the signal on when it has ended in order
        server.run()


def sign(url: str, token: str, identifier: str, key: str, folder: str, pins: list[Any]) -> None:
    """An organisation's signer, until nothing is asked of it any more."""
    settings = SignerSettings(
        folder=Path(folder),
        url=url,
        organisation=identifier,
        pins=Pins(*pins),
        limits=default_limits(False),
    )
    with Journal(Path(folder) / "signed.jsonl") as journal:
        own = keystore.key_from_private(bytes.fromhex(key))
        signer = Signer(settings, own, journal, Client(url, token), lambda _: None)
        while signer.step():
            pass


def patiently(step: Any, seconds: float) -> None:
    """Again and again while parts are away, until it is through or the time is up."""
    until = time.monotonic() + seconds
    while True:
        try:
            step()
            return
        except LedgerError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
