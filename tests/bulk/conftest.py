"""A running installation on each kind of database, and imports made against it."""

from collections.abc import Callable, Iterator

import pytest

from tests.bulk.desk import Desk
from tests.support import databases
from tests.support.running_demo import RunningDemo, shared
from tests.support.world import World, worlds


@pytest.fixture(scope="session")
def world_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    with worlds(tmp_path_factory) as started:
        yield started


@pytest.fixture(params=databases.both_when_long())
def desk(request: pytest.FixtureRequest, world_on: Callable[[str], World]) -> Iterator[Desk]:
    """The chamber's view of a running service."""
    with Desk.of(world_on(request.param)) as found:
        yield found


@pytest.fixture(scope="session")
def demo() -> RunningDemo:
    """A running demo, shared by all tests of this process."""
    return shared()
