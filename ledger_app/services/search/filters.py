"""What one may search by, and what that means for the search tables.

Filters narrow each other; several standings widen. What the caller may read at all is part of the question,
so that counts, pages and cursors never tell of anything else.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain import search_terms
from ledger_app.domain.search_terms import NUMBER_LENGTHS, Term
from ledger_app.domain.standing import Role
from ledger_app.domain.terms import day_number, scheme_id
from ledger_app.errors import BadInput
from ledger_app.services.context import Services
from ledger_app.services.names import id_of
from ledger_app.services.search.terms import OPEN, keyed, search_key
from ledger_app.services.visibility import visible
from ledger_app.store import certificates, search
from ledger_app.store.engine import Connection
from ledger_app.store.search import Question
from ledger_app.store.search_bits import Days, Every, Having, Some, Wanted, Without
from ledger_app.store.search_flags import (
    DISOWNED,
    ENDED,
    PENDING,
    REVOKED,
    SUPERSEDED,
    SUSPENDED,
    USED,
    USED_UP,
)

Sort = Literal["newest", "number"]
_FEW: Final = 2_000
_FIRST: Final = 1
STANDINGS: Final = (
    "good",
    "partly-used",
    "used-up",
    "not-yet-valid",
    "expired",
    "suspended",
    "issuer-key-disowned",
    "superseded",
    "revoked",
    "pending",
    "refused",
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to search by, as the caller wrote it; None = whatever. Days are `YYYY-MM-DD`; organisations are
    identifiers or ids (0x…); `standing` holds words of STANDINGS, of which one is enough.
    """

    number: str | None = None
    number_prefix: str | None = None
    digest: str | None = None
    issuer: str | None = None
    exporter: str | None = None
    party: str | None = None
    organisation: str | None = None
    hs: str | None = None
    export_country: str | None = None
    import_country: str | None = None
    origin_country: str | None = None
    scheme: str | None = None
    standing: tuple[str, ...] = ()
    issued_from: str | None = None
    issued_to: str | None = None
    valid_on: str | None = None
    consignment: str | None = None
    container: str | None = None
    sort: Sort = "newest"

    def fingerprint(self, principal: Principal) -> str:
        """The same for the same filters of the same organisation: cursors are bound to it."""
        told = {**asdict(self), "who": principal.organisation}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def question(
    ctx: Services, conn: Connection, principal: Principal, filters: Filters, *, shortcut: bool = True
) -> Question | None:
    """The question that the filters ask; None when nothing can answer it.

    `shortcut`: look the beginning of a number up directly where few have it, whoever may read them. It finds
    the same; but how it is asked then depends on certificates that the caller may not read.

    Raises BadInput: HS_PREFIX_INVALID, TERRITORY_INVALID, SCHEME_INVALID, DAY_INVALID, DAYS_REVERSED,
    STANDING_UNKNOWN, IDENTIFIER_INVALID.
    """
    key = search_key(ctx)
    parts: list[Wanted] = [Having(keyed(key, [term])) for term in _terms(filters)]
    days = _days(filters)
    standing = _standing(ctx, filters.standing)
    visible = _readable(principal)
    if visible is None:
        return None
    parts.append(Having(keyed(key, visible)))
    among = _among(conn, principal, filters)
    prefix = filters.number_prefix or ""
    if not prefix.isascii():
        return None
    if prefix:
        few = search.beginning(conn, prefix, _FEW) if shortcut else None
        if few is not None:
            among, prefix = frozenset(few) if among is None else among & frozenset(few), ""
        else:
            term, prefix = _number_term(conn, prefix)
            parts += [Having(keyed(key, [("number", each)])) for each in term]
    if among is not None and not among:
        return None
    return Question(Every((*parts, *standing, *days)), among, prefix)


def _number_term(conn: Connection, prefix: str) -> tuple[list[str], str]:
    """What is kept as a term of how a number begins, if anything; and what is then left to look at in each
    number: "" where the term says it all. A number has no term of its own whole length."""
    kept = [length for length in NUMBER_LENGTHS if length <= len(prefix)]
    if kept[-1:] == [len(prefix)]:
        if not search.numbered(conn, prefix):
            return [prefix], ""
        kept.pop()
    return [prefix[: kept[-1]]] if kept else [], prefix


