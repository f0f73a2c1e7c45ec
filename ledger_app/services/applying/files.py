"""Supporting evidence: files attached to an application, sealed part by part.

The certificate's document binds each file by its SHA-256; the file itself is read back by the applicant, the
issuing body, and the customs whose enquiry the issuing body shares it for.
"""

import hashlib
import mimetypes
from typing import Any, Final

import orjson
from pydantic import ValidationError

from ledger_app.access.principals import Principal
from ledger_app.domain.application import do
from ledger_app.domain.model_parts import Evidence
from ledger_app.errors import BadInput, Broken, NotFound, TooLarge
from ledger_app.services.acts import own_organisation
from ledger_app.services.applying import reading, record
from ledger_app.services.context import Services
from ledger_app.store import applications, certificates, enquiries
from ledger_app.store.applications import AttachmentRow
from ledger_app.store.engine import Connection
from ledger_app.store.ids import new_id

MAX_FILES: Final = 20
_MAX_TOTAL_OF_LARGEST: Final = 5
_PART: Final = 128 * 1024
"""Bytes sealed at a time: re-wrapping reads 200 values at once."""


def attach(
    ctx: Services,
    principal: Principal,
    application_id: str,
    name: str,
    content: bytes,
    *,
    media_type: str = "",
    kind: str = "",
) -> dict[str, Any]:
    """Attach a file to the caller's draft; gives the application. The same file again changes nothing.

    `media_type`: default by the name's ending. Raises as `steps.edit`; BadInput `FILE_EMPTY`,
    `ATTACHMENT_INVALID`; TooLarge `ATTACHMENT_TOO_LARGE`, `ATTACHMENTS_MANY`.
    """
    most = ctx.settings.max_attachment_bytes
    if len(content) > most:
        raise TooLarge("ATTACHMENT_TOO_LARGE", f"A file has at most {most} bytes.")
    said = _evidence(name, content, media_type, kind)
    attachment_id = new_id()
    parts = [
        ctx.vault.seal(content[start : start + _PART], f"attachments/{attachment_id}/{number}")
        for number, start in enumerate(range(0, len(content), _PART))
    ]
    row = AttachmentRow(
        id=attachment_id,
        application_id=application_id,
        digest=said["digest"],
        size=len(content),
        parts=len(parts),
        sealed=ctx.vault.seal(orjson.dumps(said), f"attachments/{attachment_id}"),
        created_at=ctx.now(),
    )
    with ctx.store.begin() as conn:
        case = record.opened(ctx, conn, record.find(conn, principal, application_id))
        life = do(case.life, "edit", case.side(principal), person=principal.person)
        known = applications.attachments_of(conn, application_id)
        if row.digest in {one.digest for one in known}:
            return reading.shown(ctx, conn, principal, case)
        if (
            len(known) >= MAX_FILES
            or sum(one.size for one in known) + row.size > _MAX_TOTAL_OF_LARGEST * most
        ):
            words = f"At most {MAX_FILES} files, of {_MAX_TOTAL_OF_LARGEST * most} bytes together."
            raise TooLarge("ATTACHMENTS_MANY", words)
        applications.attach(conn, row, parts)
        after = record.moved(ctx, conn, principal, case, "attach", life)
        return reading.shown(ctx, conn, principal, record.opened(ctx, conn, after.row))


def detach(ctx: Services, principal: Principal, application_id: str, attachment_id: str) -> dict[str, Any]:
    """Destroy a file of the caller's draft; gives the application. Raises as `steps.edit`, NotFound
    `ATTACHMENT_UNKNOWN`."""
    with ctx.store.begin() as conn:
        case = record.opened(ctx, conn, record.find(conn, principal, application_id))
        life = do(case.life, "edit", case.side(principal), person=principal.person)
        _file(conn, application_id, attachment_id)
        applications.detach(conn, attachment_id)
        after = record.moved(ctx, conn, principal, case, "detach", life)
        return reading.shown(ctx, conn, principal, record.opened(ctx, conn, after.row))


