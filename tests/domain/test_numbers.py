"""Numbers out of ranges: in order, never twice, never beyond the end, and all of them certificate numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.certificate import check_document
from ledger_app.domain.numbers import NumberRange
from ledger_app.domain.samples import sample_document
from ledger_app.errors import BadInput, Conflict

DAY = date(2026, 11, 20)


def test_numbers_are_given_in_order_with_year_and_leading_zeros() -> None:
    found, used = NumberRange("CCPIT-{year}-######", 1, 999_999).after(None, DAY, 3)
    assert found == ["CCPIT-2026-000001", "CCPIT-2026-000002", "CCPIT-2026-000003"]
    assert NumberRange("CCPIT-{year}-######", 1, 999_999).after(used, date(2027, 1, 1)) == (
        ["CCPIT-2027-000004"], 4,
    )  # fmt: skip


def test_a_range_that_has_not_enough_left_gives_none() -> None:
    small = NumberRange("A##/X", 8, 11)
    assert small.after(9, DAY, 2) == (["A10/X", "A11/X"], 11)
    for last_used, many in ((9, 3), (11, 1), (20, 1), (None, 5), (None, 0)):
        with pytest.raises(Conflict) as refused:
            small.after(last_used, DAY, many)
        assert refused.value.reason == "NUMBERS_USED_UP"
    with pytest.raises(Conflict):
        small.number(12, DAY)
    with pytest.raises(Conflict):
        small.number(7, DAY)


@pytest.mark.parametrize(
    ("pattern", "first", "last"),
    [
        ("CH-2026", 1, 9), ("CH-##-##", 1, 9), ("{year}{year}#", 1, 9), ("CH-" + "#" * 16, 1, 9),
        ("CH-##", 1, 100), ("CH-##", 5, 4), ("CH-##", -1, 4), (" ##", 1, 9), ("##é", 1, 9),
        ("N" * 69 + "##", 1, 9), ("##-", 1, 9), ("", 0, 0),
    ],
)  # fmt: skip
def test_what_gives_no_numbers_is_no_range(pattern: str, first: int, last: int) -> None:
    with pytest.raises(BadInput) as refused:
        NumberRange(pattern, first, last)
    assert refused.value.reason == "NUMBER_RANGE"


@st.composite
def ranges(draw: st.DrawFn) -> NumberRange:
    digits = draw(st.integers(1, 6))
    before, after = draw(
        st.sampled_from([("A", ""), ("CH-", "/X"), ("{year}/", ""), ("", "-{year}"), ("7", "9"), ("00", "0")])
    )
    first = draw(st.integers(0, 10**digits - 1))
    return NumberRange(before + "#" * digits + after, first, draw(st.integers(first, 10**digits - 1)))


@given(ranges(), st.data(), st.dates(date(1971, 1, 1), date(2999, 1, 1)))
def test_every_number_is_of_its_range_once_and_fits_the_document(
    made: NumberRange, data: st.DataObject, day: date
) -> None:
    count = data.draw(st.integers(made.first, made.last))
    many = data.draw(st.integers(1, min(5, made.last - count + 1)))
    before = count - 1 if count > made.first else None
    found, used = made.after(before, day, many)
    assert used == count + many - 1
    assert len(set(found)) == many
    assert all(made.holds(number, day) for number in found)
    assert not made.holds(found[0] + "0", day)
    assert not made.holds("0" + found[0], day)
    assert not [one for one in check_document(sample_document(found[0])) if one.is_error]


def test_a_number_of_another_year_or_beyond_the_range_is_not_of_it() -> None:
    made = NumberRange("CH-{year}-###", 10, 20)
    assert made.holds("CH-2026-010", DAY)
    assert made.holds("CH-2026-020", DAY)
    for other in ("CH-2026-009", "CH-2026-021", "CH-2025-010", "CH-2026-10", "CH-2026-0010", "CH-2026-", ""):
        assert not made.holds(other, DAY), other
    assert not made.holds("CH-2026-٠١٠", DAY)
