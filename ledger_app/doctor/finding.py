"""What a check found."""

from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from ledger_app.errors import LedgerError
from ledger_app.reasons import describe
from ledger_app.reasons.readers import for_operator

Outcome = Literal["ok", "warning", "problem", "could-not-look"]
OK: Final = "ok"
WARNING: Final = "warning"
PROBLEM: Final = "problem"
COULD_NOT_LOOK: Final = "could-not-look"


@dataclass(frozen=True, slots=True)
class Finding:
    """`reason` is empty when all is well; `explanation` says what was seen, `fix` what to do."""

    check: str
    outcome: Outcome
    reason: str
    explanation: str
    fix: str

    def named(self, check: str) -> "Finding":
        """The same as the finding of `check`."""
        return replace(self, check=check)

    def to_json(self) -> dict[str, str]:
        """As `origin doctor --json` prints it."""
        return asdict(self)


class Unseen(LedgerError):
    """A check cannot look, because something that it builds on is wrong or does not run."""


def ok(words: str) -> Finding:
    """All is well."""
    return Finding("", OK, "", words, "")


def warning(reason: str, words: str = "") -> Finding:
    """Nothing is broken, yet somebody should look."""
    return _told(WARNING, reason, words)


def problem(reason: str, words: str = "") -> Finding:
    """Something is wrong."""
    return _told(PROBLEM, reason, words)


def could_not_look(reason: str, words: str = "") -> Finding:
    """Whether something is wrong cannot be said."""
    return _told(COULD_NOT_LOOK, reason, words)


def of_error(error: LedgerError) -> Finding:
    """An error as a finding: a problem, unless the check could not look."""
    outcome = could_not_look if isinstance(error, Unseen) else problem
    return outcome(error.reason, error.detail)


def _told(outcome: Outcome, reason: str, words: str) -> Finding:
    entry = describe(reason)
    explanation = entry.meaning if words in ("", entry.meaning) else f"{entry.meaning} ({words})"
    return Finding("", outcome, reason, explanation, for_operator(reason, entry.next_step))
