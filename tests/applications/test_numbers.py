"""Numbers out of ranges: in order, once, of the right range, and never lost silently."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain.standing import Role
from ledger_app.errors import BadInput, Conflict, NotFound
from ledger_app.services import numbering
from ledger_app.services.context import ALWAYS, Services
from ledger_app.store import acts
from ledger_app.store.tables_records import certificate_numbers

DAY = date(2026, 11, 20)
CHAMBER = Principal(Kind.ORGANISATION, "t1", "0x" + "c1" * 32, roles=Role.ISSUER)
OTHER = Principal(Kind.ORGANISATION, "t2", "0x" + "c2" * 32, roles=Role.ISSUER)


def add(
    ctx: Services, pattern: str, first: int = 1, last: int | None = None, scheme: str | None = None
) -> str:
    return str(numbering.add(ctx, CHAMBER, pattern, first, last, scheme, ALWAYS)["id"])


def take(ctx: Services, scheme: str = "RCEP", day: date = DAY, many: int = 1) -> list[str]:
    with ctx.store.begin() as conn:
        return numbering.take_numbers(conn, str(CHAMBER.organisation), scheme, day, many)


def hold(ctx: Services, number: str, state: str, reason: str | None = None) -> None:
    """A certificate with this number, whose issuing act is in `state`."""
    with ctx.store.begin() as conn:
        act = acts.add(
            conn, kind="Issue", contract="x", organisation=str(CHAMBER.organisation), message={}, deadline=1
        )
        acts.moved(conn, act, state, reason=reason)
        row = {"issuer": CHAMBER.organisation, "number": number, "certificate_id": act, "act_id": act}
        conn.execute(insert(certificate_numbers).values(row))


def test_a_range_gives_its_numbers_in_order_and_each_once(ctx: Services) -> None:
    add(ctx, "CH-{year}-####")
    assert take(ctx) == ["CH-2026-0001"]
    assert take(ctx, many=3) == ["CH-2026-0002", "CH-2026-0003", "CH-2026-0004"]
    assert take(ctx) == ["CH-2026-0005"]


def test_each_year_counts_from_the_first(ctx: Services) -> None:
    add(ctx, "CH-{year}-####", first=100)
    assert take(ctx, many=2) == ["CH-2026-0100", "CH-2026-0101"]
    assert take(ctx, day=date(2027, 1, 1)) == ["CH-2027-0100"]
    assert take(ctx) == ["CH-2026-0102"]
    add(ctx, "PLAIN-###", scheme="CHAFTA")
    assert take(ctx, "CHAFTA") == ["PLAIN-001"]
    assert take(ctx, "CHAFTA", date(2027, 1, 1)) == ["PLAIN-002"]


def test_a_range_of_the_scheme_comes_before_one_for_all_and_the_older_first(ctx: Services) -> None:
    add(ctx, "ALL-##")
    add(ctx, "R-#", last=2, scheme="RCEP")
    add(ctx, "S-#", last=1, scheme="RCEP")
    assert take(ctx, many=4) == ["R-1", "R-2", "S-1", "ALL-01"]
    assert take(ctx, "CHAFTA") == ["ALL-02"]


def test_where_not_enough_is_left_none_is_given(ctx: Services) -> None:
    add(ctx, "R-#", last=3)
    assert take(ctx) == ["R-1"]
    with pytest.raises(Conflict) as refused:
        take(ctx, many=3)
    assert (refused.value.reason, refused.value.context["left"]) == ("NUMBERS_USED_UP", 2)
    assert take(ctx, many=2) == ["R-2", "R-3"]
    with pytest.raises(Conflict, match="NUMBERS_USED_UP"):
        take(ctx)


def test_without_a_range_of_its_own_a_body_has_no_numbers(ctx: Services) -> None:
    add(ctx, "R-#", scheme="CHAFTA")
    with pytest.raises(Conflict, match="NUMBERS_NONE"):
        take(ctx, "RCEP")
    with ctx.store.begin() as conn, pytest.raises(Conflict, match="NUMBERS_NONE"):
        numbering.take_numbers(conn, str(OTHER.organisation), "CHAFTA", DAY)


def test_a_number_is_not_given_where_the_transaction_comes_to_nothing(ctx: Services) -> None:
    add(ctx, "R-#")
    taken: list[str] = []

    def broken_off() -> None:
        with ctx.store.begin() as conn:
            taken.extend(numbering.take_numbers(conn, str(CHAMBER.organisation), "RCEP", DAY))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert (taken, take(ctx)) == (["R-1"], ["R-1"])


def test_a_number_that_was_written_by_hand_is_passed_over_while_it_lives(ctx: Services) -> None:
    add(ctx, "R-##")
    hold(ctx, "R-01", acts.FINAL)
    hold(ctx, "R-02", acts.NEEDS_SIGNATURE)
    hold(ctx, "R-03", acts.REFUSED)
    assert take(ctx, many=2) == ["R-03", "R-04"]


def test_many_at_once_never_get_the_same_number(either: Services) -> None:
    add(either, "R-###")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: take(either, many=3), range(40)))
    numbers = [number for some in found for number in some]
    assert sorted(numbers) == [f"R-{count:03}" for count in range(1, 121)]


def test_what_became_of_each_number_is_shown(ctx: Services) -> None:
    name = add(ctx, "R-##")
    take(ctx, many=4)
    hold(ctx, "R-01", acts.FINAL)
    hold(ctx, "R-02", acts.EXPIRED, "DEADLINE_PASSED")
    hold(ctx, "R-03", acts.QUEUED)
    shown, after = numbering.given(ctx, CHAMBER, name)
    assert [(one["number"], one["state"], one["reason"]) for one in shown] == [
        ("R-01", "used", None),
        ("R-02", "void", "DEADLINE_PASSED"),
        ("R-03", "pending", None),
        ("R-04", "unused", None),
    ]
    assert after is None
    assert [one["number"] for one in numbering.given(ctx, CHAMBER, name, state="void")[0]] == ["R-02"]
    first, after = numbering.given(ctx, CHAMBER, name, limit=3)
    rest, end = numbering.given(ctx, CHAMBER, name, limit=3, after=after)
    assert ([one["number"] for one in first + rest], end) == (["R-01", "R-02", "R-03", "R-04"], None)


def test_a_list_tells_how_far_each_range_is_given_out(ctx: Services) -> None:
    ctx.clock = lambda: datetime(2026, 11, 20, 12, tzinfo=UTC)
    add(ctx, "R-{year}-##", last=12)
    take(ctx, many=11)
    (row,) = numbering.listed(ctx, CHAMBER)
    assert row["years"] == [{"year": 2026, "given": 11, "left": 1, "next": "R-2026-12"}]
    take(ctx)
    (row,) = numbering.listed(ctx, CHAMBER)
    assert row["years"] == [{"year": 2026, "given": 12, "left": 0, "next": None}]
    assert numbering.listed(ctx, OTHER) == []


@pytest.mark.parametrize(("pattern", "first", "last"), [("R-##", 20, 30), ("R-##", 5, 5), ("R-1#", 0, 9)])
def test_a_range_that_gives_some_of_anothers_numbers_is_refused(
    ctx: Services, pattern: str, first: int, last: int
) -> None:
    add(ctx, "R-##", 1, 25)
    with pytest.raises(Conflict, match="NUMBER_RANGE_OVERLAPS"):
        add(ctx, pattern, first, last)
    add(ctx, "R-##", 26, 30)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda ctx, name: add(ctx, "no counter"), "NUMBER_RANGE"),
        (lambda ctx, name: add(ctx, "A-##", 5, 4), "NUMBER_RANGE"),
        (lambda ctx, name: add(ctx, "A-##", scheme="NOT-KNOWN"), "SCHEME_UNKNOWN"),
        (lambda ctx, name: numbering.given(ctx, OTHER, name), "NUMBER_RANGE_UNKNOWN"),
        (lambda ctx, name: numbering.given(ctx, CHAMBER, "0"), "NUMBER_RANGE_UNKNOWN"),
        (lambda ctx, name: numbering.given(ctx, CHAMBER, name, state="lost"), "NUMBER_STATE_UNKNOWN"),
        (lambda ctx, name: numbering.given(ctx, CHAMBER, name, after="abc"), "CURSOR_INVALID"),
    ],
)
def test_what_is_no_range_and_whose_it_is_not_are_refused(
    ctx: Services, call: Callable[[Services, str], object], reason: str
) -> None:
    name = add(ctx, "R-##")
    with pytest.raises((BadInput, NotFound)) as refused:
        call(ctx, name)
    assert refused.value.reason == reason
