"""One running world for the tests of recipients, in the long run one on each kind of database."""

from collections.abc import Callable, Iterator

import pytest

from tests.recipients.receiver import Receiver, receiving
from tests.support import databases
from tests.support.world import World, worlds


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    with worlds(tmp_path_factory, webhook_retry_seconds=(1, 1, 1)) as found:
        yield found


@pytest.fixture(scope="session", params=databases.both_when_long())
def world(request: pytest.FixtureRequest, started: Callable[[str], World]) -> World:
    return started(request.param)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found
