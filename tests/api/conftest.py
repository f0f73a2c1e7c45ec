"""A running world of these tests' own: they ask for everything that is in it."""

from collections.abc import Callable, Iterator

import pytest

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
