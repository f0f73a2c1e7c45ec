"""One running world for all tests of a session; each test issues certificates of its own."""

from collections.abc import Iterator

import pytest

from tests.support.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.start(tmp_path_factory.mktemp("world")) as running:
        yield running
