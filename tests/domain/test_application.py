"""From draft to issue: every act from every stage by everybody, allowed exactly where the rules say."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.application import STEPS, Application, Side, Stage, barred, do, possible, stage_now
from ledger_app.errors import BadInput, Conflict, LedgerError, NotPermitted

#: Written by hand, apart from the table in the code: (stage, side, act) → the stage it leads to.
LEADS = {
    ("draft", "applicant", "edit"): "draft",
    ("draft", "applicant", "submit"): "submitted",
    ("draft", "applicant", "withdraw"): "withdrawn",
    ("returned", "applicant", "edit"): "returned",
    ("returned", "applicant", "submit"): "submitted",
    ("returned", "applicant", "withdraw"): "withdrawn",
    ("submitted", "applicant", "recall"): "draft",
    ("submitted", "applicant", "withdraw"): "withdrawn",
    ("under-examination", "applicant", "withdraw"): "withdrawn",
    ("submitted", "issuing-body", "take"): "under-examination",
    ("under-examination", "issuing-body", "return"): "returned",
    ("under-examination", "issuing-body", "refuse"): "refused",
    ("under-examination", "issuing-body", "issue"): "issuing",
    ("draft", "self", "edit"): "draft",
    ("draft", "self", "self-issue"): "issuing",
    ("draft", "self", "withdraw"): "withdrawn",
    ("returned", "self", "edit"): "returned",
    ("returned", "self", "self-issue"): "issuing",
    ("returned", "self", "withdraw"): "withdrawn",
    ("submitted", "self", "withdraw"): "withdrawn",
    ("under-examination", "self", "withdraw"): "withdrawn",
}
WHY = ("Box 8 names no criterion of the agreement.",)


def reasons_for(act: str) -> tuple[str, ...]:
    return WHY if act in ("return", "refuse") else ()


@pytest.mark.parametrize(("stage", "side", "act"), list(product(Stage, Side, STEPS)))
def test_each_act_is_allowed_exactly_where_it_should_be(stage: Stage, side: Side, act: str) -> None:
    before = Application(stage)
    leads = LEADS.get((stage.value, side.value, act))
    assert (barred(before, act, side) == "") == (leads is not None)
    assert (act in possible(before, side)) == (leads is not None)
    if leads is None:
        with pytest.raises((NotPermitted, Conflict)) as refused:
            do(before, act, side, reasons=reasons_for(act))
        assert refused.value.reason in ("LIFE_NOT_YOURS", "LIFE_FORBIDS")
        assert refused.value.detail
    else:
        assert do(before, act, side, reasons=reasons_for(act)).stage == leads


def test_what_is_final_ends_every_possibility_and_what_is_on_its_way_waits_for_the_ledger() -> None:
    for stage in Stage:
        acts = [act for side in Side for act in possible(Application(stage), side)]
        assert (stage.is_final or stage is Stage.ISSUING) == (not acts)


@pytest.mark.parametrize("kept", [Stage.UNDER_EXAMINATION, Stage.DRAFT, Stage.RETURNED])
def test_it_is_issued_once_the_ledger_has_it_and_what_it_was_when_that_came_to_nothing(kept: Stage) -> None:
    assert stage_now(kept, asked=False, registered=False, came_to_nothing=False) is kept
    assert stage_now(kept, asked=True, registered=False, came_to_nothing=False) is Stage.ISSUING
    assert stage_now(kept, asked=True, registered=True, came_to_nothing=False) is Stage.ISSUED
    assert stage_now(kept, asked=True, registered=False, came_to_nothing=True) is kept


@pytest.mark.parametrize("act", ["return", "refuse"])
@pytest.mark.parametrize("reasons", [(), ("",), ("  ",), ("Good reason.", "")])
def test_returning_and_refusing_take_written_reasons(act: str, reasons: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as refused:
        do(Application(Stage.UNDER_EXAMINATION), act, Side.ISSUING_BODY, reasons=reasons)
    assert refused.value.reason == "REASONS_NEEDED"


@pytest.mark.parametrize("act", ["issue", "take"])
def test_other_acts_take_no_reasons(act: str) -> None:
    stage = Stage.UNDER_EXAMINATION if act == "issue" else Stage.SUBMITTED
    with pytest.raises(BadInput, match="REASONS_NEEDED"):
        do(Application(stage), act, Side.ISSUING_BODY, reasons=WHY)


def test_the_reasons_of_a_return_stay_until_it_is_submitted_again() -> None:
    returned = do(Application(Stage.UNDER_EXAMINATION, turns=1), "return", Side.ISSUING_BODY, reasons=WHY)
    assert returned.reasons == WHY
    edited = do(returned, "edit", Side.APPLICANT)
    assert edited.reasons == WHY
    again = do(edited, "submit", Side.APPLICANT, person="anna")
    assert (again.reasons, again.turns, again.submitted_by) == ((), 2, "anna")


def test_with_four_eyes_nobody_issues_what_they_wrote_submitted_or_examined() -> None:
    edited = do(Application(four_eyes=True), "edit", Side.APPLICANT, person="zoe")
    submitted = do(edited, "submit", Side.APPLICANT, person="anna")
    taken = do(submitted, "take", Side.ISSUING_BODY, person="boris")
    assert taken.examined_by == "boris"
    for person in ("anna", "boris", "BORIS", "zoe", ""):
        with pytest.raises(Conflict) as refused:
            do(taken, "issue", Side.ISSUING_BODY, person=person)
        assert refused.value.reason == "FOUR_EYES"
    assert do(taken, "issue", Side.ISSUING_BODY, person="carla").stage is Stage.ISSUING


def test_with_four_eyes_nobody_unknown_examines_and_who_wrote_it_does_not_certify_it() -> None:
    submitted = do(Application(four_eyes=True), "submit", Side.APPLICANT, person="anna")
    with pytest.raises(Conflict, match="FOUR_EYES"):
        do(submitted, "take", Side.ISSUING_BODY, person="")
    own = do(Application(four_eyes=True), "edit", Side.SELF, person="anna")
    with pytest.raises(Conflict, match="FOUR_EYES"):
        do(own, "self-issue", Side.SELF, person="anna")
    assert do(own, "self-issue", Side.SELF, person="boris").stage is Stage.ISSUING


def test_with_four_eyes_all_who_wrote_it_count_and_nobody_unknown_writes_what_is_self_certified() -> None:
    own = Application(four_eyes=True)
    for person in ("anna", "boris", "anna"):
        own = do(own, "edit", Side.SELF, person=person)
    assert own.writers == ("anna", "boris")
    for person in own.writers:
        with pytest.raises(Conflict, match="FOUR_EYES"):
            do(own, "self-issue", Side.SELF, person=person)
    with pytest.raises(Conflict, match="FOUR_EYES"):
        do(own, "edit", Side.SELF, person="")
    with pytest.raises(Conflict, match="FOUR_EYES"):
        do(Application(writers=("",), four_eyes=True), "self-issue", Side.SELF, person="carla")
    assert do(own, "self-issue", Side.SELF, person="carla").stage is Stage.ISSUING


def test_an_act_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(BadInput, match="self-issue"):
        do(Application(), "stamp", Side.ISSUING_BODY)


ACTS = st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(Side), st.sampled_from(["anna", "boris"]))


@given(st.lists(ACTS, max_size=40), st.booleans())
def test_a_random_life_reaches_issue_only_through_examination_or_by_its_own_maker(
    acts: list[tuple[str, Side, str]], four_eyes: bool
) -> None:
    now, done = Application(four_eyes=four_eyes), []
    for act, side, person in acts:
        try:
            now = do(now, act, side, reasons=reasons_for(act), person=person)
        except LedgerError:
            continue
        done.append((act, side, person))
    if now.stage is Stage.ISSUING:
        last, side, person = done[-1]
        if last == "issue":
            assert side is Side.ISSUING_BODY
            assert [act for act, _, _ in done if act != "edit"][-2] == "take"
            assert not four_eyes or person not in (*now.writers, now.submitted_by, now.examined_by)
        else:
            assert (last, side) == ("self-issue", Side.SELF)
    assert now.turns == sum(act == "submit" for act, _, _ in done)
    assert sum(act in ("issue", "self-issue", "refuse", "withdraw") for act, _, _ in done) <= 1
