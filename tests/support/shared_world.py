"""The fixtures of a running world, for the conftest that imports them: each has a world of its own."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from tests.support import databases
from tests.support.world import World
from tests.support.world import worlds as running_worlds

__all__ = ["at", "world", "worlds"]


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    with running_worlds(tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="session", params=databases.both_when_long())
def world(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> World:
    """A running world, in the long run one on each kind of database. Each costs a chain and its own workers.
    A test issues certificates of its own."""
    return worlds(request.param)


@pytest.fixture
def at(world: World) -> Iterator[Callable[[datetime], None]]:
    """Sets the service's clock for the rest of the test."""
    before = world.ctx.clock

    def put(moment: datetime) -> None:
        world.ctx.clock = lambda: moment

    yield put
    world.ctx.clock = before
