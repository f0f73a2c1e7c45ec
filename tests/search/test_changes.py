"""A search says what the database says now: after acts, on the ledger, after a rebuild, erased, filled in."""

import base64
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from ledger_app.domain.standing import Role
from ledger_app.errors import BadInput
from ledger_app.services.batches import names_of, paper
from ledger_app.services.context import Services
from ledger_app.services.search import recording
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from ledger_app.services.search.recording import Filler
from ledger_app.store import acts, certificates, index, outbox, rewrap, search_bits
from ledger_app.store.secrets import Vault
from ledger_app.store.tables import leases
from ledger_app.store.tables_search import certificate_search
from tests.search.conftest import MASTER, Shelf, fill
from tests.search.naive import Naive
from tests.search.test_finding import everything
from tests.support.certificates import Made, Stock, member

CCPIT = member("CCPIT", Role.ISSUER, "CN")
WIDE = member("state", Role.CUSTOMS | Role.AUTHORITY, "CN")


def small(seed: int = 1) -> Stock:
    return Stock(seed, exporters=20, sealed_bytes=0, proof_length=1)


def standings_of(ctx: Services, made: list[Made], who: Any = WIDE) -> None:
    """Each standing is found exactly where it holds."""
    naive = Naive(ctx, made)
    for word in (
        "good",
        "partly-used",
        "used-up",
        "suspended",
        "superseded",
        "revoked",
        "pending",
        "refused",
    ):
        asked = Filters(standing=(word,))
        assert everything(ctx, who, asked, 200) == naive.find(who, asked), word


# --- pages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["newest", "number"])
def test_pages_neither_skip_nor_repeat_while_certificates_are_added(ctx: Services, sort: Any) -> None:
    stock = small()
    before = stock.record(ctx, 520, 700)
    asked = Filters(sort=sort)
    wanted = set(Naive(ctx, before).find(WIDE, asked))
    found: list[str] = []
    cursor = None
    while True:
        page = find(ctx, WIDE, asked, cursor=cursor, limit=37)
        found += [row["id"] for row in page.rows]
        if (cursor := page.next) is None:
            break
        stock.record(ctx, 9, 700)
    assert len(found) == len(set(found))
    assert wanted <= set(found)
    if sort == "newest":
        assert set(found) == wanted


@pytest.mark.parametrize(
    "change", ["letter", "cut", "longer", "text", "list's", "other filter", "other caller"]
)
def test_cursor_that_was_not_given_for_this_search_is_refused(shelf: Shelf, change: str) -> None:
    asked, who = Filters(scheme="RCEP"), CCPIT
    cursor = find(shelf.ctx, who, asked, limit=3).next
    assert cursor is not None
    assert find(shelf.ctx, who, asked, cursor=cursor, limit=3).rows
    match change:
        case "letter":
            cursor = ("B" if cursor[0] == "A" else "A") + cursor[1:]
        case "cut":
            cursor = cursor[:-3]
        case "longer":
            cursor += "AAAA"
        case "text":
            cursor = "☃"
        case "list's":
            cursor = "djEuMDE5MmY"
        case "other filter":
            asked = Filters(scheme="CHAFTA")
        case "other caller":
            who = member("VCCI", Role.ISSUER, "VN")
    with pytest.raises(BadInput, match="cursor") as refused:
        find(shelf.ctx, who, asked, cursor=cursor, limit=3)
    assert refused.value.reason == "CURSOR_INVALID"


@pytest.mark.parametrize("sort", ["newest", "number"])
def test_cursor_shows_neither_where_it_goes_on_nor_that_two_go_on_at_the_same_place(
    shelf: Shelf, sort: Any
) -> None:
    asked = Filters(sort=sort)
    first, again = (find(shelf.ctx, WIDE, asked, limit=3) for _ in range(2))
    assert first.next is not None
    assert again.next is not None
    assert first.next != again.next
    raw = base64.urlsafe_b64decode(first.next + "===")
    assert first.rows[-1]["number"].encode() not in raw
    assert b":" + first.rows[-1]["number"][:5].encode() not in raw
    other = find(shelf.ctx, WIDE, asked, limit=200).next
    assert other is not None
    assert len(other) == len(first.next)
    assert find(shelf.ctx, WIDE, asked, cursor=again.next, limit=3).rows


