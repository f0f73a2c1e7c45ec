"""One running world for all tests of a session, in the long run one on each kind of database; and services
over an empty store, for what needs no ledger.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger_app.config import load_settings
from ledger_app.services.context import Services
from ledger_app.store.engine import open_store
from ledger_app.store.secrets import Vault
from tests.support import databases
from tests.support.world import World
from tests.support.world import worlds as running_worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    with running_worlds(tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="session", params=databases.both_when_long())
def world(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> World:
    return worlds(request.param)


@pytest.fixture(params=databases.both_when_long())
def ctx(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Services without a ledger; in the long run on each kind of database."""
    yield from _services(tmp_path, request.param)


@pytest.fixture(params=databases.both())
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """Services without a ledger, on each kind of database always."""
    yield from _services(tmp_path, request.param)


def _services(folder: Path, database: str) -> Iterator[Services]:
    store = open_store(databases.new_url(folder, database))
    store.create_all()
    yield Services(load_settings(demo=True, data=folder), store, Vault([bytes(32)]))
    store.close()
