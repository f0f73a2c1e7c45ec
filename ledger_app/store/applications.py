"""Applications, their steps, and the files attached to them.

Content is sealed; what stands in the clear is what applications are listed by. Where an application's act is
alive, its state belongs to what the stage is: `ApplicationRow.act_state`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from ledger_app.domain.application import Stage
from ledger_app.store.acts import DEAD, DONE
from ledger_app.store.tables_applications import (
    application_steps,
    applications,
    attachment_parts,
    attachments,
    attachments_shared,
)
from ledger_app.store.tables_records import acts


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One application. `sealed` opens (context `applications/<id>`) to its content, None once erased;
    `act_state`, `act_reason` are those of the issuing act, if it was ever asked for."""

    id: str
    applicant: str
    issuer: str
    scheme: str | None
    stage: str
    version: int
    turns: int
    four_eyes: bool
    sealed: bytes | None
    act_id: str | None
    certificate_id: str | None
    created_at: int
    updated_at: int
    act_state: str | None = None
    act_reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `sealed` opens (context `application_steps/<id>`) to `{"person", "reasons"}`."""

    id: str
    application_id: str
    step: str
    stage: str
    version: int
    organisation: str
    act_id: str | None
    sealed: bytes | None
    created_at: int
    act_state: str | None = None
    act_reason: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """One file. `sealed` opens (context `attachments/<id>`) to what the document's `evidence` says of it."""

    id: str
    application_id: str
    digest: str
    size: int
    parts: int
    sealed: bytes
    created_at: int


_JOINED = ("act_state", "act_reason")


def add(conn: Connection, row: ApplicationRow) -> None:
    """Record a new application."""
    conn.execute(insert(applications).values(_own_columns(row)))


def replace(conn: Connection, row: ApplicationRow, seen: int) -> bool:
    """Put `row` in the place of its version `seen`; False when that is no longer the current one."""
    mine = (applications.c.id == row.id) & (applications.c.version == seen)
    return conn.execute(update(applications).where(mine).values(_own_columns(row))).rowcount == 1


def by_id(conn: Connection, application_id: str) -> ApplicationRow | None:
    """The application with this id."""
    row = conn.execute(_query().where(applications.c.id == application_id)).mappings().one_or_none()
    return None if row is None else ApplicationRow(**row)


def of_certificate(conn: Connection, certificate_id: str) -> ApplicationRow | None:
    """The application that led to a certificate."""
    row = conn.execute(_query().where(applications.c.certificate_id == certificate_id)).mappings().first()
    return None if row is None else ApplicationRow(**row)


