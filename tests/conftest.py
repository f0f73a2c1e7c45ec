"""What every test may use: the outside data, the rule for when it is missing, and a running world."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.shared_world import at, world, worlds

# Those who have no world of their own share this one.
__all__ = ["at", "outside_data", "world", "worlds"]

# A busy machine is no fault of the code: no example is timed.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def outside_data() -> Path:
    """The folder of data that nobody on this project wrote (`../shared/data` beside the checkout).

    Skips where it is missing; with REQUIRE_CONFORMANCE=1 in the environment that is a failure.
    """
    folder = Path(os.environ.get("ORIGIN_OUTSIDE_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        reason = f"outside data is not at {folder}"
        if os.environ.get("REQUIRE_CONFORMANCE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses the outside data says so with the marker, or `-m conformance` would miss it."""
    for item in items:
        if "outside_data" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("conformance"):
            raise pytest.UsageError(f"{item.nodeid} uses outside_data and lacks @pytest.mark.conformance")