def _terms(filters: Filters) -> list[Term]:
    found: list[Term] = []
    if filters.issuer is not None:
        found.append(("issuer", id_of(filters.issuer)))
    if filters.organisation is not None:
        found.append(("organisation", id_of(filters.organisation)))
    names = {"exporter": filters.exporter, "party": filters.party}
    found += [(kind, search_terms.folded(name)) for kind, name in names.items() if name is not None]
    if filters.hs is not None:
        found.append(("hs", search_terms.hs_prefix(filters.hs)))
    countries = {
        "export": filters.export_country,
        "import": filters.import_country,
        "origin": filters.origin_country,
    }
    found += [(kind, search_terms.country(code)) for kind, code in countries.items() if code is not None]
    if filters.scheme is not None:
        scheme = filters.scheme.strip().upper()
        scheme_id(scheme)
        found.append(("scheme", scheme))
    return found


def _days(filters: Filters) -> list[Wanted]:
    found: list[Wanted] = []
    if filters.issued_from is not None or filters.issued_to is not None:
        first = day_number(filters.issued_from) if filters.issued_from is not None else _FIRST
        last = day_number(filters.issued_to) if filters.issued_to is not None else OPEN
        if first > last:
            raise BadInput("DAYS_REVERSED")
        found.append(Days("issued", first, last))
    if filters.valid_on is not None:
        day = day_number(filters.valid_on)
        found += [Days("valid_from", 0, day), Days("valid_until", day, OPEN)]
    return found


def _standing(ctx: Services, words: tuple[str, ...]) -> list[Wanted]:
    if not words:
        return []
    today = day_number(ctx.clock().date())
    registered = Without(frozenset({PENDING, ENDED}))
    known: dict[str, Wanted] = {
        "good": Every(
            (
                Without(frozenset({PENDING, ENDED, SUSPENDED, REVOKED, SUPERSEDED, USED_UP, DISOWNED})),
                Days("valid_from", 0, today),
                Days("valid_until", today, OPEN),
            )
        ),
        "partly-used": Every((Having(frozenset({USED})), Without(frozenset({USED_UP})))),
        "used-up": Having(frozenset({USED_UP})),
        "not-yet-valid": Every((registered, Days("valid_from", today + 1, OPEN))),
        "expired": Every((registered, Days("valid_until", 0, today - 1))),
        "suspended": Having(frozenset({SUSPENDED})),
        "issuer-key-disowned": Having(frozenset({DISOWNED})),
        "superseded": Having(frozenset({SUPERSEDED})),
        "revoked": Having(frozenset({REVOKED})),
        "pending": Having(frozenset({PENDING})),
        "refused": Having(frozenset({ENDED})),
    }
    if unknown := [word for word in words if word not in known]:
        raise BadInput("STANDING_UNKNOWN", f"{unknown[0][:32]!r}; there are {', '.join(known)}")
    return [Some(tuple(known[word] for word in dict.fromkeys(words)))]


def _readable(principal: Principal) -> list[Term] | None:
    """The terms of which a certificate has one that `principal` may read: the rule of `visibility`."""
    if principal.kind is not Kind.ORGANISATION or principal.organisation is None:
        return None
    terms = [("issuer", principal.organisation), ("organisation", principal.organisation)]
    if Role.CUSTOMS in principal.roles:
        terms.append(("destination", search_terms.ANY))
        if principal.territory is not None:
            terms += [("destination", principal.territory), ("territory", principal.territory)]
    if Role.AUTHORITY in principal.roles and principal.territory is not None:
        terms.append(("territory", principal.territory))
    return terms


def _among(conn: Connection, principal: Principal, filters: Filters) -> frozenset[str] | None:
    """The certificates that what is looked up directly leaves; None when nothing is."""
    found: list[list[str] | None] = []
    if filters.number is not None:
        found.append(_may_read(conn, principal, search.numbered(conn, filters.number)))
    if filters.digest is not None:
        found.append(_may_read(conn, principal, search.with_digest(conn, filters.digest.lower())))
    if filters.consignment is not None:
        found.append(search.linked(conn, "consignment", filters.consignment))
    if filters.container is not None:
        found.append(search.linked(conn, "container", filters.container))
    return frozenset.intersection(*(frozenset(ids or ()) for ids in found)) if found else None


def _may_read(conn: Connection, principal: Principal, ids: list[str]) -> list[str]:
    """Those that the caller may read, before more is done with them: how long a search takes does not tell
    that there is one which only others may read.
    """
    rows = certificates.by_ids(conn, ids or [""])
    return [row.id for row in visible(conn, principal, rows.values())]
