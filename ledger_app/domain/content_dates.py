"""An agreement's rules about days: validity, issue after shipment, periods of repeated shipments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger_app.domain.agreements.model import Agreement, Retrospective
from ledger_app.domain.deadlines import Period, add_days
from ledger_app.domain.findings import Finding, breach, discrepancy, unknown
from ledger_app.domain.successors import BACK_TO_BACK, REPLACEMENT, TRUE_COPY, flags_of

# However the weekends and public holidays fall, so many calendar days hold a working day at least.
_DAYS_A_WORKING_DAY: Final = 3


def date_findings(document: Mapping[str, Any], rules: Agreement, at: date | None) -> Iterator[Finding]:
    """What the rules say about the document's days, presented on day `at` (None: not judged)."""
    yield from _validity(document, rules, at)
    yield from _retrospective(document, rules)
    yield from _back_to_back(document, rules)
    yield from _blanket(document, rules)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day that a rule sets for this certificate. `what`: present-by, issue-by or keep-records-until."""

    what: str
    day: date
    source: str
    certain: bool

    def to_json(self) -> dict[str, Any]:
        """A flat JSON object."""
        return {
            "what": self.what,
            "day": self.day.isoformat(),
            "source": self.source,
            "certain": self.certain,
        }


def deadlines(document: Mapping[str, Any], rules: Agreement | None) -> list[Deadline]:
    """The days that the agreement (None: one that is not known) and the certificate itself set, as far as the
    document's own days are known.
    """
    found = []
    issued, departed = day_at(document, "issueDate"), shipped(document)
    if rules and rules.retrospective and departed:
        last = rules.retrospective.period.after(departed)
        found.append(Deadline("issue-by", last, rules.retrospective.source, rules.retrospective.certain))
    if presented := _present_by(document, rules):
        found.append(presented)
    if rules and rules.records and issued:
        yearly = rules.records.counted_from == "end-of-year"
        kept = Period(12 * rules.records.years).after(date(issued.year, 12, 31) if yearly else issued)
        found.append(Deadline("keep-records-until", kept, rules.records.source, rules.records.certain))
    return found


def _present_by(document: Mapping[str, Any], rules: Agreement | None) -> Deadline | None:
    """The earlier of the agreement's last day of validity and the certificate's own."""
    stated = day_at(document, "validUntil")
    if rules and rules.validity and (end := last_day(document, rules)) and (not stated or end <= stated):
        return Deadline("present-by", end, rules.validity.source, rules.validity.certain)
    return Deadline("present-by", stated, "its own validUntil", True) if stated else None


def last_day(document: Mapping[str, Any], rules: Agreement) -> date | None:
    """The last day of validity by the agreement; None where it sets none, or the day it counts from lacks.

    A certified true copy is valid as long as its original, and counted from the original's day.
    """
    if rules.validity is None:
        return None
    if rules.validity.counted_from == "shipment":
        start = shipped(document)
    else:
        copied = TRUE_COPY in flags_of(document) and day_at(document.get("original"), "issueDate")
        start = copied or day_at(document, "issueDate")
    return rules.validity.period.after(start) if start else None


def unstated_validity(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    """For whoever issues: without a last day of its own nothing but the agreement says when it expires."""
    limit = last_day(document, rules)
    if rules.validity and rules.validity.certain and limit and "validUntil" not in document:
        yield discrepancy(
            "/validUntil",
            "VALIDITY_NOT_STATED",
            f"Under {rules.code} it may be presented until {limit.isoformat()}; it states no last day.",
            f"State {limit.isoformat()}, so that it is seen to expire.",
            source=rules.validity.source,
        )


def registered_too_late(document: Mapping[str, Any], rules: Agreement, day: date) -> bool:
    """Whether it was registered, on `day`, after the last day on which the agreement lets it be issued: its
    own date may say anything."""
    rule, departed = rules.retrospective, shipped(document)
    if rule is None or not rule.certain or departed is None or _rests(document):
        return False
    return day > rule.period.after(departed)


def day_at(holder: Any, name: str) -> date | None:
    """The calendar day of a member; None when there is none, or it is no day."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def shipped(document: Mapping[str, Any]) -> date | None:
    """The day of departure."""
    return day_at(document.get("transport"), "departureDate")


def _validity(document: Mapping[str, Any], rules: Agreement, at: date | None) -> Iterator[Finding]:
    limit, stated = last_day(document, rules), day_at(document, "validUntil")
    if rules.validity is None:
        return
    if limit is None:
        if rules.validity.counted_from == "shipment" and "issueDate" in document:
            yield unknown(
                "/transport/departureDate",
                "VALIDITY_NOT_CHECKED",
                f"Under {rules.code} validity is counted from shipment, and its day is not stated.",
                "State the day of departure.",
                source=rules.validity.source,
            )
        return
    if stated and stated > limit:
        yield breach(
            rules.validity,
            "/validUntil",
            "VALID_TOO_LONG",
            f"Under {rules.code} it can be valid until {limit.isoformat()} at most.",
            f"Give {limit.isoformat()} or an earlier day; it counts no longer.",
            value=stated.isoformat(),
        )
    if at and at > limit:
        yield breach(
            rules.validity,
            "/issueDate",
            "PRESENTED_TOO_LATE",
            f"Under {rules.code} it had to be presented by {limit.isoformat()}.",
            "Ask for a new certificate, or for the reasons of the delay.",
            value=at.isoformat(),
        )