def listed(
    conn: Connection,
    organisation: str,
    *,
    stage: Stage | None = None,
    received: bool | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[ApplicationRow]:
    """The applications that `organisation` made or was sent, newest first; `received` narrows to one of both.

    What was never submitted is not sent.
    """
    table = applications.c
    made = table.applicant == organisation
    sent = and_(table.issuer == organisation, table.turns > 0)
    whose = or_(made, sent) if received is None else and_(sent, ~made) if received else made
    query = _query().where(whose).order_by(table.id.desc()).limit(limit)
    if stage is not None:
        query = query.where(_in_stage(stage))
    if before is not None:
        query = query.where(table.id < before)
    return [ApplicationRow(**row) for row in conn.execute(query).mappings()]


def erase(conn: Connection, application_id: str) -> None:
    """Destroy what the application says, its files, and the words and persons of its steps."""
    conn.execute(update(applications).where(applications.c.id == application_id).values(sealed=None))
    mine = application_steps.c.application_id == application_id
    conn.execute(update(application_steps).where(mine).values(sealed=None))
    for row in attachments_of(conn, application_id):
        detach(conn, row.id)


# --- steps ------------------------------------------------------------------------------------------------


def add_step(conn: Connection, row: StepRow) -> None:
    """Record a step."""
    values = {name: value for name, value in asdict(row).items() if name not in _JOINED}
    conn.execute(insert(application_steps).values(values))


def steps(
    conn: Connection, application_id: str, *, before: int | None = None, limit: int = 50
) -> list[StepRow]:
    """The steps of an application, the latest first; `before` is the version to continue from."""
    table = application_steps
    query = select(table, acts.c.state.label("act_state"), acts.c.reason.label("act_reason")).select_from(
        table.outerjoin(acts, acts.c.id == table.c.act_id)
    )
    query = query.where(table.c.application_id == application_id)
    if before is not None:
        query = query.where(table.c.version < before)
    rows = conn.execute(query.order_by(table.c.version.desc()).limit(limit)).mappings()
    return [StepRow(**row) for row in rows]


# --- files ------------------------------------------------------------------------------------------------


def attach(conn: Connection, row: AttachmentRow, parts: Sequence[bytes]) -> None:
    """Record a file, `parts` of its sealed bytes in order."""
    conn.execute(insert(attachments).values(asdict(row)))
    for number, part in enumerate(parts):
        conn.execute(insert(attachment_parts).values(attachment_id=row.id, part=number, sealed=part))


def attachments_of(conn: Connection, application_id: str) -> list[AttachmentRow]:
    """The files of an application, in the order in which they were attached."""
    query = select(attachments).where(attachments.c.application_id == application_id)
    return [AttachmentRow(**row) for row in conn.execute(query.order_by(attachments.c.id)).mappings()]


def attachment(conn: Connection, attachment_id: str) -> AttachmentRow | None:
    """The file with this id."""
    query = select(attachments).where(attachments.c.id == attachment_id)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else AttachmentRow(**row)


def parts_of(conn: Connection, attachment_id: str) -> Iterator[tuple[int, bytes]]:
    """The sealed parts of a file with their numbers, in order."""
    table = attachment_parts
    query = select(table.c.part, table.c.sealed).where(table.c.attachment_id == attachment_id)
    for row in conn.execute(query.order_by(table.c.part)):
        yield row.part, row.sealed


def detach(conn: Connection, attachment_id: str) -> None:
    """Destroy a file."""
    for table, column in (
        (attachment_parts, attachment_parts.c.attachment_id),
        (attachments_shared, attachments_shared.c.attachment_id),
        (attachments, attachments.c.id),
    ):
        conn.execute(delete(table).where(column == attachment_id))


def share(conn: Connection, enquiry_id: str, attachment_id: str, now: int) -> None:
    """Let the customs that asked `enquiry_id` read a file; once more changes nothing."""
    if not is_shared(conn, enquiry_id, attachment_id):
        values = {"enquiry_id": enquiry_id, "attachment_id": attachment_id, "created_at": now}
        conn.execute(insert(attachments_shared).values(values))


def is_shared(conn: Connection, enquiry_id: str, attachment_id: str) -> bool:
    """Whether the file was shared for this enquiry."""
    table = attachments_shared.c
    query = select(func.count()).where(table.enquiry_id == enquiry_id, table.attachment_id == attachment_id)
    return bool(conn.execute(query).scalar_one())


def shared(conn: Connection, enquiry_id: str) -> list[AttachmentRow]:
    """The files shared for an enquiry."""
    joined = attachments.join(attachments_shared, attachments_shared.c.attachment_id == attachments.c.id)
    query = select(attachments).select_from(joined).where(attachments_shared.c.enquiry_id == enquiry_id)
    return [AttachmentRow(**row) for row in conn.execute(query.order_by(attachments.c.id)).mappings()]


def _query() -> Select[Any]:
    return select(
        applications, acts.c.state.label("act_state"), acts.c.reason.label("act_reason")
    ).select_from(applications.outerjoin(acts, acts.c.id == applications.c.act_id))


def _in_stage(stage: Stage) -> ColumnElement[bool]:
    """As `domain.application.stage_now` says it."""
    if stage is Stage.ISSUED:
        return acts.c.state.in_(DONE)
    if stage is Stage.ISSUING:
        return acts.c.state.not_in((*DONE, *DEAD))
    return and_(applications.c.stage == stage.value, or_(acts.c.state.is_(None), acts.c.state.in_(DEAD)))


def _own_columns(row: ApplicationRow) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name not in _JOINED}
