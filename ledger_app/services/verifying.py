"""Verification: is it genuine, what has happened to it since, and how sure can one be now?

Facts come from the pinned ledger through the gateway, in one lookup however many certificates are asked
about. The judgement is pure (`proof.check`). A node that is down, behind or of another ledger gives
CANNOT_TELL with the reason.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.chain.facts import Query as LedgerQuery
from ledger_app.domain.standing import ExitCode, Standing, Verdict
from ledger_app.domain.terms import day_number
from ledger_app.errors import BadInput, CheckFailed, LedgerError
from ledger_app.proof import check, steps
from ledger_app.proof.alone import Alone, alone
from ledger_app.proof.bundle import Bundle
from ledger_app.proof.check import Judgement
from ledger_app.proof.facts import Facts, Outcome, Pin, Question, StepOutcome
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import claim_key
from ledger_app.proof.report import Report, Shown, build
from ledger_app.reasons import describe
from ledger_app.services import witness
from ledger_app.services.cargo_evidence import judge_cargo, not_shown
from ledger_app.services.claims import claim_id
from ledger_app.services.context import Services
from ledger_app.services.facts import facts_of, proof_pin
from ledger_app.services.lineage import relatives
from ledger_app.services.subjects import Query, Subject, subjects_of
from ledger_app.store import members

_ZERO = bytes(32)


@dataclass(slots=True)
class _Case:
    """One subject on its way to a report. `place` is that of its query."""

    place: int
    subject: Subject
    at: date
    asked: LedgerQuery | None = None
    facts: Facts | None = None
    read: Alone | None = None
    cargo: StepOutcome | None = None
    relatives: dict[str, Any] = field(default_factory=dict)


def verify(ctx: Services, principal: Principal, query: Query) -> Report:
    """The report on one certificate:

    `verdict` GENUINE, NOT_GENUINE or CANNOT_TELL; `standing`; `exit_code` as `origin verify` returns it;
    `reason`, `detail`, `next`; `checks` [{number, name, outcome, reason, detail, next}]; `ledger` {block,
    time, age_seconds}; `certificate`, `allowance`, `disclosed`, `content` as far as they are known and the
    caller may see them; `predecessor`, `successors` and `moreSuccessors`, as `lineage.relatives` gives them,
    of one that is genuine; `notices`; `matches`: one report for each issuer, when a number is used by
    several.
    """
    return verify_many(ctx, principal, [query])[0]


def verify_many(
    ctx: Services, principal: Principal, queries: list[Query], *, related: bool = True
) -> list[Report]:
    """Reports in the order of `queries`, all from one state of the ledger. `related`: with what each replaced
    and what replaced it. Raises BadInput for an unreadable query.
    """
    cases = [
        _Case(place, subject, day_of(query, ctx.clock().date()))
        for place, query in enumerate(queries)
        for subject in subjects_of(ctx, principal, query)
    ]
    for case in cases:
        if case.subject.bundle is not None:
            case.asked = _ask_about(ctx, principal, case.subject.bundle, queries[case.place].claim)
            case.read = case.subject.read or alone(
                case.subject.bundle, case.at, readable=case.subject.content
            )
            witness.notice(ctx, case.subject.bundle)
    unavailable = _look_up(ctx, cases)
    _look_at_cargo(ctx, cases)
    pin = proof_pin(ctx.pin)
    names = _names(ctx, cases)
    if related:
        _look_at_relatives(ctx, principal, cases)
    reports: list[list[Report]] = [[] for _ in queries]
    for case in cases:
        judgement = _judge(ctx, pin, case, unavailable)
        reports[case.place].append(_report(case, judgement, names))
    answers = [found[0] if len(found) == 1 else _several(found) for found in reports]
    for answer in answers:
        ctx.metrics.verified(answer["verdict"], answer["standing"])
    return answers


def _ask_about(ctx: Services, principal: Principal, bundle: Bundle, claim: str | None) -> LedgerQuery | None:
    try:
        wanted = check.lookup_of(bundle)
    except BadInput:
        return None  # a proof that leads nowhere: the judgement says so
    key = _ZERO
    if claim is not None:
        if principal.organisation is None:
            raise BadInput("CLAIM_WHOSE")
        customs = from_hex(principal.organisation, 32)
        key = claim_key(wanted.leaf, customs, _claim(ctx, principal.organisation, claim))
    return LedgerQuery(wanted.leaf, wanted.batch_id, wanted.issuer, wanted.scheme, key)


def _claim(ctx: Services, organisation: str, given: str) -> bytes:
    if len(given) == 66 and given.startswith("0x"):
        return from_hex(given.lower(), 32, field="claim")
    return claim_id(ctx, organisation, given)


def _look_up(ctx: Services, cases: list[_Case]) -> LedgerError | None:
    """Fill in the facts of every case; gives why, if the ledger could not be asked."""
    asking = [(case, case.asked) for case in cases if case.asked is not None]
    if not asking:
        return None
    try:
        seen = ctx.gateway.lookup([asked for _, asked in asking])
        for (case, asked), record in zip(asking, seen.records, strict=True):
            claimed = asked.claim_key != _ZERO
            case.facts = facts_of(asked.leaf, asked.batch, seen, record, claimed=claimed)
    except LedgerError as failed:
        return failed
    return None


def _look_at_cargo(ctx: Services, cases: list[_Case]) -> None:
    """Fill in step 10 of every case that is registered, for those who may read what it says."""
    told = []
    for case in cases:
        if case.facts is None or case.facts.batch is None:
            continue
        if not case.subject.content:
            case.cargo = not_shown()
        elif case.read is not None and case.read.document is not None:
            told.append((case, case.read.document))
    for (case, _), outcome in zip(told, judge_cargo(ctx, [each for _, each in told]), strict=True):
        case.cargo = outcome


def _look_at_relatives(ctx: Services, principal: Principal, cases: list[_Case]) -> None:
    """Fill in what each certificate replaced, and what replaced it: the index locates, the ledger said that
    there is something to look for.
    """
    with ctx.store.read() as conn:
        for case in cases:
            facts = case.facts
            if facts is not None and (facts.predecessor is not None or facts.standing.time):
                case.relatives = relatives(conn, principal, to_hex(facts.leaf))


def _judge(ctx: Services, pin: Pin, case: _Case, unavailable: LedgerError | None) -> Judgement:
    subject = case.subject
    if subject.bundle is None:
        failure = subject.failure or CheckFailed(1, "INTERNAL")
        return _without_bundle(failure)
    if case.asked is None or case.read is None:
        return _without_bundle(CheckFailed(2, "PROOF_INVALID"))
    question = Question(case.at, ctx.settings.max_data_age_seconds, case.read.content, case.cargo)
    judged = check.judge(
        subject.bundle, pin, case.facts, question, unavailable=unavailable, examined=case.read.examined
    )
    if subject.differs is not None and judged.verdict is Verdict.GENUINE:
        words = "It differs at " + ", ".join(subject.differs[:5])
        return _without_bundle(CheckFailed(2, "DOCUMENT_DIFFERS", words), Verdict.NOT_GENUINE)
    return judged


def _without_bundle(failure: CheckFailed, verdict: Verdict = Verdict.CANNOT_TELL) -> Judgement:
    """The judgement when a step fails before there is anything to put to `proof.check`."""
    found: Outcome = "failed" if verdict is Verdict.NOT_GENUINE or failure.step == 1 else "cannot-tell"
    outcomes = [
        steps.outcome_of(failure.step, found, failure.reason, failure.detail)
        if number == failure.step
        else steps.outcome_of(number, "not-checked")
        for number in range(1, len(steps.NAMES) + 1)
    ]
    code = ExitCode.NOT_FOUND if failure.reason == "NOT_FOUND" else ExitCode.CANNOT_TELL
    if verdict is Verdict.NOT_GENUINE:
        code = ExitCode.NOT_GENUINE
    return Judgement(verdict, Standing.UNKNOWN, failure.reason, failure.detail, tuple(outcomes), code)


def _report(case: _Case, judged: Judgement, names: dict[str, str]) -> Report:
    subject = case.subject
    shown = Shown(
        document=case.read.document if case.read else None,
        readable=subject.content,
        numbered=subject.numbered,
        names=names,
        relatives=case.relatives,
        notices=subject.notices,
        findings=case.read.findings if case.read else (),
    )
    return build(judged, subject.bundle, case.facts, case.at, shown)


def _several(reports: list[Report]) -> Report:
    """Several issuers use the number: none of them is meant more than the others."""
    entry = describe("NUMBER_AMBIGUOUS")
    best = _without_bundle(CheckFailed(4, "NUMBER_AMBIGUOUS"))
    return {
        **reports[0],
        "verdict": best.verdict.value,
        "standing": best.standing.value,
        "exit_code": int(best.exit_code),
        "reason": "NUMBER_AMBIGUOUS",
        "detail": entry.meaning,
        "next": entry.next_step,
        "checks": [outcome.to_json() for outcome in best.outcomes],
        "certificate": None,
        "allowance": None,
        "disclosed": None,
        "notices": ["COMPARE_WITH_PAPER"],
        "matches": reports,
    }


def _names(ctx: Services, cases: list[_Case]) -> dict[str, str]:
    issuers = {to_hex(case.subject.bundle.leaf.issuer) for case in cases if case.subject.bundle is not None}
    with ctx.store.read() as conn:
        return members.names(conn, sorted(issuers))


def day_of(query: Query, today: date) -> date:
    """The day of presentation. Raises BadInput `DAY_INVALID`."""
    if query.at is None:
        return today
    day_number(query.at)
    return date.fromisoformat(query.at)
