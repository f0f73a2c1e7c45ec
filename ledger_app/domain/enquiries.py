"""Questions of customs to an issuing body: open, answered, overdue, answered late. Whole days."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from ledger_app.domain.agreements.model import Agreement
from ledger_app.errors import Conflict


class EnquiryState(StrEnum):
    """Where an enquiry stands on a day."""

    OPEN = "open"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ANSWERED_LATE = "answered-late"


@dataclass(frozen=True, slots=True)
class Enquiry:
    """One question. `reply_by`: the last day to answer in time."""

    asked_by: str
    asked_of: str
    asked: date
    reply_by: date
    answered: date | None = None
    code: int = 0

    def state(self, day: date) -> EnquiryState:
        """Where it stands at the end of `day`."""
        if self.answered is not None and self.answered <= day:
            late = self.answered > self.reply_by
            return EnquiryState.ANSWERED_LATE if late else EnquiryState.ANSWERED
        return EnquiryState.OVERDUE if day > self.reply_by else EnquiryState.OPEN

    def answer(self, day: date, code: int) -> "Enquiry":
        """The enquiry with its answer, in time or late. Raises Conflict ENQUIRY_ANSWERED the second time."""
        if self.answered is not None:
            raise Conflict("ENQUIRY_ANSWERED", f"it was answered on {self.answered.isoformat()}")
        return replace(self, answered=day, code=code)


def reply_by(asked: date, agreement: Agreement | None) -> tuple[date, str] | None:
    """The last day to answer under the agreement and the rule's source; None where no rule is kept.

    A rule that is not certain gives a day all the same: it is what to propose, and who asks decides.
    """
    rule = agreement.enquiry if agreement else None
    return (rule.period.after(asked), rule.source) if rule else None
