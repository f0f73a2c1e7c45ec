"""Numbers of certificates out of the ranges of their issuing body.

A number is given once: counters move inside write transactions, which take turns. It is never lost silently:
every counter up to the last one given is shown with what became of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.domain.agreements import agreement_for
from ledger_app.domain.content_dates import day_at
from ledger_app.domain.numbers import NumberRange
from ledger_app.errors import BadInput, Conflict, NotFound
from ledger_app.services.acts import own_organisation
from ledger_app.services.context import Once, Services
from ledger_app.store import acts, numbers
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.numbers import RangeRow

MAX_RANGES: Final = 200
_STATES: Final = ("used", "pending", "void", "unused")
_LOOKED_AT: Final = 5_000
_AT_ONCE: Final = 500
_NO_YEAR: Final = 0


def take_numbers(conn: Connection, issuer: str, scheme: str, issued: date, many: int = 1) -> list[str]:
    """The next `many` numbers of `issuer` (0x…) for certificates under `scheme`, dated `issued`.

    `conn` is a write transaction: the numbers are given when it commits, and not given when it does not.
    Ranges of the scheme come before those for every scheme, older ones first; where the pattern has the year,
    each year counts from the first. A number that a live certificate holds already is passed over. Raises
    Conflict `NUMBERS_NONE` where there is no range, `NUMBERS_USED_UP` (with `left`) where the ranges have not
    so many: then none is given.
    """
    if many < 1:
        return []
    ranges = [
        _Range(row) for row in reversed(numbers.of_issuer(conn, issuer)) if row.scheme in (None, scheme)
    ]
    if not ranges:
        raise Conflict("NUMBERS_NONE", f"No range of numbers is registered for {scheme}.", scheme=scheme)
    given: list[str] = []
    for one in sorted(ranges, key=lambda each: each.row.scheme is None):
        year = one.year(issued)
        last = numbers.used(conn, one.row.id).get(year)
        for counter, number in _free(conn, one, issuer, issued, last, many):
            given.append(number)
            last = counter
            if len(given) == many:
                break
        if last is not None:
            numbers.move(conn, one.row.id, year, last)
        if len(given) == many:
            return given
    raise Conflict("NUMBERS_USED_UP", f"Numbers left: {len(given)}, needed: {many}.", left=len(given))


def gives_numbers(conn: Connection, issuer: str, scheme: str) -> bool:
    """Whether a range of `issuer` (0x…) is for certificates under `scheme`; it may be used up."""
    return any(row.scheme in (None, scheme) for row in numbers.of_issuer(conn, issuer))


def numbered(
    conn: Connection, issuer: str, document: dict[str, Any], number: str | None, *, own_first: bool
) -> dict[str, Any]:
    """The document with its number: `number` if given, else the next of the issuer's ranges, else its own.

    `own_first`: a number in the document comes before the ranges. Raises as `take_numbers`.
    """
    if number is not None:
        return {**document, "number": number}
    if own_first and "number" in document:
        return document
    try:
        bare = {name: value for name, value in document.items() if name != "number"}
        found: dict[str, Any] = all_numbered(conn, issuer, [bare])[0]
        return found
    except Conflict as none:
        if none.reason == "NUMBERS_NONE" and "number" in document:
            return document
        raise


def lacks_number(document: Any) -> bool:
    """Whether the document is one that says no number."""
    return isinstance(document, dict) and "number" not in document


def all_numbered(conn: Connection, issuer: str, documents: list[Any]) -> list[Any]:
    """The documents, each with a number; those of one scheme and day take theirs together, in their order.

    A document whose scheme or day cannot be read is left as it is: it will be refused for that. Raises as
    `take_numbers`.
    """
    wanted: dict[tuple[str, date], list[int]] = {}
    for place, document in enumerate(documents):
        day = day_at(document, "issueDate") if lacks_number(document) else None
        if day is not None and isinstance(document.get("scheme"), str):
            wanted.setdefault((document["scheme"], day), []).append(place)
    found = list(documents)
    for (scheme, day), places in wanted.items():
        given = take_numbers(conn, issuer, scheme, day, len(places))
        for place, number in zip(places, given, strict=True):
            found[place] = {**documents[place], "number": number}
    return found


def add(
    ctx: Services,
    principal: Principal,
    pattern: str,
    first: int,
    last: int | None,
    scheme: str | None,
    once: Once,
) -> dict[str, Any]:
    """Register a range of the caller: `first` to `last` (default: as far as the pattern goes).

    Raises BadInput `NUMBER_RANGE`, NotFound `SCHEME_UNKNOWN`, Conflict `NUMBER_RANGE_OVERLAPS` with a range
    that gives some of the same numbers, `NUMBER_RANGES_MANY`.
    """
    issuer = own_organisation(principal)
    if scheme is not None and agreement_for(scheme) is None:
        raise NotFound("SCHEME_UNKNOWN", f"no agreement has the code {scheme[:31]!r}")
    end = 10 ** min(pattern.count("#"), 15) - 1 if last is None else last
    wanted = NumberRange(pattern, first, end)
    row = RangeRow(new_id(), issuer, scheme, pattern, first, end, ctx.now())

    def effect(conn: Connection) -> dict[str, Any]:
        for other in numbers.of_issuer(conn, issuer):
            if _overlap(wanted, NumberRange(other.pattern, other.first, other.last)):
                words = f"{other.pattern} from {other.first} to {other.last} gives some of the same numbers."
                raise Conflict("NUMBER_RANGE_OVERLAPS", words, range=other.id)
        if numbers.count(conn, issuer) >= MAX_RANGES:
            raise Conflict("NUMBER_RANGES_MANY", f"There are {MAX_RANGES} ranges already.")
        numbers.add(conn, row)
        return _json(ctx, conn, row)

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def listed(
    ctx: Services, principal: Principal, *, before: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The caller's ranges, newest first, each with how far it is given out by year."""
    with ctx.store.read() as conn:
        rows = numbers.of_issuer(conn, own_organisation(principal), before=before, limit=limit)
        return [_json(ctx, conn, row) for row in rows]


