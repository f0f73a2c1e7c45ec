"""A running installation on each kind of database, and imports made against it."""

from collections.abc import Callable, Iterator

import pytest

from tests.bulk.desk import Desk
from tests.support import databases
from tests.support.running_demo import RunningDemo, shared
from tests.support.world import World


@pytest.fixture(params=databases.both_when_long())
def desk(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> Iterator[Desk]:
    """The chamber's view of a running service."""
    with Desk.of(worlds(request.param)) as found:
        yield found


@pytest.fixture(scope="session")
def demo() -> RunningDemo:
    """A running demo, shared by all tests of this process."""
    return shared()
