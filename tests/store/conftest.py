"""An empty database of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_app.store.engine import Store, open_store
from tests.support import databases


@pytest.fixture(params=databases.both())
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on SQLite and on PostgreSQL."""
    return databases.new_url(tmp_path, request.param)


@pytest.fixture
def empty(url: str) -> Iterator[Store]:
    """An empty database without tables."""
    made = open_store(url)
    yield made
    made.close()


@pytest.fixture
def store(empty: Store) -> Store:
    """An empty database with the declared tables."""
    empty.create_all()
    return empty
