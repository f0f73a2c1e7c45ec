"""Who is told of which change, and what exactly: a certificate's holders, its issuer, the two of an enquiry.

Its uses are told to organisations that have it and to its issuer, which alone is told by whom. Outside
endpoints are told of its standing. Enquiries are told to the organisations that they are between.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ledger_app.domain.standing import Standing, Status, gravest
from ledger_app.services.context import Services
from ledger_app.services.recipients.changes import Change, Type, enquiry_facts, standing_after
from ledger_app.services.recipients.publishing import about, body, place
from ledger_app.store import index, notices, recipients, standings, webhooks
from ledger_app.store.engine import Connection
from ledger_app.store.notices import Notice
from ledger_app.store.recipients import Holding, Paper

Told = tuple[str, Notice]
"""The organisation that is told, or whose endpoint is, and what."""
_NO_LEAF: Final = "0x" + "00" * 32


def of_changes(ctx: Services, conn: Connection, found: Sequence[Change]) -> Iterator[Told]:
    """Everybody who is to be told of these changes, in their order."""
    leaves = sorted({change.leaf for change in found if change.leaf is not None})
    holders, here = recipients.of_leaves(conn, leaves), recipients.issued_here(conn, leaves)
    for change in found:
        if change.leaf is not None:
            yield from _of_leaf(
                ctx, conn, change, holders.get(change.leaf, ()), here.get(change.leaf), change.leaf
            )
        elif change.type in (Type.KEY_DISOWNED, Type.CONFIRMED):
            yield from _of_batches(ctx, conn, change)
        else:
            yield from _of_enquiry(ctx, conn, change)


def keys_of(conn: Connection, change: Change) -> Iterator[str]:
    """What notices of this change are known by."""
    if change.type in (Type.KEY_DISOWNED, Type.CONFIRMED):
        for batch in _batches(conn, change):
            for holding in recipients.of_batch(conn, batch):
                yield _key(change, holding.paper.leaf)
    else:
        yield change.key


def of_expired(ctx: Services, conn: Connection, holdings: Iterable[Holding]) -> Iterator[Told]:
    """Tell that validity is over, where it still mattered."""
    for holding in holdings:
        standing = standing_now(conn, holding.paper.leaf)
        if not standing.is_final:
            data = _about(ctx, holding, Standing.EXPIRED)
            change = f"expired/{holding.paper.leaf}"
            yield holding.owner, _notice(ctx, holding.recipient, holding.paper, Type.EXPIRED, change, data)


def of_overdue(ctx: Services, conn: Connection, rows: Iterable[Mapping[str, Any]]) -> Iterator[Told]:
    """Tell both organisations of an enquiry (a row of the index) that its time is over without an answer."""
    for row in rows:
        parties = notices.here(conn, [row["sender"], row["recipient"]])
        facts = enquiry_facts(row["enquiry"], row["code"], row["reply_by"])
        change = notices.OVERDUE + row["enquiry"]
        for party in sorted(parties):
            data, paper = _of_question(ctx, conn, row["leaf"], facts)
            yield party, _notice(ctx, party, paper, Type.ENQUIRY_OVERDUE, change, data)


def standing_now(conn: Connection, leaf: str) -> Standing:
    """What the acts of its issuer say of a leaf, as the index has it."""
    row = standings.of_leaves(conn, [leaf]).get(leaf)
    return Standing.GOOD if row is None else Status(row["status"]).standing


def owner_of(conn: Connection, recipient: str) -> str:
    """The organisation that a recipient is, or whose endpoint it is."""
    if recipient.startswith("0x"):
        return recipient
    endpoint = webhooks.endpoint(conn, recipient)
    return recipient if endpoint is None else endpoint.organisation


def _of_leaf(
    ctx: Services,
    conn: Connection,
    change: Change,
    holders: Sequence[Holding],
    here: Paper | None,
    leaf: str,
) -> Iterator[Told]:
    concerned = [one for one in holders if _is_news(one, change)]
    if here is not None and here.issuer is not None and here.issuer not in {h.recipient for h in holders}:
        concerned.append(Holding(here, here.issuer, here.issuer, since_block=-1))
    if not concerned:
        return
    allowance = next((one.paper.allowance for one in concerned if one.paper.allowance is not None), None)
    type_, standing = change.type, change.standing
    if change.type.about_use or change.type is Type.REINSTATED:
        standing = standing_after(index.history(conn, leaf), change.event, allowance)
    if type_ is Type.USED and allowance is not None and change.facts["used"] >= allowance:
        type_ = Type.USED_UP
    facts = {**change.facts, **({"allowance": allowance} if type_.about_use else {})}
    for one in concerned:
        data = _about(ctx, one, standing) | facts | place(change.event)
        if type_.about_use and one.recipient == one.paper.issuer:
            data["by"] = change.event.args.get("customs") or change.event.args.get("issuer")
        if type_ is Type.SUPERSEDED:
            data["successors"] = _successors(ctx, conn, leaf, one)
        notice = _notice(ctx, one.recipient, one.paper, type_, change.key, data, change)
        yield one.owner, notice


def _is_news(holding: Holding, change: Change) -> bool:
    known = change.event.block_number <= holding.since_block
    return not known and not (holding.is_endpoint and change.type.about_use)


def _of_batches(ctx: Services, conn: Connection, change: Change) -> Iterator[Told]:
    disowned = change.type is Type.KEY_DISOWNED
    for batch in _batches(conn, change):
        for one in recipients.of_batch(conn, batch):
            if not _is_news(one, change):
                continue
            after = standing_after(index.history(conn, one.paper.leaf), change.event, one.paper.allowance)
            standing = gravest([after, Standing.ISSUER_KEY_DISOWNED]) if disowned else after
            data = _about(ctx, one, standing) | change.facts | place(change.event)
            key = _key(change, one.paper.leaf)
            yield one.owner, _notice(ctx, one.recipient, one.paper, change.type, key, data, change)


def _batches(conn: Connection, change: Change) -> list[str]:
    """The batches that a disowned key leaves unconfirmed, or the one that was confirmed."""
    args = change.event.args
    if change.type is Type.KEY_DISOWNED:
        return recipients.batches_of_key(conn, args["key"], args["since"])
    row = index.batch(conn, args["batch"])
    key = None if row is None else index.key(conn, row["key"])
    since = None if key is None else key["disowned_since"]
    return [args["batch"]] if row is not None and since is not None and since <= row["block_time"] else []


def _of_enquiry(ctx: Services, conn: Connection, change: Change) -> Iterator[Told]:
    row = index.enquiry(conn, change.event.args["enquiry"])
    if row is None:
        return
    if change.type is Type.ENQUIRY_ANSWERED and change.event.block_time > row["reply_by"]:
        yield from of_overdue(ctx, conn, [row])  # nobody may have looked between the one and the other
    party = row["recipient"] if change.type is Type.ENQUIRY_ASKED else row["sender"]
    if notices.here(conn, [party]):
        facts = change.facts | place(change.event)
        data, paper = _of_question(ctx, conn, row["leaf"], facts)
        yield party, _notice(ctx, party, paper, change.type, change.key, data, change)


def _of_question(
    ctx: Services, conn: Connection, leaf: str, facts: dict[str, Any]
) -> tuple[dict[str, Any], Paper | None]:
    if leaf == _NO_LEAF:
        return {"leaf": None, **facts}, None
    paper = recipients.issued_here(conn, [leaf]).get(leaf)
    if paper is None:
        return {"leaf": leaf, **facts}, None
    return about(ctx, paper, numbered=True, standing=standing_now(conn, leaf)) | facts, paper


def _successors(ctx: Services, conn: Connection, leaf: str, one: Holding) -> list[dict[str, Any]]:
    leaves = index.successors(conn, leaf)
    here = recipients.issued_here(conn, leaves)
    told = []
    for each in leaves:
        paper = here.get(each)
        row: dict[str, Any] = {"leaf": each, "link": f"{ctx.settings.base_url}/c/{each}"}
        if paper is not None:
            row["digest"] = paper.digest
            if recipients.reads(conn, paper, one.recipient):
                row |= {"number": paper.number, "certificate": paper.certificate_id}
        told.append(row)
    return told


def _about(ctx: Services, holding: Holding, standing: Standing | None) -> dict[str, Any]:
    paper = replace(holding.paper, certificate_id=None) if holding.is_endpoint else holding.paper
    return about(ctx, paper, numbered=paper.number is not None, standing=standing)


def _key(change: Change, leaf: str) -> str:
    return hashlib.sha256(f"{change.key}/{leaf}".encode()).hexdigest()


def _notice(
    ctx: Services,
    recipient: str,
    paper: Paper | None,
    type_: Type,
    key: str,
    data: dict[str, Any],
    change: Change | None = None,
) -> Notice:
    now = ctx.now()
    return Notice(
        recipient=recipient,
        type=type_,
        change=key,
        leaf=None if paper is None else paper.leaf,
        certificate_id=None if paper is None else paper.certificate_id,
        block_number=None if change is None else change.event.block_number,
        block_hash=None,
        body=body(type_, now if change is None else change.event.block_time, data),
        created_at=now,
        message=notices.new_message(),
    )
