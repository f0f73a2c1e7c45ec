"""An organisation's inbox: what it was told, for who would rather ask than be called."""

from collections.abc import Sequence
from typing import Any

from ledger_app.access.principals import Principal
from ledger_app.errors import BadInput
from ledger_app.services.acts import own_organisation
from ledger_app.services.context import Services
from ledger_app.services.recipients.changes import WORDS, Type
from ledger_app.store import members, notices
from ledger_app.store.notices import Notice


def listed(
    ctx: Services,
    principal: Principal,
    *,
    newest: bool = False,
    place: int | None = None,
    types: Sequence[str] = (),
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Notices of the caller's organisation, oldest first, or `newest` first; beyond the one with the id
    `place`. Raises BadInput `WEBHOOK_TYPE_UNKNOWN`.
    """
    check_types(types)
    recipient = own_organisation(principal)
    with ctx.store.read() as conn:
        rows = notices.inbox(
            conn,
            recipient,
            after=None if newest else place or 0,
            before=place if newest else None,
            types=types,
            limit=limit,
        )
        issuers = {row.body["data"].get("issuer") for row in rows} | {
            row.body["data"].get("by") for row in rows
        }
        names = members.names(conn, sorted(one for one in issuers if one))
    return [_shown(row, names) for row in rows]


def check_types(types: Sequence[str]) -> None:
    """Raise BadInput `WEBHOOK_TYPE_UNKNOWN` for a type that is none."""
    for one in types:
        if one not in list(Type):
            raise BadInput("WEBHOOK_TYPE_UNKNOWN", f"There are: {', '.join(Type)}.")


def _shown(row: Notice, names: dict[str, str]) -> dict[str, Any]:
    data = row.body["data"]
    return {
        "id": row.id,
        "message": row.message,
        "type": row.type,
        "words": WORDS[Type(row.type)],
        "timestamp": row.body["timestamp"],
        "toldAt": row.created_at,
        "undone": row.undone,
        "names": {one: names[one] for one in (data.get("issuer"), data.get("by")) if one in names},
        "data": data,
    }
