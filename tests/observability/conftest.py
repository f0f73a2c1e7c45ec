"""One running world for the tests of this folder that break nothing."""

from collections.abc import Iterator

import pytest

from tests.support.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.start(tmp_path_factory.mktemp("observed")) as running:
        yield running
