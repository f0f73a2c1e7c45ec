"""What the facts about a certificate mean, and who may do what next."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.lifecycle import (
    ACTS,
    PAUSABLE,
    Actor,
    Life,
    Possibility,
    possibilities,
    standing,
    use_words,
)
from ledger_app.domain.standing import ClaimState, Role, Standing, Status

ISSUER = Actor(Role.ISSUER, "CN", is_issuer=True, accredited=True)
CUSTOMS_AU = Actor(Role.CUSTOMS, "AU")
CUSTOMS_NZ = Actor(Role.CUSTOMS, "NZ")
ISSUER_AU = Actor(Role.ISSUER, "AU", accredited=True)
TRADER = Actor(Role.NONE, "AU")


def life(status: Status = Status.GOOD, *, used: int = 0, allowance: int = 10, **more: Any) -> Life:
    return Life(
        status, allowance, used, date(2026, 1, 10), date(2026, 12, 31), **{"destination": "AU", **more}
    )


def possible(state: Life, actor: Actor, claim: ClaimState = ClaimState.NONE) -> set[str]:
    return {found.act for found in possibilities(state, actor, claim=claim) if found.possible}


def test_a_good_certificate_is_acquitted_by_the_customs_of_its_destination_only() -> None:
    assert possible(life(), CUSTOMS_AU) == {"acquit", "refuse", "enquire"}
    assert possible(life(), CUSTOMS_NZ) == {"enquire"}
    assert possible(life(destination=None), CUSTOMS_NZ) == {"acquit", "refuse", "enquire"}
    assert possible(life(), TRADER) == set()


def test_the_issuer_ends_limits_and_replaces_its_own_certificate_and_uses_nothing() -> None:
    assert possible(life(), ISSUER) == {"suspend", "revoke", "supersede"}
    assert possible(life(Status.SUSPENDED), ISSUER) == {"reinstate", "revoke"}
    assert possible(life(key_disowned=True), ISSUER) == {"suspend", "revoke", "confirm"}


def test_an_issuer_without_accreditation_still_ends_but_does_not_replace() -> None:
    without = Actor(Role.ISSUER, "CN", is_issuer=True)
    assert possible(life(), without) == {"suspend", "revoke"}
    without_role = Actor(Role.NONE, "CN", is_issuer=True)
    assert possible(life(Status.SUSPENDED), without_role) == {"revoke"}


@pytest.mark.parametrize("status", [Status.REVOKED, Status.SUPERSEDED])
def test_nothing_brings_back_what_is_final(status: Status) -> None:
    assert possible(life(status), ISSUER) == set()
    assert "acquit" not in possible(life(status), CUSTOMS_AU)
    assert status.standing.is_final


def test_another_accredited_issuer_at_the_destination_may_use_it_for_its_own() -> None:
    assert possible(life(), ISSUER_AU) == {"consume"}
    assert possible(life(), Actor(Role.ISSUER, "NZ", accredited=True)) == set()
    assert possible(life(used=10), ISSUER_AU) == set()


def test_a_claim_is_withdrawn_once_and_stays_spent() -> None:
    assert "withdraw" in possible(life(used=1), CUSTOMS_AU, ClaimState.ACQUITTED)
    assert possible(life(used=1), CUSTOMS_AU, ClaimState.WITHDRAWN) == {"enquire"}


def test_a_refused_claim_may_still_be_acquitted() -> None:
    assert possible(life(), CUSTOMS_AU, ClaimState.REFUSED) == {"acquit", "enquire"}


def test_a_withdrawal_is_possible_whatever_has_happened_since() -> None:
    for status in Status:
        assert "withdraw" in possible(life(status, used=3, paused=True), CUSTOMS_AU, ClaimState.ACQUITTED)


@given(
    st.sampled_from(Status), st.integers(0, 12), st.booleans(), st.sampled_from(ClaimState),
    st.sampled_from([ISSUER, CUSTOMS_AU, CUSTOMS_NZ, ISSUER_AU, TRADER]),
)  # fmt: skip
def test_pausing_takes_away_exactly_what_issues_or_uses_and_sealing_everything(
    status: Status, used: int, disowned: bool, claim: ClaimState, actor: Actor
) -> None:
    before = possible(life(status, used=used, key_disowned=disowned), actor, claim)
    paused = possible(life(status, used=used, key_disowned=disowned, paused=True), actor, claim)
    assert paused == before - PAUSABLE
    assert possible(life(status, used=used, key_disowned=disowned, sealed=True), actor, claim) == set()


@given(st.sampled_from(Status), st.integers(0, 12), st.booleans(), st.sampled_from(ClaimState))
def test_every_act_is_listed_with_a_reason_exactly_when_it_is_not_possible(
    status: Status, used: int, disowned: bool, claim: ClaimState
) -> None:
    found = possibilities(life(status, used=used, key_disowned=disowned), CUSTOMS_AU, claim=claim)
    assert [one.act for one in found] == list(ACTS)
    assert all(bool(one.reason) != one.possible for one in found)


def test_the_reason_says_what_bars_the_act() -> None:
    acquit = possibilities(life(Status.REVOKED), CUSTOMS_AU)[ACTS.index("acquit")]
    assert acquit == Possibility("acquit", False, "Revoked by the issuing body.")
    elsewhere = possibilities(life(), CUSTOMS_NZ)[ACTS.index("acquit")]
    assert elsewhere.reason == "It is for Australia only."


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (None, Standing.GOOD),
        (date(2026, 1, 9), Standing.NOT_YET_VALID),
        (date(2026, 1, 10), Standing.GOOD),
        (date(2026, 12, 31), Standing.GOOD),
        (date(2027, 1, 1), Standing.EXPIRED),
    ],
)
def test_both_ends_of_the_validity_are_included(day: date | None, expected: Standing) -> None:
    assert standing(life(), day) is expected


def test_used_up_is_not_held_against_the_one_who_used_it() -> None:
    assert standing(life(used=10)) is Standing.USED_UP
    assert standing(life(used=10), own_claim=ClaimState.ACQUITTED) is Standing.GOOD
    assert standing(life(used=10), own_claim=ClaimState.WITHDRAWN) is Standing.USED_UP


def test_the_gravest_of_several_standings_is_shown() -> None:
    state = life(Status.REVOKED, used=10, key_disowned=True)
    assert standing(state, date(2030, 1, 1)) is Standing.REVOKED
    assert standing(life(key_disowned=True), date(2030, 1, 1)) is Standing.ISSUER_KEY_DISOWNED


def test_what_is_left_is_told_in_units_and_by_item() -> None:
    state = life(used=4, item_allowances={1: 6, 2: 4}, item_used={1: 4})
    assert (state.remaining, state.item_remaining) == (6, {1: 2, 2: 4})
    assert use_words(state, "KGM") == "4 of 10 KGM used, 6 left."
    assert (use_words(life()), use_words(life(used=10))) == ("Not used yet.", "Used up.")


def test_may_be_used_agrees_with_the_acts_offered_to_customs() -> None:
    for status in Status:
        for used in (0, 10):
            for disowned in (False, True):
                state = life(status, used=used, key_disowned=disowned)
                assert state.may_be_used == ("acquit" in possible(state, CUSTOMS_AU))
