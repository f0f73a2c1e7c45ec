"""One running world for the tests of recipients, in the long run one on each kind of database."""

from collections.abc import Callable, Iterator

import pytest

from tests.recipients.receiver import Receiver, receiving
from tests.support import databases
from tests.support.world import World


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], World]]:
    from contextlib import ExitStack
    from functools import cache

    with ExitStack() as running:

        def start(kind: str) -> World:
            folder = tmp_path_factory.mktemp("world")
            return running.enter_context(World.start(folder, kind, webhook_retry_seconds=(1, 1, 1)))

        yield cache(start)


@pytest.fixture(scope="session", params=databases.both_when_long())
def world(request: pytest.FixtureRequest, started: Callable[[str], World]) -> World:
    return started(request.param)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found
