"""The demonstration that these tests look at."""

import pytest

from tests.support.running_demo import RunningDemo, shared


@pytest.fixture(scope="session")
def demo() -> RunningDemo:
    """A running demo, shared by all tests of this process: tests issue certificates of their own."""
    return shared()
