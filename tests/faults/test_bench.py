"""Every drill of the bench, short in each run, longer in the long one: nothing is lost, doubled or falsely
confirmed, and the index read anew is the same."""

import re
import time
from pathlib import Path

import pytest

from tests.faults.bench import DRILLS, run
from tests.faults.record import CannotRunError

#: Where each unit of the count is one fault that happened.
COUNTED = ("outbox", "follower", "chain", "database", "reorganise", "forgets", "drops", "stalls", "disks")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name, drill in DRILLS.items() if drill.short])
def test_nothing_is_lost_doubled_or_falsely_confirmed(name: str) -> None:
    _hold(name, DRILLS[name].short, 20261122)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", DRILLS)
def test_nothing_is_lost_doubled_or_falsely_confirmed_in_a_longer_run(name: str) -> None:
    _hold(name, DRILLS[name].medium, time.time_ns() % 2**32)


def test_the_page_names_every_drill_with_its_count() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text()
    page = page.split("## Last figures")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| ([\d,]+)[^|]*\|$", page, re.MULTILINE))
    assert rows == {name: f"{drill.full:,}" for name, drill in DRILLS.items()}


def _hold(name: str, count: int, seed: int) -> None:
    try:
        tally = run(name, count, seed)
    except CannotRunError as cannot:
        pytest.skip(str(cannot))
    print(f"seed {seed}: {tally.line()}")
    assert tally.good, tally.line()
    assert tally.judged > 0
    assert tally.faults >= (count if name in COUNTED else 1)
