"""A running world of these tests' own: some leave damaged records behind, which no other should come upon."""

from collections.abc import Callable, Iterator

import pytest

from ledger_app.store.tables_statements import split_views
from ledger_app.store.tables_statements import statements as table
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


@pytest.fixture
def no_split_view_stays(world: World) -> Iterator[None]:
    """What a test makes up about the council ends with it: the world is shared."""
    yield
    with world.ctx.store.begin() as conn:
        conn.execute(split_views.delete())
        conn.execute(table.delete().where(table.c.own.is_(False)))
