"""An agreement's rules about days: validity, issue after shipment, periods of repeated shipments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledger_app.domain.agreements.model import Agreement
from ledger_app.domain.deadlines import Period, add_days
from ledger_app.domain.findings import Finding, breach, discrepancy, unknown
from ledger_app.domain.successors import flags_of


def date_findings(document: Mapping[str, Any], rules: Agreement, at: date | None) -> Iterator[Finding]:
    """What the rules say about the document's days, presented on day `at` (None: not judged)."""
    yield from _validity(document, rules, at)
    yield from _retrospective(document, rules)
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
        kept = Period(12 * rules.records.years).after(issued)
        found.append(Deadline("keep-records-until", kept, rules.records.source, rules.records.certain))
    return found


def _present_by(document: Mapping[str, Any], rules: Agreement | None) -> Deadline | None:
    """The earlier of the agreement's last day of validity and the certificate's own."""
    stated = day_at(document, "validUntil")
    if rules and rules.validity and (end := last_day(document, rules)) and (not stated or end <= stated):
        return Deadline("present-by", end, rules.validity.source, rules.validity.certain)
    return Deadline("present-by", stated, "its own validUntil", True) if stated else None


def last_day(document: Mapping[str, Any], rules: Agreement) -> date | None:
    """The last day of validity by the agreement; None where it sets none, or the day it counts from lacks."""
    if rules.validity is None:
        return None
    start = day_at(document, "issueDate") if rules.validity.counted_from == "issue" else shipped(document)
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
        return
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
    elif (
        rule.marked_after_days is not None
        and issued > add_days(departed, rule.marked_after_days)
        and "issued-retrospectively" not in flags_of(document)
    ):
        say = discrepancy if rule.certain else unknown
        yield say(
            "/flags",
            "RETROSPECTIVE_NOT_MARKED",
            f"Issued more than {rule.marked_after_days} days after shipment, it must be marked.",
            "Add issued-retrospectively to flags.",
            source=rule.source,
            value=issued.isoformat(),
        )


def _rests(document: Mapping[str, Any]) -> bool:
    """A copy or a replacement is dated when it is made; what it names as its original was issued in time or
    not."""
    flags = flags_of(document)
    return bool(("certified-true-copy" in flags or "replacement" in flags) and document.get("original"))


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
