"""Who is who here: names behind the ids that the ledger knows, and the tokens that let people in."""

from typing import Any

from ledger_app.access.principals import Kind, Principal, create_token
from ledger_app.domain.terms import territory_id
from ledger_app.errors import BadInput, NotFound, NotPermitted
from ledger_app.proof.hexes import from_hex, to_hex
from ledger_app.services.context import Services
from ledger_app.services.names import id_of
from ledger_app.store import members
from ledger_app.store.members import TokenRow


def record_name(ctx: Services, identifier: str, name: str, territory: str, *, replace: bool = True) -> str:
    """Record who an organisation is; gives its id (0x…). The ledger knows only the id.

    Without `replace` the name of an organisation that is recorded already stays.
    """
    territory_id(territory)
    organisation = id_of(identifier)
    if identifier == organisation:
        raise BadInput("IDENTIFIER_INVALID", "The registered identifier is needed, not its hash.")
    with ctx.store.begin() as conn:
        members.put_member(
            conn,
            organisation=organisation,
            identifier=identifier,
            name=name,
            territory=territory,
            replace=replace,
        )
    return organisation


def new_token(
    ctx: Services, principal: Principal, kind: Kind, subject: str | None, label: str, person: str = ""
) -> str:
    """A token's text, shown this once. The operator makes any; others make further ones for themselves only.

    `subject`: an organisation's identifier or id, or a council member's address; None for traders and
    operators. `person`: who uses it. Whoever is a person already makes tokens for the same one only, or four
    eyes would be two tokens of one pair.
    """
    organisation = id_of(subject) if kind is Kind.ORGANISATION and subject else None
    member = (
        to_hex(from_hex(subject, 20, field="member", any_case=True))
        if kind is Kind.COUNCIL and subject
        else None
    )
    own = (principal.kind, principal.organisation, principal.member) == (kind, organisation, member)
    if principal.kind is not Kind.OPERATOR and not own:
        raise NotPermitted("NOT_ENTITLED")
    if principal.person and kind is Kind.ORGANISATION and principal.kind is Kind.ORGANISATION:
        if person not in ("", principal.person):
            raise NotPermitted("NOT_ENTITLED", "A person's token makes tokens for that person only.")
        person = principal.person
    return create_token(ctx.store, kind, organisation=organisation, member=member, label=label, person=person)


def name_as(ctx: Services, principal: Principal, identifier: str, name: str, territory: str) -> str:
    """Record who an organisation is: the council and the operator anybody, an organisation itself. Gives the
    id.
    """
    if principal.kind is Kind.ORGANISATION and principal.organisation != id_of(identifier):
        raise NotPermitted("NOT_ENTITLED", "An organisation records its own name only.")
    return record_name(ctx, identifier, name, territory)


def tokens(ctx: Services, principal: Principal) -> list[dict[str, Any]]:
    """The caller's tokens; the operator sees all."""
    with ctx.store.read() as conn:
        rows = members.all_tokens(conn)
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "organisation": row.organisation,
            "member": row.member,
            "label": row.label,
            "person": row.person,
            "createdAt": row.created_at,
            "revokedAt": row.revoked_at,
        }
        for row in rows
        if _owns(principal, row)
    ]


def revoke_token(ctx: Services, principal: Principal, token_id: str) -> None:
    """End a token of the caller's; the operator ends any. Raises NotFound `TOKEN_UNKNOWN`."""
    with ctx.store.begin() as conn:
        row = next((row for row in members.all_tokens(conn) if row.id == token_id), None)
        if row is None or not _owns(principal, row) or not members.revoke_token(conn, token_id):
            raise NotFound("TOKEN_UNKNOWN")


def _owns(principal: Principal, row: TokenRow) -> bool:
    if principal.kind is Kind.OPERATOR:
        return True
    mine = (principal.kind.value, principal.organisation, principal.member)
    return (row.kind, row.organisation, row.member) == mine
