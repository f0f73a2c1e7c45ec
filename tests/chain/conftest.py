"""Chains and ledgers for these tests, all real: Ganache as the service runs it, Anvil to turn back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_app.chain.node import Ganache
from tests.chain.kit import World
from tests.support.anvil import Anvil
from tests.support.databases import both_when_long, new_url


@pytest.fixture(scope="module")
def ganache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ganache]:
    with Ganache(tmp_path_factory.mktemp("ganache"), heartbeat=0) as chain:
        yield chain


@pytest.fixture(scope="module")
def world(ganache: Ganache, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A deployed ledger with its members; the tests of a module share it."""
    made = World(tmp_path_factory.mktemp("world"), ganache.url, ganache.sender_key)
    made.deploy()
    made.onboard()
    return made


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with Anvil() as chain:
        yield chain


@pytest.fixture
def shaky(anvil: Anvil, tmp_path: Path) -> World:
    """A deployed ledger with its members on a chain that can be turned back."""
    return _shaky(anvil, tmp_path)


@pytest.fixture(params=both_when_long())
def shaky_on_both(request: pytest.FixtureRequest, anvil: Anvil, tmp_path: Path) -> World:
    """The same over each kind of database, where what is recorded is asked about."""
    return _shaky(anvil, tmp_path, new_url(tmp_path, request.param))


def _shaky(anvil: Anvil, folder: Path, store_url: str | None = None) -> World:
    made = World(folder, anvil.url, Anvil.key, store_url=store_url)
    made.deploy()
    made.onboard()
    return made
