"""The verification page says what the code does."""

import re
from pathlib import Path

from ledger_app.proof.check import NOT_GENUINE_REASONS
from ledger_app.proof.steps import NAMES
from ledger_app.reasons import REASONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verification.md"


def test_the_page_lists_the_steps_in_their_order() -> None:
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [(str(number), name) for number, name in enumerate(NAMES, 1)]


def test_the_page_lists_exactly_the_reasons_that_mean_not_genuine() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| \d", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(NOT_GENUINE_REASONS)


def test_every_reason_named_on_the_page_is_published() -> None:
    names = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE.read_text("utf-8")))
    assert names - set(REASONS) == {"NOT_GENUINE", "CANNOT_TELL"}
