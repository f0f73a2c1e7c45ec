"""The sets behind a search, against Python's own."""

from hypothesis import given
from hypothesis import strategies as st

from ledger_app.store.search_bits import (
    ALL,
    SIZE,
    Days,
    Every,
    Having,
    Some,
    Without,
    at_most,
    matching,
    of_places,
    pack,
    pack_terms,
    place,
    places,
    slices,
    unpack,
    unpack_terms,
)

_places = st.sets(st.integers(0, SIZE - 1), max_size=300)


@given(_places)
def test_a_set_comes_back_as_it_was_stored_highest_first(wanted: set[int]) -> None:
    assert list(places(unpack(pack(of_places(wanted))))) == sorted(wanted, reverse=True)


def test_many_are_stored_in_no_more_than_a_bit_each() -> None:
    assert len(pack(ALL)) == 1 + SIZE // 8
    assert len(pack(1 << (SIZE - 1))) == 3
    assert pack(0) == b"\0"


@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=30))
def test_terms_come_back_in_order(terms: set[int]) -> None:
    assert list(unpack_terms(pack_terms(terms))) == sorted(terms)


@given(st.integers(-(10**7), 10**7))
def test_every_ordinal_has_one_place(ordinal: int) -> None:
    segment, bit = place(ordinal)
    assert 0 <= bit < SIZE
    assert segment * SIZE + bit == ordinal


@given(
    st.dictionaries(st.integers(0, SIZE - 1), st.integers(0, 3_000_000), min_size=1, max_size=60),
    st.integers(-5, 3_000_005),
    st.booleans(),
)
def test_days_are_compared_as_numbers_are(days: dict[int, int], day: int, near: bool) -> None:
    if near:
        day = next(iter(days.values()))
    low, high, stored = slices(list(days.items()))
    assert (low, high) == (min(days.values()), max(days.values()))
    everybody = of_places(days)
    assert at_most(low, stored, day) & everybody == of_places(b for b, one in days.items() if one <= day)


class _Segment:
    def __init__(self, having: dict[int, set[int]], days: dict[int, int]) -> None:
        self._having, self._days = having, days

    def having(self, term: int) -> int:
        return of_places(self._having.get(term, ()))

    def between(self, days: Days) -> int:
        return of_places(bit for bit, day in self._days.items() if days.first <= day <= days.last)


@given(
    st.dictionaries(st.integers(-4, 4), st.sets(st.integers(0, 40)), max_size=9),
    st.dictionaries(st.integers(0, 40), st.integers(1, 30)),
    st.data(),
)
def test_an_expression_means_what_it_says(
    having: dict[int, set[int]], days: dict[int, int], data: st.DataObject
) -> None:
    terms = st.frozensets(st.integers(-4, 4), max_size=3)
    one, other, never = data.draw(terms), data.draw(terms), data.draw(terms)
    first = data.draw(st.integers(1, 30))
    wanted = Every((Having(one), Some((Having(other), Days("issued", first, 30))), Without(never)))

    def has(bit: int, any_of: frozenset[int]) -> bool:
        return any(bit in having.get(term, ()) for term in any_of)

    expected = {
        bit
        for bit in range(41)
        if has(bit, one) and (has(bit, other) or days.get(bit, 0) >= first) and not has(bit, never)
    }
    assert set(places(matching(wanted, _Segment(having, days)))) == expected
