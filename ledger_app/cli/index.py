"""`origin index …`: the index of the chain, on this machine. The service must not be running for a
rebuild."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_app.cli import common, output

if TYPE_CHECKING:
    from ledger_app.chain.follower import Follower
    from ledger_app.config import Settings

app = common.group("Look after the index of the chain.")


@app.command()
def digest(as_json: common.Json = False) -> None:
    """Print the SHA-256 of the index's rows: equal on every installation that has read the same blocks."""
    from ledger_app.store import index
    from ledger_app.store.engine import open_configured

    store = open_configured(common.local_settings())
    try:
        with store.read() as conn:
            found = {"digest": index.digest(conn), "block": getattr(index.cursor(conn), "number", None)}
    finally:
        store.close()
    if as_json:
        output.result(found)
    else:
        output.line(f"{found['digest']}  block {found['block']}")


@app.command()
def rebuild(
    verify: Annotated[
        bool, typer.Option("--verify", help="Fail (exit 1) unless it comes out the same.")
    ] = False,
    as_json: common.Json = False,
) -> None:
    """Throw the index away and read it again from the chain."""
    with _follower(common.local_settings()) as follower:
        before, after = follower.rebuild()
    same = before == after
    if as_json:
        output.result({"before": before, "after": after, "same": same})
    else:
        output.line(f"before {before}")
        output.line(f"after  {after}")
        output.line("the same" if same else "not the same")
    if verify and not same:
        raise SystemExit(output.REFUSED)


@contextmanager
def _follower(settings: "Settings") -> "Iterator[Follower]":
    from ledger_app.chain.follower import Follower
    from ledger_app.chain.gateway import Gateway
    from ledger_app.chain.node import Ganache
    from ledger_app.chain.pin import saved_pin
    from ledger_app.services.losses import refuse_lost_ledger
    from ledger_app.store.engine import open_configured

    store = open_configured(settings)
    node = None
    try:
        with store.read() as conn:
            pin = settings.pinned or saved_pin(conn)
        url = settings.node_url
        if url is None:
            refuse_lost_ledger(settings, store)
            node = Ganache(settings.data, settings.node_port, fund=settings.sender())
            node.start()
            url = node.url
        yield Follower(store, Gateway(url, pin, max_age=settings.max_data_age_seconds))
    finally:
        if node is not None:
            node.stop()
        store.close()
