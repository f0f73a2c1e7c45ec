"""Making notices: their bodies, and to which webhooks they go besides the inbox.

A body holds what the ledger shows anyway, and a certificate's number for who may read it: no name, no
document, no link that lets anybody in.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ledger_app.domain.standing import Standing
from ledger_app.services.context import Services
from ledger_app.services.recipients.changes import Type
from ledger_app.store import notices, webhooks
from ledger_app.store.engine import Connection
from ledger_app.store.index import EventRow
from ledger_app.store.notices import Notice
from ledger_app.store.recipients import Paper


def body(type_: Type, when: int, data: dict[str, Any]) -> dict[str, Any]:
    """A notice's body, as a webhook sends it. `when`: Unix seconds of what it tells."""
    stamp = datetime.fromtimestamp(when, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"type": type_.value, "timestamp": stamp, "data": data}


def about(ctx: Services, paper: Paper, *, numbered: bool, standing: Standing | None) -> dict[str, Any]:
    """What every notice says of its certificate. `numbered`: with its number and record id."""
    data: dict[str, Any] = {"issuer": paper.issuer, "digest": paper.digest, "leaf": paper.leaf}
    if numbered:
        data |= {"number": paper.number, "certificate": paper.certificate_id}
    data["standing"] = None if standing is None else standing.value
    data["link"] = f"{ctx.settings.base_url}/c/{paper.leaf}"
    return data


def place(event: EventRow) -> dict[str, Any]:
    """Where on the ledger it happened. Only what is final by the chain's profile is told."""
    return {
        "block": event.block_number,
        "blockTime": event.block_time,
        "logIndex": event.log_index,
        "transaction": event.tx_hash,
        "final": True,
    }


def publish(conn: Connection, made: Sequence[tuple[str, Notice]], now: int) -> int:
    """Record notices, each with its owner (the organisation that is told, or whose endpoint is), and have
    them delivered to the owners' endpoints that want them. Gives how many deliveries that are.
    """
    if not made:
        return 0
    stored = notices.add(conn, [notice for _, notice in made])
    endpoints: dict[str, list[webhooks.Endpoint]] = {}
    for endpoint in webhooks.endpoints_of(conn, sorted({owner for owner, _ in made})):
        endpoints.setdefault(endpoint.organisation, []).append(endpoint)
    pairs = []
    for (owner, _), notice in zip(made, stored, strict=True):
        to_all = notice.recipient == owner
        for one in endpoints.get(owner, ()):
            named = one.id == notice.recipient
            if (named or (to_all and not one.outside)) and one.wants(notice.type):
                pairs.append((one.id, notice.id))
    webhooks.enqueue(conn, pairs, now)
    return len(pairs)
