"""Every sealed value under the current master key, so that an older one can be taken away.

Only the wrapping of each value's own key changes; the ciphertext stays. A value says under which master key
it is, so that whatever stops this, the next run goes on with what is left. It may run beside the service: a
row is changed only as it was read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, Table, and_, func, literal, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from ledger_app.errors import Broken
from ledger_app.store.engine import Connection, Store
from ledger_app.store.secrets import Vault
from ledger_app.store.tables_applications import (
    application_steps,
    applications,
    attachment_parts,
    attachments,
)
from ledger_app.store.tables_cargo import cargo_captures, cargo_events, cargo_streams
from ledger_app.store.tables_imports import import_jobs, import_pages
from ledger_app.store.tables_recipients import webhook_endpoints
from ledger_app.store.tables_records import (
    acts,
    certificate_links,
    certificates,
    enquiries,
    organisation_secrets,
    received_bundles,
)

#: Each sealed column and the context that its values are bound to.
SEALED: Final[tuple[tuple[Table, str, str], ...]] = (
    (organisation_secrets, "sealed", "organisation-secrets/{organisation}/{purpose}"),
    (acts, "sealed", "acts/{id}"),
    (certificates, "sealed", "certificates/{id}"),
    (received_bundles, "sealed", "received/{id}"),
    (enquiries, "sealed", "enquiries/{id}"),
    (enquiries, "answer_sealed", "enquiries/{id}/answer"),
    (applications, "sealed", "applications/{id}"),
    (application_steps, "sealed", "application_steps/{id}"),
    (attachments, "sealed", "attachments/{id}"),
    (attachment_parts, "sealed", "attachments/{attachment_id}/{part}"),
    (cargo_streams, "sealed", "cargo_streams/{id}"),
    (cargo_captures, "sealed", "cargo_captures/{id}"),
    (cargo_captures, "report", "cargo_reports/{id}"),
    (cargo_events, "sealed", "cargo_events/{id}"),
    (import_jobs, "sealed", "import_jobs/{id}"),
    (import_pages, "sealed", "import_pages/{job_id}/{page}"),
    (import_pages, "report", "import_reports/{job_id}/{page}"),
    (webhook_endpoints, "sealed", "webhooks/{id}"),
)
_PAGE: Final = 200

Names = Callable[[bytes], Iterable[tuple[str, str]]]
"""The (kind, name) pairs that a certificate is found by, from its opened value."""


@dataclass(slots=True)
class Rewrapped:
    """What was done: how many values, and the contexts of those that no configured key opens."""

    done: int = 0
    unreadable: list[str] = field(default_factory=list)


def rewrap(store: Store, vault: Vault, names: Names, said: Callable[[int], None] | None = None) -> Rewrapped:
    """Re-wrap every value that is under another master key than the vault's current one.

    The blind index of a certificate's names moves with it, in the same transaction. `said` hears how many
    values were done after each page.
    """
    found = Rewrapped()
    for table, column, context in SEALED:
        after: tuple[Any, ...] | None = None
        while True:
            with store.read() as conn:
                rows = _page(conn, table, table.c[column], vault, after)
            if not rows:
                break
            with store.begin() as conn:
                for row in rows:
                    _row(conn, vault, table, column, context.format(**row), row, names, found)
            after = _key(table, rows[-1])
            if said is not None:
                said(found.done)
    return found


def left(store: Store, vault: Vault) -> int:
    """How many values are under another master key than the current one."""
    with store.read() as conn:
        return sum(
            conn.execute(
                select(func.count()).select_from(table).where(_elsewhere(table.c[column], vault))
            ).scalar_one()
            for table, column, _ in SEALED
        )


def _row(
    conn: Connection,
    vault: Vault,
    table: Table,
    column: str,
    context: str,
    row: dict[str, Any],
    names: Names,
    found: Rewrapped,
) -> None:
    try:
        moved = vault.rewrap(row[column], context)
        pairs = list(names(vault.open(row[column], context))) if table is certificates else []
    except Broken:
        found.unreadable.append(context)
        return
    same = and_(*(table.c[name] == row[name] for name in _names(table)), table.c[column] == row[column])
    if conn.execute(update(table).where(same).values({column: moved})).rowcount:
        found.done += 1
        for kind, name in pairs:
            _move_index(conn, vault, str(row["id"]), kind, name)


def _move_index(conn: Connection, vault: Vault, certificate: str, kind: str, name: str) -> None:
    current, *older = vault.blinds("name", name)
    links = certificate_links.c
    conn.execute(
        update(certificate_links)
        .where(links.certificate_id == certificate, links.kind == kind, links.value.in_(older))
        .values(value=current)
    )


def _page(
    conn: Connection, table: Table, column: Column[Any], vault: Vault, after: tuple[Any, ...] | None
) -> list[dict[str, Any]]:
    keys = [table.c[name] for name in _names(table)]
    query = select(*keys, column).where(_elsewhere(column, vault)).order_by(*keys).limit(_PAGE)
    if after is not None:
        query = query.where(or_(*_later(keys, after)))
    return [dict(row) for row in conn.execute(query).mappings()]


def _later(keys: list[Column[Any]], after: tuple[Any, ...]) -> Iterator[ColumnElement[bool]]:
    for place, key in enumerate(keys):
        equal = [known == value for known, value in zip(keys[:place], after[:place], strict=True)]
        yield and_(*equal, key > after[place])


def _elsewhere(column: Column[Any], vault: Vault) -> ColumnElement[bool]:
    head = vault.head
    return and_(column.is_not(None), func.substr(column, 1, len(head)) != literal(head))


def _names(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _key(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _names(table))
