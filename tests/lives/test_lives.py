"""Random lives of certificates across organisations: no act that the rules forbid, none lost, nothing used
twice, and one standing in chain, index and verdict, also after the index was thrown away and read again.

LIVES sets how many are lived.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.lives.cohort import Cohort
from tests.lives.ledger_by_hand import ACTS, CHAMBERS, CUSTOMS, Act, Move
from tests.support.world import World

_AT_ONCE = 12
_ROUNDS = 6
#: Who may do it, somewhere; the rest of the time anybody tries.
_USUAL = {act: ["customs-au", "customs-au-2"] for act in ACTS} | {
    **{act: ["chamber-cn"] for act in ("suspend", "reinstate", "revoke", "supersede", "answer")},
    "consume": ["chamber-au"],
}
_OFTEN: tuple[Act, ...] = (
    *ACTS,
    *(("acquit",) * 6),
    "withdraw",
    "reinstate",
    "consume",
    "consume",
    "enquire",
)


@st.composite
def _moves(draw: st.DrawFn) -> Move:
    act = draw(st.sampled_from(_OFTEN))
    anybody = draw(st.integers(0, 7)) == 0
    return Move(
        actor=draw(st.sampled_from([*CHAMBERS, *CUSTOMS] if anybody else _USUAL[act])),
        act=act,
        which=draw(st.sampled_from([0, 0, 1, 2])),
        units=draw(st.integers(1, 3)),
        claim=draw(st.sampled_from("ABC")),
        parts=tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))),
    )


_ROUND = st.lists(st.lists(_moves(), min_size=1, max_size=2), min_size=_AT_ONCE, max_size=_AT_ONCE)
_PLANS = st.lists(_ROUND, min_size=_ROUNDS, max_size=_ROUNDS)
_ALLOWANCES = st.lists(st.integers(1, 12), min_size=_AT_ONCE, max_size=_AT_ONCE)


@pytest.mark.parametrize(
    "lives", [pytest.param(int(os.environ.get("LIVES", "300")), marks=pytest.mark.long, id="many"), 12]
)
@pytest.mark.timeout(7200)
def test_lives_on_the_ledger_are_those_of_a_ledger_kept_by_hand(tmp_path: Path, lives: int) -> None:
    counted: Counter[str] = Counter()
    with World.start(tmp_path) as world:

        @settings(
            max_examples=1 + -(-lives // _AT_ONCE),  # the first one is the simplest
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a ledger is too slow to shrink on
        )
        @given(_ALLOWANCES, _PLANS)
        def lived(allowances: list[int], plan: list[list[list[Move]]]) -> None:
            cohort = Cohort(world, allowances)
            for tries in plan:
                cohort.round(tries)
            cohort.compare()
            counted.update(lives=len(cohort.lives), done=cohort.done, refused=cohort.refused)
            counted.update(certificates=sum(len(each.certificates) for each in cohort.lives))

        lived()
        assert world.ctx.follower is not None
        before, after = world.ctx.follower.rebuild()
        assert before == after
    print(dict(counted))
    assert counted["lives"] >= lives
    assert counted["done"] > 0 < counted["refused"]
