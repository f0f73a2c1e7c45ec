"""Webhooks as their organisation manages them: where to, which notices, which secret; log, test and resend.

The address and the secrets are sealed: an address may itself be a password. A secret is shown once.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from ledger_app.access.principals import Principal
from ledger_app.errors import BadInput, Conflict, NotFound
from ledger_app.services.acts import own_organisation
from ledger_app.services.context import Services
from ledger_app.services.recipients import guard, inbox
from ledger_app.services.recipients.changes import Type
from ledger_app.services.recipients.publishing import body
from ledger_app.services.recipients.standard_webhooks import new_secret
from ledger_app.store import notices, webhooks
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id
from ledger_app.store.notices import Notice
from ledger_app.store.webhooks import Delivery, Endpoint

_MOST: Final = 20
_MOST_SECRETS: Final = 4
_HOUR: Final = 3600
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def add(
    ctx: Services, principal: Principal, *, url: str, types: Sequence[str], outside: bool, label: str
) -> dict[str, Any]:
    """Register a webhook; gives it with its secret, which is shown this once. `types` empty: all.

    Raises BadInput `WEBHOOK_URL`, `WEBHOOK_TYPE_UNKNOWN`; Conflict `WEBHOOK_TOO_MANY`.
    """
    organisation, now = own_organisation(principal), ctx.now()
    target = guard.read_url(url, guard.rules_of(ctx.settings))
    endpoint_id, secret = new_id(), new_secret()
    made = Endpoint(
        id=endpoint_id,
        organisation=organisation,
        outside=outside,
        label=label,
        host=target.host,
        types=_types(types),
        state=webhooks.ACTIVE,
        reason=None,
        sealed=_seal(ctx, endpoint_id, {"url": url, "secrets": [{"secret": secret, "until": None}]}),
        failures=0,
        failing_since=None,
        not_before=0,
        delivered_at=None,
        created_at=now,
        updated_at=now,
    )
    with ctx.store.begin() as conn:
        if len(webhooks.endpoints_of(conn, [organisation])) >= _MOST:
            raise Conflict("WEBHOOK_TOO_MANY", f"One organisation has at most {_MOST}.")
        webhooks.add_endpoint(conn, made)
    return {**_shown(ctx, made), "secret": secret}


def listed(ctx: Services, principal: Principal) -> list[dict[str, Any]]:
    """The caller's webhooks, oldest first."""
    with ctx.store.read() as conn:
        return [_shown(ctx, one) for one in webhooks.endpoints_of(conn, [own_organisation(principal)])]


def show(ctx: Services, principal: Principal, endpoint_id: str) -> dict[str, Any]:
    """One of the caller's webhooks. Raises NotFound `WEBHOOK_UNKNOWN`."""
    with ctx.store.read() as conn:
        return _shown(ctx, _own(conn, principal, endpoint_id))


def remove(ctx: Services, principal: Principal, endpoint_id: str) -> None:
    """Call it no more, and forget its address and secrets. That it was sent a certificate stays known."""
    with ctx.store.begin() as conn:
        _own(conn, principal, endpoint_id)
        gone = {"state": webhooks.REMOVED, "sealed": None}
        webhooks.change_endpoint(conn, endpoint_id, ctx.now(), **gone)
        webhooks.give_up(conn, endpoint_id, ctx.now())


def enable(ctx: Services, principal: Principal, endpoint_id: str) -> dict[str, Any]:
    """Call it again. What it missed is delivered when one resends it."""
    with ctx.store.begin() as conn:
        _own(conn, principal, endpoint_id)
        anew = {"state": webhooks.ACTIVE, "reason": None, "failures": 0, "failing_since": None}
        webhooks.change_endpoint(conn, endpoint_id, ctx.now(), not_before=0, **anew)
        return _shown(ctx, _own(conn, principal, endpoint_id))


def new_key(ctx: Services, principal: Principal, endpoint_id: str, hours: int) -> dict[str, Any]:
    """Give it a new secret, shown this once. The ones before sign besides for `hours` more (0: no more)."""
    secret, now = new_secret(), ctx.now()
    with ctx.store.begin() as conn:
        found = _own(conn, principal, endpoint_id)
        content = opened(ctx, found)
        until = now + hours * _HOUR
        old = [
            {"secret": one["secret"], "until": min(until, one["until"] or until)}
            for one in content["secrets"]
            if hours and (one["until"] is None or one["until"] > now)
        ]
        content["secrets"] = [{"secret": secret, "until": None}, *old][:_MOST_SECRETS]
        webhooks.change_endpoint(conn, endpoint_id, now, sealed=_seal(ctx, endpoint_id, content))
    return {**_shown(ctx, found), "secret": secret, "oldSecretsUntil": until if old else None}


