"""Two customs offices at the same moment: what is there is given once, and the other is told why."""

from collections.abc import Iterator

import pytest

from tests.lives.cohort import Cohort, Tried
from tests.lives.ledger_by_hand import Move
from tests.support.world import World

_TIMES = 6


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.start(tmp_path_factory.mktemp("races")) as running:
        yield running


def race(world: World, allowance: int, *moves: Move) -> list[list[Tried]]:
    """The same moves at the same moment on each of several certificates, in both orders."""
    cohort = Cohort(world, [allowance] * _TIMES)
    outcomes = cohort.round([list(moves if turn % 2 else reversed(moves)) for turn in range(_TIMES)])
    cohort.compare()
    return outcomes


@pytest.mark.parametrize(("allowance", "units"), [(1, 1), (5, 3)])
def test_the_last_units_are_acquitted_by_one_of_two_offices_and_the_other_is_told_why(
    world: World, allowance: int, units: int
) -> None:
    first, second = (
        Move(who, "acquit", units=units, claim=f"{who}-1") for who in ("customs-au", "customs-au-2")
    )
    for tried in race(world, allowance, first, second):
        assert [each.done for each in tried].count(True) == 1
        (loser,) = [each for each in tried if not each.done]
        assert loser.reason == "ALLOWANCE_EXCEEDED"


def test_what_is_acquitted_while_it_is_replaced_is_not_given_twice(world: World) -> None:
    acquit = Move("customs-au", "acquit", units=1)
    replace = Move("chamber-cn", "supersede", parts=(1,))
    for tried in race(world, 1, acquit, replace):
        assert [each.done for each in tried].count(True) == 1
        (loser,) = [each for each in tried if not each.done]
        assert loser.reason in ("SUCCESSORS_EXCEED", "STATUS_FORBIDS")


def test_a_revocation_and_an_acquittal_leave_one_story(world: World) -> None:
    acquit, revoke = Move("customs-au", "acquit", units=1), Move("chamber-cn", "revoke")
    for tried in race(world, 2, acquit, revoke):
        outcome = {each.move.act: each for each in tried}
        assert outcome["revoke"].done, "whatever customs does, an issuer can always revoke"
        assert outcome["acquit"].done or outcome["acquit"].reason == "STATUS_FORBIDS"
