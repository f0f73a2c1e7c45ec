"""Who has a certificate, and sending it to somebody."""

from dataclasses import replace
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.domain.standing import Standing, gravest
from ledger_app.errors import BadInput, Conflict, NotFound, NotPermitted, Unavailable, Unprocessable
from ledger_app.services.acts import own_organisation
from ledger_app.services.context import Once, Services
from ledger_app.services.locating import Reference, locate, visible_row
from ledger_app.services.names import id_of
from ledger_app.services.recipients import audience, noting
from ledger_app.services.recipients.changes import Type
from ledger_app.services.recipients.publishing import about, body, publish
from ledger_app.services.search.terms import keyed, search_key
from ledger_app.store import acts, index, members, notices, recipients, search_index, standings, webhooks
from ledger_app.store.certificates import CertificateRow
from ledger_app.store.engine import Connection
from ledger_app.store.notices import Notice
from ledger_app.store.recipients import Holding


def send(
    ctx: Services,
    principal: Principal,
    reference: Reference,
    once: Once,
    *,
    to: str | None = None,
    endpoint: str | None = None,
) -> dict[str, Any]:
    """Send a certificate to an organisation (identifier or id), which may then read it and fetch its bundle,
    or to one of the caller's endpoints. They are told at once, and of every change from then on. Sending
    twice is the same as sending once.

    Raises BadInput `RECIPIENT_UNCLEAR`; NotFound `CERTIFICATE_UNKNOWN`, `ORGANISATION_UNKNOWN_HERE`,
    `WEBHOOK_UNKNOWN`; Unprocessable `CERTIFICATE_ELSEWHERE`; NotPermitted `SEND_NOT_YOURS` for who sees it
    only by office; Conflict `NOT_REGISTERED_YET`; Unavailable `INDEX_CATCHING_UP`.
    """
    sender = own_organisation(principal)
    if (to is None) == (endpoint is None):
        raise BadInput("RECIPIENT_UNCLEAR")
    row = locate(ctx, principal, reference).row
    if row is None:
        raise Unprocessable("CERTIFICATE_ELSEWHERE")
    if row.state not in acts.DONE:
        raise Conflict("NOT_REGISTERED_YET", f"Its issuing act is {row.state}.", state=row.state)
    paper = noting.paper_of(ctx, row)
    with ctx.store.read() as conn:
        if not recipients.reads(conn, paper, sender):
            raise NotPermitted("SEND_NOT_YOURS")
        recipient = _recipient(conn, sender, row, to, endpoint)
    key = search_key(ctx)

    def effect(conn: Connection) -> dict[str, Any]:
        now = ctx.now()
        _require_standing_known(ctx, conn)
        owner = audience.owner_of(conn, recipient)
        sent = Holding(paper, recipient, owner, noting.known_block(ctx, conn), sent_at=now, sent_by=sender)
        if recipients.note(conn, sent):
            if recipient == owner:
                recipients.let_read(conn, row.id, recipient)
                search_index.learn(conn, row.id, keyed(key, [("organisation", recipient)]))
            publish(conn, [(owner, _sent(ctx, conn, sent, sender, now))], now)
        held = recipients.get(conn, row.leaf, recipient)
        return {"recipient": _shown(conn, [held] if held is not None else [], sender)[0]}

    answer: dict[str, Any] = once.run(ctx.store, effect)
    return answer


def listed(ctx: Services, principal: Principal, certificate_id: str) -> list[dict[str, Any]]:
    """Who has a certificate, the first one first: all of them for its issuer; for others itself, and those
    that it sent it to. Raises NotFound `CERTIFICATE_UNKNOWN`.
    """
    caller = own_organisation(principal)
    row = visible_row(ctx, principal, certificate_id)
    with ctx.store.read() as conn:
        held = recipients.of_certificate(conn, certificate_id)
        if row.issuer != caller:
            held = [one for one in held if caller in (one.owner, one.sent_by)]
        return _shown(conn, held, caller)


def _recipient(
    conn: Connection, sender: str, row: CertificateRow, to: str | None, endpoint: str | None
) -> str:
    if endpoint is not None:
        found = webhooks.endpoint(conn, endpoint)
        if found is None or found.organisation != sender or found.state == webhooks.REMOVED:
            raise NotFound("WEBHOOK_UNKNOWN")
        if not found.outside:
            raise BadInput(
                "RECIPIENT_UNCLEAR", "That endpoint is one of your own, and told everything anyway."
            )
        return endpoint
    organisation = id_of(to or "")
    if organisation in (sender, row.issuer):
        raise BadInput("RECIPIENT_UNCLEAR", "The sender and the issuer have it already.")
    if members.member(conn, organisation) is None and index.organisation(conn, organisation) is None:
        raise NotFound("ORGANISATION_UNKNOWN_HERE")
    return organisation


def _require_standing_known(ctx: Services, conn: Connection) -> None:
    """An index that is read anew would tell of a standing that is over, and the change was told already."""
    told = notices.told_up_to(conn)
    if told is not None and noting.known_block(ctx, conn) < told.number:
        raise Unavailable("INDEX_CATCHING_UP", "what it says of the certificate may be over")


def _sent(ctx: Services, conn: Connection, sent: Holding, sender: str, now: int) -> Notice:
    paper = sent.paper
    status, used = audience.standing_now(conn, paper.leaf), 0
    if (seen := standings.of_leaves(conn, [paper.leaf]).get(paper.leaf)) is not None:
        used = int(seen["used"])
    used_up = paper.allowance is not None and used >= paper.allowance
    standing = gravest([status, Standing.USED_UP]) if used_up and not sent.is_endpoint else status
    shown = replace(paper, certificate_id=None) if sent.is_endpoint else paper
    data = about(ctx, shown, numbered=True, standing=standing) | {"by": sender}
    return Notice(
        recipient=sent.recipient,
        type=Type.SENT,
        change=f"sent/{paper.leaf}",
        leaf=paper.leaf,
        certificate_id=paper.certificate_id,
        body=body(Type.SENT, now, data),
        created_at=now,
        message=notices.new_message(),
    )


def _shown(conn: Connection, held: list[Holding], caller: str) -> list[dict[str, Any]]:
    named = members.names(conn, sorted({who for one in held for who in (one.owner, one.sent_by) if who}))
    # What an organisation calls its endpoint, and where that is, is its own business.
    own = [one.recipient for one in held if one.is_endpoint and one.owner == caller]
    labels = webhooks.labels(conn, own)
    return [
        {
            "organisation": {"id": one.owner, "name": named.get(one.owner)},
            "endpoint": _endpoint(one.recipient, labels) if one.is_endpoint else None,
            "sentAt": one.sent_at,
            "sentBy": None if one.sent_by is None else {"id": one.sent_by, "name": named.get(one.sent_by)},
            "fetchedAt": one.fetched_at,
            "receivedAt": one.received_at,
        }
        for one in held
    ]


def _endpoint(endpoint_id: str, labels: dict[str, tuple[str, str]]) -> dict[str, Any]:
    label, host = labels.get(endpoint_id, (None, None))
    return {"id": endpoint_id, "label": label, "host": host}
