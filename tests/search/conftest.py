"""A store with some thousand certificates on each kind of database, and a running world."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from ledger_app.config import load_settings
from ledger_app.services.context import Services
from ledger_app.services.search.recording import Filler
from ledger_app.store import migrate
from ledger_app.store.engine import open_store
from ledger_app.store.secrets import Vault
from tests.support import databases
from tests.support.certificates import TODAY, Made, Stock

MASTER = bytes(range(32))
BEFORE, AFTER = 700, 4700
"""Certificates from before search was there, and since: together more than a segment on either side of
nothing, with postings and with rows only."""


@dataclass
class Shelf:
    """A store with certificates, in the order in which they were recorded. `stock` makes more."""

    ctx: Services
    made: list[Made]
    stock: Stock


def new_context(folder: Path, kind: str) -> Services:
    """Services on an empty migrated database, at noon of the day that the stock knows as today."""
    store = open_store(databases.new_url(folder, kind))
    migrate.upgrade(store)
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    return Services(load_settings(demo=True, data=folder), store, Vault([MASTER]), clock=lambda: noon)


def fill(ctx: Services) -> list[int]:
    """Let the filler do all its work; how many it took in at each step."""
    filler, steps = Filler(ctx), []
    while (step := filler.step()) is not None:
        steps.append(step)
    return steps


@pytest.fixture(scope="session")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Shelf]:
    @cache
    def shelf(kind: str) -> Shelf:
        ctx = new_context(tmp_path_factory.mktemp("shelf"), kind)
        stock = Stock(exporters=60, sealed_bytes=0, proof_length=1)
        total = BEFORE + AFTER
        made = stock.record(ctx, BEFORE, total, searchable=False)
        made += stock.record(ctx, AFTER, total)
        fill(ctx)
        return Shelf(ctx, made, stock)

    return shelf


@pytest.fixture(params=databases.both_when_long())
def shelf(request: pytest.FixtureRequest, shelves: Callable[[str], Shelf]) -> Shelf:
    """Shared: tests leave what is there as it is."""
    return shelves(request.param)


@pytest.fixture(params=databases.both_when_long())
def ctx(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """An empty store of the test's own."""
    own = new_context(tmp_path, request.param)
    yield own
    own.store.close()
