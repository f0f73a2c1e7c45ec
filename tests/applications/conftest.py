"""One running world for all tests of a session, in the long run one on each kind of database; and services
over an empty store, for what needs no ledger.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_app.config import load_settings
from ledger_app.services.context import Services
from ledger_app.store.engine import open_store
from ledger_app.store.secrets import Vault
from tests.support import databases


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
