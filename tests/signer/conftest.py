"""Fixtures of the signer's tests."""

from collections.abc import Iterator

import pytest

from tests.signer.desk import Desk, service


@pytest.fixture
def desk() -> Iterator[Desk]:
    with service() as running:
        yield running
