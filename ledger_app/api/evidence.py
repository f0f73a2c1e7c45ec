"""Supporting evidence: the files of an application, and those shared with customs for an enquiry."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from ledger_app.access.principals import Principal
from ledger_app.api.bodies import ShareBody
from ledger_app.api.http import Caller, Context, JsonBody, body_schema, record_id
from ledger_app.api.uploads import file_schema, media_type, read_upload
from ledger_app.errors import BadInput
from ledger_app.services.applying import files

router = APIRouter(prefix="/v1", tags=["applications"])

_BYTES = "application/octet-stream"
_FILE: dict[int | str, Any] = {200: {"description": "The file.", "content": {_BYTES: {}}}}
Write = Annotated[Principal, Depends(Caller("applications.write"))]
Read = Annotated[Principal, Depends(Caller("applications.read"))]
Enquiries = Annotated[Principal, Depends(Caller("enquiries.read"))]


@router.post(
    "/applications/{application}/evidence", status_code=201, openapi_extra=file_schema("kind", "mediaType")
)
async def attach(request: Request, who: Write, ctx: Context, application: str) -> dict[str, Any]:
    """Attach a file to one's own draft: a PDF, an image, anything. The same file again changes nothing."""
    if media_type(request) != "multipart/form-data":
        raise BadInput("MEDIA_TYPE_UNSUPPORTED", "Send multipart/form-data with a file named `file`.")
    name = record_id(application)
    form = await read_upload(request, in_memory=2 * ctx.settings.max_attachment_bytes)
    return await run_in_threadpool(
        files.attach,
        ctx,
        who,
        name,
        form.filename,
        form.content,
        media_type=form.fields.get("mediaType", ""),
        kind=form.fields.get("kind", ""),
    )


@router.get("/applications/{application}/evidence/{attachment}", response_class=Response, responses=_FILE)
def read(who: Read, ctx: Context, application: str, attachment: str) -> Response:
    """A file of an application, for its applicant and its issuing body."""
    return _file(*files.read(ctx, who, record_id(application), record_id(attachment)))


@router.delete("/applications/{application}/evidence/{attachment}")
def detach(who: Write, ctx: Context, application: str, attachment: str) -> dict[str, Any]:
    """Destroy a file of one's own draft."""
    return files.detach(ctx, who, record_id(application), record_id(attachment))


@router.post("/enquiries/{enquiry}/evidence", openapi_extra=body_schema(ShareBody))
def share(
    who: Annotated[Principal, Depends(Caller("enquiries.share"))],
    ctx: Context,
    enquiry: str,
    body: Annotated[ShareBody, Depends(JsonBody(ShareBody))],
) -> dict[str, Any]:
    """Let the customs that asked read a file of the certificate's application."""
    return files.share(ctx, who, record_id(enquiry), record_id(body.attachment))


@router.get("/enquiries/{enquiry}/evidence")
def shared(who: Enquiries, ctx: Context, enquiry: str) -> dict[str, Any]:
    """The files that were shared for an enquiry."""
    return files.shared(ctx, who, record_id(enquiry))


@router.get("/enquiries/{enquiry}/evidence/{attachment}", response_class=Response, responses=_FILE)
def read_shared(who: Enquiries, ctx: Context, enquiry: str, attachment: str) -> Response:
    """One of them."""
    return _file(*files.read_shared(ctx, who, record_id(enquiry), record_id(attachment)))


def _file(said: dict[str, Any], content: bytes) -> Response:
    """To be saved, never to be shown: what the file is, its sender claims."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(said['name'], safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=_BYTES, headers=headers)
