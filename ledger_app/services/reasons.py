"""What can be found and said: every verification step, outcome, verdict, standing and reason code, as
published.
"""

from typing import Any

from ledger_app.domain.standing import ACT_REASONS, ExitCode, Standing, Verdict
from ledger_app.proof.steps import NAMES
from ledger_app.reasons import REASONS

OUTCOMES = {
    "passed": "The step holds.",
    "failed": "The step does not hold.",
    "warning": "The step holds, with something to look at.",
    "not-checked": "The step was not reached, or nobody could judge it here.",
    "cannot-tell": "What the step needs was not to be had.",
}


def published() -> dict[str, Any]:
    """The whole table: `checks`, `outcomes`, `verdicts`, `standings`, `exitCodes`, `actReasons`,
    `reasons`.
    """
    return {
        "checks": [{"number": number, "name": name} for number, name in enumerate(NAMES, 1)],
        "outcomes": [{"outcome": outcome, "meaning": meaning} for outcome, meaning in OUTCOMES.items()],
        "verdicts": [verdict.value for verdict in Verdict],
        "standings": [{"standing": each.value, "meaning": each.words} for each in Standing],
        "exitCodes": [{"code": int(code), "name": code.name} for code in ExitCode],
        "actReasons": {
            act: [{"number": r.number, "code": r.code, "meaning": r.words} for r in table.values()]
            for act, table in ACT_REASONS.items()
        },
        "reasons": [
            {"code": entry.code, "meaning": entry.meaning, "next": entry.next_step}
            for entry in sorted(REASONS.values(), key=lambda entry: entry.code)
        ],
    }
