"""Reading about members: organisations with their roles, keys and accreditations, and the council, as the
index has them.
"""

from typing import Any

from ledger_app.domain.standing import AccreditationKind, Role
from ledger_app.domain.terms import day_date, scheme_code
from ledger_app.errors import NotFound
from ledger_app.services.context import Services
from ledger_app.services.names import id_of
from ledger_app.store import members
from ledger_app.store.members import Member


def organisations(ctx: Services, *, after: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """Organisations known by name here, in the order of their ids."""
    with ctx.store.read() as conn:
        return [_brief(row) for row in members.all_members(conn, after=after, limit=limit)]


def organisation(ctx: Services, given: str) -> dict[str, Any]:
    """One organisation (identifier or id) in full. Raises NotFound `ORGANISATION_UNKNOWN_HERE`."""
    with ctx.store.read() as conn:
        row = members.member(conn, id_of(given))
        if row is None:
            raise NotFound("ORGANISATION_UNKNOWN_HERE")
        keys = members.keys_of(conn, row.organisation)
        rights = members.accreditations_of(conn, row.organisation)
    return {
        **_brief(row),
        "keys": [
            {
                "key": key["key"],
                "since": key["added_at"],
                "until": key["ended_at"],
                "disownedSince": key["disowned_since"],
            }
            for key in keys
        ],
        "accreditations": [
            {
                "scheme": scheme_code(bytes.fromhex(right["scheme"][2:])),
                "kind": right["kind"],
                "words": AccreditationKind(right["kind"]).words,
                "from": _day(right["from_day"]),
                "until": _day(right["until_day"]),
            }
            for right in rights
        ],
    }


def council(ctx: Services) -> dict[str, Any]:
    """The council as the ledger has it now."""
    seen = ctx.gateway.council()
    return {
        "members": [member.lower() for member in seen.members],
        "threshold": seen.threshold,
        "epoch": seen.epoch,
        "pausedUntil": seen.paused_until if seen.paused_until > ctx.now() else None,
    }


def _brief(row: Member) -> dict[str, Any]:
    return {
        "id": row.organisation,
        "identifier": row.identifier,
        "name": row.name,
        "territory": row.territory,
        "roles": Role(row.roles).names,
    }


def _day(number: int) -> str | None:
    day = day_date(number)
    return day.isoformat() if day else None