def read(
    ctx: Services, principal: Principal, application_id: str, attachment_id: str
) -> tuple[dict[str, Any], bytes]:
    """What the document says of a file, and its bytes. Raises NotFound `APPLICATION_UNKNOWN`,
    `ATTACHMENT_UNKNOWN`; Broken `SEALED_UNREADABLE`, `RECORD_DAMAGED` for a file that was changed."""
    with ctx.store.read() as conn:
        row = record.find(conn, principal, application_id)
        if record.is_private(conn, row, record.side_of(row, principal)):
            raise NotFound("ATTACHMENT_UNKNOWN")
        return _opened(ctx, conn, _file(conn, application_id, attachment_id))


# --- shown to customs, for an enquiry ---------------------------------------------------------------------


def share(ctx: Services, principal: Principal, enquiry: str, attachment_id: str) -> dict[str, Any]:
    """Let the customs that asked `enquiry` of the caller read a file of that certificate's application.

    Gives what `shared` does. Raises NotFound `ENQUIRY_UNKNOWN_HERE`, `ATTACHMENT_UNKNOWN`.
    """
    with ctx.store.begin() as conn:
        asked = enquiries.by_id(conn, enquiry)
        if asked is None or asked.recipient != own_organisation(principal):
            raise NotFound("ENQUIRY_UNKNOWN_HERE")
        about = certificates.by_leaf(conn, asked.leaf) if asked.leaf else None
        case = applications.of_certificate(conn, about.id) if about else None
        if case is None:
            raise NotFound("ATTACHMENT_UNKNOWN", "No application is kept for the certificate in question.")
        _file(conn, case.id, attachment_id)
        applications.share(conn, enquiry, attachment_id, ctx.now())
        return _shared(ctx, conn, enquiry)


def shared(ctx: Services, principal: Principal, enquiry: str) -> dict[str, Any]:
    """The files shared for an enquiry, for the two organisations of it."""
    with ctx.store.read() as conn:
        _must_be_between(conn, principal, enquiry)
        return _shared(ctx, conn, enquiry)


def read_shared(
    ctx: Services, principal: Principal, enquiry: str, attachment_id: str
) -> tuple[dict[str, Any], bytes]:
    """One of them, as `read` gives it."""
    with ctx.store.read() as conn:
        _must_be_between(conn, principal, enquiry)
        row = applications.attachment(conn, attachment_id)
        if row is None or not applications.is_shared(conn, enquiry, attachment_id):
            raise NotFound("ATTACHMENT_UNKNOWN")
        return _opened(ctx, conn, row)


def _must_be_between(conn: Connection, principal: Principal, enquiry: str) -> None:
    row = enquiries.by_id(conn, enquiry)
    if row is None or own_organisation(principal) not in (row.sender, row.recipient):
        raise NotFound("ENQUIRY_UNKNOWN_HERE")


def _shared(ctx: Services, conn: Connection, enquiry: str) -> dict[str, Any]:
    rows = applications.shared(conn, enquiry)
    return {"enquiry": enquiry, "evidence": [{"id": row.id, **record.file_of(ctx, row)} for row in rows]}


# --- one file ---------------------------------------------------------------------------------------------


def _evidence(name: str, content: bytes, media_type: str, kind: str) -> dict[str, Any]:
    if not content:
        raise BadInput("FILE_EMPTY")
    said = {
        "digest": "0x" + hashlib.sha256(content).hexdigest(),
        "name": name,
        "mediaType": media_type or mimetypes.guess_type(name)[0] or "application/octet-stream",
        "size": len(content),
        **({"kind": kind} if kind else {}),
    }
    try:
        Evidence.model_validate(said)
    except ValidationError as refused:
        faults = [
            f"{'/'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in refused.errors(include_url=False, include_input=False)[:5]
        ]
        raise BadInput("ATTACHMENT_INVALID", "; ".join(faults)) from None
    return said


def _file(conn: Connection, application_id: str, attachment_id: str) -> AttachmentRow:
    row = applications.attachment(conn, attachment_id)
    if row is None or row.application_id != application_id:
        raise NotFound("ATTACHMENT_UNKNOWN")
    return row


def _opened(ctx: Services, conn: Connection, row: AttachmentRow) -> tuple[dict[str, Any], bytes]:
    opened = b"".join(
        ctx.vault.open(sealed, f"attachments/{row.id}/{number}")
        for number, sealed in applications.parts_of(conn, row.id)
    )
    if "0x" + hashlib.sha256(opened).hexdigest() != row.digest or len(opened) != row.size:
        raise Broken("RECORD_DAMAGED", attachment=row.id)
    return record.file_of(ctx, row), opened
