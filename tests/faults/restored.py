"""The database is gone, and there is a backup: what the ledger says is read again from the chain, and every
document comes back out of the backup and still belongs to its leaf."""

import random
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select

from ledger_app.app import Installation
from ledger_app.errors import LedgerError
from ledger_app.services.locating import from_row
from ledger_app.store import backup, certificates
from ledger_app.store.engine import open_store
from ledger_app.store.tables_records import certificates as table
from tests.faults.record import Tally
from tests.support import databases, postgresql
from tests.support.world import World

_IN_A_BATCH = 1_000
_JUDGED = 200


def documents(folder: Path, count: int, seed: int) -> Tally:
    """`count` certificates with their documents, backed up and restored: into PostgreSQL, where there is
    one. The index is then read again from the chain alone."""
    tally, rng = Tally("restored from a backup"), random.Random(seed)
    file = folder / "backup.jsonl.gz"
    with World.start(folder / "data") as world:
        numbers = []
        for begun in range(0, count, _IN_A_BATCH):
            made = [world.document() for _ in range(min(_IN_A_BATCH, count - begun))]
            world.issue(*made)
            numbers += [document["number"] for document in made]
        world.catch_up()
        assert world.ctx.follower is not None
        digest = world.ctx.follower.index_digest()
        began = time.monotonic()
        backup.write(world.ctx.store, world.ctx.vault, file, asdict(world.ctx.pin))
        backed_up = time.monotonic() - began
    (folder / "anew").mkdir()
    url = databases.new_url(folder / "anew", _kind())
    store = open_store(url)
    began = time.monotonic()
    backup.restore(store, world.ctx.vault, file, demo=True)
    restored = time.monotonic() - began
    store.close()
    settings = world.installation.settings.model_copy(update={"database_url": url})
    with Installation(settings) as installation:
        again = World(installation, world.council)
        again.actors = world.actors
        began = time.monotonic()
        follower = again.ctx.follower
        assert follower is not None
        if set(follower.rebuild()) != {digest}:
            tally.wrong("index_differs", "the index read from the chain alone is another one")
        read = time.monotonic() - began
        tally.lost = count - _whole(again)
        for number in rng.sample(numbers, min(_JUDGED, count)):
            tally.judged += 1
            if (report := again.verify("chamber-cn", number=number))["verdict"] != "GENUINE":
                tally.wrong("other", f"{number} is {report['verdict']}: {report['reason']}")
    tally.faults, tally.acknowledged = 1, count
    tally.said = (
        f"{file.stat().st_size / 2**20:.0f} MiB; backed up in {backed_up:.0f} s, restored into {_kind()} in "
        f"{restored:.0f} s, index read again in {read:.1f} s"
    )
    return tally


def _whole(world: World) -> int:
    """How many certificates have a document that rebuilds their leaf."""
    found = 0
    with world.ctx.store.read() as conn:
        for name in conn.execute(select(table.c.id)).scalars().all():
            row = certificates.by_id(conn, name)
            with suppress(LedgerError):
                found += row is not None and from_row(world.ctx, row).row is row
    return found


def _kind() -> str:
    try:
        postgresql.programs()
    except FileNotFoundError:
        return databases.SQLITE
    return databases.POSTGRESQL