# --- standings ----------------------------------------------------------------------------------------------


def test_what_becomes_of_an_act_is_found_at_once(ctx: Services) -> None:
    made = small(5).record(ctx, 600)
    act = made[-1].row.act_id
    for state in ("queued", "included", "orphaned", "final", "reverted", "needs-signature", "refused"):
        with ctx.store.begin() as conn:
            acts.moved(conn, act, state)
        standings_of(ctx, made)
    with ctx.store.begin() as conn:
        acts.moved(conn, act, "needs-signature")
        assert act in acts.expire(conn, 2**31)
    standings_of(ctx, made)
    with ctx.store.begin() as conn:
        outbox.settle_act(conn, act)
    standings_of(ctx, made)


def test_what_the_index_sees_is_found_at_once_and_forgotten_with_it(ctx: Services) -> None:
    made = small(6).record(ctx, 600)
    good = [one for one in made if one.state == "final"][::7]
    for turn, one in enumerate(good):
        with ctx.store.begin() as conn:
            rows = index.Rows(conn)
            status, used = turn % 4, (turn % 3) * one.row.leaf_fields["allowance"] // 2
            rows.put("standings", one.row.leaf, **_standing(status, used))
            rows.flush()
    standings_of(ctx, made)
    with ctx.store.begin() as conn:
        index.drop_above(conn, 0)  # what a reorganisation and a rebuild begin with
    standings_of(ctx, made)
    assert find(ctx, WIDE, Filters(standing=("revoked", "suspended", "used-up"))).rows == []


def _standing(status: int, used: int) -> dict[str, Any]:
    return {
        "status": status, "reason": 0, "epoch": 0, "used": used, "changed_at": 0, "predecessor": None,
        "successor_batch": None, "block_number": 2, "block_time": 0, "tx_hash": "0x" + "1" * 64,
    }  # fmt: skip


def test_certificates_of_a_disowned_key_are_found_until_a_good_one_confirms_them(ctx: Services) -> None:
    made = small(7).record(ctx, 300)
    one = next(one for one in made if one.state == "final" and not one.status)
    same = {other.row.id for other in made if other.row.batch == one.row.batch}
    asked = Filters(standing=("issuer-key-disowned",))
    at = {"block_number": 1, "block_time": 100, "tx_hash": "0x" + "1" * 64}
    key = {"organisation": one.row.issuer, "added_at": 1, "ended_at": None, "vouched": False, **at}
    batch = {
        "issuer": one.row.issuer, "scheme": "0x", "root": "0x", "count": 1, "key": "0xbad", "kind": 1, **at,
    }  # fmt: skip

    def put(table: str, name: str, **values: Any) -> None:
        with ctx.store.begin() as conn:
            rows = index.Rows(conn)
            rows.put(table, name, **values)
            rows.flush()

    put("keys", "0xbad", **key, disowned_since=None)
    put("batches", one.row.batch, **batch, confirmed_key=None, confirmed_at=None)
    assert find(ctx, WIDE, asked).rows == []
    put("keys", "0xbad", disowned_since=101)
    assert find(ctx, WIDE, asked).rows == []
    put("keys", "0xbad", disowned_since=100)
    assert set(everything(ctx, member("CCPIT"), asked, 50)) <= same
    holder = member("holder", Role.AUTHORITY, one.row.territory)
    assert set(everything(ctx, holder, asked, 50)) == same
    shown = {row["standing"] for row in find(ctx, holder, asked).rows}
    assert "issuer-key-disowned" in shown
    assert shown <= {"issuer-key-disowned", "superseded", "revoked"}  # of what is graver
    put("batches", one.row.batch, confirmed_key="0xgood", confirmed_at=200)
    assert find(ctx, holder, asked).rows == []


# --- taken in, erased, re-keyed -----------------------------------------------------------------------------


