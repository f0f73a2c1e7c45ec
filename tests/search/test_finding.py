"""A search finds exactly what a look at everything finds: those that fit and that the caller may read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger_app.access.principals import ANONYMOUS, Kind, Principal
from ledger_app.domain.search_terms import NUMBER_LENGTHS
from ledger_app.domain.standing import Role
from ledger_app.errors import BadInput
from ledger_app.services.search import filters as filtering
from ledger_app.services.search.filters import STANDINGS, Filters, question
from ledger_app.services.search.finding import find
from ledger_app.services.visibility import may_see
from ledger_app.store import certificates, search
from tests.search.conftest import Shelf
from tests.search.naive import Naive, readable
from tests.support import databases
from tests.support.certificates import member

ASKING = {
    "issuer of most": member("CCPIT", Role.ISSUER, "CN"),
    "issuer of few": member("VCCI", Role.ISSUER, "VN"),
    "exporter of many": member("exporter-0", Role.EXPORTER, "CN"),
    "exporter of few": member("exporter-31", Role.EXPORTER, "CN"),
    "customs of a destination": member("customs", Role.CUSTOMS, "AU"),
    "customs and authority": member("state", Role.CUSTOMS | Role.AUTHORITY, "KR"),
    "authority": member("ministry", Role.AUTHORITY, "CN"),
    "customs of nowhere": member("lost", Role.CUSTOMS, None),
    "stranger": member("stranger", Role.REPORTER, "SG"),
}
_WIDE = member("customs", Role.CUSTOMS | Role.AUTHORITY, "CN")


def everything(ctx: Any, who: Principal, filters: Filters, limit: int) -> list[str]:
    """Ids of all pages; no page is longer than asked, and every cursor leads on."""
    found: list[str] = []
    cursor = None
    for _ in range(10_000):
        page = find(ctx, who, filters, cursor=cursor, limit=limit)
        assert len(page.rows) <= limit
        found += [row["id"] for row in page.rows]
        cursor = page.next
        if cursor is None:
            return found
    raise AssertionError("the pages have no end")


@st.composite
def filters(draw: st.DrawFn, shelf: Shelf) -> Filters:
    """Filters that often fit some of what is there, taken from one certificate or from none."""
    one = draw(st.sampled_from(shelf.made))
    said = one.document
    code = draw(st.sampled_from(said["items"]))["hsCode"]
    some: dict[str, st.SearchStrategy[Any]] = {
        "number": st.just(one.row.number),
        "number_prefix": st.integers(0, len(one.row.number)).map(lambda n: one.row.number[:n]),
        "digest": st.just(one.row.digest),
        "issuer": st.sampled_from([one.row.issuer, "test:VCCI", "test:nobody"]),
        "organisation": st.sampled_from([one.organisations[0], "test:exporter-0"]),
        "exporter": st.sampled_from([said["exporter"]["name"], said["exporter"]["name"].upper() + "  "]),
        "party": st.sampled_from([said["consignee"]["name"], said["exporter"]["name"], "%"]),
        "hs": st.sampled_from([n for n in (2, 4, 6, 8, 10) if n <= len(code)]).map(lambda n: code[:n]),
        "export_country": st.sampled_from([said["exportCountry"], "AU", "FR"]),
        "import_country": st.sampled_from([said["importCountry"], "JP"]),
        "origin_country": st.sampled_from([said["originCountry"], "CN"]),
        "scheme": st.sampled_from([one.row.scheme, "USMCA"]),
        "standing": st.lists(st.sampled_from(STANDINGS), min_size=1, max_size=3, unique=True).map(tuple),
        "issued_from": st.sampled_from([said["issueDate"], "2025-01-01"]),
        "issued_to": st.sampled_from([said["issueDate"], "2026-11-30"]),
        "valid_on": st.sampled_from([said["issueDate"], "2026-11-22", "2040-01-01"]),
        "sort": st.sampled_from(["newest", "number"]),
    }
    names = draw(st.lists(st.sampled_from(sorted(some)), max_size=4, unique=True))
    chosen = {name: draw(some[name]) for name in names}
    if chosen.get("issued_from", "") > chosen.get("issued_to", "9"):
        del chosen["issued_to"]
    return Filters(**chosen)


@pytest.mark.parametrize("kind", databases.both())
def test_search_finds_exactly_what_a_look_at_everything_finds(
    kind: str, shelves: Callable[[str], Shelf]
) -> None:
    shelf = shelves(kind)
    naive = Naive(shelf.ctx, shelf.made)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), who=st.sampled_from(sorted(ASKING)), limit=st.integers(1, 200))
    def compare(data: st.DataObject, who: str, limit: int) -> None:
        asked = data.draw(filters(shelf))
        expected = naive.find(ASKING[who], asked)
        found = everything(shelf.ctx, ASKING[who], asked, max(limit, len(expected) // 20 + 1))
        if asked.sort == "number":  # the order of equal numbers is anybody's
            assert sorted(found) == sorted(expected)
        else:
            assert found == expected
        counted = find(shelf.ctx, ASKING[who], asked, limit=1, counted=True).count
        assert counted in (None, len(expected))

    compare()


@pytest.mark.parametrize("sort", ["newest", "number"])
@pytest.mark.parametrize("length", [1, 4, 5, 6, 11, 12, 13, 17, 18])
def test_however_many_begin_so_a_request_looks_at_few_and_the_pages_have_them_all(
    shelf: Shelf, length: int, sort: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filtering, "_FEW", 0)  # as if each beginning were that of thousands
    monkeypatch.setattr(f"{filtering.__name__}.NUMBER_LENGTHS", (*NUMBER_LENGTHS[:9], 18))
    monkeypatch.setattr(search, "_CHECKED_AT_ONCE", 10)
    monkeypatch.setattr(search, "_CHECKED_AT_MOST", 40)
    oldest = next(one for one in shelf.made if len(one.row.number) == 18)
    asked = Filters(number_prefix=oldest.row.number[:length], sort=sort)
    expected = Naive(shelf.ctx, shelf.made).find(_WIDE, asked)
    assert everything(shelf.ctx, _WIDE, asked, 50) == expected
    assert oldest.row.id in expected


@pytest.mark.parametrize("who", sorted(ASKING))
@pytest.mark.parametrize("sort", ["newest", "number"])
def test_each_finds_what_it_may_read_in_order_and_nothing_else(shelf: Shelf, who: str, sort: Any) -> None:
    expected = Naive(shelf.ctx, shelf.made).find(ASKING[who], Filters(sort=sort))
    assert everything(shelf.ctx, ASKING[who], Filters(sort=sort), 500) == expected
    assert (len(expected) > 0) == (who != "stranger")


def test_the_reference_lets_through_what_the_service_lets_through(shelf: Shelf) -> None:
    with shelf.ctx.store.read() as conn:
        for one in shelf.made[::97]:
            row = certificates.by_id(conn, one.row.id)
            assert row is not None
            for who in ASKING.values():
                assert may_see(conn, who, row) == readable(who, one)


@pytest.mark.parametrize("standing", STANDINGS)
def test_every_standing_is_found_where_it_holds(shelf: Shelf, standing: str) -> None:
    asked = Filters(standing=(standing,))
    expected = Naive(shelf.ctx, shelf.made).find(_WIDE, asked)
    page = find(shelf.ctx, _WIDE, asked, limit=200, counted=True)
    assert [row["id"] for row in page.rows] == expected[:200]
    assert page.count == len(expected)
    if standing not in ("issuer-key-disowned", "not-yet-valid"):
        assert expected, "the stock has some of each"
    for row in page.rows:
        assert row["standing"] == standing or row["standing"] in STANDINGS[STANDINGS.index(standing) :]


@pytest.mark.parametrize("prefix", ["C", "CCPIT-", "CCPIT-2", "CCPIT-2025-00", "VCCI-", "ZZZ"])
def test_a_count_is_given_or_not_by_what_the_caller_may_read_alone(shelf: Shelf, prefix: str) -> None:
    naive, asked = Naive(shelf.ctx, shelf.made), Filters(number_prefix=prefix)
    for who in ASKING.values():
        count = find(shelf.ctx, who, asked, counted=True).count
        if count is None:  # only somebody who may read so many is not told how many they are
            assert len(naive.find(who, Filters())) > 4_000
        else:
            assert count == len(naive.find(who, asked))
    assert find(shelf.ctx, ASKING["stranger"], asked, counted=True).count == 0


@pytest.mark.parametrize("kind", [Kind.TRADER, Kind.OPERATOR, Kind.COUNCIL])
def test_those_who_are_no_organisation_find_nothing(shelf: Shelf, kind: Kind) -> None:
    page = find(shelf.ctx, Principal(kind, organisation=ASKING["issuer of most"].organisation), Filters())
    assert (page.rows, page.next) == ([], None)
    assert find(shelf.ctx, ANONYMOUS, Filters(), counted=True).count == 0


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"hs": "8"}, "HS_PREFIX_INVALID"),
        ({"hs": "851"}, "HS_PREFIX_INVALID"),
        ({"hs": "85%"}, "HS_PREFIX_INVALID"),
        ({"hs": "８５"}, "HS_PREFIX_INVALID"),
        ({"hs": "85171300001"}, "HS_PREFIX_INVALID"),
        ({"export_country": "C%"}, "TERRITORY_INVALID"),
        ({"origin_country": "Atlantis"}, "TERRITORY_INVALID"),
        ({"scheme": "R' OR 1=1"}, "SCHEME_INVALID"),
        ({"standing": ("good", "fine")}, "STANDING_UNKNOWN"),
        ({"issued_from": "2025-02-30"}, "DAY_INVALID"),
        ({"valid_on": "yesterday"}, "DAY_INVALID"),
        ({"issued_from": "2025-03-01", "issued_to": "2025-02-01"}, "DAYS_REVERSED"),
        ({"issuer": " no identifier"}, "IDENTIFIER_INVALID"),
    ],
)
def test_filter_that_says_nothing_is_refused(shelf: Shelf, asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=re.escape(reason)) as refused:
        find(shelf.ctx, _WIDE, Filters(**asked))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "text", ["%", "_", "CCPIT-____", "' OR '1'='1", "CCPIT%", "\\", "CCPIT-2025-\U0010ffff", "é"]
)
@pytest.mark.parametrize("name", ["number", "number_prefix", "exporter", "party", "consignment", "container"])
def test_text_is_matched_as_text_and_never_as_a_pattern(shelf: Shelf, name: str, text: str) -> None:
    assert find(shelf.ctx, _WIDE, Filters(**{name: text})).rows == []  # type: ignore[arg-type]


def test_names_are_found_whole_and_only_whole(shelf: Shelf) -> None:
    name = "Exporter 0 Co., Ltd."
    assert find(shelf.ctx, _WIDE, Filters(exporter="  exporter   0 CO., LTD. ")).rows
    assert find(shelf.ctx, _WIDE, Filters(exporter="Ｅxporter 0 Co., Ltd.")).rows
    assert find(shelf.ctx, _WIDE, Filters(exporter=name[:-1])).rows == []
    assert find(shelf.ctx, _WIDE, Filters(exporter="Consignee 1 Pty Ltd")).rows == []
    assert find(shelf.ctx, _WIDE, Filters(party=name)).rows


@pytest.mark.parametrize("filters", [("number",), ("digest",), ("number", "digest")])
def test_what_only_others_may_read_is_not_looked_into(shelf: Shelf, filters: tuple[str, ...]) -> None:
    one = shelf.made[-1]
    asked = Filters(**{name: getattr(one.row, name) for name in filters})
    for who in ASKING.values():
        with shelf.ctx.store.read() as conn:
            found = question(shelf.ctx, conn, who, asked)
        assert (found is not None) == readable(who, one)
        assert [row["id"] for row in find(shelf.ctx, who, asked).rows] == ([one.row.id] if found else [])
