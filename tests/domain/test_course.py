"""The course of an issued certificate: acts by those who may, from where they may, within what is left."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ledger_app.domain.agreements import agreement
from ledger_app.domain.course import (
    DEEDS,
    NO_ANSWER,
    TRUE_COPY,
    Claim,
    Course,
    Deed,
    State,
    Successor,
    perform,
    states,
)
from ledger_app.domain.enquiries import Enquiry, EnquiryState, reply_by
from ledger_app.domain.lifecycle import Actor, Life, possibilities
from ledger_app.domain.standing import ClaimState, Role, Status
from ledger_app.errors import LedgerError

DAY, FIRST, LAST = date(2026, 6, 1), date(2026, 1, 10), date(2026, 12, 31)
ISSUER = Actor(Role.ISSUER, "CN", is_issuer=True, accredited=True, name="chamber")
CUSTOMS = Actor(Role.CUSTOMS, "AU", name="customs-au")
OTHER = Actor(Role.CUSTOMS, "AU", name="customs-au-2")
AWAY = Actor(Role.CUSTOMS, "NZ", name="customs-nz")
MIDDLE = Actor(Role.ISSUER, "AU", accredited=True, name="chamber-au")
TRADER = Actor(Role.NONE, "AU", name="trader")


def course(*, allowance: int = 10, items: dict[int, int] | None = None, **more: Any) -> Course:
    itemised = items or {}
    units = sum(itemised.values()) or allowance
    return Course(
        Life(Status.GOOD, units, 0, FIRST, LAST, destination="AU", item_allowances=itemised, **more)
    )


def refusal(now: Course, deed: Deed, actor: Actor, day: date = DAY) -> str:
    with pytest.raises(LedgerError) as refused:
        perform(now, deed, actor, day)
    return refused.value.reason


def acquit(units: int = 1, claim: str = "C-1", items: dict[int, int] | None = None) -> Deed:
    return Deed("acquit", claim=claim, units=units, items=items or {})


ASK = Deed("enquire", 1, subject="E-1", to="chamber", reply_by=DAY + timedelta(days=90))
REPLACED = Deed("supersede", 1, successors=(Successor(10),))


def test_a_certificate_is_used_in_parts_until_nothing_is_left() -> None:
    now = perform(course(), acquit(4, "C-1"), CUSTOMS, DAY)
    assert states(now, DAY) == [State.PARTLY_USED]
    assert refusal(now, acquit(7, "C-2"), OTHER) == "ALLOWANCE_EXCEEDED"
    now = perform(now, acquit(6, "C-2"), OTHER, DAY)
    assert states(now, DAY) == [State.USED_UP]
    assert refusal(now, acquit(1, "C-3"), CUSTOMS) == "LIFE_FORBIDS"


def test_a_single_use_is_the_default_and_happens_once() -> None:
    now = perform(course(allowance=1), acquit(), CUSTOMS, DAY)
    assert refusal(now, acquit(claim="C-2"), OTHER) == "LIFE_FORBIDS"


def test_items_are_drawn_down_one_by_one_and_never_beyond_their_own_allowance() -> None:
    now = course(items={1: 6, 2: 4})
    assert refusal(now, acquit(1), CUSTOMS) == "ITEMS_MISMATCH"
    assert refusal(now, acquit(3, items={1: 2}), CUSTOMS) == "ITEM_SUM_DIFFERS"
    assert refusal(now, acquit(2, items={3: 2}), CUSTOMS) == "ITEM_UNKNOWN"
    assert refusal(now, acquit(5, items={2: 5}), CUSTOMS) == "ITEM_ALLOWANCE_EXCEEDED"
    now = perform(now, acquit(7, items={1: 3, 2: 4}), CUSTOMS, DAY)
    assert now.life.item_remaining == {1: 3, 2: 0}
    assert refusal(now, acquit(1, "C-2", {2: 1}), CUSTOMS) == "ITEM_ALLOWANCE_EXCEEDED"
    back = perform(now, Deed("withdraw", 1, claim="C-1"), CUSTOMS, DAY)
    assert back.life.item_remaining == {1: 6, 2: 4}
    assert refusal(course(), acquit(2, items={1: 2}), CUSTOMS) == "ITEMS_MISMATCH"
    assert refusal(course(), acquit(0), CUSTOMS) == "UNITS_MISSING"
    assert refusal(now, acquit(1, "C-9", {1: 2, 2: -1}), CUSTOMS) == "UNITS_MISSING"


def test_a_withdrawal_gives_back_once_and_the_claim_stays_spent() -> None:
    now = perform(course(), acquit(4), CUSTOMS, DAY)
    assert refusal(now, Deed("withdraw", 1, claim="C-1"), OTHER) == "LIFE_FORBIDS"
    now = perform(now, Deed("withdraw", 1, claim="C-1"), CUSTOMS, DAY)
    assert now.life.used == 0
    assert refusal(now, Deed("withdraw", 1, claim="C-1"), CUSTOMS) == "LIFE_FORBIDS"
    assert refusal(now, acquit(1, "C-1"), CUSTOMS) == "LIFE_FORBIDS"
    assert perform(now, acquit(1, "C-1"), OTHER, DAY).life.used == 1


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (FIRST - timedelta(days=1), "NOT_YET_VALID"),
        (FIRST, None), (LAST, None),
        (LAST + timedelta(days=1), "EXPIRED"),
    ],
)  # fmt: skip
def test_it_is_used_on_the_days_of_its_validity_only(day: date, reason: str | None) -> None:
    if reason:
        assert refusal(course(), acquit(), CUSTOMS, day) == reason
    else:
        assert perform(course(), acquit(), CUSTOMS, day).life.used == 1


def test_a_split_never_exceeds_what_is_left_together_and_item_by_item() -> None:
    now = perform(course(items={1: 6, 2: 4}), acquit(2, items={1: 2}), CUSTOMS, DAY)
    parts = (Successor(4, {1: 4}), Successor(4, {2: 4}))
    assert refusal(now, Deed("supersede", 2), ISSUER) == "SUCCESSORS_MISSING"
    assert refusal(now, Deed("supersede", 2, successors=(Successor(9),)), ISSUER) == "SUCCESSORS_EXCEED"
    swapped = (Successor(5, {1: 5}), Successor(3, {2: 3}))
    assert refusal(now, Deed("supersede", 2, successors=swapped), ISSUER) == "SUCCESSORS_EXCEED"
    assert refusal(now, Deed("supersede", 2, successors=(Successor(0),)), ISSUER) == "UNITS_MISSING"
    split = perform(now, Deed("supersede", 2, successors=parts), ISSUER, DAY)
    assert states(split, DAY) == [State.SUPERSEDED, State.PARTLY_USED]
    assert split.successors == parts
    assert refusal(split, acquit(1, "C-2", {1: 1}), CUSTOMS) == "LIFE_FORBIDS"


def test_a_split_that_takes_too_much_of_an_item_is_told_which_one_and_what_to_state() -> None:
    swapped = (Successor(5, {1: 5}), Successor(3, {1: 2, 3: 1}))
    now, words = course(items={1: 6, 2: 4}), r"of item 1 .* may allow 6, and allow 7: .* originalItem"
    for act, actor in (("supersede", ISSUER), ("consume", MIDDLE)):
        deed = Deed(act, 2, units=10, items={1: 6, 2: 4}, successors=swapped)
        with pytest.raises(LedgerError, match=words) as told:
            perform(now, deed, actor, DAY)
        assert (told.value.reason, told.value.context["item"]) == ("SUCCESSORS_EXCEED", 1)


def test_successors_of_a_back_to_back_use_draw_only_on_the_items_that_were_used() -> None:
    def consume(items: dict[int, int], *parts: Successor) -> Deed:
        return Deed("consume", units=sum(items.values()), items=items, successors=parts)

    now = course(items={1: 6, 2: 4})
    assert refusal(now, consume({1: 3}, Successor(3, {2: 3})), MIDDLE) == "SUCCESSORS_EXCEED"
    assert refusal(now, consume({1: 3, 2: 1}, Successor(4, {1: 4})), MIDDLE) == "SUCCESSORS_EXCEED"
    used = perform(now, consume({1: 3, 2: 1}, Successor(2, {1: 2}), Successor(2, {1: 1, 2: 1})), MIDDLE, DAY)
    assert used.life.item_remaining == {1: 3, 2: 3}


def test_of_one_allowance_for_all_items_parts_may_make_allowances_by_item_and_not_the_other_way_round() -> (
    None
):
    itemised = Deed("supersede", 2, successors=(Successor(6, {1: 2, 7: 4}), Successor(4)))
    assert perform(course(), itemised, ISSUER, DAY).life.status is Status.SUPERSEDED
    # Of a whole allowance another split could make 10 of item 1, of which there were 6.
    for act, actor in (("supersede", ISSUER), ("consume", MIDDLE)):
        whole = Deed(act, 2, units=10, items={1: 6, 2: 4}, successors=(Successor(4, {2: 4}), Successor(6)))
        assert refusal(course(items={1: 6, 2: 4}), whole, actor) == "SUCCESSOR_ITEMS_MISSING"


@pytest.mark.parametrize("items", [{1: 5, 2: 5}, {}, {1: 6, 2: 4}])
def test_a_true_copy_allows_the_same_of_each_item(items: dict[int, int]) -> None:
    now = course(items={1: 6, 2: 4})
    made = Deed("supersede", TRUE_COPY, successors=(Successor(10, items, LAST),))
    if items == {1: 6, 2: 4}:
        assert perform(now, made, ISSUER, DAY).life.status is Status.SUPERSEDED
    else:
        assert refusal(now, made, ISSUER) == "TRUE_COPY_DIFFERS"


def test_a_true_copy_is_of_an_unused_original_whole_and_keeps_its_validity() -> None:
    copy = Successor(10, valid_until=LAST)
    made = Deed("supersede", TRUE_COPY, successors=(copy,))
    assert states(perform(course(), made, ISSUER, DAY), DAY) == [State.SUPERSEDED]
    for wrong in (
        (Successor(9, valid_until=LAST),),
        (Successor(10, valid_until=LAST + timedelta(days=1)),),
        (Successor(5, valid_until=LAST), Successor(5, valid_until=LAST)),
    ):
        deed = Deed("supersede", TRUE_COPY, successors=wrong)
        assert refusal(course(), deed, ISSUER) == "TRUE_COPY_DIFFERS"
    used = perform(course(), acquit(1), CUSTOMS, DAY)
    left = Deed("supersede", TRUE_COPY, successors=(Successor(9, valid_until=LAST),))
    assert refusal(used, left, ISSUER) == "TRUE_COPY_DIFFERS"


def test_back_to_back_uses_the_original_and_its_successors_stay_within_what_was_used() -> None:
    deed = Deed("consume", units=4, successors=(Successor(3), Successor(1)))
    now = perform(course(), deed, MIDDLE, DAY)
    assert (now.consumed, now.life.used, states(now, DAY)) == (4, 4, [State.PARTLY_USED])
    more = Deed("consume", units=4, successors=(Successor(5),))
    assert refusal(course(), more, MIDDLE) == "SUCCESSORS_EXCEED"
    assert refusal(course(), deed, ISSUER) == "LIFE_NOT_YOURS"
    away = Actor(Role.ISSUER, "NZ", accredited=True, name="chamber-nz")
    assert refusal(course(), deed, away) == "LIFE_NOT_YOURS"


def test_an_enquiry_is_answered_in_time_late_or_not_at_all_and_each_is_seen() -> None:
    due = DAY + timedelta(days=90)
    now = perform(course(), ASK, CUSTOMS, DAY)
    assert states(now, due) == [State.ENQUIRED]
    assert states(now, due + timedelta(days=1)) == [State.OVERDUE]
    assert refusal(now, ASK, CUSTOMS) == "ENQUIRY_EXISTS"
    answer = Deed("answer", 1, subject="E-1")
    assert refusal(now, answer, MIDDLE) == "LIFE_NOT_YOURS"
    assert refusal(now, Deed("answer", 1, subject="E-2"), ISSUER) == "ENQUIRY_UNKNOWN"
    answered = perform(now, answer, ISSUER, due)
    assert states(answered, due + timedelta(days=9)) == [State.ANSWERED]
    assert answered.enquiries["E-1"].state(due + timedelta(days=9)) is EnquiryState.ANSWERED
    assert refusal(answered, answer, ISSUER) == "ENQUIRY_ANSWERED"
    late = perform(now, answer, ISSUER, due + timedelta(days=1))
    assert late.enquiries["E-1"].state(due + timedelta(days=1)) is EnquiryState.ANSWERED_LATE
    assert late.enquiries["E-1"].state(due) is EnquiryState.OPEN


@pytest.mark.parametrize("when", [None, DAY, DAY - timedelta(days=1)])
def test_a_reply_is_asked_for_by_a_later_day(when: date | None) -> None:
    asked = Deed("enquire", 1, subject="E", to="chamber", reply_by=when)
    assert refusal(course(), asked, CUSTOMS) == "REPLY_BY_INVALID"


def test_silence_is_a_reason_to_refuse_once_the_answer_is_overdue_and_only_for_who_asked() -> None:
    silent = Deed("refuse", NO_ANSWER, claim="C-1")
    now = perform(course(), ASK, CUSTOMS, DAY)
    due = DAY + timedelta(days=90)
    assert refusal(now, silent, CUSTOMS, due) == "LIFE_FORBIDS"
    assert refusal(now, silent, OTHER, due + timedelta(days=1)) == "LIFE_FORBIDS"
    after = perform(now, silent, CUSTOMS, due + timedelta(days=1))
    assert after.claims["customs-au", "C-1"] == Claim(ClaimState.REFUSED, reason=NO_ANSWER)
    assert after.life.used == 0


def test_the_day_to_answer_comes_from_the_agreement() -> None:
    assert reply_by(date(2026, 11, 30), agreement("RCEP")) == (date(2027, 2, 28), "RCEP Article 3.24")
    korea = reply_by(date(2026, 8, 31), agreement("KCFTA"))
    assert korea is not None
    assert korea[0] == date(2027, 2, 28)
    assert reply_by(DAY, agreement("NON-PREFERENTIAL")) is None
    assert reply_by(DAY, None) is None


@pytest.mark.parametrize("act", ["suspend", "revoke", "supersede", "refuse", "enquire", "answer", "withdraw"])
def test_an_act_that_needs_a_reason_is_refused_without_a_known_one(act: str) -> None:
    assert refusal(course(), Deed(act), ISSUER) == "REASON_MISSING"
    assert refusal(course(), Deed(act, 999), ISSUER) == "REASON_MISSING"


def test_an_act_that_does_not_exist_is_refused() -> None:
    assert refusal(course(), Deed("stamp"), ISSUER) == "LIFE_ACT_UNKNOWN"


ACTORS = {actor.name: actor for actor in (ISSUER, CUSTOMS, OTHER, AWAY, MIDDLE, TRADER)}
LIVES: dict[str, Callable[[], Course]] = {
    "good": course,
    "suspended": lambda: perform(course(), Deed("suspend", 8), ISSUER, DAY),
    "revoked": lambda: perform(course(), Deed("revoke", 1), ISSUER, DAY),
    "superseded": lambda: perform(course(), REPLACED, ISSUER, DAY),
    "used up": lambda: perform(course(), acquit(10, "X"), OTHER, DAY),
    "key disowned": lambda: course(key_disowned=True),
    "paused": lambda: course(paused=True),
    "sealed": lambda: course(sealed=True),
    "acquitted": lambda: perform(course(), acquit(3), CUSTOMS, DAY),
}
EXAMPLES = {
    "suspend": Deed("suspend", 8),
    "reinstate": Deed("reinstate"),
    "revoke": Deed("revoke", 1),
    "supersede": Deed("supersede", 1, successors=(Successor(1),)),
    "confirm": Deed("confirm"),
    "acquit": acquit(1),
    "withdraw": Deed("withdraw", 1, claim="C-1"),
    "refuse": Deed("refuse", 1, claim="C-1"),
    "consume": Deed("consume", successors=(Successor(1),)),
    "enquire": ASK,
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("name", ACTORS)
def test_every_act_from_every_state_by_everybody_agrees_with_what_is_offered(life: str, name: str) -> None:
    now, actor = LIVES[life](), ACTORS[name]
    claim = now.claims.get((name, "C-1"), Claim(ClaimState.NONE)).state
    offered = {one.act for one in possibilities(now.life, actor, claim=claim) if one.possible}
    for act, deed in EXAMPLES.items():
        if act in offered:
            assert perform(now, deed, actor, DAY) != now
        else:
            assert refusal(now, deed, actor) in ("LIFE_NOT_YOURS", "LIFE_FORBIDS"), act
    if life in ("revoked", "superseded"):
        assert offered <= {"refuse", "enquire", "withdraw"}


class Lives(RuleBasedStateMachine):
    """Random acts by everybody on one certificate, against a ledger kept by hand beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = course(items={1: 5, 2: 3})
        self.day = FIRST
        self.drawn: dict[tuple[str, str], dict[int, int]] = {}
        self.spent: set[tuple[str, str]] = set()
        self.passed_on: dict[int, int] = {}
        self.ended: Status | None = None

    def attempt(self, deed: Deed, actor: Actor) -> bool:
        before = self.now
        try:
            self.now = perform(before, deed, actor, self.day)
        except LedgerError:
            assert self.now is before
            return False
        return True

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(
        actor=st.sampled_from(list(ACTORS)),
        claim=st.sampled_from(["A", "B"]),
        items=st.dictionaries(st.integers(1, 3), st.integers(0, 6), max_size=2),
    )
    def acquit(self, actor: str, claim: str, items: dict[int, int]) -> None:
        if self.attempt(acquit(sum(items.values()), claim, items), ACTORS[actor]):
            assert ACTORS[actor].territory == "AU"
            assert (actor, claim) not in self.drawn.keys() | self.spent
            assert FIRST <= self.day <= LAST
            self.drawn[actor, claim] = items

    @rule(actor=st.sampled_from(list(ACTORS)), claim=st.sampled_from(["A", "B"]))
    def withdraw(self, actor: str, claim: str) -> None:
        done = self.attempt(Deed("withdraw", 1, claim=claim), ACTORS[actor])
        assert done == ((actor, claim) in self.drawn)
        if done:
            del self.drawn[actor, claim]
            self.spent.add((actor, claim))

    @rule(actor=st.sampled_from(list(ACTORS)), claim=st.sampled_from(["A", "B"]), reason=st.integers(0, 7))
    def refuse(self, actor: str, claim: str, reason: int) -> None:
        self.attempt(Deed("refuse", reason, claim=claim), ACTORS[actor])

    @rule(
        actor=st.sampled_from(list(ACTORS)),
        items=st.dictionaries(st.integers(1, 2), st.integers(1, 5), min_size=1, max_size=2),
        made=st.dictionaries(st.integers(1, 2), st.integers(1, 5), min_size=1, max_size=2),
    )
    def consume(self, actor: str, items: dict[int, int], made: dict[int, int]) -> None:
        successor = Successor(sum(made.values()), made)
        deed = Deed("consume", units=sum(items.values()), items=items, successors=(successor,))
        if self.attempt(deed, ACTORS[actor]):
            assert actor == "chamber-au"
            assert all(count <= items.get(number, 0) for number, count in made.items())
            for number, count in items.items():
                self.passed_on[number] = self.passed_on.get(number, 0) + count

    @rule(actor=st.sampled_from(list(ACTORS)), act=st.sampled_from(["suspend", "reinstate", "revoke"]))
    def turn(self, actor: str, act: str) -> None:
        if self.attempt(Deed(act, 1), ACTORS[actor]):
            assert actor == "chamber"
            self.ended = Status.REVOKED if act == "revoke" else self.ended

    @rule(
        actor=st.sampled_from(list(ACTORS)),
        parts=st.lists(
            st.dictionaries(st.integers(1, 3), st.integers(1, 5), min_size=1), min_size=1, max_size=2
        ),
    )
    def supersede(self, actor: str, parts: list[dict[int, int]]) -> None:
        left = self.now.life.item_remaining
        made = tuple(Successor(sum(items.values()), items) for items in parts)
        if self.attempt(Deed("supersede", 1, successors=made), ACTORS[actor]):
            assert actor == "chamber"
            for number in (1, 2, 3):
                assert sum(items.get(number, 0) for items in parts) <= left.get(number, 0)
            self.ended = Status.SUPERSEDED

    @rule(actor=st.sampled_from(list(ACTORS)), subject=st.sampled_from(["E", "F"]), days=st.integers(-1, 60))
    def enquire(self, actor: str, subject: str, days: int) -> None:
        asked = Deed("enquire", 1, subject=subject, to="chamber", reply_by=self.day + timedelta(days=days))
        if self.attempt(asked, ACTORS[actor]):
            assert actor.startswith("customs")

    @rule(actor=st.sampled_from(list(ACTORS)), subject=st.sampled_from(["E", "F"]))
    def answer(self, actor: str, subject: str) -> None:
        if self.attempt(Deed("answer", 1, subject=subject), ACTORS[actor]):
            assert actor == "chamber"

    @invariant()
    def nothing_is_lost_and_nothing_is_used_twice(self) -> None:
        used = dict(self.passed_on)
        for items in self.drawn.values():
            for number, units in items.items():
                used[number] = used.get(number, 0) + units
        life = self.now.life
        assert life.used == sum(used.values()) <= life.allowance
        assert all(count <= {1: 5, 2: 3}[number] for number, count in used.items())
        assert {n: c for n, c in life.item_used.items() if c} == {n: c for n, c in used.items() if c}
        held = {key for key, claim in self.now.claims.items() if claim.state is ClaimState.ACQUITTED}
        assert held == self.drawn.keys()

    @invariant()
    def what_is_final_stays(self) -> None:
        if self.ended:
            assert self.now.life.status is self.ended
            assert State(self.ended.name.lower()) in states(self.now, self.day)

    @invariant()
    def an_answer_that_lacks_is_overdue_the_day_after_its_last(self) -> None:
        for one in self.now.enquiries.values():
            overdue = one.answered is None and self.day > one.reply_by
            assert (one.state(self.day) is EnquiryState.OVERDUE) == overdue


Lives.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLives = Lives.TestCase


def test_every_deed_has_its_example_and_every_state_can_be_reached() -> None:
    assert {*EXAMPLES, "answer"} == set(DEEDS)
    reached = {state for make in LIVES.values() for state in states(make(), DAY)}
    enquired = perform(course(), ASK, CUSTOMS, DAY)
    reached |= {*states(enquired, DAY), *states(enquired, LAST), *states(course(), FIRST - timedelta(days=1))}
    reached |= {*states(course(), LAST + timedelta(days=1))}
    reached |= {*states(perform(enquired, Deed("answer", 1, subject="E-1"), ISSUER, DAY), DAY)}
    assert reached == set(State)


def test_an_enquiry_without_an_answer_is_open_through_its_last_day() -> None:
    one = Enquiry("customs", "chamber", date(2028, 2, 28), date(2028, 2, 29))
    assert one.state(date(2028, 2, 29)) is EnquiryState.OPEN
    assert one.state(date(2028, 3, 1)) is EnquiryState.OVERDUE
