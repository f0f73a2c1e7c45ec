"""What runs in the children that are killed: pieces of a service, each as its own process."""

import time
from pathlib import Path
from typing import Any

from ledger_app.chain.follower import Follower
from ledger_app.chain.gateway import Gateway
from ledger_app.errors import LedgerError
from ledger_app.store.engine import open_store
from tests.chain.kit import World, a_leaf, hexed
from tests.faults.record import Record, key

Wish = dict[str, Any]


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
    world = World(Path(folder), url, bytes.fromhex(sender), store_url=store_url)
    world.deploy()
    enqueue(world, Record(Path(record)), wishes)
    patiently(lambda: world.submitter.settle(seconds), seconds)
    patiently(Follower(world.store, world.gateway).catch_up, seconds)
    world.submitter.release()
    world.store.close()


def follow(store_url: str, url: str, pin: dict[str, Any], seconds: float = 60) -> None:
    """Read the chain into the index from nothing."""
    from ledger_app.chain.pin import LedgerPin

    store = open_store(store_url)
    follower = Follower(store, Gateway(url, LedgerPin(**pin)))
    patiently(follower.catch_up, seconds)
    patiently(follower.rebuild, seconds)
    store.close()


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
