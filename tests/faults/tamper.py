"""A database that somebody changes: each column of each row that a verification or the index rests on. Each
change is found, or does no harm: no answer may be genuine and untrue."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from ledger_app.errors import LedgerError
from ledger_app.services import certificates, clearing, lifecycle
from ledger_app.services.context import ALWAYS
from ledger_app.services.locating import Reference
from ledger_app.store import index
from ledger_app.store.schema import metadata
from tests.faults.record import Tally
from tests.support.world import World

#: Tables that decide nothing about what is genuine: how far work has come, who may ask, what was asked.
#: Their change can hide or delay, and what it shows as done is judged by `record.Oracle`, not here.
_WORK = ("transactions", "outbox", "leases", "idempotency_keys", "meta", "tokens", "signers_seen")
_INDEXED = ("chain_events", *(table.name for table in index.DERIVED.values()))


def columns(folder: Path, count: int, seed: int) -> Tally:
    """`count` changes, going through every column of every protected table, over many rows."""
    tally, rng = Tally("change every protected column"), random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with World.start(folder, "sqlite") as world:
        numbers = _certificates(world)
        truth, digest = _told(world, numbers), _digest(world)
        places = list(_places(world, rng))
        changed: set[tuple[str, str]] = set()
        found = 0
        for turn in range(3 * count):
            if tally.faults == count:
                break
            table, row, column = places[turn % len(places)]
            other = _other_value(world, table, row, column, rng)
            if other == row[column] or not _write(world, table, row, {column: other}):
                continue  # a constraint of the database refuses it
            tally.faults += 1
            tally.judged += 1
            changed.add((table.name, column))
            told = _told(world, numbers)
            for number, answer in told.items():
                if answer[0] == "GENUINE" and not _is_so(answer, truth[number]):
                    tally.wrong("falsely_confirmed", f"{table.name}.{column}: {number} is told as {answer}")
            found += told != truth or (table.name in _INDEXED and _digest(world) != digest)
            _write(world, table, {**row, column: other}, {column: row[column]})
        if _told(world, numbers) != truth or _digest(world) != digest:
            tally.wrong("other", "the rows were not put right again")
        tally.acknowledged = len(numbers)
        names = {name for name, _ in changed}
        tally.said = (
            f"{len(changed)} columns of {len(names)} tables; {found} found, {tally.faults - found} harmless"
        )
    return tally


def _certificates(world: World) -> list[str]:
    """Some certificates with some past: in batches and alone, revoked, acquitted."""
    documents = [world.document(allowance=5) for _ in range(6)]
    made = world.issue(*documents[:4]) + world.issue(documents[4]) + world.issue(documents[5])
    chamber, customs = world.principal("chamber-cn"), world.principal("customs-au")
    world.done(lifecycle.revoke(world.ctx, chamber, Reference(id=made[0]["id"]), 1, ALWAYS))
    used = Reference(bundle=json.loads(certificates.bundle(world.ctx, chamber, made[1]["id"])))
    world.done(clearing.acquit(world.ctx, customs, used, "D-1", 2, None, ALWAYS))
    world.catch_up()
    return [document["number"] for document in documents]


def _told(world: World, numbers: list[str]) -> dict[str, tuple[Any, ...]]:
    """What the chamber is told of each: the verdict and everything that it says is so, or why it is told
    nothing.
    """
    told: dict[str, tuple[Any, ...]] = {}
    for number in numbers:
        try:
            report = world.verify("chamber-cn", number=number)
        except LedgerError as found:
            told[number] = (found.reason,)
            continue
        shown = report.get("certificate") or {}
        told[number] = (
            report["verdict"],
            report.get("standing"),
            (report.get("allowance") or {}).get("used"),
            (shown.get("issuer") or {}).get("identifier"),
            shown.get("number"),
            shown.get("digest"),
            repr(shown.get("document")),
        )
    return told


def _is_so(answer: tuple[Any, ...], truth: tuple[Any, ...]) -> bool:
    """Nothing in the answer is untrue; a document may be hidden."""
    return answer[:-1] == truth[:-1] and answer[-1] in (truth[-1], repr(None))


def _digest(world: World) -> str:
    with world.ctx.store.read() as conn:
        return index.digest(conn)


def _places(world: World, rng: random.Random) -> Iterator[tuple[Table, dict[str, Any], str]]:
    """Every column of every protected table, row by row in a random order."""
    rounds: list[list[tuple[Table, dict[str, Any], str]]] = []
    for table in metadata.sorted_tables:
        if table.name in _WORK:
            continue
        with world.ctx.store.read() as conn:
            rows = [dict(row) for row in conn.execute(select(table)).mappings()]
        rng.shuffle(rows)
        for place, row in enumerate(rows[:40]):
            while len(rounds) <= place:
                rounds.append([])
            rounds[place] += [(table, row, column.name) for column in table.columns]
    for each in rounds:
        yield from each


def _other_value(world: World, table: Table, row: dict[str, Any], column: str, rng: random.Random) -> Any:
    """Another row's value, or the own one slightly changed."""
    with world.ctx.store.read() as conn:
        values = [value for (value,) in conn.execute(select(table.c[column]).limit(200))]
    others = [value for value in values if value != row[column]]
    if others and rng.random() < 0.6:
        return rng.choice(others)
    return _spoiled(row[column])


def _spoiled(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value[:-1] + ("0" if value[-1:] != "0" else "1")
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1])
        case list():
            return [*value, "0x" + "22" * 32]
        case dict():
            return {**value, "allowance": 99}
    return None


def _write(world: World, table: Table, row: dict[str, Any], values: dict[str, Any]) -> bool:
    """Change the row with this key; False when a constraint refuses it."""
    here = [column == row[column.name] for column in table.primary_key.columns]
    try:
        with world.ctx.store.begin() as conn:
            return conn.execute(update(table).where(*here).values(values)).rowcount == 1
    except (IntegrityError, StatementError, LedgerError):
        return False
