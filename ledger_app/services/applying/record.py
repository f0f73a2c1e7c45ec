"""What an application holds, opened from its row; who may see it; and putting a new version in its place."""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from ledger_app.access.principals import Kind, Principal
from ledger_app.domain.application import Application, Side, Stage, stage_now
from ledger_app.domain.certificate import check_for_issue
from ledger_app.domain.findings import Finding
from ledger_app.errors import Broken, Conflict, NotFound
from ledger_app.services.context import Services
from ledger_app.store import acts, applications
from ledger_app.store.applications import ApplicationRow, AttachmentRow, StepRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id

_NUMBER_TO_COME = "TO-BE-GIVEN"
_WRITTEN = (Stage.DRAFT, Stage.RETURNED)


@dataclass(frozen=True, slots=True)
class Case:
    """An application as it is now. `document`: what the applicant wrote, without what is attached; `files`:
    what the certificate's `evidence` will say of each attached file."""

    row: ApplicationRow
    life: Application
    document: dict[str, Any]
    files: tuple[dict[str, Any], ...] = ()

    def side(self, principal: Principal) -> Side:
        """Who the caller is to it."""
        return side_of(self.row, principal)

    def whole(self) -> dict[str, Any]:
        """The document with its evidence: the attached files, and those named that travel apart."""
        attached = {file["digest"] for file in self.files}
        named = self.document.get("evidence")
        apart = [
            entry
            for entry in (named if isinstance(named, list) else [])
            if not (isinstance(entry, dict) and entry.get("digest") in attached)
        ]
        evidence = [*self.files, *apart]
        return {**self.document, "evidence": evidence} if evidence else dict(self.document)


def side_of(row: ApplicationRow, principal: Principal) -> Side:
    """Who the caller is to an application: where the applicant is the issuer, it is SELF."""
    if principal.kind is not Kind.ORGANISATION or principal.organisation not in (row.applicant, row.issuer):
        return Side.OTHER
    if row.applicant == row.issuer:
        return Side.SELF
    return Side.APPLICANT if principal.organisation == row.applicant else Side.ISSUING_BODY


def stage_of(row: ApplicationRow) -> Stage:
    """Its stage now, what became of its act included."""
    return stage_now(
        Stage(row.stage),
        asked=row.act_id is not None,
        registered=row.act_state in acts.DONE,
        came_to_nothing=row.act_state in acts.DEAD,
    )


def find(conn: Connection, principal: Principal, application_id: str) -> ApplicationRow:
    """The application, for its applicant and, once submitted, its issuing body. Raises NotFound
    `APPLICATION_UNKNOWN`."""
    row = applications.by_id(conn, application_id)
    side = Side.OTHER if row is None else side_of(row, principal)
    if row is None or side is Side.OTHER or (side is Side.ISSUING_BODY and row.turns == 0):
        raise NotFound("APPLICATION_UNKNOWN")
    return row


def is_private(conn: Connection, row: ApplicationRow, side: Side) -> bool:
    """Whether what it says now is the applicant's alone: it is being written, or was given up meanwhile."""
    if side is not Side.ISSUING_BODY:
        return False
    stage = stage_of(row)
    if stage is Stage.WITHDRAWN:
        _, *before = applications.steps(conn, row.id, limit=2)
        return not before or Stage(before[0].stage) in _WRITTEN
    return stage in _WRITTEN


def opened(ctx: Services, conn: Connection, row: ApplicationRow) -> Case:
    """What the row holds. Raises Conflict `APPLICATION_ERASED`; Broken `RECORD_DAMAGED`."""
    if row.sealed is None:
        raise Conflict("APPLICATION_ERASED")
    try:
        content = orjson.loads(ctx.vault.open(row.sealed, f"applications/{row.id}"))
        life = Application(
            stage_of(row),
            tuple(content["reasons"]),
            row.turns,
            # Records of an earlier version name the last writer alone.
            tuple(content["writers"] if "writers" in content else [content["editedBy"]]),
            content["submittedBy"],
            content["examinedBy"],
            row.four_eyes,
        )
        return Case(row, life, content["document"], files_of(ctx, conn, row.id))
    except (KeyError, TypeError, ValueError) as bad:
        raise Broken("RECORD_DAMAGED", application=row.id) from bad