def test_certificates_from_before_are_taken_in_newest_first_and_a_kill_costs_one_step(
    ctx: Services,
) -> None:
    stock = small(8)
    made = stock.record(ctx, 4200, 4400, searchable=False)
    later = stock.record(ctx, 30, 4400)
    assert find(ctx, CCPIT, Filters()).complete is False
    assert Filler(ctx).step() == search_bits.SIZE  # and then it is killed
    halfway = find(ctx, WIDE, Filters(), limit=200, counted=True)
    assert halfway.complete is False
    assert halfway.count == len(Naive(ctx, made[-search_bits.SIZE :] + later).find(WIDE, Filters()))
    other = Filler(ctx)
    assert other.step() == 0  # the first one's lease has not run out
    with ctx.store.begin() as conn:
        conn.execute(leases.delete())
    other.run(threading.Event())
    page = find(ctx, WIDE, Filters(), limit=200)
    assert page.complete is True
    standings_of(ctx, made + later)
    asked = Filters(hs="85", standing=("good",))
    assert everything(ctx, WIDE, asked, 200) == Naive(ctx, made + later).find(WIDE, asked)
    assert Filler(ctx).step() is None


def test_erased_certificate_is_found_by_its_record_and_not_by_its_document(ctx: Services) -> None:
    made = small(9).record(ctx, 1000)
    for one in (made[3], made[990]):  # one in the postings, one among the rows
        said = one.document
        by_document = (
            Filters(number=one.row.number, exporter=said["exporter"]["name"]),
            Filters(number=one.row.number, hs=said["items"][0]["hsCode"]),
            Filters(number=one.row.number, origin_country=said["originCountry"]),
        )
        issuer = member(one.row.number.split("-")[0])
        assert all(find(ctx, issuer, asked).rows for asked in by_document)
        assert find(ctx, _named(one), Filters(number=one.row.number)).rows
        with ctx.store.begin() as conn:
            row = certificates.by_id(conn, one.row.id)
            assert row is not None
            certificates.erase(conn, one.row.id)
            recording.forget(ctx, conn, row)
        assert [find(ctx, issuer, asked).rows for asked in by_document] == [[], [], []]
        assert find(ctx, issuer, Filters(number=one.row.number, scheme=one.row.scheme)).rows
        assert find(ctx, _named(one), Filters(number=one.row.number)).rows == []


def test_certificate_that_was_erased_before_it_is_taken_in_is_found_by_its_record_alone(
    ctx: Services,
) -> None:
    made = small(10).record(ctx, 40, searchable=False)
    one = made[20]
    with ctx.store.begin() as conn:
        certificates.erase(conn, one.row.id)
    fill(ctx)
    issuer = member(one.row.number.split("-")[0])
    assert find(ctx, issuer, Filters(number=one.row.number)).rows
    assert find(ctx, issuer, Filters(number=one.row.number, export_country=one.row.territory)).rows == []


def test_another_master_key_changes_no_term(ctx: Services) -> None:
    made = small(11).record(ctx, 30)
    asked = Filters(exporter=made[0].document["exporter"]["name"])
    before = everything(ctx, WIDE, asked, 50)
    newer = Services(ctx.settings, ctx.store, Vault([bytes(reversed(MASTER)), MASTER]), clock=ctx.clock)

    def names(plain: bytes) -> Any:
        return names_of(paper_of(plain))

    rewrap.rewrap(ctx.store, newer.vault, names)
    only = Services(ctx.settings, ctx.store, Vault([bytes(reversed(MASTER))]), clock=ctx.clock)
    assert everything(only, WIDE, asked, 50) == before
    with ctx.store.read() as conn:
        row = certificates.by_id(conn, made[0].row.id)
    assert row is not None
    assert paper(only, row) is not None


def test_what_is_kept_for_search_shows_nobody_names_codes_or_countries(ctx: Services) -> None:
    made = small(12).record(ctx, 50)
    with ctx.store.read() as conn:
        stored = b"".join(bytes(row.terms) for row in conn.execute(certificate_search.select()))
    for one in made:
        for text in (one.document["exporter"]["name"], one.document["items"][0]["hsCode"], "CN"):
            assert text.encode() not in stored


def _named(one: Made) -> Any:
    return replace(member("x"), organisation=one.organisations[0])


def paper_of(plain: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plain)["document"]
    return found
