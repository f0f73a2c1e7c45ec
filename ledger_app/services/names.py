"""Organisations by whichever name is given: identifier, or the id that the ledger knows."""

from ledger_app.domain.terms import organisation_id
from ledger_app.errors import NotFound
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.services.context import Services
from ledger_app.store import members
from ledger_app.store.members import Member


def id_of(given: str) -> str:
    """The organisation id (0x…) from an identifier, or from itself. Raises BadInput `IDENTIFIER_INVALID`."""
    if len(given) == 66 and given.startswith("0x"):
        return to_hex(from_hex(given.lower(), 32, field="organisation"))
    return to_hex(organisation_id(given))


def member_of(ctx: Services, given: str) -> Member:
    """The organisation as recorded here. Raises NotFound `ORGANISATION_UNKNOWN_HERE`."""
    with ctx.store.read() as conn:
        found = members.member(conn, id_of(given))
    if found is None:
        raise NotFound("ORGANISATION_UNKNOWN_HERE")
    return found


def identifier_of(ctx: Services, given: str) -> str:
    """The registered identifier: the given one, or the one recorded here for an id."""
    if len(given) == 66 and given.startswith("0x"):
        return member_of(ctx, given).identifier
    return given