def files_of(ctx: Services, conn: Connection, application_id: str) -> tuple[dict[str, Any], ...]:
    """What the document's `evidence` says of each attached file, in order."""
    return tuple(file_of(ctx, row) for row in applications.attachments_of(conn, application_id))


def file_of(ctx: Services, row: AttachmentRow) -> dict[str, Any]:
    """What the document's `evidence` says of one file."""
    said: dict[str, Any] = orjson.loads(ctx.vault.open(row.sealed, f"attachments/{row.id}"))
    return {"digest": row.digest, "name": said["name"], "mediaType": said["mediaType"], "size": row.size} | (
        {"kind": said["kind"]} if said.get("kind") else {}
    )


def sealed(ctx: Services, application_id: str, life: Application, document: dict[str, Any]) -> bytes:
    """The content of a row."""
    content = {
        "document": document,
        "reasons": list(life.reasons),
        "writers": list(life.writers),
        "submittedBy": life.submitted_by,
        "examinedBy": life.examined_by,
    }
    return ctx.vault.seal(orjson.dumps(content), f"applications/{application_id}")


def must_be_at(row: ApplicationRow, version: int) -> None:
    """Raises Conflict `APPLICATION_MOVED` unless the application is at the version that the caller saw."""
    if row.version != version:
        stage = stage_of(row)
        words = f"It is {stage} now, at version {row.version}; you saw version {version}."
        raise Conflict("APPLICATION_MOVED", words, version=row.version, stage=stage.value)


def moved(
    ctx: Services,
    conn: Connection,
    principal: Principal,
    case: Case,
    step: str,
    life: Application,
    *,
    document: dict[str, Any] | None = None,
    reasons: tuple[str, ...] = (),
    act_id: str | None = None,
    certificate_id: str | None = None,
) -> Case:
    """Put the next version in the place of `case`, and write the step down.

    With an act the stage that is kept stays: what becomes of the act says the rest. Raises Conflict
    `APPLICATION_MOVED` when another step came first.
    """
    said = case.document if document is None else document
    asked = act_id is not None
    row = replace(
        case.row,
        scheme=scheme_of(said),
        stage=(case.life if asked else life).stage.value,
        version=case.row.version + 1,
        turns=life.turns,
        four_eyes=life.four_eyes,
        sealed=sealed(ctx, case.row.id, life, said),
        act_id=act_id,
        certificate_id=certificate_id,
        updated_at=ctx.now(),
        act_state=acts.NEEDS_SIGNATURE if asked else None,
        act_reason=None,
    )
    if not applications.replace(conn, row, case.row.version):
        raise Conflict("APPLICATION_MOVED")
    note_step(ctx, conn, principal, row, step, life.stage, reasons)
    return replace(case, row=row, life=life, document=said)


def note_step(
    ctx: Services,
    conn: Connection,
    principal: Principal,
    row: ApplicationRow,
    step: str,
    stage: Stage,
    reasons: tuple[str, ...] = (),
) -> None:
    """Write a step down: who, when, what, why."""
    step_id = new_id()
    words = orjson.dumps({"person": principal.person, "reasons": list(reasons)})
    applications.add_step(
        conn,
        StepRow(
            id=step_id,
            application_id=row.id,
            step=step,
            stage=stage.value,
            version=row.version,
            organisation=principal.organisation or "",
            act_id=row.act_id,
            sealed=ctx.vault.seal(words, f"application_steps/{step_id}"),
            created_at=ctx.now(),
        ),
    )


def scheme_of(document: dict[str, Any]) -> str | None:
    """The scheme that a draft names, if it could be one."""
    scheme = document.get("scheme")
    return scheme if isinstance(scheme, str) and 0 < len(scheme) <= 31 and scheme.isascii() else None


def findings(ctx: Services, case: Case) -> list[Finding]:
    """What is to be said of the document as if it were issued today; what the issuing body adds is taken as
    there."""
    given = {"number": _NUMBER_TO_COME, "issueDate": ctx.clock().date().isoformat()}
    return check_for_issue({**given, **case.whole()})
