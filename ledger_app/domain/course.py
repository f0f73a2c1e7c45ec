"""The course of an issued certificate: every act on it, as a pure function from one state to the next.

`perform` applies an act that the rules allow, and raises for every other: who may do it (`lifecycle`), from
which state, how many units are left, item by item. It mirrors the contracts (docs/protocol.md §7), so that
the same acts in the same order lead to the same standing; and it adds what the chain leaves to people:
validity on the day of presentation, the true copy of an unused original, silence of an issuing body as a
reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from ledger_app.domain.enquiries import Enquiry, EnquiryState
from ledger_app.domain.lifecycle import ACTS, Actor, Life, not_entitled, not_now
from ledger_app.domain.parts import beyond
from ledger_app.domain.standing import ACT_REASONS, ClaimState, Standing, Status, act_reason
from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted

TRUE_COPY: Final = act_reason("supersede", "TRUE_COPY").number
NO_ANSWER: Final = act_reason("refuse", "NO_ANSWER").number
DEEDS: Final = (*ACTS, "answer")
_WITH_REASON: Final = ("revoke", "suspend", "supersede", "refuse", "withdraw", "enquire", "answer")


@dataclass(frozen=True, slots=True)
class Claim:
    """One import claim of one customs organisation: its state, and what it used."""

    state: ClaimState
    units: int = 0
    items: Mapping[int, int] = field(default_factory=dict)
    reason: int = 0


@dataclass(frozen=True, slots=True)
class Successor:
    """A certificate that replaces or uses this one. `items`: units by the number of the original's item,
    empty for a whole allowance."""

    allowance: int
    items: Mapping[int, int] = field(default_factory=dict)
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """All that has happened. `claims` by (customs organisation, claim); `enquiries` by their subject."""

    life: Life
    claims: Mapping[tuple[str, str], Claim] = field(default_factory=dict)
    enquiries: Mapping[str, Enquiry] = field(default_factory=dict)
    successors: tuple[Successor, ...] = ()
    consumed: int = 0
    reason: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    """An act with its arguments; those that an act does not have are ignored. `act`: one of DEEDS.

    `units`, `items`: what acquit and consume use (items and their sum where the certificate has allowances by
    item). `claim`: of acquit, withdraw and refuse. `subject`, `to`, `reply_by`: of enquire; `subject` of
    answer. `reason`: its number in `standing.ACT_REASONS`.
    """

    act: str
    reason: int = 0
    claim: str = ""
    units: int = 1
    items: Mapping[int, int] = field(default_factory=dict)
    successors: tuple[Successor, ...] = ()
    subject: str = ""
    to: str = ""
    reply_by: date | None = None


def perform(course: Course, deed: Deed, actor: Actor, day: date) -> Course:
    """The course after `actor` did `deed` on `day`.

    Raises NotPermitted LIFE_NOT_YOURS, Conflict LIFE_FORBIDS, BadInput LIFE_ACT_UNKNOWN, or the reason of the
    contract that would refuse: BadInput REASON_MISSING, UNITS_MISSING, ITEMS_MISMATCH, ITEM_UNKNOWN,
    ITEM_SUM_DIFFERS, SUCCESSORS_MISSING, REPLY_BY_INVALID; Conflict ALLOWANCE_EXCEEDED,
    ITEM_ALLOWANCE_EXCEEDED, SUCCESSORS_EXCEED, SUCCESSOR_ITEMS_MISSING, TRUE_COPY_DIFFERS, EXPIRED,
    NOT_YET_VALID, ENQUIRY_EXISTS, ENQUIRY_ANSWERED; NotFound ENQUIRY_UNKNOWN.
    """
    if deed.act not in DEEDS:
        raise BadInput("LIFE_ACT_UNKNOWN", f"there is no act {deed.act[:32]!r}; there are {', '.join(DEEDS)}")
    if deed.act in _WITH_REASON and deed.reason not in ACT_REASONS[deed.act]:
        raise BadInput("REASON_MISSING", f"no reason to {deed.act} has the number {deed.reason}")
    if deed.act == "answer":
        return _answer(course, deed, actor, day)
    _require(course, deed, actor)
    match deed.act:
        case "suspend" | "reinstate" | "revoke":
            return _turned(course, deed)
        case "confirm":
            return replace(course, life=replace(course.life, key_disowned=False))
        case "supersede":
            return _supersede(course, deed)
        case "acquit":
            return _acquit(course, deed, actor, day)
        case "consume":
            return _consume(course, deed, day)
        case "withdraw" | "refuse":
            return _claim_only(course, deed, actor, day)
    return _enquire(course, deed, actor, day)


def _require(course: Course, deed: Deed, actor: Actor) -> None:
    if why := not_entitled(deed.act, course.life, actor):
        raise NotPermitted("LIFE_NOT_YOURS", why)
    claim = course.claims.get((actor.name, deed.claim))
    if why := not_now(deed.act, course.life, claim.state if claim else ClaimState.NONE):
        raise Conflict("LIFE_FORBIDS", why)


def _turned(course: Course, deed: Deed) -> Course:
    status = {"suspend": Status.SUSPENDED, "reinstate": Status.GOOD, "revoke": Status.REVOKED}[deed.act]
    return replace(course, life=replace(course.life, status=status), reason=deed.reason)


# --- using it -----------------------------------------------------------------------------------------------


def _acquit(course: Course, deed: Deed, actor: Actor, day: date) -> Course:
    _require_valid(course.life, day)
    life = _used(course.life, deed)
    claim = Claim(ClaimState.ACQUITTED, deed.units, dict(deed.items))
    return replace(course, life=life, claims={**course.claims, (actor.name, deed.claim): claim})


def _consume(course: Course, deed: Deed, day: date) -> Course:
    _require_valid(course.life, day)
    life = _used(course.life, deed)
    _require_within(deed.successors, deed.units, deed.items)
    consumed = course.consumed + deed.units
    return replace(course, life=life, consumed=consumed, successors=(*course.successors, *deed.successors))


def _require_valid(life: Life, day: date) -> None:
    if day < life.valid_from:
        raise Conflict("NOT_YET_VALID", f"valid from {life.valid_from.isoformat()}")
    if life.valid_until and day > life.valid_until:
        raise Conflict("EXPIRED", f"valid until {life.valid_until.isoformat()}")


def _used(life: Life, deed: Deed) -> Life:
    if deed.units < 1 or any(units < 1 for units in deed.items.values()):
        raise BadInput("UNITS_MISSING")
    if bool(life.item_allowances) != bool(deed.items):
        raise BadInput("ITEMS_MISMATCH")
    if deed.items and sum(deed.items.values()) != deed.units:
        raise BadInput("ITEM_SUM_DIFFERS")
    if deed.units > life.remaining:
        raise Conflict("ALLOWANCE_EXCEEDED", f"{life.remaining} are left", left=life.remaining)
    left = life.item_remaining
    for number, units in deed.items.items():
        if number not in left:
            raise BadInput("ITEM_UNKNOWN", f"there is no allowance for item {number}")
        if units > left[number]:
            raise Conflict(
                "ITEM_ALLOWANCE_EXCEEDED", f"{left[number]} are left of item {number}", item=number
            )
    return replace(life, used=life.used + deed.units, item_used=_added(life.item_used, deed.items, 1))


def _added(used: Mapping[int, int], items: Mapping[int, int], sign: int) -> dict[int, int]:
    return dict(used) | {number: used.get(number, 0) + sign * units for number, units in items.items()}


def _claim_only(course: Course, deed: Deed, actor: Actor, day: date) -> Course:
    key = (actor.name, deed.claim)
    if deed.act == "refuse":
        if deed.reason == NO_ANSWER and not any(
            one.asked_by == actor.name and one.state(day) is EnquiryState.OVERDUE
            for one in course.enquiries.values()
        ):
            raise Conflict("LIFE_FORBIDS", "No enquiry of this customs organisation is overdue.")
        refused = Claim(ClaimState.REFUSED, reason=deed.reason)
        return replace(course, claims={**course.claims, key: refused})
    before, life = course.claims[key], course.life
    back = replace(life, used=life.used - before.units, item_used=_added(life.item_used, before.items, -1))
    withdrawn = replace(before, state=ClaimState.WITHDRAWN, reason=deed.reason)
    return replace(course, life=back, claims={**course.claims, key: withdrawn})


# --- replacing it -------------------------------------------------------------------------------------------


def _supersede(course: Course, deed: Deed) -> Course:
    life = course.life
    _require_within(deed.successors, life.remaining, {} if deed.reason == TRUE_COPY else life.item_remaining)
    if deed.reason == TRUE_COPY:
        copies = [(one.allowance, one.valid_until) for one in deed.successors]
        if life.used or copies != [(life.allowance, life.valid_until)]:
            raise Conflict("TRUE_COPY_DIFFERS")
        if life.item_allowances and deed.successors[0].items != life.item_allowances:
            raise Conflict("TRUE_COPY_DIFFERS", "It allows something else of an item than the original.")
    ended = replace(life, status=Status.SUPERSEDED)
    return replace(course, life=ended, successors=(*course.successors, *deed.successors), reason=deed.reason)


def _require_within(parts: tuple[Successor, ...], units: int, items: Mapping[int, int]) -> None:
    """Parts never exceed what is put in, together and item by item. `items`: empty where one allowance is for
    all of them, out of which parts may make several by item."""
    if not parts:
        raise BadInput("SUCCESSORS_MISSING")
    if any(part.allowance < 1 for part in parts):
        raise BadInput("UNITS_MISSING")
    if sum(part.allowance for part in parts) > units:
        raise Conflict("SUCCESSORS_EXCEED", f"together they may allow {units}", left=units)
    if items and not all(part.items for part in parts):
        # Split again, a whole allowance could give more of an item than there ever was of it.
        raise Conflict("SUCCESSOR_ITEMS_MISSING")
    over = beyond([part.items for part in parts], items) if items else None
    if over is not None:
        item, taken = over
        left = items.get(item, 0)
        raise Conflict(
            "SUCCESSORS_EXCEED",
            f"of item {item} of the original they may allow {left}, and allow {taken}: allow less, or state "
            "as originalItem which item of the original each one is a part of",
            item=item,
            left=left,
        )


# --- asking about it ----------------------------------------------------------------------------------------


def _enquire(course: Course, deed: Deed, actor: Actor, day: date) -> Course:
    if deed.subject in course.enquiries:
        raise Conflict("ENQUIRY_EXISTS")
    if deed.reply_by is None or deed.reply_by <= day:
        raise BadInput("REPLY_BY_INVALID")
    asked = Enquiry(actor.name, deed.to, day, deed.reply_by)
    return replace(course, enquiries={**course.enquiries, deed.subject: asked})


def _answer(course: Course, deed: Deed, actor: Actor, day: date) -> Course:
    asked = course.enquiries.get(deed.subject)
    if asked is None:
        raise NotFound("ENQUIRY_UNKNOWN")
    if actor.name != asked.asked_of:
        raise NotPermitted("LIFE_NOT_YOURS", "Only who was asked may answer.")
    if course.life.sealed:
        raise Conflict("LIFE_FORBIDS", "This registry is sealed: a later one takes acts.")
    return replace(course, enquiries={**course.enquiries, deed.subject: asked.answer(day, deed.reason)})


# --- what it is ---------------------------------------------------------------------------------------------


class State(StrEnum):
    """What is shown of an issued certificate on a day. Gravest last; several may hold."""

    ISSUED = "issued"
    PARTLY_USED = "partly-used"
    ANSWERED = "answered"
    ENQUIRED = "enquired"
    OVERDUE = "overdue"
    USED_UP = "used-up"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    ISSUER_KEY_DISOWNED = "issuer-key-disowned"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


_OF_ENQUIRY: Final = {
    EnquiryState.OPEN: State.ENQUIRED,
    EnquiryState.OVERDUE: State.OVERDUE,
    EnquiryState.ANSWERED: State.ANSWERED,
    EnquiryState.ANSWERED_LATE: State.ANSWERED,
}


def states(course: Course, day: date, *, replies: date | None = None) -> list[State]:
    """Every state that holds on `day`, the gravest first; just ISSUED where nothing has happened.

    `replies`: the day by which answers are late, where that is counted by another clock than validity.
    """
    life = course.life
    found = {_OF_ENQUIRY[one.state(replies or day)] for one in course.enquiries.values()}
    if life.status is not Status.GOOD:
        found.add(State(life.status.standing.value))
    if life.key_disowned:
        found.add(State(Standing.ISSUER_KEY_DISOWNED.value))
    if day < life.valid_from:
        found.add(State.NOT_YET_VALID)
    if life.valid_until and day > life.valid_until:
        found.add(State.EXPIRED)
    if life.used:
        found.add(State.PARTLY_USED if life.remaining else State.USED_UP)
    order = list(State)
    return sorted(found or {State.ISSUED}, key=order.index, reverse=True)