def ping(ctx: Services, principal: Principal, endpoint_id: str) -> dict[str, Any]:
    """Have a test notice delivered, once; gives its message id, under which the log tells how it went.

    Raises NotFound `WEBHOOK_UNKNOWN`; Conflict `WEBHOOK_DISABLED`.
    """
    now, message = ctx.now(), notices.new_message()
    with ctx.store.begin() as conn:
        _callable(conn, principal, endpoint_id)
        ping = Notice(
            recipient=endpoint_id,
            type=Type.WEBHOOK_TEST,
            change=f"test/{message}",
            body=body(Type.WEBHOOK_TEST, now, {"webhook": endpoint_id}),
            created_at=now,
            message=message,
        )
        (made,) = notices.add(conn, [ping])
        webhooks.enqueue(conn, [(endpoint_id, made.id)], now)
    return {"message": message}


def log(
    ctx: Services,
    principal: Principal,
    endpoint_id: str,
    *,
    state: str | None,
    before: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """What was, and is to be, delivered to a webhook, newest first, with every attempt."""
    with ctx.store.read() as conn:
        _own(conn, principal, endpoint_id)
        rows = webhooks.deliveries(conn, endpoint_id, before=before, state=state, limit=limit)
        tried = webhooks.attempts(conn, [row.id for row in rows])
    return [_delivery(row, tried.get(row.id, [])) for row in rows]


def resend(
    ctx: Services, principal: Principal, endpoint_id: str, *, message: str | None, since: str | None
) -> dict[str, Any]:
    """Deliver one notice again, or all since a moment (`2026-01-31T12:00:00Z`, or a day), under their own
    message ids. Gives how many.

    Raises BadInput `MOMENT_INVALID`; NotFound `WEBHOOK_UNKNOWN`, `NOTICE_UNKNOWN`; Conflict
    `WEBHOOK_DISABLED`.
    """
    if (message is None) == (since is None):
        raise BadInput("MOMENT_INVALID", "Name either a message or the moment from which on.")
    moment = None if since is None else _moment(since)
    with ctx.store.begin() as conn:
        endpoint = _callable(conn, principal, endpoint_id)
        recipients = [endpoint.id] if endpoint.outside else [endpoint.organisation, endpoint.id]
        if message is not None:
            found = [one.id for who in recipients if (one := notices.get(conn, who, message)) is not None]
            if not found:
                raise NotFound("NOTICE_UNKNOWN")
        else:
            told = [one for who in recipients for one in notices.since(conn, who, moment or 0)]
            found = [one for one, kind in told if endpoint.wants(kind) and kind != Type.WEBHOOK_TEST]
        return {"resent": webhooks.ask_again(conn, endpoint_id, sorted(found), ctx.now())}


def opened(ctx: Services, endpoint: Endpoint) -> dict[str, Any]:
    """The sealed part: `{"url", "secrets": [{"secret", "until"}]}`. Raises Broken for what cannot be
    opened."""
    content: dict[str, Any] = orjson.loads(ctx.vault.open(endpoint.sealed or b"", f"webhooks/{endpoint.id}"))
    return content


def _own(conn: Connection, principal: Principal, endpoint_id: str) -> Endpoint:
    found = webhooks.endpoint(conn, endpoint_id)
    if found is None or found.organisation != own_organisation(principal) or found.sealed is None:
        raise NotFound("WEBHOOK_UNKNOWN")
    return found


def _callable(conn: Connection, principal: Principal, endpoint_id: str) -> Endpoint:
    found = _own(conn, principal, endpoint_id)
    if found.state != webhooks.ACTIVE:
        raise Conflict("WEBHOOK_DISABLED")
    return found


def _seal(ctx: Services, endpoint_id: str, content: dict[str, Any]) -> bytes:
    return ctx.vault.seal(orjson.dumps(content), f"webhooks/{endpoint_id}")


def _types(types: Sequence[str]) -> list[str]:
    inbox.check_types(types)
    return sorted(set(types))


def _moment(text: str) -> int:
    try:
        found = datetime.fromisoformat(text + "T00:00:00Z" if _DAY.fullmatch(text) else text)
        moment = int(found.replace(tzinfo=found.tzinfo or UTC).timestamp())
    except (ValueError, OverflowError):
        raise BadInput("MOMENT_INVALID") from None
    return max(0, moment)


def _shown(ctx: Services, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": opened(ctx, endpoint)["url"],
        "label": endpoint.label,
        "outside": endpoint.outside,
        "types": endpoint.types,
        "state": endpoint.state,
        "reason": endpoint.reason,
        "failingSince": endpoint.failing_since,
        "deliveredAt": endpoint.delivered_at,
        "createdAt": endpoint.created_at,
    }


def _delivery(row: Delivery, tried: Sequence[webhooks.Attempt]) -> dict[str, Any]:
    return {
        "id": row.id,
        "message": row.message,
        "type": row.type,
        "state": row.state,
        "nextAt": row.next_at if row.state == webhooks.PENDING else None,
        "createdAt": row.created_at,
        "attempts": [
            {"number": one.number, "at": one.at, "ms": one.ms, "status": one.status, "error": one.error}
            for one in tried
        ],
    }