def _retrospective(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    issued, departed, rule = day_at(document, "issueDate"), shipped(document), rules.retrospective
    if rule is None or issued is None or departed is None:
        return
    if _rests(document):
        yield from _late_original(document, rules, rule, departed)
        return
    working = rule.marked_after_working_days
    if issued > rule.period.after(departed):
        yield breach(
            rule,
            "/issueDate",
            "ISSUED_TOO_LATE",
            f"{rules.code} lets it be issued up to {rule.period.words} after shipment.",
            "Correct the dates; after that time only a copy or replacement can be issued, which names its "
            "original.",
            value=issued.isoformat(),
        )
    elif "issued-retrospectively" in flags_of(document):
        return
    elif rule.marked_after_days is not None and issued > add_days(departed, rule.marked_after_days):
        say = discrepancy if rule.certain else unknown
        yield say(
            "/flags",
            "RETROSPECTIVE_NOT_MARKED",
            f"Issued more than {rule.marked_after_days} days after shipment, it must be marked.",
            "Add issued-retrospectively to flags.",
            source=rule.source,
            value=issued.isoformat(),
        )
    elif working is not None and issued > add_days(departed, working):
        over = issued > add_days(departed, _DAYS_A_WORKING_DAY * working)
        say = discrepancy if rule.certain and over else unknown
        yield say(
            "/flags",
            "RETROSPECTIVE_NOT_MARKED",
            f"Issued more than {working} working days after shipment, it must be marked"
            + ("." if over else "; which days were working days is not checked."),
            "Add issued-retrospectively to flags.",
            source=rule.source,
            value=issued.isoformat(),
        )


def _late_original(
    document: Mapping[str, Any], rules: Agreement, rule: Retrospective, departed: date
) -> Iterator[Finding]:
    """A copy or replacement may be made late; its original may not."""
    issued, last = day_at(document, "issueDate"), rule.period.after(departed)
    dated = day_at(document.get("original"), "issueDate")
    limit = f"{rules.code} lets it be issued up to {rule.period.words} after shipment"
    if dated is not None and dated > last:
        yield breach(
            rule,
            "/original/issueDate",
            "ISSUED_TOO_LATE",
            f"{limit}; the original was issued later.",
            "Correct the dates.",
            value=dated.isoformat(),
        )
    elif dated is None and issued is not None and issued > last:
        yield unknown(
            "/original",
            "ISSUED_TOO_LATE",
            f"{limit}; whether the original was is not checked, as its day is not stated.",
            "State the original's day of issue under /original/issueDate.",
            source=rule.source,
        )


def _rests(document: Mapping[str, Any]) -> bool:
    """A copy or a replacement is dated when it is made; what it names as its original was issued in time or
    not."""
    flags = flags_of(document)
    return bool(flags & {TRUE_COPY, REPLACEMENT} and document.get("original"))


def _back_to_back(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    rule, ends = rules.back_to_back, day_at(document, "validUntil") or last_day(document, rules)
    original = day_at(document.get("original"), "validUntil")
    if rule is None or rule.within_original is False or BACK_TO_BACK not in flags_of(document):
        return
    if ends is None or original is None or ends <= original:
        return
    words = f"It is valid longer than its original, which ends on {original.isoformat()}."
    fix = f"Give {original.isoformat()} or an earlier day."
    if rule.within_original:
        yield breach(rule, "/validUntil", "OUTLIVES_ORIGINAL", words, fix, value=ends.isoformat())
    else:
        yield unknown(
            "/validUntil",
            "OUTLIVES_ORIGINAL",
            f"{words} Whether {rules.code} allows that is not checked.",
            f"Read the rule, then: {fix}",
            source=rule.source,
            value=ends.isoformat(),
        )


def _blanket(document: Mapping[str, Any], rules: Agreement) -> Iterator[Finding]:
    period, rule = document.get("blanketPeriod"), rules.blanket
    if not isinstance(period, dict):
        return
    if rule is None:
        yield unknown(
            "/blanketPeriod",
            "BLANKET_NOT_CHECKED",
            f"No rule about periods of repeated shipments is kept for {rules.code}.",
            "Check whether the agreement allows one.",
        )
        return
    starts, ends = day_at(period, "starts"), day_at(period, "ends")
    if starts and ends and ends > rule.period.after(starts):
        yield breach(
            rule,
            "/blanketPeriod/ends",
            "BLANKET_TOO_LONG",
            f"Under {rules.code} a period of repeated shipments lasts {rule.period.words} at most.",
            f"Give {rule.period.after(starts).isoformat()} or an earlier day.",
            value=ends.isoformat(),
        )
