"""Organisations by name, and the tokens that let people in. Tokens are kept as SHA-256 only."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from ledger_app.store.ids import new_id
from ledger_app.store.tables import index_accreditations, index_council, index_keys, index_organisations
from ledger_app.store.tables_records import members, organisation_secrets, tokens


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation as this installation knows it. `roles` is what the index last saw on the ledger, 0 if
    nothing.
    """

    organisation: str
    identifier: str
    name: str
    territory: str
    created_at: int
    roles: int


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token without its text. `kind` is organisation, council, trader or operator."""

    id: str
    kind: str
    organisation: str | None
    member: str | None
    label: str
    created_at: int
    revoked_at: int | None
    person: str | None = None


def put_member(
    conn: Connection, *, organisation: str, identifier: str, name: str, territory: str, replace: bool = True
) -> None:
    """Record an organisation's names; `replace` corrects those of one that is recorded already."""
    values = {"identifier": identifier, "name": name, "territory": territory}
    if not replace and member(conn, organisation) is not None:
        return
    changed = conn.execute(update(members).where(members.c.organisation == organisation).values(values))
    if changed.rowcount == 0:
        conn.execute(insert(members).values(organisation=organisation, created_at=int(time.time()), **values))


def member(conn: Connection, organisation: str) -> Member | None:
    """One organisation by its id."""
    row = conn.execute(_members().where(members.c.organisation == organisation)).mappings().one_or_none()
    return None if row is None else _member(row)


def all_members(conn: Connection, *, after: str = "", limit: int = 100) -> list[Member]:
    """Organisations in the order of their ids, beginning after `after`."""
    query = _members().where(members.c.organisation > after).order_by(members.c.organisation).limit(limit)
    return [_member(row) for row in conn.execute(query).mappings()]


def names(conn: Connection, organisations: list[str]) -> dict[str, str]:
    """The name of each organisation that is known here."""
    query = select(members.c.organisation, members.c.name).where(members.c.organisation.in_(organisations))
    return {row.organisation: row.name for row in conn.execute(query)}


def roles_of(conn: Connection, organisation: str) -> tuple[int, str | None]:
    """Role bits and territory (hex of 8 bytes) that the index saw on the ledger last; (0, None) if
    nothing.
    """
    query = select(index_organisations.c.roles, index_organisations.c.territory)
    row = conn.execute(query.where(index_organisations.c.organisation == organisation)).one_or_none()
    return (0, None) if row is None else (int(row.roles), row.territory)


def keys_of(conn: Connection, organisation: str) -> list[RowMapping]:
    """The organisation's keys as the index last saw them: key, added_at, ended_at, disowned_since."""
    query = select(
        index_keys.c.key, index_keys.c.added_at, index_keys.c.ended_at, index_keys.c.disowned_since
    ).where(index_keys.c.organisation == organisation)
    return list(conn.execute(query.order_by(index_keys.c.added_at)).mappings())


def accreditations_of(conn: Connection, organisation: str) -> list[RowMapping]:
    """The organisation's accreditations as the index last saw them: scheme, kind, from_day, until_day."""
    query = select(
        index_accreditations.c.scheme,
        index_accreditations.c.kind,
        index_accreditations.c.from_day,
        index_accreditations.c.until_day,
    ).where(index_accreditations.c.organisation == organisation)
    return list(conn.execute(query).mappings())


def council(conn: Connection) -> RowMapping | None:
    """The council as the index last saw it: epoch, threshold, members, paused_until, sealed."""
    return conn.execute(select(index_council)).mappings().first()


# --- tokens ----------------------------------------------------------------------------------------------


def add_token(
    conn: Connection,
    *,
    token_hash: str,
    kind: str,
    organisation: str | None,
    member: str | None,
    label: str,
    person: str | None = None,
) -> str:
    """Keep a token's hash; gives the token's id."""
    token_id = new_id()
    conn.execute(
        insert(tokens).values(
            id=token_id,
            hash=token_hash,
            kind=kind,
            organisation=organisation,
            member=member,
            label=label,
            person=person,
            created_at=int(time.time()),
        )
    )
    return token_id


def token_by_hash(conn: Connection, token_hash: str) -> tuple[TokenRow, str] | None:
    """The token with this hash and the hash as stored (for a constant-time comparison); revoked ones
    included.
    """
    row = conn.execute(select(tokens).where(tokens.c.hash == token_hash)).mappings().one_or_none()
    return None if row is None else (_token(row), row["hash"])


def all_tokens(conn: Connection, organisation: str | None = None) -> list[TokenRow]:
    """Tokens, oldest first; of one organisation if given."""
    query = select(tokens).order_by(tokens.c.id)
    if organisation is not None:
        query = query.where(tokens.c.organisation == organisation)
    return [_token(row) for row in conn.execute(query).mappings()]


def revoke_token(conn: Connection, token_id: str) -> bool:
    """End a token; False if there is none or it ended before."""
    query = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    return conn.execute(query.values(revoked_at=int(time.time()))).rowcount == 1


# --- secrets that an organisation needs again and again --------------------------------------------------


def secret(conn: Connection, organisation: str, purpose: str) -> bytes | None:
    """The sealed secret, or None before `keep_secret`."""
    table = organisation_secrets
    query = select(table.c.sealed).where(table.c.organisation == organisation, table.c.purpose == purpose)
    return conn.execute(query).scalar_one_or_none()


def keep_secret(conn: Connection, organisation: str, purpose: str, sealed: bytes) -> None:
    """Keep a sealed secret for ever: replacing it would change every claim id derived from it."""
    conn.execute(
        insert(organisation_secrets).values(organisation=organisation, purpose=purpose, sealed=sealed)
    )


def _members() -> Select[Any]:
    joined = members.outerjoin(
        index_organisations, index_organisations.c.organisation == members.c.organisation
    )
    return select(members, index_organisations.c.roles).select_from(joined)


def _member(row: RowMapping) -> Member:
    return Member(
        organisation=row["organisation"],
        identifier=row["identifier"],
        name=row["name"],
        territory=row["territory"],
        created_at=row["created_at"],
        roles=row["roles"] or 0,
    )


def _token(row: RowMapping) -> TokenRow:
    return TokenRow(
        **{
            name: row[name]
            for name in (
                "id",
                "kind",
                "organisation",
                "member",
                "label",
                "created_at",
                "revoked_at",
                "person",
            )
        }
    )
