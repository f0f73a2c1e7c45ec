"""What a page says of a report, without a browser."""

from typing import Any

from ledger_app.proof.steps import NAMES
from ledger_app.web.present import CHECKS, report_view


def _view(outcome: str) -> dict[str, Any]:
    checks = [{"name": name, "outcome": outcome, "reason": "", "detail": "", "next": ""} for name in NAMES]
    return report_view(
        {
            "verdict": "NOT_GENUINE",
            "standing": "unknown",
            "checks": checks,
            "ledger": {"block": 1, "time": 1_790_000_000, "age_seconds": 3},
        },
        looked_up=False,
    )


def test_a_check_that_failed_is_never_labelled_with_the_words_of_one_that_holds() -> None:
    assert [check["label"] for check in _view("passed")["checks"]] == [CHECKS[name] for name in NAMES]
    failed = [check["label"] for check in _view("failed")["checks"]]
    assert len(failed) == len(set(failed)) == len(NAMES)
    assert not set(failed) & (set(CHECKS.values()) | set(NAMES))