def given(
    ctx: Services,
    principal: Principal,
    range_id: str,
    *,
    year: int | None = None,
    state: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """Numbers given out of a range, in order, and the counter to continue after (None at the end).

    Each has a `state`: used (its certificate is on the ledger), pending, void (its act came to nothing; with
    `reason`) or unused (given, and no certificate holds it). `year`: default the present one; ignored where
    the pattern has none. A page may be short, or empty, and go on all the same. Raises NotFound
    `NUMBER_RANGE_UNKNOWN`, BadInput `NUMBER_STATE_UNKNOWN`.
    """
    if state is not None and state not in _STATES:
        raise BadInput("NUMBER_STATE_UNKNOWN", f"There are {', '.join(_STATES)}.")
    if after is not None and not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise BadInput("CURSOR_INVALID")
    with ctx.store.read() as conn:
        row = numbers.by_id(conn, range_id)
        if row is None or row.issuer != own_organisation(principal):
            raise NotFound("NUMBER_RANGE_UNKNOWN")
        one = _Range(row)
        day = date(year or ctx.clock().year, 1, 1)
        last = numbers.used(conn, row.id).get(one.year(day))
        start = max(row.first, row.first if after is None else int(after) + 1)
        end = start - 1 if last is None else min(last, start + _LOOKED_AT - 1)
        shown: list[dict[str, Any]] = []
        for block in range(start, end + 1, _AT_ONCE):
            names = one.numbers(range(block, min(block + _AT_ONCE, end + 1)), day)
            found = numbers.held(conn, row.issuer, list(names.values()))
            for counter, number in names.items():
                entry = _number_json(number, found.get(number))
                if state in (None, entry["state"]):
                    shown.append(entry)
                if len(shown) == limit:
                    return shown, str(counter) if counter < (last or 0) else None
    return shown, str(end) if last is not None and end < last else None


@dataclass(frozen=True, slots=True)
class _Range:
    row: RangeRow

    @property
    def rule(self) -> NumberRange:
        return NumberRange(self.row.pattern, self.row.first, self.row.last)

    def year(self, issued: date) -> int:
        return issued.year if "{year}" in self.row.pattern else _NO_YEAR

    def numbers(self, counters: range, issued: date) -> dict[int, str]:
        rule = self.rule
        return {counter: rule.number(counter, issued) for counter in counters}


def _free(
    conn: Connection, one: _Range, issuer: str, issued: date, last: int | None, many: int
) -> Iterator[tuple[int, str]]:
    """Counters and numbers after `last` that no live certificate holds."""
    start = one.row.first if last is None else last + 1
    block = min(many, _AT_ONCE)
    while start <= one.row.last:
        names = one.numbers(range(start, min(start + block, one.row.last + 1)), issued)
        found = numbers.held(conn, issuer, list(names.values()))
        for counter, number in names.items():
            if number not in found or found[number]["state"] in acts.DEAD:
                yield counter, number
        start += len(names)


def _overlap(one: NumberRange, other: NumberRange) -> bool:
    if one.pattern == other.pattern:
        return one.first <= other.last and other.first <= one.last
    day = date(2000, 1, 1)
    return any(
        mine.holds(theirs.number(end, day), day)
        for mine, theirs in ((one, other), (other, one))
        for end in (theirs.first, theirs.last)
    )


def _json(ctx: Services, conn: Connection, row: RangeRow) -> dict[str, Any]:
    one, today = _Range(row), ctx.clock().date()
    counters = numbers.used(conn, row.id)
    counters.setdefault(one.year(today), row.first - 1)
    return {
        "id": row.id,
        "scheme": row.scheme,
        "pattern": row.pattern,
        "first": row.first,
        "last": row.last,
        "createdAt": row.created_at,
        "years": [_year_json(one, year, used, today) for year, used in sorted(counters.items())],
    }


def _year_json(one: _Range, year: int, used: int, today: date) -> dict[str, Any]:
    day = date(year or today.year, 1, 1)
    left = one.row.last - used
    return {
        "year": year or None,
        "given": used - one.row.first + 1,
        "left": left,
        "next": one.rule.number(used + 1, day) if left else None,
    }


def _number_json(number: str, found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {"number": number, "state": "unused", "certificate": None, "act": None, "reason": None}
    state = "used" if found["state"] in acts.DONE else "void" if found["state"] in acts.DEAD else "pending"
    return {
        "number": number,
        "state": state,
        "certificate": found["certificate_id"],
        "act": found["act_id"],
        "reason": found["reason"] if state == "void" else None,
    }
