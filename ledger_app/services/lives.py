"""The life of an issued certificate as the ledger has it now, and what of it forbids an act: told before
anybody is asked to sign.

`domain.course` says the rules, the ledger the facts. The contract still decides: what happens between here
and there, and everything while the ledger cannot be asked, is left to it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.chain.facts import Query, Record
from ledger_app.domain.course import Claim, Course, Deed, Successor, perform
from ledger_app.domain.deadlines import EVERYWHERE, local_day
from ledger_app.domain.enquiries import Enquiry
from ledger_app.domain.lifecycle import Actor, Life
from ledger_app.domain.parts import drawn_items
from ledger_app.domain.standing import ClaimState, Role, Status
from ledger_app.domain.terms import day_date, item_allowances, leaf_terms, territory_code
from ledger_app.errors import BadInput, Unavailable
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.proof.leaf import Leaf, claim_key
from ledger_app.proof.merkle import process_proof
from ledger_app.services.context import Services
from ledger_app.services.locating import Located
from ledger_app.store import enquiries

_ZERO: Final = bytes(32)
_EARLIEST: Final = timezone(timedelta(hours=14))
"""The first place on earth where a day begins."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A certificate as the ledger has it. `claim`: the one that was asked about."""

    life: Life
    record: Record
    claim: Claim | None = None
    enquiries: Mapping[str, Enquiry] = field(default_factory=dict)

    @property
    def registered(self) -> bool:
        """Whether the ledger has its batch at all; before that it has no life."""
        return self.record.batch.time > 0


def look(
    ctx: Services,
    leaf: Leaf,
    proof: tuple[bytes, ...],
    document: Mapping[str, Any] | None,
    *,
    customs: bytes = _ZERO,
    claim: bytes | None = None,
    items: Collection[int] = (),
) -> Seen:
    """Ask the ledger. `claim`: a claim id of `customs`; `items`: those whose own use matters.

    Raises Unavailable when it cannot be asked, BadInput for an answer that makes no sense.
    """
    hashed = leaf.hash()
    key = _ZERO if claim is None else claim_key(hashed, customs, claim)
    batch = leaf.batch_id(process_proof(hashed, proof))
    (record,) = ctx.gateway.lookup([Query(hashed, batch, leaf.issuer, leaf.scheme, key)]).records
    allowances = dict(item_allowances(document)) if document else {}
    used = record.standing.used  # without any, no item has been used: a question less for each
    life = Life(
        status=Status(record.standing.status),
        allowance=leaf.allowance,
        used=used,
        valid_from=day_date(leaf.valid_from) or date.min,
        valid_until=day_date(leaf.valid_until),
        key_disowned=record.disowned,
        destination=territory_code(leaf.destination),
        item_allowances=allowances,
        item_used={
            item: ctx.gateway.item_used(hashed, item) for item in items if used and item in allowances
        },
    )
    found = record.claim
    known = None if claim is None else Claim(ClaimState(found.state), found.units, {}, found.reason)
    return Seen(life, record, known, _enquiries(ctx, to_hex(hashed)))


def require(
    ctx: Services,
    principal: Principal,
    found: Located,
    deed: Deed,
    *,
    claim: bytes | None = None,
    presented: date | None = None,
) -> None:
    """Let the caller do `deed` to the certificate, or raise what `domain.course.perform` raises.

    `presented`: the day by which validity is judged; without it, any day that it is now somewhere on earth.
    Says nothing about a certificate that is not on the ledger yet, or while the ledger cannot be asked.
    """
    me = from_hex(principal.organisation or "", 32)
    items = deed.items.keys() | {item for part in deed.successors for item in part.items}
    try:
        seen = look(ctx, found.leaf, found.proof, found.document, customs=me, claim=claim, items=items)
        actor = actor_of(ctx, me, found.leaf, deed.act)
    except (Unavailable, BadInput, ValueError):
        return
    if not seen.registered:
        return
    course = Course(
        seen.life,
        claims={} if seen.claim is None else {(actor.name, deed.claim): seen.claim},
        enquiries=seen.enquiries,
    )
    # Answers are due by the ledger's clock, validity by that of the place where it is judged.
    today = utc_day(ctx.now()) if deed.act == "refuse" else likely_day(ctx, seen.life)
    perform(course, deed, actor, presented or today)


def successors(documents: Sequence[Any]) -> tuple[Successor, ...]:
    """What the documents that replace or use a certificate allow, and of which of its items; empty where one
    of them cannot be read, which is refused for that.
    """
    try:
        terms = [(leaf_terms(document), drawn_items(document)) for document in documents]
    except (BadInput, TypeError, AttributeError):
        return ()
    return tuple(Successor(one.allowance, drawn, day_date(one.valid_until)) for one, drawn in terms)


def actor_of(ctx: Services, me: bytes, leaf: Leaf, act: str | None = None) -> Actor:
    """An organisation as the ledger has it now: the index may be behind. `act`: the only one that matters."""
    known = ctx.gateway.organisation(me)
    return Actor(
        roles=Role(known.roles),
        territory=territory_code(known.territory) or "",
        is_issuer=me == leaf.issuer,
        accredited=act in (None, "supersede", "consume") and _accredited(ctx, me, leaf.scheme),
        name=to_hex(me),
    )


def _accredited(ctx: Services, me: bytes, scheme: bytes) -> bool:
    right, day = ctx.gateway.accreditation(me, scheme), ctx.now() // 86_400
    return right.kind != 0 and right.from_day <= day and (right.until_day == 0 or day <= right.until_day)


def likely_day(ctx: Services, life: Life) -> date:
    """Today, where on earth that is kindest to the certificate: it is somewhere's customs that judges."""
    first, last = local_day(ctx.clock(), EVERYWHERE), local_day(ctx.clock(), _EARLIEST)
    return min(max(first, life.valid_from), last)


def _enquiries(ctx: Services, leaf: str) -> dict[str, Enquiry]:
    with ctx.store.read() as conn:
        rows = enquiries.about(conn, leaf)
    return {row["enquiry"]: enquiry_of(row, ctx.clock()) for row in rows}


def enquiry_of(row: Mapping[str, Any], now: datetime) -> Enquiry:
    """An enquiry of the index in whole days (UTC); whose last second has passed today, is overdue today."""
    last = utc_day(row["reply_by"])
    answered = row["answered_at"]
    if (answered or now.timestamp()) > row["reply_by"]:
        last = min(last, (utc_day(answered) if answered else now.astimezone(UTC).date()) - timedelta(days=1))
    return Enquiry(
        row["sender"],
        row["recipient"],
        utc_day(row["asked_at"]),
        last,
        utc_day(answered) if answered else None,
        row["answer"] or 0,
    )


def utc_day(seconds: int) -> date:
    """The calendar day of a time in Unix seconds, in UTC; the calendar's last for what lies beyond it."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date()
    except (OverflowError, ValueError, OSError):
        return date.max
